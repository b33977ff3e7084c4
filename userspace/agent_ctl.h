/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control methods, included by agent.h.
 */
#ifndef SIPOVER_AGENT_CTL_H
#define SIPOVER_AGENT_CTL_H

#include "codec/ctl.h"
#include "io/control.h"

struct agent;

/* agent_ctl.c */
extern const struct control_ops ctl_ops;
json_t *stats_json(struct agent *a);

/* agent_ctl_status.c: of status without its lists, and the items of those;
 * *there: whether there is one at that number.  NULL: no memory. */
json_t *status_json(struct agent *a);
json_t *status_line_json(struct agent *a, uint32_t i, bool *there);
json_t *status_name_json(struct agent *a, uint32_t i, bool *there);
json_t *status_call_json(struct agent *a, uint32_t i, bool *there);

/* agent_ctl_config.c: the same of config */
json_t *config_json(struct agent *a);
json_t *config_line_json(struct agent *a, uint32_t i, bool *there);

/* agent_ctl_lists.c: answers with the head (stolen) and the lists of status or
 * config, of one line or (AGENT_NONE) all.  False: no memory, nothing is told
 * yet. */
bool lists_answer(struct agent *a, uint32_t client, json_t *id,
		  enum ctl_method method, uint32_t line, json_t *head);

#endif /* SIPOVER_AGENT_CTL_H */
