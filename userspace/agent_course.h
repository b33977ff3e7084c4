/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last failovers, step by step; told of where events are told
 * (agent_ctl_notify.c): behind the packet that answers them.
 */
#ifndef SIPOVER_AGENT_COURSE_H
#define SIPOVER_AGENT_COURSE_H

#include "agent.h"

void courses_judged(struct agent *a, const struct notice *n);
void courses_health(struct agent *a, uint32_t s, uint8_t health, uint8_t cause);
void courses_sent(struct agent *a, const struct request *r);
void courses_answered(struct agent *a, const struct request *r,
		      uint16_t status);
void courses_moved(struct agent *a, uint32_t l, uint8_t old, uint8_t new);
void courses_registered(struct agent *a, uint32_t l, uint8_t index);
/* Its state is another. */
void courses_call(struct agent *a, uint32_t c);
void courses_call_over(struct agent *a, uint32_t c);

/* l: AGENT_NONE for all lines; the newest first.  NULL: no memory. */
json_t *courses_json(struct agent *a, uint32_t l, uint32_t max);

#endif /* SIPOVER_AGENT_COURSE_H */
