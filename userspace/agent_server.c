/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Servers: the way to them, what the kernel says of them, what that means.
 * One path for all evidence: cause -> the request it quotes -> verdict_of() ->
 * the transaction, then the health.  The transaction first, so that its line
 * moves by its own result and finds the server's new health afterwards.
 */
#include "agent_server.h"
#include "agent_adopt.h"
#include "agent_call.h"
#include "agent_ctl_notify.h"
#include "agent_find.h"
#include "agent_hold.h"
#include "agent_keepalive.h"
#include "agent_ladder.h"
#include "agent_path.h"
#include "agent_pulse.h"
#include "agent_receive.h"
#include "agent_request.h"
#include "agent_slot.h"
#include "agent_step.h"
#include "agent_timers.h"
#include "agent_upsize.h"

#include <errno.h>
#include <string.h>

#include "../kmod/classify.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/source.h"

#define STALE_FLOW_MS 2000

/* Kernel ICMP numbering of families; sys/socket.h is io's. */
#define UAPI_AF_INET 2
#define UAPI_AF_INET6 10

/* The server that lives at a peer address of the transport. */
static uint32_t server_at(const struct agent *a, struct addr addr,
			  enum transport transport)
{
	addr.transport = transport;
	return server_find(a, &addr);
}

bool server_own_socket_errors(const struct agent *a)
{
	return a->conf->detect == CONF_DETECT_SOCKETS ||
	       (a->conf->detect == CONF_DETECT_AUTO && !a->module);
}

void server_refresh_source(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	bool v6 = server->addr.family == ADDR_V6;
	const struct addr *conf = v6 ? &a->conf->local6 : &a->conf->local4;
	static const struct addr any;
	int ret = source_for(&server->addr, &server->local);

	if (ret) {
		memset(&server->local, 0, sizeof(server->local));
		log_warning("server no_route server=%s: %s", server->name,
			    strerror(-ret));
		return;
	}
	/* What the operator chose goes before what the kernel would. */
	if (memcmp(conf->ip, any.ip, sizeof(any.ip)) != 0)
		memcpy(server->local.ip, conf->ip, sizeof(conf->ip));
}

void server_own_address(struct agent *a, uint32_t s, struct addr *own)
{
	struct server *server = &a->server[s];
	struct addr peer;

	if (server->local.family == ADDR_NONE)
		server_refresh_source(a, s);
	if (server->local.family == ADDR_NONE)
		server->sourceless = true;
	if (server->addr.transport == TRANSPORT_UDP) {
		*own = server->local;
		own->port = a->udp[server->addr.family == ADDR_V6].local.port;
	} else if (!server->flow ||
		   !tcp_addresses(&a->tcp, server->flow, own, &peer)) {
		*own = server->local;
		own->port = server->addr.family == ADDR_V6 ?
			    a->conf->local6.port : a->conf->local4.port;
	}
	own->transport = server->addr.transport;
}

void server_contact_address(struct agent *a, uint32_t s, struct addr *contact)
{
	const struct server *server = &a->server[s];

	if (a->conf->nat_contact &&
	    server->pulse.nat.seen.family == server->addr.family)
		*contact = server->pulse.nat.seen;
	else
		server_own_address(a, s, contact);
}

static void note_flow_port(struct agent *a, struct server *server)
{
	struct addr own, peer;

	if (tcp_addresses(&a->tcp, server->flow, &own, &peer))
		server->flow_port = own.port;
}

int server_ready(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	int ret;

	if (server->addr.transport == TRANSPORT_UDP || server->flow)
		return 0;
	if (server->local.family == ADDR_NONE)
		server_refresh_source(a, s);
	/* Longer than any retry budget's first half, shorter than 64*T1: the
	 * stack then says TCP_TIMEOUT (signs table, TCP_USER_TIMEOUT). */
	find_set_flow(a, s, &server->flow,
		      tcp_connect(&a->tcp, &server->addr, &server->local,
				  20 * a->conf->t1_ms));
	if (!server->flow)
		return -errno;
	ret = server->tls ? tcp_secure(&a->tcp, server->flow, server->tls) : 0;
	if (ret) {
		tcp_drop(&a->tcp, server->flow);
		find_set_flow(a, s, &server->flow, 0);
		return ret;
	}
	note_flow_port(a, server);
	keepalive_event(a, s, KEEPALIVE_EV_START);
	return 0;
}

