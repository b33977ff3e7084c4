/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/* Tracepoints are optional: without them they are never found. */
#ifndef SIPOVER_COMPAT_TRACEPOINT_H
#define SIPOVER_COMPAT_TRACEPOINT_H

#include <linux/errno.h>
#include <linux/tracepoint.h>

#ifndef CONFIG_TRACEPOINTS
static inline int tracepoint_probe_register(struct tracepoint *tp, void *probe,
					    void *data)
{
	return -EOPNOTSUPP;
}

static inline int tracepoint_probe_unregister(struct tracepoint *tp,
					      void *probe, void *data)
{
	return -EOPNOTSUPP;
}
#endif

#endif /* SIPOVER_COMPAT_TRACEPOINT_H */
