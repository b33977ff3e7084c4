// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "clock.h"

#include <poll.h>
#include <time.h>

struct mono clock_now(void)
{
	struct timespec ts;

	/* Cannot fail: the clock exists since Linux 2.6.39. */
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (struct mono){ (uint64_t)ts.tv_sec * 1000000000 +
			      (uint64_t)ts.tv_nsec };
}

uint64_t clock_unix_ns(struct mono then)
{
	uint64_t boot = clock_now().ns, now;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	return now + then.ns - boot;
}

struct mono clock_slept(void)
{
	struct mono boot = clock_now();
	struct timespec ts;
	uint64_t awake;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	awake = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	return (struct mono){ boot.ns > awake ? boot.ns - awake : 0 };
}

bool clock_pause(int ms)
{
	return poll(NULL, 0, ms) == 0;
}
