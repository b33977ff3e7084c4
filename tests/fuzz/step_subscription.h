/* SPDX-License-Identifier: BSD-2-Clause */
/* core/subscription for fuzz_step. */
#ifndef SIPOVER_TESTS_STEP_SUBSCRIPTION_H
#define SIPOVER_TESTS_STEP_SUBSCRIPTION_H

#include "step_time.h"

#include "core/sipmsg.h"
#include "core/subscription.h"

/* Events whose cause is the server or time: nobody asked for another try. */
static bool by_itself(uint8_t type)
{
	return type == SUBSCRIPTION_EV_REFUSED ||
	       type == SUBSCRIPTION_EV_LOST ||
	       type == SUBSCRIPTION_EV_NOTIFY ||
	       type == SUBSCRIPTION_EV_EXPIRY;
}

static void check_subscription(const struct subscription *was,
			       const struct subscription *s, unsigned int acts)
{
	bool had = subscription_has_dialog(was);
	bool out = s->state == SUBSCRIPTION_ASKING ||
		   s->state == SUBSCRIPTION_REFRESHING;

	must(s->state < SUBSCRIPTION_STATES);
	must(!(acts & SUBSCRIPTION_ACT_BEGIN) ||
	     (s->state == SUBSCRIPTION_ASKING && s->server == s->target &&
	      s->server != SUBSCRIPTION_NOWHERE));
	must(!(acts & SUBSCRIPTION_ACT_REFRESH) ||
	     (s->state == SUBSCRIPTION_REFRESHING && had &&
	      s->server == s->target));
	/* What is out has been sent, and what there was is forgotten. */
	must(!out || was->state == s->state ||
	     acts & (SUBSCRIPTION_ACT_BEGIN | SUBSCRIPTION_ACT_REFRESH));
	must(!had || subscription_has_dialog(s) ||
	     acts & SUBSCRIPTION_ACT_DROP);
	must(!(acts & (SUBSCRIPTION_ACT_DROP | SUBSCRIPTION_ACT_END)) || had);
	must(!(acts & SUBSCRIPTION_ACT_END) || acts & SUBSCRIPTION_ACT_DROP);
	must(s->state == was->state || acts & SUBSCRIPTION_ACT_REPORT);
	must(out || s->state == SUBSCRIPTION_OFF ||
	     s->state == SUBSCRIPTION_REFUSED ||
	     !mono_is_never(subscription_next_expiry(s)));
}

static void play_subscription(struct feed *f)
{
	uint8_t how = feed_u8(f);
	struct subscription_cfg cfg = {
		.timer_n_ms = 32000,
		.follow = how & 1,
		.concurrent = how & 2,
	};
	struct mono now = { STEP_START_NS }, last = { 0 };
	struct subscription s, was;
	struct subscription_ev ev;
	unsigned int acts;

	subscription_init(&s, &cfg, how);
	while (f->left) {
		memset(&ev, 0, sizeof(ev));
		ev.type = feed_u8(f) % (SUBSCRIPTION_EV_TYPES + 1);
		ev.substate = feed_u8(f) % 5;
		ev.reason = feed_u8(f) % (SIP_SUBREASONS + 1);
		ev.fallback = how & 4;
		ev.status = (uint16_t)(200 + 2 * feed_u8(f) + (how >> 7));
		ev.retry_after = feed_u8(f) - 1;
		if (ev.type == SUBSCRIPTION_EV_WORKING ||
		    ev.type == SUBSCRIPTION_EV_GONE)
			ev.server = (uint32_t)((ev.retry_after + 1) % 4) - 1;
		else
			ev.expires_s = ev.status * ev.retry_after;
		must(*subscription_ev_name(ev.type));
		must(*subscription_state_name(feed_u8(f)));
		now = step_time(f, now, subscription_next_expiry(&s));
		ev.now = now;
		was = s;
		acts = subscription_step(&s, &ev);
		must(acts < SUBSCRIPTION_ACT_REPORT << 1);
		check_subscription(&was, &s, acts);
		if (ev.type == SUBSCRIPTION_EV_EXPIRY)
			must(subscription_next_expiry(&s).ns > now.ns);
		/* A server that answers and refuses at once is not asked in a
		 * circle: a pause that begins, then that which ends. */
		if (acts & SUBSCRIPTION_ACT_BEGIN && by_itself(ev.type) &&
		    was.server == s.server && was.state != SUBSCRIPTION_WAIT) {
			must(now.ns - last.ns >=
			     SUBSCRIPTION_HURRY_MS * 1000000ull || !last.ns);
			last = now;
		} else if (ev.type == SUBSCRIPTION_EV_AGAIN ||
			   was.server != s.server) {
			last.ns = 0;
		}
	}
}

#endif /* SIPOVER_TESTS_STEP_SUBSCRIPTION_H */
