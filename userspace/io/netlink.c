// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "log.h"
#include "watches.h"

/* The kernel fills dump messages up to 32 KiB. */
#define NETLINK_RECV_SIZE (64 * 1024)
#define NETLINK_SEND_SIZE 256
/* Room for some thousand events before ENOBUFS. */
#define NETLINK_SOCKET_BUFFER (1 << 20)

/* The request under way: one at a time, what to ask next follows from the
 * state of things (netlink_next), so that an answer lost needs no bookkeeping
 * but forgetting the question. */
enum ask {
	ASK_NONE,
	ASK_NLCTRL,		/* the "notify" group */
	ASK_FAMILY,
	ASK_WATCH_ADD,
	ASK_WATCH_DEL,
	ASK_WATCHES,		/* ids of watches that exist already */
	ASK_SERVERS,		/* resync */
};

struct netlink_private {
	struct netlink *n;		/* NULL: closed, operations ending */
	struct ring *ring;
	unsigned int in_flight;
	int fd;
	uint32_t portid;
	bool receiving, sending;
	bool draining;			/* after a loss: see netlink_lost() */

	enum ask asked;
	uint32_t seq;			/* of the last request */
	struct watch *asked_watch;
	bool joined;			/* the group was asked for */
	bool look;			/* the family is to be looked for */
	bool want_ids, want_servers;
	bool told;			/* module() was called once */

	uint16_t family_id;		/* 0: no module */
	bool cookie_known;
	uint64_t cookie, event_seq;

	struct watches watches;

	struct msghdr msg;
	struct iovec iov;
	struct sockaddr_nl from;
	_Alignas(struct nlmsghdr) char send[NETLINK_SEND_SIZE];
	_Alignas(struct nlmsghdr) char recv[NETLINK_RECV_SIZE];
};

static void netlink_next(struct netlink_private *p);

static void netlink_free(struct netlink_private *p)
{
	ring_on(p->ring, RING_OP_NL_RECV, NULL, NULL);
	ring_on(p->ring, RING_OP_NL_SEND, NULL, NULL);
	close(p->fd);
	watches_free(&p->watches);
	free(p);
}

/* Every handler ends with this. */
static void netlink_done(struct netlink_private *p)
{
	p->in_flight--;
	if (!p->n && !p->in_flight)
		netlink_free(p);
}

/* Nothing is left to ask: says whether the module is there for us. */
static void netlink_settle(struct netlink_private *p)
{
	struct netlink *n = p->n;
	bool up = p->family_id && watches_all_on(&p->watches);

	if (p->told && n->up == up)
		return;
	p->told = true;
	n->up = up;
	n->ops->module(n->ctx, up);
}

/* The family has gone, or has another number: all watches went with it. */
static void netlink_forget(struct netlink_private *p)
{
	watches_forget(&p->watches);
	if (p->asked != ASK_NLCTRL && p->asked != ASK_FAMILY)
		p->asked = ASK_NONE;
	p->family_id = 0;
	p->cookie_known = false;
	p->want_ids = false;
	p->want_servers = false;
}

static void netlink_family(struct netlink_private *p, uint16_t id)
{
	if (id == p->family_id)
		return;
	netlink_forget(p);
	p->family_id = id;
}

static void netlink_resync(struct netlink_private *p)
{
	if (!p->want_servers)
		p->n->stats.resyncs++;
	p->want_servers = true;
}

/*
 * Messages were lost, perhaps the answer or a family's notification.  The kernel
 * says so once and then drops in silence until the socket has been read empty,
 * so nothing is asked before.
 */
static void netlink_lost(struct netlink_private *p)
{
	struct watch *w = p->asked_watch;

	if (p->asked == ASK_WATCH_ADD)
		watches_set(&p->watches, w, WATCH_NEW, w->id);
	else if (p->asked == ASK_WATCH_DEL)
		watches_set(&p->watches, w, WATCH_ON, w->id);
	p->asked = ASK_NONE;
	p->draining = true;
	p->look = p->joined;
	netlink_resync(p);
}

/* Asking. */

static int netlink_build(struct netlink_private *p, enum ask what,
			 const struct watch *w)
{
	char *buf = p->send;
	size_t size = sizeof(p->send);

	switch (what) {
	case ASK_NONE:
		break;
	case ASK_NLCTRL:
		return nl_build_getfamily(buf, size, p->seq, "nlctrl");
	case ASK_FAMILY:
		return nl_build_getfamily(buf, size, p->seq,
					  SIPOVER_GENL_NAME);
	case ASK_WATCH_ADD:
		return nl_build_watch_add(buf, size, p->family_id, p->seq,
					  &w->addr, w->ring_size);
	case ASK_WATCH_DEL:
		return nl_build_watch_del(buf, size, p->family_id, p->seq,
					  w->id);
	case ASK_WATCHES:
		return nl_build_watch_dump(buf, size, p->family_id, p->seq);
	case ASK_SERVERS:
		return nl_build_server_dump(buf, size, p->family_id, p->seq);
	}
	return -EINVAL;
}

