// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * The four machines of RFC 3261 17 with RFC 6026 as one table of [kind][state]
 * [input]; what a cell cannot say is in txn_step() and expire().
 */
#include "txn.h"

#include <stddef.h>

#define TIMER_D_MS 32000	/* at least; R-20 */

/* Events with the classes of status that make a difference. */
enum input {
	IN_START,
	IN_1XX,
	IN_2XX,
	IN_FINAL,	/* 3xx-6xx */
	IN_REQUEST,
	IN_ACK,
	IN_REPLY_1XX,
	IN_REPLY_2XX,
	IN_REPLY_FINAL,
	IN_TRANSPORT,
	IN_ABANDON,
	IN_HOLD,
	IN_RESUME,
	INPUTS,
	IN_EXPIRY,
	IN_NONE,
};

/* What happens to the two deadlines. */
enum timers {
	KEEP,
	STOP,		/* both */
	WAIT,		/* no retransmission, 64*T1 */
	AE_BF,		/* retransmission, and the retry budget or 64*T1 */
	E_F,		/* retransmission, and 64*T1 */
	F_FULL,		/* the rest of 64*T1, whatever the budget was */
	END_D,
	END_K_I,	/* T4, 0 when reliable */
	END_J,		/* 64*T1, 0 when reliable */
	END_M_L,	/* 64*T1 */
	G_H,		/* retransmission of the response until 64*T1 */
};

struct cell {
	uint8_t next;	/* 0: the state stays (TXN_IDLE is never a target) */
	uint8_t timers;
	uint8_t acts;
};

#define S TXN_ACT_SEND
#define A TXN_ACT_ACK
#define D TXN_ACT_DELIVER
#define L TXN_ACT_LATE
#define E TXN_ACT_ERROR
#define F TXN_ACT_FREE
#define GO(state, timers, acts) { TXN_##state, timers, acts }
#define DO(acts) { 0, KEEP, acts }

