/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Another configuration while all goes on.  A line that is as it was is not
 * touched.  One that can go on with its bindings and calls goes on
 * (conf_line_stays); any other leaves and begins anew in its place
 * (agent_leave.c).
 */
#include "agent_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent_leave.h"
#include "agent_list.h"
#include "agent_location.h"
#include "agent_path.h"
#include "agent_pool.h"
#include "agent_room.h"
#include "agent_step.h"
#include "agent_timers.h"
#include "agent_tls.h"
#include "codec/conf_line.h"
#include "io/log.h"

uint32_t config_find(void *agent, const char *name)
{
	struct agent *a = agent;
	uint64_t hash = lookup_hash(&a->lines_by_name, name, strlen(name));
	uint32_t it = LOOKUP_FIRST, l;

	while (lookup_next(&a->lines_by_name, hash, &it, &l))
		if (strcmp(a->line[l].conf->name, name) == 0)
			return l;
	return CONF_NEW;
}

bool config_changes(const struct conf_delta *d)
{
	uint32_t i;

	for (i = 0; i < d->n; i++)
		if (!d->line[i].same)
			return true;
	return d->n_gone > 0;
}

static bool is_free(const struct agent *a, uint32_t l)
{
	return !a->line[l].conf && !a->conf->line[l].text;
}

/* What the configuration to come needs at most, beside what is in use now. */
static struct room room_for(const struct agent *a, const struct conf_delta *d)
{
	struct room r = {
		.lines = a->conf->n_lines,
		.hosts = d->n_hosts,
		.servers = 2 * LOC_CANDIDATES_MAX * d->n_hosts,
		.subscriptions = a->n_subscriptions,
	};
	uint32_t i, k;

	for (i = 0; i < a->n_servers; i++)
		r.servers += a->server[i].addr.family != ADDR_NONE;
	for (i = 0; i < d->n; i++) {
		const struct conf_line *line = &d->line[i].line;

		if (d->line[i].same)
			continue;
		r.lines += d->line[i].slot == CONF_NEW;
		r.subscriptions += line->subscribe_mwi;
		for (k = 0; k < line->n_servers; k++)
			r.servers += line->server[k].host == CONF_NO_HOST;
	}
	for (i = 0; i < a->conf->n_lines && r.lines > a->conf->n_lines; i++)
		r.lines -= is_free(a, i);
	for (i = 0; i < a->n_subscriptions; i++)
		r.subscriptions -= a->subscription[i].line == AGENT_NONE;
	return r;
}

/* The first server that speaks TLS needs its settings. */
static int prepare_tls(struct agent *a, const struct conf_delta *d, char *why)
{
	struct conf next = *a->conf;
	uint32_t i;
	int ret;

	next.line = calloc(d->n + 1, sizeof(*next.line));
	if (!next.line)
		return -ENOMEM;
	for (i = 0; i < d->n; i++)
		next.line[i] = d->line[i].line;
	next.n_lines = d->n;
	next.host = d->host;
	next.n_hosts = d->n_hosts;
	ret = tls_settings_open(a, &next, why);
	free(next.line);
	return ret;
}

int config_try(struct agent *a, const struct conf_delta *d, char *why)
{
	bool open = a->tls != NULL;
	int ret = config_changes(d) ? prepare_tls(a, d, why) : 0;

	if (!open) {
		tls_close(a->tls);
		a->tls = NULL;
	}
	return ret;
}

int config_prepare(struct agent *a, struct conf_delta *d, char *why)
{
	struct room want = room_for(a, d);
	int ret;

	*why = '\0';
	if (!config_changes(d))
		return 0;
	ret = prepare_tls(a, d, why);
	if (!ret)
		ret = conf_delta_spares(d);
	if (!ret)
		ret = room_grow(a, &want);
	/* There is one as soon as there is room for a name. */
	if (!ret && a->hosts_max)
		ret = resolver_start(a);
	return ret;
}

/* ---- commit ---- */

static void take_hosts(struct agent *a, struct conf_delta *d)
{
	struct conf_host *was = a->conf->host;
	uint32_t from = a->conf->n_hosts;

	a->conf->host = d->host;
	a->conf->n_hosts = d->n_hosts;
	d->host = was;
	locations_more(a, from);
}

static void take_removed(struct agent *a, struct conf_delta *d)
{
	char **removed = a->conf->removed;
	uint32_t n = a->conf->n_removed;

	a->conf->removed = d->removed;
	a->conf->n_removed = d->n_removed;
	d->removed = removed;
	d->n_removed = n;
}

/* What is at l leaves, and what will be there is not yet. */
static void clear_line(struct agent *a, uint32_t l, struct conf_line **spare)
{
	struct conf_line *conf = &a->conf->line[l];

	if (a->line[l].leaving) {
		conf_line_free(conf);
		return;
	}
	line_leave(a, l, *spare);
	*spare = NULL;
	memset(conf, 0, sizeof(*conf));
}

static void put_line(struct agent *a, uint32_t l, struct conf_delta_line *from)
{
	a->conf->line[l] = from->line;
	memset(&from->line, 0, sizeof(from->line));
}

static void enter(struct agent *a, struct conf_delta_line *from)
{
	uint32_t *l = &a->free_line, to;

	while (*l < a->conf->n_lines && !is_free(a, *l))
		(*l)++;
	to = *l;
	if (to == a->conf->n_lines) {
		a->conf->n_lines++;
		memset(&a->line[to], 0, sizeof(a->line[to]));
		a->line[to].requests = a->line[to].subscription = AGENT_NONE;
	}
	put_line(a, to, from);
	line_enter(a, to);
}

static bool stays(const struct agent *a, const struct conf_delta_line *d)
{
	return d->slot != CONF_NEW && !a->line[d->slot].leaving &&
	       conf_line_stays(&a->conf->line[d->slot], &d->line);
}

/* Those that leave, those that come, those that are only told: the last, for no
 * step may be taken between this and the new event log. */
static void take_lines(struct agent *a, struct conf_delta *d)
{
	uint32_t i;

	for (i = 0; i < d->n_gone; i++)
		clear_line(a, d->gone[i], &d->gone_spare[i]);
	for (i = 0; i < d->n; i++) {
		struct conf_delta_line *l = &d->line[i];

		if (l->same || l->slot == CONF_NEW || stays(a, l))
			continue;
		clear_line(a, l->slot, &l->spare);
		put_line(a, l->slot, l);
		l->same = true;
	}
	for (i = 0; i < d->n; i++)
		if (!d->line[i].same && d->line[i].slot == CONF_NEW)
			enter(a, &d->line[i]);
	for (i = 0; i < d->n; i++) {
		struct conf_delta_line *l = &d->line[i];
		struct conf_line *conf;

		if (l->slot == CONF_NEW)
			continue;
		conf = &a->conf->line[l->slot];
		if (!l->same) {
			conf_line_free(conf);
			put_line(a, l->slot, l);
			line_configure(a, l->slot);
		} else if (l->line.text) {
			conf->applied = l->line.applied;
			conf->in_file = l->line.in_file;
		}
	}
}

void config_commit(struct agent *a, struct conf_delta *d)
{
	take_removed(a, d);
	if (config_changes(d)) {
		a->changes++;
		agent_drain(a);
		take_hosts(a, d);
		take_lines(a, d);
		/* A number may be another line's or server's now, and a state
		 * have changed without a step. */
		steps_close(a);
		steps_open(a);
		agent_drain(a);
		servers_watch_new(a);
		paths_new(a);
		agent_timer_one(a, TIMER_LEAVE, a->now);
		return;
	}
	take_lines(a, d);
}
