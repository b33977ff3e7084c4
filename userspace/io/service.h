/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a service manager is told, as sd_notify(3) words it, and its watchdog.
 * All of it goes by the ring: the watchdog is fed when a timer of the ring has
 * fired and its handler has queued the next message, so a loop that hangs, spins
 * in a handler or whose ring is broken starves it.  Without a manager
 * (NOTIFY_SOCKET) nothing here does anything.
 */
#ifndef SIPOVER_IO_SERVICE_H
#define SIPOVER_IO_SERVICE_H

#include <stddef.h>

#include "ring.h"

#define SERVICE_STATUS_MAX 128

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which it takes out of the
 * environment.  status() is asked for one line when READY is told and whenever
 * the watchdog is fed.  A manager that cannot be reached is logged, no more. */
void service_open(struct ring *r,
		  void (*status)(void *ctx, char *text, size_t size),
		  void *ctx);

/* It listens and has read its configuration: at the start, and behind
 * service_reloading(). */
void service_ready(void);
void service_reloading(void);

/* It ends; goes out before this returns. */
void service_stopping(void);

/* Before the ring is closed. */
void service_close(void);

#endif /* SIPOVER_IO_SERVICE_H */
