// SPDX-License-Identifier: BSD-2-Clause
/*
 * Invariants that hold at every moment.  What is sent is judged by its text;
 * "nothing waits for nothing" by the agent's own tables, since a slot that
 * nobody will ever free cannot be seen from outside.
 */
#include "sim.h"
#include "agent_find.h"
#include "core/fo_standby.h"
#include "replay.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SENT_MAX 8192
#define SENDS_MAX 11		/* 64*T1 of a non-INVITE, T2 = 8*T1 */
#define STORM_PER_LINE 60	/* requests in one second */
#define WORKING_MAX 8		/* changes of the working server ... */
#define WORKING_NS (10 * SEC)	/* ... in this time */
#define CONTACT_NS (40 * SEC)
#define TRUTH_NS (40 * SEC)
#define BELIEF_NS (45 * SEC)	/* an answer may be as late as 64*T1 */
#define LOCAL_NS (60 * MS)	/* until the agent knows of it */
#define FULL_NS(a) (64 * (uint64_t)(a)->conf->t1_ms * MS)

struct sent {
	uint64_t key;
	uint64_t first;
	uint32_t server, cseq;
	uint16_t count;
	bool in_dialog;
};

struct series {			/* the CSeqs of one Call-ID */
	char call_id[72];
	uint32_t cseq, server;
};

static struct sent sent[SENT_MAX];
static struct series series[64];
static unsigned int n_series;
static uint64_t second, second_count, tx_requests, tx_responses, acks;
static uint64_t working_at[16][WORKING_MAX];
static unsigned int working_n[16];
static uint64_t contact_good[16], truth_good[16], truth_at;
static uint64_t none_at;	/* the last moment without a server */
static uint32_t downs[SIM_SERVERS_MAX];	/* as W.server */
static uint64_t rx_acks, rx_responses, rx_unmatched;

void violated(const char *invariant, const char *fmt, ...)
{
	va_list ap;

	if (W.failed)
		return;
	W.failed = true;
	snprintf(W.invariant, sizeof(W.invariant), "%s", invariant);
	va_start(ap, fmt);
	vsnprintf(W.why, sizeof(W.why), fmt, ap);
	va_end(ap);
	trace("VIOLATED %s: %s", W.invariant, W.why);
}

/* The event log decides as the agent did, and no machine was changed behind its
 * back. */
void check_replay(void)
{
	static FILE *nowhere;
	struct replay_result r;
	const char *why = "";
	int ret;

	if (!W.agent || W.failed)
		return;
	if (!nowhere)
		nowhere = fopen("/dev/null", "we");
	ret = nowhere ? replay(W.agent->evlog_file.mem,
			       W.agent->evlog_file.size, nowhere, &r, &why) :
			-1;
	if (ret)
		violated("replay", "%d %s", ret, why);
	else if (!r.steps || r.differ || r.torn || r.unfinished)
		violated("replay", "%llu steps, %llu differ, %llu torn",
			 (unsigned long long)r.steps,
			 (unsigned long long)r.differ,
			 (unsigned long long)r.torn);
}

void check_reset(void)
{
	moves_reset();
	memset(downs, 0, sizeof(downs));
	memset(sent, 0, sizeof(sent));
	memset(working_n, 0, sizeof(working_n));
	for (unsigned int i = 0; i < 16; i++)
		contact_good[i] = truth_good[i] = W.now;
	truth_at = W.now;
	none_at = 0;
	n_series = 0;
	second = second_count = tx_requests = tx_responses = acks = 0;
}

/* What was so for long was seen for a moment only. */
void check_slept(void)
{
	for (unsigned int i = 0; i < 16; i++)
		contact_good[i] = truth_good[i] = W.now;
}

void check_crash(void)
{
	moves_reset();
	memset(downs, 0, sizeof(downs));
	memset(sent, 0, sizeof(sent));
	n_series = 0;
}

/* ---- what is sent ---- */

static struct sent *sent_find(const struct msg *m)
{
	uint64_t key = 14695981039346656037ull;
	unsigned int i;

	for (int k = 0; k < m->branch.n; k++)
		key = (key ^ (unsigned char)m->branch.p[k]) * 1099511628211ull;
	for (int k = 0; k < m->method.n; k++)
		key = (key ^ (unsigned char)m->method.p[k]) * 1099511628211ull;
	key |= 1;
	for (i = (key >> 20) % SENT_MAX; sent[i].key && sent[i].key != key;
	     i = (i + 1) % SENT_MAX)
		;
	if (!sent[i].key)
		sent[i].key = key;
	return &sent[i];
}

