// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../codec/sip_parse.h"
#include "acceptor.h"
#include "sendq.h"
#include "sockaddr.h"
#include "tcp_look.h"
#include "tls.h"

#define TCP_LISTENERS 2
#define TCP_BACKLOG 64

/* A message and all before it; grows from the first to the second. */
#define TCP_RECV_FIRST 4096
#define TCP_RECV_MAX SIPMSG_RAW_MAX
#define TCP_SEND_FIRST 4096
#define TCP_SEND_MAX (256 * 1024)
/* Encrypted, it is a little more. */
#define TCP_CIPHER_MAX (TCP_SEND_MAX + TCP_SEND_MAX / 8)

/* A receive that ends the flow as a FIN does. */
#define FLOW_FIN 1

/* A slot is used again when its last operation has ended, so there are more
 * slots than flows. */
#define TCP_SLOTS(flows) (2 * (flows) + 8)
#define TCP_SLOTS_MAX 0xffff

enum flow_state {
	FLOW_FREE,
	FLOW_CONNECTING,
	FLOW_SECURING,	/* connected, TLS handshake under way */
	FLOW_OPEN,
	FLOW_ENDING,	/* number gone, operations ending */
};

struct flow {
	enum flow_state state;
	uint32_t index;
	uint16_t gen;
	int fd;
	unsigned int in_flight;		/* a handler at work counts as well */
	bool receiving, sending;
	int send_error;			/* told by receive, which knows why */
	struct addr local, peer;
	union sockaddr_any to;
	char *buf;			/* received, not a whole message yet */
	size_t len, size;
	struct sendq out;
	struct tls_session *tls;	/* NULL: plain TCP */
};

struct tcp_private {
	struct tcp *t;			/* NULL: closed, operations ending */
	struct ring *ring;
	unsigned int in_flight;
	unsigned int flows_max, live, slots;
	unsigned int free_from;		/* no slot before it is free */
	struct flow **flow;		/* allocated when first used */
	struct acceptor listener[TCP_LISTENERS];
	unsigned int listeners;
};

static tcp_flow flow_number(const struct flow *f)
{
	return (uint32_t)f->gen << 16 | (f->index + 1);
}

static bool flow_is_up(const struct flow *f)
{
	return f->state == FLOW_OPEN || f->state == FLOW_SECURING;
}

static struct flow *flow_of(const struct tcp *t, tcp_flow number)
{
	uint32_t index = (number & 0xffff) - 1;
	struct flow *f;

	if (!t->p || index >= t->p->slots)
		return NULL;
	f = t->p->flow[index];
	if (!f || f->gen != number >> 16 ||
	    (f->state != FLOW_CONNECTING && !flow_is_up(f)))
		return NULL;
	return f;
}

static uint64_t flow_ud(const struct flow *f, enum ring_op op)
{
	return ud_pack(op, f->index, f->gen);
}

static struct io_uring_sqe *flow_sqe(struct tcp_private *p, struct flow *f,
				     enum ring_op op)
{
	p->in_flight++;
	f->in_flight++;
	return ring_sqe(p->ring, flow_ud(f, op));
}

static struct flow *flow_new(struct tcp_private *p)
{
	struct flow *f = NULL;
	unsigned int i;

	if (p->live >= p->flows_max)
		return NULL;
	for (i = p->free_from; i < p->slots; i++) {
		f = p->flow[i];
		if (!f || f->state == FLOW_FREE)
			break;
	}
	p->free_from = i;
	if (i == p->slots)
		return NULL;
	if (!f) {
		f = calloc(1, sizeof(*f));
		if (!f)
			return NULL;
		f->index = i;
		p->flow[i] = f;
	}
	if (!f->buf) {
		f->buf = malloc(TCP_RECV_FIRST);
		if (!f->buf)
			return NULL;
		f->size = TCP_RECV_FIRST;
	}
	if (sendq_reserve(&f->out, TCP_SEND_FIRST))
		return NULL;
	f->gen++;
	f->fd = -1;
	f->len = 0;
	f->receiving = false;
	f->sending = false;
	f->send_error = 0;
	p->live++;
	return f;
}

