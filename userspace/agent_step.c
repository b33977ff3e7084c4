/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every step that a machine of core/ takes on the daemon's behalf is taken
 * here, recorded before it and after it (codec/evlog.h).  Nothing else changes
 * a machine's state but its initialisation: replay.c checks that.
 */
#include "agent_step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/log.h"

/* Which server and line each number in the log is. */
static char *names_of(const struct agent *a, size_t *len)
{
	size_t size = 1, n = 0;
	uint32_t i;
	char *text;

	size += (size_t)a->n_servers * (sizeof(a->server[0].name) + 32);
	size += (size_t)a->conf->n_lines * (CONF_NAME_MAX + 32);
	text = malloc(size);
	for (i = 0; text && i < a->n_servers; i++)
		if (a->server[i].addr.family != ADDR_NONE)
			n += (size_t)snprintf(text + n, size - n,
					      "server %u %s\n", i,
					      a->server[i].name);
	for (i = 0; text && i < a->conf->n_lines; i++)
		if (a->line[i].conf)
			n += (size_t)snprintf(text + n, size - n,
					      "line %u %s\n", i,
					      a->line[i].conf->name);
	*len = n;
	return text;
}

/* Without a log the daemon does its work all the same. */
void steps_open(struct agent *a)
{
	size_t size = (size_t)a->conf->event_log_kib * 1024, len = 0;
	char *names = names_of(a, &len);

	if (names && size < evlog_min(len))
		size = evlog_min(len);
	if (!names || evlog_file_open(&a->evlog_file, a->conf->event_log,
				      size))
		log_warning("event log: no memory, nothing is recorded");
	else if (evlog_begin(&a->evlog, a->evlog_file.mem, a->evlog_file.size,
			     names, len))
		log_warning("event log: too many names, nothing is recorded");
	free(names);
}

void steps_close(struct agent *a)
{
	a->evlog.header = NULL;
	evlog_file_close(&a->evlog_file);
}

void step_line(struct agent *a, uint32_t l, const struct fo_ev *ev,
	       struct fo_acts *acts)
{
	struct fo *fo = &a->line[l].fo;

	evlog_step(&a->evlog, EVLOG_LINE, l, fo, ev);
	fo_step(fo, ev, acts);
	evlog_result(&a->evlog, EVLOG_LINE, l, acts->a,
		     acts->n * sizeof(acts->a[0]));
}

void step_health(struct agent *a, uint32_t s, const struct health_ev *ev,
		 struct health_acts *acts)
{
	struct health *h = &a->server[s].health;

	evlog_step(&a->evlog, EVLOG_HEALTH, s, h, ev);
	health_step(h, ev, acts);
	evlog_result(&a->evlog, EVLOG_HEALTH, s, acts->a,
		     acts->n * sizeof(acts->a[0]));
}

unsigned int step_keepalive(struct agent *a, uint32_t s,
			    const struct keepalive_ev *ev)
{
	struct keepalive *k = &a->server[s].keepalive;
	uint32_t act;

	evlog_step(&a->evlog, EVLOG_KEEPALIVE, s, k, ev);
	act = keepalive_step(k, ev);
	evlog_result(&a->evlog, EVLOG_KEEPALIVE, s, &act, sizeof(act));
	return act;
}

unsigned int step_pulse(struct agent *a, uint32_t s, const struct pulse_ev *ev)
{
	struct pulse *p = &a->server[s].pulse;
	uint32_t acts;

	evlog_step(&a->evlog, EVLOG_PULSE, s, p, ev);
	acts = pulse_step(p, ev);
	evlog_result(&a->evlog, EVLOG_PULSE, s, &acts, sizeof(acts));
	return acts;
}

unsigned int step_subscription(struct agent *a, uint32_t i,
			       const struct subscription_ev *ev)
{
	struct subscription *s = &a->subscription[i].sub;
	uint32_t acts;

	evlog_step(&a->evlog, EVLOG_SUBSCRIPTION, a->subscription[i].line, s,
		   ev);
	acts = subscription_step(s, ev);
	evlog_result(&a->evlog, EVLOG_SUBSCRIPTION, a->subscription[i].line,
		     &acts, sizeof(acts));
	return acts;
}

static unsigned int step_txn(struct agent *a, enum evlog_kind kind, uint32_t i,
			     struct txn *t, const struct txn_ev *ev)
{
	uint32_t acts;

	evlog_step(&a->evlog, kind, i, t, ev);
	acts = txn_step(t, ev);
	evlog_result(&a->evlog, kind, i, &acts, sizeof(acts));
	return acts;
}

unsigned int step_request(struct agent *a, uint32_t i, const struct txn_ev *ev)
{
	return step_txn(a, EVLOG_REQUEST, i, &a->request[i].txn, ev);
}

unsigned int step_reply(struct agent *a, uint32_t i, const struct txn_ev *ev)
{
	return step_txn(a, EVLOG_REPLY, i, &a->reply[i].txn, ev);
}

unsigned int step_call(struct agent *a, uint32_t c, const struct call_ev *ev,
		       uint32_t timeout_ms)
{
	struct evlog_call record = { .ev = *ev, .timeout_ms = timeout_ms };
	struct call *k = &a->call[c].call;
	uint32_t acts;

	evlog_step(&a->evlog, EVLOG_CALL, c, k, &record);
	acts = call_step(k, ev, timeout_ms);
	evlog_result(&a->evlog, EVLOG_CALL, c, &acts, sizeof(acts));
	return acts;
}

unsigned int step_session(struct agent *a, uint32_t c,
			  const struct session_ev *ev)
{
	struct session *s = &a->call[c].session;
	uint32_t acts;

	evlog_step(&a->evlog, EVLOG_SESSION, c, s, ev);
	acts = session_step(s, ev);
	evlog_result(&a->evlog, EVLOG_SESSION, c, &acts, sizeof(acts));
	return acts;
}

struct verdict step_verdict(struct agent *a, uint32_t s,
			    const struct verdict_in *in)
{
	struct verdict v;

	evlog_step(&a->evlog, EVLOG_VERDICT, s, NULL, in);
	v = verdict_of(in);
	evlog_result(&a->evlog, EVLOG_VERDICT, s, &v, sizeof(v));
	return v;
}

enum path_act step_path(struct agent *a, uint32_t i, struct path *p,
			const struct path_ev *ev)
{
	uint32_t act;

	evlog_step(&a->evlog, EVLOG_PATH, i, p, ev);
	act = path_step(p, ev);
	evlog_result(&a->evlog, EVLOG_PATH, i, &act, sizeof(act));
	return act;
}

bool step_tally(struct agent *a, uint32_t s, const struct addr *offender,
		uint64_t count)
{
	struct evlog_tally record = {
		.offender = *offender,
		.count = count,
		.now = a->now,
	};
	struct tally *t = &a->server[s].tally;
	uint32_t enough;

	evlog_step(&a->evlog, EVLOG_TALLY, s, t, &record);
	enough = tally_add(t, offender, count, a->now);
	evlog_result(&a->evlog, EVLOG_TALLY, s, &enough, sizeof(enough));
	return enough;
}
