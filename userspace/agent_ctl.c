/* SPDX-License-Identifier: BSD-2-Clause */
/* The control methods (docs/control.md). */
#include "agent_ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent_call.h"
#include "agent_course.h"
#include "agent_ctl_config.h"
#include "agent_ctl_lists.h"
#include "agent_ctl_status.h"
#include "agent_ctl_trace.h"
#include "agent_find.h"
#include "agent_metrics.h"
#include "agent_session.h"
#include "codec/ctl_event.h"
#include "config.h"
#include "io/clock.h"

#define TRACE_ROWS 100	/* unless the client says how many */

_Static_assert(CTL_LINE_MAX == CONTROL_LINE_MAX, "one limit of a line");
_Static_assert(CTL_FAILOVERS_MAX == TIMELINE_MAX, "all that there are");

static void count(json_t *o, const char *name, uint64_t value)
{
	json_object_set_new(o, name, json_integer((json_int_t)value));
}

static void count_udp(json_t *o, const struct agent *a)
{
	const struct udp_stats *v4 = &a->udp[0].stats, *v6 = &a->udp[1].stats;

	count(o, "udp_rx", v4->rx + v6->rx);
	count(o, "udp_tx", v4->tx + v6->tx);
	count(o, "udp_tx_retried", v4->tx_retried + v6->tx_retried);
	count(o, "udp_tx_failed", v4->tx_failed + v6->tx_failed);
	count(o, "udp_truncated", v4->truncated + v6->truncated);
	count(o, "udp_icmp", v4->icmp + v6->icmp);
	count(o, "udp_icmp_bad", v4->icmp_bad + v6->icmp_bad);
}

static void count_tls(json_t *o, const struct agent *a)
{
	static const struct tls_stats none;
	const struct tls_stats *tls = a->tls ? tls_stats(a->tls) : &none;

	count(o, "tls_handshakes", tls->handshakes);
	count(o, "tls_resumed", tls->resumed);
	count(o, "tls_certificate_failed", tls->certificate_failed);
	count(o, "tls_handshake_failed", tls->handshake_failed);
	count(o, "tls_failed", a->stats.tls_failed);
	count(o, "pings", a->stats.pings);
	count(o, "pongs", a->stats.pongs);
	count(o, "flow_timeouts", a->stats.flow_timeouts);
}

static void count_io(json_t *o, const struct agent *a)
{
	const struct tcp_stats *tcp = &a->tcp.stats;
	const struct netlink_stats *nl = &a->netlink.stats;
	const struct rtnl_stats *rtnl = &a->rtnl.stats;
	const struct control_stats *ctl = &a->control.stats;
	const struct ring_stats *ring = &a->ring.stats;

	count_udp(o, a);
	count(o, "tcp_connects", tcp->connects);
	count(o, "tcp_accepts", tcp->accepts);
	count(o, "tcp_rx", tcp->rx);
	count(o, "tcp_tx", tcp->tx);
	count(o, "tcp_short_sends", tcp->short_sends);
	count(o, "tcp_fin", tcp->fin);
	count(o, "tcp_reset", tcp->reset);
	count(o, "tcp_failed", tcp->failed);
	count(o, "tcp_bad_frames", tcp->bad_frames);
	count(o, "tcp_pings", tcp->pings);
	count_tls(o, a);
	count(o, "netlink_events", nl->events);
	count(o, "netlink_bad", nl->bad);
	count(o, "netlink_gaps", nl->gaps);
	count(o, "netlink_enobufs", nl->enobufs);
	count(o, "netlink_resyncs", nl->resyncs);
	count(o, "netlink_stale", nl->stale);
	count(o, "rtnl_changes", rtnl->changes);
	count(o, "rtnl_lost", rtnl->lost);
	count(o, "rtnl_unanswered", rtnl->unanswered);
	count(o, "rtnl_routers_asked", rtnl->asked);
	count(o, "control_accepted", ctl->accepted);
	count(o, "control_refused", ctl->refused);
	count(o, "control_lines", ctl->lines);
	count(o, "control_too_long", ctl->too_long);
	count(o, "control_too_slow", ctl->too_slow);
	count(o, "dns_queries", a->resolver.stats.queries);
	count(o, "dns_answers", a->resolver.stats.answers);
	count(o, "dns_failed", a->resolver.stats.failed);
	count(o, "dns_timeouts", a->resolver.stats.timeouts);
	count(o, "dns_bad", a->stats.dns_bad);
	count(o, "dns_refused", a->stats.dns_refused);
	count(o, "dns_cut", a->stats.dns_cut);
	count(o, "ring_completions", ring->completions);
	count(o, "ring_enters", ring->enters);
	count(o, "ring_sq_full", ring->sq_full);
	count(o, "ring_cq_overflow", ring->cq_overflow);
	count(o, "ring_nobufs", ring->nobufs);
	count(o, "ring_rearms", ring->rearms);
}

