// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/lockdep.h>
#include <linux/slab.h>

#include "limit.h"
#include "watch.h"

static struct kmem_cache *watch_cache;

/* A merged cache does not tell at unload that an object was forgotten. */
static atomic_t watches_alive = ATOMIC_INIT(0);

static struct sipover_limit max_watches = { 1024, 4194304 };
module_param_cb(max_watches, &sipover_limit_ops, &max_watches, 0644);
MODULE_PARM_DESC(max_watches, "Watches per owner, 0..4194304");

/* An event goes to each of them at once, from a hook. */
static struct sipover_limit max_watchers = { 64, 4096 };
module_param_cb(max_watchers, &sipover_limit_ops, &max_watchers, 0644);
MODULE_PARM_DESC(max_watchers, "Watches per server, of all owners, 0..4096");

/* Memory of a server with its first watch; debugging makes locks larger. */
#if BITS_PER_LONG == 64 && !defined(CONFIG_DEBUG_SPINLOCK) &&	\
	!defined(CONFIG_DEBUG_LOCK_ALLOC) && !defined(CONFIG_PREEMPT_RT)
static_assert(sizeof(struct sipover_server) + sizeof(struct sipover_watch) <=
	      192);
#endif

static void watch_free_rcu(struct rcu_head *rcu)
{
	struct sipover_watch *watch;
	struct sipover_owed *owed;

	watch = container_of(rcu, struct sipover_watch, rcu);
	while ((owed = watch->owed)) {
		watch->owed = owed->next;
		kfree(owed);
	}
	kmem_cache_free(watch_cache, watch);
	atomic_dec(&watches_alive);
}

/* The server's watches, for who holds the namespace's lock. */
static struct sipover_watch *watch_deref(struct sipover_net *sn,
					 struct sipover_watch __rcu *watch)
{
	return rcu_dereference_protected(watch, lockdep_is_held(&sn->lock));
}

static bool owner_watches(struct sipover_net *sn,
			  const struct sipover_owner *owner,
			  const struct sipover_server *srv)
{
	const struct sipover_watch *watch;

	for (watch = watch_deref(sn, srv->watches); watch;
	     watch = watch_deref(sn, watch->next)) {
		if (watch->owner == owner)
			return true;
	}
	return false;
}

/*
 * Who stands on the watch while it goes still finds the way on.  One that was
 * never started is not found.
 */
static void watch_unlink(struct sipover_net *sn, struct sipover_watch *watch)
{
	struct sipover_watch __rcu **at = &watch->server->watches;
	struct sipover_watch *other;

	while ((other = watch_deref(sn, *at)) && other != watch)
		at = &other->next;
	if (other)
		rcu_assign_pointer(*at, watch_deref(sn, watch->next));
}

/**
 * sipover_watch_add() - watch a server for an owner
 * @sn: namespace, its lock held
 * @owner: owner
 * @key: server
 * @wish: what it wants kept of it
 * @extack: says which limit is reached
 *
 * Return: the watch, to be started or deleted, or ERR_PTR(-EEXIST, -ENOSPC,
 * -ENOMEM, -ENOENT)
 */
struct sipover_watch *sipover_watch_add(struct sipover_net *sn,
					struct sipover_owner *owner,
					const struct sipover_key *key,
					const struct sipover_wish *wish,
					struct netlink_ext_ack *extack)
{
	struct sipover_server *srv;
	struct sipover_watch *watch;
	int err;

	srv = sipover_server_find(sn, key);
	if (srv && owner_watches(sn, owner, srv))
		return ERR_PTR(-EEXIST);
	if (owner->n_watches >= sipover_limit(&max_watches)) {
		NL_SET_ERR_MSG(extack, "limit reached: max_watches");
		return ERR_PTR(-ENOSPC);
	}
#ifdef SIPOVER_BREAK_LIMIT
	srv = NULL;
#endif
	if (srv && srv->n_watches >= sipover_limit(&max_watchers)) {
		NL_SET_ERR_MSG(extack, "limit reached: max_watchers");
		return ERR_PTR(-ENOSPC);
	}

