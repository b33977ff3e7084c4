/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event of the control socket as it was when it happened: noted in less than
 * a microsecond between two packets, written as JSON when there is time.  In
 * memory only.
 */
#ifndef SIPOVER_CODEC_CTL_EVENT_H
#define SIPOVER_CODEC_CTL_EVENT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define CTL_EVENT_MAX 2048
#define CTL_EVENT_KEY_MAX 32

/*
 * Notes it in buf; its length, or 0: it does not fit.  type and members are
 * literals: members names the others than "time_us" and "type", "key:kind ...",
 * each with an argument:
 *
 *   s   const char *, UTF-8, copied; NULL: null
 *   i   int
 *   I   int64_t
 *   b   int, a boolean
 */
size_t ctl_event_note(char *buf, size_t size, int64_t time_us,
		      const char *type, const char *members, va_list ap);

/* The notification, a line with its newline, malloc'ed; NULL: no memory, or a
 * text is no UTF-8. */
char *ctl_event_text(const void *event, size_t len);

#endif /* SIPOVER_CODEC_CTL_EVENT_H */
