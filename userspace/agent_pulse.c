/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pulse of the servers (core/pulse): OPTIONS, CRLF and STUN out, STUN
 * answers in.  An answer counts from the server's very address and with the
 * transaction id that is out, or for nothing.
 */
#include "agent_pulse.h"

#include <string.h>

#include "agent_find.h"
#include "agent_keepalive.h"
#include "agent_request.h"
#include "agent_server.h"
#include "agent_step.h"
#include "agent_timers.h"
#include "codec/stun.h"
#include "io/log.h"
#include "io/random.h"

#define PACE_MAX_S 3600		/* no server wants them less often */

static bool works_with(const struct line *line, uint32_t k)
{
	return line->fo.working == k;
}

static bool is_bound(const struct line *line, uint32_t k)
{
	return line->fo.bound & 1 << k;
}

typedef bool (*line_is_fn)(const struct line *line, uint32_t k);

/* Whether a line of the server is so; they mostly are: the first one tells.  Of
 * a backup that has none it takes all, at each of the server's own deadlines,
 * never for a message. */
static bool any_line(const struct agent *a, uint32_t s, line_is_fn is)
{
	const struct server *server = &a->server[s];
	uint32_t i, k;

	for (i = 0; i < server->n_lines; i++) {
		const struct line *line = &a->line[server->line[i]];

		for (k = 0; k < line->n_servers; k++)
			if (line->server[k] == s && is(line, k))
				return true;
	}
	return false;
}

static void tell_lines(struct agent *a, uint32_t s, line_is_fn is,
		       uint8_t type)
{
	const struct server *server = &a->server[s];
	struct fo_ev ev = { .type = type };
	uint32_t i, k;

	for (i = 0; i < server->n_lines; i++) {
		const struct line *line = &a->line[server->line[i]];

		for (k = 0; k < line->n_servers; k++) {
			if (line->server[k] != s || !is(line, k))
				continue;
			ev.server = (uint8_t)k;
			agent_post_line(a, server->line[i], &ev);
		}
	}
}

void pulse_new(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	struct pulse_cfg cfg = {
		.stun = {
			.interval_ms = a->conf->udp_keepalive_s * 1000,
			.rto_ms = a->conf->t1_ms,
			.mode = server->addr.family != ADDR_NONE &&
				server->addr.transport == TRANSPORT_UDP ?
				a->conf->udp_keepalive : STUNKEEP_OFF,
		},
		.options_ms = server->addr.family != ADDR_NONE ?
			      a->conf->options_interval_s * 1000 : 0,
		.suspect_ms = a->conf->suspect_after_ms,
	};

	/* Off, it may still be turned on, by a server that wants it. */
	pulse_init(&server->pulse, &cfg, a->now,
		   cfg.options_ms || cfg.stun.mode ? random_u64() :
		   lookup_hash(&a->requests_by_branch, server->probe_call_id,
			       sizeof(server->probe_call_id)));
}

static void new_stun_id(struct server *s)
{
	uint64_t id[2] = { random_u64(), random_u64() };

	memcpy(s->stun_id, id, sizeof(s->stun_id));
}

static void send_keepalive(struct agent *a, uint32_t s, const void *buf,
			   size_t len)
{
	a->stats.tx_keepalive++;
	if (server_send(a, s, buf, len))
		log_debug("keep-alive not sent server=%s", a->server[s].name);
}

/* whose binding names an address that is none any more.  Without
 * nat_contact the registrar learns of the new one from the REGISTER itself. */
void pulse_seen_tell(struct agent *a, uint32_t s, uint32_t requester)
{
	const struct server *server = &a->server[s];
	struct fo_ev ev = { .type = FO_EV_FLOW_CHANGED };
	struct addr contact;
	uint32_t i, k;

	server_contact_address(a, s, &contact);
	for (i = 0; i < server->n_lines; i++) {
		uint32_t l = server->line[i];
		const struct line *line = &a->line[l];

		for (k = 0; k < line->n_servers; k++) {
			const struct addr *sent = &line->reg[k].contact;

			if (line->server[k] != s ||
			    (l != requester && !is_bound(line, k)) ||
			    (a->conf->nat_contact ?
			     addr_equal(sent, &contact) : l == requester))
				continue;
			ev.server = (uint8_t)k;
			agent_post_line(a, l, &ev);
		}
	}
}

/* TCP tells why (signs table, 8 and 21): taken, lost on its way, or not wanted at
 * the moment, which becomes a sign only if it lasts. */