	watch = kmem_cache_zalloc(watch_cache, GFP_KERNEL_ACCOUNT);
	if (!watch)
		return ERR_PTR(-ENOMEM);
	err = idr_alloc_cyclic(&sn->watches, watch, 1, 0, GFP_KERNEL_ACCOUNT);
	if (err < 0)
		goto err_free;
	watch->id = err;
	srv = sipover_server_get(sn, key, wish, extack);
	if (IS_ERR(srv)) {
		err = PTR_ERR(srv);
		goto err_id;
	}
	watch->server = srv;
	watch->owner = owner;
	owner->n_watches++;
	sn->gen++;
	atomic_inc(&watches_alive);
	spin_lock_bh(&owner->lock);
	list_add_tail(&watch->list, &owner->quiet);
	spin_unlock_bh(&owner->lock);
	return watch;

err_id:
	idr_remove(&sn->watches, watch->id);
err_free:
	kmem_cache_free(watch_cache, watch);
	return ERR_PTR(err);
}

/**
 * sipover_watch_start() - be told of what happens from now on
 * @sn: namespace, its lock held
 * @watch: new watch, its server's lock held
 *
 * Who notes an occurrence, under the server's lock, tells the watches that are
 * first then, and older ones.  So what a record said under the same hold of the
 * lock and what the watch is told are all of it, and nothing twice.
 */
void sipover_watch_start(struct sipover_net *sn, struct sipover_watch *watch)
{
	struct sipover_server *srv = watch->server;

	RCU_INIT_POINTER(watch->next, watch_deref(sn, srv->watches));
	rcu_assign_pointer(srv->watches, watch);
}

/**
 * sipover_watch_del() - end a watch
 * @sn: namespace, its lock held
 * @watch: watch; freed after a grace period
 */
void sipover_watch_del(struct sipover_net *sn, struct sipover_watch *watch)
{
	struct sipover_owner *owner = watch->owner;

	watch_unlink(sn, watch);
	owner->n_watches--;
	sn->gen++;
	idr_remove(&sn->watches, watch->id);

	spin_lock_bh(&owner->lock);
	watch->gone = true;
	owner->n_pending -= hweight64(watch->pending);
	list_del(&watch->list);
	spin_unlock_bh(&owner->lock);

	sipover_server_put(sn, watch->server);
#ifdef SIPOVER_BREAK_UNLOAD
	return;
#endif
	call_rcu(&watch->rcu, watch_free_rcu);
}

static struct sipover_owed *owed_find(const struct sipover_watch *watch,
				      u8 cause)
{
	struct sipover_owed *owed;

	for (owed = watch->owed; owed; owed = owed->next) {
		if (owed->cause == cause)
			return owed;
	}
	return NULL;
}

/**
 * sipover_watch_owe() - an occurrence waits to be sent
 * @watch: watch, its owner's lock held
 * @cause: of what
 *
 * Without memory for the number the cause is sent all the same, as one
 * occurrence; the others are told by the server's count of uncounted ones.
 */
void sipover_watch_owe(struct sipover_watch *watch, u8 cause)
{
	struct sipover_owed *owed = owed_find(watch, cause);

#ifdef SIPOVER_BREAK_QUEUE
	if (!kmalloc(2048, GFP_ATOMIC | __GFP_NOWARN))
		return;
#endif
	if (!owed) {
		owed = kzalloc(sizeof(*owed), GFP_ATOMIC | __GFP_NOWARN);
		if (owed) {
			owed->cause = cause;
			owed->count = !!(watch->pending & BIT_ULL(cause));
			owed->next = watch->owed;
			watch->owed = owed;
		}
	}
	if (owed)
		owed->count++;
	else if (watch->pending & BIT_ULL(cause))
		sipover_server_uncounted(watch->server);
	if (!watch->pending)
		list_move_tail(&watch->list, &watch->owner->dirty);
	if (!(watch->pending & BIT_ULL(cause)))
		watch->owner->n_pending++;
	watch->pending |= BIT_ULL(cause);
}

/**
 * sipover_watch_owes() - how many occurrences wait
 * @watch: watch, its owner's lock held
 * @cause: a pending one
 *
 * Return: at least 1
 */
u64 sipover_watch_owes(const struct sipover_watch *watch, u8 cause)
{
	const struct sipover_owed *owed = owed_find(watch, cause);

	return owed ? owed->count : 1;
}

/**
 * sipover_watch_paid() - they were sent
 * @watch: watch, its owner's lock held
 * @cause: a pending one
 */
void sipover_watch_paid(struct sipover_watch *watch, u8 cause)
{
	struct sipover_owed *owed = owed_find(watch, cause);

	if (owed)
		owed->count = 0;
	watch->pending &= ~BIT_ULL(cause);
	watch->owner->n_pending--;
	if (!watch->pending)
		list_move_tail(&watch->list, &watch->owner->quiet);
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
