// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * Whatever happened, when the servers answer again everything is in order
 * again: the line registered, and at the primary if it returns by time; every
 * call up or over.
 */
#include "event.h"
#include "invariant.h"

#define STEPS_MAX 200	/* a server may have to wait for its next probe */

static bool line_is_well(const struct world *w, uint8_t l)
{
	const struct fo *fo = &w->fo[l];
	bool returns = fo->cfg.failback &&
		       fo->cfg.failback_mode != FO_FAILBACK_REFRESH &&
		       fo->cfg.failback_ms && !fo->cfg.failback_idle;

	for (uint8_t i = 0; i < bounds->calls; i++)
		if (fo->call[i].state != FO_CALL_FREE &&
		    fo->call[i].state != FO_CALL_UP)
			return false;
	return fo->reg_state == FO_REG_REGISTERED &&
	       (fo->working == 0 || !returns);
}

static bool all_well(const struct world *w)
{
	for (uint8_t l = 0; l < bounds->lines; l++)
		if (!line_is_well(w, l))
			return false;
	return true;
}

/* What a friendly world lets happen next: answers, then the next deadline. */
static bool next_event(const struct world *w, struct event *ev)
{
	struct event all[EVENTS_MAX];
	unsigned int n = events(w, all);

	for (unsigned int i = 0; i < n; i++) {
		*ev = all[i];
		switch ((enum kind)ev->kind) {
		case E_REG: case E_PROBE: case E_CALL: case E_ASKED:
			if (ev->arg == H_OK)
				return true;
			break;
		case E_START: case E_RESUME:
			return true;
		case E_OPEN:
			if (ev->arg == HEALTH_UP)
				return true;
			break;
		case E_STOP: case E_MANUAL: case E_RINGS: case E_LATE:
		case E_DIAL: case E_CALL_IN: case E_HANG_UP: case E_CROSSED:
		case E_ENDED: case E_HEALTH: case E_FLOW_END:
		case E_FLOW_CHANGED: case E_SIGNAL: case E_HOLD:
		case E_LINE_DUE: case E_SERVER_DUE: case E_AGE: case E_GONE:
		case E_COMES: case E_MOVES: case E_GOES:
			break;
		}
	}
	for (unsigned int i = 0; i < n; i++) {
		*ev = all[i];
		if (ev->kind == E_LINE_DUE || ev->kind == E_SERVER_DUE)
			return true;
	}
	return false;
}

void try_recovery(const struct world *from)
{
	struct world w = *from;
	struct outcome o;
	struct event ev;

	for (unsigned int i = 0; i < STEPS_MAX; i++) {
		if (all_well(&w))
			break;
		if (!next_event(&w, &ev))
			break;
		happen(&w, ev, 0, &o);
	}
	/* What these steps break was found before, but where the states were
	 * cut; then it is not this. */
	violation_clear();
	if (!all_well(&w))
		violated(I_RECOVERS, "not from here");
}
