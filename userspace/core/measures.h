/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is counted for metrics beside the plain counters: how long failovers
 * took, by who found out; the kernel's evidence by cause; how calls ended.
 */
#ifndef SIPOVER_CORE_MEASURES_H
#define SIPOVER_CORE_MEASURES_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/sipover.h>

#include "course.h"
#include "failover.h"
#include "histogram.h"

#define MEASURES_CAUSES (SIPOVER_CAUSE_MAX + 1)

/* From where a line's trouble began (course_trouble()) to ... */
enum measures_time {
	MEASURES_DETECTED,	/* the verdict */
	MEASURES_ASKED,		/* the first request to the next server */
	MEASURES_MOVED,		/* the line works there */
	MEASURES_TIMES
};

enum measures_end {
	MEASURES_ANSWERED,	/* it was up */
	MEASURES_REJECTED,	/* these four: enum fo_outcome */
	MEASURES_UNAVAILABLE,
	MEASURES_TIMEOUT,
	MEASURES_TRANSPORT,
	MEASURES_CANCELLED,	/* somebody hung up before, or refused */
	MEASURES_ENDS
};

/* Zeroed: nothing yet. */
struct measures {
	struct histogram took[MEASURES_TIMES][COURSE_SOURCES];
	uint64_t evidence[MEASURES_CAUSES];
	uint64_t ended[2][MEASURES_ENDS];	/* 1: calls of ours */
};

/* A course that ended, and not in a failback. */
void measures_course(struct measures *m, const struct course *c);
void measures_evidence(struct measures *m, uint8_t cause, uint64_t count);
/* outcome: why it failed; else was_up tells. */
void measures_call(struct measures *m, bool outgoing, bool was_up, bool failed,
		   uint8_t outcome);

const char *measures_end_name(uint8_t end);

#endif /* SIPOVER_CORE_MEASURES_H */
