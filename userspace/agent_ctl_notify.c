/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened, told twice: a line in the log, a notification "event" to the
 * control clients that subscribed (docs/control.md).  The log line carries the
 * same fields, so a timeline can be drawn from either.
 */
#include "agent_ctl_notify.h"

#include <stdarg.h>
#include <string.h>

#include "agent_course.h"
#include "agent_dialog.h"
#include "agent_ladder.h"
#include "codec/ctl_event.h"
#include "io/log.h"

/* What a message to the journal is about (docs/logging.md). */
#define about(...) (&(const struct journal_about){ __VA_ARGS__ })

static json_int_t us(struct mono t)
{
	return (json_int_t)(t.ns / 1000);
}

/* Noted now and written when nobody waits: as ctl_event_note(). */
static void tell(struct agent *a, struct mono at, const char *type,
		 const char *members, ...)
{
	char event[CTL_EVENT_MAX];
	va_list ap;
	size_t len;

	if (!control_has_subscribers(&a->control))
		return;
	va_start(ap, members);
	len = ctl_event_note(event, sizeof(event), us(at), type, members, ap);
	va_end(ap);
	if (!len || !control_note(&a->control, event, len))
		a->stats.no_memory++;
}

/* What is more than a list of simple members.  params is stolen; NULL (no
 * memory) is counted. */
static void tell_object(struct agent *a, json_t *params)
{
	char *text = params ? ctl_notify("event", params) : NULL;

	if (text)
		control_broadcast(&a->control, text);
	else
		a->stats.no_memory++;
}

static const char *verdict_txn_name(uint8_t txn)
{
	switch ((enum verdict_txn)txn) {
	case VERDICT_CONTINUE:
		return "continue";
	case VERDICT_FAIL:
		return "fail";
	case VERDICT_LOCAL:
		return "local";
	}
	return "";
}

static const char *verdict_health_name(uint8_t health)
{
	switch ((enum verdict_health)health) {
	case VERDICT_NONE:
		return "none";
	case VERDICT_COUNT:
		return "count";
	case VERDICT_SUSPECT:
		return "suspect";
	case VERDICT_BLOCK:
		return "block";
	case VERDICT_DOWN:
		return "down";
	case VERDICT_RECONNECT:
		return "reconnect";
	case VERDICT_ALIVE:
		return "alive";
	}
	return "";
}

static const char *grade_name(uint8_t grade)
{
	switch ((enum sipover_grade)grade) {
	case SIPOVER_GRADE_NONE:
		return "none";
	case SIPOVER_GRADE_WEAK:
		return "weak";
	case SIPOVER_GRADE_MEDIUM:
		return "medium";
	case SIPOVER_GRADE_STRONG:
		return "strong";
	case SIPOVER_GRADE_LOCAL:
		return "local";
	}
	return "unknown";
}

static void tell_kernel(struct agent *a, const struct notice *n)
{
	const char *name = a->server[n->server].name;
	char from[ADDR_STRLEN] = "-";

	if (n->offender.family != ADDR_NONE)
		addr_print_host(&n->offender, from);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "kernel", .server = name,
			.cause = cause_name(n->cause)),
		  "kernel server=%s cause=%s grade=%s icmp=%d/%d offender=%s count=%llu at_us=%llu source=%s",
		  name, cause_name(n->cause), grade_name(n->grade),
		  n->icmp ? n->type : -1, n->icmp ? n->code : -1, from,
		  (unsigned long long)n->count,
		  (unsigned long long)(n->at.ns / 1000), n->source);
	if (n->icmp)
		ladder_event(a, n->at, AGENT_NONE, n->server,
			     "kernel %s icmp=%u/%u from %s",
			     cause_name(n->cause), n->type, n->code, from);
	else
		ladder_event(a, n->at, AGENT_NONE, n->server, "kernel %s",
			     cause_name(n->cause));
	if (n->icmp)
		tell(a, n->at, "kernel",
		     "server:s cause:s grade:s count:I source:s icmp_type:i icmp_code:i offender:s",
		     name, cause_name(n->cause), grade_name(n->grade),
		     (int64_t)n->count, n->source, n->type, n->code, from);
	else
		tell(a, n->at, "kernel",
		     "server:s cause:s grade:s count:I source:s", name,
		     cause_name(n->cause), grade_name(n->grade),
		     (int64_t)n->count, n->source);
}

