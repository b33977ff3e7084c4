/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a call that is up asks of the far end: refreshes of its session (RFC
 * 4028) and changes of it that the user wants (a re-INVITE), and what becomes
 * of the call when nobody answers them.  The refresh is how a server that died
 * without a word is found during a call: each of the line's servers is
 * tried before the call is ended, the dialog's own first (C-13), by
 * core/pass's rule; route set and remote target stay.
 *
 * A value, one for each call.
 */
#ifndef SIPOVER_CORE_SESSION_H
#define SIPOVER_CORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "failover.h"
#include "mono.h"
#include "rng.h"

#define SESSION_MIN_S 90	/* RFC 4028 4: the least that may be asked for */
#define SESSION_SHORTEST_S 2	/* one that a far end grants against that */
#define SESSION_BIND_MS 8000	/* longest wait for a binding (C-08) */
#define SESSION_ASK_MS 64000	/* of a re-INVITE that was heard and then not
				 * answered */
#define SESSION_TRIES_MAX 6	/* answers that ask for the request again */

enum session_state {
	SESSION_NONE,		/* the call is not up */
	SESSION_QUIET,		/* nothing of ours is out */
	SESSION_ASKING,		/* a request is out at server */
	SESSION_BINDING,	/* waits for the line's binding at server */
	SESSION_PAUSE,		/* asked to come later (14.1), or a local outage */
	SESSION_STATES
};

enum session_ev_type {
	SESSION_EV_UP,		/* server, interval_s, ours, takes_update, uac */
	SESSION_EV_REFRESHED,	/* by the far end's request: interval_s, ours */
	SESSION_EV_MODIFY,	/* the user: a re-INVITE with another description */
	SESSION_EV_RESULT,	/* attempt, outcome, status; interval_s and ours
				 * of a 2xx, min_s of a 422, retry_after */
	SESSION_EV_DOWN,	/* server died: a request out there goes on */
	SESSION_EV_BOUND,	/* the line has another binding */
	SESSION_EV_MOVED,	/* server, to: its number in the list is another */
	SESSION_EV_END,		/* the call is over, or is being ended */
	SESSION_EV_EXPIRY,	/* session_next_expiry() has come */
	SESSION_EV_TYPES
};

struct session_ev {
	struct mono now;
	uint8_t type;		/* enum session_ev_type */
	uint8_t server, to;
	uint8_t outcome;	/* enum fo_outcome */
	bool ours;		/* we refresh */
	bool takes_update;	/* its Allow has UPDATE */
	bool uac;		/* the dialog's Call-ID is ours (14.1) */
	/* Of the line, with every event. */
	bool held;		/* local outage */
	bool bind;		/* register_before_resend */
	uint8_t bound;		/* bitmap */
	uint8_t n_servers;
	uint8_t pad;
	uint8_t health[FO_SERVERS_MAX];	/* enum health_state */
	uint16_t attempt, status;
	uint32_t interval_s, min_s;
	int32_t retry_after;	/* seconds, -1: not said */
	uint32_t pad2;
};

/* A set of bits, carried out in this order. */
enum session_act {
	SESSION_ACT_ABANDON = 1 << 0,	/* attempt of before: not wanted any more */
	SESSION_ACT_SEND = 1 << 1,	/* method, server, attempt, last */
	SESSION_ACT_MODIFIED = 1 << 2,	/* the user's change is done */
	SESSION_ACT_UNCHANGED = 1 << 3,	/* ... or was refused: status */
	SESSION_ACT_BYE = 1 << 4,	/* end the call: status */
};

struct session {
	uint8_t state;		/* enum session_state */
	uint8_t method;		/* of the request: enum sip_method */
	bool ours, takes_update, uac;
	bool refresh;		/* one is due or out */
	bool modify;		/* likewise */
	bool last;		/* 64*T1 */
	uint8_t home;		/* server of the dialog's last success */
	uint8_t server, tried;	/* of the pass */
	uint8_t tries;
	uint16_t attempt;	/* counts requests; that of the last one */
	uint16_t status;	/* why */
	uint32_t interval_s;	/* of the session; 0: it does not expire */
	uint32_t min_s;		/* a 422's */
	struct mono refresh_at, end_at, retry_at;
	struct rng rng;
};

/* A zeroed struct is no session. */
void session_init(struct session *s, uint64_t seed);
unsigned int session_step(struct session *s, const struct session_ev *ev);
struct mono session_next_expiry(const struct session *s);

/* ---- what is agreed on (RFC 4028 7, 9) ---- */

/* What a message says of it. */
struct session_terms {
	int32_t interval_s;	/* Session-Expires; -1: none */
	int32_t min_s;		/* Min-SE; -1: none */
	uint8_t refresher;	/* enum sip_refresher */
	bool supported;		/* its sender knows session timers */
	uint16_t pad;
};

struct session_grant {
	bool refused;		/* 422: with Min-SE min_s */
	bool require;		/* the 2xx says Require: timer (9) */
	uint8_t refresher;	/* enum sip_refresher of the 2xx */
	uint8_t pad;
	uint32_t interval_s;	/* of the session, 0: none */
	uint32_t min_s;
};

/* The answer to a request with these terms; wish_s: what we would have, 0: only
 * what others ask for; min_s: the least that we take. */
struct session_grant session_answer(const struct session_terms *t,
				    uint32_t wish_s, uint32_t min_s);

const char *session_state_name(uint8_t state);
const char *session_ev_name(uint8_t type);

#endif /* SIPOVER_CORE_SESSION_H */