json_t *stats_json(struct agent *a)
{
	const struct agent_stats *s = &a->stats;
	json_t *o = json_object();
	char name[64];
	int i;

	for (i = SIP_TRUNCATED; i < SIP_PARSE_RESULTS; i++) {
		strcpy(name, "rx_bad_");
		strncat(name, sip_parse_result_name(i), sizeof(name) - 8);
		count(o, name, s->rx_bad[i]);
	}
	count(o, "rx_keepalive", s->rx_keepalive);
	count(o, "rx_stun", s->rx_stun);
	count(o, "rx_stun_bad", s->rx_stun_bad);
	count(o, "tx_keepalive", s->tx_keepalive);
	count(o, "rx_foreign", s->rx_foreign);
	count(o, "rx_unmatched", s->rx_unmatched);
	count(o, "rx_wrong_source", s->rx_wrong_source);
	count(o, "rx_misfit", s->rx_misfit);
	count(o, "rx_requests", s->rx_requests);
	count(o, "rx_responses", s->rx_responses);
	count(o, "tx_requests", s->tx_requests);
	count(o, "tx_wide", s->tx_wide);
	count(o, "responses_lost", s->responses_lost);
	count(o, "tx_responses", s->tx_responses);
	count(o, "retransmits", s->retransmits);
	count(o, "txn_timeouts", s->txn_timeouts);
	count(o, "txn_errors", s->txn_errors);
	count(o, "kernel_events", s->kernel_events);
	count(o, "kernel_unknown_server", s->kernel_unknown_server);
	count(o, "kernel_stale", s->kernel_stale);
	count(o, "icmp_unmatched", s->icmp_unmatched);
	count(o, "verdict_failed", s->verdict_failed);
	count(o, "failovers", s->failovers);
	count(o, "failbacks", s->failbacks);
	count(o, "slots_reclaimed", s->slots_reclaimed);
	count(o, "no_slot", s->no_slot);
	count(o, "no_memory", s->no_memory);
	count(o, "build_failed", s->build_failed);
	count(o, "local_outages", s->local_outages);
	count(o, "address_changes", s->address_changes);
	count(o, "registers_paced", s->registers_paced);
	count(o, "mwi_bad", s->mwi_bad);
	count(o, "overload_left_out", s->overload_left_out);
	count_io(o, a);
	return json_pack("{s:o}", "counters", o);
}

/* What a client is to know before anything else. */
static json_t *hello_json(void)
{
	return json_pack("{s:i, s:s, s:o}", "protocol", CTL_PROTOCOL,
			 "version", SIPOVER_VERSION, "methods", ctl_methods());
}

/* ---- methods: a result, or NULL with *code and *why ---- */

struct refusal {
	int code;
	const char *why;
	struct config_error config;
	/* Of a result, CTL_STATUS or CTL_CONFIG: its lists, of that line or
	 * all, are still to come; they were told of. */
	enum ctl_method lists;
	uint32_t line;
	bool listed;
};

static json_t *refuse(struct refusal *r, int code, const char *why)
{
	r->code = code;
	r->why = why;
	return NULL;
}

static json_t *do_call(struct agent *a, const struct ctl_request *req,
		       struct refusal *r)
{
	uint32_t line = line_find(a, req->line), number;

	if (line == AGENT_NONE)
		return refuse(r, CTL_E_NOT_FOUND, "no such line");
	if (a->stopping)
		return refuse(r, CTL_E_STATE, "the daemon is ending");
	if (a->line[line].leaving)
		return refuse(r, CTL_E_STATE, "the line is being changed");
	if (!a->line[line].begun)
		return refuse(r, CTL_E_STATE, "the line's servers are not resolved yet");
	if (strncmp(req->uri, "sip:", 4) != 0 || strpbrk(req->uri, "<>\r\n \""))
		return refuse(r, CTL_E_PARAMS, "uri must be a plain sip: URI");
	switch (call_dial(a, line, req->uri, req->sdp, &number)) {
	case 0:
		return json_pack("{s:i}", "call", (int)number);
	case -EDQUOT:
		return refuse(r, CTL_E_BUSY, "the line has its calls_max calls");
	case -EBUSY:
		return refuse(r, CTL_E_BUSY, "too many calls");
	default:
		return refuse(r, CTL_E_BUSY, "out of memory");
	}
}

