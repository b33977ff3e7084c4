// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include "../../userspace/core/rng.h"
#include "../../userspace/core/txntab.h"

#define CELLS 64

/* SipHash-2-4 of 00 01 02 ..., by a second implementation that agrees with the
 * vector in its paper; key as txntab.c makes it from the seed. */
#define HASH_0 0x38280db10a40be32ULL
#define HASH_7 0x454e2d5b4a2ec837ULL
#define HASH_8 0x3ecf1e1fdedfa2dcULL
#define HASH_63 0x8fd80d1173e68e84ULL

static struct txntab_cell cell[CELLS];
static struct txntab tab;

static unsigned int find(uint64_t hash, uint32_t slot)
{
	uint32_t it, got;
	unsigned int n = 0;

	for (it = TXNTAB_FIRST; txntab_next(&tab, hash, &it, &got);)
		n += got == slot;
	return n;
}

static unsigned int count(uint64_t hash)
{
	uint32_t it, got;
	unsigned int n = 0;

	for (it = TXNTAB_FIRST; txntab_next(&tab, hash, &it, &got);)
		n++;
	return n;
}

static void test_hash(void)
{
	struct txntab other;
	struct txntab_cell c2[2];
	uint8_t in[64];
	unsigned int i, same = 0;

	txntab_init(&tab, cell, CELLS, 0x0706050403020100ULL);
	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	ok(txntab_hash(&tab, in, 0) == HASH_0, "SipHash of nothing");
	ok(txntab_hash(&tab, in, 7) == HASH_7, "of 7 bytes");
	ok(txntab_hash(&tab, in, 8) == HASH_8, "of 8 bytes");
	ok(txntab_hash(&tab, in, 63) == HASH_63, "of 63 bytes");
	txntab_init(&other, c2, 2, 0x0706050403020101ULL);
	for (i = 0; i < sizeof(in); i++)
		same += txntab_hash(&tab, in, i) == txntab_hash(&other, in, i);
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
		txntab_init(&tab, cell, CELLS, 1);
		for (i = 0; i < 5; i++)
			txntab_add(&tab, h[i], i);
		txntab_add(&tab, 1, 100);	/* home inside the chain */
		txntab_del(&tab, h[k], k);
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

	txntab_init(&tab, cell, CELLS, 1);
	txntab_add(&tab, h, 1);
	txntab_add(&tab, h, 2);
	txntab_add(&tab, h + CELLS, 3);
	txntab_add(&tab, h, 4);
	is_int(count(h), 3, "three of one hash");
	is_int(count(h + CELLS), 1, "one of another with the same home");
	txntab_del(&tab, h, 9);
	txntab_del(&tab, h + 1, 1);
	is_int(tab.used, 4, "deleting what is not there");
	txntab_del(&tab, h, 2);
	is_int(find(h, 1) + find(h, 4), 2, "the other two stay");
	is_int(find(h, 2), 0, "the right one went");
	txntab_add(&tab, 0, 7);
	txntab_del(&tab, 0, 7);
	is_int(count(0), 0, "0 is no hash");
}

static void test_full(void)
{
	unsigned int i, wrong = 0;

	txntab_init(&tab, cell, CELLS, 1);
	for (i = 0; i < CELLS + 3; i++)
		txntab_add(&tab, (uint64_t)(i + 1) * 0x100000001ULL, i);
	is_int(tab.used, CELLS, "full: no more");
	for (i = 0; i < CELLS; i++)
		wrong += find((uint64_t)(i + 1) * 0x100000001ULL, i) != 1;
	is_int(wrong, 0, "everything in a full table is found");
	is_int(count(0xabcdef), 0, "a search in a full table ends");
	txntab_del(&tab, 0xabcdef, 1);
	is_int(tab.used, CELLS, "deleting what is not there in a full table");
	txntab_init(&tab, cell, CELLS, 1);
	for (i = 0; i < CELLS; i++)
		txntab_add(&tab, 7, i);
	is_int(count(7), CELLS, "full of one hash: each once, and an end");
	txntab_init(&tab, cell, CELLS, 1);
	for (i = 0; i < CELLS; i++)
		txntab_add(&tab, (uint64_t)(i + 1) * 0x100000001ULL, i);
	for (i = 0; i < CELLS; i++)
		txntab_del(&tab, (uint64_t)(i + 1) * 0x100000001ULL, i);
	is_int(tab.used, 0, "and all can be deleted");
}

/* A model, many generations: no marks of the dead may pile up. */
static void test_random(void)
{
	struct rng rng = { .state = 3 };
	uint64_t hash[32] = { 0 };
	unsigned int i, k, wrong = 0, dirty = 0, adds = 0;

	txntab_init(&tab, cell, CELLS, 1);
	for (i = 0; i < 50000; i++) {
		uint32_t slot = rng_below(&rng, 32);

		if (hash[slot]) {
			txntab_del(&tab, hash[slot], slot);
			hash[slot] = 0;
		} else {
			/* Few homes, so that chains are long. */
			hash[slot] = (rng_next(&rng) << 8 & ~0xffULL) |
				     (1 + rng_below(&rng, 12) * 5);
			txntab_add(&tab, hash[slot], slot);
			adds++;
		}
		for (k = 0; k < 32; k++)
			if (hash[k])
				wrong += find(hash[k], k) != 1;
	}
	is_int(wrong, 0, "as the model, %u adds", adds);
	for (k = 0; k < 32; k++)
		if (hash[k])
			txntab_del(&tab, hash[k], k);
	for (k = 0; k < CELLS; k++)
		dirty += cell[k].hash != 0;
	is_int(dirty + tab.used, 0, "nothing is left behind");
}

int main(void)
{
	test_hash();
	test_chain();
	test_same_hash();
	test_full();
	test_random();
	return tap_done();
}
