// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void conf_verror(struct conf_errors *e, unsigned int line, const char *fmt,
		 va_list ap)
{
	unsigned int i = e->n++;

	if (i >= CONF_ERRORS_MAX)
		return;
	e->error[i].line = line;
	vsnprintf(e->error[i].text, sizeof(e->error[i].text), fmt, ap);
}

void conf_error(struct conf_errors *e, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conf_verror(e, line, fmt, ap);
	va_end(ap);
}

/* Insertion: few, and those of one line keep their order. */
static void sort(struct conf_errors *e, unsigned int n)
{
	unsigned int i, k;

	for (i = 1; i < n; i++) {
		__typeof__(e->error[0]) one = e->error[i];

		for (k = i; k && e->error[k - 1].line > one.line; k--)
			e->error[k] = e->error[k - 1];
		e->error[k] = one;
	}
}

void conf_errors_print(struct conf_errors *e, const char *name, char *err,
		       size_t size)
{
	unsigned int n = e->n < CONF_ERRORS_MAX ? e->n : CONF_ERRORS_MAX, i;
	size_t at = 0;
	int len;

	sort(e, n);
	err[0] = '\0';
	for (i = 0; i < n; i++) {
		len = snprintf(err + at, size - at, "%s%s:%u: %s",
			       i ? "\n" : "", name, e->error[i].line,
			       e->error[i].text);
		if (len < 0 || (size_t)len >= size - at) {
			err[at] = '\0';
			return;
		}
		at += (size_t)len;
	}
}
