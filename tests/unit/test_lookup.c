// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <stdlib.h>
#include <string.h>

#include "../../userspace/core/rng.h"
#include "../../userspace/core/lookup.h"

#define CELLS 64

/* SipHash-2-4 of 00 01 02 ..., by a second implementation that agrees with the
 * vector in its paper; key as lookup.c makes it from the seed. */
#define HASH_0 0x38280db10a40be32ULL
#define HASH_7 0x454e2d5b4a2ec837ULL
#define HASH_8 0x3ecf1e1fdedfa2dcULL
#define HASH_63 0x8fd80d1173e68e84ULL

static struct lookup_cell cell[CELLS];
static struct lookup tab;

static void fresh(uint64_t seed)
{
	memset(cell, 0, sizeof(cell));
	lookup_init(&tab, cell, CELLS, seed);
}

static unsigned int find(uint64_t hash, uint32_t slot)
{
	uint32_t it, got;
	unsigned int n = 0;

	for (it = LOOKUP_FIRST; lookup_next(&tab, hash, &it, &got);)
		n += got == slot;
	return n;
}

static unsigned int count(uint64_t hash)
{
	uint32_t it, got;
	unsigned int n = 0;

	for (it = LOOKUP_FIRST; lookup_next(&tab, hash, &it, &got);)
		n++;
	return n;
}

static void test_hash(void)
{
	struct lookup other;
	struct lookup_cell c2[2] = { { 0 } };
	uint8_t in[64];
	unsigned int i, same = 0;

	fresh(0x0706050403020100ULL);
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	ok(lookup_hash(&tab, in, 0) == HASH_0, "SipHash of nothing");
	ok(lookup_hash(&tab, in, 7) == HASH_7, "of 7 bytes");
	ok(lookup_hash(&tab, in, 8) == HASH_8, "of 8 bytes");
	ok(lookup_hash(&tab, in, 63) == HASH_63, "of 63 bytes");
	lookup_init(&other, c2, 2, 0x0706050403020101ULL);
	for (i = 0; i < sizeof(in); i++)
		same += lookup_hash(&tab, in, i) == lookup_hash(&other, in, i);
	is_int(same, 0, "another seed, another hash");
}

static void test_chain(void)
{
	/* All of one home cell, which is the last one: the chain wraps. */
	uint64_t h[5];
	unsigned int i, k;

	for (i = 0; i < 5; i++)
		h[i] = (uint64_t)(i + 1) << 32 | (CELLS - 1);
	for (k = 0; k < 5; k++) {
		fresh(1);
		for (i = 0; i < 5; i++)
			lookup_add(&tab, h[i], i);
		lookup_add(&tab, 1, 100);	/* home inside the chain */
		lookup_del(&tab, h[k], k);
		is_int(find(h[k], k), 0, "deleted number %u of a chain", k);
		for (i = 0; i < 5; i++)
			if (i != k)
				is_int(find(h[i], i), 1, "%u is there", i);
		is_int(find(1, 100), 1, "and so is the neighbour");
		is_int(tab.used, 5, "five are left");
	}
}

static void test_same_hash(void)
{
	uint64_t h = 0x1234567800000005ULL;

	fresh(1);
	lookup_add(&tab, h, 1);
	lookup_add(&tab, h, 2);
	lookup_add(&tab, h + CELLS, 3);
	lookup_add(&tab, h, 4);
	is_int(count(h), 3, "three of one hash");
	is_int(count(h + CELLS), 1, "one of another with the same home");
	lookup_del(&tab, h, 9);
	lookup_del(&tab, h + 1, 1);
	is_int(tab.used, 4, "deleting what is not there");
	lookup_del(&tab, h, 2);
	is_int(find(h, 1) + find(h, 4), 2, "the other two stay");
	is_int(find(h, 2), 0, "the right one went");
	lookup_add(&tab, 0, 7);
	lookup_del(&tab, 0, 7);
	is_int(count(0), 0, "0 is no hash");
}

