/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages received: responses to their transaction, requests to a server
 * transaction (a reply slot) and from there to a call.  What is malformed,
 * foreign or unmatched is counted and forgotten; a request is answered, if it
 * can be.
 */
#include "agent_receive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_call.h"
#include "agent_dialog.h"
#include "agent_find.h"
#include "agent_ladder.h"
#include "agent_request.h"
#include "agent_server.h"
#include "agent_slot.h"
#include "agent_step.h"
#include "agent_subscription.h"
#include "agent_timers.h"
#include "agent_upsize.h"
#include "io/log.h"
#include "io/random.h"

#define REPLY_FIRST 4096

static const char accept_sdp[] = "Accept: application/sdp\r\n";

/* ---- refusals ---- */

#define REFUSAL_MS 10000

static void refused(struct agent *a, enum refused_why why, const char *what)
{
	static const char *const name[REFUSALS] = {
		[REFUSED_MALFORMED] = "malformed",
		[REFUSED_STRANGER] = "stranger",
		[REFUSED_SOURCE] = "wrong_source",
		[REFUSED_UNMATCHED] = "unmatched",
		[REFUSED_MISFIT] = "misfit",
	};
	char text[ADDR_STRLEN];

	if (a->refused_at[why].ns &&
	    !mono_due(mono_add_ms(a->refused_at[why], REFUSAL_MS), a->now)) {
		a->refused[why]++;
		return;
	}
	/* A late copy of an answer is nobody's fault. */
	log_at(why == REFUSED_UNMATCHED ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
	       "message refused why=%s: %s from=%s len=%zu before=%llu",
	       name[why], what, addr_print(&a->rx_from, text), a->rx_len,
	       (unsigned long long)a->refused[why]);
	a->refused_at[why] = a->now;
	a->refused[why] = 0;
}

/* ---- server transactions ---- */

static uint64_t reply_key(const struct agent *a, const struct sipmsg *m,
			  enum sip_method method)
{
	char key[2 * SIPMSG_TOKEN_MAX + 8];
	int n;

	n = snprintf(key, sizeof(key), "%s|%s|%d", m->branch, m->sent_by,
		     (int)method);
	return lookup_hash(&a->replies_by_key, key, n);
}

/* 17.2.3: branch, sent-by, and the method but for an ACK. */
static uint32_t reply_find(const struct agent *a, const struct sipmsg *m,
			   enum sip_method method)
{
	uint64_t hash = reply_key(a, m, method);
	uint32_t it = LOOKUP_FIRST, i;

	while (lookup_next(&a->replies_by_key, hash, &it, &i))
		if (a->reply[i].method == method &&
		    strcmp(a->reply[i].branch, m->branch) == 0 &&
		    strcmp(a->reply[i].sent_by, m->sent_by) == 0)
			return i;
	return AGENT_NONE;
}

static uint32_t reply_new(struct agent *a)
{
	struct txn_cfg cfg = {
		.t1_ms = a->conf->t1_ms,
		.t2_ms = a->conf->t2_ms,
		.t4_ms = a->conf->t4_ms,
		.retries = TXN_RETRIES_FULL,
		.reliable = a->rx_flow != 0,
	};
	struct reply *r;
	char *request, *buf;
	size_t size;
	uint32_t i;

	for (i = 0; i < AGENT_REPLIES_MAX && a->reply[i].used; i++)
		;
	if (i == AGENT_REPLIES_MAX) {
		a->stats.no_slot++;
		return AGENT_NONE;
	}
	r = &a->reply[i];
	request = malloc(a->rx_len);
	buf = r->buf ? r->buf : malloc(REPLY_FIRST);
	size = r->buf ? r->size : REPLY_FIRST;
	if (!request || !buf) {
		a->stats.no_memory++;
		free(request);
		if (!r->buf)
			free(buf);
		return AGENT_NONE;
	}
	free(r->request);
	memcpy(request, a->rx_buf, a->rx_len);
	*r = (struct reply){
		.used = true,
		.method = a->rx.method,
		.hash = reply_key(a, &a->rx, a->rx.method),
		.source = a->rx_from,
		.flow = a->rx_flow,
		.call = AGENT_NONE,
		.request = request,
		.request_len = a->rx_len,
		.buf = buf,
		.size = size,
	};
	memcpy(r->branch, a->rx.branch, sizeof(r->branch));
	memcpy(r->sent_by, a->rx.sent_by, sizeof(r->sent_by));
	random_hex(r->to_tag, AGENT_TAG_LEN);
	lookup_add(&a->replies_by_key, r->hash, i);
	txn_init(&r->txn, a->rx.method == SIP_INVITE ? TXN_INVITE_SERVER :
		 TXN_SERVER, &cfg);
	return i;
}

