/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module's word before the first one of ours: a line begins when the module
 * has told what it knows of the line's servers, so that a daemon that comes back
 * does not knock at one that is known dead.  Not later than ADOPT_MS, and at
 * once when there is no module to ask.
 */
#ifndef SIPOVER_AGENT_ADOPT_H
#define SIPOVER_AGENT_ADOPT_H

#include "agent.h"

#define ADOPT_MS 1000

/* Line l has its servers: FO_EV_START, now or then. */
void adopt_begin(struct agent *a, uint32_t l);
/* Line l is changed or removed. */
void adopt_forget(struct agent *a, uint32_t l);
/* The module has told of server s, or refuses to watch it. */
void adopt_told(struct agent *a, uint32_t s);
/* It is absent, or has told of all. */
void adopt_all(struct agent *a);

#endif /* SIPOVER_AGENT_ADOPT_H */