/* The last operation is over: nothing of the kernel's points here any more. */
static void flow_free(struct tcp_private *p, struct flow *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->state = FLOW_FREE;
	if (p->free_from > f->index)
		p->free_from = f->index;
	tls_free(f->tls);
	f->tls = NULL;
	sendq_reset(&f->out, TCP_SEND_FIRST);
	if (f->size > TCP_RECV_FIRST) {
		free(f->buf);
		f->buf = NULL;
		f->size = 0;
	}
}

static void tcp_free(struct tcp_private *p)
{
	unsigned int i;

	for (i = 0; i < p->slots; i++) {
		if (!p->flow[i])
			continue;
		flow_free(p, p->flow[i]);
		free(p->flow[i]->buf);
		sendq_free(&p->flow[i]->out);
		free(p->flow[i]);
	}
	ring_on(p->ring, RING_OP_TCP_CONNECT, NULL, NULL);
	ring_on(p->ring, RING_OP_TCP_ACCEPT, NULL, NULL);
	ring_on(p->ring, RING_OP_TCP_RECV, NULL, NULL);
	ring_on(p->ring, RING_OP_TCP_SEND, NULL, NULL);
	free(p->flow);
	free(p);
}

/* Frees what was closed when nothing of it is under way any more. */
static void tcp_reap(struct tcp_private *p)
{
	unsigned int i;

	if (p->t || p->in_flight)
		return;
	for (i = 0; i < p->listeners; i++)
		if (p->listener[i].in_flight)
			return;
	tcp_free(p);
}

static void tcp_done(struct tcp_private *p)
{
	p->in_flight--;
	tcp_reap(p);
}

/* Every handler of a flow ends with this: flow and p outlive its callbacks. */
static void flow_done(struct tcp_private *p, struct flow *f)
{
	f->in_flight--;
	if (f->state == FLOW_ENDING && !f->in_flight)
		flow_free(p, f);
	tcp_done(p);
}

static void flow_end(struct tcp_private *p, struct flow *f)
{
	bool connecting = f->state == FLOW_CONNECTING;

	f->state = FLOW_ENDING;
	p->live--;
	if (connecting)
		ring_cancel(p->ring, flow_ud(f, RING_OP_TCP_CONNECT));
	if (f->receiving)
		ring_cancel(p->ring, flow_ud(f, RING_OP_TCP_RECV));
	/* What was queued earlier in this turn is submitted before. */
	if (f->sending)
		ring_cancel(p->ring, flow_ud(f, RING_OP_TCP_SEND));
	if (!f->in_flight)
		flow_free(p, f);
}

/* Ends a flow and says so; called in a handler of that flow. */
static void flow_closed(struct tcp_private *p, struct flow *f, int error)
{
	bool connecting = f->state != FLOW_OPEN;
	tcp_flow number = flow_number(f);
	struct tcp *t = p->t;

	if (f->tls && f->state == FLOW_SECURING)
		tls_broken(f->tls, error);
	t->why[0] = '\0';
	if (f->tls && tls_state(f->tls) == TLS_FAILED)
		snprintf(t->why, sizeof(t->why), "%s", tls_why(f->tls));
	if (connecting)
		t->stats.failed++;
	else if (!error)
		t->stats.fin++;
	else if (error == -ECONNRESET)
		t->stats.reset++;
	flow_end(p, f);
	t->ops->closed(t->ctx, number, connecting, error);
}

/* Sending. */

static void flow_send(struct tcp_private *p, struct flow *f)
{
	const char *data;
	size_t len;

	if (f->sending || !flow_is_up(f) || f->send_error)
		return;
	data = sendq_head(&f->out, &len);
	if (!data)
		return;
	f->sending = true;
	io_uring_prep_send(flow_sqe(p, f, RING_OP_TCP_SEND), f->fd, data, len,
			   MSG_NOSIGNAL);
}

