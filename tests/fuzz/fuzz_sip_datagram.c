/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A SIP message as a datagram, and everything that the agent does with one:
 * the response to a request, the ACK of a response, the dialog and the requests
 * in it, the answer to a challenge.  What we write must be read by our own
 * parser as what was meant.
 */
#include "fuzz.h"

#include <errno.h>
#include <time.h>

#include "codec/digest.h"
#include "codec/sip_brief.h"
#include "codec/sdp.h"
#include "codec/sip_build.h"
#include "codec/sip_event.h"
#include "codec/sip_lines.h"
#include "codec/sip_parse.h"
#include "codec/sip_prescan.h"
#include "core/dialog.h"
#include "core/overload.h"

#define OUT_MAX (4 * SIPMSG_RAW_MAX)
#define COST_MS_MAX 250		/* of 64 KiB, with sanitizers */
#define COST_TRIES 5
#define BRANCH "z9hG4bKours0123456789abcdef"
#define TAG "0123456789abcdef"

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* NOLINTNEXTLINE(readability-non-const-parameter): the library's prototype */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return sip_parse_init();
}

static char out[OUT_MAX];
static struct sipmsg parsed;	/* what of ours was read back */

/* ---- the parsed message ---- */

static bool is_word(const char *s, const char *refused)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f ||
		    strchr(refused, *s))
			return false;
	return true;
}

#define is_field(s) (memchr((s), '\0', sizeof(s)) != NULL)

static void check_fields(const struct sipmsg *m, size_t len)
{
	uint8_t i;

	must(is_field(m->method_name) && *m->method_name);
	must(m->method <= SIP_OTHER);
	must(m->method == sip_method_of(m->method_name));
	must(is_field(m->request_uri) && is_field(m->reason));
	if (m->response)
		must(m->status >= 100 && m->status <= 699 && !*m->request_uri);
	else
		must(!m->status && *m->request_uri && is_word(m->request_uri, ""));
	must(is_field(m->sent_by) && *m->sent_by && is_word(m->sent_by, ";,<>\""));
	must(is_field(m->branch) && is_word(m->branch, ";,<>\""));
	must(is_field(m->received) && is_word(m->received, ";,<>\""));
	must(is_field(m->call_id) && *m->call_id && is_word(m->call_id, ""));
	must(is_field(m->from_uri) && *m->from_uri && is_word(m->from_uri, "<>\""));
	must(is_field(m->to_uri) && *m->to_uri && is_word(m->to_uri, "<>\""));
	must(is_field(m->from_tag) && is_word(m->from_tag, ";,<>\""));
	must(is_field(m->to_tag) && is_word(m->to_tag, ";,<>\""));
	must(is_field(m->content_type));
	must(m->cseq < INT32_MAX);
	must(m->session_expires >= -1 && m->min_se >= -1);
	must(is_field(m->require));
	must(m->expires >= -1 && m->min_expires >= -1 && m->retry_after >= -1);
	must((size_t)m->body_off + m->body_len <= len);
	must(m->n_contacts <= SIPMSG_CONTACTS_MAX);
	for (i = 0; i < m->n_contacts; i++)
		must(*m->contact[i].uri && m->contact[i].expires >= -1 &&
		     is_field(m->contact[i].uri) &&
		     is_word(m->contact[i].uri, "<>\""));
	must(m->n_routes <= SIPMSG_ROUTES_MAX);
	for (i = 0; i < m->n_routes; i++) {
		const char *r = m->record_route[i];

		must(is_field(m->record_route[i]) && strlen(r) > 2);
		must(r[0] == '<' && r[strlen(r) - 1] == '>');
		must(strcspn(r + 1, "<>\" ") == strlen(r) - 2);
	}
	must(m->n_challenges <= SIPMSG_CHALLENGES_MAX);
	for (i = 0; i < m->n_challenges; i++)
		must(m->challenge[i].algorithm <= DIGEST_UNSUPPORTED &&
		     is_field(m->challenge[i].realm) &&
		     is_field(m->challenge[i].nonce) &&
		     is_field(m->challenge[i].opaque));
}

/* The tag as the lines have it, which is where a response is made from; the
 * parsed one is the library's. */
static void check_tag(const char *buf, const struct sip_lines *l,
		      enum sip_header header, const char *tag)
{
	const struct sip_line *h = sip_lines_find(l, header, 0);
	struct sip_span uri, params, value;

