/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line an event on stderr: "<level>boottime-seconds.microseconds text",
 * the level as sd-daemon(3) wants it.  Text is "noun verb key=value ...".
 * Where stderr is systemd's journal each goes there as a message with fields
 * instead (docs/logging.md).  While the daemon runs, they go out by way of the
 * ring when it is quiet (log_queue.h), errors at once.
 */
#ifndef SIPOVER_IO_LOG_H
#define SIPOVER_IO_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "../codec/journal.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Finds out whether there is a journal; before that everything is plain lines.
 * Tells whether there is. */
bool log_open(void);
void log_set_level(enum log_level level);
void log_at(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The same, with what it is about. */
void log_about(enum log_level level, const struct journal_about *about,
	       const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_at(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif /* SIPOVER_IO_LOG_H */
