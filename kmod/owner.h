/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/* Owners: netlink sockets that have watches.  They end with the socket. */
#ifndef SIPOVER_OWNER_H
#define SIPOVER_OWNER_H

#include <linux/netlink.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "netns.h"

/**
 * struct sipover_owner - freed after a grace period
 *
 * @list: in sipover_net.owners
 * @n_watches: how many, under sipover_net.lock
 * @sn: namespace
 * @sk: the socket, referenced, so that it can be told from the next one with
 *	its port id
 * @portid: netlink port id
 * @cookie: random
 * @rcu: for freeing
 * @lock: guards what follows; held while an event is sent, so that events
 *	leave in the order of their numbers
 * @quiet: its watches that have nothing to send
 * @dirty: those with something to send
 * @seq: number of the last event sent
 * @n_pending: bits in sipover_watch.pending of all that are @dirty
 * @busy_until: jiffies; events before wait for @flush
 * @flushing: @flush is sending; events wait for the next time
 * @gone: the socket is closed; @flush is not to be started again
 * @flush: sends what waits; not started while nothing does
 */
struct sipover_owner {
	struct list_head list;
	unsigned int n_watches;
	struct sipover_net *sn;
	struct sock *sk;
	u32 portid;
	u64 cookie;
	struct rcu_head rcu;

	spinlock_t lock;	/* see above */
	struct list_head quiet;
	struct list_head dirty;
	u64 seq;
	unsigned int n_pending;
	unsigned long busy_until;
	bool flushing;
	bool gone;
	struct delayed_work flush;
};

struct sipover_owner *sipover_owner_get(struct sipover_net *sn,
					struct sock *sk, u32 portid,
					struct netlink_ext_ack *extack);
void sipover_owner_drop_idle(struct sipover_owner *owner);
void sipover_owner_destroy_all(struct sipover_net *sn);
int sipover_owner_init(void);
void sipover_owner_exit(void);

#endif /* SIPOVER_OWNER_H */
