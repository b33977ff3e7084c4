// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "histogram.h"

static const uint64_t limits[HISTOGRAM_BUCKETS] = {
	100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
	500000, 1000000, 2000000, 4000000, 8000000, 16000000, 32000000,
	64000000,
};

void histogram_add(struct histogram *h, uint64_t us)
{
	unsigned int i = 0;

	while (i < HISTOGRAM_BUCKETS && us > limits[i])
		i++;
	h->bucket[i]++;
	h->sum_us += us;
}

uint64_t histogram_limit_us(unsigned int i)
{
	return limits[i];
}
