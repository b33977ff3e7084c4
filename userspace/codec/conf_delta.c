// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_delta.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf_line.h"

int conf_delta_open(struct conf_delta *d, const struct conf *now)
{
	size_t room = 1;

	memset(d, 0, sizeof(*d));
	/* conf_host_add() makes room at powers of two. */
	while (room < now->n_hosts)
		room *= 2;
	d->host = calloc(room, sizeof(*d->host));
	if (!d->host)
		return -ENOMEM;
	if (now->n_hosts)
		memcpy(d->host, now->host, now->n_hosts * sizeof(*d->host));
	d->n_hosts = now->n_hosts;
	return 0;
}

void conf_delta_free(struct conf_delta *d)
{
	uint32_t i;

	for (i = 0; i < d->n; i++) {
		conf_line_free(&d->line[i].line);
		free(d->line[i].spare);
	}
	for (i = 0; d->gone_spare && i < d->n_gone; i++)
		free(d->gone_spare[i]);
	free(d->gone_spare);
	for (i = 0; i < d->n_removed; i++)
		free(d->removed[i]);
	free(d->line);
	free(d->gone);
	free(d->host);
	free(d->removed);
	memset(d, 0, sizeof(*d));
}

int conf_delta_add(struct conf_delta *d, const struct conf *now,
		   struct conf_line *line, uint32_t slot)
{
	struct conf_delta_line *l;

	if (d->n == d->room) {
		uint32_t room = d->room ? 2 * d->room : 16;

		l = realloc(d->line, room * sizeof(*l));
		if (!l) {
			conf_line_free(line);
			return -ENOMEM;
		}
		d->line = l;
		d->room = room;
	}
	l = &d->line[d->n++];
	l->line = *line;
	l->spare = NULL;
	l->slot = slot;
	l->same = slot != CONF_NEW && now->line[slot].text &&
		  strcmp(now->line[slot].text, line->text) == 0;
	return 0;
}

int conf_delta_spares(struct conf_delta *d)
{
	uint32_t i;

	for (i = 0; i < d->n; i++) {
		struct conf_delta_line *l = &d->line[i];

		if (l->same || l->slot == CONF_NEW)
			continue;
		l->spare = malloc(sizeof(*l->spare));
		if (!l->spare)
			return -ENOMEM;
	}
	d->gone_spare = calloc(d->n_gone + 1, sizeof(struct conf_line *));
	for (i = 0; d->gone_spare && i < d->n_gone; i++) {
		d->gone_spare[i] = malloc(sizeof(struct conf_line));
		if (!d->gone_spare[i])
			return -ENOMEM;
	}
	return d->gone_spare ? 0 : -ENOMEM;
}

int conf_delta_remove_name(struct conf_delta *d, const char *name)
{
	char **removed = realloc(d->removed,
				 (d->n_removed + 1) * sizeof(*removed));

	if (!removed)
		return -ENOMEM;
	d->removed = removed;
	removed[d->n_removed] = strdup(name);
	if (!removed[d->n_removed])
		return -ENOMEM;
	d->n_removed++;
	return 0;
}

/* next's hosts have other numbers. */
static int take_hosts(struct conf_delta *d, struct conf_line *line,
		      const struct conf *next)
{
	struct conf own = { .n_hosts = d->n_hosts, .host = d->host };
	uint8_t k;

	for (k = 0; k < line->n_servers; k++) {
		uint32_t *host = &line->server[k].host;

		if (*host == CONF_NO_HOST)
			continue;
		*host = conf_host_add(&own, &next->host[*host]);
		d->host = own.host;
		d->n_hosts = own.n_hosts;
		if (*host == CONF_NO_HOST)
			return -ENOMEM;
	}
	return 0;
}

int conf_delta_reload(struct conf_delta *d, const struct conf *now,
		      struct conf *next, conf_find_fn *find, void *ctx)
{
	bool *there = calloc(now->n_lines + 1, sizeof(*there));
	uint32_t i, slot;
	int ret = 0;

