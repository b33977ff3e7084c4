/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The status live: drawn anew when the daemon tells an event, and each second
 * for the times in it, until interrupted.  On a terminal in its place, without
 * clearing (no flicker), cut to its size; elsewhere one status behind the
 * other, only after events.
 */
#ifndef SIPOVER_TOOLS_STATUS_WATCH_H
#define SIPOVER_TOOLS_STATUS_WATCH_H

#include <stdio.h>

#include <jansson.h>

#include "cmd.h"

typedef void status_print(FILE *to, const json_t *status);

/* Returns the exit status, 0 when interrupted. */
int status_watch(const struct options *o, status_print *print);

#endif /* SIPOVER_TOOLS_STATUS_WATCH_H */