static void netlink_ask(struct netlink_private *p, enum ask what,
			struct watch *w)
{
	int len;

	/* 0 is a notification's. */
	if (!++p->seq)
		p->seq = 1;
	len = netlink_build(p, what, w);
	if (len < 0) {
		log_error("netlink request %d not built error=%d (%s)", what,
			  -len, strerror(-len));
		return;
	}
	p->asked = what;
	p->asked_watch = w;
	p->sending = true;
	p->in_flight++;
	io_uring_prep_send(ring_sqe(p->ring, ud_pack(RING_OP_NL_SEND, 0, 0)),
			   p->fd, p->send, (size_t)len, 0);
}

static void netlink_next(struct netlink_private *p)
{
	struct watch *w;
	bool del;

	if (!p->n || p->asked != ASK_NONE || p->sending || p->draining)
		return;
	if (!p->joined) {
		netlink_ask(p, ASK_NLCTRL, NULL);
		return;
	}
	if (p->look) {
		p->look = false;
		netlink_ask(p, ASK_FAMILY, NULL);
		return;
	}
	w = p->family_id ? watches_due(&p->watches, &del) : NULL;
	if (w) {
		watches_set(&p->watches, w,
			    del ? WATCH_DELETING : WATCH_ADDING, w->id);
		netlink_ask(p, del ? ASK_WATCH_DEL : ASK_WATCH_ADD, w);
		return;
	}
	if (p->family_id && p->want_ids) {
		p->want_ids = false;
		netlink_ask(p, ASK_WATCHES, NULL);
		return;
	}
	if (p->family_id && p->want_servers) {
		p->want_servers = false;
		netlink_ask(p, ASK_SERVERS, NULL);
		return;
	}
	netlink_settle(p);
}

/* Answers. */

static void answer_nlctrl(struct netlink_private *p, const struct nl_msg *m)
{
	int group = (int)m->mcast_notify;

	p->joined = true;
	p->look = true;
	if (!group || setsockopt(p->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
				 &group, sizeof(group)))
		log_warning("netlink group \"notify\" not joined error=%d: "
			    "a module loaded later is not noticed",
			    group ? errno : -m->error);
}

static void answer_family(struct netlink_private *p, const struct nl_msg *m)
{
	if (m->kind == NL_ERROR && m->error != -ENOENT)
		log_warning("netlink family not found error=%d (%s)",
			    -m->error, strerror(-m->error));
	netlink_family(p, m->kind == NL_FAMILY ? m->family_id : 0);
}

static void watch_refused(struct netlink_private *p, struct watch *w,
			  const struct nl_msg *m)
{
	struct netlink *n = p->n;
	bool wanted = watches_refuse(&p->watches, w, m->error);

	/* The family's number is no longer one: the module is being unloaded. */
	if (m->error == -ENOENT)
		p->look = true;
	else if (wanted)
		n->ops->refused(n->ctx, &w->addr, m->error,
				*m->text ? m->text : strerror(-m->error));
}

static void answer_watch_add(struct netlink_private *p, struct watch *w,
			     const struct nl_msg *m)
{
	struct netlink *n = p->n;

	if (m->kind == NL_WATCH) {
		watches_set(&p->watches, w, WATCH_ON, m->watch_id);
		/* Events may have overtaken the first answer. */
		if (!p->cookie_known) {
			p->cookie_known = true;
			p->cookie = m->cookie;
			p->event_seq = m->owner_seq;
		}
		if (w->wanted)
			n->ops->server(n->ctx, &m->server);
	} else if (m->error == -EEXIST) {
		/* Its answer was lost. */
		watches_set(&p->watches, w, WATCH_ON, 0);
		p->want_ids = true;
		p->want_servers = true;
	} else {
		watch_refused(p, w, m);
	}
}

static void answer_watches(struct netlink_private *p, const struct nl_msg *m)
{
	uint32_t i;

	if (m->kind == NL_ERROR && m->error == -EBUSY) {
		p->want_ids = true;	/* a dump given up is still running */
		return;
	}
	for (i = 0; i < p->watches.slots; i++) {
		struct watch *w = &p->watches.watch[i];

		if (w->state != WATCH_ON || w->id)
			continue;
		log_error("netlink watch exists and is not listed error=%d",
			  -m->error);
		watches_refuse(&p->watches, w, -EEXIST);
	}
}

