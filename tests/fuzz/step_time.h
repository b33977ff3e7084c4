/* SPDX-License-Identifier: BSD-2-Clause */
/* Time for the machines of fuzz_step: it rises, by a little, by a lot, or to
 * the deadline that the machine named. */
#ifndef SIPOVER_TESTS_STEP_TIME_H
#define SIPOVER_TESTS_STEP_TIME_H

#include "fuzz.h"

#include "core/mono.h"

#define STEP_START_NS 1000000000ull

static inline struct mono step_time(struct feed *f, struct mono now,
				    struct mono next)
{
	static const uint32_t ms[] = {
		0, 1, 100, 500, 1000, 4000, 7500, 32000, 60000, 1800000,
		3600000, 86400000,
	};
	uint8_t how = feed_u8(f);

	if (how & 0x80)
		return mono_is_never(next) || next.ns < now.ns ? now : next;
	return mono_add_ms(now, ms[how % 12]);
}

#endif /* SIPOVER_TESTS_STEP_TIME_H */
