// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "call.h"

#include <stddef.h>

/* Events with the difference that one makes (status, what was heard before). */
enum input {
	IN_DIAL,
	IN_ANSWER,
	IN_HANGUP,
	IN_HANGUP_HEARD,	/* a 100 came: CANCEL is possible at once */
	IN_TRYING,		/* 100 */
	IN_RINGING,		/* 101-199 */
	IN_ACCEPTED,
	IN_REJECTED,
	IN_FAILED,
	IN_INVITE,
	IN_ACK,
	IN_CANCEL,
	IN_BYE,
	IN_BYE_DONE,
	IN_EXPIRY,
	INPUTS,
	IN_NONE,
};

enum expiry {
	KEEP,	/* as it is, or none when the state has none */
	STOP,
	START,	/* timeout_ms */
};

struct cell {
	bool valid;
	uint8_t next;		/* enum call_state */
	uint8_t expiry;
	uint16_t acts;
	uint16_t status;	/* why it ends, and the reply; 0: the event's */
};

#define REPORT CALL_ACT_REPORT
#define ACK CALL_ACT_ACK
#define BYE CALL_ACT_BYE
#define CANCEL CALL_ACT_CANCEL
#define GO(state, expiry, acts) { true, CALL_##state, expiry, acts, 0 }
#define END { true, CALL_FREE, STOP, REPORT | CALL_ACT_FREE, 0 }
#define END_AS(status) { true, CALL_FREE, STOP, REPORT | CALL_ACT_FREE, status }
#define QUIET_END { true, CALL_FREE, STOP, CALL_ACT_FREE, 0 }
#define REJECT(status)							\
	{ true, CALL_FREE, STOP, CALL_ACT_REJECT | REPORT | CALL_ACT_FREE, \
	  status }

/* An empty cell: nothing happens. */
static const struct cell table[CALL_STATES][INPUTS] = {
	[CALL_FREE] = {
		[IN_DIAL] = GO(DIALING, STOP, CALL_ACT_INVITE | REPORT),
		[IN_INVITE] = GO(INCOMING, START, CALL_ACT_RING | REPORT),
	},
	[CALL_DIALING] = {
		[IN_HANGUP] = GO(CANCEL_WAIT, START, REPORT),
		[IN_HANGUP_HEARD] = GO(CANCELLING, START, CANCEL | REPORT),
		[IN_TRYING] = GO(DIALING, KEEP, 0),
		[IN_RINGING] = GO(RINGING, KEEP, REPORT),
		[IN_ACCEPTED] = GO(UP, STOP, ACK | REPORT),
		[IN_REJECTED] = END,
		[IN_FAILED] = END,
	},
	[CALL_RINGING] = {
		[IN_HANGUP] = GO(CANCELLING, START, CANCEL | REPORT),
		[IN_HANGUP_HEARD] = GO(CANCELLING, START, CANCEL | REPORT),
		[IN_RINGING] = GO(RINGING, KEEP, 0),
		[IN_ACCEPTED] = GO(UP, STOP, ACK | REPORT),
		[IN_REJECTED] = END,
		[IN_FAILED] = END,
	},
	[CALL_CANCEL_WAIT] = {
		[IN_TRYING] = GO(CANCELLING, START, CANCEL | REPORT),
		[IN_RINGING] = GO(CANCELLING, START, CANCEL | REPORT),
		[IN_ACCEPTED] = GO(ENDING, STOP, ACK | BYE | REPORT),
		[IN_REJECTED] = END,
		[IN_FAILED] = END,
		[IN_EXPIRY] = END_AS(408),
	},
	[CALL_CANCELLING] = {
		[IN_ACCEPTED] = GO(ENDING, STOP, ACK | BYE | REPORT),
		[IN_REJECTED] = END,
		[IN_FAILED] = END,
		[IN_EXPIRY] = END_AS(408),
	},
	[CALL_INCOMING] = {
		[IN_ANSWER] = GO(ANSWERING, START, CALL_ACT_ACCEPT | REPORT),
		[IN_HANGUP] = REJECT(486),
		[IN_HANGUP_HEARD] = REJECT(486),
		[IN_CANCEL] = REJECT(487),
		[IN_BYE] = REJECT(487),		/* 15.1.2 */
		[IN_EXPIRY] = REJECT(480),	/* nobody answered */
	},
	/* The caller has the 200 perhaps: it is too late for a CANCEL (9.2),
	 * and too early for our BYE (15). */
	[CALL_ANSWERING] = {
		[IN_HANGUP] = GO(BYE_WAIT, KEEP, REPORT),
		[IN_HANGUP_HEARD] = GO(BYE_WAIT, KEEP, REPORT),
		[IN_ACK] = GO(UP, STOP, REPORT),
		[IN_BYE] = END,
		[IN_EXPIRY] = { true, CALL_ENDING, STOP, BYE | REPORT, 408 },
	},
	[CALL_UP] = {
		[IN_HANGUP] = GO(ENDING, STOP, BYE | REPORT),
		[IN_HANGUP_HEARD] = GO(ENDING, STOP, BYE | REPORT),
		[IN_ACCEPTED] = GO(UP, STOP, ACK),
		[IN_BYE] = END,
	},
	/* Over for the user already: nothing is told any more. */
	[CALL_ENDING] = {
		[IN_ACCEPTED] = GO(ENDING, STOP, ACK),
		[IN_FAILED] = QUIET_END,
		[IN_BYE_DONE] = QUIET_END,
	},
	[CALL_BYE_WAIT] = {
		[IN_ACK] = GO(ENDING, STOP, BYE),
		[IN_BYE] = QUIET_END,
		[IN_EXPIRY] = GO(ENDING, STOP, BYE),
	},
};