static void tell_verdict(struct agent *a, const struct notice *n)
{
	log_about(LOG_LEVEL_INFO,
		  about(.event = "verdict",
			.server = a->server[n->server].name,
			.cause = cause_name(n->cause)),
		  "verdict server=%s cause=%s txn=%s health=%s request=%s",
		  a->server[n->server].name, cause_name(n->cause),
		  verdict_txn_name(n->verdict.txn),
		  verdict_health_name(n->verdict.health),
		  n->method ? n->method : "-");
	ladder_event(a, a->now, AGENT_NONE, n->server,
		     "verdict %s: server %s%s%s%s%s", cause_name(n->cause),
		     verdict_health_name(n->verdict.health),
		     n->method ? ", " : "", n->method ? n->method : "",
		     n->method ? " " : "", n->method ?
		     verdict_txn_name(n->verdict.txn) : "");
	tell(a, a->now, "verdict", "server:s cause:s txn:s health:s request:s",
	     a->server[n->server].name, cause_name(n->cause),
	     verdict_txn_name(n->verdict.txn),
	     verdict_health_name(n->verdict.health), n->method);
}

void notify_pending(struct agent *a)
{
	struct notice *n = &a->notice;

	if (n->kernel)
		tell_kernel(a, n);
	if (n->judged)
		tell_verdict(a, n);
	courses_judged(a, n);
	n->kernel = n->judged = false;
}

void notify_kernel(struct agent *a, const struct notice *n)
{
	notify_pending(a);
	a->notice = *n;
	a->notice.kernel = true;
}

void notify_tls(struct agent *a, uint32_t s, const char *why)
{
	a->stats.tls_failed++;
	notify_pending(a);
	log_about(LOG_LEVEL_WARNING,
		  about(.event = "tls", .server = a->server[s].name),
		  "tls failed server=%s: %s", a->server[s].name, why);
	ladder_event(a, a->now, AGENT_NONE, s, "tls %s", why);
	if (!control_has_subscribers(&a->control))
		return;
	tell_object(a, json_pack("{s:I, s:s, s:s, s:o}",
			  "time_us", us(a->now), "type", "tls",
			  "server", a->server[s].name, "why", ctl_text(why)));
}

void notify_verdict(struct agent *a, uint32_t s, uint8_t cause,
		    struct verdict v, uint32_t request)
{
	struct notice *n = &a->notice;

	a->server[s].sign = cause;
	/* The kernel's word and what it means are one notice. */
	if (n->judged || (n->kernel && (n->server != s || n->cause != cause)))
		notify_pending(a);
	n->server = s;
	n->cause = cause;
	n->judged = true;
	n->verdict = v;
	n->method = request == AGENT_NONE ? NULL :
		    sip_method_name(a->request[request].method);
}

void notify_health(struct agent *a, uint32_t s, uint8_t old, uint8_t new,
		   uint8_t cause)
{
	notify_pending(a);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "health", .server = a->server[s].name,
			.cause = cause ? cause_name(cause) : NULL),
		  "health server=%s old=%s new=%s cause=%s", a->server[s].name,
		  health_state_name(old), health_state_name(new),
		  cause ? cause_name(cause) : "-");
	ladder_event(a, a->now, AGENT_NONE, s, "health %s -> %s%s%s",
		     health_state_name(old), health_state_name(new),
		     cause && new != HEALTH_UP ? " by " : "",
		     cause && new != HEALTH_UP ? cause_name(cause) : "");
	courses_health(a, s, new, cause);
	tell(a, a->now, "health", "server:s old:s new:s cause:s",
	     a->server[s].name, health_state_name(old), health_state_name(new),
	     cause ? cause_name(cause) : NULL);
}

