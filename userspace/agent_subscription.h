/* SPDX-License-Identifier: BSD-2-Clause */
/* Subscriptions of lines. */
#ifndef SIPOVER_AGENT_SUBSCRIPTION_H
#define SIPOVER_AGENT_SUBSCRIPTION_H

#include "agent.h"

uint32_t subscriptions_wanted(const struct conf *conf);
int subscriptions_open(struct agent *a);
int subscription_open(struct agent *a, uint32_t line);
void subscription_close(struct agent *a, uint32_t line);
void subscriptions_stop(struct agent *a);
void subscription_step_event(struct agent *a, uint32_t i,
			     const struct subscription_ev *ev);
/* The line has taken a step, for an event of that type (enum fo_ev_type). */
void subscription_review(struct agent *a, uint32_t line, uint8_t fo_ev_type);
/* The line has that server no more. */
void subscription_gone(struct agent *a, uint32_t line, uint32_t server);
/* The end of its SUBSCRIBE r: a->rx, or none. */
void subscription_answered(struct agent *a, const struct request *r);
void subscription_lost(struct agent *a, const struct request *r);
/* The NOTIFY a->rx of that reply slot. */
void subscription_notify(struct agent *a, uint32_t reply);

#endif /* SIPOVER_AGENT_SUBSCRIPTION_H */
