/* SPDX-License-Identifier: BSD-2-Clause */
/* The servers that lines use: each is there once, as long as a line has it. */
#include "agent.h"

#include <stdlib.h>
#include <string.h>

#include "io/log.h"
#include "io/random.h"

static int server_new(struct agent *a, uint32_t i, const struct addr *addr)
{
	struct server *s = &a->server[i];
	char text[ADDR_STRLEN];
	size_t n;

	s->addr = *addr;
	find_add_server(a, i);
	n = strlen(addr_print(addr, text));
	memcpy(s->name, text, n);
	s->name[n] = ';';
	strcpy(s->name + n + 1, transport_param(addr->transport));
	s->requests = s->probe = AGENT_NONE;
	random_hex(s->probe_call_id, AGENT_CALL_ID_LEN);
	random_hex(s->probe_tag, AGENT_TAG_LEN);
	health_init(&s->health, a->now, a->conf->probe_interval_s * 1000);
	path_init(&s->path, PATH_LOSS_MS);
	server_refresh_source(a, i);
	keepalive_new(a, i);
	pulse_new(a, i);
	return tls_server_new(a, i);
}

/* Its place can be used again. */
static void server_clear(struct agent *a, uint32_t i)
{
	struct server *s = &a->server[i];

	find_del_server(a, i);
	free(s->line);
	tls_peer_free(s->tls);
	memset(s, 0, sizeof(*s));
	s->requests = s->probe = AGENT_NONE;
	s->health.expiry = MONO_NEVER;
	path_init(&s->path, PATH_LOSS_MS);
	keepalive_new(a, i);
	pulse_new(a, i);
}

void server_timers(struct agent *a, uint32_t s)
{
	agent_timer_server(a, s);
	keepalive_timer(a, s);
	agent_timer_pulse(a, s);
}

uint32_t server_join(struct agent *a, const struct addr *addr, uint32_t line,
		     uint8_t entry)
{
	uint32_t i = server_find(a, addr), *lines, k;
	struct server *s;

	if (i == AGENT_NONE)
		for (i = 0; i < a->n_servers &&
		     a->server[i].addr.family != ADDR_NONE; i++)
			;
	if (i == a->servers_max)
		return AGENT_NONE;
	s = &a->server[i];
	/* The last: lines join in their order. */
	for (k = s->n_lines; k > 0 && s->line[k - 1] >= line; k--)
		if (s->line[k - 1] == line)
			return tls_server_claim(a, i, line, entry) ?
			       AGENT_NONE : i;
	lines = realloc(s->line, (s->n_lines + 1) * sizeof(*lines));
	if (!lines)
		return AGENT_NONE;
	s->line = lines;
	memmove(&lines[k + 1], &lines[k], (s->n_lines - k) * sizeof(*lines));
	lines[k] = line;
	s->n_lines++;
	if (s->addr.family == ADDR_NONE) {
		if (i == a->n_servers)
			a->n_servers++;
		if (server_new(a, i, addr)) {
			server_clear(a, i);
			return AGENT_NONE;
		}
		if (a->timers.heap)
			server_timers(a, i);
	}
	if (!tls_server_claim(a, i, line, entry))
		return i;
	server_leave(a, i, line);
	return AGENT_NONE;
}

void server_leave(struct agent *a, uint32_t s, uint32_t line)
{
	struct server *server = &a->server[s];
	uint32_t i;

	for (i = 0; i < server->n_lines && server->line[i] != line; i++)
		;
	if (i == server->n_lines)
		return;
	server->n_lines--;
	memmove(&server->line[i], &server->line[i + 1],
		(server->n_lines - i) * sizeof(*server->line));
}

static void server_free(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	struct addr own, peer;

	log_info("server gone server=%s", server->name);
	if (server->watched)
		netlink_unwatch(&a->netlink, &server->addr);
	if (server->flow && tcp_addresses(&a->tcp, server->flow, &own, &peer))
		tcp_drop(&a->tcp, server->flow);
	if (server->wide && tcp_addresses(&a->tcp, server->wide, &own, &peer))
		tcp_drop(&a->tcp, server->wide);
	server_clear(a, s);
	server_timers(a, s);
}

bool servers_sweep(struct agent *a)
{
	bool all = true;
	uint32_t i;

	for (i = 0; i < a->n_servers; i++) {
		struct server *s = &a->server[i];

		if (s->addr.family == ADDR_NONE || s->n_lines)
			continue;
		if (s->requests == AGENT_NONE && s->probe == AGENT_NONE)
			server_free(a, i);
		else
			all = false;
	}
	return all;
}

void servers_watch(struct agent *a)
{
	uint32_t i, size;
	int ret;

	for (i = 0; a->netlink_open && i < a->n_servers; i++) {
		struct server *s = &a->server[i];

		if (s->watched || s->addr.family == ADDR_NONE)
			continue;
		/* A refresh and a request of each line may be in flight. */
		for (size = a->conf->ring_size; !a->conf->ring_size &&
		     size < SIPOVER_RING_MAX && size < 4 * s->n_lines; )
			size = size ? size * 2 : SIPOVER_RING_DEFAULT;
		if (!size)
			size = SIPOVER_RING_DEFAULT;
		s->watched = true;
		ret = netlink_watch(&a->netlink, &s->addr, size);
		if (ret)
			log_warning("watch server=%s: %s", s->name,
				    strerror(-ret));
	}
}
