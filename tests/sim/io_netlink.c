// SPDX-License-Identifier: BSD-2-Clause
/* io/netlink.h: what it would tell the agent; the events are module.c's. */
#include "sim.h"

#include <string.h>

int netlink_open(struct netlink *n, struct ring *r, uint32_t servers_max,
		 const struct netlink_ops *ops, void *ctx)
{
	(void)servers_max;
	memset(n, 0, sizeof(*n));
	n->ring = r;
	n->ops = ops;
	n->ctx = ctx;
	W.netlink = n;
	return 0;
}

void netlink_close(struct netlink *n)
{
	(void)n;
	W.netlink = NULL;
}

int netlink_watch(struct netlink *n, const struct addr *server,
		  uint32_t ring_size)
{
	(void)n;
	(void)server;
	(void)ring_size;
	return 0;
}

void netlink_unwatch(struct netlink *n, const struct addr *server)
{
	(void)n;
	(void)server;
}