	d->gone = calloc(now->n_lines + 1, sizeof(*d->gone));
	if (!there || !d->gone)
		ret = -ENOMEM;
	for (i = 0; !ret && i < next->n_lines; i++) {
		struct conf_line *line = &next->line[i];

		slot = find(ctx, line->name);
		ret = take_hosts(d, line, next);
		if (!ret)
			ret = conf_delta_add(d, now, line, slot);
		memset(line, 0, sizeof(*line));
		if (slot != CONF_NEW)
			there[slot] = true;
	}
	for (slot = 0; !ret && slot < now->n_lines; slot++)
		if (now->line[slot].text && !there[slot])
			d->gone[d->n_gone++] = slot;
	for (i = 0; !ret && i < next->n_removed; i++)
		ret = conf_delta_remove_name(d, next->removed[i]);
	free(there);
	return ret;
}

/* ---- what differs ---- */

static bool same_string(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static bool same_servers(const struct conf_line *a, const struct conf_line *b)
{
	uint8_t k;

	if (a->n_servers != b->n_servers)
		return false;
	for (k = 0; k < a->n_servers; k++) {
		const struct conf_server *s = &a->server[k], *t = &b->server[k];

		if (s->host != t->host ||
		    (s->host == CONF_NO_HOST && !addr_equal(&s->addr,
							    &t->addr)) ||
		    !same_string(s->tls_name, t->tls_name))
			return false;
	}
	return true;
}

/* What its bindings, dialogs and subscription were made of. */
bool conf_line_stays(const struct conf_line *a, const struct conf_line *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       strcmp(a->user, b->user) == 0 &&
	       strcmp(a->domain, b->domain) == 0 &&
	       strcmp(a->auth_user, b->auth_user) == 0 &&
	       strcmp(a->password, b->password) == 0 &&
	       strcmp(a->display, b->display) == 0 &&
	       a->enabled == b->enabled && a->proxied == b->proxied &&
	       a->outbound_proxy_route == b->outbound_proxy_route &&
	       a->outbound == b->outbound &&
	       a->concurrent == b->concurrent &&
	       a->subscribe_mwi == b->subscribe_mwi &&
	       a->failback_subscribe == b->failback_subscribe &&
	       same_servers(a, b);
}

static bool same_field(const struct conf_key *k, const struct conf *a,
		       const struct conf *b)
{
	const char *x = (const char *)a + k->off, *y = (const char *)b + k->off;

	/* In struct conf as in struct conf_top_in, but for these. */
	if (strcmp(k->name, "local_v4") == 0)
		return a->local4.family == b->local4.family &&
		       memcmp(a->local4.ip, b->local4.ip,
			      sizeof(a->local4.ip)) == 0;
	if (strcmp(k->name, "local_v6") == 0)
		return a->local6.family == b->local6.family &&
		       memcmp(a->local6.ip, b->local6.ip,
			      sizeof(a->local6.ip)) == 0;
	if (strcmp(k->name, "port") == 0)
		return (a->local4.family ? a->local4.port : a->local6.port) ==
		       (b->local4.family ? b->local4.port : b->local6.port);
	if (k->kind == CONF_STRING)
		return strcmp(x, y) == 0;
	return memcmp(x, y, k->size) == 0;
}

static bool same_records(const struct conf *a, const struct conf *b)
{
	uint32_t i;

	if (a->n_static != b->n_static)
		return false;
	for (i = 0; i < a->n_static; i++)
		if (!dns_static_equal(&a->static_rr[i], &b->static_rr[i]))
			return false;
	return true;
}

static bool same_dns(const struct conf *a, const struct conf *b)
{
	uint32_t i;

	if (a->n_dns != b->n_dns)
		return false;
	for (i = 0; i < a->n_dns; i++)
		if (!addr_equal(&a->dns[i], &b->dns[i]))
			return false;
	return true;
}

unsigned int conf_top_differs(const struct conf *a, const struct conf *b,
			      const char **name, unsigned int max)
{
	unsigned int n = 0;
	size_t i;

	_Static_assert(offsetof(struct conf_top_in, c) == 0, "as in conf");
	for (i = 0; i < CONF_TOP_KEYS && n < max; i++)
		if (strcmp(conf_top_keys[i].name, "log_level") != 0 &&
		    !same_field(&conf_top_keys[i], a, b))
			name[n++] = conf_top_keys[i].name;
	if (n < max && !same_dns(a, b))
		name[n++] = "dns";
	if (n < max && !same_records(a, b))
		name[n++] = "static";
	return n;
}
