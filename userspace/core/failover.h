/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The failover machine of one line (account): which server its REGISTER,
 * INVITE and BYE requests go to, when they move to the next one, and when the
 * line comes back.  A value without pointers: hashed, dumped, replayed.
 * Servers are indices into the line's own ordered list, 0 the primary.
 *
 * The caller reports facts (fo_step); only this file decides.  It never builds
 * or sends a message: authentication (401/407), 423 and retransmissions are
 * handled below it, and a request's *result* is reported once.
 *
 * Three kinds of passes over the servers, all with the same rule (Y-05..Y-11,
 * F-24..F-43): the working server first, then the others in order; servers
 * known to be DOWN come last instead of being left out (C-11, C-12), BLOCKED
 * ones are left out (C-34).  The last candidate of a pass gets the full 64*T1
 * (Y-19, F-41), the others their retry budget (Y-18, F-40).
 *
 *   REGISTER  one pass per line.  Exhausted: a pause, then a new pass.
 *   INVITE    one per call; before any response only (R-36, C-28).
 *   BYE       one per call, in the background (C-09).
 *
 * With register_before_resend (C-08; F-31, F-37) an INVITE or BYE that moves to
 * a server without a binding waits for the line's REGISTER there.
 */
#ifndef SIPOVER_CORE_FAILOVER_H
#define SIPOVER_CORE_FAILOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "health.h"
#include "mono.h"
#include "rng.h"

#define FO_SERVERS_MAX 8
#define FO_CALLS_MAX 4
#define FO_NONE 0xff

/* C-16: floor between the starts of failback probes that a sign of recovery
 * pulls forward, and the jitter that keeps phones from coming all at once. */
#define FO_PROBE_MIN_MS 5000
#define FO_JITTER_MS 1000

#define FO_EXPIRES_DEFAULT_S 3600	/* F-51 */
#define FO_REFRESH_AHEAD_S 60	/* overlap_s of 0 */
#define FO_EXPIRES_MIN_S 10	/* for expires_min_s */
#define FO_EXPIRES_MAX_S 86400	/* granted, unless more was asked for: who grants
				 * decades would never be asked again */

/* What brings a line back to its primary, beside signs of recovery (C-16). */
enum fo_failback {
	FO_FAILBACK_PROBE,	/* an independent REGISTER by time (F-44) */
	FO_FAILBACK_REQUESTS,	/* and each new request goes there first,
				 * unless it is known to be dead */
	FO_FAILBACK_TTL,	/* a REGISTER when the DNS record has run out */
	FO_FAILBACK_REFRESH,	/* the next refresh begins there */
	FO_FAILBACK_DURATION,	/* a REGISTER after so long */
	FO_FAILBACKS
};

struct fo_cfg {
	uint8_t n_servers;		/* 1..FO_SERVERS_MAX */
	bool register_before_resend;	/* C-08 */
	bool failback;			/* F-56 */
	bool reg_fail_moves;		/* a rejected REGISTER tries the next
					 * server too (redundancy_with_reg_fail) */
	bool only_registered;		/* requests go only where there is a
					 * binding (only_signal_with_registered) */
	uint8_t failback_mode;		/* enum fo_failback */
	bool failback_idle;		/* by time and refresh: not while there
					 * are calls */
	bool concurrent;		/* server 1 has a binding as well while
					 * the primary works (Y-26) */
	uint8_t same_host[FO_SERVERS_MAX];	/* bitmap: no use to go there
						 * after this one failed */
	uint32_t failback_ms;		/* F-57; 0: never by time (C-33) */
	uint32_t retry_base_ms;		/* 30000 */
	uint32_t retry_max_ms;		/* 1800000 */
	uint32_t overlap_s;		/* refresh this much before the end, but
					 * not before half of the time is over */
	uint32_t startup_ms;		/* START registers at a random moment
					 * within this */
	uint32_t race_ms;		/* concurrent: the standby is asked beside
					 * a primary that is silent for so long
					 * 0: no */
	uint32_t expires_min_s;		/* a binding granted for less counts as
					 * this long: no storm of refreshes */
	uint32_t pad2;
	uint32_t expires_s[FO_SERVERS_MAX];	/* F-51, F-54 */
};

