// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/jiffies.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "event.h"
#include "limit.h"
#include "owner.h"
#include "watch.h"

static struct sipover_limit max_owners = { 1024, 65536 };
module_param_cb(max_owners, &sipover_limit_ops, &max_owners, 0644);
MODULE_PARM_DESC(max_owners, "Owners per network namespace, 0..65536");

static struct sipover_owner *owner_find(struct sipover_net *sn, u32 portid)
{
	struct sipover_owner *owner;

	list_for_each_entry(owner, &sn->owners, list) {
		if (owner->portid == portid)
			return owner;
	}
	return NULL;
}

/* Once the owner is gone, no watch of its changes between the two lists. */
static void watches_destroy(struct sipover_owner *owner,
			    struct list_head *list)
{
	struct sipover_watch *watch, *next;

	list_for_each_entry_safe(watch, next, list, list)
		sipover_watch_del(owner->sn, watch);
}

/* Watches go first; a hook that still sees one finds the owner gone. */
static void owner_destroy(struct sipover_owner *owner)
{
#ifdef SIPOVER_BREAK_LOCK
	struct sipover_watch *watch;

	list_for_each_entry(watch, &owner->quiet, list) {
		spin_lock_bh(&watch->server->lock);
		spin_lock(&owner->lock);
		spin_unlock(&owner->lock);
		spin_unlock_bh(&watch->server->lock);
	}
#endif
	spin_lock_bh(&owner->lock);
	owner->gone = true;
	spin_unlock_bh(&owner->lock);
	cancel_delayed_work_sync(&owner->flush);

	watches_destroy(owner, &owner->quiet);
	watches_destroy(owner, &owner->dirty);
	list_del(&owner->list);
	owner->sn->n_owners--;
	sock_put(owner->sk);
#ifdef SIPOVER_BREAK_LEAK
	return;
#endif
#ifdef SIPOVER_BREAK_UAF
	struct sipover_owner *late = owner;	/* coccicheck sees the other */

	kfree(owner);
	late->portid = 0;
	return;
#endif
	kfree_rcu(owner, rcu);
}

/**
 * sipover_owner_get() - the owner for a socket, made if need be
 * @sn: namespace, its lock held
 * @sk: the socket
 * @portid: its port id
 * @extack: says which limit is reached
 *
 * An owner of another socket is one of a socket that is being closed, whose
 * notification is still to come: its time is over.
 *
 * Return: the owner or ERR_PTR(-ENOSPC, -ENOMEM)
 */
struct sipover_owner *sipover_owner_get(struct sipover_net *sn,
					struct sock *sk, u32 portid,
					struct netlink_ext_ack *extack)
{
	struct sipover_owner *owner = owner_find(sn, portid);

	if (owner && owner->sk == sk)
		return owner;
	if (owner)
		owner_destroy(owner);
	if (sn->n_owners >= sipover_limit(&max_owners)) {
		NL_SET_ERR_MSG(extack, "limit reached: max_owners");
		return ERR_PTR(-ENOSPC);
	}
	owner = kzalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);
	if (!owner)
		return ERR_PTR(-ENOMEM);
	sock_hold(sk);
	owner->sk = sk;
	owner->sn = sn;
	owner->portid = portid;
	owner->cookie = get_random_u64();
	owner->busy_until = jiffies;
	INIT_LIST_HEAD(&owner->quiet);
	INIT_LIST_HEAD(&owner->dirty);
	spin_lock_init(&owner->lock);
	INIT_DELAYED_WORK(&owner->flush, sipover_event_flush_work);
	list_add_tail(&owner->list, &sn->owners);
	sn->n_owners++;
	return owner;
}

/**
 * sipover_owner_drop_idle() - forget an owner that got no watch
 * @owner: owner, its namespace's lock held
 *
 * An owner that had events keeps its numbers until the socket ends.
 */
void sipover_owner_drop_idle(struct sipover_owner *owner)
{
	if (!owner->n_watches && !owner->seq)
		owner_destroy(owner);
}

/**
 * sipover_owner_destroy_all() - at the namespace's end
 * @sn: namespace, its lock held
 */
void sipover_owner_destroy_all(struct sipover_net *sn)
{
	struct sipover_owner *owner, *next;

	list_for_each_entry_safe(owner, next, &sn->owners, list)
		owner_destroy(owner);
}

/*
 * A port id is free again before its socket's end is notified: the owner found
 * may be that of a later socket, which is alive.  A socket is dead before its
 * own notification.
 */
static int owner_notify(struct notifier_block *nb, unsigned long action,
			void *data)
{
	const struct netlink_notify *notify = data;
	struct sipover_owner *owner;
	struct sipover_net *sn;

	if (action != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	sn = sipover_net(notify->net);
	mutex_lock(&sn->lock);
	owner = owner_find(sn, notify->portid);
#ifdef SIPOVER_BREAK_FULL_OWNER
	if (owner && !list_empty(&owner->dirty))
		owner = NULL;
#endif
	if (owner && sock_flag(owner->sk, SOCK_DEAD))
		owner_destroy(owner);
	mutex_unlock(&sn->lock);
	return NOTIFY_DONE;
}

static struct notifier_block owner_notifier = {
	.notifier_call = owner_notify,
};

/**
 * sipover_owner_init() - learn of sockets that end
 *
 * Return: 0 or -errno
 */
int sipover_owner_init(void)
{
	return netlink_register_notifier(&owner_notifier);
}

/**
 * sipover_owner_exit() - the namespaces' end destroys the owners
 */
void sipover_owner_exit(void)
{
	netlink_unregister_notifier(&owner_notifier);
}
