// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a line's moves between its servers may not do, as the user is told of
 * them: "working", "hold-down"; and that each deadline has somebody who waits
 * for it, and each who waits a deadline: "orphan".
 */
#include "sim.h"
#include "agent_timers.h"

#include <string.h>

#define HOLD_NS (HEALTH_HOLD_MIN_MS * MS)

static char working[16];		/* as told last; 0: none yet */
static uint64_t left_at[16][32][2];	/* by the server's letter; the last two */
static uint64_t down_at[32];

void moves_reset(void)
{
	memset(working, 0, sizeof(working));
	memset(left_at, 0, sizeof(left_at));
	memset(down_at, 0, sizeof(down_at));
}

/* The line has none any more: it is unregistered. */
void moves_none(uint32_t line)
{
	working[line & 15] = 0;
}

/* A line has one working server: the one that it leaves is the one it was told
 * to have. */
void moves_told(uint32_t line, char from, char to)
{
	char *is = &working[line & 15];
	uint64_t *left = left_at[line & 15][from & 31];

	if (*is && *is != from)
		violated("working", "l%u leaves %c for %c and was at %c", line,
			 from, to, *is);
	if (from == to)
		violated("working", "l%u moves from %c to itself", line, to);
	*is = to;
	/* Guard 5: a server that went down is not down again so soon.  Once more
	 * it may be left, as it was for a lost request before. */
	if (from != '-' && left[0] && W.now - left[0] < HOLD_NS)
		violated("hold-down", "l%u leaves %c three times in %llu ms",
			 line, from,
			 (unsigned long long)((W.now - left[0]) / MS));
	left[0] = left[1];
	left[1] = W.now;
}

/* Whom the agent has forgotten is new to it when he comes again. */
void moves_turn(void)
{
	for (uint32_t s = 0; s < W.n_servers; s++) {
		uint64_t *at = &down_at[W.server[s].letter & 31];
		uint32_t i;

		if (!*at || W.now - *at >= HOLD_NS)
			continue;
		for (i = 0; i < W.agent->n_servers; i++)
			if (addr_equal(&W.agent->server[i].addr,
				       &W.server[s].addr))
				break;
		if (i == W.agent->n_servers)
			*at = 0;
	}
}

void moves_down(char server)
{
	uint64_t *at = &down_at[server & 31];

	if (*at && W.now - *at < HOLD_NS)
		violated("hold-down", "%c goes down twice in %llu ms", server,
			 (unsigned long long)((W.now - *at) / MS));
	*at = W.now;
}

/* C-25: by hand it is begun anew, the marks are cleared. */
void moves_asked(void)
{
	memset(left_at, 0, sizeof(left_at));
	memset(down_at, 0, sizeof(down_at));
}

/* ---- deadlines ---- */

static bool armed(uint32_t id)
{
	return W.agent->timers.pos[id];
}

static void check_owner(uint32_t id)
{
	const struct agent *a = W.agent;
	uint32_t reply = a->n_requests, call = reply + AGENT_REPLIES_MAX;

	if (id < reply ? !a->request[id].used :
	    id < call ? !a->reply[id - reply].used :
	    id < call + AGENT_CALLS_MAX &&
	    a->call[id - call].call.state == CALL_FREE)
		violated("orphan", "deadline %u has no owner", id);
}

void check_timers(void)
{
	const struct agent *a = W.agent;
	uint32_t i, reply = a->n_requests, call = reply + AGENT_REPLIES_MAX;
	uint32_t line = call + AGENT_CALLS_MAX, awaits;

	for (i = 0; i < a->timers.n; i++)
		check_owner(a->timers.heap[i].id);
	for (i = 0; i < a->n_requests; i++)
		if (a->request[i].used && !armed(i) &&
		    a->answered.pos[i] == 0 &&
		    !mono_is_never(txn_next_expiry(&a->request[i].txn)))
			violated("orphan", "request %u has no deadline", i);
	for (i = 0; i < AGENT_CALLS_MAX; i++)
		if (!armed(call + i) && a->call[i].call.state != CALL_FREE &&
		    !mono_is_never(call_next_expiry(&a->call[i].call)))
			violated("orphan", "call %u has no deadline",
				 a->call[i].number);
	for (i = 0; i < a->conf->n_lines; i++)
		if (!armed(line + i) &&
		    !mono_is_never(fo_next_expiry(&a->line[i].fo)))
			violated("orphan", "l%u has no deadline", i);
	for (i = awaits = 0; i < a->conf->n_lines; i++)
		awaits += a->line[i].awaits;
	if (awaits != a->n_awaiting ||
	    (awaits && !armed(timers_layout(a).base[TIMER_ADOPT])))
		violated("orphan", "%u lines wait for the module's word", awaits);
}
