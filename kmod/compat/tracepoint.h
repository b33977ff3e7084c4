/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * Tracepoints are optional: without them none is ever found.  Their functions
 * are then declared, but not there.
 */
#ifndef SIPOVER_COMPAT_TRACEPOINT_H
#define SIPOVER_COMPAT_TRACEPOINT_H

#include <linux/errno.h>
#include <linux/kconfig.h>
#include <linux/tracepoint.h>

/**
 * sipover_tracepoints_each() - look at all tracepoints of the kernel proper
 * @found: called for each
 */
static inline void sipover_tracepoints_each(void (*found)(struct tracepoint *,
							  void *))
{
	if (IS_ENABLED(CONFIG_TRACEPOINTS))
		for_each_kernel_tracepoint(found, NULL);
}

/**
 * sipover_tracepoint_on() - have a probe called
 * @tp: tracepoint
 * @probe: of its type
 *
 * Return: 0 or -errno
 */
static inline int sipover_tracepoint_on(struct tracepoint *tp, void *probe)
{
	if (!IS_ENABLED(CONFIG_TRACEPOINTS))
		return -EOPNOTSUPP;
	return tracepoint_probe_register(tp, probe, NULL);
}

/**
 * sipover_tracepoint_off() - have it called no more
 * @tp: tracepoint
 * @probe: what sipover_tracepoint_on() was given
 *
 * It may still run until tracepoint_synchronize_unregister().
 */
static inline void sipover_tracepoint_off(struct tracepoint *tp, void *probe)
{
	if (IS_ENABLED(CONFIG_TRACEPOINTS))
		tracepoint_probe_unregister(tp, probe, NULL);
}

#endif /* SIPOVER_COMPAT_TRACEPOINT_H */
