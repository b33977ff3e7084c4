/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One step of the failover machine while it is being taken: shared by
 * failover.c (events, time), fo_reg.c (the line's registration) and fo_call.c
 * (its calls).  Not for others.
 */
#ifndef SIPOVER_CORE_FO_CTX_H
#define SIPOVER_CORE_FO_CTX_H

#include "failover.h"
#include "pass.h"

struct fo_ctx {
	struct fo *fo;
	struct mono now;
	struct fo_acts *acts;
};

/* Appends an action; the one place that knows how many fit. */
struct fo_act *fo_emit(struct fo_ctx *ctx, enum fo_act_type type);

/* Appends SEND for the next server of a pass; tells its attempt number. */
uint16_t fo_emit_send(struct fo_ctx *ctx, enum fo_req req, uint8_t call,
		      uint8_t server, bool last);

/* Appends ABANDON for a request that is out and sets *attempt to 0. */
void fo_emit_abandon(struct fo_ctx *ctx, enum fo_req req, uint8_t call,
		     uint8_t server, uint16_t *attempt);

void fo_emit_failed(struct fo_ctx *ctx, enum fo_req req, uint8_t call,
		    uint8_t server, uint8_t outcome, uint16_t status);

/* Whether there is any call. */
bool fo_busy(const struct fo *fo);

static inline struct pass_servers fo_servers(const struct fo *fo)
{
	return (struct pass_servers){ fo->health, fo->cfg.n_servers };
}

/* What has been tried with server: itself, and others at its address. */
static inline uint8_t fo_tried(const struct fo *fo, uint8_t server)
{
	return pass_bit(server) | fo->cfg.same_host[server];
}

#endif /* SIPOVER_CORE_FO_CTX_H */
