/* SPDX-License-Identifier: BSD-2-Clause */
/* Server entries that are names. */
#ifndef SIPOVER_AGENT_LOCATION_H
#define SIPOVER_AGENT_LOCATION_H

#include "agent.h"

int locations_open(struct agent *a);
void locations_begin(struct agent *a);
void locations_close(struct agent *a);
/* A line that has begun to name its hosts; 0 or -ENOMEM.  Then they are looked
 * up. */
int location_join(struct agent *a, uint32_t line);
void locations_look(struct agent *a, uint32_t line);
void location_leave(struct agent *a, uint32_t line);
/* Hosts from that number on are new.  Before the first: what looks them up. */
void locations_more(struct agent *a, uint32_t from);
int resolver_start(struct agent *a);
void location_expired(struct agent *a, uint32_t h);
/* Routes have changed. */
void locations_rerouted(struct agent *a);
/* Tells a line how long the record of its first server holds. */
void location_tell_ttl(struct agent *a, uint32_t line);
/* The servers of a line as they are known; false: wait, they are not yet. */
bool location_wish(const struct agent *a, uint32_t line, struct line_wish *w);

#endif /* SIPOVER_AGENT_LOCATION_H */
