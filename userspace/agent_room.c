/* SPDX-License-Identifier: BSD-2-Clause */
/* The arrays grow: each is made larger first, then what is counted by its size. */
#include "agent_room.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent_timers.h"

#define FLOWS_MIN 64
/* A challenged failback: a REGISTER there and one here, twice each, for T4. */
#define REQUESTS_PER_LINE 5
/* One that is challenged, and the end of the one before. */
#define REQUESTS_PER_SUBSCRIPTION 3

uint32_t room_requests(uint32_t lines, uint32_t subscriptions)
{
	return REQUESTS_MIN + REQUESTS_PER_LINE * lines +
	       REQUESTS_PER_SUBSCRIPTION * subscriptions;
}

uint32_t room_flows(uint32_t servers)
{
	return FLOWS_MIN + 2 * servers;
}

/* n elements become more, the new ones zero.  NULL: no memory, they are as they
 * were. */
static void *larger(void *was, size_t size, uint32_t n, uint32_t more)
{
	char *p = realloc(was, more * size);

	if (p)
		memset(p + n * size, 0, (more - n) * size);
	return p;
}

/* What is in it stays, by the same hashes. */
static int grow_table(struct lookup *t, uint32_t slots)
{
	uint32_t cells = lookup_cells(slots), i;
	struct lookup was = *t;
	struct lookup_cell *cell;

	if (t->cell && cells <= t->mask + 1)
		return 0;
	cell = calloc(cells, sizeof(*cell));
	if (!cell)
		return -ENOMEM;
	lookup_init(t, cell, cells, was.seed);
	for (i = 0; was.cell && i <= was.mask; i++)
		if (was.cell[i].hash)
			lookup_add(t, was.cell[i].hash, was.cell[i].slot);
	free(was.cell);
	return 0;
}

/* The deadlines of those that wait for nothing but repeats. */
static int grow_answered(struct agent *a, uint32_t n)
{
	struct timerq_entry *heap = calloc(n, sizeof(*heap));
	uint32_t *pos = calloc(n, sizeof(*pos)), i;
	struct timerq was = a->answered;

	if (!heap || !pos) {
		free(heap);
		free(pos);
		return -ENOMEM;
	}
	timerq_init(&a->answered, heap, pos, n);
	for (i = 0; i < was.n; i++)
		timerq_set(&a->answered, was.heap[i].id, was.heap[i].at);
	free(was.heap);
	free(was.pos);
	return 0;
}

static int grow_requests(struct agent *a, uint32_t n)
{
	struct request *p;

	if (n <= a->n_requests)
		return 0;
	p = larger(a->request, sizeof(*p), a->n_requests, n);
	if (!p)
		return -ENOMEM;
	a->request = p;
	if (grow_table(&a->requests_by_branch, n) ||
	    grow_table(&a->requests_by_length, n) || grow_answered(a, n))
		return -ENOMEM;
	return 0;
}

static int grow_lines(struct agent *a, uint32_t n)
{
	struct conf *conf = a->conf;
	struct conf_line *lines;
	struct line *p;
	uint32_t i;

	if (n <= a->lines_max)
		return 0;
	lines = larger(conf->line, sizeof(*lines), a->lines_max, n);
	if (!lines)
		return -ENOMEM;
	conf->line = lines;
	for (i = 0; i < conf->n_lines; i++)
		if (a->line[i].conf && !a->line[i].leaving)
			a->line[i].conf = &conf->line[i];
	p = larger(a->line, sizeof(*p), a->lines_max, n);
	if (!p)
		return -ENOMEM;
	a->line = p;
	if (grow_table(&a->lines_by_name, n) ||
	    grow_table(&a->lines_by_user, n))
		return -ENOMEM;
	return 0;
}

static int grow_servers(struct agent *a, uint32_t n)
{
	struct server *p;

	if (n <= a->servers_max)
		return 0;
	p = larger(a->server, sizeof(*p), a->servers_max, n);
	if (!p)
		return -ENOMEM;
	a->server = p;
	if (grow_table(&a->servers_by_addr, n) ||
	    grow_table(&a->servers_by_host, n) ||
	    grow_table(&a->servers_by_flow, 2 * n) ||
	    tcp_grow(&a->tcp, room_flows(n)))
		return -ENOMEM;
	return a->netlink_open ? netlink_grow(&a->netlink, n) : 0;
}

static int grow_locations(struct agent *a, uint32_t n)
{
	struct location *p;

	if (n <= a->hosts_max)
		return 0;
	p = larger(a->location, sizeof(*p), a->hosts_max, n);
	if (!p)
		return -ENOMEM;
	a->location = p;
	return 0;
}

static int grow_subscriptions(struct agent *a, uint32_t n)
{
	struct line_subscription *p;

	if (n <= a->subscriptions_max)
		return 0;
	p = larger(a->subscription, sizeof(*p), a->subscriptions_max, n);
	if (!p)
		return -ENOMEM;
	a->subscription = p;
	return 0;
}

/* By half as much again, so that many small changes do not move all each time. */
static uint32_t amount(uint32_t have, uint32_t want, uint32_t max)
{
	uint32_t more = have + have / 2;

	if (want <= have)
		return have;
	if (more > max)
		more = max;
	return want > more ? want : more;
}

static void take(struct agent *a, const struct room *r)
{
	a->lines_max = r->lines;
	a->hosts_max = r->hosts;
	a->servers_max = r->servers;
	a->subscriptions_max = r->subscriptions;
}

int room_grow(struct agent *a, const struct room *want)
{
	struct timer_layout before = timers_layout(a);
	struct room r = {
		.lines = amount(a->lines_max, want->lines, CONF_LINES_MAX),
		.hosts = amount(a->hosts_max, want->hosts, UINT32_MAX),
		.servers = amount(a->servers_max, want->servers, UINT32_MAX),
		.subscriptions = amount(a->subscriptions_max,
					want->subscriptions, CONF_LINES_MAX),
	};
	uint32_t requests = room_requests(r.lines, r.subscriptions);
	struct room was = { a->lines_max, a->hosts_max, a->servers_max,
			    a->subscriptions_max };
	uint32_t requests_before = a->n_requests;

	if (r.lines == a->lines_max && r.hosts == a->hosts_max &&
	    r.servers == a->servers_max &&
	    r.subscriptions == a->subscriptions_max)
		return 0;
	if (grow_lines(a, r.lines) || grow_servers(a, r.servers) ||
	    grow_requests(a, requests) || grow_locations(a, r.hosts) ||
	    grow_subscriptions(a, r.subscriptions))
		return -ENOMEM;
	take(a, &r);
	if (requests > a->n_requests)
		a->n_requests = requests;
	if (!timers_open(a, &before))
		return 0;
	take(a, &was);
	a->n_requests = requests_before;
	return -ENOMEM;
}
