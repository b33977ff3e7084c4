/* SPDX-License-Identifier: BSD-2-Clause */
/* The control method "status": without its lists, and the items of those. */
#ifndef SIPOVER_AGENT_CTL_STATUS_H
#define SIPOVER_AGENT_CTL_STATUS_H

#include "agent.h"

/* NULL: no memory.  *there: whether there is one at that number. */
json_t *status_json(struct agent *a);
json_t *status_line_json(struct agent *a, uint32_t i, bool *there);
json_t *status_name_json(struct agent *a, uint32_t i, bool *there);
json_t *status_call_json(struct agent *a, uint32_t i, bool *there);

#endif /* SIPOVER_AGENT_CTL_STATUS_H */
