/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The own network as rtnetlink tells it.  A notification only says that
 * something changed, so that a lost one costs nothing: what is the case is
 * always asked of the kernel.
 */
#ifndef SIPOVER_IO_RTNL_H
#define SIPOVER_IO_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include "../core/addr.h"
#include "../core/path.h"
#include "ring.h"

struct rtnl;

struct rtnl_stats {
	uint64_t changes, lost, unanswered, asked;
};

struct rtnl {
	/* Links, addresses, routes or a router changed, or a message about
	 * them was lost. */
	void (*changed)(void *ctx);
	void *ctx;
	struct rtnl_stats stats;
	struct rtnl_private *p;
};

/* 0 or -errno; no privilege is needed. */
int rtnl_open(struct rtnl *n, struct ring *r, void (*changed)(void *ctx),
	      void *ctx);
void rtnl_close(struct rtnl *n);

/* What is known of interfaces is asked anew. */
void rtnl_forget(struct rtnl *n);

/* Whether packets to the server would leave now, from local's address if that
 * is not NULL.  Questions that the kernel answers at once, nothing is sent.
 * USABLE as well if it does not answer: not to know is no outage.  *gateway:
 * whether the way begins with a router; one that did not answer on our own link
 * has to be heard of again, and being asked is not yet an answer. */
enum path_fact rtnl_look(struct rtnl *n, const struct addr *server,
			 const struct addr *local, bool *gateway);

/* Has the kernel ask for the router on the way to the server: only what is sent
 * makes it do so.  What is sent is an empty datagram to the port for that
 * (RFC 863). */
void rtnl_ask_router(struct rtnl *n, const struct addr *server);

#endif /* SIPOVER_IO_RTNL_H */