static json_t *do_answer(struct agent *a, const struct ctl_request *req,
			 struct refusal *r)
{
	uint32_t c = call_find(a, req->call);

	if (c == AGENT_NONE)
		return refuse(r, CTL_E_NOT_FOUND, "no such call");
	if (call_answer(a, c, req->sdp))
		return refuse(r, CTL_E_STATE, "the call is not waiting for an answer");
	return json_object();
}

static json_t *do_hangup(struct agent *a, const struct ctl_request *req,
			 struct refusal *r)
{
	uint32_t c = call_find(a, req->call);

	if (c == AGENT_NONE || a->call[c].call.state == CALL_ENDING ||
	    a->call[c].call.state == CALL_BYE_WAIT)
		return refuse(r, CTL_E_NOT_FOUND, "no such call");
	call_event(a, c, CALL_EV_HANGUP, 0);
	return json_object();
}

static json_t *do_hold(struct agent *a, const struct ctl_request *req,
		       struct refusal *r)
{
	uint32_t c = call_find(a, req->call);

	if (c == AGENT_NONE)
		return refuse(r, CTL_E_NOT_FOUND, "no such call");
	switch (session_hold(a, c, req->method == CTL_HOLD)) {
	case 0:
		return json_object();
	case -EALREADY:
		return refuse(r, CTL_E_STATE, "the call is so already");
	default:
		return refuse(r, CTL_E_STATE, "the call is not up, or a change is on its way");
	}
}

/* C-25: from the primary, with the marks cleared. */
static json_t *do_register(struct agent *a, const struct ctl_request *req,
			   struct refusal *r)
{
	uint32_t l = line_find(a, req->line), k;
	struct fo_ev ev = { .type = FO_EV_REGISTER };

	if (l == AGENT_NONE)
		return refuse(r, CTL_E_NOT_FOUND, "no such line");
	if (a->stopping)
		return refuse(r, CTL_E_STATE, "the daemon is ending");
	if (a->line[l].leaving)
		return refuse(r, CTL_E_STATE, "the line is being changed");
	if (!a->line[l].begun)
		return refuse(r, CTL_E_STATE, "the line's servers are not resolved yet");
	for (k = 0; k < a->line[l].n_servers; k++)
		agent_post_health(a, a->line[l].server[k], HEALTH_EV_RESET,
				  SIPOVER_CAUSE_UNSPEC, -1);
	agent_drain(a);	/* the lines know of it before this one begins */
	agent_post_line(a, l, &ev);
	return json_object();
}

static json_t *do_trace(struct agent *a, const struct ctl_request *req,
			struct refusal *r)
{
	uint32_t l = *req->line ? line_find(a, req->line) : AGENT_NONE;
	json_t *result;

	if (*req->line && l == AGENT_NONE)
		return refuse(r, CTL_E_NOT_FOUND, "no such line");
	if (!a->conf->trace_kib)
		return refuse(r, CTL_E_STATE, "trace_size is 0");
	result = trace_json(a, l, req->messages < 0 ? TRACE_ROWS :
			    (uint32_t)req->messages);
	return result ? result : refuse(r, CTL_E_BUSY, "out of memory");
}

/* Their lists follow (agent_ctl_lists.c). */
static json_t *do_status(struct agent *a, struct refusal *r)
{
	json_t *result = status_json(a);

	r->lists = CTL_STATUS;
	return result ? result : refuse(r, CTL_E_BUSY, "out of memory");
}

static json_t *do_config(struct agent *a, const struct ctl_request *req,
			 struct refusal *r)
{
	json_t *result;

	r->line = *req->line ? line_find(a, req->line) : AGENT_NONE;
	if (*req->line && r->line == AGENT_NONE)
		return refuse(r, CTL_E_NOT_FOUND, "no such line");
	result = config_json(a);
	r->lists = CTL_CONFIG;
	return result ? result : refuse(r, CTL_E_BUSY, "out of memory");
}

/* A change of the configuration; result NULL: what is wrong with it. */
static json_t *configured(json_t *result, struct refusal *r)
{
	if (result)
		return result;
	if (!r->config.code)
		return refuse(r, CTL_E_BUSY, "out of memory");
	return refuse(r, r->config.code, r->config.message);
}

/* Whole messages tell who called whom and what was agreed: only root and the
 * daemon's own user, as shutdown. */
