/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's side of the module: finds the family, notices it coming and
 * going (nlctrl "notify"), keeps one watch per wanted server, and turns a gap,
 * another cookie or ENOBUFS into a resync by dump.
 */
#ifndef SIPOVER_IO_NETLINK_H
#define SIPOVER_IO_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "../codec/nl.h"
#include "ring.h"

struct netlink;

struct netlink_ops {
	/* The module is there and every wanted server is watched (up), or it is
	 * not (any more): also when one watch was refused.  Called on changes
	 * only, and once after the first look.  A watch added later leaves it
	 * up unless it is refused. */
	void (*module)(void *ctx, bool up);
	void (*event)(void *ctx, const struct nl_event *e);
	/* What the module knows of a wanted server: after adoption (the record
	 * may be older than this process) and after a resync. */
	void (*server)(void *ctx, const struct nl_server *s);
	/* A watch was refused: -errno and why (no permission, a limit), never
	 * empty.  It is tried again when the module is loaded anew, and after
	 * -ENOSPC or -ENOMEM when another watch has ended. */
	void (*refused)(void *ctx, const struct addr *server, int error,
			const char *text);
};

struct netlink_stats {
	/* stale: answers to requests given up, events of no wanted server */
	uint64_t events, bad, gaps, enobufs, resyncs, stale;
};

struct netlink {
	struct ring *ring;
	const struct netlink_ops *ops;
	void *ctx;
	bool up;
	struct netlink_stats stats;
	struct netlink_private *p;
};

/* Opens the socket and asks for the family; 0 or -errno. */
int netlink_open(struct netlink *n, struct ring *r, uint32_t servers_max,
		 const struct netlink_ops *ops, void *ctx);
/* The same on an open datagram socket, which it takes over (tests: one end of
 * a socket pair, the test being the kernel). */
int netlink_open_on(struct netlink *n, struct ring *r, uint32_t servers_max,
		    const struct netlink_ops *ops, void *ctx, int fd);
/* For more servers than before; 0 or -ENOMEM. */
int netlink_grow(struct netlink *n, uint32_t servers_max);
/* The module ends the watches with the socket. */
void netlink_close(struct netlink *n);

/* Wanted servers are kept across module unload and load.  0 (also when it is
 * wanted already), -ENOSPC (more than servers_max), -EINVAL (no address). */
int netlink_watch(struct netlink *n, const struct addr *server,
		  uint32_t ring_size);
void netlink_unwatch(struct netlink *n, const struct addr *server);

#endif /* SIPOVER_IO_NETLINK_H */