static void check_series(const struct vserver *s, const struct msg *m)
{
	unsigned int i;

	for (i = 0; i < n_series; i++)
		if (slice_is(m->call_id, series[i].call_id))
			break;
	if (i == n_series) {
		if (n_series == sizeof(series) / sizeof(series[0]))
			return;
		n_series++;
		slice_copy(series[i].call_id, sizeof(series[i].call_id),
			   m->call_id);
		series[i].cseq = 0;
		series[i].server = s - W.server;
	}
	if (series[i].server != s - W.server)
		violated("call-id", "one Call-ID at %c and %c (C-15)",
			 W.server[series[i].server].letter, s->letter);
	if (m->cseq <= series[i].cseq)
		violated("cseq", "%.*s CSeq %u after %u at %c",
			 SLICE(m->method), m->cseq, series[i].cseq,
			 s->letter);
	series[i].cseq = m->cseq;
}

/* C-34; what was out before ends by its own result, also by a challenge. */
static void check_blocked(const struct vserver *s, const struct msg *m)
{
	bool challenged = W.delivering && (W.delivering->status == 401 ||
					   W.delivering->status == 407 ||
					   W.delivering->status == 423);

	if (W.now >= s->blocked_until || challenged)
		return;
	if (msg_is(m, "REGISTER") || msg_is(m, "INVITE") ||
	    msg_is(m, "OPTIONS") || msg_is(m, "SUBSCRIBE"))
		violated("retry-after", "%.*s to %c, %llu ms too early",
			 SLICE(m->method), s->letter, (unsigned long long)
			 ((s->blocked_until - W.now) / MS));
}

static void check_new(struct vserver *s, const struct msg *m)
{
	if (msg_is(m, "REGISTER") || msg_is(m, "OPTIONS") ||
	    msg_is(m, "SUBSCRIBE"))
		check_series(s, m);
	if (m->branch.n < 15)
		violated("branch", "short branch %.*s", SLICE(m->branch));
	check_blocked(s, m);
}

static void check_again(const struct vserver *s, const struct msg *m,
			const struct sent *t)
{
	W.counts->retransmissions++;
	if (t->server != s - W.server)
		violated("branch", "the branch of %c goes to %c",
			 W.server[t->server].letter, s->letter);
	if (t->cseq != m->cseq)
		violated("branch", "CSeq %u and %u with one branch", t->cseq,
			 m->cseq);
	/* Once for each outage of its own link, by another connection. */
	if (s->addr.transport == TRANSPORT_TCP && t->count > 1 + W.outages)
		violated("tcp-again", "%.*s is sent again by TCP",
			 SLICE(m->method));
	/* After an outage of its own link it begins again. */
	if (t->count > SENDS_MAX * (1 + W.outages))
		violated("sends", "%.*s is sent %u times", SLICE(m->method),
			 t->count);
}

static void check_storm(void)
{
	uint64_t now = W.now / SEC;

	if (now != second)
		second_count = 0;
	second = now;
	if (++second_count > (uint64_t)STORM_PER_LINE * W.conf.n_lines)
		violated("storm", "%llu requests in one second",
			 (unsigned long long)second_count);
}

void check_tx(struct vserver *s, const char *buf, size_t len)
{
	struct sent *t;
	struct msg m;

	if (!msg_parse(&m, buf, len)) {
		violated("message", "cannot read: %.*s", (int)len, buf);
		return;
	}
	if (m.status) {
		tx_responses++;
		return;
	}
	tx_requests++;
	check_storm();
	if (msg_is(&m, "ACK")) {
		acks++;
		return;
	}
	t = sent_find(&m);
	if (++t->count == 1) {
		t->first = W.now;
		t->server = s - W.server;
		t->cseq = m.cseq;
		t->in_dialog = m.to_tag.n;
		if (tx_requests > SENT_MAX / 2)
			violated("storm", "%llu requests in all",
				 (unsigned long long)tx_requests);
		check_new(s, &m);
	} else {
		check_again(s, &m, t);
	}
}

/* ---- what is received ---- */

static const struct request *request_of(const struct msg *m)
{
	for (uint32_t i = 0; i < W.agent->n_requests; i++)
		if (W.agent->request[i].used &&
		    slice_is(m->branch, W.agent->request[i].branch) &&
		    slice_is(m->method,
			     sip_method_name(W.agent->request[i].method)))
			return &W.agent->request[i];
	return NULL;
}