static void late(struct agent *a, uint32_t s, bool still)
{
	static const char *const names[] = {
		[TCP_LOOK_OPEN] = "open", [TCP_LOOK_UNACKED] = "unacked",
		[TCP_LOOK_SHUT] = "shut", [TCP_LOOK_TAKEN] = "taken",
	};
	struct pulse_ev ev = { .now = a->now, .type = PULSE_EV_SHUT };
	struct server *server = &a->server[s];
	uint8_t cause = SIPOVER_CAUSE_UNANSWERED;
	enum tcp_look tcp;

	if (server->addr.transport != TRANSPORT_UDP) {
		tcp = tcp_look(&a->tcp, server->flow);
		log_info("answer late server=%s tcp=%s", server->name,
			 names[tcp]);
		if (tcp == TCP_LOOK_SHUT && !still) {
			step_pulse(a, s, &ev);
			return;
		}
		if (tcp == TCP_LOOK_SHUT)
			cause = SIPOVER_CAUSE_TCP_ZERO_WINDOW;
	}
	/* It only has the server asked: not beside another hint, of which two
	 * would do more. */
	if (server->health.state != HEALTH_SUSPECT)
		server_sign(a, s, cause);
}

static void carry_out(struct agent *a, uint32_t s, unsigned int acts)
{
	struct server *server = &a->server[s];
	uint8_t request[STUN_REQUEST_LEN];
	char text[ADDR_STRLEN];

	if (acts & STUNKEEP_ACT_NEW)
		new_stun_id(server);
	if (acts & STUNKEEP_ACT_REQUEST)
		send_keepalive(a, s, request,
			       stun_build_request(request, server->stun_id));
	if (acts & STUNKEEP_ACT_CHANGED) {
		log_info("nat mapping changed server=%s mapped=%s",
			 server->name,
			 addr_print(&server->pulse.stun.mapped, text));
		tell_lines(a, s, is_bound, FO_EV_FLOW_CHANGED);
	}
	if (acts & STUNKEEP_ACT_SILENT)
		server_sign(a, s, SIPOVER_CAUSE_FLOW_TIMEOUT);
	if (acts & STUNKEEP_ACT_FALLBACK)
		log_warning("stun unanswered server=%s: CRLF from now on",
			    server->name);
	if (acts & STUNKEEP_ACT_CRLF)
		send_keepalive(a, s, "\r\n\r\n", 4);
	if (acts & (PULSE_ACT_LATE | PULSE_ACT_STILL_LATE))
		late(a, s, acts & PULSE_ACT_STILL_LATE);
	if (acts & PULSE_ACT_OPTIONS)
		request_start_pulse(a, s);
	agent_timer_pulse(a, s);
}

void pulse_expired(struct agent *a, uint32_t s)
{
	struct pulse_ev ev = {
		.now = a->now,
		.type = PULSE_EV_EXPIRY,
		/* C-34: not one that asked to be left alone; one that is down
		 * is probed by its health. */
		.working = health_usable(a->server[s].health.state) &&
			   any_line(a, s, works_with),
		.bound = any_line(a, s, is_bound),
	};

	if (!a->stopping)
		carry_out(a, s, step_pulse(a, s, &ev));
}

void pulse_options_ended(struct agent *a, uint32_t s, bool timed_out)
{
	struct pulse_ev ev = {
		.now = a->now,
		.type = PULSE_EV_OPTIONS_ENDED,
		.timed_out = timed_out,
	};

	if (step_pulse(a, s, &ev) & PULSE_ACT_SIGNAL)
		tell_lines(a, s, works_with, FO_EV_SIGNAL_TIMEOUT);
}

static void stun_event(struct agent *a, uint32_t s, uint8_t type,
		       const struct addr *mapped)
{
	struct pulse_ev ev = {
		.now = a->now,
		.type = PULSE_EV_STUN,
		.stun = { .now = a->now, .type = type },
	};

	if (mapped)
		ev.stun.mapped = *mapped;
	carry_out(a, s, step_pulse(a, s, &ev));
}

bool pulse_keep_offered(const struct agent *a, uint32_t s)
{
	return a->server[s].addr.transport == TRANSPORT_UDP &&
	       a->conf->udp_keepalive != STUNKEEP_OFF;
}

/* Seconds; 0: it does not say, or nothing that makes sense. */
static uint16_t wanted_pace(const struct agent *a, const struct request *r)
{
	int32_t s = -1;

	if (a->line[r->line].conf->outbound &&
	    !a->line[r->line].reg[r->index].no_outbound)
		s = a->rx.flow_timer;
	if (s < 0 && pulse_keep_offered(a, r->server))
		s = a->rx.keep;
	if (s > PACE_MAX_S)
		return PACE_MAX_S;
	return s > 0 ? (uint16_t)s : 0;
}

void pulse_pace(struct agent *a, const struct request *r)
{
	struct server *server = &a->server[r->server];
	uint16_t pace_s = wanted_pace(a, r);
	struct pulse_ev ev = {
		.now = a->now,
		.type = PULSE_EV_STUN,
		.stun = { .now = a->now, .type = STUNKEEP_EV_PACE,
			  .pace_s = pace_s },
	};

	if (!pace_s)
		return;
	if (server->addr.transport != TRANSPORT_UDP) {
		/* A request that was asked by another flow asks again. */
		if (r->flow == server->flow)
			keepalive_pace(a, r->server, pace_s);
	} else {
		step_pulse(a, r->server, &ev);
		agent_timer_pulse(a, r->server);
	}
}