static void tcp_on_send(void *ctx, const struct ring_cqe *cqe)
{
	struct tcp_private *p = ctx;
	struct flow *f = p->flow[cqe->slot];
	size_t len;

	f->sending = false;
	if (!flow_is_up(f))
		goto out;
	if (cqe->res > 0) {
		sendq_head(&f->out, &len);
		if ((size_t)cqe->res < len)
			p->t->stats.short_sends++;
		sendq_sent(&f->out, (size_t)cqe->res);
		flow_send(p, f);
	} else if (cqe->res == -EINTR || cqe->res == -EAGAIN) {
		flow_send(p, f);
	} else if (cqe->res == -EPIPE && f->receiving) {
		/* The connection is over and the waiting receive learns why;
		 * whatever the reason, it ends now. */
		f->send_error = cqe->res;
		shutdown(f->fd, SHUT_RDWR);
	} else {
		flow_closed(p, f, cqe->res ? cqe->res : -EPIPE);
	}
out:
	flow_done(p, f);
}

/* What the TLS session has to say goes out. */
static void flow_output(struct tcp_private *p, struct flow *f)
{
	const void *data;
	size_t len;

	data = tls_output(f->tls, &len);
	if (!data)
		return;
	if (sendq_add(&f->out, data, len, TCP_CIPHER_MAX)) {
		/* A stream with a hole in it is of no use to anybody. */
		f->send_error = -ENOBUFS;
		shutdown(f->fd, SHUT_RDWR);
	}
	tls_sent(f->tls);
	flow_send(p, f);
}

/* 0, -ENOBUFS, -ENOTCONN. */
static int flow_put(struct tcp_private *p, struct flow *f, const void *buf,
		    size_t len)
{
	size_t room = TCP_SEND_MAX - len;
	int ret;

	if (len > TCP_SEND_MAX || sendq_waiting(&f->out) > room)
		return -ENOBUFS;
	if (!f->tls) {
		if (sendq_add(&f->out, buf, len, TCP_SEND_MAX))
			return -ENOBUFS;
		flow_send(p, f);
		return 0;
	}
	ret = tls_write(f->tls, buf, len, TCP_SEND_MAX);
	if (!ret && flow_is_up(f))
		flow_output(p, f);
	return ret;
}

int tcp_send(struct tcp *t, tcp_flow number, const void *buf, size_t len)
{
	struct flow *f = flow_of(t, number);
	int ret;

	if (!f)
		return -ENOTCONN;
	ret = flow_put(t->p, f, buf, len);
	if (!ret)
		t->stats.tx++;
	return ret;
}

/* Receiving: one receive at a time straight into the flow's buffer, on every
 * kernel; the next one costs an entry of the batch, no system call and no
 * copy. */

static void flow_receive(struct tcp_private *p, struct flow *f)
{
	void *to = f->buf + f->len;
	size_t size = f->size - f->len;

	if (f->tls)
		to = tls_room(f->tls, &size);
	f->receiving = true;
	io_uring_prep_recv(flow_sqe(p, f, RING_OP_TCP_RECV), f->fd, to, size,
			   0);
}

/* RFC 5626 3.5.1: "CRLF CRLF" asks for a "CRLF" back; a single one answers, or
 * stands before a message (RFC 3261 7.5). */
static void flow_keepalive(struct tcp *t, struct flow *f, int len)
{
	if (len == 4) {
		t->stats.pings++;
		flow_put(t->p, f, "\r\n", 2);
	} else if (t->ops->pong) {
		t->ops->pong(t->ctx, flow_number(f));
	}
}

/* Delivers what is whole; 0, or -EPROTO. */
static int flow_frames(struct tcp_private *p, struct flow *f)
{
	size_t at = 0;
	int n;

	while (f->state == FLOW_OPEN && at < f->len) {
		const char *frame = f->buf + at;

		n = sip_frame(frame, f->len - at);
		if (n < 0)
			return -EPROTO;
		if (!n)
			break;
		at += (size_t)n;
		if (*frame == '\r' || *frame == '\n') {
			flow_keepalive(p->t, f, n);
			continue;
		}
		p->t->stats.rx++;
		p->t->ops->received(p->t->ctx, flow_number(f), frame,
				    (size_t)n);
	}
	if (f->state != FLOW_OPEN)
		return 0;
	memmove(f->buf, f->buf + at, f->len - at);
	f->len -= at;
	return 0;
}

