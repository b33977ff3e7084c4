/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The result of the control method "metrics" as Prometheus text 0.0.4; used by
 * sipoverctl metrics and by sipover-web.
 */
#ifndef SIPOVER_TOOLS_PROMETHEUS_H
#define SIPOVER_TOOLS_PROMETHEUS_H

#include <stddef.h>

#include <jansson.h>

#define PROMETHEUS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The text, malloc'ed; *len without its NUL.  What is no family or sample as
 * docs/control.md has it is left out.  NULL: metrics is not such a result, or
 * no memory. */
char *prometheus_text(const json_t *metrics, size_t *len);

#endif /* SIPOVER_TOOLS_PROMETHEUS_H */
