// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/netns/generic.h>

#include "icmp.h"
#include "netns.h"
#include "out.h"
#include "owner.h"
#include "probe.h"
#include "server.h"
#include "sighting.h"

static unsigned int sipover_net_id __read_mostly;

/*
 * LOCAL_IN last but one: behind filters, so that what a local firewall drops
 * never counts, and behind NAT, which translates the quote back; before
 * conntrack's confirm.  LOCAL_OUT first: the addresses are the socket's.
 */
static const struct nf_hook_ops sipover_hooks[] = {
	{
		.hook = sipover_in4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
#ifdef SIPOVER_BREAK_BEFORE_NAT
		.priority = NF_IP_PRI_FIRST,
#else
		.priority = NF_IP_PRI_LAST - 1,
#endif
	},
	{
		.hook = sipover_out4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP_PRI_FIRST,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook = sipover_in6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP6_PRI_LAST - 1,
	},
	{
		.hook = sipover_out6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP6_PRI_FIRST,
	},
#endif
};

/**
 * sipover_net() - what the module keeps for a namespace
 * @net: the namespace
 *
 * Return: never NULL
 */
struct sipover_net *sipover_net(const struct net *net)
{
	return net_generic(net, sipover_net_id);
}

/* Behind the hooks. */
static void verdicts_end(struct sipover_net *sn)
{
	struct sipover_sightings *sightings = sn->sightings;

	sipover_neigh_put();
	if (!sightings) {
		sipover_probes_put();
		return;
	}
	WRITE_ONCE(sn->sightings, NULL);
	synchronize_rcu();	/* hooks that saw them */
	sipover_sightings_free(sightings);
}

/**
 * sipover_netns_hook() - start to look at packets and sockets
 * @sn: namespace, its lock held; hooked already is fine
 *
 * Return: 0 or -errno
 */
int sipover_netns_hook(struct sipover_net *sn)
{
	struct sipover_sightings *sightings = NULL;
	int err;

	if (sn->hooked)
		return 0;
#ifdef SIPOVER_BREAK_NETNS
	get_net(sn->net);
#endif
	if (!sipover_probes_get()) {
		sightings = sipover_sightings_alloc(sn);
		if (!sightings)
			return -ENOMEM;
	}
	WRITE_ONCE(sn->sightings, sightings);
	sipover_neigh_get();
	err = nf_register_net_hooks(sn->net, sn->hooks,
				    ARRAY_SIZE(sn->hooks));
	if (err)
		goto err_verdicts;
	WRITE_ONCE(sn->hooked, true);
	return 0;

err_verdicts:
	verdicts_end(sn);
	return err;
}

/**
 * sipover_netns_unhook() - stop to look at packets and sockets
 * @sn: namespace, its lock held; not hooked is fine
 *
 * A hook may still run until an RCU grace period has passed.
 */
void sipover_netns_unhook(struct sipover_net *sn)
{
	if (!sn->hooked)
		return;
	WRITE_ONCE(sn->hooked, false);
	nf_unregister_net_hooks(sn->net, sn->hooks, ARRAY_SIZE(sn->hooks));
	verdicts_end(sn);
}

static int __net_init sipover_net_start(struct net *net)
{
	struct sipover_net *sn = sipover_net(net);
	unsigned int i;
	int err;

	err = rhashtable_init(&sn->table, &sipover_server_params);
	if (err)
		return err;
	BUILD_BUG_ON(sizeof(sn->hooks) != sizeof(sipover_hooks));
	memcpy(sn->hooks, sipover_hooks, sizeof(sn->hooks));
	for (i = 0; i < ARRAY_SIZE(sn->hooks); i++)
		sn->hooks[i].priv = sn;
	sn->net = net;
	mutex_init(&sn->lock);
	INIT_LIST_HEAD(&sn->servers);
	INIT_LIST_HEAD(&sn->owners);
	idr_init_base(&sn->watches, 1);
	INIT_DELAYED_WORK(&sn->linger, sipover_server_linger_work);
	sipover_neighs_init(&sn->neighs);
	return 0;
}

/* A grace period follows, before sipover_net_stop(). */
static void __net_exit sipover_net_close(struct net *net)
{
	struct sipover_net *sn = sipover_net(net);

	mutex_lock(&sn->lock);
	sn->closing = true;
	WRITE_ONCE(sn->ports, NULL);
	sipover_netns_unhook(sn);
	mutex_unlock(&sn->lock);
}

static void __net_exit sipover_net_stop(struct net *net)
{
	struct sipover_net *sn = sipover_net(net);

	cancel_delayed_work_sync(&sn->linger);
	cancel_work_sync(&sn->neighs.work);
	mutex_lock(&sn->lock);
	sipover_owner_destroy_all(sn);
	sipover_server_destroy_all(sn);
	mutex_unlock(&sn->lock);
	cancel_delayed_work_sync(&sn->linger);
	WARN_ON(sn->n_sent);
	idr_destroy(&sn->watches);
	rhashtable_destroy(&sn->table);
	kvfree(sn->port_map);
}

static struct pernet_operations sipover_net_ops = {
	.init = sipover_net_start,
	.pre_exit = sipover_net_close,
	.exit = sipover_net_stop,
	.id = &sipover_net_id,
	.size = sizeof(struct sipover_net),
};

/**
 * sipover_netns_init() - for all namespaces, present and future
 *
 * Return: 0 or -errno
 */
int sipover_netns_init(void)
{
	return register_pernet_subsys(&sipover_net_ops);
}

/**
 * sipover_netns_exit() - forget everything in all namespaces
 */
void sipover_netns_exit(void)
{
	unregister_pernet_subsys(&sipover_net_ops);
}