static void reply_free(struct agent *a, uint32_t i)
{
	struct reply *r = &a->reply[i];

	lookup_del(&a->replies_by_key, r->hash, i);
	if (r->call != AGENT_NONE && a->call[r->call].reply == i)
		a->call[r->call].reply = AGENT_NONE;
	free(r->request);
	r->request = NULL;
	r->used = false;
	agent_timer_reply(a, i);
}

/* Of a top Via that has been read before; the transport's own if it names none
 * (RFC 3261 18.2.2). */
static uint16_t sent_by_port(const char *sent_by, uint8_t transport)
{
	const char *colon = strrchr(sent_by, ':');

	if (!colon || strchr(colon, ']'))
		return transport == TRANSPORT_TLS ? 5061 : 5060;
	return (uint16_t)strtoul(colon + 1, NULL, 10);
}

/* 18.2.2: the connection that the request came by is gone, so by another one
 * to the sender's address and the port of its Via.  To a server that is ours
 * only: nobody has us connect to wherever its Via says. */
static void reply_reconnect(struct agent *a, const struct reply *r)
{
	struct addr to = r->source;
	uint32_t s;
	int ret;

	if (to.transport != TRANSPORT_TLS)
		to.transport = TRANSPORT_TCP;
	to.port = sent_by_port(r->sent_by, to.transport);
	s = server_find(a, &to);
	if (s != AGENT_NONE) {
		ret = server_send(a, s, r->buf, r->len);
	} else {
		to.transport = TRANSPORT_UDP;
		s = r->source.transport == TRANSPORT_TLS ? AGENT_NONE :
		    server_find(a, &to);
		ret = s == AGENT_NONE ? -ENOTCONN :
		      upsize_send(a, s, r->buf, r->len);
	}
	if (ret)
		a->stats.responses_lost++;
}

/* A response: by that flow, or by UDP (flow 0). */
static int send_back(struct agent *a, const struct addr *to, tcp_flow flow,
		     const char *buf, size_t len)
{
	int ret = flow ? tcp_send(&a->tcp, flow, buf, len) :
		  udp_send(&a->udp[to->family == ADDR_V6], to, buf, len);

	if (!ret)
		ladder_sent(a, AGENT_NONE, to, flow, buf, len);
	return ret;
}

/* over the flow it came by, else to the source (rport, R-54). */
void reply_transmit(struct agent *a, uint32_t i)
{
	const struct reply *r = &a->reply[i];

	if (!r->len)
		return;
	a->stats.tx_responses++;
	if (send_back(a, &r->source, r->flow, r->buf, r->len) == -ENOTCONN &&
	    r->flow)
		reply_reconnect(a, r);
}

/* The acts of a server transaction; DELIVER is the caller's. */
static void reply_carry_out(struct agent *a, uint32_t i, unsigned int acts)
{
	if (acts & TXN_ACT_SEND)
		reply_transmit(a, i);
	/* No ACK to our final response: the call is not to be (17.2.1). */
	if (acts & TXN_ACT_TIMEOUT)
		a->stats.txn_timeouts++;
	if (acts & TXN_ACT_FREE)
		reply_free(a, i);
	else
		agent_timer_reply(a, i);
}

void reply_expired(struct agent *a, uint32_t i)
{
	struct txn_ev ev = { .now = a->now, .type = TXN_EV_EXPIRY };

	if (a->reply[i].used)
		reply_carry_out(a, i, step_reply(a, i, &ev));
}