	must(h && sip_value_uri(buf, h->value, &uri, &params));
	if (!sip_param_find(buf, params, "tag", &value, NULL))
		must(!*tag);
	else
		must(value.len == strlen(tag) &&
		     memcmp(buf + value.off, tag, value.len) == 0);
}

/* In a Via a "<" or a quote that does not end hide from us what is behind it,
 * not from the library, to which a "(" begins a comment (RFC 2543).  No sender
 * means any of them; what comes back to it are its own bytes. */
static bool has_odd_via(const char *buf, const struct sip_lines *l)
{
	struct sip_span via = sip_lines_find(l, SIP_HDR_VIA, 0)->value;

	return memchr(buf + via.off, '<', via.len) ||
	       memchr(buf + via.off, '"', via.len) ||
	       memchr(buf + via.off, '(', via.len);
}

static void check_lines(const char *buf, size_t len, const struct sipmsg *m)
{
	struct sip_span rest, via, value;
	static struct sip_lines l;

	must(sip_lines_scan(&l, buf, len) == SIP_OK);
	must(m->body_off == l.head);
	check_tag(buf, &l, SIP_HDR_FROM, m->from_tag);
	check_tag(buf, &l, SIP_HDR_TO, m->to_tag);
	if (has_odd_via(buf, &l))
		return;
	rest = sip_lines_find(&l, SIP_HDR_VIA, 0)->value;
	must(sip_value_next(buf, &rest, &via));
	if (!sip_param_find(buf, via, "branch", &value, NULL))
		must(!*m->branch);
	else
		must(value.len == strlen(m->branch) &&
		     memcmp(buf + value.off, m->branch, value.len) == 0);
}

/* ---- what we write ---- */

/* Ours is whole, one message, and can be read. */
static void read_back(const char *text, int n)
{
	enum sip_parse_result r;
	char *buf;

	must(n > 0);
	must(sip_frame(text, (size_t)n) == n);
	buf = exact_copy(text, (size_t)n);
	r = sip_parse(buf, (size_t)n, &parsed);
	if (r != SIP_OK)
		fprintf(stderr, "%s:\n%.*s\n", sip_parse_result_name(r), n, text);
	must(r == SIP_OK);
	free(buf);
}

static const struct addr sources[] = {
	{ ADDR_V4, TRANSPORT_UDP, 5062, { 192, 0, 2, 33 } },
	{ ADDR_V6, TRANSPORT_UDP, 1, { 0x20, 1, 0xd, 0xb8, [15] = 7 } },
};

static const uint16_t statuses[] = { 100, 180, 200, 400, 405, 481, 699 };

/* ";" or "x=" with nothing behind, which the library takes at the end of a
 * header only: the sender's mistake comes back to it with our parameters behind
 * it. */
static bool has_empty_param(const char *buf, size_t len)
{
	const char *p, *end = buf + len;

	for (p = buf; p < end; ) {
		if (*p != '=' && *p != ';') {
			p++;
			continue;
		}
		for (p++; p < end && (*p == ' ' || *p == '\t'); p++)
			;
		if (p == end || strchr("\r\n;,=", *p))
			return true;
	}
	return false;
}

/* A parameter that may be there once (7.3.1): the first is replaced, the other
 * is the sender's mistake. */
static bool is_twice(const char *buf, size_t len)
{
	static const char *const names[] = { "received", "rport" };
	struct sip_span via, rest, value, whole;
	static struct sip_lines l;
	unsigned int i;

	must(sip_lines_scan(&l, buf, len) == SIP_OK);
	via = sip_lines_find(&l, SIP_HDR_VIA, 0)->value;
	for (i = 0; i < 2; i++) {
		if (!sip_param_find(buf, via, names[i], &value, &whole))
			continue;
		rest.off = whole.off + whole.len;
		rest.len = via.off + via.len - rest.off;
		if (sip_param_find(buf, rest, names[i], &value, NULL))
			return true;
	}
	return false;
}

