/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How what a message, an event or a client names is found, at the same cost for
 * one line and for 10 000: servers by address, by host and by connection, lines
 * by name and by user.  Of several the first, as a walk through all would find.
 */
#include "agent_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Keys that the operator chose, or the DNS a few of, need no secret. */
#define PLAIN 0

int find_table(struct lookup *t, uint32_t slots, uint64_t seed)
{
	uint32_t cells = lookup_cells(slots);
	struct lookup_cell *cell = calloc(cells, sizeof(*cell));

	if (!cell)
		return -ENOMEM;
	free(t->cell);
	lookup_init(t, cell, cells, seed);
	return 0;
}

void find_close(struct agent *a)
{
	free(a->servers_by_addr.cell);
	free(a->servers_by_host.cell);
	free(a->servers_by_flow.cell);
	free(a->lines_by_name.cell);
	free(a->lines_by_user.cell);
}

/* ---- servers ---- */

static uint64_t addr_hash(const struct agent *a, const struct addr *addr)
{
	return lookup_hash(&a->servers_by_addr, addr, sizeof(*addr));
}

static uint64_t host_hash(const struct agent *a, const struct addr *addr)
{
	uint8_t key[1 + sizeof(addr->ip)] = { addr->family };

	memcpy(key + 1, addr->ip, sizeof(addr->ip));
	return lookup_hash(&a->servers_by_host, key, sizeof(key));
}

int find_servers_open(struct agent *a)
{
	uint32_t i;
	int ret;

	ret = find_table(&a->servers_by_addr, a->servers_max, PLAIN);
	if (!ret)
		ret = find_table(&a->servers_by_host, a->servers_max, PLAIN);
	/* Its own connection, and that for what is large. */
	if (!ret)
		ret = find_table(&a->servers_by_flow, 2 * a->servers_max,
				 PLAIN);
	for (i = 0; !ret && i < a->n_servers; i++)
		find_add_server(a, i);
	return ret;
}

void find_add_server(struct agent *a, uint32_t s)
{
	const struct addr *addr = &a->server[s].addr;

	lookup_add(&a->servers_by_addr, addr_hash(a, addr), s);
	lookup_add(&a->servers_by_host, host_hash(a, addr), s);
}

void find_del_server(struct agent *a, uint32_t s)
{
	const struct addr *addr = &a->server[s].addr;

	lookup_del(&a->servers_by_addr, addr_hash(a, addr), s);
	lookup_del(&a->servers_by_host, host_hash(a, addr), s);
	find_set_flow(a, s, &a->server[s].flow, 0);
	find_set_flow(a, s, &a->server[s].wide, 0);
}

uint32_t server_find(const struct agent *a, const struct addr *addr)
{
	uint32_t it = LOOKUP_FIRST, s;

	while (lookup_next(&a->servers_by_addr, addr_hash(a, addr), &it, &s))
		if (addr_equal(&a->server[s].addr, addr))
			return s;
	return AGENT_NONE;
}

bool server_has_host(const struct agent *a, uint32_t s,
		     const struct addr *host)
{
	return addr_same_host(&a->server[s].addr, host);
}

uint32_t server_of_host(const struct agent *a, const struct addr *host)
{
	uint64_t hash = host_hash(a, host);
	uint32_t it = LOOKUP_FIRST, found = AGENT_NONE, s;

	while (lookup_next(&a->servers_by_host, hash, &it, &s))
		if (a->server[s].addr.transport != TRANSPORT_TLS &&
		    server_has_host(a, s, host) && s < found)
			found = s;
	return found;
}

void find_set_flow(struct agent *a, uint32_t s, tcp_flow *of, tcp_flow f)
{
	if (*of)
		lookup_del(&a->servers_by_flow, lookup_hash_number(*of), s);
	*of = f;
	if (f)
		lookup_add(&a->servers_by_flow, lookup_hash_number(f), s);
}

