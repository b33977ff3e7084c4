// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* What is counted for metrics. */
#include "core/measures.h"
#include "tap.h"

static void test_histogram(void)
{
	struct histogram h = { .sum_us = 0 };
	bool growing = true;
	unsigned int i;

	for (i = 1; i < HISTOGRAM_BUCKETS; i++)
		growing = growing &&
			  histogram_limit_us(i) > histogram_limit_us(i - 1);
	ok(growing && histogram_limit_us(0) == 100 &&
	   histogram_limit_us(HISTOGRAM_BUCKETS - 1) == 64000000,
	   "from 100 us to 64 s");
	histogram_add(&h, 0);
	histogram_add(&h, 100);
	histogram_add(&h, 101);
	histogram_add(&h, 64000000);
	histogram_add(&h, 64000001);
	ok(h.bucket[0] == 2 && h.bucket[1] == 1 &&
	   h.bucket[HISTOGRAM_BUCKETS - 1] == 1 &&
	   h.bucket[HISTOGRAM_BUCKETS] == 1, "a limit belongs to its bucket");
	ok(h.sum_us == 128000202, "the sum");
}

static void test_course(void)
{
	struct course c = {
		.n = 5,
		.step = {
			{ .us = 0, .what = COURSE_ASKED },
			{ .us = 30, .what = COURSE_EVIDENCE },
			{ .us = 200, .what = COURSE_VERDICT,
			  .source = COURSE_MODULE },
			{ .us = 330, .what = COURSE_SENT },
			{ .us = 1500, .what = COURSE_MOVED },
		},
	};
	struct measures m = { .evidence = { 0 } };

	measures_course(&m, &c);
	ok(m.took[MEASURES_DETECTED][COURSE_MODULE].sum_us == 170 &&
	   m.took[MEASURES_ASKED][COURSE_MODULE].sum_us == 300 &&
	   m.took[MEASURES_MOVED][COURSE_MODULE].sum_us == 1470,
	   "from the packet on, by who found out");
	ok(m.took[MEASURES_MOVED][COURSE_MODULE].bucket[4] == 1, "one of each");
	c.n = 1;
	measures_course(&m, &c);
	ok(m.took[MEASURES_DETECTED][COURSE_NOBODY].bucket[0] == 0,
	   "nothing failed, nothing is counted");
}

static void test_ends(void)
{
	struct measures m = { .evidence = { 0 } };
	bool named = true;
	unsigned int i;

	measures_call(&m, true, true, true, FO_TIMEOUT);
	measures_call(&m, true, false, true, FO_TIMEOUT);
	measures_call(&m, true, false, true, FO_REJECTED);
	measures_call(&m, true, false, true, FO_UNAVAILABLE);
	measures_call(&m, true, false, true, FO_TRANSPORT);
	measures_call(&m, false, false, false, FO_OK);
	ok(m.ended[1][MEASURES_ANSWERED] == 1 && m.ended[1][MEASURES_TIMEOUT] == 1
	   && m.ended[1][MEASURES_REJECTED] == 1 &&
	   m.ended[1][MEASURES_UNAVAILABLE] == 1 &&
	   m.ended[1][MEASURES_TRANSPORT] == 1 &&
	   m.ended[0][MEASURES_CANCELLED] == 1, "each end of a call by its name");
	for (i = 0; i < MEASURES_ENDS; i++)
		named = named && *measures_end_name((uint8_t)i);
	ok(named && !*measures_end_name(MEASURES_ENDS), "which all have one");
	measures_evidence(&m, SIPOVER_CAUSE_TCP_FIN, 3);
	measures_evidence(&m, 255, 1);
	is_int(m.evidence[SIPOVER_CAUSE_TCP_FIN], 3,
	       "evidence by cause; none that is not known");
}

int main(void)
{
	test_histogram();
	test_course();
	test_ends();
	return tap_done();
}