static bool stun_is_out(const struct server *s, const uint8_t id[STUN_ID_LEN])
{
	return s->pulse.stun.sends &&
	       memcmp(s->stun_id, id, STUN_ID_LEN) == 0;
}

static void request_pulse(struct agent *a, uint32_t s, uint8_t type,
			  uint32_t sample_us)
{
	struct pulse_ev ev = {
		.now = a->now, .type = type, .sample_us = sample_us,
	};

	if (!a->conf->suspect_after_ms)
		return;
	step_pulse(a, s, &ev);
	agent_timer_pulse(a, s);
}

/* Those that the server itself answers at once; a BYE waits for the far end. */
static bool measures(const struct request *r)
{
	return r->method == SIP_REGISTER || r->method == SIP_OPTIONS ||
	       r->method == SIP_INVITE;
}

void pulse_sent(struct agent *a, const struct request *r)
{
	if (measures(r) && r->txn.sends == 1)
		request_pulse(a, r->server, PULSE_EV_SENT, 0);
}

void pulse_answered(struct agent *a, const struct request *r)
{
	bool first = r->txn.state == TXN_CALLING && r->txn.sends == 1 &&
		     !r->wide;
	uint64_t us = mono_us_since(r->started, a->now);

	/* Karn: of a request that was sent once.  Of an INVITE the 100. */
	if (!first || !measures(r) ||
	    (r->method == SIP_INVITE && a->rx.status != 100))
		us = 0;
	else if (us == 0)
		us = 1;
	request_pulse(a, r->server, PULSE_EV_ANSWERED,
		      us < RTT_SAMPLE_MAX_US ? (uint32_t)us :
					       RTT_SAMPLE_MAX_US);
}

void pulse_given_up(struct agent *a, const struct request *r)
{
	request_pulse(a, r->server, PULSE_EV_GIVEN_UP, 0);
}

/* Our address in the top Via of the response a->rx, if the server told it. */
static struct addr seen_in_via(struct agent *a, uint32_t s)
{
	struct addr own, seen = { .family = ADDR_NONE };

	if (a->rx_flow || !a->rx.rport)
		return seen;
	server_own_address(a, s, &own);
	if (*a->rx.received) {
		if (addr_parse(&seen, a->rx.received, a->rx.rport,
			       TRANSPORT_UDP) || seen.family != own.family)
			seen = (struct addr){ .family = ADDR_NONE };
	} else {
		seen = own;
		seen.port = a->rx.rport;
	}
	return seen;
}

bool pulse_seen(struct agent *a, uint32_t s)
{
	struct pulse_ev ev = { .now = a->now, .type = PULSE_EV_SEEN };
	struct server *server = &a->server[s];
	char text[ADDR_STRLEN];
	unsigned int acts;

	ev.stun.mapped = seen_in_via(a, s);
	if (ev.stun.mapped.family == ADDR_NONE ||
	    addr_equal(&ev.stun.mapped, &server->pulse.nat.seen))
		return false;
	acts = step_pulse(a, s, &ev);
	if (!acts)
		return false;
	log_info("nat address seen server=%s address=%s%s", server->name,
		 addr_print(&server->pulse.nat.seen, text),
		 acts & PULSE_ACT_SEEN ? "" : " changed");
	return acts & PULSE_ACT_SEEN_CHANGED || a->conf->nat_contact;
}

bool pulse_received(struct agent *a, const struct addr *from, const char *buf,
		    size_t len)
{
	enum stun_result result;
	struct addr peer = *from;
	struct stun m;
	uint32_t s;

	if (!stun_is(buf, len))
		return false;
	a->stats.rx_stun++;
	result = stun_parse(buf, len, &m);
	peer.transport = TRANSPORT_UDP;
	s = server_find(a, &peer);
	if (result != STUN_OK && result != STUN_UNKNOWN_ATTRIBUTE)
		a->stats.rx_stun_bad++;
	else if (s == AGENT_NONE)
		a->stats.rx_foreign++;
	else if ((m.class != STUN_SUCCESS && m.class != STUN_ERROR) ||
		 m.method != STUN_BINDING ||
		 !stun_is_out(&a->server[s], m.id))
		a->stats.rx_unmatched++;
	else if (result == STUN_OK && m.class == STUN_SUCCESS &&
		 m.mapped.family != ADDR_NONE)
		stun_event(a, s, STUNKEEP_EV_ANSWER, &m.mapped);
	else
		stun_event(a, s, STUNKEEP_EV_REFUSED, NULL);
	return true;
}

bool pulse_quoted(struct agent *a, uint32_t s, const uint8_t *quote, size_t len)
{
	if (!quote || !stun_is(quote, len) ||
	    !stun_is_out(&a->server[s], quote + STUN_REQUEST_LEN - STUN_ID_LEN))
		return false;
	stun_event(a, s, STUNKEEP_EV_FAILED, NULL);
	return true;
}
