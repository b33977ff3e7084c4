// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * Linear probing.  A deletion moves the followers back instead of leaving a
 * mark, so that a table through which millions of transactions have gone is as
 * fast as a new one.
 */
#include "lookup.h"

#define EMPTY 0

static uint64_t rotl(uint64_t x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static void sip_rounds(uint64_t v[4], unsigned int n)
{
	while (n--) {
		v[0] += v[1];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[0] = rotl(v[0], 32);
		v[2] += v[3];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[2] = rotl(v[2], 32);
	}
}

static uint64_t load_le(const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	while (n--)
		x = x << 8 | p[n];
	return x;
}

/* SipHash-2-4 (Aumasson, Bernstein 2012): the branches of requests received
 * are the sender's choice, and must not let it fill one chain. */
static uint64_t siphash(uint64_t k0, uint64_t k1, const uint8_t *p, size_t len)
{
	uint64_t v[4] = {
		k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL,
		k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL,
	};
	uint64_t m, end = (uint64_t)len << 56;

	for (; len >= 8; p += 8, len -= 8) {
		m = load_le(p, 8);
		v[3] ^= m;
		sip_rounds(v, 2);
		v[0] ^= m;
	}
	m = end | load_le(p, len);
	v[3] ^= m;
	sip_rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void lookup_init(struct lookup *t, struct lookup_cell *cell, uint32_t cells,
		 uint64_t seed)
{
	*t = (struct lookup){ .cell = cell, .mask = cells - 1, .seed = seed };
}

uint32_t lookup_cells(uint32_t slots)
{
	uint32_t cells = 8;

	while (cells / 2 < slots && cells < 1u << 31)
		cells *= 2;
	return cells;
}

uint64_t lookup_hash(const struct lookup *t, const void *key, size_t len)
{
	/* 128 key bits from the 64 that the caller has. */
	uint64_t k1 = rotl(t->seed, 29) * 0x9e3779b97f4a7c15ULL + 1;
	uint64_t h = siphash(t->seed, k1, key, len);

	return h == EMPTY ? 1 : h;
}

uint64_t lookup_hash_number(uint64_t key)
{
	/* An odd factor carries each bit to those above it; the fold brings the
	 * best ones down to where the table looks. */
	uint64_t h = key * 0x9e3779b97f4a7c15ULL;

	h ^= h >> 32;
	return h == EMPTY ? 1 : h;
}

void lookup_add(struct lookup *t, uint64_t hash, uint32_t slot)
{
	uint32_t i = (uint32_t)hash & t->mask;

	if (hash == EMPTY || t->used > t->mask)
		return;
	while (t->cell[i].hash != EMPTY)
		i = (i + 1) & t->mask;
	t->cell[i] = (struct lookup_cell){ .hash = hash, .slot = slot };
	t->used++;
}

/* Closes the gap at i: every follower whose way from home to here leads over
 * the gap moves into it. */
static void close_gap(struct lookup *t, uint32_t gap)
{
	uint32_t i = gap, n;

	for (n = 0; n < t->mask; n++) {
		uint32_t home;

		i = (i + 1) & t->mask;
		if (t->cell[i].hash == EMPTY)
			break;
		home = (uint32_t)t->cell[i].hash & t->mask;
		if (((i - home) & t->mask) < ((i - gap) & t->mask))
			continue;
		t->cell[gap] = t->cell[i];
		gap = i;
	}
	t->cell[gap] = (struct lookup_cell){ .hash = EMPTY };
}

void lookup_del(struct lookup *t, uint64_t hash, uint32_t slot)
{
	uint32_t i = (uint32_t)hash & t->mask, n;

	if (hash == EMPTY)
		return;
	for (n = 0; n <= t->mask && t->cell[i].hash != EMPTY; n++) {
		if (t->cell[i].hash == hash && t->cell[i].slot == slot) {
			close_gap(t, i);
			t->used--;
			return;
		}
		i = (i + 1) & t->mask;
	}
}

bool lookup_next(const struct lookup *t, uint64_t hash, uint32_t *it,
		 uint32_t *slot)
{
	uint32_t home = (uint32_t)hash & t->mask, i = home;

	if (*it != LOOKUP_FIRST) {
		i = (*it + 1) & t->mask;
		if (i == home)
			return false;
	}
	for (; t->cell[i].hash != EMPTY; ) {
		if (t->cell[i].hash == hash) {
			*it = i;
			*slot = t->cell[i].slot;
			return true;
		}
		i = (i + 1) & t->mask;
		if (i == home)
			break;
	}
	return false;
}