static int flow_room(struct flow *f)
{
	size_t size = f->size ? 2 * f->size : TCP_RECV_FIRST;
	char *more;

	if (f->len < f->size)
		return 0;
	/* No message is as long as that. */
	if (f->size >= TCP_RECV_MAX)
		return -EPROTO;
	more = realloc(f->buf, size);
	if (!more)
		return -ENOMEM;
	f->buf = more;
	f->size = size;
	return 0;
}

/* len bytes came in: 0, FLOW_FIN or -errno. */
static int flow_took(struct tcp_private *p, struct flow *f, size_t len)
{
	int ret;

	f->len += len;
	ret = flow_frames(p, f);
	if (!ret && f->state == FLOW_OPEN)
		ret = flow_room(f);
	if (ret == -EPROTO)
		p->t->stats.bad_frames++;
	return ret;
}

static int flow_handshake(struct tcp_private *p, struct flow *f)
{
	enum tls_state state = tls_step(f->tls);

	flow_output(p, f);	/* an alert as well */
	if (state == TLS_FAILED)
		return -EPROTO;
	if (state != TLS_UP)
		return 0;
	f->state = FLOW_OPEN;
	p->t->ops->connected(p->t->ctx, flow_number(f));
	return 0;
}

static int flow_decrypt(struct tcp_private *p, struct flow *f, size_t len)
{
	int ret = tls_received(f->tls, len);

	if (!ret && f->state == FLOW_SECURING)
		ret = flow_handshake(p, f);
	while (!ret && f->state == FLOW_OPEN) {
		len = tls_read(f->tls, f->buf + f->len, f->size - f->len);
		if (!len)
			break;
		ret = flow_took(p, f, len);
	}
	if (ret || f->state != FLOW_OPEN)
		return ret;
	flow_output(p, f);	/* answers of TLS itself */
	switch (tls_state(f->tls)) {
	case TLS_ENDED:
		return FLOW_FIN;
	case TLS_FAILED:
		return -EPROTO;
	case TLS_HANDSHAKE:
	case TLS_UP:
		break;
	}
	return 0;
}

static void tcp_on_recv(void *ctx, const struct ring_cqe *cqe)
{
	struct tcp_private *p = ctx;
	struct flow *f = p->flow[cqe->slot];
	int ret;

	f->receiving = false;
	if (!flow_is_up(f))
		goto out;
	if (cqe->res > 0) {
		ret = f->tls ? flow_decrypt(p, f, (size_t)cqe->res) :
			       flow_took(p, f, (size_t)cqe->res);
		if (!flow_is_up(f))
			goto out;
		if (ret)
			flow_closed(p, f, ret == FLOW_FIN ? 0 : ret);
		else
			flow_receive(p, f);
	} else if (cqe->res == -EINTR || cqe->res == -EAGAIN) {
		flow_receive(p, f);
	} else {
		flow_closed(p, f, cqe->res ? cqe->res : f->send_error);
	}
out:
	flow_done(p, f);
}

/* Connecting. */

static void flow_name(struct flow *f)
{
	union sockaddr_any any;
	socklen_t len = sizeof(any);

	if (!getsockname(f->fd, &any.sa, &len))
		sockaddr_to(&any, len, f->tls ? TRANSPORT_TLS : TRANSPORT_TCP,
			    &f->local);
}

static void flow_connected(struct tcp_private *p, struct flow *f)
{
	int ret;

	f->state = f->tls ? FLOW_SECURING : FLOW_OPEN;
	flow_name(f);
	p->t->stats.connects++;
	if (f->tls) {
		ret = flow_handshake(p, f);
		if (ret)
			flow_closed(p, f, ret);
		else
			flow_receive(p, f);
		return;
	}
	flow_receive(p, f);
	p->t->ops->connected(p->t->ctx, flow_number(f));
	flow_send(p, f);
}

