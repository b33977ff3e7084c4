// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"

/* One process, one thread.  256 bytes is what getrandom() gives in one piece,
 * uninterrupted. */
static struct {
	uint8_t byte[256];
	size_t used;
} pool = { .used = sizeof(pool.byte) };

static void pool_fill(void)
{
	ssize_t got;

	do {
		got = getrandom(pool.byte, sizeof(pool.byte), 0);
		if (got < 0 && errno != EINTR) {
			/* Guessable tokens would be worse. */
			log_error("random failed error=%d (%s)", errno,
				  strerror(errno));
			abort();
		}
	} while (got != (ssize_t)sizeof(pool.byte));
	pool.used = 0;
}

bool random_is_short(void)
{
	return pool.used > sizeof(pool.byte) / 2;
}

void random_ahead(void)
{
	if (random_is_short())
		pool_fill();
}

static void pool_take(void *out, size_t n)
{
	uint8_t *to = out;

	while (n) {
		size_t part = sizeof(pool.byte) - pool.used;

		if (!part) {
			pool_fill();
			continue;
		}
		if (part > n)
			part = n;
		memcpy(to, pool.byte + pool.used, part);
		/* A token is not to be found in memory a second time. */
		memset(pool.byte + pool.used, 0, part);
		pool.used += part;
		to += part;
		n -= part;
	}
}

uint64_t random_u64(void)
{
	uint64_t v;

	pool_take(&v, sizeof(v));
	return v;
}

char *random_hex(char *buf, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i += 2) {
		uint8_t b;

		pool_take(&b, 1);
		buf[i] = digit[b >> 4];
		if (i + 1 < n)
			buf[i + 1] = digit[b & 15];
	}
	buf[n] = '\0';
	return buf;
}
