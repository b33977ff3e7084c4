/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often a password may be tried.  Pure: the time is the caller's.
 *
 * A source is an address (of IPv6 its /64) or a browser that has logged in
 * before.  After LIMITER_FREE wrong passwords it waits 1 s, 2 s, 4 s ... at
 * most LIMITER_WAIT_MAX_S before each next one; a try that comes too early is
 * refused without being looked at and changes nothing.
 *
 * All strangers together have LIMITER_BURST wrong ones, then one in
 * LIMITER_REFILL_MS: that is what many addresses get, and what the hash may
 * cost the phone.  Who is known, and the phone itself, is not held up by them:
 * nobody can keep the right user out by guessing.
 */
#ifndef SIPOVER_WEB_LIMITER_H
#define SIPOVER_WEB_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mono.h"

#define LIMITER_SOURCES 256
#define LIMITER_FREE 3
#define LIMITER_WAIT_MAX_S 60
#define LIMITER_FORGET_MS (15 * 60 * 1000)
#define LIMITER_BURST 20
#define LIMITER_REFILL_MS 2000
#define LIMITER_KEY 16

struct limiter_source {
	uint8_t key[LIMITER_KEY];
	uint32_t failures;	/* 0: this place is free */
	struct mono last, next;
};

struct limiter {
	struct limiter_source s[LIMITER_SOURCES];
	uint32_t left;		/* wrong ones that strangers have left */
	struct mono filled;	/* when the last one was added */
};

struct limiter_who {
	uint8_t key[LIMITER_KEY];
	bool known;		/* logged in before, or the phone itself */
};

void limiter_init(struct limiter *l, struct mono now);

/* 0: may try now, else seconds to wait. */
uint32_t limiter_wait_s(struct limiter *l, const struct limiter_who *who,
			struct mono now);
void limiter_failed(struct limiter *l, const struct limiter_who *who,
		    struct mono now);
void limiter_passed(struct limiter *l, const struct limiter_who *who);

#endif /* SIPOVER_WEB_LIMITER_H */