/* The message ends the request. */
static void netlink_answer(struct netlink_private *p, const struct nl_msg *m)
{
	enum ask asked = p->asked;
	struct watch *w = p->asked_watch;

	p->asked = ASK_NONE;
	switch (asked) {
	case ASK_NONE:
		break;
	case ASK_NLCTRL:
		answer_nlctrl(p, m);
		break;
	case ASK_FAMILY:
		answer_family(p, m);
		break;
	case ASK_WATCH_ADD:
		answer_watch_add(p, w, m);
		break;
	case ASK_WATCH_DEL:
		watches_ended(&p->watches, w);
		break;
	case ASK_WATCHES:
		answer_watches(p, m);
		break;
	case ASK_SERVERS:
		if ((m->kind == NL_ERROR && m->error == -EBUSY) || m->dump_intr)
			p->want_servers = true;
		break;
	}
}

/* Whether the message has the number of the request under way. */
static bool netlink_is_answer(struct netlink_private *p, const struct nl_msg *m)
{
	if (p->asked != ASK_NONE && m->seq == p->seq)
		return true;
	p->n->stats.stale++;
	return false;
}

/* Events. */

static void netlink_event(struct netlink_private *p, const struct nl_event *e)
{
	struct netlink *n = p->n;
	struct watch *w;

	n->stats.events++;
	if (p->cookie_known && e->cookie != p->cookie) {
		n->stats.gaps++;
		netlink_resync(p);
		p->event_seq = e->seq;
	} else if (!p->cookie_known || e->seq > p->event_seq) {
		uint64_t last = p->cookie_known ? p->event_seq : 0;

		if (e->seq != last + 1) {
			n->stats.gaps++;
			netlink_resync(p);
		}
		p->event_seq = e->seq;
	}
	p->cookie_known = true;
	p->cookie = e->cookie;
	w = watches_find(&p->watches, &e->server);
	if (w && w->wanted)
		n->ops->event(n->ctx, e);
	else
		n->stats.stale++;
}

static void netlink_server(struct netlink_private *p, const struct nl_msg *m)
{
	struct watch *w = watches_find(&p->watches, &m->server.addr);

	if (w && w->wanted)
		p->n->ops->server(p->n->ctx, &m->server);
}

static void netlink_entry(struct netlink_private *p, const struct nl_msg *m)
{
	struct watch *w = watches_find(&p->watches, &m->server.addr);

	if (w && m->owner_portid == p->portid && w->state == WATCH_ON)
		watches_set(&p->watches, w, WATCH_ON, m->watch_id);
}

static void netlink_message(struct netlink_private *p, const struct nl_msg *m)
{
	switch (m->kind) {
	case NL_ACK:
	case NL_ERROR:
	case NL_DONE:
	case NL_FAMILY:
	case NL_WATCH:
		if (netlink_is_answer(p, m))
			netlink_answer(p, m);
		break;
	case NL_WATCH_ENTRY:
		if (netlink_is_answer(p, m))
			netlink_entry(p, m);
		break;
	case NL_SERVER:
		if (netlink_is_answer(p, m))
			netlink_server(p, m);
		break;
	case NL_FAMILY_NEW:
		netlink_family(p, m->family_id);
		break;
	case NL_FAMILY_GONE:
		netlink_family(p, 0);
		break;
	case NL_EVENT:
		netlink_event(p, &m->event);
		break;
	case NL_OTHER:
		break;
	}
}

static void netlink_receive(struct netlink_private *p)
{
	memset(&p->from, 0, sizeof(p->from));
	p->msg.msg_namelen = sizeof(p->from);
	p->msg.msg_flags = 0;
	p->receiving = true;
	p->in_flight++;
	io_uring_prep_recvmsg(ring_sqe(p->ring, ud_pack(RING_OP_NL_RECV, 0, 0)),
			      p->fd, &p->msg, p->draining ? MSG_DONTWAIT : 0);
}

static void netlink_bytes(struct netlink_private *p, size_t len)
{
	size_t at = 0, used;
	struct nl_msg m;
	int ret;

	/* Anybody may send us something; only the kernel is believed. */
	if (p->from.nl_pid) {
		p->n->stats.bad++;
		return;
	}
	if (p->msg.msg_flags & MSG_TRUNC) {
		p->n->stats.bad++;
		netlink_lost(p);
		return;
	}
	while (p->n) {
		ret = nl_decode(p->recv + at, len - at, p->family_id, &m,
				&used);
		if (ret == -ENODATA || !used)
			break;
		at += used;
		if (!ret) {
			netlink_message(p, &m);
			continue;
		}
		p->n->stats.bad++;
		/* An answer that cannot be read must not be waited for. */
		if (p->asked != ASK_NONE && m.seq == p->seq &&
		    p->asked != ASK_SERVERS && p->asked != ASK_WATCHES) {
			m.kind = NL_ERROR;
			m.error = ret;
			m.text[0] = '\0';
			netlink_answer(p, &m);
		}
	}
}