static uint32_t flow_owner(const struct agent *a, tcp_flow f, bool wide)
{
	uint32_t it = LOOKUP_FIRST, s;

	while (lookup_next(&a->servers_by_flow, lookup_hash_number(f), &it, &s))
		if ((wide ? a->server[s].wide : a->server[s].flow) == f)
			return s;
	return AGENT_NONE;
}

uint32_t server_of_flow(const struct agent *a, tcp_flow f)
{
	return flow_owner(a, f, false);
}

uint32_t server_of_wide(const struct agent *a, tcp_flow f)
{
	return flow_owner(a, f, true);
}

/* ---- lines ---- */

static uint64_t text_hash(const struct lookup *t, const char *text)
{
	return lookup_hash(t, text, strlen(text));
}

static void add_line(struct agent *a, const struct conf_line *conf, uint32_t l)
{
	lookup_add(&a->lines_by_name,
		   text_hash(&a->lines_by_name, conf->name), l);
	lookup_add(&a->lines_by_user,
		   text_hash(&a->lines_by_user, conf->user), l);
}

int find_lines_open(struct agent *a)
{
	const struct conf *conf = a->conf;
	uint32_t i;
	int ret;

	ret = find_table(&a->lines_by_name, conf->n_lines, PLAIN);
	if (!ret)
		ret = find_table(&a->lines_by_user, conf->n_lines, PLAIN);
	for (i = 0; !ret && i < conf->n_lines; i++)
		add_line(a, &conf->line[i], i);
	return ret;
}

void find_add_line(struct agent *a, uint32_t l)
{
	add_line(a, a->line[l].conf, l);
}

void find_del_line(struct agent *a, uint32_t l)
{
	const char *name = a->line[l].conf->name;
	const char *user = a->line[l].conf->user;

	lookup_del(&a->lines_by_name, text_hash(&a->lines_by_name, name), l);
	lookup_del(&a->lines_by_user, text_hash(&a->lines_by_user, user), l);
}

uint32_t line_find(const struct agent *a, const char *name)
{
	uint64_t hash = lookup_hash(&a->lines_by_name, name, strlen(name));
	uint32_t it = LOOKUP_FIRST, l;

	while (lookup_next(&a->lines_by_name, hash, &it, &l))
		if (strcmp(a->conf->line[l].name, name) == 0)
			return l;
	return AGENT_NONE;
}

/* What of its user's lines and their servers goes first: the server s itself. */
static uint64_t rank(uint32_t server, uint32_t s, uint32_t line)
{
	return (server == s ? 0 : (uint64_t)server + 1) << 32 | line;
}

/* Our Contact's user part is the line's user; only the line's own servers may
 * call it: the one that did, or another one at its host if need be, since the
 * port of a connection that it opened says nothing.  Lines that have the same
 * user are few. */
uint32_t line_called(const struct agent *a, const char *uri, uint32_t s,
		     uint8_t *index)
{
	const struct addr *host = &a->server[s].addr;
	const char *user = strchr(uri, ':');
	uint64_t hash, best = UINT64_MAX;
	uint32_t it = LOOKUP_FIRST, l;
	size_t n;
	uint8_t k;

	if (!user)
		return AGENT_NONE;
	user++;
	n = strcspn(user, "@;>");
	if (user[n] != '@')
		return AGENT_NONE;
	hash = lookup_hash(&a->lines_by_user, user, n);
	while (lookup_next(&a->lines_by_user, hash, &it, &l)) {
		const struct line *line = &a->line[l];

		if (line->leaving || strlen(line->conf->user) != n ||
		    memcmp(line->conf->user, user, n) != 0)
			continue;
		for (k = 0; k < line->n_servers; k++) {
			uint64_t r = rank(line->server[k], s, l);

			if (r >= best ||
			    !server_has_host(a, line->server[k], host))
				continue;
			best = r;
			*index = k;
		}
	}
	return best == UINT64_MAX ? AGENT_NONE : (uint32_t)best;
}
