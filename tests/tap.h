/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The unit tests' only harness: TAP on stdout, exit 1 if any check failed.
 *
 * ok(cond, fmt, ...) counts one test point; tap_done() prints the plan and
 * returns the exit status of main().
 */
#ifndef SIPOVER_TESTS_TAP_H
#define SIPOVER_TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_run, tap_failed;

__attribute__((format(printf, 4, 5)))
static inline bool tap_ok(bool cond, const char *file, int line,
			  const char *fmt, ...)
{
	va_list ap;

	printf("%sok %u - ", cond ? "" : "not ", ++tap_run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!cond) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return cond;
}

#define ok(cond, ...) tap_ok(!!(cond), __FILE__, __LINE__, __VA_ARGS__)

/* Two integers, printed when they differ. */
#define is_int(got, want, ...)						\
	do {								\
		long long got_ = (long long)(got);			\
		long long want_ = (long long)(want);			\
									\
		if (!ok(got_ == want_, __VA_ARGS__))			\
			printf("# got %lld, want %lld\n", got_, want_);	\
	} while (0)

#define is_str(got, want, ...)						\
	do {								\
		const char *got_ = (got), *want_ = (want);		\
									\
		if (!ok(strcmp(got_, want_) == 0, __VA_ARGS__))		\
			printf("# got '%s', want '%s'\n", got_, want_);	\
	} while (0)

static inline int tap_done(void)
{
	printf("1..%u\n", tap_run);
	return tap_failed ? 1 : 0;
}

#endif /* SIPOVER_TESTS_TAP_H */
