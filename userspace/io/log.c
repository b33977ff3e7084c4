// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "journal.h"
#include "log_queue.h"

#define LOG_LINE_MAX 1024
#define LOG_ENTRY_MAX (LOG_LINE_MAX + 512)

static enum log_level log_max = LOG_LEVEL_INFO;
static int log_journal = -1;

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

bool log_open(void)
{
	int fd;

	if (!journal_is_stream(STDERR_FILENO, getenv("JOURNAL_STREAM")))
		return false;
	fd = journal_open(JOURNAL_SOCKET);
	if (fd < 0)
		return false;
	log_journal = fd;
	log_queue_journal(fd, JOURNAL_SOCKET);
	return true;
}

void log_set_level(enum log_level level)
{
	log_max = level;
}

/* What a peer sent must not forge a line or drive a terminal. */
static void log_clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

/* There is nobody to tell when it fails. */
static void log_put(enum log_level level, const char *bytes, size_t n)
{
	if (log_queue_push(bytes, n)) {
		if (level == LOG_LEVEL_ERROR)
			log_queue_flush();
	} else if (log_journal >= 0) {
		if (send(log_journal, bytes, n, MSG_NOSIGNAL) < 0)
			return;
	} else if (write(STDERR_FILENO, bytes, n) < 0) {
		return;
	}
}

__attribute__((format(printf, 3, 0)))
static void log_text(enum log_level level, const struct journal_about *about,
		     const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX - 40], out[LOG_ENTRY_MAX];
	uint64_t us = clock_now().ns / 1000;
	size_t n;
	int len;

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		return;
	log_clean(text);
	if (log_journal >= 0) {
		n = journal_encode(out, sizeof(out), log_priority(level), us,
				   about, text);
	} else {
		len = snprintf(out, sizeof(out), "<%d>%llu.%06llu %s\n",
			       log_priority(level),
			       (unsigned long long)(us / 1000000),
			       (unsigned long long)(us % 1000000), text);
		n = len > 0 ? (size_t)len : 0;
	}
	if (n)
		log_put(level, out, n);
}

void log_at(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > log_max)
		return;
	va_start(ap, fmt);
	log_text(level, NULL, fmt, ap);
	va_end(ap);
}

void log_about(enum log_level level, const struct journal_about *about,
	       const char *fmt, ...)
{
	va_list ap;

	if (level > log_max)
		return;
	va_start(ap, fmt);
	log_text(level, about, fmt, ap);
	va_end(ap);
}
