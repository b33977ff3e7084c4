/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGTERM, SIGINT (end) and SIGHUP through a signalfd on the ring. */
#ifndef SIPOVER_IO_SIGNALS_H
#define SIPOVER_IO_SIGNALS_H

#include "ring.h"

/* fn gets the signal's number; 0 or -errno. */
int signals_open(struct ring *r, void (*fn)(void *ctx, int signal), void *ctx);
void signals_close(struct ring *r);

#endif /* SIPOVER_IO_SIGNALS_H */
