/* SPDX-License-Identifier: BSD-2-Clause */
/* The control methods. */
#ifndef SIPOVER_AGENT_CTL_H
#define SIPOVER_AGENT_CTL_H

#include "agent.h"

extern const struct control_ops ctl_ops;
json_t *stats_json(struct agent *a);

#endif /* SIPOVER_AGENT_CTL_H */
