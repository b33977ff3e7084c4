/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may happen next in a world.  One event is one callback of the agent:
 * a response, an error, a sign of the kernel, a wish of the user, a deadline;
 * what it posts, in the agent's order, and everything that follows from that
 * until the queue is empty.
 */
#ifndef SIPOVER_TESTS_MODEL_EVENT_H
#define SIPOVER_TESTS_MODEL_EVENT_H

#include <stddef.h>

#include "world.h"

enum kind {
	E_START, E_STOP, E_MANUAL,
	E_REG,		/* the REGISTER that is out ends: arg, enum how */
	E_PROBE,	/* the failback probe */
	E_CALL,		/* the INVITE or BYE of call */
	E_RINGS,	/* 1xx to the INVITE */
	E_LATE,		/* 2xx from server to an INVITE given up */
	E_DIAL, E_CALL_IN, E_HANG_UP, E_CROSSED, E_ENDED,
	E_ASKED,	/* the health probe of server ends: arg, enum how */
	E_HEALTH,	/* server: arg, enum health_ev_type, alone */
	E_OPEN,		/* server: arg, enum health_state */
	E_FLOW_END,	/* server: all that is out there fails; arg as above */
	E_FLOW_CHANGED, E_SIGNAL, E_HOLD, E_RESUME,
	E_COMES,	/* a server at the end of the list */
	E_MOVES,	/* server: from, arg: to */
	E_GOES,		/* the last one */
	E_GONE,		/* an UNREGISTER ends, whenever it was sent */
	E_LINE_DUE, E_SERVER_DUE, E_AGE,
};

/* How a request ends. */
enum how {
	H_OK, H_OK_OTHER, H_REJECTED, H_RETRY_AFTER, H_503, H_TIMEOUT,
	H_TRANSPORT,	/* for a reason that says nothing of the server */
	H_DOWN, H_SUSPECT, H_BLOCK,	/* by evidence, which health learns next */
	HOWS
};

struct event {
	uint8_t kind, i, server, arg;	/* i: line; call in the upper half */
};

#define EVENTS_MAX 192

/* All that may happen in w; their number. */
unsigned int events(const struct world *w, struct event *ev);

/* Lets it happen; may take time. */
void happen(struct world *w, struct event ev, unsigned int chance,
	    struct outcome *o);

/* Steps that must change nothing are tried; violated(I_TOTAL). */
void try_meaningless(const struct world *w);

/* From here on every server answers: violated(I_RECOVERS).  recover.c */
void try_recovery(const struct world *from);

void event_text(struct event ev, char *buf, size_t size);

#endif /* SIPOVER_TESTS_MODEL_EVENT_H */
