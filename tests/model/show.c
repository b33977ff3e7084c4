// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "show.h"

#include <stdio.h>
#include <stdlib.h>

#include "normal.h"

static const char *const how_names[HOWS] = {
	"ok", "ok-4s", "rejected", "503-retry-after", "503", "timeout",
	"transport-error", "evidence-down", "evidence-suspect",
	"evidence-block",
};

static const char *const call_names[] = {
	"free", "inviting", "wait-reg", "proceeding", "up", "bye",
	"bye-wait-reg",
};

void event_text(struct event ev, char *buf, size_t size)
{
	static const char *const names[] = {
		"start", "stop", "register by hand", "REGISTER ends",
		"probe ends", "request ends", "1xx", "late 2xx", "dial",
		"call in", "hang up", "hang up, crossing a 2xx", "call ended",
		"health probe ends", "health", "health becomes",
		"connection ends", "flow changed", "CANCEL unanswered", "hold",
		"resume", "a server comes", "server moves", "the last server goes",
		"UNREGISTER ends", "line due", "server due", "time passes",
	};
	unsigned int line = ev.i & 15, call = ev.i >> 4;
	int n;

	n = snprintf(buf, size, "%s", names[ev.kind]);
	buf += n;
	size -= (size_t)n;
	switch ((enum kind)ev.kind) {
	case E_START: case E_STOP: case E_MANUAL: case E_LINE_DUE:
	case E_GONE:
		snprintf(buf, size, ": line %u", line);
		break;
	case E_REG: case E_PROBE:
		snprintf(buf, size, ": line %u, server %u, %s", line,
			 ev.server, how_names[ev.arg]);
		break;
	case E_CALL:
		snprintf(buf, size, ": line %u, call %u, server %u, %s", line,
			 call, ev.server, how_names[ev.arg]);
		break;
	case E_RINGS: case E_LATE: case E_CALL_IN:
		snprintf(buf, size, ": line %u, call %u, server %u", line,
			 call, ev.server);
		break;
	case E_DIAL: case E_HANG_UP: case E_CROSSED: case E_ENDED:
		snprintf(buf, size, ": line %u, call %u", line, call);
		break;
	case E_ASKED:
		snprintf(buf, size, ": server %u, %s", ev.server,
			 how_names[ev.arg]);
		break;
	case E_HEALTH: case E_FLOW_END:
		snprintf(buf, size, ": server %u, %s", ev.server,
			 health_ev_name(ev.arg));
		break;
	case E_OPEN:
		snprintf(buf, size, ": server %u, %s", ev.server,
			 health_state_name(ev.arg));
		break;
	case E_FLOW_CHANGED: case E_SIGNAL:
		snprintf(buf, size, ": line %u, server %u", line, ev.server);
		break;
	case E_SERVER_DUE:
		snprintf(buf, size, ": server %u", ev.server);
		break;
	case E_MOVES:
		snprintf(buf, size, ": %u to %u", ev.server, ev.arg);
		break;
	case E_HOLD: case E_RESUME: case E_AGE: case E_COMES: case E_GOES:
		break;
	}
}

/* Seconds from now, "-" for never. */
static const char *at(struct mono now, struct mono t)
{
	static char buf[8][24];
	static unsigned int i;
	char *b = buf[i++ % 8];

	if (mono_is_never(t) || t.ns == 0)
		return "-";
	snprintf(b, sizeof(buf[0]), "%+.1f",
		 (double)(int64_t)(t.ns - now.ns) / 1e9);
	return b;
}

static void show_line(const struct world *w, unsigned int l)
{
	const struct fo *fo = &w->fo[l];

	printf("#      line %u: %s working %d bound %02x%s%s; REGISTER>%d tried %02x;",
	       l, fo_reg_state_name(fo->reg_state),
	       fo->working == FO_NONE ? -1 : fo->working, fo->bound,
	       fo->held ? " held" : "", fo->probing ? " probing" : "",
	       fo->reg.server == FO_NONE ? -1 : fo->reg.server, fo->reg.tried);
	printf(" refresh %s expires %s failback %s retry %s\n",
	       at(w->now, fo->refresh_at), at(w->now, fo->expires_at),
	       at(w->now, fo->failback_at), at(w->now, fo->retry_at));
	for (unsigned int c = 0; c < bounds->calls; c++)
		if (fo->call[c].state != FO_CALL_FREE)
			printf("#      call %u: %s, dialog %u, at %d tried %02x\n",
			       c, call_names[fo->call[c].state],
			       fo->call[c].server,
			       fo->call[c].pass.server == FO_NONE ? -1 :
			       fo->call[c].pass.server,
			       fo->call[c].pass.tried);
}