static void check_response(const char *buf, size_t len, const struct sipmsg *m,
			   uint32_t chance)
{
	const struct addr *source = &sources[chance & 1];
	uint16_t status = statuses[chance / 2 % 7];
	static struct sip_lines l;
	int n = sip_build_response(out, sizeof(out), buf, len, status, source,
				   TAG, "sip:u@192.0.2.9:5060", NULL,
				   "application/sdp", "v=0\r\n", 5);

	must(sip_lines_scan(&l, buf, len) == SIP_OK);
	/* Joined Vias are taken apart, which may be too many lines. */
	if (n > SIPMSG_RAW_MAX - 1024 || len > 4096 ||
	    has_empty_param(buf, m->body_off) || has_odd_via(buf, &l) ||
	    is_twice(buf, len))
		return;
	read_back(out, n);
	must(parsed.response && parsed.status == status);
	must(strcmp(parsed.branch, m->branch) == 0);
	must(strcmp(parsed.sent_by, m->sent_by) == 0);
	must(strcmp(parsed.call_id, m->call_id) == 0);
	must(strcmp(parsed.from_uri, m->from_uri) == 0);
	must(strcmp(parsed.from_tag, m->from_tag) == 0);
	must(strcmp(parsed.to_uri, m->to_uri) == 0);
	must(parsed.cseq == m->cseq);
	must(strcmp(parsed.method_name, m->method_name) == 0);
	if (*m->to_tag || status == 100)
		must(strcmp(parsed.to_tag, m->to_tag) == 0);
	else
		must(strcmp(parsed.to_tag, TAG) == 0);
	must(parsed.body_len == 5);
	/* What the sender says of itself is not believed (18.2.1). */
	if (*parsed.received) {
		struct addr a;

		must(addr_parse(&a, parsed.received, source->port,
				TRANSPORT_UDP) == 0);
		must(addr_equal(&a, source));
	}
	must(!parsed.rport || parsed.rport == source->port);
}

/* The 400 to what was refused, made of its lines. */
static void check_refusal(const char *buf, size_t len)
{
	int n = sip_build_response(out, sizeof(out), buf, len, 400, &sources[0],
				   TAG, NULL, NULL, NULL, "", 0);
	static struct sip_lines l;
	struct sip_start s;
	uint32_t length;

	must(n > 0 || n == -EINVAL);
	if (n < 0 || n > SIPMSG_RAW_MAX || len > 4096)
		return;
	if (sip_lines_scan(&l, out, (size_t)n) == SIP_TOO_MANY)
		return;
	must(sip_lines_scan(&l, out, (size_t)n) == SIP_OK);
	must(l.head == (uint32_t)n);
	must(sip_start_scan(&s, out, &l) == SIP_OK && s.status == 400);
	must(sip_content_length(&l, out, &length) == 1 && length == 0);
	must(l.count[SIP_HDR_FROM] == 1 && l.count[SIP_HDR_TO] == 1 &&
	     l.count[SIP_HDR_CALL_ID] == 1 && l.count[SIP_HDR_CSEQ] == 1);
	must(!l.count[SIP_HDR_CONTACT] && !l.count[SIP_HDR_OTHER]);
}

/* A body as an offer, whatever it is: our answer has a medium for each of its
 * own and sends no more than it takes. */
