/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Server entries that are names: core/location's questions out to the static
 * records or the DNS, its answers in, its lists to the lines (Y-17, C-21).
 */
#include "agent_location.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_ctl_notify.h"
#include "agent_list.h"
#include "agent_path.h"
#include "agent_pool.h"
#include "agent_timers.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/random.h"
#include "io/source.h"

/* What a question is to the resolver. */
static uint64_t id_of(uint32_t host, uint8_t question, uint16_t serial)
{
	return (uint64_t)host << 32 | (uint32_t)question << 16 | serial;
}

static const char *location_text(const struct agent *a, uint32_t h,
				 char buf[CONF_HOST_NAME_MAX + 16])
{
	const struct conf_host *host = &a->conf->host[h];
	size_t n = strlen(host->name);

	memcpy(buf, host->name, n);
	buf[n] = '\0';
	if (host->port)
		snprintf(buf + n, 8, ":%u", host->port);
	if (host->transport != CONF_ANY_TRANSPORT) {
		strcat(buf, ";");
		strcat(buf, transport_param(host->transport));
	}
	return buf;
}

/* ---- telling ---- */

static void tell_list(const struct agent *a, uint32_t h)
{
	const struct loc *loc = &a->location[h].loc;
	char list[LOC_CANDIDATES_MAX * (ADDR_STRLEN + 8)] = "-";
	char name[CONF_HOST_NAME_MAX + 16], one[ADDR_STRLEN];
	size_t n = 0;
	uint8_t i;

	for (i = 0; i < loc->n; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s;%s",
				      i ? "," : "",
				      addr_print(&loc->list[i], one),
				      transport_param(loc->list[i].transport));
	log_info("location name=%s servers=%s", location_text(a, h, name),
		 list);
}

/* Whether it is another. */
static bool tell_state(struct agent *a, uint32_t h)
{
	struct location *l = &a->location[h];
	enum loc_state state = loc_state(&l->loc, a->now);
	char name[CONF_HOST_NAME_MAX + 16];

	if (state == l->told)
		return false;
	l->told = (uint8_t)state;
	location_text(a, h, name);
	switch (state) {
	case LOC_RESOLVING:
	case LOC_READY:
		log_info("location name=%s state=%s", name,
			 loc_state_name(state));
		break;
	case LOC_STALE:
		log_warning("location name=%s state=stale: the DNS does not confirm its servers, they are used all the same",
			    name);
		break;
	case LOC_NOTHING:
		log_warning("location name=%s state=nothing: the DNS has no server of that name",
			    name);
		break;
	case LOC_NO_ANSWER:
		log_warning("location name=%s state=no_answer: no name server answers",
			    name);
		break;
	}
	notify_location(a, name, loc_state_name(state), &l->loc);
	return true;
}

/* ---- lines ---- */

static void wish_add(struct line_wish *w, const struct addr *addr,
		     uint8_t entry)
{
	uint8_t i;

	for (i = 0; i < w->n; i++)
		if (addr_equal(&w->addr[i], addr))
			return;
	if (w->n == FO_SERVERS_MAX)
		return;
	w->entry[w->n] = entry;
	w->addr[w->n++] = *addr;
}

bool location_wish(const struct agent *a, uint32_t line, struct line_wish *w)
{
	const struct conf_line *conf = &a->conf->line[line];
	bool settled = true;
	uint8_t i, k;

	w->n = 0;
	for (i = 0; i < conf->n_servers; i++) {
		struct addr list[LOC_CANDIDATES_MAX];
		const struct location *l;
		uint8_t n;

		if (conf->server[i].host == CONF_NO_HOST) {
			wish_add(w, &conf->server[i].addr, i);
			continue;
		}
		l = &a->location[conf->server[i].host];
		if (loc_state(&l->loc, a->now) == LOC_RESOLVING)
			settled = false;
		n = loc_reachable(&l->loc, l->routed, list);
		for (k = 0; k < n; k++)
			wish_add(w, &list[k], i);
	}
	return settled && w->n;
}

/* Y-33, DNSTTL: that of the entry that its first server is from; one that is an
 * address has none.  Nobody else is told: it would be a step of each line at
 * each answer. */
void location_tell_ttl(struct agent *a, uint32_t line)
{
	const struct line *l = &a->line[line];
	struct fo_ev ev = { .type = FO_EV_TTL };
	uint32_t h;

	if (!l->begun || l->conf->failback_mode != FO_FAILBACK_TTL)
		return;
	h = l->conf->server[l->entry[0]].host;
	if (h != CONF_NO_HOST)
		ev.expires_s = loc_ttl_s(&a->location[h].loc, a->now);
	agent_post_line(a, line, &ev);
}