static int reply_build(struct reply *r, uint16_t status, const char *contact,
		       const char *extra, const char *sdp)
{
	return sip_build_response(r->buf, r->size, r->request, r->request_len,
				  status, &r->source,
				  status > 100 ? r->to_tag : NULL, contact,
				  extra, sdp && *sdp ? "application/sdp" : NULL,
				  sdp ? sdp : "", sdp ? strlen(sdp) : 0);
}

static bool reply_grow(struct agent *a, struct reply *r)
{
	char *buf = realloc(r->buf, SIPMSG_RAW_MAX);

	if (!buf) {
		a->stats.no_memory++;
		return false;
	}
	r->buf = buf;
	r->size = SIPMSG_RAW_MAX;
	return true;
}

void reply_send(struct agent *a, uint32_t i, uint16_t status,
		const char *contact, const char *extra, const char *sdp)
{
	struct txn_ev ev = {
		.now = a->now,
		.type = TXN_EV_REPLY,
		.status = status,
	};
	struct reply *r = &a->reply[i];
	int len;

	len = reply_build(r, status, contact, extra, sdp);
	if (len == -EMSGSIZE && reply_grow(a, r))
		len = reply_build(r, status, contact, extra, sdp);
	if (len < 0) {
		a->stats.build_failed++;
		log_warning("response build failed status=%u: %s", status,
			    strerror(-len));
		ev.status = 500;
		len = reply_build(r, ev.status, NULL, NULL, NULL);
	}
	r->len = len < 0 ? 0 : len;
	reply_carry_out(a, i, step_reply(a, i, &ev));
}

/* One response without any state: to what cannot have a transaction, and to
 * what anybody may ask.  Its To tag comes from the request, so that it is the
 * same for a repeated one (8.2.7). */
static void reply_once(struct agent *a, uint16_t status, const char *extra)
{
	char buf[REPLY_FIRST], tag[AGENT_TAG_LEN + 1];
	int len;

	snprintf(tag, sizeof(tag), "%016llx", (unsigned long long)
		 lookup_hash(&a->replies_by_key, a->rx_buf, a->rx_len));
	len = sip_build_response(buf, sizeof(buf), a->rx_buf, a->rx_len,
				 status, &a->rx_from, tag, NULL, extra,
				 NULL, "", 0);
	if (len < 0)
		return;
	send_back(a, &a->rx_from, a->rx_flow, buf, len);
}

/* 8.2.2.3: we support no extension that can be required. */
static void refuse_extension(struct agent *a)
{
	char unsupported[SIPMSG_TOKEN_MAX + 16];

	snprintf(unsupported, sizeof(unsupported), "Unsupported: %s\r\n",
		 a->rx.require);
	reply_once(a, 420, unsupported);
}

/* ---- requests ---- */

static void in_ack(struct agent *a)
{
	struct txn_ev ev = { .now = a->now, .type = TXN_EV_ACK };
	uint32_t i = reply_find(a, &a->rx, SIP_INVITE), c;
	unsigned int acts = TXN_ACT_DELIVER;

	/* Of a non-2xx: same branch.  Some use it for that of a 2xx too. */
	if (i != AGENT_NONE) {
		acts = step_reply(a, i, &ev);
		reply_carry_out(a, i, acts);
	}
	if (!(acts & TXN_ACT_DELIVER))
		return;
	c = call_of_dialog(a, &a->rx);
	if (c == AGENT_NONE)
		a->stats.rx_unmatched++;
	else
		call_acked(a, c);
}

/* the same request by another path. */
static bool merged(const struct agent *a)
{
	uint32_t c;

	for (c = 0; c < AGENT_CALLS_MAX; c++)
		if (a->call[c].call.state != CALL_FREE &&
		    !a->call[c].call.outgoing &&
		    strcmp(a->call[c].dialog.call_id, a->rx.call_id) == 0 &&
		    strcmp(a->call[c].dialog.remote_tag, a->rx.from_tag) == 0 &&
		    a->call[c].dialog.invite_cseq == a->rx.cseq)
			return true;
	return false;
}