int server_send(struct agent *a, uint32_t s, const void *buf, size_t len)
{
	struct server *server = &a->server[s];
	int ret = server_ready(a, s);

	if (ret)
		return ret;
	if (server->addr.transport == TRANSPORT_UDP)
		ret = udp_send(&a->udp[server->addr.family == ADDR_V6],
			       &server->addr, buf, len);
	else
		ret = tcp_send(&a->tcp, server->flow, buf, len);
	if (a->urgent && !ret) {
		a->urgent = false;
		ring_submit(&a->ring);
	}
	if (!ret)	/* what must go at once has gone */
		ladder_sent(a, s, &server->addr, server->flow, buf, len);
	return ret;
}

/* ---- evidence ---- */

struct evidence {
	uint32_t server;
	struct addr offender;	/* ICMP: who said it */
	uint64_t count;		/* ICMP: events it stands for */
	bool overtaken;		/* the server was heard again before it was sent */
	uint32_t request;	/* AGENT_NONE: none of ours */
	struct verdict_in in;
};

static void health_verdict(struct agent *a, const struct evidence *e,
			   uint8_t health)
{
	uint8_t type = HEALTH_EV_TYPES;

	switch ((enum verdict_health)health) {
	case VERDICT_NONE:
		return;
	case VERDICT_COUNT:
		if (!step_tally(a, e->server, &e->offender, e->count))
			return;
		type = HEALTH_EV_SUSPECT;
		break;
	case VERDICT_SUSPECT:
		type = HEALTH_EV_SUSPECT;
		break;
	case VERDICT_BLOCK:
		type = HEALTH_EV_BLOCK;
		break;
	case VERDICT_DOWN:
		type = HEALTH_EV_DOWN;
		break;
	case VERDICT_RECONNECT:
		type = HEALTH_EV_RECONNECT;
		break;
	case VERDICT_ALIVE:
		type = HEALTH_EV_RECOVERY;
		break;
	}
	a->server[e->server].offender = e->offender;
	a->server[e->server].offence = e->in.cause;
	agent_post_health(a, e->server, type, e->in.cause, -1);
}

/* What may be said by our own stack for want of a way out. */
static bool may_be_local(const struct verdict_in *in)
{
	return in->grade == SIPOVER_GRADE_LOCAL ||
	       in->cause == SIPOVER_CAUSE_SEND_ERROR ||
	       in->cause == SIPOVER_CAUSE_TCP_UNREACH ||
	       in->cause == SIPOVER_CAUSE_TCP_TIMEOUT;
}

/* In a local outage nothing speaks against a server.  The notification may be
 * behind the failure that it explains. */
static struct verdict judged(struct agent *a, const struct evidence *e)
{
	struct verdict_in in = e->in;
	struct verdict v;

	in.by_gateway = a->server[e->server].gateway;
	v = step_verdict(a, e->server, &in);
	if (v.health == VERDICT_ALIVE ||
	    (v.txn == VERDICT_CONTINUE && v.health == VERDICT_NONE))
		return v;
	if (!a->held && may_be_local(&e->in))
		paths_doubt(a);
	if (a->held)
		v = (struct verdict){ VERDICT_LOCAL, VERDICT_NONE };
	return v;
}

/* C-30: an INVITE that was answered is not sent again, so the datagram that the
 * error quotes has arrived. */
static bool quotes_arrived(const struct agent *a, const struct evidence *e)
{
	const struct txn *t;

	if (e->request == AGENT_NONE)
		return false;
	t = &a->request[e->request].txn;
	return t->kind == TXN_INVITE_CLIENT && t->status;
}

static void judge(struct agent *a, struct evidence *e)
{
	struct verdict v;

	if (quotes_arrived(a, e))
		e->in.grade = SIPOVER_GRADE_MEDIUM;	/* as good as a guess */
	e->in.last = e->request != AGENT_NONE && a->request[e->request].last;
	a->urgent = true;
	v = judged(a, e);
	notify_verdict(a, e->server, e->in.cause, v, e->request);
	if (v.txn == VERDICT_FAIL && e->request != AGENT_NONE) {
		a->stats.verdict_failed++;
		request_event(a, e->request, TXN_EV_TRANSPORT);
	}
	if (!e->overtaken)
		health_verdict(a, e, v.health);
}

