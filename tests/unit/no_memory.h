/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lets every allocation of a call fail once: the first, the second, ... until
 * the call needs no more.  It must say so, or do without; ASan and valgrind see
 * what it leaves behind.
 *
 * The linker puts the functions below in the place of malloc() and so on, in
 * our own code and in the test (userspace/build.mk: tests called *_no_memory),
 * not in libraries.
 */
#ifndef SIPOVER_TESTS_NO_MEMORY_H
#define SIPOVER_TESTS_NO_MEMORY_H

#include <stdlib.h>

#include "tap.h"

static unsigned int countdown;	/* 0: nothing fails */
static bool refused;

static bool refuse(void)
{
	if (!countdown || --countdown)
		return false;
	refused = true;
	return true;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-*): the linker's names */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
	return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return refuse() ? NULL : __real_realloc(p, size);
}

char *__wrap_strdup(const char *text)
{
	return refuse() ? NULL : __real_strdup(text);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-*) */

enum outcome { GOOD, FAILED, WRONG };

/* What a call may do when an allocation fails; it fails for each one that it
 * needs, since none is there for nothing. */
static void without(enum outcome (*call)(void), const char *name)
{
	unsigned int n, failed = 0, wrong = 0;

	ok(call() == GOOD, "%s: with memory", name);
	for (n = 1; n < 10000; n++) {
		enum outcome got;

		countdown = n;
		refused = false;
		got = call();
		countdown = 0;
		if (!refused)
			break;
		failed += got == FAILED;
		if (got == WRONG && !wrong++)
			printf("# wrong without allocation %u\n", n);
	}
	ok(failed && n < 10000, "%s: fails for want of memory", name);
	is_int(wrong, 0, "%s: and says so", name);
	ok(call() == GOOD, "%s: with memory again", name);
}

#endif /* SIPOVER_TESTS_NO_MEMORY_H */
