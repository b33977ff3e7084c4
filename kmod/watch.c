// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "watch.h"

static struct kmem_cache *watch_cache;

/* A merged cache does not tell at unload that an object was forgotten. */
static atomic_t watches_alive = ATOMIC_INIT(0);

static unsigned int max_watches = 1024;
module_param(max_watches, uint, 0644);
MODULE_PARM_DESC(max_watches, "Watches per owner");

/* An event goes to each of them at once, from a hook. */
static unsigned int max_watchers = 64;
module_param(max_watchers, uint, 0644);
MODULE_PARM_DESC(max_watchers, "Watches per server, of all owners");

static void watch_free_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(watch_cache,
			container_of(rcu, struct sipover_watch, rcu));
	atomic_dec(&watches_alive);
}

static bool owner_watches(const struct sipover_owner *owner,
			  const struct sipover_server *srv)
{
	const struct sipover_watch *watch;

	list_for_each_entry(watch, &owner->watches, on_owner) {
		if (watch->server == srv)
			return true;
	}
	return false;
}

/* What happened before is in the reply's record, not in events. */
static void watch_start(struct sipover_watch *watch)
{
	struct sipover_server *srv = watch->server;
	unsigned int cause;

	spin_lock_bh(&srv->lock);
	for (cause = 0; cause <= SIPOVER_CAUSE_MAX; cause++)
		watch->seen[cause] = srv->stats[cause].count;
	spin_unlock_bh(&srv->lock);
	list_add_tail_rcu(&watch->on_server, &srv->watches);
}

/**
 * sipover_watch_add() - watch a server for an owner
 * @sn: namespace, its lock held
 * @owner: owner
 * @key: server
 * @ring_size: sent records wanted; UDP only
 *
 * Return: the watch or ERR_PTR(-EEXIST, -ENOSPC, -ENOMEM, -ENOENT)
 */
struct sipover_watch *sipover_watch_add(struct sipover_net *sn,
					struct sipover_owner *owner,
					const struct sipover_key *key,
					u32 ring_size)
{
	struct sipover_server *srv;
	struct sipover_watch *watch;
	int err;

	srv = sipover_server_find(sn, key);
	if (srv && owner_watches(owner, srv))
		return ERR_PTR(-EEXIST);
	if (owner->n_watches >= READ_ONCE(max_watches))
		return ERR_PTR(-ENOSPC);
	if (srv && srv->n_watches >= READ_ONCE(max_watchers))
		return ERR_PTR(-ENOSPC);

	watch = kmem_cache_zalloc(watch_cache, GFP_KERNEL_ACCOUNT);
	if (!watch)
		return ERR_PTR(-ENOMEM);
	err = idr_alloc_cyclic(&sn->watches, watch, 1, 0, GFP_KERNEL_ACCOUNT);
	if (err < 0)
		goto err_free;
	watch->id = err;
	srv = sipover_server_get(sn, key, ring_size);
	if (IS_ERR(srv)) {
		err = PTR_ERR(srv);
		goto err_id;
	}
	watch->server = srv;
	watch->owner = owner;
	INIT_LIST_HEAD(&watch->dirty);
	list_add_tail(&watch->on_owner, &owner->watches);
	owner->n_watches++;
	sn->gen++;
	atomic_inc(&watches_alive);
	watch_start(watch);
	return watch;

err_id:
	idr_remove(&sn->watches, watch->id);
err_free:
	kmem_cache_free(watch_cache, watch);
	return ERR_PTR(err);
}

/**
 * sipover_watch_del() - end a watch
 * @sn: namespace, its lock held
 * @watch: watch; freed after a grace period
 */
void sipover_watch_del(struct sipover_net *sn, struct sipover_watch *watch)
{
	struct sipover_owner *owner = watch->owner;

	list_del_rcu(&watch->on_server);
	list_del(&watch->on_owner);
	owner->n_watches--;
	sn->gen++;
	idr_remove(&sn->watches, watch->id);

	spin_lock_bh(&owner->lock);
	watch->gone = true;
	list_del_init(&watch->dirty);
	spin_unlock_bh(&owner->lock);

	sipover_server_put(sn, watch->server);
#ifdef SIPOVER_BREAK_UNLOAD
	return;
#endif
	call_rcu(&watch->rcu, watch_free_rcu);
}

/**
 * sipover_watch_init() - the watches' memory
 *
 * Return: 0 or -ENOMEM
 */
int sipover_watch_init(void)
{
	watch_cache = KMEM_CACHE(sipover_watch, 0);
	return watch_cache ? 0 : -ENOMEM;
}

/**
 * sipover_watch_exit() - behind rcu_barrier()
 */
void sipover_watch_exit(void)
{
	WARN_ON(atomic_read(&watches_alive));
	kmem_cache_destroy(watch_cache);
}