/* At each refresh. */
static void tell_ttl(struct agent *a, uint32_t h)
{
	struct location *l = &a->location[h];
	uint32_t i;

	if (l->answers == l->loc.answers)
		return;
	l->answers = l->loc.answers;
	for (i = 0; i < l->n_lines; i++)
		location_tell_ttl(a, l->line[i]);
}

/* Whether it is another than before. */
static bool look_for_routes(struct agent *a, uint32_t h)
{
	struct location *l = &a->location[h];
	uint8_t was = l->routed, i;
	struct addr local;

	l->routed = 0;
	for (i = 0; i < l->loc.n; i++)
		if (!source_for(&l->loc.list[i], &local))
			l->routed |= 1 << i;
	return l->routed != was;
}

/* Its list may be another now; lines that had none may begin. */
static void location_lines(struct agent *a, uint32_t h)
{
	struct location *l = &a->location[h];
	bool behind = false;
	uint32_t i;

	for (i = 0; i < l->n_lines; i++)
		if (!line_locate(a, l->line[i]))
			behind = true;
	servers_watch_new(a);
	paths_new(a);
	l->behind = !servers_sweep(a) || behind;
}

/* ---- questions and answers ---- */

struct todo {
	uint8_t n;
	struct {
		uint8_t question;
		uint16_t serial;
	} ask[LOC_QUESTIONS];
	bool changed;
};

static void todo_add(struct todo *t, const struct loc_acts *acts)
{
	uint8_t i;

	/* Each question is out once at most, so there is room. */
	for (i = 0; i < acts->n; i++) {
		t->ask[t->n].question = acts->ask[i].question;
		t->ask[t->n++].serial = acts->ask[i].serial;
	}
	t->changed = t->changed || acts->changed;
}

static void carry_out(struct agent *a, uint32_t h, const struct loc_acts *first)
{
	struct loc *loc = &a->location[h].loc;
	struct todo t = { .n = 0 };
	struct rr_answer answer;
	struct loc_acts acts;
	bool again;

	todo_add(&t, first);
	while (t.n) {
		uint8_t q = t.ask[--t.n].question;
		uint16_t serial = t.ask[t.n].serial;
		const char *name = loc_question_name(loc, q);
		enum rr_type type = loc_question_type(q);

		if (!dns_static_answer(a->conf->static_rr, a->conf->n_static,
				       name, type, &answer)) {
			if (!resolver_ask(&a->resolver, id_of(h, q, serial),
					  name, type))
				continue;
			memset(&answer, 0, sizeof(answer));
			answer.result = RR_FAILED;
		}
		loc_answer(loc, a->now, q, serial, &answer, &acts);
		todo_add(&t, &acts);
	}
	agent_timer_location(a, h);
	if (t.changed)
		tell_list(a, h);
	again = look_for_routes(a, h);
	again = tell_state(a, h) || again;
	/* What could not be done before is tried again at each answer. */
	if (again || t.changed || a->location[h].behind)
		location_lines(a, h);
	tell_ttl(a, h);
}

static void on_answered(void *ctx, uint64_t id, const uint8_t *buf, size_t len)
{
	uint8_t question = (uint8_t)(id >> 16);
	uint32_t h = (uint32_t)(id >> 32);
	struct agent *a = ctx;
	struct loc *loc = &a->location[h].loc;
	struct rr_answer answer = { .result = RR_FAILED };
	struct loc_acts acts;

	a->now = clock_now();
	if (buf && dns_parse(buf, len, loc_question_name(loc, question),
			     loc_question_type(question), &answer))
		a->stats.dns_bad++;
	a->stats.dns_refused += answer.refused;
	a->stats.dns_cut += answer.cut;
	loc_answer(loc, a->now, question, (uint16_t)id, &answer, &acts);
	carry_out(a, h, &acts);
	agent_drain(a);
}

void locations_rerouted(struct agent *a)
{
	uint32_t h;

	for (h = 0; h < a->conf->n_hosts; h++)
		if (look_for_routes(a, h))
			location_lines(a, h);
}

static const struct resolver_ops resolver_ops = { .answered = on_answered };

void location_expired(struct agent *a, uint32_t h)
{
	struct loc_acts acts;

	loc_step(&a->location[h].loc, a->now, &acts);
	carry_out(a, h, &acts);
}

/* ---- life ---- */

