/* SPDX-License-Identifier: BSD-2-Clause */
/* The control method "trace". */
#ifndef SIPOVER_AGENT_CTL_TRACE_H
#define SIPOVER_AGENT_CTL_TRACE_H

#include "agent.h"

/* l: AGENT_NONE for all lines.  NULL: no memory. */
json_t *trace_json(struct agent *a, uint32_t l, uint32_t rows_max);
/* The same: the messages behind that number (0: all), whole but for credentials,
 * as many as one answer takes. */
json_t *messages_json(struct agent *a, uint32_t l, uint64_t after);

#endif /* SIPOVER_AGENT_CTL_TRACE_H */
