/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which servers a line has.  Those of a name may change while the line runs
 * (Y-17): core/failover is told server by server, and what is numbered by their
 * place in the list moves with them.  Never from within agent_drain(): what is
 * queued has the old numbers.
 */
#include "agent_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent_adopt.h"
#include "agent_line.h"
#include "agent_location.h"
#include "agent_pool.h"
#include "agent_session.h"
#include "agent_subscription.h"
#include "agent_timers.h"
#include "io/log.h"
#include "io/random.h"

static bool has_names(const struct conf_line *conf)
{
	uint8_t i;

	for (i = 0; i < conf->n_servers; i++)
		if (conf->server[i].host != CONF_NO_HOST)
			return true;
	return false;
}

/* RFC 5626 4.2.1: a server that moves in the list keeps its reg-id, and one that
 * follows another gets one of its own, or the registrar would take its flow for
 * the old one's. */
static void registration_new(struct line *line, uint8_t k)
{
	struct registration *reg = &line->reg[k];

	memset(reg, 0, sizeof(*reg));
	random_hex(reg->call_id, AGENT_CALL_ID_LEN);
	random_hex(reg->tag, AGENT_TAG_LEN);
	reg->reg_id = ++line->reg_ids;
}

static void registration_end(struct registration *reg)
{
	free(reg->www);
	free(reg->proxy);
	reg->www = reg->proxy = NULL;
}

void registrations_end(struct line *line)
{
	uint32_t k, n = has_names(line->conf) ? LINE_PLACES : line->n_servers;

	for (k = 0; line->reg && k < n; k++)
		registration_end(&line->reg[k]);
	free(line->reg);
	line->reg = NULL;
}

/* A server that other lines use may be known to be dead. */
static void line_tell_health(struct agent *a, uint32_t l)
{
	struct fo_ev ev = { .type = FO_EV_HEALTH, .old = HEALTH_UNKNOWN };
	const struct line *line = &a->line[l];

	for (ev.server = 0; ev.server < line->n_servers; ev.server++) {
		ev.new = a->server[line->server[ev.server]].health.state;
		if (ev.new != HEALTH_UNKNOWN)
			agent_post_line(a, l, &ev);
	}
}

/* Yealink takes 1..59 s of its failback_timeout for 60. */
static uint32_t failback_s(const struct conf_line *conf)
{
	if (conf->failback_mode != FO_FAILBACK_TTL &&
	    conf->failback_mode != FO_FAILBACK_DURATION)
		return conf->failback_interval_s;
	if (conf->failback_timeout_s && conf->failback_timeout_s < 60)
		return 60;
	return conf->failback_timeout_s;
}

/* skip_redundant_failover_addr: those of which one is no use after another */
static uint8_t same_host(const struct agent *a, const struct line *line,
			 const struct addr *addr)
{
	uint8_t k, bits = 0;

	if (!line->conf->skip_redundant_failover_addr)
		return 0;
	for (k = 0; k < line->n_servers; k++)
		if (addr_same_host(&a->server[line->server[k]].addr, addr))
			bits |= (uint8_t)(1 << k);
	return bits;
}

/* All but its servers. */
static struct fo_cfg cfg_of(const struct agent *a, const struct conf_line *conf)
{
	return (struct fo_cfg){
		.register_before_resend = conf->register_before_resend,
		.failback = conf->failback,
		.reg_fail_moves = conf->redundancy_with_reg_fail,
		.failback_ms = failback_s(conf) * 1000,
		.failback_mode = conf->failback_mode,
		.concurrent = conf->concurrent,
		.race_ms = conf->race_ms,
		.failback_idle = conf->failback_when_idle,
		.only_registered = conf->only_signal_with_registered,
		.retry_base_ms = conf->register_retry_base_s * 1000,
		.retry_max_ms = conf->register_retry_max_s * 1000,
		.overlap_s = conf->expires_overlap_s,
		.expires_min_s = FO_EXPIRES_MIN_S,
		.startup_ms = a->conf->startup_jitter_s * 1000,
	};
}

static int line_begin(struct agent *a, uint32_t l, const struct line_wish *w)
{
	struct fo_ev hold = { .type = FO_EV_HOLD };
	struct line *line = &a->line[l];
	const struct conf_line *conf = line->conf;
	struct fo_cfg cfg = cfg_of(a, conf);
	int i;

	cfg.n_servers = w->n;

	/* A list that may change needs room for the longest. */
	line->reg = calloc(has_names(conf) ? LINE_PLACES : w->n,
			   sizeof(*line->reg));
	if (!line->reg)
		return -ENOMEM;
	for (i = 0; i < w->n; i++) {
		line->server[i] = server_join(a, &w->addr[i], l, w->entry[i]);
		if (line->server[i] == AGENT_NONE)
			return -ENOMEM;
		line->entry[i] = w->entry[i];
		cfg.expires_s[i] = conf->server[w->entry[i]].expires_s;
		registration_new(line, (uint8_t)i);
	}
	line->n_servers = w->n;
	for (i = 0; i < w->n; i++)
		cfg.same_host[i] = same_host(a, line, &w->addr[i]) &
				   (uint8_t)~(1u << i);
	line->begun = true;
	fo_init(&line->fo, &cfg, random_u64());
	line_tell_health(a, l);
	if (a->held)
		agent_post_line(a, l, &hold);
	location_tell_ttl(a, l);
	adopt_begin(a, l);
	return 0;
}

