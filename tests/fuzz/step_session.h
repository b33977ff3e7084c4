/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests within a call that is up; used by fuzz_step.c. */
#ifndef SIPOVER_TESTS_STEP_SESSION_H
#define SIPOVER_TESTS_STEP_SESSION_H

#include "core/session.h"
#include "core/sipmsg.h"
#include "fuzz.h"
#include "step_time.h"

static void check_session_acts(const struct session *s,
			       const struct session_ev *ev,
			       const struct session *old, unsigned int acts)
{
	must(s->state < SESSION_STATES && acts < SESSION_ACT_BYE << 1);
	must(*session_state_name(s->state) && *session_ev_name(ev->type));
	must(!(acts & SESSION_ACT_BYE) || s->state == SESSION_NONE);
	must(!(acts & SESSION_ACT_ABANDON) || old->state == SESSION_ASKING);
	if (acts & SESSION_ACT_SEND)
		must(s->state == SESSION_ASKING && s->server < ev->n_servers &&
		     s->attempt != old->attempt &&
		     (s->method == SIP_INVITE || s->method == SIP_UPDATE));
	if (old->state == SESSION_NONE && ev->type != SESSION_EV_UP)
		must(!acts && s->state == SESSION_NONE);
	/* What is out, or waits, ends by itself. */
	if (s->state > SESSION_QUIET)
		must(!mono_is_never(session_next_expiry(s)));
	if (ev->type == SESSION_EV_EXPIRY)
		must(session_next_expiry(s).ns > ev->now.ns);
}

static void feed_session_ev(struct feed *f, const struct session *s,
			    struct session_ev *ev)
{
	static const uint16_t status[] = {
		0, 200, 405, 408, 422, 481, 488, 491, 500, 503,
	};
	uint8_t what = feed_u8(f), line = feed_u8(f), i;

	*ev = (struct session_ev){
		.type = what % (SESSION_EV_TYPES + 1),
		.server = feed_u8(f) % 5,
		.to = line % 4,
		.outcome = what / 11 % (FO_TRANSPORT + 2),
		.ours = line & 1, .takes_update = line & 2, .uac = line & 4,
		.held = (line & 0x38) == 0x38, .bind = line & 0x40,
		.bound = feed_u8(f) & 7,
		.n_servers = 3,
		.attempt = s->attempt,
		.interval_s = feed_u8(f) * 20u,
		.min_s = feed_u8(f) * 20u,
		.retry_after = line & 0x80 ? line & 15 : -1,
	};
	ev->status = status[line % 10];
	for (i = 0; i < 3; i++)
		ev->health[i] = (uint8_t)((what + i * line) % HEALTH_STATES);
}

static void play_session(struct feed *f)
{
	struct mono now = { STEP_START_NS };
	struct session s;

	session_init(&s, feed_u8(f));
	while (f->left) {
		struct session old = s;
		struct session_ev ev;
		unsigned int acts;

		feed_session_ev(f, &s, &ev);
		now = step_time(f, now, session_next_expiry(&s));
		ev.now = now;
		acts = session_step(&s, &ev);
		check_session_acts(&s, &ev, &old, acts);
	}
}

#endif /* SIPOVER_TESTS_STEP_SESSION_H */
