/* SPDX-License-Identifier: BSD-2-Clause */
/* REGISTERs that wait for their turn. */
#ifndef SIPOVER_AGENT_PACE_H
#define SIPOVER_AGENT_PACE_H

#include "agent.h"

void pace_open(struct agent *a);
/* Starts the line's request, when its turn comes if it has to wait. */
void pace_start(struct agent *a, uint32_t l, const struct fo_act *act);
/* Whether it waited; then it does so no more. */
bool pace_abandon(struct agent *a, uint32_t l, const struct fo_act *act);
/* What waits of the line may have become urgent. */
void pace_review(struct agent *a, uint32_t l);
void pace_expired(struct agent *a);
/* Nothing of the line waits any more. */
void pace_forget(struct agent *a, uint32_t l);

#endif /* SIPOVER_AGENT_PACE_H */
