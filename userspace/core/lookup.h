/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds a numbered thing by its key, without a look at the others: a transaction
 * by branch (RFC 3261 17.1.3, 17.2.3), a server by address, a line by user.  Open
 * addressing over caller's storage, so that nothing is allocated; what is kept
 * beside the number is the key's 64-bit seeded hash, and the finder compares the
 * keys themselves:
 *
 *	for (it = LOOKUP_FIRST; lookup_next(&tab, hash, &it, &slot);)
 *		if (matches(slot)) ...
 *
 * An add or a deletion moves cells: the loop ends there (break, or begin again
 * with LOOKUP_FIRST).
 */
#ifndef SIPOVER_CORE_LOOKUP_H
#define SIPOVER_CORE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOKUP_FIRST UINT32_MAX

struct lookup_cell {
	uint64_t hash;		/* 0: empty */
	uint32_t slot;
};

struct lookup {
	struct lookup_cell *cell;	/* 1 << order of them */
	uint32_t mask;
	uint32_t used;
	uint64_t seed;
};

/* cell: zeroed, so that pages of it that nobody needs are never touched.  cells:
 * a power of two, at least twice the slots that will be in use.  What does not
 * fit in at all is not added.  seed: random and secret. */
void lookup_init(struct lookup *t, struct lookup_cell *cell, uint32_t cells,
		 uint64_t seed);
/* The cells for that many slots. */
uint32_t lookup_cells(uint32_t slots);
/* Never 0. */
uint64_t lookup_hash(const struct lookup *t, const void *key, size_t len);
/* The same of a number that nobody outside has chosen, in a few instructions. */
uint64_t lookup_hash_number(uint64_t key);
void lookup_add(struct lookup *t, uint64_t hash, uint32_t slot);
void lookup_del(struct lookup *t, uint64_t hash, uint32_t slot);
bool lookup_next(const struct lookup *t, uint64_t hash, uint32_t *it,
		 uint32_t *slot);

#endif /* SIPOVER_CORE_LOOKUP_H */
