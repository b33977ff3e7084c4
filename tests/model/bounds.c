// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * All times are a few seconds, multiples of one, so that the set of states
 * closes: a binding lives 2 s and is refreshed after 1 s, a pause lasts 1 or
 * 2 s, Retry-After says 1 s.  Real ones only add states in which nothing but
 * the distance to the next deadline differs.
 *
 * With A_OPEN a server's health is not core/health's but anything at any time:
 * more than that can do, and few states, so that calls and outages fit in.
 */
#include "bounds.h"

#define GRID_MS 1000
#define HALF_MS 500	/* half of what is left of two bindings (Y-26) */
#define MILLION 1000000

#define NO_FAILBACK (-1)
#define NOT_BY_TIME 0	/* failback by signs of recovery only (C-33) */
#define FAILBACK_MS 5000

#define FIELDS(servers, resend, reject_moves, back)			\
	.n_servers = (servers), .register_before_resend = (resend),	\
	.failback = (back) != NO_FAILBACK,				\
	.reg_fail_moves = (reject_moves),				\
	.failback_ms = (back) > 0 ? (back) : 0,				\
	.retry_base_ms = 1000, .retry_max_ms = 2000,			\
	.expires_s = { 2, 2, 2 }
#define LINE(...) { FIELDS(__VA_ARGS__) }
#define BACK(mode, ...) { FIELDS(__VA_ARGS__), .failback_idle = true,	\
			  .failback_mode = FO_FAILBACK_##mode }
#define BOTH(...) { FIELDS(__VA_ARGS__), .concurrent = true }
#define RACE(...) { FIELDS(__VA_ARGS__), .concurrent = true, .race_ms = 1000 }
/* Nothing goes where there is no binding, and the start is put off. */
#define ONLY(...) { FIELDS(__VA_ARGS__), .only_registered = true,	\
		    .startup_ms = 1000 }

#define EVIDENCE (A_SUSPECT | A_RECONNECT | A_RECOVERY)
#define WISHES (A_FLOW_CHANGED | A_SIGNAL | A_MANUAL | A_STOP)
#define CALLS (A_CALL_IN | A_LATE)

