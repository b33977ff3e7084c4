/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /metrics: what the method metrics says, as Prometheus text 0.0.4. */
#ifndef SIPOVER_WEB_METRICS_H
#define SIPOVER_WEB_METRICS_H

#include <jansson.h>
#include <microhttpd.h>

/* Steals result. */
enum MHD_Result metrics_answer(struct MHD_Connection *c, json_t *result);

#endif /* SIPOVER_WEB_METRICS_H */