void server_sign(struct agent *a, uint32_t s, uint8_t cause)
{
	struct evidence e = {
		.server = s,
		.request = AGENT_NONE,
		.in = { .cause = cause, .grade = SIPOVER_GRADE_NONE,
			.context = a->server[s].addr.transport ==
				   TRANSPORT_UDP ? VERDICT_UDP :
						   VERDICT_TCP_ESTABLISHED },
	};

	if (a->conf->detect != CONF_DETECT_TIMERS)
		judge(a, &e);
}

/* The request that an ICMP error is about: by the branch in the quote, else by
 * the length of what was sent. */
static uint32_t quoted_request(struct agent *a, uint32_t s,
			       const uint8_t *quote, size_t quote_len,
			       uint16_t udp_len)
{
	char branch[SIPMSG_TOKEN_MAX];
	uint32_t r = AGENT_NONE;

	if (quote && sip_quoted_branch(quote, quote_len, branch,
				       sizeof(branch)))
		r = request_by_branch(a, branch, SIP_OTHER);
	else if (udp_len)
		r = request_by_length(a, s, udp_len);
	if (r != AGENT_NONE && a->request[r].server != s)
		r = AGENT_NONE;
	return r;
}

static bool offender_is_server(const struct addr *offender,
			       const struct addr *server)
{
	return offender->family == server->family &&
	       memcmp(offender->ip, server->ip, sizeof(server->ip)) == 0;
}

/* ---- UDP ---- */

static void on_udp_received(void *ctx, struct udp *u, const struct addr *from,
			    const char *buf, size_t len)
{
	struct agent *a = ctx;

	(void)u;
	a->now = clock_now();
	if (!pulse_received(a, from, buf, len))
		receive_message(a, from, 0, buf, len);
	agent_drain(a);
}

static void on_udp_send_failed(void *ctx, struct udp *u, const struct addr *to,
			       int error, const char *buf, size_t len)
{
	struct agent *a = ctx;
	struct evidence e = {
		.in = { .cause = SIPOVER_CAUSE_SEND_ERROR,
			.grade = SIPOVER_GRADE_NONE, .context = VERDICT_UDP },
	};

	(void)u;
	a->now = clock_now();
	e.server = server_at(a, *to, TRANSPORT_UDP);
	if (e.server == AGENT_NONE)
		return;
	if (a->conf->detect != CONF_DETECT_TIMERS) {
		log_warning("udp send failed server=%s: %s",
			    a->server[e.server].name, strerror(-error));
		e.request = quoted_request(a, e.server, (const uint8_t *)buf,
					   len, 0);
		judge(a, &e);
	}
	agent_drain(a);
}

/* The error queue: the module's events from the own socket, when there is no
 * module.  Proven by the branch of a request or of an ACK, or by a STUN request's
 * id, alone: without one of ours in flight it counts for nothing (guard 2). */
static void on_udp_icmp(void *ctx, struct udp *u, const struct udp_icmp *icmp)
{
	struct agent *a = ctx;
	struct evidence e = {
		.offender = icmp->offender,
		.count = 1,
		.in = { .grade = SIPOVER_GRADE_STRONG, .context = VERDICT_UDP },
	};
	bool v6 = icmp->server.family == ADDR_V6;

	(void)u;
	a->now = clock_now();
	if (!server_own_socket_errors(a))
		return;
	e.server = server_at(a, icmp->server, TRANSPORT_UDP);
	if (e.server == AGENT_NONE) {
		a->stats.kernel_unknown_server++;
		return;
	}
	e.request = quoted_request(a, e.server, icmp->quote, icmp->quote_len,
				   0);
	e.in.cause = sipover_classify_icmp(v6 ? UAPI_AF_INET6 : UAPI_AF_INET,
					   icmp->type, icmp->code);
	if (e.in.cause == SIPOVER_CAUSE_UNSPEC)
		return;
	if (icmp->local)
		e.in.grade = SIPOVER_GRADE_LOCAL;
	e.in.offender_is_server = offender_is_server(&icmp->offender,
						     &icmp->server);
	notify_kernel(a, &(struct notice){
		.server = e.server, .cause = e.in.cause, .grade = e.in.grade,
		.icmp = true, .type = icmp->type, .code = icmp->code,
		.offender = icmp->offender, .count = 1, .at = icmp->now,
		.source = "socket" });
	if (e.request == AGENT_NONE &&
	    !pulse_quoted(a, e.server, icmp->quote, icmp->quote_len) &&
	    !call_ack_quoted(a, e.server, icmp->quote, icmp->quote_len))
		a->stats.icmp_unmatched++;
	else
		judge(a, &e);
	agent_drain(a);
}

