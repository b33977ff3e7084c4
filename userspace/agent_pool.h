/* SPDX-License-Identifier: BSD-2-Clause */
/* Which servers there are. */
#ifndef SIPOVER_AGENT_POOL_H
#define SIPOVER_AGENT_POOL_H

#include "agent.h"

/* Its index, a new one if need be, and that the line uses it; AGENT_NONE: no
 * memory, or too many. */
uint32_t server_join(struct agent *a, const struct addr *addr, uint32_t line,
		     uint8_t entry);
/* Sets all deadlines of a server. */
void server_timers(struct agent *a, uint32_t s);
/* The line uses it no more. */
void server_leave(struct agent *a, uint32_t s, uint32_t line);
/* Frees those that nobody uses; whether all that could go are gone. */
bool servers_sweep(struct agent *a);
/* Has the module watch them; those that have come since the last sweep. */
void servers_watch_all(struct agent *a);
void servers_watch_new(struct agent *a);

#endif /* SIPOVER_AGENT_POOL_H */