/* An empty cell: nothing happens. */
static const struct cell table[TXN_KINDS][TXN_STATES][INPUTS] = {
	[TXN_INVITE_CLIENT] = {
		[TXN_IDLE] = {
			[IN_START] = GO(CALLING, AE_BF, S),
			[IN_TRANSPORT] = GO(TERMINATED, STOP, E | F),
			[IN_ABANDON] = GO(TERMINATED, STOP, F),
		},
		[TXN_CALLING] = {
			[IN_1XX] = GO(PROCEEDING, STOP, D),
			[IN_2XX] = GO(ACCEPTED, END_M_L, D),
			[IN_FINAL] = GO(COMPLETED, END_D, A | D),
			[IN_TRANSPORT] = GO(ABANDONED, END_M_L, E),
			[IN_ABANDON] = GO(ABANDONED, END_M_L, 0),
			[IN_HOLD] = GO(CALLING, WAIT, 0),
			[IN_RESUME] = GO(CALLING, AE_BF, S),
		},
		/* A transport error means nothing here: C-30. */
		[TXN_PROCEEDING] = {
			[IN_1XX] = DO(D),
			[IN_2XX] = GO(ACCEPTED, END_M_L, D),
			[IN_FINAL] = GO(COMPLETED, END_D, A | D),
			[IN_ABANDON] = GO(ABANDONED, END_M_L, 0),
		},
		[TXN_ACCEPTED] = {
			[IN_2XX] = DO(D),
		},
		[TXN_COMPLETED] = {
			[IN_FINAL] = DO(A),
		},
		[TXN_ABANDONED] = {
			[IN_2XX] = DO(D | L),
			[IN_FINAL] = DO(A),
		},
	},
	[TXN_CLIENT] = {
		[TXN_IDLE] = {
			[IN_START] = GO(CALLING, AE_BF, S),
			[IN_TRANSPORT] = GO(TERMINATED, STOP, E | F),
			[IN_ABANDON] = GO(TERMINATED, STOP, F),
		},
		[TXN_CALLING] = {
			[IN_1XX] = GO(PROCEEDING, F_FULL, D),
			[IN_2XX] = GO(COMPLETED, END_K_I, D),
			[IN_FINAL] = GO(COMPLETED, END_K_I, D),
			[IN_TRANSPORT] = GO(TERMINATED, STOP, E | F),
			[IN_ABANDON] = GO(TERMINATED, STOP, F),
			[IN_HOLD] = GO(CALLING, WAIT, 0),
			[IN_RESUME] = GO(CALLING, AE_BF, S),
		},
		[TXN_PROCEEDING] = {
			[IN_HOLD] = GO(PROCEEDING, WAIT, 0),
			[IN_RESUME] = GO(PROCEEDING, E_F, S),
			[IN_1XX] = DO(D),
			[IN_2XX] = GO(COMPLETED, END_K_I, D),
			[IN_FINAL] = GO(COMPLETED, END_K_I, D),
			[IN_TRANSPORT] = GO(TERMINATED, STOP, E | F),
			[IN_ABANDON] = GO(TERMINATED, STOP, F),
		},
		[TXN_COMPLETED] = {
			[IN_ABANDON] = GO(TERMINATED, STOP, F),
		},
	},
	/* A response that cannot be sent leaves the state as it is (RFC 6026
	 * on 17.2.4): the client asks again, or gives up. */
	[TXN_INVITE_SERVER] = {
		[TXN_IDLE] = {
			[IN_REQUEST] = GO(PROCEEDING, KEEP, D),
		},
		[TXN_PROCEEDING] = {
			[IN_REQUEST] = DO(S),
			[IN_REPLY_1XX] = DO(S),
			[IN_REPLY_2XX] = GO(ACCEPTED, END_M_L, S),
			[IN_REPLY_FINAL] = GO(COMPLETED, G_H, S),
			[IN_TRANSPORT] = DO(E),
		},
		/* The 2xx is repeated by the TU (13.3.1.4), which also gets
		 * the ACK, should it come with the INVITE's branch. */
		[TXN_ACCEPTED] = {
			[IN_ACK] = DO(D),
			[IN_REPLY_2XX] = DO(S),
			[IN_TRANSPORT] = DO(E),
		},
		[TXN_COMPLETED] = {
			[IN_REQUEST] = DO(S),
			[IN_ACK] = GO(CONFIRMED, END_K_I, 0),
			[IN_TRANSPORT] = DO(E),
		},
	},
	/* Trying is Proceeding with nothing sent yet. */
	[TXN_SERVER] = {
		[TXN_IDLE] = {
			[IN_REQUEST] = GO(PROCEEDING, KEEP, D),
		},
		[TXN_PROCEEDING] = {
			[IN_REQUEST] = DO(S),
			[IN_REPLY_1XX] = DO(S),
			[IN_REPLY_2XX] = GO(COMPLETED, END_J, S),
			[IN_REPLY_FINAL] = GO(COMPLETED, END_J, S),
			[IN_TRANSPORT] = DO(E),
		},
		[TXN_COMPLETED] = {
			[IN_REQUEST] = DO(S),
			[IN_TRANSPORT] = DO(E),
		},
	},
};

#undef S
#undef A
#undef D
#undef L
#undef E
#undef F
#undef GO
#undef DO

static enum input class_of(uint16_t status, enum input first)
{
	if (status < 100 || status > 699)
		return IN_NONE;
	if (status < 200)
		return first;
	return status < 300 ? first + 1 : first + 2;
}

static enum input input_of(const struct txn_ev *ev)
{
	switch ((enum txn_ev_type)ev->type) {
	case TXN_EV_START:
		return IN_START;
	case TXN_EV_RESPONSE:
		return class_of(ev->status, IN_1XX);
	case TXN_EV_REQUEST:
		return IN_REQUEST;
	case TXN_EV_ACK:
		return IN_ACK;
	case TXN_EV_REPLY:
		return class_of(ev->status, IN_REPLY_1XX);
	case TXN_EV_TRANSPORT:
		return IN_TRANSPORT;
	case TXN_EV_ABANDON:
		return IN_ABANDON;
	case TXN_EV_HOLD:
		return IN_HOLD;
	case TXN_EV_RESUME:
		return IN_RESUME;
	case TXN_EV_EXPIRY:
		return IN_EXPIRY;
	case TXN_EV_TYPES:
		break;
	}
	return IN_NONE;
}