void notify_local(struct agent *a, const char *state, uint8_t cause)
{
	notify_pending(a);
	log_about(LOG_LEVEL_WARNING,
		  about(.event = "local",
			.cause = path_fact_name(cause)),
		  "local outage state=%s cause=%s", state,
		  path_fact_name(cause));
	ladder_event(a, a->now, AGENT_NONE, AGENT_NONE, "local %s: %s", state,
		     path_fact_name(cause));
	tell(a, a->now, "local", "state:s cause:s", state,
	     path_fact_name(cause));
}

void notify_path(struct agent *a, uint32_t s)
{
	const struct server *server = &a->server[s];
	const char *path = path_fact_name(server->path.lost ?
					  server->path.cause : PATH_USABLE);

	notify_pending(a);
	log_about(LOG_LEVEL_WARNING,
		  about(.event = "path", .server = server->name,
			.cause = path),
		  "path server=%s path=%s", server->name, path);
	ladder_event(a, a->now, AGENT_NONE, s, "path %s", path);
	tell(a, a->now, "path", "server:s path:s", server->name, path);
}

void notify_address(struct agent *a, uint32_t s, const struct addr *old)
{
	const struct server *server = &a->server[s];
	char was[ADDR_STRLEN] = "-", is[ADDR_STRLEN];

	if (old->family != ADDR_NONE)
		addr_print_host(old, was);
	addr_print_host(&server->local, is);
	notify_pending(a);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "address", .server = server->name),
		  "address server=%s old=%s new=%s", server->name, was, is);
	ladder_event(a, a->now, AGENT_NONE, s, "address %s -> %s", was, is);
	tell(a, a->now, "address", "server:s old:s new:s", server->name, was,
	     is);
}

static const char *server_name(const struct agent *a, uint32_t l,
			       uint8_t index)
{
	return a->server[a->line[l].server[index]].name;
}

void notify_failover(struct agent *a, uint32_t l, uint8_t old, uint8_t new)
{
	const char *from = old == FO_NONE ? NULL : server_name(a, l, old);

	notify_pending(a);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "failover",
			.line = a->line[l].conf->name,
			.server = server_name(a, l, new)),
		  "failover line=%s old=%s new=%s", a->line[l].conf->name,
		  from ? from : "-", server_name(a, l, new));
	ladder_event(a, a->now, l, a->line[l].server[new], "failover %s -> %s",
		     from ? from : "-", server_name(a, l, new));
	courses_moved(a, l, old, new);
	tell(a, a->now, "failover", "line:s old:s new:s", a->line[l].conf->name,
	     from, server_name(a, l, new));
}

static const char *line_name(const struct agent *a, const struct request *r)
{
	return r->line == AGENT_NONE ? NULL : a->line[r->line].conf->name;
}

void notify_tx(struct agent *a, const struct request *r)
{
	const char *line = line_name(a, r);

	notify_pending(a);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "tx", .line = line,
			.server = a->server[r->server].name),
		  "tx line=%s method=%s server=%s cseq=%u attempt=%u send=%u last=%d",
		  line ? line : "-", sip_method_name(r->method),
		  a->server[r->server].name, r->cseq, r->attempt,
		  r->txn.sends, r->last);
	ladder_sent_is(a, r->line);
	courses_sent(a, r);
	tell(a, a->now, "tx",
	     "line:s method:s server:s attempt:i send:i last:b", line,
	     sip_method_name(r->method), a->server[r->server].name,
	     (int)r->attempt, (int)r->txn.sends, (int)r->last);
}

void notify_rx(struct agent *a, const struct request *r, uint16_t status)
{
	const char *line = line_name(a, r);

	notify_pending(a);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "rx", .line = line,
			.server = a->server[r->server].name),
		  "rx line=%s method=%s status=%u server=%s cseq=%u",
		  line ? line : "-", sip_method_name(r->method), status,
		  a->server[r->server].name, r->cseq);
	ladder_received_is(a, r->line);
	courses_answered(a, r, status);
	tell(a, a->now, "rx", "line:s method:s status:i server:s", line,
	     sip_method_name(r->method), (int)status,
	     a->server[r->server].name);
}

