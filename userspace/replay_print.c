/* SPDX-License-Identifier: BSD-2-Clause */
#include "replay_print.h"

#include <inttypes.h>
#include <string.h>

static const char *const txn_ev_names[] = {
	"start", "response", "request", "ack", "reply", "transport", "abandon",
	"hold", "resume", "expiry",
};

static const char *const txn_act_names[] = {
	"send", "ack", "deliver", "late", "timeout", "error", "free",
};

static const char *const call_ev_names[] = {
	"dial", "answer", "hangup", "provisional", "accepted", "rejected",
	"failed", "invite", "ack", "cancel", "bye", "bye_done", "expiry",
};

static const char *const call_act_names[] = {
	"invite", "ack", "cancel", "ring", "accept", "reject", "bye", "report",
	"free",
};

static const char *const pulse_act_names[] = {
	"crlf", "new", "stun", "changed", "silent", "fallback", "options",
	"signal", "late", "seen", "seen_changed",
	"still_late",
};

static const char *const subscription_act_names[] = {
	"end", "drop", "begin", "refresh", "report",
};

static const char *const session_act_names[] = {
	"abandon", "send", "modified", "unchanged", "bye",
};

#define COUNT(names) (sizeof(names) / sizeof((names)[0]))

_Static_assert(COUNT(txn_ev_names) == TXN_EV_TYPES, "a name for each event");
_Static_assert(COUNT(call_ev_names) == CALL_EV_TYPES, "a name for each event");
_Static_assert(1 << (COUNT(txn_act_names) - 1) == TXN_ACT_FREE,
	       "a name for each action");
_Static_assert(1 << (COUNT(call_act_names) - 1) == CALL_ACT_FREE,
	       "a name for each action");
_Static_assert(1 << (COUNT(pulse_act_names) - 1) == PULSE_ACT_STILL_LATE,
	       "a name for each action");
_Static_assert(1 << (COUNT(subscription_act_names) - 1) ==
	       SUBSCRIPTION_ACT_REPORT, "a name for each action");

_Static_assert(1 << (COUNT(session_act_names) - 1) == SESSION_ACT_BYE,
	       "a name for each action");

/* ---- steps ---- */

/* The time from the event's to t. */
static void print_in(FILE *out, const char *what, struct mono t,
		     struct mono now)
{
	if (mono_is_never(t))
		return;
	fprintf(out, " %s=%s%.3fs", what, t.ns < now.ns ? "-" : "",
		(double)(t.ns < now.ns ? now.ns - t.ns : t.ns - now.ns) / 1e9);
}

static void print_health(FILE *out, const struct health *h,
			 const struct health_ev *ev)
{
	fprintf(out, "%s score=%u%s", health_state_name(h->state), h->score,
		h->probing ? " probing" : "");
	print_in(out, "expiry", h->expiry, ev->now);
	fprintf(out, ": %s cause=%s", health_ev_name(ev->type),
		cause_name(ev->cause));
	if (ev->retry_after >= 0)
		fprintf(out, " retry_after=%" PRId32, ev->retry_after);
}

static const char *call_name(uint8_t state)
{
	static const char *const names[] = {
		"free", "inviting", "wait_reg", "proceeding", "up", "bye",
		"bye_wait_reg",
	};

	_Static_assert(COUNT(names) == FO_CALL_BYE_WAIT_REG + 1,
		       "a name for each state");
	return state < COUNT(names) ? names[state] : "invalid";
}

static void print_line_event(FILE *out, const struct fo_ev *ev)
{
	fprintf(out, ": %s", fo_ev_name(ev->type));
	switch ((enum fo_ev_type)ev->type) {
	case FO_EV_RESULT:
		fprintf(out, " %s server=%u attempt=%u outcome=%s status=%u",
			fo_req_name(ev->req), ev->server, ev->attempt,
			fo_outcome_name(ev->outcome), ev->status);
		if (ev->req == FO_REQ_INVITE || ev->req == FO_REQ_BYE)
			fprintf(out, " call=%u", ev->call);
		else
			fprintf(out, " expires_s=%" PRIu32, ev->expires_s);
		break;
	case FO_EV_HEALTH:
		fprintf(out, " server=%u new=%s", ev->server,
			health_state_name(ev->new));
		break;
	case FO_EV_SERVER_NEW:
		fprintf(out, " expires_s=%" PRIu32, ev->expires_s);
		break;
	case FO_EV_SERVER_MOVED:
		fprintf(out, " server=%u to=%u", ev->server, ev->new);
		break;
	case FO_EV_CALL_IN:
	case FO_EV_CALL_UP:
		fprintf(out, " call=%u server=%u", ev->call, ev->server);
		break;
	case FO_EV_PROVISIONAL:
		fprintf(out, " call=%u attempt=%u status=%u", ev->call,
			ev->attempt, ev->status);
		break;
	case FO_EV_CALL:
	case FO_EV_CALL_ENDED:
	case FO_EV_BYE:
		fprintf(out, " call=%u", ev->call);
		break;
	case FO_EV_SIGNAL_TIMEOUT:
	case FO_EV_FLOW_CHANGED:
		fprintf(out, " server=%u", ev->server);
		break;
	case FO_EV_TTL:
		fprintf(out, " seconds=%u", ev->expires_s);
		break;
	case FO_EV_START:
	case FO_EV_STOP:
	case FO_EV_REGISTER:
	case FO_EV_HOLD:
	case FO_EV_RESUME:
	case FO_EV_EXPIRY:
	case FO_EV_SERVER_GONE:
	case FO_EV_TYPES:
		break;
	}
}

