/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deadlines of numbered things: a binary heap with a position index, so that
 * moving or cancelling one costs O(log n) and nothing is allocated after
 * timerq_init().  The storage is the caller's.
 */
#ifndef SIPOVER_CORE_TIMERQ_H
#define SIPOVER_CORE_TIMERQ_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"

struct timerq_entry {
	struct mono at;
	uint32_t id;
};

struct timerq {
	struct timerq_entry *heap;	/* capacity entries */
	uint32_t *pos;			/* id -> heap index + 1; 0: not queued */
	uint32_t capacity, n;
};

/* heap and pos must hold capacity elements and outlive the queue; ids are
 * 0..capacity-1. */
void timerq_init(struct timerq *q, struct timerq_entry *heap, uint32_t *pos,
		 uint32_t capacity);

/* Sets, moves or (at = MONO_NEVER) cancels the deadline of id. */
void timerq_set(struct timerq *q, uint32_t id, struct mono at);

/* The earliest deadline; MONO_NEVER when there is none. */
struct mono timerq_next(const struct timerq *q);

/* Takes one id whose deadline is due out of the queue; false: none is. */
bool timerq_pop_due(struct timerq *q, struct mono now, uint32_t *id);

#endif /* SIPOVER_CORE_TIMERQ_H */
