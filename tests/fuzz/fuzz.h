/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fuzzers share.  A target gives its input to the real code and then
 * holds the answer against what the header promises: must() is that promise.
 */
#ifndef SIPOVER_TESTS_FUZZ_H
#define SIPOVER_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(cond)							\
	do {								\
		if (!(cond)) {						\
			fprintf(stderr, "%s:%d: broken: %s\n",		\
				__FILE__, __LINE__, #cond);		\
			abort();					\
		}							\
	} while (0)

/* Input that is decisions rather than bytes to parse; zeroes at its end. */
struct feed {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t feed_u8(struct feed *f)
{
	if (!f->left)
		return 0;
	f->left--;
	return *f->at++;
}

static inline uint16_t feed_u16(struct feed *f)
{
	uint16_t high = feed_u8(f);

	return (uint16_t)(high << 8 | feed_u8(f));
}

static inline uint32_t feed_u32(struct feed *f)
{
	uint32_t high = feed_u16(f);

	return high << 16 | feed_u16(f);
}

/* Exactly that many bytes of heap, so that one more is seen to be read. */
static inline void *exact_copy(const void *data, size_t size)
{
	void *copy = size ? malloc(size) : calloc(1, 1);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

/* FNV-1a: decisions that must not change the input's format. */
static inline uint32_t hash_of(const uint8_t *data, size_t size)
{
	uint32_t h = 2166136261u;

	while (size--)
		h = (h ^ *data++) * 16777619u;
	return h;
}

#endif /* SIPOVER_TESTS_FUZZ_H */