static bool awaited;		/* the 503 answers a request that is out */

void check_rx(struct vserver *s, const struct msg *m)
{
	const struct request *r = m->status >= 300 ? request_of(m) : NULL;

	W.delivering = m;
	rx_acks = acks;
	rx_responses = tx_responses;
	rx_unmatched = W.agent->stats.rx_unmatched;
	awaited = false;
	/* A BYE of a late 2xx has one chance only. */
	if (m->status >= 300 && m->status != 481 && msg_is(m, "BYE")) {
		if (r && r->what == REQUEST_NOBODY && r->call == AGENT_NONE &&
		    r->txn.state == TXN_CALLING) {
			/* One that refused them all has none to show. */
			if ((m->status == 401 || m->status == 407) &&
			    !s->odd && !memmem(r->buf, r->len, "uthorization:", 13))
				violated("late-bye", "no credentials to %c",
					 s->letter);
			W.counts->late_byes_refused++;
			farend_bye_lost(m->call_id);
		}
	}
	if (m->status == 503)
		awaited = r && !r->abandoned &&
			  (r->txn.state == TXN_CALLING ||
			   r->txn.state == TXN_PROCEEDING);
}

static uint64_t block_ns(const struct msg *m)
{
	int s = m->retry_after < 0 ? HEALTH_BLOCK_MS / 1000 : m->retry_after;

	return (s < 1 ? 1 : s) * SEC;
}

static void check_unavailable(struct vserver *s, const struct msg *m)
{
	uint32_t i = server_find(W.agent, &s->addr);
	uint64_t until = W.now + block_ns(m);

	if (i == AGENT_NONE)
		return;
	if (W.agent->server[i].health.state == HEALTH_BLOCKED) {
		if (until > s->blocked_until)
			s->blocked_until = until;
	} else {
		violated("retry-after", "503 from %c does not block it",
			 s->letter);
	}
}

static bool call_there(const struct msg *m)
{
	for (uint32_t i = 0; i < AGENT_CALLS_MAX; i++)
		if (W.agent->call[i].call.state != CALL_FREE &&
		    slice_is(m->call_id, W.agent->call[i].dialog.call_id))
			return true;
	return false;
}

/* whatever became of the INVITE, its 2xx is ACKed, as long as it
 * can be known for ours.  That of a re-INVITE while there is the dialog: after
 * the BYE it is over at both ends. */
static void check_2xx(const struct msg *m)
{
	const struct sent *t = sent_find(m);

	if (acks != rx_acks || !t->count ||
	    W.now - t->first >= FULL_NS(W.agent) ||
	    (t->in_dialog && !call_there(m)))
		return;
	violated("ack", "no ACK to a 2xx, %llu ms after its INVITE",
		 (unsigned long long)((W.now - t->first) / MS));
}

static bool was_answered(const struct msg *m)
{
	for (uint32_t i = 0; i < AGENT_REPLIES_MAX; i++)
		if (W.agent->reply[i].used &&
		    slice_is(m->branch, W.agent->reply[i].branch))
			return W.agent->reply[i].txn.state != TXN_PROCEEDING;
	return false;
}

void check_rx_done(struct vserver *s, const struct msg *m)
{
	W.delivering = NULL;
	if (!m->method.n)
		return;
	if (m->status == 503 && awaited)
		check_unavailable(s, m);
	else if (m->status >= 200 && m->status < 300 && msg_is(m, "INVITE"))
		check_2xx(m);
	else if (!m->status && !msg_is(m, "ACK") &&
		 tx_responses == rx_responses && !was_answered(m))
		violated("unanswered", "nothing said to %.*s from %c",
			 SLICE(m->method), s->letter);
}

/* ---- the agent's tables ---- */

static bool ends_by_time(const struct request *r)
{
	return !mono_is_never(txn_next_expiry(&r->txn)) ||
	       (r->method == SIP_INVITE && r->txn.state == TXN_PROCEEDING &&
		!r->abandoned &&
		(W.agent->call[r->call].invite != AGENT_NONE ||
		 W.agent->call[r->call].asking != AGENT_NONE));
}

static bool out(const struct request *r)
{
	return r->txn.state == TXN_CALLING || r->txn.state == TXN_PROCEEDING;
}