static void print_line(FILE *out, const struct fo *fo, const struct fo_ev *ev)
{
	uint8_t i;

	fprintf(out, "%s", fo_reg_state_name(fo->reg_state));
	if (fo->working != FO_NONE)
		fprintf(out, " working=%u", fo->working);
	fprintf(out, " bound=%#x%s%s health=", fo->bound,
		fo->probing ? " probing" : "", fo->held ? " held" : "");
	for (i = 0; i < fo->cfg.n_servers; i++)
		fprintf(out, "%s%s", i ? "," : "",
			health_state_name(fo->health[i]));
	for (i = 0; i < FO_CALLS_MAX; i++)
		if (fo->call[i].state != FO_CALL_FREE)
			fprintf(out, " call%u=%s@%u", i,
				call_name(fo->call[i].state),
				(unsigned int)(fo->call[i].pass.attempt ?
					       fo->call[i].pass.server :
					       fo->call[i].server));
	print_in(out, "refresh", fo->refresh_at, ev->now);
	print_in(out, "failback", fo->failback_at, ev->now);
	print_in(out, "retry", fo->retry_at, ev->now);
	print_line_event(out, ev);
}

static void print_txn(FILE *out, const struct txn *t, const struct txn_ev *ev)
{
	static const char *const kinds[] = {
		"invite_client", "client", "invite_server", "server",
	};

	fprintf(out, "%s %s sends=%u", kinds[t->kind],
		txn_state_name(t->state), t->sends);
	print_in(out, "end", t->end_at, ev->now);
	fprintf(out, ": %s", txn_ev_names[ev->type]);
	if (ev->status)
		fprintf(out, " status=%u", ev->status);
}

static void print_verdict(FILE *out, const struct verdict_in *in)
{
	fprintf(out, ": cause=%s grade=%u context=%u", cause_name(in->cause),
		in->grade, in->context);
	if (in->repeats)
		fprintf(out, " repeats=%u", in->repeats);
	fprintf(out, "%s%s%s%s",
		in->offender_is_server ? " from_server" : "",
		in->last ? " last" : "", in->can_remedy ? " can_remedy" : "",
		in->by_gateway ? " by_gateway" : "");
}

static void print_session(FILE *out, const struct session *s,
			  const struct session_ev *ev)
{
	fprintf(out, "%s home=%u", session_state_name(s->state), s->home);
	print_in(out, "refresh", s->refresh_at, ev->now);
	print_in(out, "end", s->end_at, ev->now);
	fprintf(out, ": %s", session_ev_name(ev->type));
	if (ev->type == SESSION_EV_RESULT)
		fprintf(out, " attempt=%u outcome=%s status=%u", ev->attempt,
			fo_outcome_name(ev->outcome), ev->status);
	else
		fprintf(out, " server=%u interval_s=%" PRIu32, ev->server,
			ev->interval_s);
}

void replay_print_step(FILE *out, const struct evlog_entry *e)
{
	char offender[ADDR_STRLEN];

	switch ((enum evlog_kind)e->kind) {
	case EVLOG_HEALTH:
		print_health(out, &e->state.health, &e->ev.health);
		break;
	case EVLOG_LINE:
		print_line(out, &e->state.fo, &e->ev.fo);
		break;
	case EVLOG_REQUEST:
	case EVLOG_REPLY:
		print_txn(out, &e->state.txn, &e->ev.txn);
		break;
	case EVLOG_CALL:
		fprintf(out, "%s: %s", call_state_name(e->state.call.state),
			call_ev_names[e->ev.call.ev.type]);
		if (e->ev.call.ev.status)
			fprintf(out, " status=%u", e->ev.call.ev.status);
		break;
	case EVLOG_VERDICT:
		print_verdict(out, &e->ev.verdict);
		break;
	case EVLOG_TALLY:
		fprintf(out, "n=%" PRIu32 ": count=%" PRIu64 " offender=%s",
			e->state.tally.n, e->ev.tally.count,
			addr_print_host(&e->ev.tally.offender, offender));
		break;
	case EVLOG_KEEPALIVE:
		fprintf(out, "%s: %s",
			keepalive_state_name(e->state.keepalive.state),
			keepalive_ev_name(e->ev.keepalive.type));
		break;
	case EVLOG_PATH:
		fprintf(out, "%s: %s %s",
			e->state.path.lost ? "lost" : "there",
			path_ev_name(e->ev.path.type),
			path_fact_name(e->ev.path.fact));
		break;
	case EVLOG_PULSE:
		fprintf(out, "sends=%u: %s", e->state.pulse.stun.sends,
			pulse_ev_name(e->ev.pulse.type));
		break;
	case EVLOG_SUBSCRIPTION:
		fprintf(out, "%s: %s",
			subscription_state_name(e->state.subscription.state),
			subscription_ev_name(e->ev.subscription.type));
		break;
	case EVLOG_SESSION:
		print_session(out, &e->state.session, &e->ev.session);
		break;
	case EVLOG_KINDS:
		break;
	}
}