static void tcp_on_connect(void *ctx, const struct ring_cqe *cqe)
{
	struct tcp_private *p = ctx;
	struct flow *f = p->flow[cqe->slot];
	int ret = cqe->res;

	if (f->state == FLOW_CONNECTING) {
		if (!ret)
			ret = tcp_look_connected(f->fd);
		if (ret)
			flow_closed(p, f, ret);
		else
			flow_connected(p, f);
	}
	flow_done(p, f);
}

static int flow_options(int fd, uint32_t user_timeout_ms)
{
	int one = 1;
	unsigned int ms = user_timeout_ms;

	/* A message is one write: waiting for more would only delay it. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		return -errno;
	if (ms && setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms,
			     sizeof(ms)))
		return -errno;
	return 0;
}

static int flow_open(struct flow *f, const struct addr *to,
		     const struct addr *local, uint32_t user_timeout_ms)
{
	union sockaddr_any any;
	struct addr from = *local;
	socklen_t len;
	int ret;

	f->fd = socket(sockaddr_family(to), SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->fd < 0)
		return -errno;
	ret = flow_options(f->fd, user_timeout_ms);
	if (ret || from.family == ADDR_NONE)
		return ret;
	/* The port is chosen now, not by connect: Via and Contact need it. */
	from.port = 0;
	len = sockaddr_from(&any, &from);
	if (bind(f->fd, &any.sa, len))
		return -errno;
	flow_name(f);
	return 0;
}

tcp_flow tcp_connect(struct tcp *t, const struct addr *to,
		     const struct addr *local, uint32_t user_timeout_ms)
{
	struct tcp_private *p = t->p;
	socklen_t len;
	struct flow *f;
	int ret;

	if (to->family == ADDR_NONE || (local->family != ADDR_NONE &&
					local->family != to->family)) {
		errno = EAFNOSUPPORT;
		return 0;
	}
	f = flow_new(p);
	if (!f) {
		errno = ENOBUFS;
		return 0;
	}
	f->peer = *to;
	f->peer.transport = TRANSPORT_TCP;
	memset(&f->local, 0, sizeof(f->local));
	ret = flow_open(f, to, local, user_timeout_ms);
	if (ret) {
		p->live--;
		flow_free(p, f);
		errno = -ret;
		return 0;
	}
	f->state = FLOW_CONNECTING;
	len = sockaddr_from(&f->to, to);
	io_uring_prep_connect(flow_sqe(p, f, RING_OP_TCP_CONNECT), f->fd,
			      &f->to.sa, len);
	return flow_number(f);
}

int tcp_secure(struct tcp *t, tcp_flow number, struct tls_peer *peer)
{
	struct flow *f = flow_of(t, number);

	if (!f || f->state != FLOW_CONNECTING || f->tls)
		return -ENOTCONN;
	f->tls = tls_start(peer);
	if (!f->tls)
		return -ENOMEM;
	f->peer.transport = TRANSPORT_TLS;
	f->local.transport = TRANSPORT_TLS;
	return 0;
}

/* Accepting. */

static void flow_accept(struct tcp_private *p, int fd)
{
	union sockaddr_any any;
	socklen_t len = sizeof(any);
	struct addr peer;
	struct flow *f;

	if (getpeername(fd, &any.sa, &len) || flow_options(fd, 0) ||
	    !sockaddr_to(&any, len, TRANSPORT_TCP, &peer)) {
		close(fd);	/* gone already */
		return;
	}
	f = flow_new(p);
	if (!f) {
		p->t->stats.refused++;
		close(fd);
		return;
	}
	f->fd = fd;
	f->peer = peer;
	flow_name(f);
	f->state = FLOW_OPEN;
	p->t->stats.accepts++;
	flow_receive(p, f);
	p->t->ops->accepted(p->t->ctx, flow_number(f));
}

static void tcp_on_accept(void *ctx, const struct ring_cqe *cqe)
{
	struct tcp_private *p = ctx;
	int fd;

	p->in_flight++;
	fd = acceptor_handle(&p->listener[cqe->slot], cqe);
	if (fd >= 0)
		flow_accept(p, fd);
	tcp_done(p);
}

