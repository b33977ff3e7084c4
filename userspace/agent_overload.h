/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that an overloaded server is spared. */
#ifndef SIPOVER_AGENT_OVERLOAD_H
#define SIPOVER_AGENT_OVERLOAD_H

#include "agent.h"

/* The response a->rx of server s. */
void overload_heard(struct agent *a, uint32_t s);
/* Whether this new request, or what the line asks for, is left out. */
bool overload_refuses(struct agent *a, uint32_t s);
bool overload_refuses_line(struct agent *a, uint32_t l,
			   const struct fo_act *act);

#endif /* SIPOVER_AGENT_OVERLOAD_H */
