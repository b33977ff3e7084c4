/* SPDX-License-Identifier: BSD-2-Clause */
#include "replay.h"
#include "replay_print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The state that a machine's last step left, by kind and number. */
struct left {
	bool used;
	uint8_t kind;
	uint32_t i;
	uint8_t state[sizeof(((struct evlog_entry *)0)->state)];
};

struct player {
	FILE *out;
	struct replay_result *result;
	const char *names;
	size_t names_len;
	struct left *left;	/* open addressing, at most half full */
	size_t size, n;
};

static size_t place(const struct player *p, uint8_t kind, uint32_t i)
{
	uint64_t h = ((uint64_t)kind << 32 | i) * 0x9e3779b97f4a7c15ULL;
	size_t at = (size_t)(h >> 32) & (p->size - 1);

	while (p->left[at].used &&
	       (p->left[at].kind != kind || p->left[at].i != i))
		at = (at + 1) & (p->size - 1);
	return at;
}

static bool grow(struct player *p)
{
	struct player bigger = *p;
	size_t i;

	bigger.size = p->size ? 2 * p->size : 64;
	bigger.left = calloc(bigger.size, sizeof(*bigger.left));
	if (!bigger.left)
		return false;
	for (i = 0; i < p->size; i++)
		if (p->left[i].used)
			bigger.left[place(&bigger, p->left[i].kind,
					  p->left[i].i)] = p->left[i];
	free(p->left);
	*p = bigger;
	return true;
}

static bool fresh_health(const struct health *h)
{
	struct health fresh;

	health_init(&fresh, h->since, h->probe_hold_ms);
	return memcmp(&fresh, h, sizeof(fresh)) == 0;
}

/* As line_begin() makes it. */
static bool fresh_line(const struct fo *fo)
{
	struct fo fresh;

	fo_init(&fresh, &fo->cfg, fo->rng.state);
	return memcmp(&fresh, fo, sizeof(fresh)) == 0;
}

static bool fresh_subscription(const struct subscription *s)
{
	struct subscription fresh;

	subscription_init(&fresh, &s->cfg, s->rng.state);
	return memcmp(&fresh, s, sizeof(fresh)) == 0;
}

/* Whether the slot's machine begins anew with this step: a transaction or a call
 * does, a server's or a line's when its number is another's now. */
static bool begins(const struct evlog_entry *e)
{
	static const struct tally none;

	switch ((enum evlog_kind)e->kind) {
	case EVLOG_REQUEST:
	case EVLOG_REPLY:
		return e->state.txn.state == TXN_IDLE;
	case EVLOG_CALL:
		return e->state.call.state == CALL_FREE;
	case EVLOG_HEALTH:
		return fresh_health(&e->state.health);
	case EVLOG_TALLY:
		return memcmp(&none, &e->state.tally, sizeof(none)) == 0;
	case EVLOG_PATH:
		return !e->state.path.fact && !e->state.path.lost;
	case EVLOG_KEEPALIVE:
		return e->state.keepalive.state == KEEPALIVE_NONE;
	case EVLOG_PULSE:
		return !e->state.pulse.asking && !e->state.pulse.stun.sends &&
		       !e->state.pulse.rtt.srtt_us;
	case EVLOG_SESSION:
		return e->state.session.state == SESSION_NONE;
	case EVLOG_LINE:
		return fresh_line(&e->state.fo);
	case EVLOG_SUBSCRIPTION:
		return fresh_subscription(&e->state.subscription);
	case EVLOG_VERDICT:
	case EVLOG_KINDS:
		break;
	}
	return false;
}

/* Takes the step: the state in *e becomes the next one, the result ours. */
static void take(struct evlog_entry *e)
{
	struct health_acts health;
	struct fo_acts fo;

	memset(&e->result, 0, sizeof(e->result));
	e->result_len = sizeof(uint32_t);
	switch ((enum evlog_kind)e->kind) {
	case EVLOG_HEALTH:
		health_step(&e->state.health, &e->ev.health, &health);
		e->result_len = health.n * sizeof(health.a[0]);
		memcpy(e->result.health, health.a, e->result_len);
		break;
	case EVLOG_LINE:
		fo_step(&e->state.fo, &e->ev.fo, &fo);
		e->result_len = fo.n * sizeof(fo.a[0]);
		memcpy(e->result.fo, fo.a, e->result_len);
		break;
	case EVLOG_REQUEST:
	case EVLOG_REPLY:
		e->result.acts = txn_step(&e->state.txn, &e->ev.txn);
		break;
	case EVLOG_CALL:
		e->result.acts = call_step(&e->state.call, &e->ev.call.ev,
					   e->ev.call.timeout_ms);
		break;
	case EVLOG_VERDICT:
		e->result.verdict = verdict_of(&e->ev.verdict);
		e->result_len = sizeof(e->result.verdict);
		break;
	case EVLOG_TALLY:
		e->result.acts = tally_add(&e->state.tally,
					   &e->ev.tally.offender,
					   e->ev.tally.count, e->ev.tally.now);
		break;
	case EVLOG_KEEPALIVE:
		e->result.acts = keepalive_step(&e->state.keepalive,
						&e->ev.keepalive);
		break;
	case EVLOG_PATH:
		e->result.acts = path_step(&e->state.path, &e->ev.path);
		break;
	case EVLOG_PULSE:
		e->result.acts = pulse_step(&e->state.pulse, &e->ev.pulse);
		break;
	case EVLOG_SUBSCRIPTION:
		e->result.acts = subscription_step(&e->state.subscription,
						   &e->ev.subscription);
		break;
	case EVLOG_SESSION:
		e->result.acts = session_step(&e->state.session,
					      &e->ev.session);
		break;
	case EVLOG_KINDS:
		break;
	}
}