static uint64_t full_ms(const struct txn *t)
{
	return 64 * (uint64_t)t->cfg.t1_ms;
}

/* The next interval of timer A (doubles), E and G (up to T2).  Never 0: time
 * must go on. */
static uint32_t backoff(const struct txn *t, uint32_t interval_ms)
{
	uint64_t next = 2 * (uint64_t)interval_ms;
	uint32_t most = t->kind == TXN_INVITE_CLIENT ? UINT32_MAX :
						       t->cfg.t2_ms;

	if (next > most)
		next = most;
	return next ? (uint32_t)next : 1;
}

/* When retransmission retries + 1 would be due; at most 64*T1 (C-02, C-10). */
static uint64_t budget_ms(const struct txn *t)
{
	uint32_t interval = t->cfg.t1_ms;
	uint64_t sum = interval;
	int i;

	if (t->cfg.retries < 0)
		return full_ms(t);
	for (i = 0; i < t->cfg.retries && sum < full_ms(t); i++) {
		interval = backoff(t, interval);
		sum += interval;
	}
	if (t->cfg.limit_ms && t->cfg.limit_ms < sum)
		sum = t->cfg.limit_ms;
	return sum < full_ms(t) ? sum : full_ms(t);
}

static void resend_from(struct txn *t, struct mono now)
{
	t->interval_ms = t->cfg.t1_ms;
	t->resend_at = t->cfg.reliable ? MONO_NEVER :
				mono_add_ms(now, t->interval_ms);
}

/* The state's end is all that is waited for; a time of 0 is its end. */
static unsigned int end_in(struct txn *t, struct mono now, uint64_t ms)
{
	t->resend_at = MONO_NEVER;
	t->end_at = mono_add_ms(now, ms);
	if (ms)
		return 0;
	t->end_at = MONO_NEVER;
	t->state = TXN_TERMINATED;
	return TXN_ACT_FREE;
}

static unsigned int set_timers(struct txn *t, enum timers timers,
			       struct mono now)
{
	bool reliable = t->cfg.reliable;

	switch (timers) {
	case KEEP:
		break;
	case STOP:
		t->resend_at = MONO_NEVER;
		t->end_at = MONO_NEVER;
		break;
	case AE_BF:
		resend_from(t, now);
		t->end_at = mono_add_ms(now, budget_ms(t));
		break;
	case WAIT:
		t->resend_at = MONO_NEVER;
		t->end_at = mono_add_ms(now, full_ms(t));
		break;
	case E_F:
		resend_from(t, now);
		t->end_at = mono_add_ms(now, full_ms(t));
		break;
	case F_FULL:
		/* Later than from now on only after a local outage. */
		t->end_at = mono_min(mono_add_ms(t->end_at, full_ms(t) -
							    budget_ms(t)),
				     mono_add_ms(now, full_ms(t)));
		break;
	case END_D:
		if (reliable)
			return end_in(t, now, 0);
		return end_in(t, now, full_ms(t) > TIMER_D_MS ? full_ms(t) :
							       TIMER_D_MS);
	case END_K_I:
		return end_in(t, now, reliable ? 0 : t->cfg.t4_ms);
	case END_J:
		return end_in(t, now, reliable ? 0 : full_ms(t));
	case END_M_L:
		return end_in(t, now, full_ms(t));
	case G_H:
		resend_from(t, now);
		t->end_at = mono_add_ms(now, full_ms(t));
		break;
	}
	return 0;
}

/* The end goes first: at the very time of a further retransmission it is the
 * retry budget that is used up. */
