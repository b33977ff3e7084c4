// SPDX-License-Identifier: BSD-2-Clause
/*
 * A registrar and proxy: answers REGISTER by RFC 3261 10.3, repeats what it
 * answered before, checks digests, hands calls to the far end.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REALM "sim"
#define PASSWORD "secret"
#define NONCE_NS (300 * SEC)
#define TABLE 1024

struct answered {
	struct answered *next;
	uint64_t epoch;
	uint32_t server;
	char branch[72], method[12];
	size_t len;
	char text[];
};

static struct answered *table[TABLE];

void transactions_clear(void)
{
	for (unsigned int i = 0; i < TABLE; i++) {
		while (table[i]) {
			struct answered *a = table[i];

			table[i] = a->next;
			free(a);
		}
	}
}

static struct answered **answered_at(const struct vserver *s,
				     const struct msg *m)
{
	uint32_t h = 2166136261u + (uint32_t)(s - W.server);
	struct answered **a;

	for (int i = 0; i < m->branch.n; i++)
		h = (h ^ (unsigned char)m->branch.p[i]) * 16777619u;
	for (a = &table[h % TABLE]; *a; a = &(*a)->next)
		if ((*a)->server == s - W.server && (*a)->epoch == s->epoch &&
		    slice_is(m->branch, (*a)->branch) &&
		    slice_is(m->method, (*a)->method))
			break;
	return a;
}

void transaction_cache(struct vserver *s, const struct msg *request,
		       const char *text, size_t len)
{
	struct answered **at = answered_at(s, request), *a = *at;

	if (a) {
		*at = a->next;
		free(a);
		at = answered_at(s, request);
	}
	a = calloc(1, sizeof(*a) + len);
	if (!a)
		abort();
	a->next = *at;
	a->server = s - W.server;
	a->epoch = s->epoch;
	slice_copy(a->branch, sizeof(a->branch), request->branch);
	slice_copy(a->method, sizeof(a->method), request->method);
	a->len = len;
	memcpy(a->text, text, len);
	*at = a;
}

void vserver_send(struct vserver *s, const struct peer *to, const char *text,
		 size_t len)
{
	if (s->addr.transport == TRANSPORT_TCP)
		tcp_to_phone(s, to->flow, text, len);
	else
		net_to_phone(s, text, len);
}

void server_answer(struct vserver *s, const struct peer *to,
		   const struct msg *request, int status, const char *to_tag,
		   const char *extra)
{
	bool tag = to_tag && !request->to_tag.n && status > 100;
	struct slice via = request->via, rest = { NULL, 0 };
	char text[2048], rport[8] = "";
	const char *at;
	int n;

	/* RFC 3581, where there is a NAT to show. */
	at = W.net.remap_ns && !to->flow ? memmem(via.p, via.n, ";rport", 6) :
					   NULL;
	if (at) {
		snprintf(rport, sizeof(rport), "=%u", keep_port(&to->addr));
		rest.p = at + 6;
		rest.n = (int)(via.p + via.n - rest.p);
		via.n -= rest.n;
	}
	n = snprintf(text, sizeof(text),
		     "SIP/2.0 %d Status\r\nVia: %.*s%s%.*s\r\nFrom: %.*s\r\n"
		     "To: %.*s%s%s\r\nCall-ID: %.*s\r\nCSeq: %u %.*s\r\n%s"
		     "Content-Length: 0\r\n\r\n", status, SLICE(via), rport,
		     SLICE(rest), SLICE(request->from), SLICE(request->to),
		     tag ? ";tag=" : "", tag ? to_tag : "",
		     SLICE(request->call_id), request->cseq,
		     SLICE(request->method), extra ? extra : "");
	if (n < 0 || (size_t)n >= sizeof(text))
		abort();
	transaction_cache(s, request, text, n);
	vserver_send(s, to, text, n);
}

/* ---- digest ---- */

