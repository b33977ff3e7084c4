// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The order of candidates: C-11, C-12, C-34, F-40, F-41. */
#include "../tap.h"

#include "../../userspace/core/failover.h"
#include "../../userspace/core/pass.h"

/* One letter a server: u(nknown) U(p) S(uspect) D(own) B(locked).  The whole
 * pass as digits, the last one marked by '!'. */
static const char *walk(const char *states, uint8_t first, uint8_t tried)
{
	static char buf[2 * FO_SERVERS_MAX + 1];
	uint8_t health[FO_SERVERS_MAX], server;
	struct pass_servers servers = { health, (uint8_t)strlen(states) };
	size_t n = 0;

	for (uint8_t i = 0; i < servers.n; i++)
		health[i] = (uint8_t)(strchr("uUSDB", states[i]) - "uUSDB");
	while ((server = pass_pick(servers, tried, first)) != FO_NONE) {
		buf[n++] = (char)('0' + server);
		if (pass_is_last(servers, tried, server))
			buf[n++] = '!';
		tried |= pass_bit(server);
	}
	buf[n] = '\0';
	return buf;
}

int main(void)
{
	is_str(walk("u", FO_NONE, 0), "0!", "one server is always the last");
	is_str(walk("uu", FO_NONE, 0), "01!", "primary, backup");
	is_str(walk("UU", 1, 0), "10!", "the preferred one first");
	is_str(walk("uUS", 2, 0), "201!", "then the list from the primary on");
	is_str(walk("DUU", FO_NONE, 0), "120!", "DOWN: last, not left out");
	is_str(walk("DUU", 0, 0), "120!", "preferred but DOWN: last too");
	is_str(walk("DDU", 1, 0), "210!", "preferred among the DOWN ones");
	is_str(walk("DDD", FO_NONE, 0), "012!", "all DOWN: each is tried once");
	is_str(walk("BUU", 0, 0), "12!", "BLOCKED: left out");
	is_str(walk("UB", FO_NONE, 0), "0!", "before a BLOCKED one: the last");
	is_str(walk("BBB", 0, 0), "", "all BLOCKED: none");
	is_str(walk("UUU", 0, 1), "12!", "tried ones are not tried again");
	is_str(walk("UUUUUUUU", 7, 0), "70123456!", "eight servers");
	is_str(walk("UUUUUUUU", 7, 0xff), "", "all tried");
	is_str(walk("", FO_NONE, 0), "", "no server");
	is_str(walk("UU", 5, 0), "01!", "preferring one that does not exist");
	return tap_done();
}
