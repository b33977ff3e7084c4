// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "failover.h"
#include "pass.h"

static bool eligible(struct pass_servers servers, uint8_t tried, uint8_t server,
		     bool down)
{
	uint8_t state;

	if (server >= servers.n || tried & pass_bit(server))
		return false;
	state = servers.health[server];
	return down ? state == HEALTH_DOWN : health_usable(state);
}

uint8_t pass_pick(struct pass_servers servers, uint8_t tried, uint8_t first)
{
	for (int down = 0; down < 2; down++) {
		if (first != FO_NONE && eligible(servers, tried, first, down))
			return first;
		for (uint8_t i = 0; i < servers.n; i++)
			if (eligible(servers, tried, i, down))
				return i;
	}
	return FO_NONE;
}

bool pass_is_last(struct pass_servers servers, uint8_t tried, uint8_t server)
{
	return pass_pick(servers, tried | pass_bit(server), FO_NONE) == FO_NONE;
}
