/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds a transaction's slot by its key (branch, or for server transactions
 * branch + sent-by + method, RFC 3261 17.1.3, 17.2.3).  Open addressing over
 * caller's storage; keys are 64-bit seeded hashes kept beside the slot, so a
 * finder must compare the full key itself through the callback-free loop:
 *
 *	for (it = TXNTAB_FIRST; txntab_next(&tab, hash, &it, &slot);)
 *		if (matches(slot)) ...
 *
 * An add or a deletion moves cells: the loop ends there (break, or begin again
 * with TXNTAB_FIRST).
 */
#ifndef SIPOVER_CORE_TXNTAB_H
#define SIPOVER_CORE_TXNTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TXNTAB_FIRST UINT32_MAX

struct txntab_cell {
	uint64_t hash;		/* 0: empty */
	uint32_t slot;
};

struct txntab {
	struct txntab_cell *cell;	/* 1 << order of them */
	uint32_t mask;
	uint32_t used;
	uint64_t seed;
};

/* cells: a power of two, at least twice the slots that will be in use.  What
 * does not fit in at all is not added.  seed: random and secret. */
void txntab_init(struct txntab *t, struct txntab_cell *cell, uint32_t cells,
		 uint64_t seed);
/* Never 0. */
uint64_t txntab_hash(const struct txntab *t, const void *key, size_t len);
void txntab_add(struct txntab *t, uint64_t hash, uint32_t slot);
void txntab_del(struct txntab *t, uint64_t hash, uint32_t slot);
bool txntab_next(const struct txntab *t, uint64_t hash, uint32_t *it,
		 uint32_t *slot);

#endif /* SIPOVER_CORE_TXNTAB_H */