#undef REPORT
#undef ACK
#undef BYE
#undef CANCEL
#undef GO
#undef END
#undef END_AS
#undef QUIET_END
#undef REJECT

static enum input input_of(const struct call *c, const struct call_ev *ev)
{
	switch ((enum call_ev_type)ev->type) {
	case CALL_EV_DIAL:
		return IN_DIAL;
	case CALL_EV_ANSWER:
		return IN_ANSWER;
	case CALL_EV_HANGUP:
		return c->status >= 100 ? IN_HANGUP_HEARD : IN_HANGUP;
	case CALL_EV_PROVISIONAL:
		return ev->status > 100 ? IN_RINGING : IN_TRYING;
	case CALL_EV_ACCEPTED:
		return IN_ACCEPTED;
	case CALL_EV_REJECTED:
		return IN_REJECTED;
	case CALL_EV_FAILED:
		return IN_FAILED;
	case CALL_EV_INVITE:
		return IN_INVITE;
	case CALL_EV_ACK:
		return IN_ACK;
	case CALL_EV_CANCEL:
		return IN_CANCEL;
	case CALL_EV_BYE:
		return IN_BYE;
	case CALL_EV_BYE_DONE:
		return IN_BYE_DONE;
	case CALL_EV_EXPIRY:
		return mono_due(c->expiry, ev->now) ? IN_EXPIRY : IN_NONE;
	case CALL_EV_TYPES:
		break;
	}
	return IN_NONE;
}

static void set_status(struct call *c, const struct call_ev *ev,
		       const struct cell *cell)
{
	if (cell->status)
		c->status = cell->status;
	else if (ev->status)
		c->status = ev->status;
	if (cell->acts & CALL_ACT_REJECT)
		c->reply = cell->status;
}

unsigned int call_step(struct call *c, const struct call_ev *ev,
		       uint32_t timeout_ms)
{
	enum input in = input_of(c, ev);
	const struct cell *cell;

	if (in == IN_NONE || c->state >= CALL_STATES)
		return 0;
	cell = &table[c->state][in];
	if (!cell->valid)
		return 0;
	if (c->state == CALL_FREE)
		*c = (struct call){
			.outgoing = in == IN_DIAL,
			.expiry = MONO_NEVER,
		};
	c->state = cell->next;
	set_status(c, ev, cell);
	if (cell->expiry == START)
		c->expiry = mono_add_ms(ev->now, timeout_ms);
	else if (cell->expiry == STOP)
		c->expiry = MONO_NEVER;
	return cell->acts;
}

/* A zeroed struct is a free call too. */
struct mono call_next_expiry(const struct call *c)
{
	return c->state == CALL_FREE ? MONO_NEVER : c->expiry;
}

bool call_hung_up(const struct call *c)
{
	return c->state == CALL_CANCEL_WAIT || c->state == CALL_CANCELLING ||
	       c->state == CALL_ENDING || c->state == CALL_BYE_WAIT;
}

const char *call_state_name(uint8_t state)
{
	static const char *const name[CALL_STATES] = {
		[CALL_FREE] = "free",
		[CALL_DIALING] = "dialing",
		[CALL_RINGING] = "ringing",
		[CALL_CANCEL_WAIT] = "cancel_wait",
		[CALL_CANCELLING] = "cancelling",
		[CALL_INCOMING] = "incoming",
		[CALL_ANSWERING] = "answering",
		[CALL_UP] = "up",
		[CALL_ENDING] = "ending",
		[CALL_BYE_WAIT] = "bye_wait",
	};

	return state < CALL_STATES ? name[state] : "?";
}
