/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line an event on stderr: "<level>boottime-seconds.microseconds text",
 * the level as sd-daemon(3) wants it.  Text is "noun verb key=value ...".
 * While the daemon runs, lines go out by way of the ring when it is quiet
 * (log_queue.h), errors at once.
 */
#ifndef SIPOVER_IO_LOG_H
#define SIPOVER_IO_LOG_H

#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

void log_set_level(enum log_level level);
void log_at(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_at(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif /* SIPOVER_IO_LOG_H */