static void test_full(void)
{
	unsigned int i, wrong = 0;

	fresh(1);
	for (i = 0; i < CELLS + 3; i++)
		lookup_add(&tab, (uint64_t)(i + 1) * 0x100000001ULL, i);
	is_int(tab.used, CELLS, "full: no more");
	for (i = 0; i < CELLS; i++)
		wrong += find((uint64_t)(i + 1) * 0x100000001ULL, i) != 1;
	is_int(wrong, 0, "everything in a full table is found");
	is_int(count(0xabcdef), 0, "a search in a full table ends");
	lookup_del(&tab, 0xabcdef, 1);
	is_int(tab.used, CELLS, "deleting what is not there in a full table");
	fresh(1);
	for (i = 0; i < CELLS; i++)
		lookup_add(&tab, 7, i);
	is_int(count(7), CELLS, "full of one hash: each once, and an end");
	fresh(1);
	for (i = 0; i < CELLS; i++)
		lookup_add(&tab, (uint64_t)(i + 1) * 0x100000001ULL, i);
	for (i = 0; i < CELLS; i++)
		lookup_del(&tab, (uint64_t)(i + 1) * 0x100000001ULL, i);
	is_int(tab.used, 0, "and all can be deleted");
}

/* A model, many generations: no marks of the dead may pile up. */
static void test_random(void)
{
	struct rng rng = { .state = 3 };
	uint64_t hash[32] = { 0 };
	unsigned int i, k, wrong = 0, dirty = 0, adds = 0;

	fresh(1);
	for (i = 0; i < 50000; i++) {
		uint32_t slot = rng_below(&rng, 32);

		if (hash[slot]) {
			lookup_del(&tab, hash[slot], slot);
			hash[slot] = 0;
		} else {
			/* Few homes, so that chains are long. */
			hash[slot] = (rng_next(&rng) << 8 & ~0xffULL) |
				     (1 + rng_below(&rng, 12) * 5);
			lookup_add(&tab, hash[slot], slot);
			adds++;
		}
		for (k = 0; k < 32; k++)
			if (hash[k])
				wrong += find(hash[k], k) != 1;
	}
	is_int(wrong, 0, "as the model, %u adds", adds);
	for (k = 0; k < 32; k++)
		if (hash[k])
			lookup_del(&tab, hash[k], k);
	for (k = 0; k < CELLS; k++)
		dirty += cell[k].hash != 0;
	is_int(dirty + tab.used, 0, "nothing is left behind");
}

/* The cells that a search for what is not there looks at, at most. */
static uint32_t longest(const struct lookup *t)
{
	uint32_t i, run = 0, most = 0;

	for (i = 0; i < 2 * (t->mask + 1); i++) {
		run = t->cell[i & t->mask].hash ? run + 1 : 0;
		if (run > most)
			most = run;
	}
	return most;
}

/* Keys that differ little, as those do that are looked up: servers in a row,
 * lengths, connections, addresses of one network.  Half full, a chain has some
 * dozens of cells however many there are; a walk through all has 20 000. */
static void test_spread(void)
{
	enum { N = 20000 };
	uint32_t cells = lookup_cells(N), i, kind;
	struct lookup_cell *many = NULL;
	struct lookup t;

	ok(cells >= 2 * N && !(cells & (cells - 1)), "%u cells for %u", cells,
	   N);
	is_int(lookup_cells(0), 8, "a few for none");
	for (kind = 0; kind < 4; kind++) {
		free(many);
		many = calloc(cells, sizeof(*many));
		if (!many)
			return;
		lookup_init(&t, many, cells, 0);
		for (i = 0; i < N; i++) {
			uint8_t addr[20] = { 1, 0, 0x13, 0xc4, 10, 0,
					     (uint8_t)(i >> 8), (uint8_t)i };

			lookup_add(&t, kind == 0 ?
				   lookup_hash(&t, addr, sizeof(addr)) :
				   lookup_hash_number(((uint64_t)i <<
						       16 * (kind - 1)) + 500),
				   i);
		}
		ok(longest(&t) < 200, "chains are short, kind %u: %u", kind,
		   longest(&t));
	}
	free(many);
	ok(lookup_hash_number(0), "the hash of 0 is none");
}

int main(void)
{
	test_hash();
	test_chain();
	test_same_hash();
	test_full();
	test_random();
	test_spread();
	return tap_done();
}
