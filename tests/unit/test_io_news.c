// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Events noted and taken at random come out whole and in order, in a bounded
 * buffer; so does the text. */
#include "../tap.h"

#include <string.h>

#include "../../userspace/core/rng.h"
#include "../../userspace/io/news.h"

static struct news n;
static struct rng rng = { .state = 7 };

/* The bytes of the one with that number. */
static size_t make(unsigned int number, unsigned char *buf)
{
	size_t len = 4 + number * 7 % 90;

	memset(buf, (int)(number & 0xff), len);
	memcpy(buf, &number, 4);
	return len;
}

static bool take(unsigned int number)
{
	unsigned char want[128];
	size_t len = 0, want_len = make(number, want);
	const void *got = news_next(&n, &len);

	return got && len == want_len && !memcmp(got, want, len);
}

static void test_noted(void)
{
	unsigned int in = 0, out = 0, wrong = 0, i;
	unsigned char buf[128];
	size_t largest = 0, none;

	ok(!news_next(&n, &none), "nothing noted");
	for (i = 0; i < 200000; i++) {
		/* It grows to some hundred, shrinks, and is never empty in
		 * the second half. */
		bool note = in == out || (i >= 100000 && in == out + 1) ||
			    rng_below(&rng, 100) < (i / 1000 % 2 ? 45 : 55);

		if (note)
			wrong += !news_note(&n, buf, make(in++, buf));
		else
			wrong += !take(out++);
		if (n.noted_size > largest)
			largest = n.noted_size;
	}
	while (out < in)
		wrong += !take(out++);
	is_int(wrong, 0, "each whole, in order");
	ok(!news_next(&n, &none) && !news_noted(&n), "none is left");
	ok(largest <= 131072, "the buffer had %zu bytes at most", largest);
}

static void test_text(void)
{
	ok(news_add(&n, "one", 3) && news_add(&n, "two", 3), "two texts");
	ok(n.len == 6 && !memcmp(n.text, "onetwo", 6), "one behind the other");
	news_drop(&n, 3);
	ok(n.len == 3 && !memcmp(n.text, "two", 3), "the first has gone");
	news_drop(&n, 3);
	is_int(n.len, 0, "both have");
	news_free(&n);
	ok(!n.text && !n.noted, "freed");
}

int main(void)
{
	test_noted();
	test_text();
	return tap_done();
}
