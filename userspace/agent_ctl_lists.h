/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers with long lists, made while they are taken. */
#ifndef SIPOVER_AGENT_CTL_LISTS_H
#define SIPOVER_AGENT_CTL_LISTS_H

#include "agent.h"

/* The head (stolen) and the lists of status or config, of one line or
 * (AGENT_NONE) all.  False: no memory, nothing is told yet. */
bool lists_answer(struct agent *a, uint32_t client, json_t *id,
		  enum ctl_method method, uint32_t line, json_t *head);

#endif /* SIPOVER_AGENT_CTL_LISTS_H */
