/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long something took, counted by buckets of fixed limits from 100
 * microseconds to 64 seconds.  A value.
 */
#ifndef SIPOVER_CORE_HISTOGRAM_H
#define SIPOVER_CORE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 19

struct histogram {
	uint64_t bucket[HISTOGRAM_BUCKETS + 1];	/* the last: longer than all */
	uint64_t sum_us;
};

void histogram_add(struct histogram *h, uint64_t us);

/* The longest time that bucket i counts. */
uint64_t histogram_limit_us(unsigned int i);

#endif /* SIPOVER_CORE_HISTOGRAM_H */