static void in_invite(struct agent *a, uint32_t i, uint32_t server)
{
	uint32_t line;
	uint8_t index;

	if (a->rx.to_tag[0]) {
		dialog_request(a, i);
		return;
	}
	if (merged(a)) {
		reply_send(a, i, 482, NULL, NULL, NULL);
		return;
	}
	line = line_called(a, a->rx.request_uri, server, &index);
	ladder_received_is(a, line);
	if (line == AGENT_NONE)
		reply_send(a, i, 404, NULL, NULL, NULL);
	else
		call_in(a, i, line, index);
}

static void in_bye(struct agent *a, uint32_t i)
{
	uint32_t c = call_of_dialog(a, &a->rx);

	if (c == AGENT_NONE) {
		reply_send(a, i, 481, NULL, NULL, NULL);
		return;
	}
	if (!dialog_request_in(&a->call[c].dialog, &a->rx)) {
		reply_send(a, i, 500, NULL, NULL, NULL);
		return;
	}
	reply_send(a, i, 200, NULL, NULL, NULL);
	call_event(a, c, CALL_EV_BYE, 0);
}

static void in_cancel(struct agent *a, uint32_t i)
{
	uint32_t invite = reply_find(a, &a->rx, SIP_INVITE);

	if (invite == AGENT_NONE) {
		reply_send(a, i, 481, NULL, NULL, NULL);
		return;
	}
	reply_send(a, i, 200, NULL, NULL, NULL);
	if (a->reply[invite].call != AGENT_NONE)
		call_event(a, a->reply[invite].call, CALL_EV_CANCEL, 0);
}

/* Within a dialog it asks whether that is there (12.2.2); what calls we have is
 * nobody's business but the servers'. */
static void in_options(struct agent *a, uint32_t server)
{
	if (a->rx.to_tag[0] && server != AGENT_NONE && !dialog_known(a))
		reply_once(a, 481, NULL);
	else
		reply_once(a, 200, accept_sdp);
}

static void in_request(struct agent *a, uint32_t server)
{
	uint32_t i = reply_new(a);
	struct txn_ev ev = { .now = a->now, .type = TXN_EV_REQUEST };

	if (i == AGENT_NONE) {
		reply_once(a, 503, NULL);
		return;
	}
	reply_carry_out(a, i, step_reply(a, i, &ev));
	switch ((enum sip_method)a->rx.method) {
	case SIP_INVITE:
		in_invite(a, i, server);
		break;
	case SIP_BYE:
		in_bye(a, i);
		break;
	case SIP_CANCEL:
		in_cancel(a, i);
		break;
	case SIP_NOTIFY:
		subscription_notify(a, i);
		break;
	case SIP_UPDATE:
	case SIP_INFO:
	case SIP_PRACK:
		dialog_request(a, i);
		break;
	case SIP_ACK:
	case SIP_OPTIONS:
	case SIP_REGISTER:
	case SIP_SUBSCRIBE:
	case SIP_OTHER:
		break;	/* handled before: have no transaction here */
	}
}

/* ---- all ---- */

/* The server a message comes from, by address and port, or for a connection
 * that the server opened by address alone. */
static uint32_t sender(const struct agent *a)
{
	struct addr from = a->rx_from;
	uint32_t s;

	if (!a->rx_flow)
		from.transport = TRANSPORT_UDP;
	else if (from.transport != TRANSPORT_TLS)
		from.transport = TRANSPORT_TCP;
	s = server_find(a, &from);
	if (s != AGENT_NONE)
		return s;
	/* Who is only to be believed over TLS has that one way. */
	return server_of_host(a, &from);
}

/* By TLS only on the connection that the request went by.  By TCP from that host,
 * since the server may have had to open another one (18.2.2).  By UDP from where
 * the request went: rport has the answer sent from there (RFC 3581 4), and who
 * would forge it has a port to guess more. */