static void check_answer(const char *buf, const struct sipmsg *m)
{
	static const char own[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"
		"s=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0 8\r\n"
		"a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n";
	const char *offer = buf + m->body_off;
	enum sdp_direction far = sdp_direction(offer, m->body_len), d;
	int n = sdp_answer(out, sizeof(out) - 1, own, offer, m->body_len,
			   SDP_SENDRECV, 1);

	must(n > 0 || n == -ENOENT || n == -EINVAL);
	if (n < 0)
		return;
	d = sdp_direction(out, (size_t)n);
	must(!(d & SDP_SENDONLY) || far & SDP_RECVONLY);
	must(!(d & SDP_RECVONLY) || far & SDP_SENDONLY);
	must(memmem(out, (size_t)n, "\r\nm=", 4));
}

static struct sip_request ours(enum sip_method method)
{
	return (struct sip_request){
		.method = method,
		.request_uri = "sip:bob@example.com",
		.transport = TRANSPORT_UDP,
		.sent_by = "192.0.2.10:5060",
		.branch = BRANCH,
		.from_display = "A \"B\" \\",
		.from_uri = "sip:alice@example.com",
		.from_tag = TAG,
		.to_uri = "sip:bob@example.com",
		.call_id = "ourcallid",
		.cseq = 7,
		.contact = "sip:alice@192.0.2.10:5060",
		.expires = -1,
	};
}

/* An ICMP error quotes the beginning of a request of ours. */
static void check_quoted(const char *text, size_t len, const char *branch)
{
	char got[64];
	size_t n;

	for (n = 0; n < len && n < 400; n++) {
		char *quote = exact_copy(text, n);
		size_t found = sip_quoted_branch(quote, n, got, sizeof(got));

		must(!found || strcmp(got, branch) == 0);
		free(quote);
	}
	must(len < 400 || sip_quoted_branch(text, len, got, sizeof(got)));
}

static void check_in_dialog(const struct dialog *d, enum sip_method method)
{
	struct sip_request r = ours(method);
	uint8_t i;
	int n;

	r.request_uri = d->remote_target;
	r.from_display = NULL;
	r.from_uri = d->local_uri;
	r.from_tag = d->local_tag;
	r.to_uri = d->remote_uri;
	r.to_tag = d->remote_tag;
	r.call_id = d->call_id;
	r.contact = NULL;
	r.route = d->route;
	r.n_routes = d->n_routes;
	n = sip_build_request(out, sizeof(out), &r);
	read_back(out, n);
	must(!parsed.response && parsed.method == method);
	must(strcmp(parsed.request_uri, d->remote_target) == 0);
	must(strcmp(parsed.from_uri, d->local_uri) == 0);
	must(strcmp(parsed.from_tag, d->local_tag) == 0);
	must(strcmp(parsed.to_uri, d->remote_uri) == 0);
	must(strcmp(parsed.to_tag, d->remote_tag) == 0);
	must(strcmp(parsed.call_id, d->call_id) == 0);
	must(strcmp(parsed.branch, BRANCH) == 0);
	for (i = 0; i < d->n_routes; i++)
		must(memmem(out, (size_t)n, d->route[i], strlen(d->route[i])));
	check_quoted(out, (size_t)n, BRANCH);
	n = sip_rebranch(out, (size_t)n, sizeof(out), TRANSPORT_TCP,
			 "[2001:db8::1]:5060", "z9hG4bKother");
	read_back(out, n);
	must(strcmp(parsed.branch, "z9hG4bKother") == 0);
	must(strcmp(parsed.to_tag, d->remote_tag) == 0);
}

/* ---- a request received ---- */

static void check_request(const char *buf, size_t len, const struct sipmsg *m,
			  uint32_t chance)
{
	static struct dialog d, before;

	check_response(buf, len, m, chance);
	if (dialog_init_uas(&d, m, TAG) == 0) {
		must(m->method == SIP_INVITE && !*m->to_tag && *m->from_tag);
		check_in_dialog(&d, SIP_BYE);
		before = d;
		must(dialog_request_in(&d, m));
		/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
		must(memcmp(&before, &d, sizeof(d)) == 0);
		before.remote_cseq = m->cseq + 1;
		must(m->method == SIP_ACK || !dialog_request_in(&before, m));
	}
	if (m->method == SIP_INVITE) {
		int n = sip_build_cancel(out, sizeof(out), buf, len);

		must(n > 0);
		if (n < SIPMSG_RAW_MAX && len <= 4096) {
			read_back(out, n);
			must(parsed.method == SIP_CANCEL &&
			     parsed.cseq == m->cseq &&
			     strcmp(parsed.branch, m->branch) == 0);
		}
	}
}

/* ---- a response received ---- */

static void check_ack(const struct sipmsg *m)
{
	struct sip_request r = ours(SIP_INVITE);
	static char invite[4096];
	int len = sip_build_request(invite, sizeof(invite), &r);
	int n = sip_build_ack(out, sizeof(out), invite, (size_t)len, m);

	read_back(out, n);
	must(parsed.method == SIP_ACK && parsed.cseq == 7);
	must(strcmp(parsed.branch, BRANCH) == 0);
	must(strcmp(parsed.to_uri, m->to_uri) == 0);
	must(strcmp(parsed.to_tag, m->to_tag) == 0);
	must(strcmp(parsed.from_tag, TAG) == 0);
}

static void check_dialog(const struct sipmsg *m)
{
	static struct dialog d, before;
	int r;

	dialog_init_uac(&d, m->call_id, m->from_tag, "sip:alice@example.com",
			"sip:bob@example.com", 7);
	if (*m->call_id && *m->from_tag)
		must(dialog_matches(&d, m));
	r = dialog_answered(&d, m);
	if (r) {
		must(r == -EINVAL);
		return;
	}
	must(m->status < 300 && *m->to_tag);
	must(d.confirmed == (m->status >= 200));
	must(d.n_routes == m->n_routes);
	must(!m->n_routes ||
	     strcmp(d.route[0], m->record_route[m->n_routes - 1]) == 0);
	must(dialog_matches(&d, m));
	check_in_dialog(&d, d.confirmed ? SIP_BYE : SIP_INVITE);
	before = d;
	must(dialog_answered(&d, m) == 0);
	/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
	must(memcmp(&before, &d, sizeof(d)) == 0);
	if (d.confirmed) {
		strcpy(d.remote_tag, "another");
		must(strcmp(m->to_tag, "another") == 0 ||
		     dialog_answered(&d, m) == -EEXIST);
	}
}

/* Our REGISTER with that line: nothing of the challenge leaves its place. */
static void check_authorization(const char *line, size_t len)
{
	struct sip_request r = ours(SIP_REGISTER);
	static struct sip_lines l;
	int n;

	must(len > 2 && memcmp(line + len - 2, "\r\n", 2) == 0);
	must(!memchr(line, '\r', len - 2) && !memchr(line, '\n', len - 2));
	r.authorization = line;
	n = sip_build_request(out, sizeof(out), &r);
	read_back(out, n);
	must(sip_lines_scan(&l, out, (size_t)n) == SIP_OK);
	/* Max-Forwards, Authorization, User-Agent. */
	must(l.count[SIP_HDR_OTHER] == 3);
}

static void check_challenge(const struct sipmsg *m)
{
	static const struct digest_credentials cred = { "al\"ice", "secret" };
	static struct digest_state d, again;
	static char line[4096];
	char *exact;
	int n;

	memset(&d, 0, sizeof(d));
	if (digest_challenged(&d, m, false))
		return;
	must(d.valid && d.challenge.algorithm != DIGEST_UNSUPPORTED);
	again = d;
	n = digest_answer(&d, line, sizeof(line), &cred, "REGISTER",
			  "sip:example.com", "0a4f113b");
	if (n < 0) {
		must(n == -EINVAL && d.nc == again.nc);
		return;
	}
	must(strlen(line) == (size_t)n && d.nc == 1);
	check_authorization(line, (size_t)n);
	/* One byte less is too little, and is not written over. */
	exact = malloc((size_t)n);
	must(digest_answer(&again, exact, (size_t)n, &cred, "REGISTER",
			   "sip:example.com", "0a4f113b") == -EMSGSIZE);
	must(again.nc == 0);
	free(exact);
	n = digest_challenged(&d, m, true);
	must(n == (d.challenge.stale ? 0 : -EACCES));
}

/* ---- cost ---- */

static long parse_ms(const char *buf, size_t len)
{
	struct timespec a, b;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	sip_parse(buf, len, &parsed);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
}

/* A piece of the message repeated until it is 64 KiB long: no sender may make
 * us work longer than for an honest message of that size, times a bound.  What
 * a virtual processor is kept waiting counts as its time: so the least of some
 * tries. */
static void check_cost(const char *buf, size_t len, uint32_t chance)
{
	size_t at = chance % len, piece = 1 + (chance >> 16) % 12, n;
	static char big[SIPMSG_RAW_MAX];
	int tries = COST_TRIES;

	if (piece > len - at)
		piece = len - at;
	memcpy(big, buf, at);
	for (n = at; n + piece + (len - at) <= sizeof(big); n += piece)
		memcpy(big + n, buf + at, piece);
	memcpy(big + n, buf + at, len - at);
	n += len - at;
	while (parse_ms(big, n) > COST_MS_MAX)
		must(--tries > 0);
}

/* The sender's host, when it is an address: printed, read, offered. */
static void check_host(const struct sipmsg *m)
{
	char host[SIPMSG_TOKEN_MAX], text[ADDR_STRLEN], *end;
	struct addr a, again;
	int n;

	strcpy(host, m->sent_by);
	end = host[0] == '[' ? strchr(host, ']') : NULL;
	if (end)
		end[1] = '\0';
	else
		host[strcspn(host, ":")] = '\0';
	if (addr_parse(&a, host, 5060, TRANSPORT_UDP) != 0)
		return;
	must(addr_parse(&again, addr_print_host(&a, text), 5060,
			TRANSPORT_UDP) == 0 && addr_equal(&a, &again));
	must(strlen(addr_print(&a, text)) < ADDR_STRLEN);
	must(strcmp(text + strlen(text) - 5, ":5060") == 0);
	n = sip_default_sdp(out, sizeof(out), &a, 40000, 7);
	must(n > 0 && !memchr(out, '[', (size_t)n));
}

/* Overload control: a word in its limits, and none counts after a newer one. */
static void check_overload(const struct sipmsg *m)
{
	struct overload_word w = m->overload;
	struct mono now = { 1000000000 };
	struct overload o;

	must(w.percent >= -1 && w.percent <= 100 && w.validity_ms >= -1);
	must(m->response || w.percent == -1);
	memset(&o, 0, sizeof(o));
	overload_told(&o, &w, now, 1);
	must(overload_share(&o, now) <= (w.percent < 0 ? 0u :
					 (uint32_t)w.percent));
	must(!overload_share(&o, mono_add_ms(now, OVERLOAD_VALIDITY_MAX_MS)));
	must(overload_share(&o, now) || !overload_leaves_out(&o, now));
	if (w.percent < 0 || !w.seq)
		return;
	w.percent = 100 - w.percent;
	must(!overload_told(&o, &w, now, 1));
	w.seq--;
	must(!overload_told(&o, &w, now, 1));
}

/* What a NOTIFY says, and any body as a message summary. */
static void check_event(const struct sipmsg *m, const char *buf)
{
	static const struct mwi before = { .known = true, .fresh = 7 };
	struct mwi w = before;
	char *body = exact_copy((const uint8_t *)buf + m->body_off,
				m->body_len);
	int ret = sip_event_mwi(&w, body, m->body_len);

	free(body);
	must(ret == 0 || (w.known && w.fresh == 7 && !w.waiting));
	must(w.known && w.fresh <= INT32_MAX && w.old <= INT32_MAX &&
	     w.urgent_fresh <= INT32_MAX && w.urgent_old <= INT32_MAX);
	must(ret || w.counted || (!w.fresh && !w.old && !w.urgent_fresh &&
				  !w.urgent_old));
	must(is_field(m->event) && is_word(m->event, ";,<>\""));
	must(m->substate <= SIP_SUBSTATE_TERMINATED &&
	     m->subreason < SIP_SUBREASONS);
	must(m->sub_expires >= -1 && m->sub_retry_after >= -1);
	must(m->method == SIP_NOTIFY ||
	     (!*m->event && m->substate == SIP_SUBSTATE_NONE));
}

static bool is_printable(const char *s)
{
	while (*s >= 0x20 && *s < 0x7f)
		s++;
	return !*s;
}

/* What a ladder tells of it, which it does as well when it is blanked. */
static void check_brief(const char *buf, size_t len, const struct sipmsg *m)
{
	struct sip_brief b, again;
	char *blank = exact_copy((const uint8_t *)buf, len);
	bool good = sip_brief_read(&b, buf, len);

	must(good || !m);
	must(is_printable(b.method) && is_printable(b.reason) &&
	     is_printable(b.call_id) && is_printable(b.branch));
	must(!m || (b.response == m->response && b.cseq == m->cseq &&
		    b.status == (m->response ? m->status : 0)));
	sip_blank(blank, len);
	good = sip_brief_read(&again, blank, len);
	must(good || !m);
	/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
	must(!m || memcmp(&b, &again, sizeof(b)) == 0);
	sip_blank(blank, len);
	must(!memmem(blank, len, "\nAuthorization: Digest", 22));
	must(!memmem(blank, len, "\nProxy-Authorization: Digest", 28));
	free(blank);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buf = exact_copy(data, size);
	uint32_t chance = hash_of(data, size);
	enum sip_parse_result r, scanned;
	static struct sipmsg m, again;
	struct sip_lines l;
	struct sip_start s;
	char branch[40];
	uint32_t body;

	memset(&m, 0xa5, sizeof(m));
	r = sip_parse(buf, size, &m);
	must(r < SIP_PARSE_RESULTS && sip_parse_result_name(r)[0] != '?');
	scanned = sip_prescan(buf, size, &l, &s, &body);
	must(scanned == SIP_OK || scanned == r);
	must(sip_quoted_branch(buf, size, branch, sizeof(branch)) < sizeof(branch));
	check_brief(buf, size, r == SIP_OK ? &m : NULL);
	if (r == SIP_OK) {
		must(scanned == SIP_OK && l.head == m.body_off);
		must(body == m.body_len);
		sip_parse(buf, size, &again);
		/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
		must(memcmp(&m, &again, sizeof(m)) == 0);
		check_fields(&m, size);
		check_lines(buf, size, &m);
		check_host(&m);
		check_event(&m, buf);
		check_overload(&m);
		check_answer(buf, &m);
		if (m.response) {
			check_ack(&m);
			if (m.method == SIP_INVITE)
				check_dialog(&m);
			check_challenge(&m);
		} else {
			check_request(buf, size, &m, chance);
		}
		if (chance % 64 == 0 && size < SIPMSG_RAW_MAX / 2)
			check_cost(buf, size, chance / 64);
	} else {
		check_refusal(buf, size);
	}
	free(buf);
	return 0;
}
