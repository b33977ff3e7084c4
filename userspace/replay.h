/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sipoverd --replay FILE: takes every step of an event log again and compares.
 * Prints one line a step to out:
 *
 *   seconds kind number (name) state: event -> what came of it
 *
 * and under it, indented, where this program decides otherwise ("now: ..."), or
 * where a state is not the one that the step before it left ("changed outside
 * a step").
 */
#ifndef SIPOVER_REPLAY_H
#define SIPOVER_REPLAY_H

#include <stdint.h>
#include <stdio.h>

struct replay_result {
	uint64_t steps;
	uint64_t differ;	/* other actions than recorded */
	uint64_t torn;		/* another state than the last step left */
	uint64_t unfinished;	/* no result: the daemon died in it */
};

/* mem, size: the whole file.  0; -EPROTO with *why (what was read until then is
 * printed and counted); -ENOMEM. */
int replay(const void *mem, size_t size, FILE *out, struct replay_result *r,
	   const char **why);

#endif /* SIPOVER_REPLAY_H */
