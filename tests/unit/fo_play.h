/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays a scenario against core/failover: the answers name the request, not
 * its attempt number, and what the machine does comes back as text.
 *
 *   SEND         "REGISTER>1"      "!" behind it: the last one, 64*T1
 *   (of call 2)  "INVITE.2>0"      ".0" is left out
 *   ABANDON      "-INVITE>0"
 *   WORKING      "working 0>1"     "-": none before
 *   REGISTERED   "registered 1"
 *   UNREGISTERED "unregistered"
 *   FAILED       "REGISTER failed timeout", "INVITE failed rejected 486"
 */
#ifndef SIPOVER_TESTS_FO_PLAY_H
#define SIPOVER_TESTS_FO_PLAY_H

#include <string.h>

#include "../../userspace/core/failover.h"

static struct fo fo;
static struct fo_acts acts;
static uint64_t now_ms;
static uint16_t line_attempt[FO_REQ_UNREGISTER + 1];
static uint16_t call_attempt[FO_CALLS_MAX];

static inline struct mono ms(uint64_t t)
{
	return (struct mono){ t * 1000000 };
}

static inline struct fo_cfg fo_play_cfg(uint8_t servers)
{
	struct fo_cfg cfg = {
		.n_servers = servers, .failback = true,
		.failback_ms = 1800000, .retry_base_ms = 30000,
		.retry_max_ms = 1800000,
	};

	for (int i = 0; i < FO_SERVERS_MAX; i++)
		cfg.expires_s[i] = 3600;
	return cfg;
}

static inline void fo_play_start(const struct fo_cfg *cfg)
{
	now_ms = 1000000;
	memset(line_attempt, 0, sizeof(line_attempt));
	memset(call_attempt, 0, sizeof(call_attempt));
	fo_init(&fo, cfg, 1);
}

static inline size_t fo_play_act(char *buf, size_t size, const struct fo_act *a)
{
	static const char *const req[] = {
		"REGISTER", "PROBE", "UNREGISTER", "INVITE", "BYE",
	};
	char call[8] = "", server[8], status[8] = "";

	if (a->call)
		snprintf(call, sizeof(call), ".%u", a->call);
	snprintf(server, sizeof(server), "%d",
		 a->server == FO_NONE ? -1 : a->server);
	if (a->status)
		snprintf(status, sizeof(status), " %u", a->status);

	switch ((enum fo_act_type)a->type) {
	case FO_ACT_SEND:
		return (size_t)snprintf(buf, size, "%s%s>%s%s", req[a->req],
					call, server, a->last ? "!" : "");
	case FO_ACT_ABANDON:
		return (size_t)snprintf(buf, size, "-%s%s>%s", req[a->req],
					call, server);
	case FO_ACT_WORKING:
		if (a->old == FO_NONE)
			return (size_t)snprintf(buf, size, "working ->%s",
						server);
		return (size_t)snprintf(buf, size, "working %u>%s", a->old,
					server);
	case FO_ACT_REGISTERED:
		return (size_t)snprintf(buf, size, "registered %s", server);
	case FO_ACT_UNREGISTERED:
		return (size_t)snprintf(buf, size, "unregistered");
	case FO_ACT_FAILED:
		return (size_t)snprintf(buf, size, "%s%s failed %s%s",
					req[a->req], call,
					fo_outcome_name(a->outcome), status);
	}
	return (size_t)snprintf(buf, size, "?");
}

/* Takes the step and remembers the attempts that were sent. */
static inline const char *fo_play(struct fo_ev ev)
{
	static char buf[1024];
	size_t n = 0;

	ev.now = ms(now_ms);
	memset(&acts, 0xee, sizeof(acts));
	fo_step(&fo, &ev, &acts);
	buf[0] = '\0';
	for (int i = 0; i < acts.n; i++) {
		const struct fo_act *a = &acts.a[i];

		if (i)
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, ", ");
		n += fo_play_act(buf + n, sizeof(buf) - n, a);
		if (a->type != FO_ACT_SEND)
			continue;
		if (a->req <= FO_REQ_UNREGISTER)
			line_attempt[a->req] = a->attempt;
		else
			call_attempt[a->call] = a->attempt;
	}
	return buf;
}

static inline const char *ev(enum fo_ev_type type)
{
	return fo_play((struct fo_ev){ .type = (uint8_t)type });
}

static inline const char *ev_server(enum fo_ev_type type, uint8_t server)
{
	return fo_play((struct fo_ev){ .type = (uint8_t)type,
				       .server = server });
}

static inline const char *ev_call(enum fo_ev_type type, uint8_t call,
				  uint8_t server)
{
	return fo_play((struct fo_ev){ .type = (uint8_t)type, .call = call,
				       .server = server });
}

static inline const char *health(uint8_t server, enum health_state state)
{
	return fo_play((struct fo_ev){
		.type = FO_EV_HEALTH, .server = server,
		.old = fo.health[server], .new = (uint8_t)state,
	});
}

/* The result of the last such request of the line. */
static inline const char *line(enum fo_req req, enum fo_outcome outcome,
			       uint16_t status)
{
	return fo_play((struct fo_ev){
		.type = FO_EV_RESULT, .req = (uint8_t)req,
		.outcome = (uint8_t)outcome, .status = status,
		.attempt = line_attempt[req],
	});
}

static inline const char *reg(enum fo_outcome outcome)
{
	return line(FO_REQ_REGISTER, outcome, 0);
}

static inline const char *call_result(enum fo_req req, uint8_t call,
				      enum fo_outcome outcome, uint16_t status)
{
	return fo_play((struct fo_ev){
		.type = FO_EV_RESULT, .req = (uint8_t)req, .call = call,
		.outcome = (uint8_t)outcome, .status = status,
		.attempt = call_attempt[call],
	});
}

static inline const char *inv(enum fo_outcome outcome)
{
	return call_result(FO_REQ_INVITE, 0, outcome, 0);
}

static inline const char *bye(enum fo_outcome outcome)
{
	return call_result(FO_REQ_BYE, 0, outcome, 0);
}

static inline const char *provisional(uint8_t call)
{
	return fo_play((struct fo_ev){ .type = FO_EV_PROVISIONAL, .call = call,
				       .attempt = call_attempt[call] });
}

/* Time goes to the next deadline; milliseconds that passed, -1: none. */
static inline long long to_expiry(void)
{
	struct mono at = fo_next_expiry(&fo);
	uint64_t then = now_ms;

	if (mono_is_never(at))
		return -1;
	now_ms = (at.ns + 999999) / 1000000;
	return (long long)(now_ms - then);
}

/* Registered at the primary of n servers. */
static inline void up(uint8_t n, bool register_first)
{
	struct fo_cfg cfg = fo_play_cfg(n);

	cfg.register_before_resend = register_first;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	reg(FO_OK);
}

/* Registered at the backup since the primary did not answer. */
static inline void at_backup(uint8_t n, bool register_first)
{
	struct fo_cfg cfg = fo_play_cfg(n);

	cfg.register_before_resend = register_first;
	fo_play_start(&cfg);
	ev(FO_EV_START);
	reg(FO_TIMEOUT);
	reg(FO_OK);
}

/* A call that was answered over server 0. */
static inline void in_call(uint8_t n, bool register_first)
{
	up(n, register_first);
	ev_call(FO_EV_CALL, 0, 0);
	inv(FO_OK);
	ev_call(FO_EV_CALL_UP, 0, 0);
}

#endif /* SIPOVER_TESTS_FO_PLAY_H */