static unsigned int expire(struct txn *t, struct mono now)
{
	bool waiting;

	if (mono_due(t->end_at, now)) {
		waiting = t->state == TXN_CALLING ||
			  t->state == TXN_PROCEEDING ||
			  (t->kind == TXN_INVITE_SERVER &&
			   t->state == TXN_COMPLETED);
		/* Given up is not unsent: that copy may be answered yet, when
		 * another one is under way elsewhere (C-29, R-30). */
		if (t->kind == TXN_INVITE_CLIENT && t->state == TXN_CALLING) {
			t->state = TXN_ABANDONED;
			return end_in(t, now, full_ms(t)) | TXN_ACT_TIMEOUT;
		}
		set_timers(t, STOP, now);
		t->state = TXN_TERMINATED;
		return (waiting ? TXN_ACT_TIMEOUT : 0) | TXN_ACT_FREE;
	}
	if (!mono_due(t->resend_at, now))
		return 0;
	/* From the deadline, so that lateness does not add up; after a long
	 * sleep one retransmission is enough. */
	t->interval_ms = backoff(t, t->interval_ms);
	if (t->kind == TXN_CLIENT && t->state == TXN_PROCEEDING)
		t->interval_ms = t->cfg.t2_ms ? t->cfg.t2_ms : 1;
	t->resend_at = mono_add_ms(t->resend_at, t->interval_ms);
	if (mono_due(t->resend_at, now))
		t->resend_at = mono_add_ms(now, t->interval_ms);
	return TXN_ACT_SEND;
}

static void count_send(struct txn *t, unsigned int acts)
{
	if ((acts & TXN_ACT_SEND) && t->sends < UINT16_MAX)
		t->sends++;
}

void txn_init(struct txn *t, enum txn_kind kind, const struct txn_cfg *cfg)
{
	*t = (struct txn){
		.cfg = *cfg,
		.kind = (uint8_t)kind,
		.resend_at = MONO_NEVER,
		.end_at = MONO_NEVER,
	};
}

unsigned int txn_step(struct txn *t, const struct txn_ev *ev)
{
	enum input in = input_of(ev);
	const struct cell *c;
	unsigned int acts;

	if (in == IN_EXPIRY) {
		acts = expire(t, ev->now);
		count_send(t, acts);
		return acts;
	}
	if (in == IN_NONE || t->kind >= TXN_KINDS || t->state >= TXN_STATES)
		return 0;
	c = &table[t->kind][t->state][in];
	acts = c->acts;
	if (!c->next && !acts)
		return 0;
	/* A retransmitted request before the TU's first response (17.2.1). */
	if (in == IN_REQUEST && t->sends == 0)
		acts &= ~(unsigned int)TXN_ACT_SEND;
	/* The connection repeats it. */
	if (in == IN_RESUME && t->cfg.reliable && !ev->anew)
		acts &= ~(unsigned int)TXN_ACT_SEND;
	if (c->next)
		t->state = c->next;
	if (in == IN_1XX)
		t->provisional = true;
	if (ev->type == TXN_EV_RESPONSE || ev->type == TXN_EV_REPLY)
		t->status = ev->status;
	acts |= set_timers(t, c->timers, ev->now);
	count_send(t, acts);
	return acts;
}

struct mono txn_next_expiry(const struct txn *t)
{
	return mono_min(t->resend_at, t->end_at);
}

const char *txn_state_name(uint8_t state)
{
	static const char *const name[TXN_STATES] = {
		[TXN_IDLE] = "idle",
		[TXN_CALLING] = "calling",
		[TXN_PROCEEDING] = "proceeding",
		[TXN_ACCEPTED] = "accepted",
		[TXN_COMPLETED] = "completed",
		[TXN_CONFIRMED] = "confirmed",
		[TXN_ABANDONED] = "abandoned",
		[TXN_TERMINATED] = "terminated",
	};

	return state < TXN_STATES ? name[state] : "?";
}
