/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/* Watches: one owner's interest in one server. */
#ifndef SIPOVER_WATCH_H
#define SIPOVER_WATCH_H

#include "owner.h"
#include "server.h"

/**
 * struct sipover_owed - occurrences of one cause that wait to be sent
 *
 * @next: the watch's next one
 * @count: how many, 0: none
 * @cause: enum sipover_cause
 *
 * Made when a cause first has to wait, kept until the watch ends.
 */
struct sipover_owed {
	struct sipover_owed *next;
	u64 count;
	u8 cause;
};

/**
 * struct sipover_watch - RCU, freed after a grace period
 *
 * @next: on the same server, older; RCU, under sipover_net.lock
 * @server: does not go before the watch
 * @owner: does not go before the watch
 * @list: in sipover_owner.dirty while @pending, else in sipover_owner.quiet;
 *	under sipover_owner.lock, as all that follows but @rcu and @id
 * @rcu: for freeing, once @gone
 * @pending: bit per cause that has occurrences to be sent
 * @owed: how many; no entry for a cause, for want of memory: one
 * @id: in sipover_net.watches
 * @gone: deleted; nothing is sent any more, @list is not touched
 */
struct sipover_watch {
	struct sipover_watch __rcu *next;
	struct sipover_server *server;
	struct sipover_owner *owner;
	union {
		struct list_head list;
		struct rcu_head rcu;
	};
	u64 pending;
	struct sipover_owed *owed;
	u32 id;
	bool gone;
};

struct sipover_watch *sipover_watch_add(struct sipover_net *sn,
					struct sipover_owner *owner,
					const struct sipover_key *key,
					const struct sipover_wish *wish,
					struct netlink_ext_ack *extack);
void sipover_watch_start(struct sipover_net *sn, struct sipover_watch *watch);
void sipover_watch_del(struct sipover_net *sn, struct sipover_watch *watch);
void sipover_watch_owe(struct sipover_watch *watch, u8 cause);
u64 sipover_watch_owes(const struct sipover_watch *watch, u8 cause);
void sipover_watch_paid(struct sipover_watch *watch, u8 cause);
int sipover_watch_init(void);
void sipover_watch_exit(void);

#endif /* SIPOVER_WATCH_H */
