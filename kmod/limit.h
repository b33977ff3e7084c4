/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/* Module parameters that are numbers with an upper bound. */
#ifndef SIPOVER_LIMIT_H
#define SIPOVER_LIMIT_H

#include <linux/compiler.h>
#include <linux/moduleparam.h>

/**
 * struct sipover_limit - a parameter's value
 *
 * @value: today's; written while others read it
 * @max: the largest that is accepted
 */
struct sipover_limit {
	unsigned int value;
	unsigned int max;
};

extern const struct kernel_param_ops sipover_limit_ops;

/**
 * sipover_limit() - read a parameter
 * @limit: the parameter
 *
 * Return: its value
 */
static inline unsigned int sipover_limit(const struct sipover_limit *limit)
{
	return READ_ONCE(limit->value);
}

#endif /* SIPOVER_LIMIT_H */
