/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The states found: their keys, whole, in the order they were found, with the
 * step that led there first; and a hash table of them.
 */
#ifndef SIPOVER_TESTS_MODEL_STORE_H
#define SIPOVER_TESTS_MODEL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define STORE_NONE UINT32_MAX

struct step_from {
	uint32_t state;		/* STORE_NONE: the first */
	struct event ev;
	uint8_t chance;
};

struct store {
	unsigned int key_size;
	uint32_t n, max;
	uint8_t *key;
	struct step_from *from;
	uint32_t *slot;
	uint32_t slots;		/* a power of two */
};

/* False: no memory. */
bool store_open(struct store *s, unsigned int key_size, uint32_t max);
void store_close(struct store *s);
uint64_t store_hash(const struct store *s, const uint8_t *key);
/* Memory is far: ask for what store_add() will read, first the one, then,
 * when that has come, the other. */
void store_ahead_slot(const struct store *s, uint64_t hash);
void store_ahead_key(const struct store *s, uint64_t hash);
/* Its number; *added: it is new.  STORE_NONE: full. */
uint32_t store_add(struct store *s, const uint8_t *key, uint64_t hash,
		   struct step_from from, bool *added);

static inline const uint8_t *store_key(const struct store *s, uint32_t i)
{
	return s->key + (uint64_t)i * s->key_size;
}

#endif /* SIPOVER_TESTS_MODEL_STORE_H */
