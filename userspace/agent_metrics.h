/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control method "metrics".
 */
#ifndef SIPOVER_AGENT_METRICS_H
#define SIPOVER_AGENT_METRICS_H

#include "agent.h"

/* Lines and servers get series of their own up to so many; of more only the
 * sums are told, or a fleet's Prometheus would drown in one phone. */
#define METRICS_EACH_MAX 64

/* NULL: no memory. */
json_t *metrics_json(struct agent *a);
/* What a counter of "stats" counts; NULL: not known. */
const char *metrics_help(const char *counter);

#endif /* SIPOVER_AGENT_METRICS_H */