const struct listed_bounds all_bounds[] = {
	/* One server's health with every event and its own probes: the longest
	 * pause between them is 32 s. */
	{ { .name = "health", .lines = 1, .servers = 1, .grid_ms = GRID_MS,
	    .alphabet = EVIDENCE | A_BLOCK | A_ALONE | A_AGE | A_MANUAL,
	    .probe_hold_ms = 1000, .states_max = MILLION,
	    .fo = LINE(1, false, false, NO_FAILBACK) }, IN_GATE },
	/* Both together. */
	{ { .name = "line", .lines = 1, .servers = 2, .grid_ms = GRID_MS,
	    .alphabet = EVIDENCE, .states_max = 2 * MILLION,
	    .fo = LINE(2, false, false, FAILBACK_MS) }, IN_GATE },
	/* Local outages, wishes of the user, flows that change. */
	{ { .name = "outage", .lines = 1, .servers = 2, .grid_ms = GRID_MS,
	    .alphabet = A_OPEN | WISHES | A_HOLD | A_OTHER,
	    .states_max = MILLION,
	    .fo = LINE(2, false, true, FAILBACK_MS) }, IN_GATE },
	{ { .name = "call", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS,
	    .alphabet = A_OPEN | WISHES | CALLS | A_HOLD,
	    .states_max = MILLION,
	    .fo = LINE(2, true, false, NO_FAILBACK) }, IN_GATE },
	{ { .name = "call-failback", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN, .states_max = 2 * MILLION,
	    .fo = LINE(2, true, false, FAILBACK_MS) }, IN_GATE },
	{ { .name = "three", .lines = 1, .servers = 3, .grid_ms = GRID_MS,
	    .alphabet = A_OPEN | WISHES, .states_max = MILLION,
	    .fo = LINE(3, true, false, NO_FAILBACK) }, IN_GATE },
	{ { .name = "two-lines", .lines = 2, .servers = 2, .grid_ms = GRID_MS,
	    .alphabet = A_OPEN | A_BACKWARDS, .states_max = 2 * MILLION,
	    .fo = LINE(2, true, false, NO_FAILBACK) }, IN_GATE },
	{ { .name = "only", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS,
	    .alphabet = A_OPEN | WISHES | CALLS,
	    .states_max = MILLION,
	    .fo = ONLY(2, true, false, NO_FAILBACK) }, IN_GATE },
	/* Concurrent registration. */
	{ { .name = "both", .lines = 1, .servers = 2, .grid_ms = HALF_MS,
	    .alphabet = A_OPEN | WISHES, .depth_max = 16,
	    .states_max = 2 * MILLION,
	    .fo = BOTH(2, true, false, NOT_BY_TIME) }, IN_GATE },
	{ { .name = "both-all", .lines = 1, .servers = 2, .grid_ms = HALF_MS,
	    .alphabet = A_OPEN | WISHES, .states_max = 2 * MILLION,
	    .fo = BOTH(2, true, false, NOT_BY_TIME) }, LONG },
	/* The standby races the primary. */
	{ { .name = "race", .lines = 1, .servers = 2, .grid_ms = HALF_MS,
	    .alphabet = A_OPEN | WISHES, .depth_max = 16,
	    .states_max = 2 * MILLION,
	    .fo = RACE(2, true, false, NOT_BY_TIME) }, IN_GATE },
	{ { .name = "race-all", .lines = 1, .servers = 2, .grid_ms = HALF_MS,
	    .alphabet = A_OPEN | WISHES, .states_max = 2 * MILLION,
	    .fo = RACE(2, true, false, NOT_BY_TIME) }, LONG },
	/* Servers come, move and go (Y-17). */
	{ { .name = "list", .lines = 1, .servers = 3, .grid_ms = GRID_MS,
	    .alphabet = A_OPEN | A_LIST, .states_max = 2 * MILLION,
	    .fo = LINE(2, true, false, NO_FAILBACK) }, IN_GATE },
	{ { .name = "list-call", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN | A_LIST | A_HOLD,
	    .states_max = 2 * MILLION,
	    .fo = LINE(1, true, false, NO_FAILBACK) }, IN_GATE },
	{ { .name = "list-both", .lines = 1, .servers = 2, .grid_ms = HALF_MS,
	    .alphabet = A_OPEN | A_LIST, .depth_max = 12,
	    .states_max = 2 * MILLION,
	    .fo = BOTH(1, true, false, NOT_BY_TIME) }, IN_GATE },
	{ { .name = "list-both-all", .lines = 1, .servers = 2, .grid_ms = HALF_MS,
	    .alphabet = A_OPEN | A_LIST, .states_max = 2 * MILLION,
	    .fo = BOTH(1, true, false, NOT_BY_TIME) }, LONG },
	{ { .name = "list-three-call", .lines = 1, .servers = 3, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN | A_LIST,
	    .depth_max = 10, .states_max = 8 * MILLION,
	    .fo = LINE(2, true, false, NO_FAILBACK) }, LONG },
	{ { .name = "both-call", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = HALF_MS, .alphabet = A_OPEN, .states_max = 8 * MILLION,
	    .fo = BOTH(2, true, false, NO_FAILBACK) }, LONG },
	/* The ways of failback. */
	{ { .name = "new-requests", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN, .states_max = MILLION,
	    .fo = BACK(REQUESTS, 2, true, false, NOT_BY_TIME) }, IN_GATE },
	{ { .name = "new-requests-three", .lines = 1, .servers = 3,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN | WISHES,
	    .states_max = 8 * MILLION,
	    .fo = BACK(REQUESTS, 3, false, false, NOT_BY_TIME) }, LONG },
	{ { .name = "at-refresh", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN, .states_max = MILLION,
	    .fo = BACK(REFRESH, 2, true, false, FAILBACK_MS) }, IN_GATE },
	{ { .name = "duration", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN, .states_max = 2 * MILLION,
	    .fo = BACK(DURATION, 2, false, false, FAILBACK_MS) }, LONG },

	{ { .name = "line-all", .lines = 1, .servers = 2, .grid_ms = GRID_MS,
	    .alphabet = EVIDENCE | A_ALONE | WISHES | A_FLOW_END,
	    .states_max = 8 * MILLION,
	    .fo = LINE(2, true, false, FAILBACK_MS) }, LONG },
	{ { .name = "line-call", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .states_max = 8 * MILLION,
	    .fo = LINE(2, true, false, NO_FAILBACK) }, LONG },
	{ { .name = "line-call-flow", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = EVIDENCE | A_FLOW_END,
	    .depth_max = 9, .states_max = 8 * MILLION,
	    .fo = LINE(2, true, false, FAILBACK_MS) }, LONG },
	{ { .name = "call-all", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS,
	    .alphabet = A_OPEN | WISHES | CALLS | A_HOLD,
	    .states_max = 8 * MILLION,
	    .fo = LINE(2, true, true, FAILBACK_MS) }, LONG },
	{ { .name = "call-as-it-is", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS,
	    .alphabet = A_OPEN | WISHES | CALLS | A_HOLD,
	    .states_max = 8 * MILLION,
	    .fo = LINE(2, false, false, FAILBACK_MS) }, LONG },
	{ { .name = "two-calls", .lines = 1, .servers = 2, .calls = 2,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN, .states_max = 8 * MILLION,
	    .fo = LINE(2, true, false, NO_FAILBACK) }, LONG },
	{ { .name = "three-signs", .lines = 1, .servers = 3,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN | WISHES,
	    .states_max = 8 * MILLION,
	    .fo = LINE(3, true, false, NOT_BY_TIME) }, LONG },
	{ { .name = "three-call", .lines = 1, .servers = 3, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN, .depth_max = 12,
	    .states_max = 8 * MILLION,
	    .fo = LINE(3, true, false, NO_FAILBACK) }, LONG },
	/* Both lines and the servers' health together: not to the end. */
	{ { .name = "two-lines-joint", .lines = 2, .servers = 2,
	    .grid_ms = GRID_MS, .alphabet = EVIDENCE | A_BACKWARDS,
	    .depth_max = 10, .states_max = 8 * MILLION,
	    .fo = LINE(2, true, false, FAILBACK_MS) }, LONG },
	{ { .name = "three-joint", .lines = 1, .servers = 3,
	    .grid_ms = GRID_MS, .alphabet = EVIDENCE, .depth_max = 10,
	    .states_max = 8 * MILLION,
	    .fo = LINE(3, true, false, FAILBACK_MS) }, LONG },

	{ { .name = "fault-health", .lines = 1, .servers = 1,
	    .grid_ms = GRID_MS,
	    .alphabet = EVIDENCE | A_BLOCK | A_ALONE | A_AGE | A_MANUAL,
	    .probe_hold_ms = 1000, .states_max = 100000,
	    .fo = LINE(1, false, false, NO_FAILBACK) }, FAULTS },
	{ { .name = "fault-joint", .lines = 1, .servers = 2,
	    .grid_ms = GRID_MS, .alphabet = EVIDENCE, .states_max = 100000,
	    .fo = LINE(2, false, false, FAILBACK_MS) }, FAULTS },
	{ { .name = "fault-calls", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS,
	    .alphabet = A_OPEN | WISHES | CALLS | A_HOLD,
	    .states_max = 300000,
	    .fo = LINE(2, true, false, FAILBACK_MS) }, FAULTS },
	{ { .name = "fault-only", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN | WISHES | CALLS,
	    .states_max = 300000,
	    .fo = ONLY(2, true, false, NO_FAILBACK) }, FAULTS },
	{ { .name = "fault-both", .lines = 1, .servers = 2,
	    .grid_ms = HALF_MS, .alphabet = A_OPEN, .states_max = 300000,
	    .fo = BOTH(2, true, false, NOT_BY_TIME) }, FAULTS },
	{ { .name = "fault-requests", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN, .states_max = 300000,
	    .fo = BACK(REQUESTS, 2, true, false, NOT_BY_TIME) }, FAULTS },
	{ { .name = "fault-refresh", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN, .states_max = 300000,
	    .fo = BACK(REFRESH, 2, true, false, NOT_BY_TIME) }, FAULTS },
	{ { .name = "fault-duration", .lines = 1, .servers = 2, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN, .states_max = 300000,
	    .fo = BACK(DURATION, 2, false, false, FAILBACK_MS) }, FAULTS },
	{ { .name = "fault-race", .lines = 1, .servers = 2,
	    .grid_ms = HALF_MS, .alphabet = A_OPEN, .states_max = 300000,
	    .fo = RACE(2, true, false, NOT_BY_TIME) }, FAULTS },
	{ { .name = "fault-list", .lines = 1, .servers = 3, .calls = 1,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN | A_LIST | A_HOLD,
	    .states_max = 300000,
	    .fo = LINE(2, true, false, FAILBACK_MS) }, FAULTS },
	{ { .name = "fault-stay", .lines = 1, .servers = 2,
	    .grid_ms = GRID_MS, .alphabet = A_OPEN, .states_max = 100000,
	    .fo = LINE(2, false, false, NO_FAILBACK) }, FAULTS },
};

const unsigned int n_bounds = sizeof(all_bounds) / sizeof(all_bounds[0]);
