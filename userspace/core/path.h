/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether there is a way out, without the flapping: of one server, and of the
 * daemon (a way to any server).  A value; the facts are the kernel's: a route,
 * an own address to send from, a carrier on the interface, a router that answers
 * (signs 13, 14, 16 to 19).
 *
 * A way that is lost is told after loss_ms (0: at once), one that is back only
 * after it has been there for a while.  That while doubles each time the way is
 * lost soon after it came back, so that a loose plug makes no storm.
 */
#ifndef SIPOVER_CORE_PATH_H
#define SIPOVER_CORE_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"

enum path_fact {
	PATH_USABLE,
	PATH_NO_ROUTE,
	PATH_NO_CARRIER,	/* the interface is down or without a peer */
	PATH_NO_ADDRESS,	/* the configured own address is not ours now */
	PATH_ASLEEP,		/* the machine was suspended */
	PATH_NO_GATEWAY,	/* the router that it begins with does not answer
				 * on our own link */
	PATH_FACTS
};

enum path_ev_type {
	PATH_EV_FACT,		/* what the kernel says now; also when
				 * path_next_expiry() has come */
	PATH_EV_WOKE,		/* after a suspend, fact as it is now */
	PATH_EV_TYPES
};

struct path_ev {
	struct mono now;
	uint8_t type;		/* enum path_ev_type */
	uint8_t fact;		/* enum path_fact */
	uint8_t pad[6];
};

enum path_act {
	PATH_ACT_NONE,
	PATH_ACT_LOST,
	PATH_ACT_BACK,
};

#define PATH_SETTLE_MS 300	/* there for so long: it is back */
#define PATH_SETTLE_MAX_MS 9600
#define PATH_FLAP_MS 10000	/* lost within this after it was back: flapping */
#define PATH_LOSS_MS 1000	/* one server's, while others have theirs */

struct path {
	uint8_t fact;		/* the last */
	uint8_t cause;		/* enum path_fact: why it was lost */
	bool lost;
	uint8_t pad;
	uint32_t loss_ms;
	uint32_t settle_ms;
	uint32_t pad2;
	struct mono due;	/* then it is told; NEVER: nothing is to be told */
	struct mono back_at;	/* NEVER: it never was lost */
};

void path_init(struct path *p, uint32_t loss_ms);
enum path_act path_step(struct path *p, const struct path_ev *ev);
struct mono path_next_expiry(const struct path *p);

const char *path_fact_name(uint8_t fact);
const char *path_ev_name(uint8_t type);

#endif /* SIPOVER_CORE_PATH_H */
