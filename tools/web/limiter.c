// SPDX-License-Identifier: BSD-2-Clause
#include "limiter.h"

#include <string.h>

void limiter_init(struct limiter *l, struct mono now)
{
	memset(l, 0, sizeof(*l));
	l->left = LIMITER_BURST;
	l->filled = now;
}

static void refill(struct limiter *l, struct mono now)
{
	uint64_t n = mono_us_since(l->filled, now) /
		     (LIMITER_REFILL_MS * 1000ull);

	if (n >= LIMITER_BURST - l->left) {
		l->left = LIMITER_BURST;
		l->filled = now;
	} else {
		l->left += (uint32_t)n;
		l->filled = mono_add_ms(l->filled, n * LIMITER_REFILL_MS);
	}
}

static struct limiter_source *find(struct limiter *l, const uint8_t *key)
{
	for (size_t i = 0; i < LIMITER_SOURCES; i++)
		if (l->s[i].failures &&
		    !memcmp(l->s[i].key, key, LIMITER_KEY))
			return &l->s[i];
	return NULL;
}

/* Seconds, rounded up: asked again then, the answer is yes. */
static uint32_t seconds_until(struct mono then, struct mono now)
{
	return (uint32_t)((mono_us_since(now, then) + 999999) / 1000000);
}

uint32_t limiter_wait_s(struct limiter *l, const struct limiter_who *who,
			struct mono now)
{
	struct limiter_source *s = find(l, who->key);

	if (s && mono_due(mono_add_ms(s->last, LIMITER_FORGET_MS), now)) {
		memset(s, 0, sizeof(*s));
		s = NULL;
	}
	if (s && !mono_due(s->next, now))
		return seconds_until(s->next, now);
	if (who->known)
		return 0;
	refill(l, now);
	if (l->left)
		return 0;
	return seconds_until(mono_add_ms(l->filled, LIMITER_REFILL_MS), now);
}

/* A free place, or that of the source that failed longest ago: who has more
 * addresses than places meets the limit of all strangers. */
static struct limiter_source *make_place(struct limiter *l)
{
	struct limiter_source *place = &l->s[0];

	for (size_t i = 0; i < LIMITER_SOURCES; i++) {
		if (!l->s[i].failures)
			return &l->s[i];
		if (l->s[i].last.ns < place->last.ns)
			place = &l->s[i];
	}
	return place;
}

void limiter_failed(struct limiter *l, const struct limiter_who *who,
		    struct mono now)
{
	struct limiter_source *s = find(l, who->key);
	uint32_t wait_s = 0;

	if (!s) {
		s = make_place(l);
		memcpy(s->key, who->key, LIMITER_KEY);
		s->failures = 0;
	}
	if (s->failures < UINT32_MAX)
		s->failures++;
	if (s->failures > LIMITER_FREE) {
		uint32_t n = s->failures - LIMITER_FREE - 1;

		wait_s = n < 6 ? 1u << n : LIMITER_WAIT_MAX_S;
	}
	s->last = now;
	s->next = mono_add_ms(now, wait_s * 1000ull);
	if (!who->known) {
		refill(l, now);
		if (l->left)
			l->left--;
	}
}

void limiter_passed(struct limiter *l, const struct limiter_who *who)
{
	struct limiter_source *s = find(l, who->key);

	if (s)
		memset(s, 0, sizeof(*s));
}