static uint64_t nonce_now(const struct vserver *s)
{
	return W.now / NONCE_NS + s->nonces_lost;
}

void server_challenge(struct vserver *s, const struct peer *to,
		      const struct msg *m)
{
	bool proxy = s->proxy_auth && !msg_is(m, "REGISTER");
	char extra[256];

	W.counts->challenges++;
	snprintf(extra, sizeof(extra), "%s-Authenticate: Digest realm=\"%s\", "
		 "nonce=\"%c%llu\", qop=\"auth\", algorithm=%s%s\r\n",
		 proxy ? "Proxy" : "WWW", REALM, s->letter,
		 (unsigned long long)nonce_now(s),
		 s->auth == AUTH_MD5 ? "MD5" : "SHA-256",
		 m->auth.n && !s->nonces_lost ? ", stale=true" : "");
	server_answer(s, to, m, proxy ? 407 : 401, "auth", extra);
}

bool server_authorised(struct vserver *s, const struct msg *m)
{
	bool proxy = s->proxy_auth && !msg_is(m, "REGISTER");
	char user[32], want[65], nonce[32], old[32];

	if (s->auth == AUTH_NONE)
		return true;
	if (!m->auth.n || m->auth_proxy != proxy)
		return false;
	snprintf(nonce, sizeof(nonce), "%c%llu", s->letter,
		 (unsigned long long)nonce_now(s));
	snprintf(old, sizeof(old), "%c%llu", s->letter,
		 (unsigned long long)nonce_now(s) - 1);
	if (!slice_is(msg_param(m->auth, "nonce"), nonce) &&
	    !slice_is(msg_param(m->auth, "nonce"), old))
		return false;
	slice_copy(user, sizeof(user), msg_param(m->auth, "username"));
	digest_of(s->auth == AUTH_SHA256, user, REALM, PASSWORD, m->auth,
		  m->method, want);
	if (!slice_is(msg_param(m->auth, "response"), want))
		violated("digest", "wrong digest at %c: %.*s", s->letter,
			 SLICE(m->auth));
	return true;
}

/* ---- registrar ---- */

static void user_of(char *user, size_t size, struct slice to)
{
	const char *at = memmem(to.p, to.n, "sip:", 4);
	const char *end = at ? memchr(at, '@', to.p + to.n - at) : NULL;

	if (!end)
		user[0] = '\0';
	else
		slice_copy(user, size, (struct slice){ at + 4,
						       (int)(end - at - 4) });
}

/* F-02: servers of one system have one table. */
static struct binding *bindings(struct vserver *s)
{
	return W.shared_bindings ? W.server[0].binding : s->binding;
}

struct binding *server_binding(struct vserver *s, const char *user)
{
	struct binding *all = bindings(s);

	for (unsigned int i = 0; i < SIM_BINDINGS_MAX; i++)
		if (all[i].until > W.now &&
		    strcmp(all[i].user, user) == 0)
			return &all[i];
	return NULL;
}

static struct binding *binding_of(struct vserver *s, const char *user,
				  const struct msg *m)
{
	struct binding *all = bindings(s);

	for (unsigned int i = 0; i < SIM_BINDINGS_MAX; i++)
		if (all[i].until > W.now &&
		    strcmp(all[i].user, user) == 0 &&
		    slice_is(m->contact, all[i].contact))
			return &all[i];
	return NULL;
}

static struct binding *binding_new(struct vserver *s, const char *user)
{
	struct binding *all = bindings(s), *b = NULL;

	/* One at a time: what the phone registered before by another flow. */
	for (unsigned int i = 0; i < SIM_BINDINGS_MAX; i++)
		if (strcmp(all[i].user, user) == 0)
			all[i].until = 0;
	for (unsigned int i = 0; i < SIM_BINDINGS_MAX && !b; i++)
		if (all[i].until <= W.now)
			b = &all[i];
	return b ? b : &all[0];
}