static json_t *do_messages(struct agent *a, uint32_t client,
			   const struct ctl_request *req, struct refusal *r)
{
	uint32_t l = *req->line ? line_find(a, req->line) : AGENT_NONE;
	json_t *result;

	if (!control_is_owner(&a->control, client))
		return refuse(r, CTL_E_FORBIDDEN,
			      "only root and the daemon's own user may");
	if (*req->line && l == AGENT_NONE)
		return refuse(r, CTL_E_NOT_FOUND, "no such line");
	if (!a->conf->trace_kib)
		return refuse(r, CTL_E_STATE, "trace_size is 0");
	result = messages_json(a, l, (uint64_t)req->after);
	return result ? result : refuse(r, CTL_E_BUSY, "out of memory");
}

static json_t *do_failovers(struct agent *a, const struct ctl_request *req,
			    struct refusal *r)
{
	uint32_t l = *req->line ? line_find(a, req->line) : AGENT_NONE;
	json_t *result;

	if (*req->line && l == AGENT_NONE)
		return refuse(r, CTL_E_NOT_FOUND, "no such line");
	result = courses_json(a, l, req->last < 0 ? CTL_FAILOVERS_MAX :
			      (uint32_t)req->last);
	return result ? result : refuse(r, CTL_E_BUSY, "out of memory");
}

static json_t *dispatch(struct agent *a, uint32_t client,
			const struct ctl_request *req, struct refusal *r)
{
	switch (req->method) {
	case CTL_HELLO:
		return hello_json();
	case CTL_STATUS:
		return do_status(a, r);
	case CTL_CALL:
		return do_call(a, req, r);
	case CTL_ANSWER:
		return do_answer(a, req, r);
	case CTL_HANGUP:
		return do_hangup(a, req, r);
	case CTL_HOLD:
	case CTL_RESUME:
		return do_hold(a, req, r);
	case CTL_REGISTER:
		return do_register(a, req, r);
	case CTL_STATS:
		return stats_json(a);
	case CTL_TRACE:
		return do_trace(a, req, r);
	case CTL_CONFIG:
		return do_config(a, req, r);
	case CTL_CONFIG_APPLY:
		return configured(config_apply(a, req->params, &r->config), r);
	case CTL_RELOAD:
		return configured(config_reload(a, &r->config), r);
	case CTL_FAILOVERS:
		return do_failovers(a, req, r);
	case CTL_METRICS:
		return metrics_json(a);
	case CTL_MESSAGES:
		return do_messages(a, client, req, r);
	case CTL_SUBSCRIBE:
		control_subscribe(&a->control, client);
		return json_object();
	case CTL_SHUTDOWN:
		if (!control_is_owner(&a->control, client))
			return refuse(r, CTL_E_FORBIDDEN,
				      "only root and the daemon's own user may");
		agent_stop(a);
		return json_object();
	}
	return refuse(r, CTL_E_METHOD, "unknown method");
}

/* The answer that is still to be sent. */
static char *lists_or_error(struct agent *a, uint32_t client,
			    const struct ctl_request *req, struct refusal *r,
			    json_t *head)
{
	r->listed = lists_answer(a, client, req->id, r->lists, r->line, head);
	return r->listed ? NULL : ctl_error(req->id, CTL_E_BUSY,
					    "out of memory");
}

static void on_line(void *ctx, uint32_t client, const char *text, size_t len)
{
	struct refusal r = { .code = CTL_E_REQUEST, .why = "",
			     .lists = CTL_HELLO, .line = AGENT_NONE };
	struct agent *a = ctx;
	struct ctl_request req;
	json_t *result;
	char *answer;
	bool owed;
	int ret;

	a->now = clock_now();
	ret = ctl_parse(&req, text, len, &r.why);
	owed = ret || req.id;
	if (ret) {
		answer = ctl_error(req.id, ret, r.why);
	} else {
		result = dispatch(a, client, &req, &r);
		answer = NULL;
		if (!req.id)
			json_decref(result);	/* a notification: no answer */
		else if (result && r.lists != CTL_HELLO)
			answer = lists_or_error(a, client, &req, &r, result);
		else if (result)
			answer = ctl_result(req.id, result);
		else
			answer = ctl_error_data(req.id, r.code, r.why,
						r.config.data);
		if (!req.id || result)
			json_decref(r.config.data);
	}
	ctl_request_free(&req);
	if (answer)
		control_send(&a->control, client, answer);
	else if (owed && !r.listed)
		a->stats.no_memory++;
	agent_drain(a);
}

static void on_gone(void *ctx, uint32_t client)
{
	(void)ctx;
	(void)client;
}

static char *on_text(void *ctx, const void *event, size_t len)
{
	struct agent *a = ctx;
	char *text = ctl_event_text(event, len);

	if (!text)
		a->stats.no_memory++;
	return text;
}

const struct control_ops ctl_ops = {
	.line = on_line,
	.gone = on_gone,
	.text = on_text,
};
