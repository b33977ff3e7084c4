/* SPDX-License-Identifier: BSD-2-Clause */
/* The only reader of the clock: CLOCK_BOOTTIME (design: one clock). */
#ifndef SIPOVER_IO_CLOCK_H
#define SIPOVER_IO_CLOCK_H

#include "../core/mono.h"

struct mono clock_now(void);

/* What a calendar says then, in nanoseconds since 1970: for people and files,
 * never for a decision. */
uint64_t clock_unix_ns(struct mono then);

/* How long the machine has been suspended since it started: never too much by
 * the time between two readings. */
struct mono clock_slept(void);

/* Does nothing for ms milliseconds; false: a signal cut it short.  Before the
 * loop runs only. */
bool clock_pause(int ms);

#endif /* SIPOVER_IO_CLOCK_H */