/* What a request was for.  REGISTER, PROBE and UNREGISTER belong to the line,
 * INVITE and BYE to a call. */
enum fo_req {
	FO_REQ_REGISTER,
	FO_REQ_PROBE,		/* independent REGISTER: of failback (F-44), or
				 * for the standby binding at server 1 (Y-26) */
	FO_REQ_UNREGISTER,	/* best effort (C-14); its end, whatever it is, has
				 * the line register once more where it works */
	FO_REQ_INVITE,
	FO_REQ_BYE,
};

enum fo_outcome {
	FO_OK,			/* 2xx */
	FO_REJECTED,		/* another final response: the server is alive */
	FO_UNAVAILABLE,		/* 503; 500 to REGISTER (C-03) */
	FO_TIMEOUT,		/* retry budget or 64*T1 used up */
	FO_TRANSPORT,		/* transport error */
};

enum fo_ev_type {
	FO_EV_START,		/* the line comes up: register */
	FO_EV_STOP,		/* unregister everywhere, stay idle */
	FO_EV_REGISTER,		/* the user asks: from the primary (C-25, F-20) */
	FO_EV_CALL,		/* call: the user dials (F-29) */
	FO_EV_CALL_IN,		/* call, server: a call came in over server */
	FO_EV_CALL_UP,		/* call, server: dialog confirmed there */
	FO_EV_CALL_ENDED,	/* call: gone without BYE, or CANCELled */
	FO_EV_BYE,		/* call: the user hangs up (F-35) */
	FO_EV_PROVISIONAL,	/* call, attempt: 1xx to the INVITE */
	FO_EV_RESULT,		/* req, call, server, attempt, outcome */
	FO_EV_HEALTH,		/* server, new (enum health_state); after
				 * fo_init() once for each server that is not
				 * UNKNOWN.  old: for the trace only */
	FO_EV_SIGNAL_TIMEOUT,	/* server: OPTIONS or CANCEL unanswered (C-06) */
	FO_EV_FLOW_CHANGED,	/* server: own address there changed: register
				 * again if it is the working one, forget the
				 * binding if it is another */
	FO_EV_HOLD,		/* local outage begins: nothing moves */
	FO_EV_RESUME,		/* it ends: register where it worked, since the
				 * binding or the way to it may be gone */
	FO_EV_EXPIRY,		/* fo_next_expiry() has come */
	FO_EV_SERVER_NEW,	/* another server at the end of the list (Y-17),
				 * expires_s for it, new: bitmap of those at the
				 * same host (same_host); no more than there is
				 * room */
	FO_EV_SERVER_MOVED,	/* server, new: its index after it; those between
				 * make room */
	FO_EV_SERVER_GONE,	/* the last server leaves the list; it stays (the
				 * number of servers tells) while it is the only
				 * one, needed by a call, or the line is held */
	FO_EV_TTL,		/* expires_s: lifetime of the DNS record that
				 * the line's servers are from; 0: unknown */
	FO_EV_TYPES
};

struct fo_ev {
	struct mono now;
	uint8_t type;		/* enum fo_ev_type */
	uint8_t req;		/* enum fo_req */
	uint8_t call;		/* 0..FO_CALLS_MAX-1 */
	uint8_t server;
	uint8_t outcome;	/* enum fo_outcome */
	uint8_t old, new;	/* enum health_state */
	uint8_t pad;
	uint16_t attempt;	/* as in the action that started it */
	uint16_t status;	/* SIP status of a RESULT, 0: none */
	uint32_t expires_s;	/* granted by a REGISTER's 200 (C-19); TTL */
};

enum fo_act_type {
	FO_ACT_SEND,		/* req, call, server, attempt, last: send it.
				 * expires_s for REGISTER and PROBE. */
	FO_ACT_ABANDON,		/* req, call, server, attempt: its result is not wanted
				 * any more; an INVITE's late 2xx still is ACKed
				 * and BYEd (C-29, R-30) */
	FO_ACT_WORKING,		/* server (new), old: the working server */
	FO_ACT_REGISTERED,	/* server, expires_s */
	FO_ACT_UNREGISTERED,	/* the line has no binding any more, but for
				 * one that stands by */
	FO_ACT_FAILED,		/* req, call, server (last tried or FO_NONE),
				 * outcome, status: no server is left, or this
				 * answer is final; tell the user (F-43, Y-11) */
};

