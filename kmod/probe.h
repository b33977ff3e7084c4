/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * The stack's own verdicts on TCP connections, by tracepoints that are looked
 * up by name.  Where they are not to be had, sighting.c takes their place.
 */
#ifndef SIPOVER_PROBE_H
#define SIPOVER_PROBE_H

#include <linux/types.h>

bool sipover_probes_get(void);
void sipover_probes_put(void);
void sipover_probes_init(void);

#endif /* SIPOVER_PROBE_H */
