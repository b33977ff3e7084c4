/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with a configuration file: lines of "file:line: reason". */
#ifndef SIPOVER_CODEC_CONF_ERROR_H
#define SIPOVER_CODEC_CONF_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#define CONF_ERRORS_MAX 32

struct conf_errors {
	unsigned int n;		/* all of them; those over the bound are only
				 * counted */
	struct {
		unsigned int line;	/* 0: the file as a whole */
		char text[160];
	} error[CONF_ERRORS_MAX];
};

void conf_error(struct conf_errors *e, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void conf_verror(struct conf_errors *e, unsigned int line, const char *fmt,
		 va_list ap) __attribute__((format(printf, 3, 0)));

/* In the order of their lines, separated by newlines, cut after a whole one;
 * err always ends with a NUL (size > 0). */
void conf_errors_print(struct conf_errors *e, const char *name, char *err,
		       size_t size);

#endif /* SIPOVER_CODEC_CONF_ERROR_H */
