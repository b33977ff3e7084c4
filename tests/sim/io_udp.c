// SPDX-License-Identifier: BSD-2-Clause
/* io/udp.h over the virtual network. */
#include "sim.h"

#include <errno.h>
#include <string.h>

#define PORT_FREE 5090

int udp_open(struct udp *u, struct ring *r, unsigned int slot,
	     const struct addr *local, bool recverr, const struct udp_ops *ops,
	     void *ctx)
{
	memset(u, 0, sizeof(*u));
	u->ring = r;
	u->ops = ops;
	u->ctx = ctx;
	u->family = slot ? ADDR_V6 : ADDR_V4;
	u->local = *local;
	if (!u->local.port)
		u->local.port = PORT_FREE;
	u->recverr = recverr;
	W.udp[slot] = u;
	return 0;
}

void udp_close(struct udp *u)
{
	W.udp[u->family == ADDR_V6] = NULL;
}

int udp_send(struct udp *u, const struct addr *to, const void *buf, size_t len)
{
	if (to->family != u->family)
		return -EAFNOSUPPORT;
	u->stats.tx++;
	net_from_phone(u, to, buf, len);
	return 0;
}

void udp_set_recverr(struct udp *u, bool on)
{
	u->recverr = on;
}
