/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines on stderr, "<level>noun verb key=value ...", the level as sd-daemon(3)
 * wants it.  Nothing that a stranger sent is in them, and no secret.
 */
#ifndef SIPOVER_WEB_SAY_H
#define SIPOVER_WEB_SAY_H

#include <stdbool.h>

enum say_level { SAY_ERROR = 3, SAY_WARNING = 4, SAY_INFO = 6, SAY_DEBUG = 7 };

void say_debug_on(void);
void say(enum say_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "sipover-web: message" for who started it by hand. */
void complain(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif /* SIPOVER_WEB_SAY_H */