/* R-06; an UNREGISTER that was overtaken does not count. */
static void check_registers(void)
{
	const struct agent *a = W.agent;

	for (uint32_t i = 0; i < a->n_requests; i++) {
		const struct request *r = &a->request[i];

		if (!r->used)
			continue;
		if (!ends_by_time(r))
			violated("slot", "%s to %s in %s waits for nothing",
				 sip_method_name(r->method),
				 a->server[r->server].name,
				 txn_state_name(r->txn.state));
		if (r->what != REQUEST_LINE || !out(r) || r->abandoned)
			continue;
		for (uint32_t k = i + 1; k < a->n_requests; k++) {
			const struct request *q = &a->request[k];

			if (q->used && q->what == REQUEST_LINE && out(q) &&
			    !q->abandoned && q->line == r->line &&
			    q->server == r->server)
				violated("two-registers",
					 "%s and %s of l%u out at %s",
					 fo_req_name(r->req),
					 fo_req_name(q->req), r->line,
					 a->server[r->server].name);
		}
	}
}

static bool is_out(uint32_t i, uint16_t attempt)
{
	return i != AGENT_NONE && W.agent->request[i].used &&
	       W.agent->request[i].attempt == attempt &&
	       out(&W.agent->request[i]);
}

/* A binding that names a flow that is gone is made anew. */
static void check_contact(uint32_t l)
{
	const struct line *line = &W.agent->line[l];
	const struct fo *fo = &line->fo;
	const struct server *s;

	if (!line->begun || fo->working == FO_NONE || fo->reg_state != FO_REG_REGISTERED)
		goto good;
	s = &W.agent->server[line->server[fo->working]];
	if (s->addr.transport != TRANSPORT_TCP ||
	    !tcp_is_connected(&W.agent->tcp, s->flow) ||
	    line->reg[fo->working].flow == s->flow)
		goto good;
	if (W.now - contact_good[l & 15] > CONTACT_NS)
		violated("contact", "l%u is bound by a flow that is gone", l);
	return;
good:
	contact_good[l & 15] = W.now;
}

/* What the line believes in, the registrar knows: but for one that forgot, and
 * for the moment between an UNREGISTER that took a shared binding away and the
 * REGISTER that follows it. */
static void check_truth(uint32_t l)
{
	const struct line *line = &W.agent->line[l];
	bool missing = false;

	/* That REGISTER may be refused: then the line is on its way.  In an
	 * outage of its own nothing is. */
	if (W.shared_bindings && (line->fo.held ||
				  line->fo.reg_state != FO_REG_REGISTERED)) {
		truth_good[l & 15] = W.now;
		return;
	}

	for (uint32_t k = 0; k < line->n_servers; k++) {
		struct vserver *s = line_server(l, k);

		if (!(line->fo.bound & 1 << k) || s->forgotten & 1u << l ||
		    line->fo.bound_until[k].ns < W.now + BELIEF_NS)
			continue;
		if (server_binding(s, line->conf->user))
			continue;
		missing = true;
		if (!W.shared_bindings || W.now - truth_good[l & 15] > TRUTH_NS)
			violated("truth", "l%u believes in a binding at %c", l,
				 s->letter);
	}
	if (!missing)
		truth_good[l & 15] = W.now;
}

static void check_line(uint32_t l)
{
	const struct line *line = &W.agent->line[l];
	const struct fo *fo = &line->fo;

	if (!line->begun)
		return;		/* its names are asked for */
	if (fo->reg_state == FO_REG_TRYING || fo->reg_state == FO_REG_REFRESHING) {
		if (!is_out(line->request[FO_REQ_REGISTER], fo->reg.attempt))
			violated("lost-line", "l%u is %s without a REGISTER",
				 l, fo_reg_state_name(fo->reg_state));
	} else if (fo->reg_state != FO_REG_IDLE && !fo->held &&
		   mono_is_never(fo_next_expiry(fo))) {
		violated("lost-line", "l%u is %s for ever", l,
			 fo_reg_state_name(fo->reg_state));
	}
	if (fo->held != W.agent->held)
		violated("lost-line", "l%u is%s held", l,
			 fo->held ? "" : " not");
	check_contact(l);
	if (fo->probing && !is_out(line->request[FO_REQ_PROBE],
				   fo->probe_attempt))
		violated("lost-probe", "l%u probes without a REGISTER", l);
	if (fo->reg_state == FO_REG_IDLE && line->conf->enabled && !W.ending &&
	    !line->awaits)
		violated("lost-line", "l%u is idle", l);
}