const struct udp_ops server_udp_ops = {
	.received = on_udp_received,
	.send_failed = on_udp_send_failed,
	.icmp = on_udp_icmp,
};

/* ---- TCP ---- */

/* The flow from that port, if it ended a moment ago; else NULL. */
static const struct dropped_flow *dropped_flow(const struct agent *a,
					       const struct server *s,
					       uint16_t port)
{
	int i;

	for (i = 0; i < AGENT_DROPPED_MAX; i++)
		if (s->dropped[i].port == port &&
		    !mono_due(mono_add_ms(s->dropped[i].at, STALE_FLOW_MS),
			      a->now))
			return &s->dropped[i];
	return NULL;
}

void server_fail_flow(struct agent *a, uint32_t s, tcp_flow flow)
{
	uint32_t r, next;

	for (r = a->server[s].requests; r != AGENT_NONE; r = next) {
		next = a->request[r].next;
		if (a->request[r].flow != flow || a->request[r].abandoned)
			continue;
		request_flow_ended(a, r);
	}
}

/* The server's flow is over, whoever said so first: the module or the socket.
 * Requests already written to it fail by the verdict (peers: libre waits 32 s
 * there), then the health decides. */
static void flow_ended(struct agent *a, const struct evidence *e)
{
	struct server *server = &a->server[e->server];
	tcp_flow flow = server->flow;
	struct addr own, peer;
	struct verdict v;

	server->dropped[server->n_dropped++ % AGENT_DROPPED_MAX] =
		(struct dropped_flow){ a->now, server->flow_port,
			e->in.context == VERDICT_TCP_CONNECTING };
	if (tcp_addresses(&a->tcp, flow, &own, &peer))
		tcp_drop(&a->tcp, flow);
	find_set_flow(a, e->server, &server->flow, 0);
	keepalive_event(a, e->server, KEEPALIVE_EV_END);
	if (a->conf->detect == CONF_DETECT_TIMERS)
		return;
	a->urgent = true;
	v = judged(a, e);
	notify_verdict(a, e->server, e->in.cause, v, AGENT_NONE);
	if (v.txn == VERDICT_FAIL || a->held)
		server_fail_flow(a, e->server, flow);
	health_verdict(a, e, v.health);
}

tcp_flow server_leave_flow(struct agent *a, uint32_t s, bool always)
{
	struct server *server = &a->server[s];
	tcp_flow flow = server->flow;
	struct addr own, peer;

	if (!flow || (!always && tcp_addresses(&a->tcp, flow, &own, &peer) &&
		      addr_same_host(&own, &server->local)))
		return 0;
	server->dropped[server->n_dropped++ % AGENT_DROPPED_MAX] =
		(struct dropped_flow){ a->now, server->flow_port, false };
	tcp_drop(&a->tcp, flow);
	find_set_flow(a, s, &server->flow, 0);
	return flow;
}

static uint8_t cause_of_errno(bool connecting, int error)
{
	if (error == 0)
		return SIPOVER_CAUSE_TCP_FIN;
	if (error == -ETIMEDOUT)
		return SIPOVER_CAUSE_TCP_TIMEOUT;
	if (connecting)
		return error == -ECONNREFUSED ? SIPOVER_CAUSE_TCP_REFUSED :
						SIPOVER_CAUSE_TCP_UNREACH;
	return SIPOVER_CAUSE_TCP_RESET;
}

/* A connection that is up under another own port than the one registered makes
 * the Contact there wrong: register again. */
