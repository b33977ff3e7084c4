/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests received within a call's dialog. */
#ifndef SIPOVER_AGENT_DIALOG_H
#define SIPOVER_AGENT_DIALOG_H

#include "agent.h"

/* A request received within a dialog, not BYE; i: its reply slot. */
void dialog_request(struct agent *a, uint32_t i);
/* Whether a->rx, which has no slot, is a request of a call's dialog. */
bool dialog_known(struct agent *a);
void call_far_described(struct agent *a, uint32_t c);
/* Who holds the call: "none", "near" (we), "far", "both". */
const char *call_hold_name(const struct agent_call *k);
const char *call_describe(struct agent *a, uint32_t c, const char *offer,
			  size_t len, uint16_t *refused);
/* The description in the 200 to the INVITE that the call came with. */
const char *call_first_answer(struct agent *a, uint32_t c);

#endif /* SIPOVER_AGENT_DIALOG_H */
