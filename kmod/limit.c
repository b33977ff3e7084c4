// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/kernel.h>
#include <linux/sysfs.h>

#include "limit.h"

static int limit_set(const char *val, const struct kernel_param *kp)
{
	struct sipover_limit *limit = kp->arg;
	unsigned int value;
	int err;

	err = kstrtouint(val, 0, &value);
	if (err)
		return err;
#ifndef SIPOVER_BREAK_RANGE
	if (value > limit->max)
		return -ERANGE;
#endif
	WRITE_ONCE(limit->value, value);
	return 0;
}

static int limit_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%u\n", sipover_limit(kp->arg));
}

const struct kernel_param_ops sipover_limit_ops = {
	.set = limit_set,
	.get = limit_get,
};
