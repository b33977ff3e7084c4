/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which own address the kernel would use towards a server (a connected UDP
 * socket that sends nothing): for Contact, SDP and Via.  Called ahead of need.
 */
#ifndef SIPOVER_IO_SOURCE_H
#define SIPOVER_IO_SOURCE_H

#include "../core/addr.h"

/* Fills *local (port 0); 0 or -errno (-ENETUNREACH: no route). */
int source_for(const struct addr *server, struct addr *local);

#endif /* SIPOVER_IO_SOURCE_H */
