/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The little of rtnetlink that is asked: which interface and router the kernel
 * would send by, whether that interface has a carrier, and whether the router
 * answers.  Bytes to struct; the socket is io's.
 */
#ifndef SIPOVER_CODEC_NL_ROUTE_H
#define SIPOVER_CODEC_NL_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/addr.h"

#define NL_ROUTE_ASK_MAX 128	/* bytes of a question */

enum nl_route_kind {
	NL_ROUTE_BAD,		/* not a whole message */
	NL_ROUTE_OTHER,
	NL_ROUTE_ERROR,		/* error: 0 or -errno */
	NL_ROUTE_ROUTE,		/* ifindex, 0: it names none */
	NL_ROUTE_LINK,		/* ifindex, running */
	NL_ROUTE_NEIGH,		/* ifindex, router, neigh */
};

enum nl_neigh {
	NL_NEIGH_UNKNOWN,	/* it is being asked, or nobody has yet */
	NL_NEIGH_THERE,		/* it was heard of, or needs not be asked */
	NL_NEIGH_FAILED,
};

struct nl_route_msg {
	uint8_t kind;		/* enum nl_route_kind */
	bool gateway;		/* ROUTE: it begins with a router */
	bool running;		/* up, with a carrier, operational */
	uint8_t neigh;		/* enum nl_neigh */
	struct addr router;	/* no port; none: not told */
	uint32_t seq;
	uint32_t ifindex;
	int error;
};

/* The route to the server's address, from local's (NULL: any).  The length or
 * -EINVAL (no address), -EMSGSIZE. */
int nl_route_build_route(void *buf, size_t size, uint32_t seq,
			 const struct addr *server, const struct addr *local);
int nl_route_build_link(void *buf, size_t size, uint32_t seq,
			uint32_t ifindex);
int nl_route_build_neigh(void *buf, size_t size, uint32_t seq,
			 uint32_t ifindex, const struct addr *router);

/* The first message of a datagram. */
void nl_route_parse(const void *buf, size_t len, struct nl_route_msg *m);

#endif /* SIPOVER_CODEC_NL_ROUTE_H */
