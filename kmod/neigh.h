/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * Servers on the link whose link address is lost or found again (RFC 826,
 * RFC 4861 7.3): evidence also where nothing is being sent.
 */
#ifndef SIPOVER_NEIGH_H
#define SIPOVER_NEIGH_H

#include <linux/netfilter.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

/* Neighbours that may change before the work has run. */
#define SIPOVER_NEIGHS_MAX 16

/**
 * struct sipover_neigh - what became of one
 *
 * @addr: its address, unused bytes zero
 * @ifindex: where
 * @family: AF_INET or AF_INET6
 * @reachable: found; else lost
 */
struct sipover_neigh {
	union nf_inet_addr addr;
	int ifindex;
	u8 family;
	bool reachable;
};

/**
 * struct sipover_neighs - those of a namespace
 *
 * @work: looks which of them are servers
 * @lock: guards what follows; _bh
 * @n: how many wait in @at
 * @at: the last word on each; what finds no room is not looked at
 */
struct sipover_neighs {
	struct work_struct work;
	spinlock_t lock;	/* see above */
	unsigned int n;
	struct sipover_neigh at[SIPOVER_NEIGHS_MAX];
};

void sipover_neighs_init(struct sipover_neighs *neighs);
void sipover_neigh_get(void);
void sipover_neigh_put(void);

#endif /* SIPOVER_NEIGH_H */