static void netlink_on_recv(void *ctx, const struct ring_cqe *cqe)
{
	struct netlink_private *p = ctx;

	p->receiving = false;
	if (!p->n)
		goto out;
	if (cqe->res >= 0) {
		netlink_bytes(p, (size_t)cqe->res);
	} else if (cqe->res == -ENOBUFS) {
		p->n->stats.enobufs++;
		netlink_lost(p);
	} else if (cqe->res == -EAGAIN) {
		p->draining = false;
	} else if (cqe->res != -EINTR) {
		log_error("netlink receive failed error=%d (%s)", -cqe->res,
			  strerror(-cqe->res));
		goto out;
	}
	if (p->n)
		netlink_receive(p);
	netlink_next(p);
out:
	netlink_done(p);
}

static void netlink_on_send(void *ctx, const struct ring_cqe *cqe)
{
	struct netlink_private *p = ctx;

	p->sending = false;
	if (p->n && cqe->res < 0 && p->asked != ASK_NONE) {
		struct nl_msg m = { .kind = NL_ERROR, .error = cqe->res };

		log_warning("netlink send failed error=%d (%s)", -cqe->res,
			    strerror(-cqe->res));
		netlink_answer(p, &m);
	}
	netlink_next(p);
	netlink_done(p);
}

/* What the agent wants. */

int netlink_watch(struct netlink *n, const struct addr *server,
		  uint32_t ring_size)
{
	struct netlink_private *p = n->p;
	struct watch *w;
	int ret;

	ret = watches_want(&p->watches, server, ring_size, &w);
	if (ret && ret != -EALREADY)
		return ret;
	/* Not deleted yet: what it knows is asked for. */
	if (!ret && w->state == WATCH_ON)
		p->want_servers = true;
	netlink_next(p);
	return 0;
}

void netlink_unwatch(struct netlink *n, const struct addr *server)
{
	watches_unwant(&n->p->watches, server);
	netlink_next(n->p);
}

/* Opening and closing. */

int netlink_open_on(struct netlink *n, struct ring *r, uint32_t servers_max,
		    const struct netlink_ops *ops, void *ctx, int fd)
{
	struct sockaddr_nl name;
	socklen_t len = sizeof(name);
	struct netlink_private *p;

	memset(n, 0, sizeof(*n));
	if (r->handler[RING_OP_NL_RECV])
		return -EBUSY;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	if (watches_init(&p->watches, servers_max)) {
		free(p);
		return -ENOMEM;
	}
	memset(&name, 0, sizeof(name));
	if (!getsockname(fd, (struct sockaddr *)&name, &len) &&
	    name.nl_family == AF_NETLINK)
		p->portid = name.nl_pid;
	p->n = n;
	p->ring = r;
	p->fd = fd;
	p->iov.iov_base = p->recv;
	p->iov.iov_len = sizeof(p->recv);
	p->msg.msg_name = &p->from;
	p->msg.msg_iov = &p->iov;
	p->msg.msg_iovlen = 1;
	n->ring = r;
	n->ops = ops;
	n->ctx = ctx;
	n->p = p;
	ring_on(r, RING_OP_NL_RECV, netlink_on_recv, p);
	ring_on(r, RING_OP_NL_SEND, netlink_on_send, p);
	netlink_receive(p);
	netlink_next(p);
	return 0;
}

int netlink_grow(struct netlink *n, uint32_t servers_max)
{
	struct netlink_private *p = n->p;
	struct watch *before = p->watches.watch;
	uintptr_t at = (uintptr_t)p->asked_watch - (uintptr_t)before;
	int ret = watches_grow(&p->watches, servers_max);

	/* The answer for it is yet to come. */
	if (p->asked_watch)
		p->asked_watch = p->watches.watch + at / sizeof(*before);
	return ret;
}

int netlink_open(struct netlink *n, struct ring *r, uint32_t servers_max,
		 const struct netlink_ops *ops, void *ctx)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK };
	int fd, ret, one = 1, size = NETLINK_SOCKET_BUFFER;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (fd < 0)
		return -errno;
	/* FORCE needs a capability that the daemon has in production. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)))
		log_debug("netlink buffer not set error=%d", errno);
	/* Both only make refusals say more. */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one)))
		log_debug("netlink option not set error=%d", errno);
	if (bind(fd, (struct sockaddr *)&name, sizeof(name))) {
		ret = -errno;
		close(fd);
		return ret;
	}
	ret = netlink_open_on(n, r, servers_max, ops, ctx, fd);
	if (ret)
		close(fd);
	return ret;
}

void netlink_close(struct netlink *n)
{
	struct netlink_private *p = n->p;

	if (!p)
		return;
	n->p = NULL;
	p->n = NULL;
	if (p->receiving)
		ring_cancel(p->ring, ud_pack(RING_OP_NL_RECV, 0, 0));
	if (!p->in_flight)
		netlink_free(p);
}
