/* SPDX-License-Identifier: BSD-2-Clause */
/* The own network: local outages, own addresses. */
#ifndef SIPOVER_AGENT_PATH_H
#define SIPOVER_AGENT_PATH_H

#include "agent.h"

void paths_open(struct agent *a);
void paths_close(struct agent *a);
/* Asks the kernel what is the case, and acts on it. */
void paths_check(struct agent *a);
/* The same for what failed just now: no step is taken before the caller is
 * done. */
void paths_doubt(struct agent *a);
/* There may be a server that it has not looked at. */
void paths_new(struct agent *a);
/* Whether the machine was suspended: then what expired meanwhile proves
 * nothing. */
void paths_woke(struct agent *a);

#endif /* SIPOVER_AGENT_PATH_H */
