/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world that is explored: the failover machines of some lines, the health
 * of the servers that they share, and what an observer outside noted from
 * their actions alone.  The step functions are those that sipoverd is linked
 * with; how they are put together follows userspace/agent*.c: what a response,
 * an error or a sign of the kernel is told to, and in which order (one queue).
 */
#ifndef SIPOVER_TESTS_MODEL_WORLD_H
#define SIPOVER_TESTS_MODEL_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "../../userspace/core/failover.h"
#include "../../userspace/core/health.h"

#define LINES_MAX 2
#define SERVERS_MAX 3
#define OTHER_EXPIRES_S 4	/* granted instead of what was asked */

/* What may happen; the rest may always happen. */
enum alphabet {
	A_OPEN = 1 << 0,	/* no core/health: any health at any time */
	A_SUSPECT = 1 << 1,	/* hints: S */
	A_RECONNECT = 1 << 2,	/* FIN, reset */
	A_BLOCK = 1 << 3,	/* prohibited; 503 without Retry-After */
	A_RECOVERY = 1 << 4,	/* signs of recovery */
	A_ALONE = 1 << 5,	/* health learns from requests of nobody */
	A_FLOW_END = 1 << 6,	/* a connection ends with all that is on it */
	A_FLOW_CHANGED = 1 << 7,
	A_SIGNAL = 1 << 8,	/* CANCEL unanswered */
	A_MANUAL = 1 << 9,	/* registration by hand */
	A_STOP = 1 << 10,	/* stop, and start again */
	A_HOLD = 1 << 11,	/* local outage */
	A_CALL_IN = 1 << 12,
	A_LATE = 1 << 13,	/* a 2xx to an INVITE that was given up */
	A_OTHER = 1 << 14,	/* another lifetime is granted */
	A_AGE = 1 << 15,	/* time passes where nothing is due */
	A_BACKWARDS = 1 << 16,	/* line 1 has the servers in reverse */
	A_LIST = 1 << 17,	/* servers come, move and go; with A_OPEN and one
				 * line, servers: at most so many */
};

struct bounds {
	const char *name;
	uint8_t lines, servers, calls;
	uint32_t alphabet;
	uint32_t grid_ms;	/* every time is a multiple of it */
	uint32_t probe_hold_ms;
	uint32_t states_max;
	uint32_t depth_max;	/* paths of that many steps; 0: all */
	struct fo_cfg fo;
};

struct request {
	bool out;
	uint8_t server;
	uint16_t attempt;
};

struct line_seen {
	struct request reg, probe, call[FO_CALLS_MAX];
	struct mono probed;	/* last failback probe's start */
	bool started;
};

struct server_seen {
	bool probing;		/* a health probe is out */
	struct mono probed;
	struct mono downed;	/* last change to DOWN */
};

struct world {
	struct mono now;
	struct fo fo[LINES_MAX];
	struct health health[SERVERS_MAX];
	struct line_seen line[LINES_MAX];
	struct server_seen server[SERVERS_MAX];
};

extern const struct bounds *bounds;

/* What one world event caused, for comparing and for telling. */
struct outcome {
	uint64_t trace;		/* hash of all actions, without attempts */
	uint8_t draws;		/* most random numbers one step took */
};

/* Largest seen since the start. */
struct extent {
	unsigned int queue, line_acts, health_acts, draws;
};

extern struct extent extent;

void world_init(struct world *w);
uint8_t world_server(uint8_t line, uint8_t k);	/* of the line's k-th */
struct mono world_next_expiry(const struct world *w);

/* The queue of the agent: post, then drain. */
void post_line(uint8_t line, struct fo_ev ev);
void post_health(uint8_t server, uint8_t type, int32_t retry_after);
/* Takes the steps; chance picks what the random numbers are: bit 0 the first
 * of a step, bit 1 the second, 0 lowest, 1 highest. */
void drain(struct world *w, unsigned int chance, struct outcome *o);

/* Told of each step when set. */
extern void (*tell_line)(uint8_t line, const struct fo_ev *ev,
			 const struct fo_acts *acts);
extern void (*tell_health)(uint8_t server, const struct health_ev *ev,
			   const struct health_acts *acts);

#endif /* SIPOVER_TESTS_MODEL_WORLD_H */
