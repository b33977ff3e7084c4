/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections: deadline of their start, pings. */
#ifndef SIPOVER_AGENT_KEEPALIVE_H
#define SIPOVER_AGENT_KEEPALIVE_H

#include "agent.h"

void keepalive_new(struct agent *a, uint32_t s);
void keepalive_event(struct agent *a, uint32_t s, uint8_t type);
void keepalive_pace(struct agent *a, uint32_t s, uint16_t pace_s);

#endif /* SIPOVER_AGENT_KEEPALIVE_H */
