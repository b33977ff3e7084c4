/* SPDX-License-Identifier: BSD-2-Clause */
/* The servers that lines use: each is there once, as long as a line has it. */
#include "agent_pool.h"

#include <stdlib.h>
#include <string.h>

#include "agent_find.h"
#include "agent_keepalive.h"
#include "agent_pulse.h"
#include "agent_server.h"
#include "agent_timers.h"
#include "agent_tls.h"
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
	s->offence = SIPOVER_CAUSE_UNSPEC;
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
	uint32_t next = s->changed_next;
	bool changed = s->changed;

	find_del_server(a, i);
	free(s->line);
	tls_peer_free(s->tls);
	memset(s, 0, sizeof(*s));
	s->changed = changed;
	s->changed_next = next;
	if (i < a->free_server)
		a->free_server = i;
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

/* It is new, has more lines than the module keeps sent records for, or nobody
 * uses it any more: servers_watch_new() and servers_sweep() look at these, in
 * the order of their numbers, and at no other. */
static void server_changed(struct agent *a, uint32_t s)
{
	uint32_t *at = &a->changed_servers;

	if (a->server[s].changed)
		return;
	while (*at != AGENT_NONE && *at < s)
		at = &a->server[*at].changed_next;
	a->server[s].changed = true;
	a->server[s].changed_next = *at;
	*at = s;
}

/* A refresh and a request of each line may be in flight. */
static uint32_t ring_size(const struct agent *a, const struct server *s)
{
	uint32_t size = SIPOVER_RING_DEFAULT;

	if (a->conf->ring_size)
		return a->conf->ring_size;
	/* The module records no TCP. */
	while (s->addr.transport == TRANSPORT_UDP && size < SIPOVER_RING_MAX &&
	       size < 4 * s->n_lines)
		size *= 2;
	return size;
}

/* The place of a line among those of the server, which are in order. */
static uint32_t place_of(const struct server *s, uint32_t line)
{
	uint32_t from = 0, to = s->n_lines;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (s->line[mid] < line)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static uint32_t free_place(struct agent *a)
{
	uint32_t *i = &a->free_server;

	while (*i < a->n_servers && a->server[*i].addr.family != ADDR_NONE)
		(*i)++;
	return *i;
}

uint32_t server_join(struct agent *a, const struct addr *addr, uint32_t line,
		     uint8_t entry)
{
	uint32_t i = server_find(a, addr), *lines, k;
	struct server *s;

	if (i == AGENT_NONE)
		i = free_place(a);
	if (i == a->servers_max)
		return AGENT_NONE;
	s = &a->server[i];
	k = place_of(s, line);
	if (k < s->n_lines && s->line[k] == line)
		return tls_server_claim(a, i, line, entry) ? AGENT_NONE : i;
	lines = realloc(s->line, (s->n_lines + 1) * sizeof(*lines));
	if (!lines)
		return AGENT_NONE;
	s->line = lines;
	memmove(&lines[k + 1], &lines[k], (s->n_lines - k) * sizeof(*lines));
	lines[k] = line;
	s->n_lines++;
	if (s->ring_size && s->ring_size < ring_size(a, s))
		server_changed(a, i);
	if (s->addr.family == ADDR_NONE) {
		if (i == a->n_servers)
			a->n_servers++;
		if (server_new(a, i, addr)) {
			server_clear(a, i);
			return AGENT_NONE;
		}
		if (a->timers.heap) {
			server_timers(a, i);
			server_changed(a, i);
		}
	}
	if (!tls_server_claim(a, i, line, entry))
		return i;
	server_leave(a, i, line);
	return AGENT_NONE;
}

void server_leave(struct agent *a, uint32_t s, uint32_t line)
{
	struct server *server = &a->server[s];
	uint32_t i = place_of(server, line);

	if (i == server->n_lines || server->line[i] != line)
		return;
	server->n_lines--;
	if (!server->n_lines)
		server_changed(a, s);
	memmove(&server->line[i], &server->line[i + 1],
		(server->n_lines - i) * sizeof(*server->line));
}

static void server_free(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	struct addr own, peer;

	log_info("server gone server=%s", server->name);
	if (server->ring_size)
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
	uint32_t *at = &a->changed_servers, i;

	while (*at != AGENT_NONE) {
		struct server *s = &a->server[i = *at];

		if (s->addr.family != ADDR_NONE && !s->n_lines) {
			/* Its last words are not answered yet; or it must
			 * not be asked yet, should it come back (C-34). */
			if (s->requests != AGENT_NONE ||
			    s->probe != AGENT_NONE ||
			    s->health.state == HEALTH_BLOCKED) {
				at = &s->changed_next;
				continue;
			}
			server_free(a, i);
		}
		*at = s->changed_next;
		s->changed = false;
	}
	return a->changed_servers == AGENT_NONE;
}

static void watch(struct agent *a, uint32_t i)
{
	struct server *s = &a->server[i];
	uint32_t size = ring_size(a, s);
	int ret;

	if (s->addr.family == ADDR_NONE || s->ring_size >= size)
		return;
	s->ring_size = size;
	ret = netlink_watch(&a->netlink, &s->addr, size);
	if (ret)
		log_warning("watch server=%s: %s", s->name, strerror(-ret));
}

void servers_watch_all(struct agent *a)
{
	uint32_t i;

	for (i = 0; i < a->n_servers; i++)
		watch(a, i);
}

void servers_watch_new(struct agent *a)
{
	uint32_t i;

	if (!a->netlink_open)
		return;
	for (i = a->changed_servers; i != AGENT_NONE;
	     i = a->server[i].changed_next)
		watch(a, i);
}