static void on_tcp_connected(void *ctx, tcp_flow f)
{
	struct fo_ev ev = { .type = FO_EV_FLOW_CHANGED };
	struct agent *a = ctx;
	uint32_t s, i, k;

	a->now = clock_now();
	s = server_of_flow(a, f);
	if (s == AGENT_NONE)
		return;
	note_flow_port(a, &a->server[s]);
	keepalive_event(a, s, KEEPALIVE_EV_UP);
	log_info("flow connected server=%s", a->server[s].name);
	for (i = 0; i < a->server[s].n_lines; i++) {
		struct line *line = &a->line[a->server[s].line[i]];

		for (k = 0; k < line->n_servers; k++) {
			if (line->server[k] != s || line->reg[k].flow == f ||
			    !(line->fo.bound & 1 << k))
				continue;
			ev.server = k;
			agent_post_line(a, a->server[s].line[i], &ev);
		}
	}
	agent_drain(a);
}

/* What says that a flow lives: a message, or the answer to a ping. */
static void flow_heard(struct agent *a, tcp_flow f, uint8_t type)
{
	uint32_t s = server_of_flow(a, f);

	if (s != AGENT_NONE)
		keepalive_event(a, s, type);
}

static void on_tcp_pong(void *ctx, tcp_flow f)
{
	struct agent *a = ctx;

	a->now = clock_now();
	a->stats.pongs++;
	flow_heard(a, f, KEEPALIVE_EV_PONG);
}

static void on_tcp_received(void *ctx, tcp_flow f, const char *buf, size_t len)
{
	struct agent *a = ctx;
	struct addr own, peer;

	a->now = clock_now();
	if (!tcp_addresses(&a->tcp, f, &own, &peer))
		return;
	flow_heard(a, f, KEEPALIVE_EV_HEARD);
	receive_message(a, &peer, f, buf, len);
	agent_drain(a);
}

static void on_tcp_closed(void *ctx, tcp_flow f, bool connecting, int error)
{
	struct evidence e = {
		.request = AGENT_NONE,
		.in = { .grade = SIPOVER_GRADE_NONE,
			.context = connecting ? VERDICT_TCP_CONNECTING :
						VERDICT_TCP_ESTABLISHED },
	};
	struct agent *a = ctx;
	uint32_t s;

	a->now = clock_now();
	if (upsize_closed(a, f)) {
		agent_drain(a);
		return;
	}
	s = server_of_flow(a, f);
	if (s == AGENT_NONE)
		return;
	e.server = s;
	e.in.cause = cause_of_errno(connecting, error);
	if (*a->tcp.why) {
		e.in.cause = SIPOVER_CAUSE_TLS_FAILED;
		notify_tls(a, s, a->tcp.why);
	}
	notify_kernel(a, &(struct notice){
		.server = s, .cause = e.in.cause, .grade = SIPOVER_GRADE_NONE,
		.count = 1, .at = a->now, .source = "socket" });
	flow_ended(a, &e);
	agent_drain(a);
}

void server_flow_failed(struct agent *a, uint32_t s, uint8_t cause)
{
	struct evidence e = {
		.server = s, .request = AGENT_NONE,
		.in = { .cause = cause, .grade = SIPOVER_GRADE_NONE,
			.context = tcp_is_connected(&a->tcp,
						    a->server[s].flow) ?
				   VERDICT_TCP_ESTABLISHED :
				   VERDICT_TCP_CONNECTING },
	};

	notify_kernel(a, &(struct notice){
		.server = s, .cause = cause, .grade = SIPOVER_GRADE_NONE,
		.count = 1, .at = a->now, .source = "socket" });
	flow_ended(a, &e);
}

/* A server may open a connection to us for a request; responses go back on it
 * .  Nobody else may: flows are few. */
static void on_tcp_accepted(void *ctx, tcp_flow f)
{
	struct agent *a = ctx;
	struct addr own, peer;

	if (!tcp_addresses(&a->tcp, f, &own, &peer))
		return;
	if (server_of_host(a, &peer) != AGENT_NONE)
		return;
	a->stats.rx_foreign++;
	tcp_drop(&a->tcp, f);
}

const struct tcp_ops server_tcp_ops = {
	.connected = on_tcp_connected,
	.received = on_tcp_received,
	.closed = on_tcp_closed,
	.accepted = on_tcp_accepted,
	.pong = on_tcp_pong,
};

/* ---- the module ---- */

