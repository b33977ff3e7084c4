/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/* What count.c writes to /proc/traverse; what it reads there is one u64. */
#ifndef TRAVERSE_H
#define TRAVERSE_H

#include <linux/types.h>

enum traverse_hook {
	TRAVERSE_IN4,
	TRAVERSE_OUT4,
	TRAVERSE_IN6,
	TRAVERSE_OUT6,
};

/**
 * struct traverse - a packet to be sent through a hook, again and again
 *
 * @hook: enum traverse_hook
 * @loops: how often
 *
 * The packet stands behind it, from the IP header on.
 * More than once: with interrupts off; a hook must then take no lock that
 * turns softirqs on again.
 */
struct traverse {
	__u32 hook;
	__u32 loops;
};

#endif /* TRAVERSE_H */