static struct mono when(const struct evlog_entry *e)
{
	switch ((enum evlog_kind)e->kind) {
	case EVLOG_HEALTH:
		return e->ev.health.now;
	case EVLOG_LINE:
		return e->ev.fo.now;
	case EVLOG_REQUEST:
	case EVLOG_REPLY:
		return e->ev.txn.now;
	case EVLOG_CALL:
		return e->ev.call.ev.now;
	case EVLOG_TALLY:
		return e->ev.tally.now;
	case EVLOG_KEEPALIVE:
		return e->ev.keepalive.now;
	case EVLOG_PATH:
		return e->ev.path.now;
	case EVLOG_PULSE:
		return e->ev.pulse.now;
	case EVLOG_SUBSCRIPTION:
		return e->ev.subscription.now;
	case EVLOG_SESSION:
		return e->ev.session.now;
	case EVLOG_VERDICT:
	case EVLOG_KINDS:
		break;
	}
	return MONO_NEVER;
}

/* The line "server 3 192.0.2.1:5060;udp" of the names, without what we know. */
static void print_name(const struct player *p, const char *what, uint32_t i)
{
	const char *at = p->names, *end = p->names + p->names_len, *line_end;
	char want[32];
	int n = snprintf(want, sizeof(want), "%s %" PRIu32 " ", what, i);

	for (; at < end; at = line_end + 1) {
		line_end = memchr(at, '\n', (size_t)(end - at));
		if (!line_end)
			return;
		if (line_end - at > n && memcmp(at, want, (size_t)n) == 0) {
			fputs(" (", p->out);
			/* What a terminal would obey is not printed. */
			for (at += n; at < line_end; at++)
				fputc((unsigned char)*at < 0x20 ||
				      *at == 0x7f ? '?' : *at, p->out);
			fputc(')', p->out);
			return;
		}
	}
}

static void print_step(const struct player *p, const struct evlog_entry *e)
{
	struct mono at = when(e);

	if (mono_is_never(at))
		fprintf(p->out, "%14s", "");
	else
		fprintf(p->out, "%14.6f", (double)at.ns / 1e9);
	fprintf(p->out, " %s %" PRIu32, evlog_kind_name(e->kind), e->i);
	if (e->kind == EVLOG_LINE || e->kind == EVLOG_SUBSCRIPTION)
		print_name(p, "line", e->i);
	else if (e->kind == EVLOG_HEALTH || e->kind == EVLOG_VERDICT ||
		 e->kind == EVLOG_TALLY || e->kind == EVLOG_KEEPALIVE ||
		 e->kind == EVLOG_PATH || e->kind == EVLOG_PULSE)
		print_name(p, "server", e->i);
	fputc(' ', p->out);
	replay_print_step(p->out, e);
	fputs(" ->", p->out);
	if (e->finished)
		replay_print_result(p->out, e);
	else
		fputs(" (no result: the log ends or the daemon died here)",
		      p->out);
	fputc('\n', p->out);
}

static int play(struct player *p, const struct evlog_entry *e)
{
	size_t len = evlog_state_len(e->kind), at;
	struct evlog_entry now = *e;
	struct left *left;

	if (2 * (p->n + 1) > p->size && !grow(p))
		return -ENOMEM;
	p->result->steps++;
	print_step(p, e);
	at = place(p, e->kind, e->i);
	left = &p->left[at];
	if (left->used && !begins(e) &&
	    memcmp(left->state, &e->state, len) != 0) {
		p->result->torn++;
		fputs("\tchanged outside a step\n", p->out);
	}
	/* The step that killed the daemon would kill us. */
	if (!e->finished) {
		p->result->unfinished++;
		return 0;
	}
	take(&now);
	if (now.result_len != e->result_len ||
	    memcmp(&now.result, &e->result, e->result_len) != 0) {
		p->result->differ++;
		fputs("\tnow:", p->out);
		replay_print_result(p->out, &now);
		fputc('\n', p->out);
	}
	p->n += !left->used;
	left->used = true;
	left->kind = e->kind;
	left->i = e->i;
	memcpy(left->state, &now.state, len);
	return 0;
}

int replay(const void *mem, size_t size, FILE *out, struct replay_result *r,
	   const char **why)
{
	struct player p = { .out = out, .result = r };
	struct evlog_reader reader;
	struct evlog_entry e;
	int ret;

	memset(r, 0, sizeof(*r));
	ret = evlog_open(&reader, mem, size, why);
	if (ret)
		return ret;
	p.names = evlog_names(&reader, &p.names_len);
	fprintf(out, "# recorded by sipoverd %s\n", evlog_version(&reader));
	while ((ret = evlog_next(&reader, &e, why)) == 1) {
		ret = play(&p, &e);
		if (ret)
			break;
	}
	free(p.left);
	fprintf(out, "# steps=%" PRIu64 " differ=%" PRIu64 " torn=%" PRIu64
		" unfinished=%" PRIu64 "\n", r->steps, r->differ, r->torn,
		r->unfinished);
	return ret;
}