struct fo_act {
	uint8_t type;		/* enum fo_act_type */
	uint8_t req;
	uint8_t call;
	uint8_t server;
	uint8_t old;
	uint8_t outcome;
	bool last;		/* full 64*T1 instead of the retry budget */
	uint8_t pad;
	uint16_t attempt;
	uint16_t status;
	uint32_t expires_s;
};

#define FO_ACTS_MAX 24

struct fo_acts {
	uint8_t n;
	uint8_t pad[3];
	struct fo_act a[FO_ACTS_MAX];
};

enum fo_reg_state {
	FO_REG_IDLE,		/* not started, or stopped */
	FO_REG_TRYING,		/* a REGISTER is out, no binding yet */
	FO_REG_WAIT,		/* pass exhausted, pause */
	FO_REG_REGISTERED,
	FO_REG_REFRESHING,	/* binding holds, a REGISTER is out */
};

enum fo_call_state {
	FO_CALL_FREE,
	FO_CALL_INVITING,	/* INVITE out, no response */
	FO_CALL_WAIT_REG,	/* REGISTER at the next server first */
	FO_CALL_PROCEEDING,	/* a 1xx came: no more failover (C-28) but by a
				 * 503, which ends that INVITE for good (Y-06) */
	FO_CALL_UP,
	FO_CALL_BYE,		/* BYE out */
	FO_CALL_BYE_WAIT_REG,
};

/* One walk over the candidates. */
struct fo_pass {
	uint8_t server;		/* being tried */
	uint8_t tried;		/* bitmap, FO_SERVERS_MAX bits */
	uint16_t attempt;	/* number of the request that is out */
};

struct fo_call {
	uint8_t state;		/* enum fo_call_state */
	uint8_t server;		/* the dialog's */
	struct fo_pass pass;
};

struct fo {
	struct fo_cfg cfg;
	uint8_t reg_state;	/* enum fo_reg_state */
	uint8_t working;	/* server of the line, FO_NONE before the first */
	uint8_t bound;		/* bitmap: bindings believed to exist */
	bool held;		/* local outage */
	bool probing;		/* a PROBE is out, at probe_server */
	bool again;		/* an UNREGISTER ended since the last REGISTER was
				 * sent: register once more */
	uint8_t health[FO_SERVERS_MAX];
	uint16_t attempts;	/* last number given out */
	uint16_t probe_attempt;
	uint16_t failures;	/* exhausted REGISTER passes in a row */
	struct fo_pass reg;
	struct fo_call call[FO_CALLS_MAX];
	struct mono refresh_at;	/* refresh the binding at working */
	struct mono expires_at;	/* it ends */
	struct mono bound_until[FO_SERVERS_MAX];	/* of each bit in bound */
	struct mono failback_at;/* next failback probe */
	struct mono probe_started;	/* the last one; NEVER: none yet */
	struct mono retry_at;	/* next REGISTER pass */
	struct mono standby_at;	/* next PROBE for the standby binding */
	uint32_t ttl_s;		/* of FO_EV_TTL */
	uint16_t standby_failures;	/* in a row */
	uint8_t probe_server;
	uint8_t pad;
	struct rng rng;
};

void fo_init(struct fo *fo, const struct fo_cfg *cfg, uint64_t seed);

/* The same servers by another configuration, but n_servers of it: what is under
 * way goes on, the next request is by the new one. */
void fo_configure(struct fo *fo, const struct fo_cfg *cfg, struct mono now);

/* Total: an event that means nothing in this state does nothing. */
void fo_step(struct fo *fo, const struct fo_ev *ev, struct fo_acts *acts);
struct mono fo_next_expiry(const struct fo *fo);

const char *fo_ev_name(uint8_t type);
const char *fo_req_name(uint8_t req);
const char *fo_outcome_name(uint8_t outcome);
const char *fo_reg_state_name(uint8_t state);
const char *fo_act_name(uint8_t type);

#endif /* SIPOVER_CORE_FAILOVER_H */
