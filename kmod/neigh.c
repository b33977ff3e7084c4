// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/netfilter.h>
#include <net/dst.h>
#include <net/flow.h>
#include <net/neighbour.h>
#include <net/netevent.h>

#include "event.h"
#include "neigh.h"
#include "netns.h"
#include "server.h"

/* Namespaces that want to know; the notifier is global. */
static DEFINE_MUTEX(users_lock);
static unsigned int users;

/* An address may be another's neighbour on another link. */
static bool goes_there(struct net *net, const struct sipover_key *key,
		       int ifindex)
{
	struct dst_entry *dst = NULL;
	struct flowi fl = {};
	bool there;

	if (key->family == AF_INET)
		fl.u.ip4.daddr = key->addr.ip;
	else
		fl.u.ip6.daddr = key->addr.in6;
	if (nf_route(net, &dst, &fl, false, key->family))
		return false;
	there = dst->dev->ifindex == ifindex;
	dst_release(dst);
	return there;
}

static void neigh_look(struct sipover_net *sn, const struct sipover_neigh *n)
{
	struct sipover_event ev = { .time = ktime_get_boottime_ns() };
	struct sipover_server *srv;

	list_for_each_entry(srv, &sn->servers, list) {
		if (srv->key.family != n->family ||
		    memcmp(&srv->key.addr, &n->addr, sizeof(n->addr)))
			continue;
		if (n->reachable &&
		    READ_ONCE(srv->state) != SIPOVER_STATE_UNREACHABLE)
			continue;
		if (!goes_there(sn->net, &srv->key, n->ifindex))
			continue;
		ev.cause = n->reachable ? SIPOVER_CAUSE_NEIGH_REACHABLE :
					  SIPOVER_CAUSE_NEIGH_FAILED;
		rcu_read_lock();
		sipover_event_post(srv, &ev, NULL);
		rcu_read_unlock();
	}
}

static void neigh_work(struct work_struct *work)
{
	struct sipover_neighs *neighs = container_of(work,
						     struct sipover_neighs,
						     work);
	struct sipover_net *sn = container_of(neighs, struct sipover_net,
					      neighs);
	struct sipover_neigh at[SIPOVER_NEIGHS_MAX];
	unsigned int n, i;

	spin_lock_bh(&neighs->lock);
	n = neighs->n;
	memcpy(at, neighs->at, n * sizeof(*at));
	neighs->n = 0;
	spin_unlock_bh(&neighs->lock);

	mutex_lock(&sn->lock);
	for (i = 0; i < n && !sn->closing; i++)
		neigh_look(sn, &at[i]);
	mutex_unlock(&sn->lock);
}

static void neigh_note(struct sipover_neighs *neighs,
		       const struct sipover_neigh *n)
{
	unsigned int i;

	spin_lock_bh(&neighs->lock);
	for (i = 0; i < neighs->n; i++) {
		if (neighs->at[i].ifindex == n->ifindex &&
		    neighs->at[i].family == n->family &&
		    !memcmp(&neighs->at[i].addr, &n->addr, sizeof(n->addr)))
			break;
	}
	if (i < SIPOVER_NEIGHS_MAX) {
		neighs->at[i] = *n;
		neighs->n = max(neighs->n, i + 1);
		queue_work(system_wq, &neighs->work);
	}
	spin_unlock_bh(&neighs->lock);
}

static int neigh_notify(struct notifier_block *nb, unsigned long event,
			void *data)
{
	const struct neighbour *neigh = data;
	struct sipover_neigh n = {};
	struct sipover_net *sn;
	u8 state;

	if (event != NETEVENT_NEIGH_UPDATE)
		return NOTIFY_DONE;
	state = READ_ONCE(neigh->nud_state);
	if (!(state & (NUD_FAILED | NUD_REACHABLE)))
		return NOTIFY_DONE;
	sn = sipover_net(dev_net(neigh->dev));
	if (!READ_ONCE(sn->hooked))
		return NOTIFY_DONE;
	n.family = neigh->tbl->family;
	if (n.family != AF_INET && n.family != AF_INET6)
		return NOTIFY_DONE;
	memcpy(&n.addr, neigh->primary_key,
	       n.family == AF_INET ? sizeof(n.addr.ip) : sizeof(n.addr.in6));
	n.ifindex = neigh->dev->ifindex;
	n.reachable = state & NUD_REACHABLE;
#ifdef SIPOVER_BREAK_NEIGH
	n.family = AF_UNSPEC;
#endif
	neigh_note(&sn->neighs, &n);
	return NOTIFY_DONE;
}

static struct notifier_block neigh_notifier = {
	.notifier_call = neigh_notify,
};

/**
 * sipover_neighs_init() - a namespace starts
 * @neighs: its neighbours
 */
void sipover_neighs_init(struct sipover_neighs *neighs)
{
	INIT_WORK(&neighs->work, neigh_work);
	spin_lock_init(&neighs->lock);
}

/**
 * sipover_neigh_get() - one namespace more wants to know
 *
 * Process context.
 */
void sipover_neigh_get(void)
{
	mutex_lock(&users_lock);
	if (!users++)
		register_netevent_notifier(&neigh_notifier);
	mutex_unlock(&users_lock);
}

/**
 * sipover_neigh_put() - one namespace less wants to know
 *
 * Process context.
 */
void sipover_neigh_put(void)
{
	mutex_lock(&users_lock);
	if (!--users)
		unregister_netevent_notifier(&neigh_notifier);
	mutex_unlock(&users_lock);
}