/* ---- results ---- */

static void print_bits(FILE *out, uint32_t bits, const char *const *names,
		       size_t n)
{
	size_t i;

	if (!bits)
		fputs(" -", out);
	for (i = 0; i < n; i++)
		if (bits & 1u << i)
			fprintf(out, " %s", names[i]);
	if (bits >> n)
		fprintf(out, " %#" PRIx32, bits >> n << n);
}

static void print_health_act(FILE *out, const struct health_act *act)
{
	switch ((enum health_act_type)act->type) {
	case HEALTH_ACT_CHANGED:
		fprintf(out, " changed %s->%s", health_state_name(act->old),
			health_state_name(act->new));
		return;
	case HEALTH_ACT_PROBE:
		fputs(" probe", out);
		return;
	case HEALTH_ACT_RECONNECT:
		fputs(" reconnect", out);
		return;
	}
	fprintf(out, " invalid=%u", act->type);
}

static void print_fo_act(FILE *out, const struct fo_act *act)
{
	fprintf(out, " %s", fo_act_name(act->type));
	switch ((enum fo_act_type)act->type) {
	case FO_ACT_SEND:
	case FO_ACT_ABANDON:
		fprintf(out, " %s server=%u attempt=%u%s",
			fo_req_name(act->req), act->server, act->attempt,
			act->last ? " last" : "");
		break;
	case FO_ACT_WORKING:
		fprintf(out, " server=%u old=%d", act->server,
			act->old == FO_NONE ? -1 : act->old);
		break;
	case FO_ACT_REGISTERED:
		fprintf(out, " server=%u expires_s=%" PRIu32, act->server,
			act->expires_s);
		break;
	case FO_ACT_FAILED:
		fprintf(out, " %s outcome=%s status=%u", fo_req_name(act->req),
			fo_outcome_name(act->outcome), act->status);
		break;
	case FO_ACT_UNREGISTERED:
		break;
	}
}

void replay_print_result(FILE *out, const struct evlog_entry *e)
{
	uint32_t i, n = 0;

	switch ((enum evlog_kind)e->kind) {
	case EVLOG_HEALTH:
		n = e->result_len / sizeof(e->result.health[0]);
		for (i = 0; i < n; i++)
			print_health_act(out, &e->result.health[i]);
		break;
	case EVLOG_LINE:
		n = e->result_len / sizeof(e->result.fo[0]);
		for (i = 0; i < n; i++) {
			if (i)
				fputc(';', out);
			print_fo_act(out, &e->result.fo[i]);
		}
		break;
	case EVLOG_REQUEST:
	case EVLOG_REPLY:
		print_bits(out, e->result.acts, txn_act_names,
			   COUNT(txn_act_names));
		return;
	case EVLOG_CALL:
		print_bits(out, e->result.acts, call_act_names,
			   COUNT(call_act_names));
		return;
	case EVLOG_VERDICT:
		fprintf(out, " txn=%u health=%u", e->result.verdict.txn,
			e->result.verdict.health);
		return;
	case EVLOG_TALLY:
		fputs(e->result.acts ? " enough" : " -", out);
		return;
	case EVLOG_KEEPALIVE:
		fprintf(out, " %s", keepalive_act_name(e->result.acts));
		return;
	case EVLOG_PATH:
		fputs(e->result.acts == PATH_ACT_LOST ? " lost" :
		      e->result.acts == PATH_ACT_BACK ? " back" : " -", out);
		return;
	case EVLOG_PULSE:
		print_bits(out, e->result.acts, pulse_act_names,
			   COUNT(pulse_act_names));
		return;
	case EVLOG_SUBSCRIPTION:
		print_bits(out, e->result.acts, subscription_act_names,
			   COUNT(subscription_act_names));
		return;
	case EVLOG_SESSION:
		print_bits(out, e->result.acts, session_act_names,
			   COUNT(session_act_names));
		return;
	case EVLOG_KINDS:
		return;
	}
	if (!n)
		fputs(" -", out);
}
