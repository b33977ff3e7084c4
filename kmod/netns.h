/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * What the module keeps per network namespace, and its netfilter hooks, which
 * are registered only while the namespace has a server record.
 *
 * Lock order: sipover_net.lock, sipover_owner.lock, sipover_server.lock.
 */
#ifndef SIPOVER_NETNS_H
#define SIPOVER_NETNS_H

#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/rhashtable-types.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "neigh.h"

struct sipover_sightings;

#define SIPOVER_HOOKS (IS_ENABLED(CONFIG_IPV6) ? 4 : 2)

/**
 * struct sipover_net - one network namespace
 *
 * @net: the namespace
 * @lock: serialises every change of what follows; process context.  Readers
 *	in hooks and probes use RCU and take only the locks of single objects.
 * @table: servers by key; looked up under RCU
 * @ports: bitmap of the ports of all servers, looked at before @table; NULL
 *	until the first server and from the namespace's end on
 * @port_map: the memory behind @ports, freed with the namespace
 * @servers: all records, in the order of their making
 * @n_servers: how many, lingering ones included
 * @n_sent: entries of all their rings
 * @owners: all owners
 * @n_owners: how many
 * @watches: watches by id
 * @linger: ends the records that have lingered long enough
 * @neighs: neighbours heard of
 * @gen: changes with every change of @servers or @watches, for dumps
 * @hooks: its netfilter hooks, which find it by what is private to them
 * @sightings: NULL with tracepoints
 * @hooked: the hooks are registered, and the probes held or @sightings made
 * @closing: the namespace ends; nothing is hooked any more
 */
struct sipover_net {
	struct net *net;
	struct mutex lock;	/* see above */
	struct rhashtable table;
	unsigned long *ports;
	unsigned long *port_map;
	struct list_head servers;
	unsigned int n_servers;
	unsigned int n_sent;
	struct list_head owners;
	unsigned int n_owners;
	struct idr watches;
	struct delayed_work linger;
	struct sipover_neighs neighs;
	unsigned int gen;
	struct nf_hook_ops hooks[SIPOVER_HOOKS];
	struct sipover_sightings *sightings;
	bool hooked;
	bool closing;
};

struct sipover_net *sipover_net(const struct net *net);
int sipover_netns_hook(struct sipover_net *sn);
void sipover_netns_unhook(struct sipover_net *sn);
int sipover_netns_init(void);
void sipover_netns_exit(void);

#endif /* SIPOVER_NETNS_H */