int tcp_listen(struct tcp *t, struct addr *local)
{
	struct tcp_private *p = t->p;
	union sockaddr_any any;
	socklen_t len = sockaddr_from(&any, local);
	int fd, one = 1;

	if (p->listeners == TCP_LISTENERS)
		return -ENOBUFS;
	fd = socket(sockaddr_family(local), SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* A restarted daemon finds its old connections in TIME_WAIT. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    (local->family == ADDR_V6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one))) ||
	    bind(fd, &any.sa, len) || listen(fd, TCP_BACKLOG)) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	len = sizeof(any);
	if (!getsockname(fd, &any.sa, &len))
		sockaddr_to(&any, len, TRANSPORT_TCP, local);
	acceptor_start(&p->listener[p->listeners], p->ring, RING_OP_TCP_ACCEPT,
		       p->listeners, fd);
	p->listeners++;
	return 0;
}

/* The rest. */

void tcp_drop(struct tcp *t, tcp_flow number)
{
	struct flow *f = flow_of(t, number);

	if (f)
		flow_end(t->p, f);
}

bool tcp_is_connected(const struct tcp *t, tcp_flow number)
{
	const struct flow *f = flow_of(t, number);

	return f && f->state == FLOW_OPEN;
}

enum tcp_look tcp_look(const struct tcp *t, tcp_flow number)
{
	const struct flow *f = flow_of(t, number);

	return f && flow_is_up(f) ? tcp_look_at(f->fd) : TCP_LOOK_OPEN;
}

bool tcp_addresses(const struct tcp *t, tcp_flow number, struct addr *local,
		   struct addr *peer)
{
	const struct flow *f = flow_of(t, number);

	if (!f)
		return false;
	*local = f->local;
	*peer = f->peer;
	return true;
}

int tcp_open(struct tcp *t, struct ring *r, unsigned int flows_max,
	     const struct tcp_ops *ops, void *ctx)
{
	struct tcp_private *p;

	memset(t, 0, sizeof(*t));
	if (r->handler[RING_OP_TCP_RECV])
		return -EBUSY;
	if (flows_max > (TCP_SLOTS_MAX - 8) / 2)
		flows_max = (TCP_SLOTS_MAX - 8) / 2;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->slots = TCP_SLOTS(flows_max);
	p->flows_max = flows_max;
	p->flow = calloc(p->slots, sizeof(struct flow *));
	if (!p->flow) {
		free(p);
		return -ENOMEM;
	}
	p->t = t;
	p->ring = r;
	t->ring = r;
	t->ops = ops;
	t->ctx = ctx;
	t->p = p;
	ring_on(r, RING_OP_TCP_CONNECT, tcp_on_connect, p);
	ring_on(r, RING_OP_TCP_ACCEPT, tcp_on_accept, p);
	ring_on(r, RING_OP_TCP_RECV, tcp_on_recv, p);
	ring_on(r, RING_OP_TCP_SEND, tcp_on_send, p);
	return 0;
}

int tcp_grow(struct tcp *t, unsigned int flows_max)
{
	struct tcp_private *p = t->p;
	struct flow **flow;
	unsigned int slots;

	if (flows_max > (TCP_SLOTS_MAX - 8) / 2)
		flows_max = (TCP_SLOTS_MAX - 8) / 2;
	if (flows_max <= p->flows_max)
		return 0;
	slots = TCP_SLOTS(flows_max);
	flow = reallocarray(p->flow, slots, sizeof(struct flow *));
	if (!flow)
		return -ENOMEM;
	for (unsigned int i = p->slots; i < slots; i++)
		flow[i] = NULL;
	p->flow = flow;
	p->slots = slots;
	p->flows_max = flows_max;
	return 0;
}

void tcp_close(struct tcp *t)
{
	struct tcp_private *p = t->p;
	unsigned int i;

	if (!p)
		return;
	t->p = NULL;
	p->t = NULL;
	for (i = 0; i < p->slots; i++)
		if (p->flow[i] && (p->flow[i]->state == FLOW_CONNECTING ||
				   flow_is_up(p->flow[i])))
			flow_end(p, p->flow[i]);
	for (i = 0; i < p->listeners; i++)
		acceptor_stop(&p->listener[i]);
	tcp_reap(p);
}
