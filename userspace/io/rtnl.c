// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "rtnl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "../codec/nl_route.h"
#include "log.h"
#include "sockaddr.h"

#define RTNL_RECV_SIZE 8192
#define RTNL_STALE_MAX 8	/* answers to questions given up, read past */
#define RTNL_LINKS 8		/* interfaces remembered during one look round */
#define RTNL_ROUTERS 8		/* looked after; of more, silence is not noticed */
#define RTNL_GROUPS (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | \
		     RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE | RTMGRP_NEIGH)
#define DISCARD_PORT 9

struct rtnl_private {
	struct rtnl *n;		/* NULL: closed, the receive is ending */
	struct ring *ring;
	int events, ask;	/* sockets */
	bool receiving;
	uint32_t seq;
	uint32_t n_links;
	struct {
		uint32_t ifindex;
		bool running;
	} link[RTNL_LINKS];
	struct router {
		struct addr addr;	/* none: free */
		uint32_t ifindex;
		bool looked;		/* during this look round */
		bool failed;
	} router[RTNL_ROUTERS];
	_Alignas(struct nlmsghdr) char recv[RTNL_RECV_SIZE];
	_Alignas(struct nlmsghdr) char answer[RTNL_RECV_SIZE];
};

static void rtnl_free(struct rtnl_private *p)
{
	ring_on(p->ring, RING_OP_RTNL_RECV, NULL, NULL);
	if (p->events >= 0)
		close(p->events);
	if (p->ask >= 0)
		close(p->ask);
	free(p);
}

static void rtnl_receive(struct rtnl_private *p)
{
	p->receiving = true;
	io_uring_prep_recv(ring_sqe(p->ring, ud_pack(RING_OP_RTNL_RECV, 0, 0)),
			   p->events, p->recv, sizeof(p->recv), 0);
}

/* ---- routers ---- */

static struct router *rtnl_router(struct rtnl_private *p,
				  const struct nl_route_msg *m)
{
	uint32_t i;

	for (i = 0; i < RTNL_ROUTERS; i++)
		if (m->router.family != ADDR_NONE &&
		    p->router[i].ifindex == m->ifindex &&
		    addr_same_host(&p->router[i].addr, &m->router))
			return &p->router[i];
	return NULL;
}

/* In the place of one that no server is behind any more. */
static struct router *rtnl_new_router(struct rtnl_private *p,
				      const struct nl_route_msg *m)
{
	uint32_t i;

	for (i = 0; i < RTNL_ROUTERS; i++) {
		if (p->router[i].looked)
			continue;
		p->router[i] = (struct router){
			.addr = m->router, .ifindex = m->ifindex,
		};
		return &p->router[i];
	}
	return NULL;
}

static void rtnl_heard_of(struct router *r, uint8_t neigh)
{
	if (neigh == NL_NEIGH_FAILED)
		r->failed = true;
	if (neigh == NL_NEIGH_THERE)
		r->failed = false;
}

/* What a neighbour does matters only if it is a router of ours.  It says itself
 * how it is: what is sent meanwhile has the kernel ask anew. */
static bool rtnl_matters(struct rtnl_private *p, int len)
{
	struct nl_route_msg m;
	struct router *r;

	if (len < 0)
		return true;
	nl_route_parse(p->recv, (size_t)len, &m);
	if (m.kind != NL_ROUTE_NEIGH)
		return true;
	r = rtnl_router(p, &m);
	if (!r)
		return false;
	rtnl_heard_of(r, m.neigh);
	return m.neigh != NL_NEIGH_UNKNOWN;
}

static void rtnl_on_recv(void *ctx, const struct ring_cqe *cqe)
{
	struct rtnl_private *p = ctx;

	p->receiving = false;
	if (!p->n) {
		rtnl_free(p);
		return;
	}
	if (cqe->res < 0 && cqe->res != -ENOBUFS && cqe->res != -EINTR &&
	    cqe->res != -EAGAIN) {
		log_error("rtnetlink: %s: changes of the own network are not noticed any more",
			  strerror(-cqe->res));
		return;
	}
	if (!rtnl_matters(p, cqe->res)) {
		rtnl_receive(p);
		return;
	}
	if (cqe->res == -ENOBUFS)
		p->n->stats.lost++;
	p->n->stats.changes++;
	rtnl_receive(p);
	p->n->changed(p->n->ctx);
}