void show_world(const struct world *w)
{
	for (unsigned int l = 0; l < bounds->lines; l++)
		show_line(w, l);
	printf("#      servers:");
	for (unsigned int s = 0; s < bounds->servers; s++) {
		const struct health *h = &w->health[s];

		if (bounds->alphabet & A_OPEN)
			printf(" %s", health_state_name(w->fo[0].health[s]));
		else
			printf(" [%s%s%s next %s]", health_state_name(h->state),
			       h->probing ? " probing" : "",
			       h->recovery ? " recovery" : "",
			       at(w->now, h->expiry));
	}
	printf("\n");
}

static void print_line(uint8_t line, const struct fo_ev *ev,
		       const struct fo_acts *acts)
{
	printf("#    line %u <- %s", line, fo_ev_name(ev->type));
	if (ev->type == FO_EV_RESULT)
		printf(" %s %s", fo_req_name(ev->req),
		       fo_outcome_name(ev->outcome));
	if (ev->type == FO_EV_HEALTH)
		printf(" server %u %s", ev->server, health_state_name(ev->new));
	printf(":");
	for (int i = 0; i < acts->n; i++) {
		const struct fo_act *a = &acts->a[i];

		printf("%s %s", i ? "," : "", fo_act_name(a->type));
		if (a->type == FO_ACT_SEND || a->type == FO_ACT_ABANDON ||
		    a->type == FO_ACT_FAILED)
			printf(" %s", fo_req_name(a->req));
		if (a->req >= FO_REQ_INVITE)
			printf(".%u", a->call);
		printf(">%d%s", a->server == FO_NONE ? -1 : a->server,
		       a->last ? "!" : "");
	}
	printf("\n");
}

static void print_health(uint8_t server, const struct health_ev *ev,
			 const struct health_acts *acts)
{
	printf("#    server %u <- %s:", server, health_ev_name(ev->type));
	for (int i = 0; i < acts->n; i++) {
		const struct health_act *a = &acts->a[i];

		if (a->type == HEALTH_ACT_CHANGED)
			printf(" %s>%s", health_state_name(a->old),
			       health_state_name(a->new));
		else
			printf(" %s", a->type == HEALTH_ACT_PROBE ? "probe" :
			       "reconnect");
	}
	printf("\n");
}

static void show_step(unsigned int n, const struct world *before,
		      struct event ev, unsigned int chance, struct world *w)
{
	struct outcome o;
	char text[120];

	event_text(ev, text, sizeof(text));
	*w = *before;
	printf("#  %u. %s", n, text);
	fflush(stdout);
	tell_line = NULL;
	tell_health = NULL;
	if (ev.kind == E_LINE_DUE || ev.kind == E_SERVER_DUE)
		printf(" (%s s)", at(w->now, world_next_expiry(w)));
	printf("\n");
	tell_line = print_line;
	tell_health = print_health;
	happen(w, ev, chance, &o);
	tell_line = NULL;
	tell_health = NULL;
	show_world(w);
}

void show_run(const struct store *s, uint32_t state, const struct event *last,
	      unsigned int chance)
{
	uint32_t n = 0, i, *path;
	struct world w, next;

	for (i = state; s->from[i].state != STORE_NONE; i = s->from[i].state)
		n++;
	path = calloc(n + 1, sizeof(*path));
	if (!path)
		return;
	path[n] = state;
	for (i = n; i > 0; i--)
		path[i - 1] = s->from[path[i]].state;
	for (i = 0; i < n; i++) {
		unpack(store_key(s, path[i]), &w);
		show_step(i + 1, &w, s->from[path[i + 1]].ev,
			  s->from[path[i + 1]].chance, &next);
	}
	unpack(store_key(s, state), &w);
	if (last)
		show_step(n + 1, &w, *last, chance, &next);
	free(path);
}