static void check_call(uint32_t c)
{
	const struct agent_call *k = &W.agent->call[c];
	const struct fo_call *f = &W.agent->line[k->line].fo.call[k->slot];

	switch ((enum call_state)k->call.state) {
	case CALL_DIALING:
	case CALL_RINGING:
		if (k->invite == AGENT_NONE && !k->held_status &&
		    f->state != FO_CALL_WAIT_REG)
			violated("lost-call", "call %u is %s without INVITE",
				 k->number, call_state_name(k->call.state));
		break;
	case CALL_ENDING:
		if (k->bye == AGENT_NONE && f->state != FO_CALL_BYE_WAIT_REG &&
		    !W.ending)
			violated("lost-call", "call %u ends without BYE",
				 k->number);
		break;
	case CALL_CANCEL_WAIT:
	case CALL_CANCELLING:
	case CALL_INCOMING:
	case CALL_ANSWERING:
	case CALL_BYE_WAIT:
		if (mono_is_never(call_next_expiry(&k->call)))
			violated("lost-call", "call %u is %s for ever",
				 k->number, call_state_name(k->call.state));
		break;
	case CALL_FREE:
	case CALL_UP:
	case CALL_STATES:
		break;
	}
}

/* No server goes down for a local outage (signs 16 to 19). */
static void check_local(void)
{
	bool noticed = W.link_down && W.now - W.link_at > LOCAL_NS;

	/* A way to nobody is none that could be missing. */
	if (!W.agent->n_servers)
		none_at = W.now;
	noticed = noticed && W.now - none_at > LOCAL_NS;

	for (uint32_t i = 0; i < W.agent->n_servers; i++) {
		const struct server *server = &W.agent->server[i];
		const struct health *h = &server->health;
		struct vserver *s = server_at_addr(&server->addr);

		if (!s)
			continue;	/* it has left all lists */
		if (noticed && h->downs > downs[s - W.server])
			violated("local", "%s goes down by %s, the own link is",
				 server->name, cause_name(h->cause));
		downs[s - W.server] = h->downs;
	}
	if (noticed && !W.agent->held && W.agent->n_servers &&
	    W.conf.detect != CONF_DETECT_TIMERS)
		violated("local", "the outage is not noticed");
}

/* The BYE of a late 2xx is nobody's: in an outage it waits, and if that is longer
 * than 64*T1, or the phone sleeps, it was all that could be done. */
static void check_late_byes(void)
{
	const struct agent *a = W.agent;
	struct msg m;

	for (uint32_t i = 0; a->held && i < a->used_requests; i++) {
		const struct request *r = &a->request[i];

		if (r->used && r->held && r->what == REQUEST_NOBODY &&
		    r->method == SIP_BYE && msg_parse(&m, r->buf, r->len))
			farend_bye_lost(m.call_id);
	}
}

void check_turn(void)
{
	const struct agent *a = W.agent;

	if (!a || W.failed)
		return;
	check_registers();
	moves_turn();
	check_late_byes();
	for (uint32_t i = 0; i < a->conf->n_lines; i++)
		check_line(i);
	for (uint32_t i = 0; i < AGENT_CALLS_MAX; i++)
		if (a->call[i].call.state != CALL_FREE)
			check_call(i);
	for (uint32_t i = 0; i < a->n_servers; i++)
		if (a->server[i].health.probing !=
		    (a->server[i].probe != AGENT_NONE ||
		     a->server[i].probe_again))
			violated("lost-probe", "%s: health says %d",
				 a->server[i].name,
				 a->server[i].health.probing);
	check_local();
	check_timers();
	if (W.now - truth_at > SEC && !W.ending) {
		truth_at = W.now;
		for (uint32_t i = 0; i < a->conf->n_lines; i++)
			check_truth(i);
	}
	if (a->work_n)
		violated("work", "%u steps are left undone", a->work_n);
}

/* ---- the user, the working server ---- */

void check_user_register(uint32_t line)
{
	moves_asked();
	for (uint32_t k = 0; k < W.agent->line[line].n_servers; k++)
		line_server(line, k)->blocked_until = 0;
}

void check_working(uint32_t line)
{
	uint64_t *at = working_at[line & 15];
	unsigned int n = working_n[line & 15]++;

	if (n >= WORKING_MAX && W.now - at[n % WORKING_MAX] < WORKING_NS)
		violated("ping-pong", "l%u changes its server %u times in %llu ms",
			 line, WORKING_MAX + 1, (unsigned long long)
			 ((W.now - at[n % WORKING_MAX]) / MS));
	at[n % WORKING_MAX] = W.now;
}
