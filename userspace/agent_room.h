/* SPDX-License-Identifier: BSD-2-Clause */
/* What the arrays are sized by, and that they grow. */
#ifndef SIPOVER_AGENT_ROOM_H
#define SIPOVER_AGENT_ROOM_H

#include "agent.h"

#define REQUESTS_MIN 64

struct room {
	uint32_t lines, hosts, servers, subscriptions;
};

uint32_t room_requests(uint32_t lines, uint32_t subscriptions);
uint32_t room_flows(uint32_t servers);
/* Room for so many at least, never less than there is.  Not while a step is
 * taken: arrays move.  0 or -ENOMEM: then nothing is lost. */
int room_grow(struct agent *a, const struct room *want);

#endif /* SIPOVER_AGENT_ROOM_H */