void line_configure(struct agent *a, uint32_t l)
{
	struct line *line = &a->line[l];
	struct fo_cfg cfg = cfg_of(a, line->conf);
	uint8_t i;

	if (!line->begun)
		return;
	for (i = 0; i < line->n_servers; i++) {
		const struct addr *addr = &a->server[line->server[i]].addr;

		cfg.expires_s[i] = line->conf->server[line->entry[i]].expires_s;
		cfg.same_host[i] = same_host(a, line, addr) &
				   (uint8_t)~(1u << i);
	}
	fo_configure(&line->fo, &cfg, a->now);
	location_tell_ttl(a, l);
	agent_timer_line(a, l);
}

/* ---- changes ---- */

/* One step of the list, with nothing queued before it. */
static void list_step(struct agent *a, uint32_t l, struct fo_ev ev)
{
	ev.now = a->now;
	line_step(a, l, &ev);
	agent_drain(a);
}

static uint8_t moved(uint8_t i, uint8_t from, uint8_t to)
{
	if (i == from)
		return to;
	if (from < i && i <= to)
		return (uint8_t)(i - 1);
	if (to <= i && i < from)
		return (uint8_t)(i + 1);
	return i;
}

static void renumber(struct agent *a, uint32_t l, uint8_t from, uint8_t to)
{
	const struct line *line = &a->line[l];
	struct line_wait *wait = a->line[l].wait;
	uint32_t c, r, w;

	for (r = line->requests; r != AGENT_NONE; r = a->request[r].line_next)
		a->request[r].index = moved(a->request[r].index, from, to);
	for (w = 0; w < LINE_WAITS; w++)
		wait[w].act.server = moved(wait[w].act.server, from, to);
	for (c = 0; c < AGENT_CALLS_MAX; c++) {
		struct agent_call *k = &a->call[c];

		if (k->call.state == CALL_FREE || k->line != l)
			continue;
		k->index = moved(k->index, from, to);
		k->held_index = moved(k->held_index, from, to);
		k->ack_index = moved(k->ack_index, from, to);
	}
}

#define MOVE(array, from, to)						\
	do {								\
		__typeof__((array)[0]) one_ = (array)[from];		\
									\
		if ((from) < (to))					\
			memmove(&(array)[from], &(array)[(from) + 1],	\
				((to) - (from)) * sizeof(one_));	\
		else							\
			memmove(&(array)[(to) + 1], &(array)[to],	\
				((from) - (to)) * sizeof(one_));	\
		(array)[to] = one_;					\
	} while (0)

static void list_move(struct agent *a, uint32_t l, uint8_t from, uint8_t to)
{
	struct line *line = &a->line[l];
	struct fo_ev ev = {
		.type = FO_EV_SERVER_MOVED, .server = from, .new = to,
	};

	renumber(a, l, from, to);
	MOVE(line->server, from, to);
	MOVE(line->entry, from, to);
	MOVE(line->reg, from, to);
	session_moved(a, l, from, to);
	list_step(a, l, ev);
}

static bool list_append(struct agent *a, uint32_t l, const struct addr *addr,
			uint8_t entry)
{
	struct line *line = &a->line[l];
	uint8_t k = line->n_servers;
	uint32_t s = server_join(a, addr, l, entry);
	struct fo_ev ev = {
		.type = FO_EV_SERVER_NEW,
		.expires_s = line->conf->server[entry].expires_s,
		.new = same_host(a, line, addr),
	};

	if (s == AGENT_NONE)
		return false;
	line->server[k] = s;
	line->entry[k] = entry;
	registration_new(line, k);
	line->n_servers++;
	list_step(a, l, ev);
	ev = (struct fo_ev){
		.type = FO_EV_HEALTH, .server = k, .old = HEALTH_UNKNOWN,
		.new = a->server[s].health.state,
	};
	if (ev.new != HEALTH_UNKNOWN)
		list_step(a, l, ev);
	return true;
}

/* The place for one that leaves; LINE_PLACES: none is free yet. */
static uint8_t parting_place(const struct agent *a, const struct line *line)
{
	uint8_t place = FO_SERVERS_MAX;
	uint32_t r;

	for (; place < LINE_PLACES; place++) {
		for (r = line->requests; r != AGENT_NONE &&
		     a->request[r].index != place; r = a->request[r].line_next)
			;
		if (r == AGENT_NONE)
			break;
	}
	return place;
}

