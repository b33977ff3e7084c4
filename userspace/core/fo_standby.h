/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Concurrent registration (Y-25..Y-28): while the primary is the working
 * server, server 1 has a binding too.  It stands by: no request goes there
 * before the line moves, and then the binding is there already.  A part of the
 * failover machine, see failover.h.
 *
 * Before the first binding the two may race: a primary that is not known
 * to be up and does not answer for a while is waited for, and server 1 asked
 * beside it.  The first one to answer has the line; the primary is asked again at
 * once if it was not that.
 */
#ifndef SIPOVER_CORE_FO_STANDBY_H
#define SIPOVER_CORE_FO_STANDBY_H

#include "fo_ctx.h"

#define FO_STANDBY 1	/* the server */

/* The line is registered at server: what that means for the standby. */
void fo_standby_registered(struct fo_ctx *ctx, uint8_t server);

/* A REGISTER goes out at server. */
void fo_standby_sent(struct fo_ctx *ctx);

/* It ends with the registration. */
void fo_standby_clear(struct fo_ctx *ctx);

/* The standby server was dead and may be used again; it may have forgotten the
 * line. */
void fo_standby_hurry(struct fo_ctx *ctx);

/* Another server stands by, or none. */
void fo_standby_changed(struct fo_ctx *ctx);

/* The binding there names an address that is gone. */
void fo_standby_flow_changed(struct fo_ctx *ctx);

/* The PROBE there ended (probing is cleared already). */
void fo_standby_result(struct fo_ctx *ctx, const struct fo_ev *ev);

/* Refreshes or makes it when its time has come. */
void fo_standby_expiry(struct fo_ctx *ctx);
struct mono fo_standby_next_expiry(const struct fo *fo);

/* What a registrar's answer counts as; 0: it says nothing. */
uint32_t fo_granted_s(const struct fo *fo, uint8_t server, uint32_t expires_s);

/* Seconds before the end of s seconds at which a binding is refreshed, as
 * milliseconds from its begin. */
uint64_t fo_refresh_ms(const struct fo *fo, uint64_t s);

#endif /* SIPOVER_CORE_FO_STANDBY_H */