static void set_forgotten(struct vserver *s, uint32_t lines, bool on)
{
	for (unsigned int i = 0; i < W.n_servers; i++) {
		struct vserver *v = W.shared_bindings ? &W.server[i] : s;

		if (on)
			v->forgotten |= lines;
		/* The others' bindings, for longer perhaps, do not come back
		 * with this one's. */
		else if (v == s)
			v->forgotten &= ~lines;
	}
}

static void do_register(struct vserver *s, const struct peer *from,
			const struct msg *m)
{
	int asked = m->contact_expires >= 0 ? m->contact_expires : m->expires;
	char user[32], extra[256];
	struct binding *b;
	uint32_t granted;

	user_of(user, sizeof(user), m->to);
	b = binding_of(s, user, m);
	if (asked > 0 && (uint32_t)asked < s->expires_min) {
		snprintf(extra, sizeof(extra), "Min-Expires: %u\r\n",
			 s->expires_min);
		server_answer(s, from, m, 423, "reg", extra);
		return;
	}
	/* 10.3 step 7 */
	if (b && slice_is(m->call_id, b->call_id) && m->cseq <= b->cseq) {
		trace("registrar %c: CSeq %u is not over %u", s->letter,
		      m->cseq, b->cseq);
		server_answer(s, from, m, 400, "reg", "");
		return;
	}
	if (asked == 0) {
		if (b)
			b->until = 0;
		W.counts->unregistered++;
		server_answer(s, from, m, 200, "reg", "");
		return;
	}
	granted = (uint32_t)asked < s->expires_max ? (uint32_t)asked :
						     s->expires_max;
	if (!b)
		b = binding_new(s, user);
	memcpy(b->user, user, sizeof(user));
	slice_copy(b->contact, sizeof(b->contact), m->contact);
	slice_copy(b->call_id, sizeof(b->call_id), m->call_id);
	b->cseq = m->cseq;
	/* One that was given up at another server, and carried out late, would
	 * shorten a shared binding. */
	if (!W.shared_bindings || b->until < W.now + granted * SEC)
		b->until = W.now + granted * SEC;
	b->from = from->addr;
	b->flow = from->flow;
	set_forgotten(s, 1u << (strtoul(user + 1, NULL, 10) & 31), false);
	W.counts->registered++;
	snprintf(extra, sizeof(extra), "Contact: <%s>;expires=%u\r\n",
		 b->contact, granted);
	server_answer(s, from, m, 200, "reg", extra);
}

/* ---- requests ---- */

static void unavailable(struct vserver *s, const struct peer *from,
			const struct msg *m)
{
	char extra[64] = "";

	W.counts->unavailable++;
	if (s->retry_after >= 0)
		snprintf(extra, sizeof(extra), "Retry-After: %d\r\n",
			 s->retry_after);
	server_answer(s, from, m, 503, "busy", extra);
}

static void refuse(struct vserver *s, const struct peer *from,
		   const struct msg *m)
{
	static const int status[] = { 302, 401, 403, 404, 408, 423, 480, 603 };
	int i = (int)pick(sizeof(status) / sizeof(status[0]));

	server_answer(s, from, m, status[i], "odd", status[i] == 401 ?
		      "WWW-Authenticate: Digest realm=\"odd\", nonce=\"x\", "
		      "qop=\"auth\"\r\n" : "");
}

