/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must hold in every world, for every step.  Each is tried by a fault in
 * tests/model/faults that only it has to find.
 */
#ifndef SIPOVER_TESTS_MODEL_INVARIANT_H
#define SIPOVER_TESTS_MODEL_INVARIANT_H

#include "world.h"

enum invariant {
	/* of any step */
	I_DETERMINED,		/* a state and an event have one outcome */
	I_TOTAL,		/* what means nothing changes nothing */
	I_FITS,			/* no trap: the actions fit */
	I_IN_RANGE,		/* actions name servers, calls that exist */
	/* of a line's requests */
	I_OWNED,		/* what the machine waits for is what is out: one
				 * for each purpose, none orphaned, none twice */
	I_NUMBERED,		/* numbers of requests that are out are unique */
	I_ONE_REGISTRAR,	/* one REGISTER at a time to one server */
	I_NOT_BLOCKED,		/* C-34: nothing to a BLOCKED server */
	I_DOWN_LAST,		/* C-11: DOWN servers after all usable ones */
	I_TRIED_ONCE,		/* a pass asks a server once */
	I_LAST,			/* F-41, C-11: the last of a pass is told so */
	I_ORDER,		/* Y-05, Y-09, C-13: a pass begins where it should
				 * and follows the list */
	I_MOVES_ON,		/* Y-08, F-18: while servers are left a request
				 * that failed goes on, C-06: and an unanswered
				 * CANCEL starts one */
	I_BINDS_FIRST,		/* C-08, F-31, F-37: to another server only with
				 * a binding there */
	I_LEAVES_DEAD,		/* C-12, C-16: nothing stays out at a server
				 * that went DOWN, or from an address gone */
	/* of a line */
	I_WORKING,		/* one working server or none, and it is told */
	I_UNREGISTERS,		/* C-14: bindings left behind are ended */
	I_HURRIES,		/* C-16: a sign of recovery shortens the wait */
	I_BINDING,		/* bindings believed in have not run out */
	I_NOT_STUCK,		/* a started line has a REGISTER out or a time
				 * for it, and that time is asked for */
	I_NO_SPIN,		/* a deadline that came is used up */
	I_HELD,			/* nothing moves in a local outage */
	I_RESUMES,		/* after it the line registers, soon */
	I_FAILBACK,		/* F-44, F-56, C-16: probes only where wanted, and
				 * not too often */
	I_RETURNS,		/* F-44, F-48: away from the primary there is
				 * always a next probe */
	I_STANDBY,		/* Y-26, Y-27: concurrent: server 1 is registered
				 * as well, or will be, and does not work */
	I_WORKING_ALIVE,	/* a registered line's server is not DOWN */
	I_LEAVES_BLOCKED,	/* C-34: nor BLOCKED, if another is usable */
	I_LIST,			/* Y-17, R-37: a list that changes takes all that
				 * names a server along, and forgets who goes */
	I_TOLD_HEALTH,		/* the lines know each server's health */
	I_RECOVERS,		/* F-08, F-10: once the servers answer, it is
				 * registered, at the primary, no call pending */
	/* of a call */
	I_RINGS_ONCE,		/* C-28: after a 1xx only a 503 moves it */
	I_CALL_ENDS,		/* a call in between has a request out or a
				 * REGISTER to wait for */
	I_FAILED_ONCE,		/* F-43, Y-11: what is lost is told, once */
	/* of a server */
	I_UP_BY_ANSWER,		/* evidence alone never makes a server UP */
	I_DOWN_BY_PROOF,	/* one hint does not make it DOWN */
	I_DOWN_STAYS,		/* DOWN ends by an answer or by hand */
	I_BLOCK_HOLDS,		/* BLOCKED ends by its time or by hand */
	I_HOLD_DOWN,		/* DOWN at most once a second */
	I_ONE_PROBE,		/* one probe at a time, and not two a second */
	I_HEALTH_ENDS,		/* SUSPECT, DOWN, BLOCKED: something is to come */
	I_CHANGE_TOLD,		/* each change of state is told, once */
	/* of the exploration */
	I_KEY,			/* the key says all of a state */
	INVARIANTS
};

const char *invariant_name(enum invariant i);
/* Where it is written: requirement, header. */
const char *invariant_text(enum invariant i);

/* The first since violation_clear() counts. */
__attribute__((format(printf, 2, 3)))
void violated(enum invariant i, const char *fmt, ...);
void violation_clear(void);
bool violation(enum invariant *i, const char **text);

void check_line_step(struct world *w, uint8_t l, const struct fo *before,
		     const struct fo_ev *ev, const struct fo_acts *acts);
/* After a move: before and seen by the places that it leads to. */
void list_places(const struct fo_ev *ev, struct fo *before,
		 struct line_seen *seen);
void check_list(const struct fo *before, const struct fo *fo,
		const struct fo_ev *ev, const struct fo_acts *acts);
void check_health_step(struct world *w, uint8_t s, const struct health *before,
		       const struct health_ev *ev,
		       const struct health_acts *acts);
/* When nothing is queued any more. */
void check_world(const struct world *w);

#endif /* SIPOVER_TESTS_MODEL_INVARIANT_H */