static void on_module(void *ctx, bool up)
{
	struct agent *a = ctx;
	bool sockets;
	int i;

	a->now = clock_now();
	a->module = up;
	a->module_absent = !up;
	log_info("module %s", up ? "watches every server" :
		 "absent: own socket errors only (modprobe sipover)");
	sockets = server_own_socket_errors(a);
	for (i = 0; i < 2; i++)
		if (a->udp_open[i])
			udp_set_recverr(&a->udp[i], sockets);
	if (!up)
		adopt_all(a);
	agent_drain(a);
}

static bool tcp_cause(uint8_t cause)
{
	return cause >= SIPOVER_CAUSE_TCP_REFUSED &&
	       cause <= SIPOVER_CAUSE_TCP_UNREACH;
}

/* The stack's word that an attempt to connect has failed came before the ICMP
 * error that ended it, which may say more of the server. */
static void attempt_explained(struct agent *a, struct evidence *e)
{
	struct verdict v;

	e->in.context = VERDICT_TCP_CONNECTING;
	v = judged(a, e);
	if (v.health != VERDICT_DOWN && v.health != VERDICT_BLOCK) {
		a->stats.kernel_stale++;	/* the stack's word said as much */
		return;
	}
	notify_verdict(a, e->server, e->in.cause, v, AGENT_NONE);
	if (!e->overtaken)
		health_verdict(a, e, v.health);
}

/* Evidence about a TCP server: about our flow, about one that ended already,
 * or about another process's connection (then only the health learns). */
static void tcp_evidence(struct agent *a, struct evidence *e,
			 const struct nl_event *ev)
{
	struct server *server = &a->server[e->server];
	const struct dropped_flow *dropped;
	struct addr own, peer;
	bool ours;

	ours = server->flow &&
	       tcp_addresses(&a->tcp, server->flow, &own, &peer) &&
	       own.port == ev->local.port;
	dropped = ours ? NULL : dropped_flow(a, server, ev->local.port);
	if (dropped && dropped->connecting && ev->icmp) {
		attempt_explained(a, e);
		return;
	}
	if (dropped) {
		a->stats.kernel_stale++;
		return;
	}
	e->in.context = ours && !tcp_is_connected(&a->tcp, server->flow) ?
			VERDICT_TCP_CONNECTING : VERDICT_TCP_ESTABLISHED;
	/* An ICMP error that the table takes for the end of the attempt to
	 * connect ends it here: the stack would go on trying. */
	if (ours && (tcp_cause(ev->cause) ||
		     (e->in.context == VERDICT_TCP_CONNECTING &&
		      verdict_of(&e->in).txn == VERDICT_FAIL)))
		flow_ended(a, e);
	else
		judge(a, e);
}

/* The kernel knows TLS as TCP. */
static uint32_t server_watched(const struct agent *a, const struct addr *addr)
{
	uint32_t s = server_find(a, addr);

	if (s == AGENT_NONE && addr->transport == TRANSPORT_TCP)
		s = server_at(a, *addr, TRANSPORT_TLS);
	return s;
}

static void on_kernel_event(void *ctx, const struct nl_event *ev)
{
	struct agent *a = ctx;
	struct evidence e = {
		.request = AGENT_NONE,
		.offender = ev->offender,
		.count = ev->count,
		.in = { .cause = ev->cause, .grade = ev->grade,
			.repeats = ev->retransmits < UINT8_MAX ?
				   (uint8_t)ev->retransmits : UINT8_MAX },
	};

	a->now = clock_now();
	a->stats.kernel_events++;
	e.server = server_watched(a, &ev->server);
	if (e.server == AGENT_NONE) {
		a->stats.kernel_unknown_server++;
		return;
	}
	e.overtaken = ev->state == SIPOVER_STATE_REACHABLE &&
		      sipover_evidence_effect(ev->cause, ev->grade) ==
		      SIPOVER_EFFECT_FAILURE;
	e.in.offender_is_server = offender_is_server(&ev->offender,
						     &ev->server);
	notify_kernel(a, &(struct notice){
		.server = e.server, .cause = ev->cause, .grade = ev->grade,
		.icmp = ev->icmp, .type = ev->icmp_type, .code = ev->icmp_code,
		.offender = ev->offender, .count = ev->count,
		.at = { ev->time_ns }, .source = "module" });
	if (ev->server.transport == TRANSPORT_UDP) {
		e.in.context = VERDICT_UDP;
		if (ev->icmp)
			e.request = quoted_request(a, e.server, ev->quote,
						   ev->quote_len,
						   ev->quoted_len);
		judge(a, &e);
	} else {
		tcp_evidence(a, &e, ev);
	}
	agent_drain(a);
}

