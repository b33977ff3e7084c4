// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "store.h"

#include <string.h>
#include <sys/mman.h>

/* What is reserved and never touched costs nothing. */
static void *reserve(uint64_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, n, MADV_HUGEPAGE);
	return p;
}

bool store_open(struct store *s, unsigned int key_size, uint32_t max)
{
	memset(s, 0, sizeof(*s));
	s->key_size = key_size;
	s->max = max;
	for (s->slots = 1024; s->slots < 2ULL * max && s->slots < 1U << 31;)
		s->slots *= 2;
	s->key = reserve((uint64_t)max * key_size);
	s->from = reserve(max * sizeof(*s->from));
	s->slot = reserve(s->slots * sizeof(*s->slot));
	return s->key && s->from && s->slot;
}

void store_close(struct store *s)
{
	munmap(s->key, (uint64_t)s->max * s->key_size);
	munmap(s->from, s->max * sizeof(*s->from));
	munmap(s->slot, s->slots * sizeof(*s->slot));
}

uint64_t store_hash(const struct store *s, const uint8_t *key)
{
	uint64_t h = 0x9e3779b97f4a7c15ULL, w;
	unsigned int n = s->key_size;

	for (; n >= 8; n -= 8, key += 8) {
		memcpy(&w, key, 8);
		h = (h ^ w) * 0xbf58476d1ce4e5b9ULL;
		h ^= h >> 29;
	}
	w = 0;
	memcpy(&w, key, n);
	h = (h ^ w) * 0x94d049bb133111ebULL;
	return h ^ h >> 32;
}

void store_ahead_slot(const struct store *s, uint64_t hash)
{
	__builtin_prefetch(&s->slot[hash & (s->slots - 1)]);
}

void store_ahead_key(const struct store *s, uint64_t hash)
{
	uint32_t i = s->slot[hash & (s->slots - 1)];

	if (i)
		__builtin_prefetch(store_key(s, i - 1));
}

uint32_t store_add(struct store *s, const uint8_t *key, uint64_t hash,
		   struct step_from from, bool *added)
{
	uint32_t at = (uint32_t)hash & (s->slots - 1);

	for (; s->slot[at]; at = (at + 1) & (s->slots - 1)) {
		uint32_t i = s->slot[at] - 1;

		if (memcmp(store_key(s, i), key, s->key_size) == 0) {
			*added = false;
			return i;
		}
	}
	if (s->n == s->max)
		return STORE_NONE;
	memcpy(s->key + (uint64_t)s->n * s->key_size, key, s->key_size);
	s->from[s->n] = from;
	s->slot[at] = ++s->n;
	*added = true;
	return s->n - 1;
}
