/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/* Watches: one owner's interest in one server. */
#ifndef SIPOVER_WATCH_H
#define SIPOVER_WATCH_H

#include "owner.h"
#include "server.h"

/**
 * struct sipover_watch - RCU, freed after a grace period
 *
 * @on_server: in sipover_server.watches
 * @on_owner: in sipover_owner.watches, under sipover_net.lock
 * @server: does not go before the watch
 * @owner: does not go before the watch
 * @id: in sipover_net.watches
 * @rcu: for freeing
 * @dirty: in sipover_owner.dirty while @pending; under sipover_owner.lock,
 *	as all that follows
 * @gone: deleted; nothing is sent any more
 * @pending: bit per cause that has occurrences to be sent
 * @seen: occurrences by cause that were sent or older than the watch
 */
struct sipover_watch {
	struct list_head on_server;
	struct list_head on_owner;
	struct sipover_server *server;
	struct sipover_owner *owner;
	u32 id;
	struct rcu_head rcu;

	struct list_head dirty;
	bool gone;
	u64 pending;
	u64 seen[SIPOVER_CAUSE_MAX + 1];
};

struct sipover_watch *sipover_watch_add(struct sipover_net *sn,
					struct sipover_owner *owner,
					const struct sipover_key *key,
					u32 ring_size);
void sipover_watch_del(struct sipover_net *sn, struct sipover_watch *watch);
int sipover_watch_init(void);
void sipover_watch_exit(void);

#endif /* SIPOVER_WATCH_H */
