/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line's calls: where each INVITE and BYE goes.  Parts of the failover
 * machine, see failover.h.
 */
#ifndef SIPOVER_CORE_FO_CALL_H
#define SIPOVER_CORE_FO_CALL_H

#include "fo_ctx.h"

/* The events whose subject is a call. */
void fo_call_event(struct fo_ctx *ctx, const struct fo_ev *ev);

/* Server s died: requests out there go on to the next one (C-12), calls being
 * set up there are lost (C-28). */
void fo_call_leave(struct fo_ctx *ctx, uint8_t call);

/* The REGISTER at server ended for the calls that wait for it.  SETTLED: with
 * a binding there; REFUSED: alive but no (C-32), nothing else is left; SKIPPED:
 * the pass goes on elsewhere; EXHAUSTED: nothing is left. */
enum fo_wait_end {
	FO_WAIT_SETTLED,
	FO_WAIT_REFUSED,
	FO_WAIT_SKIPPED,
	FO_WAIT_EXHAUSTED,
};

void fo_call_registration(struct fo_ctx *ctx, uint8_t server,
			  enum fo_wait_end end);

/* Failback took the line to the primary: waiting requests go there, even those
 * that failed there before. */
void fo_call_failback(struct fo_ctx *ctx);

/* Ends all calls without a word. */
void fo_call_stop(struct fo_ctx *ctx);

#endif /* SIPOVER_CORE_FO_CALL_H */
