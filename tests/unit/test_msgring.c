// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The ring of the last messages against a list that forgets nothing. */
#include <stdlib.h>

#include "core/msgring.h"
#include "tap.h"

#define PUTS 20000

static struct msgring_entry entry(uint32_t i, uint32_t len)
{
	return (struct msgring_entry){
		.at = { i }, .line = MSGRING_NO_LINE, .len = len,
		.kind = (uint8_t)(i % MSGRING_KINDS),
	};
}

/* Entry i has bytes that tell which it is. */
static void fill(unsigned char *bytes, uint32_t i, uint32_t len)
{
	uint32_t k;

	for (k = 0; k < len; k++)
		bytes[k] = (unsigned char)(i * 7 + k);
}

/* Those it has are the newest, whole and in order; how many. */
static unsigned int check(const struct msgring *r, const uint32_t *len,
			  uint32_t n, bool *good)
{
	const struct msgring_entry *e = NULL;
	unsigned char want[4096];
	unsigned int kept = 0;
	uint32_t i = n;

	for (e = msgring_next(r, NULL); e; e = msgring_next(r, e))
		kept++;
	i = n - kept;
	for (e = msgring_next(r, NULL); e; e = msgring_next(r, e), i++) {
		fill(want, i, e->len);
		if (e->at.ns != i || e->len != len[i] ||
		    memcmp(msgring_bytes(e), want, e->len) != 0)
			*good = false;
	}
	return kept;
}

/* What one needs in the ring. */
static size_t size_of(uint32_t len)
{
	return (sizeof(struct msgring_entry) + len + 7) / 8 * 8;
}

static void test_against_list(size_t size)
{
	static uint32_t len[PUTS];
	unsigned char bytes[4096];
	bool good = true, enough = true;
	uint32_t seed = 1, i, k;
	struct msgring r;
	void *mem = malloc(size);

	msgring_init(&r, mem, size);
	ok(!msgring_next(&r, NULL), "%zu bytes: empty at first", size);
	for (i = 0; i < PUTS; i++) {
		struct msgring_entry e;
		unsigned int kept;
		size_t sum = 0;

		seed = seed * 1664525 + 1013904223;
		len[i] = (seed >> 16) % (seed >> 28 ? 300 : size - 80);
		e = entry(i, len[i]);
		fill(bytes, i, len[i]);
		if (!msgring_put(&r, &e, bytes)) {
			good = false;
			break;
		}
		if (i % 16 && i > 64)
			continue;
		kept = check(&r, len, i + 1, &good);
		/* No entry goes early: with one more it would not fit, but
		 * for what is lost where the end of the memory is skipped. */
		for (k = 0; k <= kept && k <= i; k++)
			sum += size_of(len[i - k]);
		if (kept <= i && sum + 2 * size_of((uint32_t)size - 80) < size)
			enough = false;
		if (!kept)
			enough = false;
	}
	ok(good, "%zu bytes: whole, in order, the newest", size);
	ok(enough, "and none is given up without need");
	ok(r.left_out == 0, "none left out");
	free(mem);
}

static void test_full_lap(void)
{
	uint64_t mem[128];	/* 1024 bytes: four of 256 */
	unsigned char bytes[1024] = { 0 };
	const struct msgring_entry *e;
	struct msgring_entry put;
	struct msgring r;
	uint32_t i;

	msgring_init(&r, mem, sizeof(mem));
	for (i = 0; i < 6; i++) {
		put = entry(i, 192);
		msgring_put(&r, &put, bytes);
	}
	e = msgring_next(&r, NULL);
	ok(e && e->at.ns == 2, "four fit exactly: the third is the oldest");
	put = entry(6, 1024 - 64);
	ok(msgring_put(&r, &put, bytes), "one as large as all of it");
	e = msgring_next(&r, NULL);
	ok(e && e->at.ns == 6 && !msgring_next(&r, e), "is the only one then");
	put = entry(7, 1024 - 63);
	ok(!msgring_put(&r, &put, bytes) && r.left_out == 1,
	   "a larger one is left out, and counted");
	e = msgring_next(&r, NULL);
	ok(e && e->at.ns == 6, "and costs nothing that is there");
	put = entry(8, 0);
	ok(msgring_put(&r, &put, bytes), "one of no bytes");
	e = msgring_next(&r, NULL);
	ok(e && e->at.ns == 8, "in place of it");
}

static void test_line(void)
{
	uint64_t mem[64];	/* 512 bytes: four of 128 */
	unsigned char bytes[64] = { 0 };
	const struct msgring_entry *e;
	struct msgring_entry put;
	struct msgring r;
	unsigned int named = 0;
	uint32_t i;

	msgring_init(&r, mem, sizeof(mem));
	msgring_set_line(&r, MSGRING_RECEIVED, 5);
	ok(!msgring_next(&r, NULL), "nobody's yet: no entry to name");
	for (i = 0; i < 3; i++) {	/* received, sent, event */
		put = entry(i, 64);
		msgring_put(&r, &put, bytes);
	}
	msgring_set_line(&r, MSGRING_RECEIVED, 5);
	e = msgring_next(&r, NULL);
	ok(e && e->line == 5, "the newest received is named");
	e = msgring_next(&r, e);
	ok(e && e->line == MSGRING_NO_LINE, "no other");
	for (i = 4; i < 9; i += 3) {	/* sent */
		put = entry(i, 64);
		msgring_put(&r, &put, bytes);
	}
	put = entry(10, 64);
	msgring_put(&r, &put, bytes);
	msgring_set_line(&r, MSGRING_RECEIVED, 6);
	for (e = msgring_next(&r, NULL); e; e = msgring_next(&r, e))
		named += e->line != MSGRING_NO_LINE;
	is_int(named, 0, "one that has gone is not");
}

static void test_off(void)
{
	struct msgring_entry put = entry(1, 0);
	struct msgring r;

	msgring_init(&r, NULL, 0);
	ok(!msgring_put(&r, &put, "") && !msgring_next(&r, NULL) &&
	   !r.left_out, "of no size: keeps and counts nothing");
	msgring_set_line(&r, MSGRING_SENT, 1);
	memset(&r, 0, sizeof(r));
	ok(!msgring_put(&r, &put, "") && !msgring_next(&r, NULL),
	   "nor does one that is zeroed");
	msgring_set_line(&r, MSGRING_SENT, 1);
}

/* A number is another line's: what was the first one's is nobody's. */
static void test_forget(void)
{
	unsigned int wrong = 0, kept = 0;
	const struct msgring_entry *e;
	unsigned char bytes[64] = { 0 };
	uint64_t mem[128];
	struct msgring r;
	uint32_t i;

	msgring_init(&r, mem, sizeof(mem));
	msgring_forget(&r, 1);
	for (i = 0; i < 50; i++) {
		struct msgring_entry one = entry(i, i % 60);

		one.line = i % 3;
		msgring_put(&r, &one, bytes);
		if (i != 20 && i != 49)
			continue;
		msgring_forget(&r, 1);
		for (e = msgring_next(&r, NULL); e; e = msgring_next(&r, e)) {
			kept++;
			wrong += e->line != (e->at.ns % 3 == 1 ?
					     MSGRING_NO_LINE : e->at.ns % 3);
		}
	}
	ok(kept > 6 && r.first > 1, "around the end of the ring");
	is_int(wrong, 0, "only that line is forgotten");
}

int main(void)
{
	test_forget();
	test_against_list(4096);
	test_against_list(1000);
	test_full_lap();
	test_line();
	test_off();
	return tap_done();
}