/* What is out there may be asked for credentials, or answered late. */
static void part(struct agent *a, struct line *line, uint8_t place)
{
	uint8_t k = line->n_servers;
	uint32_t r;

	for (r = line->requests; r != AGENT_NONE; r = a->request[r].line_next)
		if (a->request[r].index == k)
			a->request[r].index = place;
	registration_end(&line->reg[place]);
	line->reg[place] = line->reg[k];
	line->entry[place] = line->entry[k];
	memset(&line->reg[k], 0, sizeof(line->reg[k]));
}

/* A call may have its last words to say there, though core/failover has forgotten
 * it; or go on there, if an answer comes late. */
static bool call_needs(const struct agent *a, uint32_t l, uint8_t k)
{
	uint32_t c, i;

	for (c = 0; c < AGENT_CALLS_MAX; c++)
		if (a->call[c].call.state != CALL_FREE &&
		    a->call[c].line == l &&
		    (a->call[c].index == k || a->call[c].session.server == k))
			return true;
	for (i = a->line[l].requests; i != AGENT_NONE;
	     i = a->request[i].line_next) {
		const struct request *r = &a->request[i];

		if (r->index == k && r->call != AGENT_NONE &&
		    a->call[r->call].call.state != CALL_FREE &&
		    a->call[r->call].number == r->call_number)
			return true;
	}
	return false;
}

/* The last one goes, if it can. */
static bool list_cut(struct agent *a, uint32_t l)
{
	struct fo_ev ev = { .type = FO_EV_SERVER_GONE };
	struct line *line = &a->line[l];
	uint8_t place = parting_place(a, line);

	if (place == LINE_PLACES ||
	    call_needs(a, l, (uint8_t)(line->n_servers - 1)))
		return false;
	list_step(a, l, ev);
	if (line->fo.cfg.n_servers == line->n_servers)
		return false;
	/* Ended there while it has a number still. */
	subscription_gone(a, l, line->server[line->n_servers - 1]);
	line->n_servers--;
	part(a, line, place);
	server_leave(a, line->server[line->n_servers], l);
	return true;
}

static uint8_t list_find(const struct agent *a, const struct line *line,
			 const struct addr *addr)
{
	uint8_t k;

	for (k = 0; k < line->n_servers; k++)
		if (addr_equal(&a->server[line->server[k]].addr, addr))
			return k;
	return FO_NONE;
}

/* Those that stay to the front, in order; how many there are. */
static uint8_t list_sort(struct agent *a, uint32_t l, const struct line_wish *w)
{
	const struct line *line = &a->line[l];
	uint8_t i, k, n = 0;

	for (i = 0; i < w->n; i++) {
		k = list_find(a, line, &w->addr[i]);
		if (k == FO_NONE)
			continue;
		if (k != n)
			list_move(a, l, k, n);
		n++;
	}
	return n;
}

/* New ones come before old ones go: the line always has a server. */
static bool list_change(struct agent *a, uint32_t l, const struct line_wish *w)
{
	struct line *line = &a->line[l];
	uint8_t i, k, stay = list_sort(a, l, w);

	for (i = 0; i < w->n; i++) {
		k = list_find(a, line, &w->addr[i]);
		if (k != FO_NONE) {
			line->entry[k] = w->entry[i];
			continue;
		}
		if (line->n_servers == FO_SERVERS_MAX &&
		    (stay == FO_SERVERS_MAX || !list_cut(a, l)))
			return false;
		if (!list_append(a, l, &w->addr[i], w->entry[i]))
			return false;
		/* It is behind those that go. */
		list_move(a, l, (uint8_t)(line->n_servers - 1), stay++);
	}
	list_sort(a, l, w);
	while (line->n_servers > w->n)
		if (!list_cut(a, l))
			return false;
	return true;
}

static bool as_wished(const struct agent *a, const struct line *line,
		      const struct line_wish *w)
{
	uint8_t i;

	for (i = 0; i < w->n; i++)
		if (i >= line->n_servers ||
		    !addr_equal(&a->server[line->server[i]].addr, &w->addr[i]))
			return false;
	return line->n_servers == w->n;
}

bool line_locate(struct agent *a, uint32_t l)
{
	struct line *line = &a->line[l];
	struct line_wish w;
	bool known;

	/* It does not change any more, or is not there yet. */
	if (line->leaving || !line->conf)
		return true;
	known = location_wish(a, l, &w);
	if (!line->begun) {
		if (!known)
			return false;
		if (!line_begin(a, l, &w))
			return true;
		a->stats.no_memory++;
		free(line->reg);
		line->reg = NULL;
		return false;
	}
	/* No server at all: the old ones may still be there. */
	if (!w.n || as_wished(a, line, &w) || a->stopping)
		return true;
	agent_drain(a);
	log_info("list changes line=%s", line->conf->name);
	known = list_change(a, l, &w);
	location_tell_ttl(a, l);
	return known;
}
