/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for input until the user has had enough: SIGINT, SIGTERM and SIGHUP
 * are blocked but while waiting, so that none is lost in between.
 */
#ifndef SIPOVER_TOOLS_INTERRUPT_H
#define SIPOVER_TOOLS_INTERRUPT_H

#include <poll.h>
#include <stdbool.h>

void interrupt_init(void);

/* As poll() without time-out; false: interrupted. */
bool interrupt_poll(struct pollfd *p, nfds_t n);

/* The same, true as well when so many milliseconds have passed; -1: without
 * end. */
bool interrupt_poll_for(struct pollfd *p, nfds_t n, int ms);

#endif /* SIPOVER_TOOLS_INTERRUPT_H */