/* After adoption or a resync: what the module knows is a hint to act on if we
 * believe better of the server.  Older than our own last answer: ignored. */
static void on_kernel_server(void *ctx, const struct nl_server *k)
{
	struct agent *a = ctx;
	uint32_t s;

	a->now = clock_now();
	s = server_watched(a, &k->addr);
	if (s == AGENT_NONE)
		return;
	log_debug("module server=%s state=%u watches=%u ring=%u",
		  a->server[s].name, k->state, k->watches, k->ring_size);
	if (!a->held && k->state == SIPOVER_STATE_UNREACHABLE &&
	    health_usable(a->server[s].health.state) &&
	    (a->server[s].health.state == HEALTH_UNKNOWN ||
	     k->last_time > a->server[s].health.since.ns)) {
		log_info("server adopted server=%s state=unreachable cause=%s",
			 a->server[s].name, cause_name(k->last_cause));
		a->server[s].offence = SIPOVER_CAUSE_UNSPEC;
		agent_post_health(a, s, HEALTH_EV_DOWN, k->last_cause, -1);
	}
	adopt_told(a, s);
	agent_drain(a);
}

static void on_refused(void *ctx, const struct addr *server, int error,
		       const char *text)
{
	struct agent *a = ctx;
	char name[ADDR_STRLEN];
	uint32_t s;

	a->now = clock_now();
	s = server_watched(a, server);
	if (s != AGENT_NONE)
		adopt_told(a, s);
	agent_drain(a);
	log_warning("watch refused server=%s: %s%s%s",
		    addr_print(server, name), strerror(-error),
		    *text ? ": " : "", text);
}

const struct netlink_ops server_netlink_ops = {
	.module = on_module,
	.event = on_kernel_event,
	.server = on_kernel_server,
	.refused = on_refused,
};

/* ---- health ---- */

static void health_changed(struct agent *a, uint32_t s, uint8_t old,
			   uint8_t new)
{
	struct fo_ev ev = { .type = FO_EV_HEALTH, .old = old, .new = new };
	struct server *server = &a->server[s];
	uint32_t i, k;

	notify_health(a, s, old, new, server->health.cause);
	for (i = 0; i < server->n_lines; i++) {
		const struct line *line = &a->line[server->line[i]];

		for (k = 0; k < line->n_servers; k++) {
			if (line->server[k] != s)
				continue;
			ev.server = k;
			agent_post_line(a, server->line[i], &ev);
		}
	}
}

void server_health_step(struct agent *a, uint32_t s,
			const struct health_ev *ev)
{
	struct health_acts acts;
	int i;

	if (a->conf->detect == CONF_DETECT_TIMERS &&
	    (ev->type == HEALTH_EV_RECONNECT || ev->type == HEALTH_EV_RECOVERY))
		return;
	step_health(a, s, ev, &acts);
	for (i = 0; i < acts.n; i++) {
		switch ((enum health_act_type)acts.a[i].type) {
		case HEALTH_ACT_CHANGED:
			health_changed(a, s, acts.a[i].old, acts.a[i].new);
			break;
		case HEALTH_ACT_PROBE:
		case HEALTH_ACT_RECONNECT:
			/* The flow that ended is gone: this opens a new one,
			 * or uses that of a line that was quicker. */
			request_start_options(a, s);
			break;
		}
	}
	agent_timer_server(a, s);
}

void server_probe_lost(struct agent *a, uint32_t s)
{
	if (!a->held) {
		server_probe_done(a, s, false);
		return;
	}
	a->server[s].probe = AGENT_NONE;
	a->server[s].probe_again = true;
}

void server_probe_done(struct agent *a, uint32_t s, bool answered)
{
	a->server[s].probe = AGENT_NONE;
	agent_post_health(a, s, answered ? HEALTH_EV_PROBE_OK :
			  HEALTH_EV_PROBE_FAILED, 0, -1);
}
