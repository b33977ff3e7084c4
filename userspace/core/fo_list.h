/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line's list of servers while the line runs: what the DNS says may change
 * (Y-17).  Parts of the failover machine, see failover.h.
 */
#ifndef SIPOVER_CORE_FO_LIST_H
#define SIPOVER_CORE_FO_LIST_H

#include "fo_ctx.h"

/* The events of the list: a server comes, moves, goes.  Each changes nothing
 * for the others but their number. */
void fo_list_event(struct fo_ctx *ctx, const struct fo_ev *ev);

#endif /* SIPOVER_CORE_FO_LIST_H */
