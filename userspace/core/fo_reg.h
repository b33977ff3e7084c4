/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line's registration: its REGISTER passes, pauses and failback probes.
 * Parts of the failover machine, see failover.h.
 */
#ifndef SIPOVER_CORE_FO_REG_H
#define SIPOVER_CORE_FO_REG_H

#include "fo_ctx.h"

/* Whether a REGISTER (not a probe) is out. */
bool fo_reg_out(const struct fo *fo);

/* Whether the binding at the working server holds. */
bool fo_reg_holds(const struct fo *fo);

/* The line comes up: a first pass, at once or a little later. */
void fo_reg_start(struct fo_ctx *ctx);

/* A new pass that prefers server first and leaves out the bitmap tried. */
void fo_reg_begin(struct fo_ctx *ctx, uint8_t first, uint8_t tried);

/* A call needs a binding at server since its request failed at failed
 * (FO_NONE: nothing tried yet).  Joins the pass that is out unless that one
 * hangs at failed. */
void fo_reg_wanted(struct fo_ctx *ctx, uint8_t server, uint8_t failed);

/* The REGISTER that is out ended (attempt is cleared already). */
void fo_reg_result(struct fo_ctx *ctx, const struct fo_ev *ev);
void fo_reg_failed(struct fo_ctx *ctx, uint8_t outcome, uint16_t status);

/* The same for the failback probe. */
void fo_probe_result(struct fo_ctx *ctx, const struct fo_ev *ev);
void fo_probe_abandon(struct fo_ctx *ctx);

/* A binding at server, asked for beside the REGISTER that is out: the line is
 * there now, and the primary is asked again. */
void fo_reg_won(struct fo_ctx *ctx, uint8_t server, uint32_t expires_s);

/* An UNREGISTER ended, however. */
void fo_reg_unregistered(struct fo_ctx *ctx);

/* Abandons REGISTER and probe, forgets pauses and back-off. */
void fo_reg_clear(struct fo_ctx *ctx);

/* Clear, and unregister wherever a binding may be. */
void fo_reg_stop(struct fo_ctx *ctx);

/* The working server is DOWN or BLOCKED: the line goes elsewhere. */
void fo_reg_leave(struct fo_ctx *ctx, uint8_t server);

/* Another server is the primary now. */
void fo_reg_primary_changed(struct fo_ctx *ctx);

/* The last server of the list leaves it: best-effort unregister, and the line
 * registers elsewhere.  No call is there. */
void fo_reg_forget(struct fo_ctx *ctx, uint8_t server);

/* server may be used again, or answered: hurry what waits for it. */
void fo_reg_hurry(struct fo_ctx *ctx, uint8_t server, bool was_usable);

/* The own address towards server changed. */
void fo_reg_flow_changed(struct fo_ctx *ctx, uint8_t server);

/* The DNS record that the servers are from lives that long; 0: unknown. */
void fo_reg_ttl(struct fo_ctx *ctx, uint32_t ttl_s);

/* Everything of the registration that is due. */
void fo_reg_expiry(struct fo_ctx *ctx);
struct mono fo_reg_next_expiry(const struct fo *fo);
/* fo->cfg is another one. */
void fo_reg_configured(struct fo *fo, struct mono now);

#endif /* SIPOVER_CORE_FO_REG_H */