/* Calls each(l) once for each name of each line, in the order of lines. */
static void each_name(struct agent *a, void (*each)(struct location *l,
						    uint32_t line))
{
	const struct conf_line *conf = a->conf->line;
	uint32_t i;
	uint8_t k, m;

	for (i = 0; i < a->conf->n_lines; i++, conf++)
		for (k = 0; k < conf->n_servers; k++) {
			uint32_t h = conf->server[k].host;

			for (m = 0; m < k && conf->server[m].host != h; m++)
				;
			if (m == k && h != CONF_NO_HOST)
				each(&a->location[h], i);
		}
}

static void count_line(struct location *l, uint32_t line)
{
	(void)line;
	l->n_lines++;
}

static void add_line(struct location *l, uint32_t line)
{
	l->line[l->n_lines++] = line;
}

/* So that an answer of the DNS has nobody look at a line that does not name it. */
static int lines_open(struct agent *a)
{
	uint32_t h;

	each_name(a, count_line);
	for (h = 0; h < a->conf->n_hosts; h++) {
		struct location *l = &a->location[h];

		l->line = calloc(l->n_lines + 1, sizeof(*l->line));
		if (!l->line)
			return -ENOMEM;
		l->n_lines = 0;
	}
	each_name(a, add_line);
	return 0;
}

static void location_init(struct agent *a, uint32_t h)
{
	const struct conf *conf = a->conf;
	struct loc_cfg cfg = {
		.can = 1 << TRANSPORT_UDP | 1 << TRANSPORT_TCP |
		       (a->tls ? 1 << TRANSPORT_TLS : 0),
		.families = (conf->local4.family ? LOC_V4 : 0) |
			    (conf->local6.family ? LOC_V6 : 0),
	};

	strcpy(cfg.name, conf->host[h].name);
	cfg.port = conf->host[h].port;
	cfg.transport = conf->host[h].transport;
	cfg.seed = random_u64();
	loc_init(&a->location[h].loc, &cfg);
}

void locations_more(struct agent *a, uint32_t from)
{
	uint32_t h;

	for (h = from; h < a->conf->n_hosts; h++)
		location_init(a, h);
}

int locations_open(struct agent *a)
{
	const struct conf *conf = a->conf;

	if (!conf->n_hosts)
		return 0;
	a->location = calloc(conf->n_hosts, sizeof(*a->location));
	if (!a->location || lines_open(a))
		return -ENOMEM;
	locations_more(a, 0);
	return resolver_start(a);
}

int resolver_start(struct agent *a)
{
	const struct conf *conf = a->conf;

	if (a->resolver.p)
		return 0;
	return resolver_open(&a->resolver, &a->ring, conf->dns, conf->n_dns,
			     &resolver_ops, a);
}

void locations_begin(struct agent *a)
{
	uint32_t i;

	for (i = 0; i < a->conf->n_hosts; i++)
		location_expired(a, i);
}

int location_join(struct agent *a, uint32_t line)
{
	const struct conf_line *conf = &a->conf->line[line];
	uint8_t k;

	for (k = 0; k < conf->n_servers; k++) {
		uint32_t h = conf->server[k].host, *lines;
		struct location *l;

		if (h == CONF_NO_HOST)
			continue;
		l = &a->location[h];
		if (l->n_lines && l->line[l->n_lines - 1] == line)
			continue;
		lines = realloc(l->line, (l->n_lines + 1) * sizeof(*lines));
		if (!lines)
			return -ENOMEM;
		l->line = lines;
		lines[l->n_lines++] = line;
	}
	return 0;
}

/* What nobody named was not asked about meanwhile. */
void locations_look(struct agent *a, uint32_t line)
{
	const struct conf_line *conf = &a->conf->line[line];
	uint8_t k;

	for (k = 0; k < conf->n_servers; k++)
		if (conf->server[k].host != CONF_NO_HOST)
			location_expired(a, conf->server[k].host);
}

void location_leave(struct agent *a, uint32_t line)
{
	const struct conf_line *conf = a->line[line].conf;
	uint8_t k;

	for (k = 0; conf && k < conf->n_servers; k++) {
		uint32_t h = conf->server[k].host, i, n = 0;
		struct location *l;

		if (h == CONF_NO_HOST)
			continue;
		l = &a->location[h];
		for (i = 0; i < l->n_lines; i++)
			if (l->line[i] != line)
				l->line[n++] = l->line[i];
		l->n_lines = n;
		agent_timer_location(a, h);
	}
}

void locations_close(struct agent *a)
{
	uint32_t h;

	resolver_close(&a->resolver);
	for (h = 0; a->location && h < a->conf->n_hosts; h++)
		free(a->location[h].line);
	free(a->location);
}
