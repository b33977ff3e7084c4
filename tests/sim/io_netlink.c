// SPDX-License-Identifier: BSD-2-Clause
/* io/netlink.h: which servers are wanted; what the agent is told of them is
 * module.c's. */
#include "sim.h"

#include <errno.h>
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

int netlink_grow(struct netlink *n, uint32_t servers_max)
{
	(void)n;
	(void)servers_max;
	return 0;
}

void netlink_close(struct netlink *n)
{
	(void)n;
	W.netlink = NULL;
	for (unsigned int i = 0; i < W.n_servers; i++)
		W.server[i].watched = false;
}

int netlink_watch(struct netlink *n, const struct addr *server,
		  uint32_t ring_size)
{
	struct vserver *s = server_at_addr(server);

	(void)n;
	(void)ring_size;
	if (!s)
		return -EINVAL;
	module_watch(s, true);
	return 0;
}

void netlink_unwatch(struct netlink *n, const struct addr *server)
{
	struct vserver *s = server_at_addr(server);

	(void)n;
	if (s)
		module_watch(s, false);
}