static bool from_asked(const struct agent *a, const struct request *r)
{
	const struct addr *asked = &a->server[r->server].addr;
	struct addr from = a->rx_from;

	switch ((enum transport)asked->transport) {
	case TRANSPORT_TLS:
		return a->rx_flow && a->rx_flow == r->flow;
	case TRANSPORT_TCP:
		return a->rx_flow && server_has_host(a, r->server, &from);
	case TRANSPORT_UDP:
		break;
	}
	if (r->wide)	/* too large for a datagram */
		return a->rx_flow && server_has_host(a, r->server, &from);
	from.transport = TRANSPORT_UDP;
	return !a->rx_flow && addr_equal(&from, asked);
}

static void in_response(struct agent *a)
{
	uint32_t i;

	a->stats.rx_responses++;
	i = a->rx.method == SIP_OTHER ? AGENT_NONE :
	    request_by_branch(a, a->rx.branch, a->rx.method);
	if (i == AGENT_NONE) {
		/* A copy of an answer that we have, most often. */
		a->stats.rx_unmatched++;
		refused(a, REFUSED_UNMATCHED, "response to no request");
		return;
	}
	if (!from_asked(a, &a->request[i])) {
		/* Forged, or a server that answers from elsewhere. */
		a->stats.rx_wrong_source++;
		refused(a, REFUSED_SOURCE, "response from elsewhere");
		return;
	}
	if (!sip_response_fits(&a->rx, a->request[i].buf, a->request[i].len)) {
		a->stats.rx_misfit++;
		refused(a, REFUSED_MISFIT,
			"other Call-ID, From tag or CSeq than the request's");
		return;
	}
	request_response(a, i);
}

static void in_new_or_repeated(struct agent *a, uint32_t server)
{
	struct txn_ev ev = { .now = a->now, .type = TXN_EV_REQUEST };
	uint32_t i = reply_find(a, &a->rx, a->rx.method);

	if (i != AGENT_NONE)
		reply_carry_out(a, i, step_reply(a, i, &ev));
	else
		in_request(a, server);
}

/* 400 to what is a request all the same; only to the own servers, so that
 * nobody has us answer forged rubbish.  Never to an ACK. */
static void refuse_malformed(struct agent *a)
{
	static const char response[] = "SIP/2.0 ", ack[] = "ACK ";

	if (a->rx_len < sizeof(response) ||
	    memcmp(a->rx_buf, response, sizeof(response) - 1) == 0 ||
	    memcmp(a->rx_buf, ack, sizeof(ack) - 1) == 0)
		return;
	reply_once(a, 400, NULL);
}

void receive_message(struct agent *a, const struct addr *from, tcp_flow flow,
		     const char *buf, size_t len)
{
	enum sip_parse_result parsed = sip_parse(buf, len, &a->rx);
	uint32_t server;

	if (parsed == SIP_KEEPALIVE) {
		a->stats.rx_keepalive++;
		return;
	}
	a->rx_buf = buf;
	a->rx_len = len;
	a->rx_from = *from;
	a->rx_flow = flow;
	server = sender(a);
	ladder_received(a, server, parsed == SIP_OK);
	if (parsed != SIP_OK) {
		a->stats.rx_bad[parsed]++;
		refused(a, REFUSED_MALFORMED, sip_parse_result_name(parsed));
		if (server != AGENT_NONE)
			refuse_malformed(a);
		return;
	}
	if (a->rx.response) {
		in_response(a);
		return;
	}
	a->stats.rx_requests++;
	/* What is answered without a slot comes first: anybody may ask, and
	 * must not use them up. */
	if (a->rx.method == SIP_ACK) {
		in_ack(a);
	} else if (*a->rx.require && a->rx.method != SIP_CANCEL &&
		   (server != AGENT_NONE || a->rx.method == SIP_OPTIONS)) {
		refuse_extension(a);
	} else if (a->rx.method == SIP_OPTIONS) {
		in_options(a, server);
	} else if (server == AGENT_NONE) {
		/* Only the line's own servers may call it. */
		a->stats.rx_foreign++;
		refused(a, REFUSED_STRANGER, "request of a stranger");
		reply_once(a, 403, NULL);
	} else if (a->rx.method == SIP_REGISTER ||
		   a->rx.method == SIP_SUBSCRIBE ||
		   a->rx.method == SIP_OTHER) {
		reply_once(a, 405, NULL);
	} else {
		in_new_or_repeated(a, server);
	}
}
