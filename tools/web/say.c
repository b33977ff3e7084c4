// SPDX-License-Identifier: BSD-2-Clause
#include "say.h"

#include <stdarg.h>
#include <stdio.h>

static bool debug;

void say_debug_on(void)
{
	debug = true;
}

void say(enum say_level level, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (level == SAY_DEBUG && !debug)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* One write: lines of other processes do not come in between. */
	fprintf(stderr, "<%d>%s\n", (int)level, line);
}

void complain(const char *fmt, ...)
{
	va_list ap;

	fputs("sipover-web: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}
