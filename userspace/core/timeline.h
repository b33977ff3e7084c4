/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last failovers and failbacks, each as its course, and what the line still
 * did there: the requests that followed it, its registration, its call.  The
 * memory is fixed; a new one takes the place of the oldest.
 */
#ifndef SIPOVER_CORE_TIMELINE_H
#define SIPOVER_CORE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "course.h"
#include "mono.h"

#define TIMELINE_MAX 32
#define TIMELINE_NAME_MAX 64
#define TIMELINE_AFTER_MS 5000	/* what comes later is no part of it */

struct timeline_entry {
	uint32_t id;		/* from 1 on; 0: none */
	bool failback;
	char line[TIMELINE_NAME_MAX];
	struct addr from, to;	/* family NONE: none */
	/* Those of course.server: their numbers may be others' by now. */
	struct addr server[COURSE_SERVERS];
	struct course course;
};

/* Zeroed: none yet. */
struct timeline {
	uint32_t newest;
	struct timeline_entry entry[TIMELINE_MAX];
};

/* The course ends: takes it over and leaves it empty.  What is to be filled in:
 * line, from, to, failback and the addresses of its servers. */
struct timeline_entry *timeline_finish(struct timeline *t, struct course *c,
				       uint32_t to, struct mono now);

/* The one that the line's course finished last, as long as there is something to
 * add; NULL: none. */
struct timeline_entry *timeline_open(struct timeline *t,
				     const struct course *c, struct mono now);

/* The one before (0: the newest); NULL: there are no more. */
const struct timeline_entry *timeline_before(const struct timeline *t,
					     uint32_t id);

#endif /* SIPOVER_CORE_TIMELINE_H */
