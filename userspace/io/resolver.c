// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "resolver.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <ares.h>
#include <ares_nameser.h>

#include "log.h"

#define RESOLV_CONF "/etc/resolv.conf"
/* UDP and TCP of each name server, and those that are closing. */
#define SOCKETS_MAX (4 * RESOLVER_SERVERS_MAX)

struct query {
	struct resolver_private *p;
	bool used, asking, ended;
	uint64_t id;
};

struct resolver_socket {
	ares_socket_t fd;	/* ARES_SOCKET_BAD: unused */
	bool armed;
	unsigned int wanted;	/* POLLIN, POLLOUT */
	unsigned int polled;
	uint32_t gen;
};

struct resolver_private {
	struct resolver *r;
	struct ring *ring;
	const struct resolver_ops *ops;
	void *ctx;
	ares_channel channel;
	bool open, closing;
	bool configured;	/* name servers that are not resolv.conf's */
	char servers[RESOLVER_SERVERS_MAX * (ADDR_STRLEN + 1)];
	struct timespec changed;	/* resolv.conf as it was read */
	unsigned int under_way;
	struct query query[RESOLVER_QUERIES_MAX];
	struct resolver_socket socket[SOCKETS_MAX];
};

/* ---- sockets ---- */

static uint64_t poll_tag(const struct resolver_private *p,
			 const struct resolver_socket *s)
{
	return ud_pack(RING_OP_DNS_POLL, (uint32_t)(s - p->socket), s->gen);
}

static void socket_arm(struct resolver_private *p, struct resolver_socket *s)
{
	if (s->armed && s->polled == s->wanted)
		return;
	if (s->armed)
		ring_cancel(p->ring, poll_tag(p, s));
	s->gen++;
	s->armed = true;
	s->polled = s->wanted;
	io_uring_prep_poll_add(ring_sqe(p->ring, poll_tag(p, s)), s->fd,
			       s->wanted);
}

static void socket_end(struct resolver_private *p, struct resolver_socket *s)
{
	if (s->armed)
		ring_cancel(p->ring, poll_tag(p, s));
	s->gen++;
	s->armed = false;
	s->fd = ARES_SOCKET_BAD;
}

static struct resolver_socket *socket_of(struct resolver_private *p,
					 ares_socket_t fd)
{
	unsigned int i;

	for (i = 0; i < SOCKETS_MAX; i++)
		if (p->socket[i].fd == fd)
			return &p->socket[i];
	return NULL;
}

static void on_socket(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct resolver_private *p = ctx;
	struct resolver_socket *s = socket_of(p, fd);

	if (!readable && !writable) {
		if (s)
			socket_end(p, s);
		return;
	}
	if (!s)
		s = socket_of(p, ARES_SOCKET_BAD);
	if (!s) {
		/* Its questions will time out. */
		log_warning("dns too many sockets");
		return;
	}
	s->fd = fd;
	s->wanted = (readable ? POLLIN : 0u) | (writable ? POLLOUT : 0u);
	socket_arm(p, s);
}

static void on_poll(void *ctx, const struct ring_cqe *cqe)
{
	struct resolver_private *p = ctx;
	struct resolver_socket *s;

	if (cqe->slot >= SOCKETS_MAX || p->closing)
		return;
	s = &p->socket[cqe->slot];
	if (s->gen != cqe->gen || s->fd == ARES_SOCKET_BAD)
		return;
	s->armed = false;
	if (cqe->res >= 0)
		ares_process_fd(p->channel,
				s->wanted & POLLIN ? s->fd : ARES_SOCKET_BAD,
				s->wanted & POLLOUT ? s->fd : ARES_SOCKET_BAD);
	if (s->gen == cqe->gen && s->fd != ARES_SOCKET_BAD && !s->armed)
		socket_arm(p, s);
}

/* ---- the channel ---- */