static int rtnl_socket(uint32_t groups)
{
	struct sockaddr_nl name = {
		.nl_family = AF_NETLINK,
		.nl_groups = groups,
	};
	int fd, error;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&name, sizeof(name))) {
		error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

int rtnl_open(struct rtnl *n, struct ring *r, void (*changed)(void *ctx),
	      void *ctx)
{
	struct rtnl_private *p;
	int ret;

	memset(n, 0, sizeof(*n));
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->n = n;
	p->ring = r;
	p->ask = -1;
	p->events = rtnl_socket(RTNL_GROUPS);
	if (p->events >= 0)
		p->ask = rtnl_socket(0);
	if (p->events < 0 || p->ask < 0) {
		ret = p->events < 0 ? p->events : p->ask;
		rtnl_free(p);
		return ret;
	}
	n->changed = changed;
	n->ctx = ctx;
	n->p = p;
	ring_on(r, RING_OP_RTNL_RECV, rtnl_on_recv, p);
	rtnl_receive(p);
	return 0;
}

void rtnl_close(struct rtnl *n)
{
	struct rtnl_private *p = n->p;

	if (!p)
		return;
	n->p = NULL;
	p->n = NULL;
	if (p->receiving)
		ring_cancel(p->ring, ud_pack(RING_OP_RTNL_RECV, 0, 0));
	else
		rtnl_free(p);
}

void rtnl_forget(struct rtnl *n)
{
	uint32_t i;

	n->p->n_links = 0;
	for (i = 0; i < RTNL_ROUTERS; i++)
		n->p->router[i].looked = false;
}

/*
 * The kernel answers such a question inside the system call that asks it:
 * reading the answer cannot block, and is told not to.
 */
static bool rtnl_ask(struct rtnl_private *p, const void *ask, int len,
		     struct nl_route_msg *m)
{
	ssize_t got;
	int i;

	if (len < 0 || send(p->ask, ask, (size_t)len, MSG_DONTWAIT) != len)
		return false;
	for (i = 0; i < RTNL_STALE_MAX; i++) {
		got = recv(p->ask, p->answer, sizeof(p->answer),
			   MSG_DONTWAIT | MSG_TRUNC);
		if (got < 0)
			return false;
		if ((size_t)got > sizeof(p->answer))
			got = sizeof(p->answer);
		nl_route_parse(p->answer, (size_t)got, m);
		if (m->seq == p->seq)
			return m->kind != NL_ROUTE_OTHER;
	}
	return false;
}

static bool rtnl_running(struct rtnl_private *p, uint32_t ifindex)
{
	_Alignas(struct nlmsghdr) char ask[NL_ROUTE_ASK_MAX];
	struct nl_route_msg m;
	bool running = true;
	uint32_t i;
	int len;

	for (i = 0; i < p->n_links; i++)
		if (p->link[i].ifindex == ifindex)
			return p->link[i].running;
	len = nl_route_build_link(ask, sizeof(ask), ++p->seq, ifindex);
	if (!rtnl_ask(p, ask, len, &m))
		p->n->stats.unanswered++;
	else if (m.kind == NL_ROUTE_LINK)
		running = m.running;
	else if (m.kind == NL_ROUTE_ERROR && m.error == -ENODEV)
		running = false;
	if (p->n_links < RTNL_LINKS) {
		p->link[p->n_links].ifindex = ifindex;
		p->link[p->n_links++].running = running;
	}
	return running;
}

static bool rtnl_router_failed(struct rtnl_private *p,
			       const struct nl_route_msg *way)
{
	_Alignas(struct nlmsghdr) char ask[NL_ROUTE_ASK_MAX];
	struct router *r = rtnl_router(p, way);
	struct nl_route_msg m;
	int len;

	if (way->router.family == ADDR_NONE)
		return false;
	if (!r)
		r = rtnl_new_router(p, way);
	if (!r)
		return false;
	if (r->looked)
		return r->failed;
	r->looked = true;
	len = nl_route_build_neigh(ask, sizeof(ask), ++p->seq, way->ifindex,
				   &way->router);
	if (!rtnl_ask(p, ask, len, &m))
		p->n->stats.unanswered++;
	else if (m.kind == NL_ROUTE_NEIGH)
		rtnl_heard_of(r, m.neigh);
	return r->failed;
}

enum path_fact rtnl_look(struct rtnl *n, const struct addr *server,
			 const struct addr *local, bool *gateway)
{
	_Alignas(struct nlmsghdr) char ask[NL_ROUTE_ASK_MAX];
	struct rtnl_private *p = n->p;
	struct nl_route_msg m;
	int len;

	len = nl_route_build_route(ask, sizeof(ask), ++p->seq, server, local);
	if (!rtnl_ask(p, ask, len, &m)) {
		n->stats.unanswered++;
		return PATH_USABLE;
	}
	*gateway = m.gateway;
	if (m.kind == NL_ROUTE_ERROR && m.error == -EINVAL && local)
		return PATH_NO_ADDRESS;
	if (m.kind == NL_ROUTE_ERROR && m.error)
		return PATH_NO_ROUTE;
	if (m.kind == NL_ROUTE_ROUTE && m.ifindex &&
	    !rtnl_running(p, m.ifindex))
		return PATH_NO_CARRIER;
	if (m.kind == NL_ROUTE_ROUTE && m.gateway && rtnl_router_failed(p, &m))
		return PATH_NO_GATEWAY;
	return PATH_USABLE;
}

void rtnl_ask_router(struct rtnl *n, const struct addr *server)
{
	struct addr to = *server;
	union sockaddr_any any;
	socklen_t len;
	int fd;

	to.port = DISCARD_PORT;
	len = sockaddr_from(&any, &to);
	fd = socket(any.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	n->stats.asked++;
	sendto(fd, "", 0, MSG_DONTWAIT, &any.sa, len);
	close(fd);
}
