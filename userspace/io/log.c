// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "log_queue.h"

#define LOG_LINE_MAX 1024

static enum log_level log_max = LOG_LEVEL_INFO;

/* sd-daemon(3) numbers, those of syslog. */
static int log_priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return 3;
	case LOG_LEVEL_WARNING:
		return 4;
	case LOG_LEVEL_INFO:
		return 6;
	case LOG_LEVEL_DEBUG:
		return 7;
	}
	return 3;
}

void log_set_level(enum log_level level)
{
	log_max = level;
}

void log_at(enum log_level level, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	uint64_t us;
	va_list ap;
	int n, m, i;

	if (level > log_max)
		return;
	us = clock_now().ns / 1000;
	n = snprintf(line, sizeof(line), "<%d>%llu.%06llu ",
		     log_priority(level), (unsigned long long)(us / 1000000),
		     (unsigned long long)(us % 1000000));
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	if (m < 0)
		return;
	m += n;
	if (m > LOG_LINE_MAX - 2)
		m = LOG_LINE_MAX - 2;
	/* What a peer sent must not forge a line or drive a terminal. */
	for (i = n; i < m; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[m++] = '\n';
	if (log_queue_push(line, (size_t)m)) {
		if (level == LOG_LEVEL_ERROR)
			log_queue_flush();
		return;
	}
	/* There is nobody to tell when it fails. */
	if (write(STDERR_FILENO, line, (size_t)m) < 0)
		return;
}
