/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line's subscription to an event (RFC 6665): where it is made, when it is
 * refreshed, what ends it.  A value.  A SUBSCRIBE never fails over (F-19): it is
 * given 64*T1 at the server that it is for.  But the subscription follows the
 * registration (C-20, R-58):
 *
 *   successive   to a server that the line has moved to at once if "follow"
 *                (Yealink's failback_subscribe.enable), else when its refresh is
 *                due or it has ended
 *   concurrent   never to the fallback server: what was made before stays as
 *                long as it was granted for, and is refreshed on the return
 *
 * Refusals are for the server that refused: another one is asked at once.
 */
#ifndef SIPOVER_CORE_SUBSCRIPTION_H
#define SIPOVER_CORE_SUBSCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"
#include "rng.h"

#define SUBSCRIPTION_NOWHERE UINT32_MAX
#define SUBSCRIPTION_RETRY_BASE_MS 30000
#define SUBSCRIPTION_RETRY_MAX_MS 1800000
/* One that ended is made anew at once, but not more often. */
#define SUBSCRIPTION_HURRY_MS 32000
#define SUBSCRIPTION_OVERLAP_S 60	/* refreshed so much ahead, or half */
#define SUBSCRIPTION_REFRESH_MIN_MS 5000
#define SUBSCRIPTION_EXPIRES_MAX_S 2147483

struct subscription_cfg {
	uint32_t timer_n_ms;	/* 64*T1: for its NOTIFY (RFC 6665 4.1.2.4) */
	bool follow;
	bool concurrent;
	uint8_t pad[2];
};

enum subscription_state {
	SUBSCRIPTION_OFF,	/* there is no server for it */
	SUBSCRIPTION_ASKING,	/* the first SUBSCRIBE is out */
	SUBSCRIPTION_ACTIVE,	/* granted */
	SUBSCRIPTION_REFRESHING,	/* another SUBSCRIBE is out */
	SUBSCRIPTION_WAIT,	/* failed or ended: pause */
	SUBSCRIPTION_REFUSED,	/* for good, by this server */
	SUBSCRIPTION_STATES
};

enum subscription_ev_type {
	SUBSCRIPTION_EV_WORKING,	/* server, fallback: where the line is
					 * registered and works; NOWHERE */
	SUBSCRIPTION_EV_GONE,	/* server: the line has it no more */
	SUBSCRIPTION_EV_MOVED,	/* our own address there is another */
	SUBSCRIPTION_EV_AGAIN,	/* the user registers: refusals are forgotten */
	SUBSCRIPTION_EV_STOP,	/* the daemon ends */
	SUBSCRIPTION_EV_GRANTED,	/* expires_s, of a 2xx */
	SUBSCRIPTION_EV_REFUSED,	/* status, retry_after: another answer */
	SUBSCRIPTION_EV_LOST,	/* no answer, or it could not be sent */
	SUBSCRIPTION_EV_NOTIFY,	/* substate, reason, expires_s, retry_after */
	SUBSCRIPTION_EV_EXPIRY,	/* subscription_next_expiry() has come */
	SUBSCRIPTION_EV_TYPES
};

struct subscription_ev {
	struct mono now;
	uint8_t type;		/* enum subscription_ev_type */
	uint8_t substate;	/* enum sip_substate */
	uint8_t reason;		/* enum sip_subreason */
	bool fallback;		/* a server entry behind the first */
	uint16_t status;
	uint16_t pad;
	union {
		uint32_t server;
		int32_t expires_s;	/* -1: not told */
	};
	int32_t retry_after;	/* seconds; -1: not told */
};

/* A set of bits, carried out in this order.  At most one SUBSCRIBE is out, and
 * each has exactly one GRANTED, REFUSED or LOST unless it is dropped. */
enum subscription_act {
	SUBSCRIPTION_ACT_END = 1 << 0,	/* Expires: 0, best effort */
	SUBSCRIPTION_ACT_DROP = 1 << 1,	/* forget the dialog and what is out */
	SUBSCRIPTION_ACT_BEGIN = 1 << 2,	/* a new dialog at server */
	SUBSCRIPTION_ACT_REFRESH = 1 << 3,	/* within the dialog */
	SUBSCRIPTION_ACT_REPORT = 1 << 4,	/* another state: tell */
};

struct subscription {
	struct subscription_cfg cfg;
	uint8_t state;		/* enum subscription_state */
	bool notified;		/* since the last SUBSCRIBE */
	bool lost;		/* WAIT: for want of an answer */
	uint8_t pad;
	uint32_t failures;	/* in a row */
	uint32_t target;	/* where it ought to be, or NOWHERE */
	uint32_t server;	/* where it is, or was asked for last */
	struct mono notify_by;	/* timer N */
	struct mono refresh_at, expires_at;
	struct mono retry_at;	/* WAIT */
	struct mono hurried;	/* made anew at once, the last time; 0: never */
	struct rng rng;
};

void subscription_init(struct subscription *s,
		       const struct subscription_cfg *cfg, uint64_t seed);

/* Total: an event that means nothing in this state does nothing. */
unsigned int subscription_step(struct subscription *s,
			       const struct subscription_ev *ev);
struct mono subscription_next_expiry(const struct subscription *s);

/* Whether there is a dialog, so that a NOTIFY may come. */
bool subscription_has_dialog(const struct subscription *s);

const char *subscription_state_name(uint8_t state);
const char *subscription_ev_name(uint8_t type);

#endif /* SIPOVER_CORE_SUBSCRIPTION_H */