/* The sign that a request failed by. */
static const char *cause_of(const struct agent *a, uint32_t l, uint8_t index,
			    uint8_t outcome)
{
	uint8_t sign;

	if (index >= a->line[l].n_servers || outcome != FO_TRANSPORT)
		return NULL;
	sign = a->server[a->line[l].server[index]].sign;
	return sign ? cause_name(sign) : NULL;
}

/* In words: what the far end said, or what became of the request. */
static const char *reason_of(uint8_t outcome, uint16_t status,
			     const char *said)
{
	switch ((enum fo_outcome)outcome) {
	case FO_TIMEOUT:
		return "no answer";
	case FO_TRANSPORT:
		return "not reachable";
	case FO_OK:
	case FO_REJECTED:
	case FO_UNAVAILABLE:
		break;
	}
	if (said && *said)
		return said;
	return status ? sip_reason(status) : "no server";
}

/* F-43: of a call that failed. */
static json_t *with_reason(struct agent *a, const struct agent_call *k,
			   json_t *params)
{
	const char *cause = cause_of(a, k->line, k->index, k->outcome);

	if (!k->failed || !params)
		return params;
	json_object_set_new(params, "outcome",
			    json_string(fo_outcome_name(k->outcome)));
	json_object_set_new(params, "reason",
			    ctl_text(reason_of(k->outcome, k->call.status,
					       k->reason)));
	json_object_set_new(params, "server",
			    json_string(server_name(a, k->line, k->index)));
	json_object_set_new(params, "cause",
			    cause ? json_string(cause) : json_null());
	return params;
}

void notify_call(struct agent *a, uint32_t c)
{
	const struct agent_call *k = &a->call[c];
	const char *line = a->line[k->line].conf->name;

	notify_pending(a);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "call", .line = line),
		  "call call=%u line=%s state=%s hold=%s status=%u peer=%s",
		  k->number, line, call_state_name(k->call.state),
		  call_hold_name(k), k->call.status, k->dialog.remote_uri);
	ladder_event(a, a->now, k->line, AGENT_NONE, "call %u %s", k->number,
		     call_state_name(k->call.state));
	courses_call(a, c);
	if (!control_has_subscribers(&a->control))
		return;
	tell_object(a, with_reason(a, k,
		json_pack("{s:I, s:s, s:i, s:s, s:s, s:s, s:i, s:o}",
			  "time_us", us(a->now), "type", "call",
			  "call", (int)k->number, "line", line,
			  "state", call_state_name(k->call.state),
			  "hold", call_hold_name(k),
			  "status", (int)k->call.status,
			  "peer", ctl_text(k->dialog.remote_uri))));
}

void notify_registered(struct agent *a, uint32_t l, uint8_t index,
		       uint32_t expires_s)
{
	const char *line = a->line[l].conf->name;

	notify_pending(a);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "registered", .line = line,
			.server = server_name(a, l, index)),
		  "registered line=%s server=%s expires_s=%u", line,
		  server_name(a, l, index), expires_s);
	ladder_event(a, a->now, l, a->line[l].server[index],
		     "registered for %u s", expires_s);
	courses_registered(a, l, index);
	tell(a, a->now, "registered", "line:s server:s expires_s:I", line,
	     server_name(a, l, index), (int64_t)expires_s);
}

void notify_overload(struct agent *a, uint32_t s)
{
	const struct server *server = &a->server[s];
	int share = (int)overload_share(&server->overload, a->now);

	notify_pending(a);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "overload", .server = server->name),
		  "overload server=%s share=%d", server->name, share);
	tell(a, a->now, "overload", "server:s share:i", server->name, share);
}