static void handle(struct vserver *s, const struct peer *from,
		   const struct msg *m)
{
	struct answered *a;
	bool auth = msg_is(m, "REGISTER") || msg_is(m, "INVITE") ||
		    msg_is(m, "SUBSCRIBE") || (s->bye_auth && msg_is(m, "BYE"));

	if (msg_is(m, "ACK")) {
		farend_ack(s, m);
		return;
	}
	a = *answered_at(s, m);
	if (a)
		vserver_send(s, from, a->text, a->len);
	else if (farend_has(m))
		return;	/* whatever became of the proxy since */
	else if (s->mode == UNAVAILABLE && !msg_is(m, "CANCEL"))
		unavailable(s, from, m);
	else if (s->mode == BROKEN && msg_is(m, "REGISTER"))
		server_answer(s, from, m, 500, "broken", "");
	else if (s->mode == ODD && msg_is(m, "REGISTER"))
		refuse(s, from, m);
	else if (s->mode == DAWDLING &&
		 (msg_is(m, "REGISTER") || msg_is(m, "OPTIONS")))
		server_answer(s, from, m, 100, NULL, "");
	else if (auth && !server_authorised(s, m))
		server_challenge(s, from, m);
	else if (msg_is(m, "REGISTER"))
		do_register(s, from, m);
	else if (msg_is(m, "INVITE"))
		farend_invite(s, from, m);
	else if (msg_is(m, "CANCEL"))
		farend_cancel(s, from, m);
	else if (msg_is(m, "BYE"))
		farend_bye(s, from, m);
	else if (msg_is(m, "SUBSCRIBE"))
		mailbox_subscribe(s, from, m);
	else if (msg_is(m, "UPDATE"))
		farend_update(s, from, m);
	else
		server_answer(s, from, m, s->options, "opt", "");
}

struct late {
	struct peer from;
	uint64_t epoch;
	size_t len;
	char bytes[];
};

static void handle_late(struct event *e)
{
	struct vserver *s = &W.server[e->a];
	struct late *l = e->data;
	struct msg m;

	if (!msg_parse(&m, l->bytes, l->len))
		return;
	if (s->epoch == l->epoch && s->mode != CLOSED)
		handle(s, &l->from, &m);
	else if (msg_is(&m, "BYE"))	/* went with the process that had it */
		farend_bye_lost(m.call_id);
}

void server_receive(struct vserver *s, const struct peer *from,
		    const char *buf, size_t len)
{
	uint64_t wait = s->slow_ms * MS;
	struct msg m;

	if (!msg_parse(&m, buf, len)) {
		violated("message", "%c cannot read: %.*s", s->letter,
			 (int)len, buf);
		return;
	}
	/* A registrar that was slow does not change their order. */
	if (msg_is(&m, "REGISTER") && W.now + wait < s->register_at)
		wait = s->register_at - W.now + 1;
	if (msg_is(&m, "REGISTER"))
		s->register_at = W.now + wait;
	if (m.status) {
		farend_response(s, &m);
	} else if (wait) {
		struct late *l = malloc(sizeof(*l) + len);

		if (!l)
			abort();
		l->from = *from;
		l->epoch = s->epoch;
		l->len = len;
		memcpy(l->bytes, buf, len);
		after_ns(wait, handle_late, l, s - W.server, 0);
	} else {
		handle(s, from, &m);
	}
}

void server_set_mode(struct vserver *s, enum mode mode)
{
	static const char *const name[MODES] = {
		"up", "closed", "host gone", "prohibited", "silent",
		"unavailable", "broken", "odd", "dawdling",
	};

	s->odd = s->odd || mode == ODD;
	if (s->mode == mode)
		return;
	trace("-- %c: %s", s->letter, name[mode]);
	W.counts->faults++;
	if (mode == CLOSED && s->addr.transport == TRANSPORT_TCP)
		tcp_server_closes(s, chance(0.5));
	if (s->mode == CLOSED)
		s->epoch++;	/* another process */
	s->mode = mode;
}

void server_forget(struct vserver *s)
{
	trace("-- %c forgets its bindings", s->letter);
	memset(bindings(s), 0, sizeof(s->binding));
	set_forgotten(s, UINT32_MAX, true);
	s->epoch++;
}

void server_open(struct vserver *s, const struct addr *addr, char letter)
{
	memset(s, 0, sizeof(*s));
	s->addr = *addr;
	s->letter = letter;
	s->retry_after = -1;
	s->expires_max = 3600;
	s->options = 200;
	s->bucket.at = W.now;
	s->bucket.tokens = 6;
}