static int channel_open(struct resolver_private *p)
{
	struct ares_options o = {
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
			 ARES_FLAG_EDNS,
		.timeout = RESOLVER_TIMEOUT_MS,
		.tries = RESOLVER_TRIES,
		.ednspsz = 1232,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = p,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB;
	struct stat st;

	memset(&p->changed, 0, sizeof(p->changed));
	if (!p->configured && !stat(RESOLV_CONF, &st))
		p->changed = st.st_mtim;
	if (ares_init_options(&p->channel, &o, mask) != ARES_SUCCESS)
		return -ENOMEM;
	if (p->configured &&
	    ares_set_servers_ports_csv(p->channel, p->servers) !=
	    ARES_SUCCESS) {
		ares_destroy(p->channel);
		return -EINVAL;
	}
	p->open = true;
	return 0;
}

/* DHCP may have brought other name servers. */
static void channel_refresh(struct resolver_private *p)
{
	struct stat st;

	if (p->configured || p->under_way || stat(RESOLV_CONF, &st) ||
	    (st.st_mtim.tv_sec == p->changed.tv_sec &&
	     st.st_mtim.tv_nsec == p->changed.tv_nsec))
		return;
	log_info("dns " RESOLV_CONF " has changed");
	ares_destroy(p->channel);
	p->open = false;
	channel_open(p);
}

int resolver_open(struct resolver *r, struct ring *ring,
		  const struct addr *server, unsigned int n,
		  const struct resolver_ops *ops, void *ctx)
{
	struct resolver_private *p;
	char text[ADDR_STRLEN];
	unsigned int i;
	int ret;

	memset(r, 0, sizeof(*r));
	if (n > RESOLVER_SERVERS_MAX)
		return -EINVAL;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return -ENOMEM;
	p = calloc(1, sizeof(*p));
	if (!p) {
		ares_library_cleanup();
		return -ENOMEM;
	}
	p->r = r;
	p->ring = ring;
	p->ops = ops;
	p->ctx = ctx;
	p->configured = n;
	for (i = 0; i < n; i++) {
		struct addr a = server[i];

		if (!a.port)
			a.port = 53;
		if (i)
			strcat(p->servers, ",");
		strcat(p->servers, addr_print(&a, text));
	}
	for (i = 0; i < SOCKETS_MAX; i++)
		p->socket[i].fd = ARES_SOCKET_BAD;
	ring_on(ring, RING_OP_DNS_POLL, on_poll, p);
	ret = channel_open(p);
	if (ret) {
		free(p);
		ares_library_cleanup();
		return ret;
	}
	r->p = p;
	return 0;
}

/* Polls that are being cancelled may complete until the ring closes: then with
 * nobody to hear it. */
static void on_poll_late(void *ctx, const struct ring_cqe *cqe)
{
	(void)ctx;
	(void)cqe;
}

void resolver_close(struct resolver *r)
{
	struct resolver_private *p = r->p;

	if (!p)
		return;
	p->closing = true;
	if (p->open)
		ares_destroy(p->channel);
	ring_on(p->ring, RING_OP_DNS_POLL, on_poll_late, NULL);
	ares_library_cleanup();
	free(p);
	r->p = NULL;
}

/* ---- questions ---- */

static void on_answer(void *arg, int status, int timeouts, unsigned char *buf,
		      int len)
{
	struct query *q = arg;
	struct resolver_private *p = q->p;

	p->r->stats.timeouts += (uint64_t)timeouts;
	p->under_way--;
	q->used = false;
	q->ended = true;
	if (q->asking || p->closing)
		return;
	/* No such name and no data come with their bytes. */
	if (!buf || (status != ARES_SUCCESS && status != ARES_ENODATA &&
		     status != ARES_ENOTFOUND)) {
		p->r->stats.failed++;
		log_debug("dns no answer: %s", ares_strerror(status));
		p->ops->answered(p->ctx, q->id, NULL, 0);
		return;
	}
	p->r->stats.answers++;
	p->ops->answered(p->ctx, q->id, buf, (size_t)len);
}

int resolver_ask(struct resolver *r, uint64_t id, const char *name,
		 enum rr_type type)
{
	struct resolver_private *p = r->p;
	unsigned int i;
	struct query *q;

	channel_refresh(p);
	for (i = 0; i < RESOLVER_QUERIES_MAX && p->query[i].used; i++)
		;
	if (i == RESOLVER_QUERIES_MAX || !p->open) {
		r->stats.refused++;
		return -EBUSY;
	}
	q = &p->query[i];
	*q = (struct query){ .p = p, .used = true, .asking = true, .id = id };
	p->under_way++;
	r->stats.queries++;
	ares_query(p->channel, name, ns_c_in, (int)type, on_answer, q);
	q->asking = false;
	if (!q->ended)
		return 0;
	r->stats.failed++;
	return -EIO;
}

struct mono resolver_next_expiry(const struct resolver *r, struct mono now)
{
	struct timeval tv;

	if (!r->p || !r->p->under_way ||
	    !ares_timeout(r->p->channel, NULL, &tv))
		return MONO_NEVER;
	/* A little late rather than in vain. */
	return mono_add_ms(now, (uint64_t)tv.tv_sec * 1000 +
			   (uint64_t)tv.tv_usec / 1000 + 1);
}

void resolver_expire(struct resolver *r)
{
	if (r->p && r->p->open)
		ares_process_fd(r->p->channel, ARES_SOCKET_BAD,
				ARES_SOCKET_BAD);
}