void notify_mwi(struct agent *a, uint32_t i)
{
	const struct line_subscription *s = &a->subscription[i];
	const char *line = a->line[s->line].conf->name;
	const char *state = subscription_state_name(s->sub.state);
	json_t *o;

	notify_pending(a);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "mwi", .line = line),
		  "mwi line=%s state=%s status=%u waiting=%d new=%u old=%u",
		  line, state, s->status, s->mwi.known ? s->mwi.waiting : -1,
		  s->mwi.fresh, s->mwi.old);
	if (!control_has_subscribers(&a->control))
		return;
	o = ctl_mwi(&s->mwi);
	if (o) {
		json_object_set_new(o, "time_us", json_integer(us(a->now)));
		json_object_set_new(o, "type", json_string("mwi"));
		json_object_set_new(o, "line", json_string(line));
		json_object_set_new(o, "state", json_string(state));
		json_object_set_new(o, "status", json_integer(s->status));
	}
	tell_object(a, o);
}

void notify_unregistered(struct agent *a, uint32_t l)
{
	notify_pending(a);
	log_about(LOG_LEVEL_INFO,
		  about(.event = "unregistered",
			.line = a->line[l].conf->name),
		  "unregistered line=%s", a->line[l].conf->name);
	ladder_event(a, a->now, l, AGENT_NONE, "unregistered");
	tell(a, a->now, "unregistered", "line:s", a->line[l].conf->name);
}

void notify_config(struct agent *a, json_t *result)
{
	json_t *p = json_copy(result);

	if (p) {
		json_object_set_new(p, "time_us", json_integer(us(a->now)));
		json_object_set_new(p, "type", json_string("config"));
	}
	if (control_has_subscribers(&a->control))
		tell_object(a, p);
	else
		json_decref(p);
}

void notify_failed(struct agent *a, uint32_t l, const struct fo_act *act,
		   uint32_t c)
{
	const char *cause = cause_of(a, l, act->server, act->outcome);
	const char *server = act->server < a->line[l].n_servers ?
			     server_name(a, l, act->server) : NULL;
	const char *said = c == AGENT_NONE || act->req != FO_REQ_INVITE ?
			   NULL : a->call[c].reason;
	const char *reason = reason_of(act->outcome, act->status, said);
	json_t *params;

	notify_pending(a);
	log_about(LOG_LEVEL_WARNING,
		  about(.event = "failed",
			.line = a->line[l].conf->name,
			.server = server, .cause = cause),
		  "failed line=%s request=%s outcome=%s status=%u server=%s cause=%s reason=%s",
		  a->line[l].conf->name, fo_req_name(act->req),
		  fo_outcome_name(act->outcome), act->status,
		  server ? server : "-", cause ? cause : "-", reason);
	ladder_event(a, a->now, l, AGENT_NONE, "failed %s: %s",
		     fo_req_name(act->req), fo_outcome_name(act->outcome));
	if (!control_has_subscribers(&a->control))
		return;
	params = json_pack("{s:I, s:s, s:s, s:s, s:s, s:i, s:s?, s:s?, s:o}",
			   "time_us", us(a->now), "type", "failed",
			   "line", a->line[l].conf->name,
			   "request", fo_req_name(act->req),
			   "outcome", fo_outcome_name(act->outcome),
			   "status", (int)act->status, "server", server,
			   "cause", cause, "reason", ctl_text(reason));
	if (params && c != AGENT_NONE)
		json_object_set_new(params, "call",
				    json_integer(a->call[c].number));
	tell_object(a, params);
}

void notify_location(struct agent *a, const char *name, const char *state,
		     const struct loc *loc)
{
	char text[ADDR_STRLEN + 8];
	json_t *servers;
	uint8_t i;

	if (!control_has_subscribers(&a->control))
		return;
	servers = json_array();
	for (i = 0; i < loc->n; i++) {
		addr_print(&loc->list[i], text);
		strcat(text, ";");
		strcat(text, transport_param(loc->list[i].transport));
		json_array_append_new(servers, json_string(text));
	}
	tell_object(a, json_pack("{s:I, s:s, s:s, s:s, s:o}", "time_us", us(a->now),
			  "type", "location", "name", name, "state", state,
			  "servers", servers));
}
