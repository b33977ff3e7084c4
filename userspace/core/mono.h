/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time as a value: CLOCK_BOOTTIME nanoseconds, the one clock of the daemon
 * (phones suspend, so CLOCK_MONOTONIC would stand still).  Read only in
 * io/clock.c; the core gets it inside its events.
 */
#ifndef SIPOVER_CORE_MONO_H
#define SIPOVER_CORE_MONO_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
	uint64_t ns;
};

#define MONO_NEVER ((struct mono){ UINT64_MAX })

static inline bool mono_is_never(struct mono t)
{
	return t.ns == UINT64_MAX;
}

/* Saturates: later than the end of time is never. */
static inline struct mono mono_add_ms(struct mono t, uint64_t ms)
{
	if (ms > (UINT64_MAX - t.ns) / 1000000)
		return MONO_NEVER;
	return (struct mono){ t.ns + ms * 1000000 };
}

/* Whether a deadline has come: deadline <= now. */
static inline bool mono_due(struct mono deadline, struct mono now)
{
	return deadline.ns <= now.ns;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}

/* Microseconds from a to b; 0 if b is earlier. */
static inline uint64_t mono_us_since(struct mono a, struct mono b)
{
	return b.ns > a.ns ? (b.ns - a.ns) / 1000 : 0;
}

#endif /* SIPOVER_CORE_MONO_H */
