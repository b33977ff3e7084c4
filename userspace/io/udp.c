// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "udp.h"

#include <errno.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "sockaddr.h"
#include "udp_error.h"

/* Sockets of one ring, those whose last operations are still ending included:
 * a socket can be closed and opened anew (own address changed) in one turn. */
#define UDP_INSTANCES 8

/*
 * A datagram may have 65535 bytes, so a buffer must too.  Only the pages that
 * were ever written are resident: a usual SIP message lies in the first page,
 * hence the whole number of pages.  64 buffers are 4.25 MiB of address space
 * and 256 KiB of memory; more would be of no use, since a buffer is given back
 * before the next completion is handled and the socket queues what comes while
 * there is none (ENOBUFS).
 */
#define UDP_BUFS 64
#define UDP_BUF_SIZE (17 * 4096)

/* Largest UDP payload without jumbograms (RFC 768, RFC 8200). */
#define UDP_PAYLOAD_V4 (65535 - 20 - 8)
#define UDP_PAYLOAD_V6 (65535 - 8)

/* Sends under way: slots come by the chunk, the first one at open, so that
 * answering an event allocates nothing. */
#define UDP_CHUNK 64
#define UDP_CHUNKS 16
#define UDP_INLINE 4096

/*
 * A pending ICMP error fails one send, and while a dead server is sent to,
 * another error can come before the repeat: with one repeat only, a burst to
 * a dead server would fail sends to a living one.  Reading an error makes the
 * next one in the queue pending again, so only repeats between which none was
 * read are counted: those fail for a reason of their own (no route).
 */
#define UDP_REPEATS 3

struct udp_slot {
	struct msghdr msg;
	struct iovec iov;
	union sockaddr_any name;
	struct addr to;
	struct udp_slot *next;		/* free list */
	uint32_t index;
	unsigned int repeats;
	uint64_t errors;		/* read when it was submitted */
	char *big;			/* for more than UDP_INLINE, kept */
	size_t big_size;
	char data[UDP_INLINE];
};

struct udp_shared {
	struct udp_private *instance[UDP_INSTANCES];
};

struct udp_private {
	struct udp *u;			/* NULL: closed, operations ending */
	struct ring *ring;
	struct udp_shared *shared;
	unsigned int instance;
	int fd;
	unsigned int in_flight;		/* frees this when closed and 0 */
	bool receiving;

	struct io_uring_buf_ring *br;	/* NULL: single-shot */
	char *bufs;
	struct msghdr msg;
	struct iovec iov;		/* single-shot */
	union sockaddr_any name;	/* single-shot */

	struct udp_error error;
	bool polled, reading;		/* the chain of udp_arm_error() is out */
	bool off_wanted;		/* switch recverr off when it is empty */

	struct udp_slot *free_slots;
	struct udp_slot *chunk[UDP_CHUNKS];
	unsigned int chunks;
};

static uint64_t udp_ud(const struct udp_private *p, enum ring_op op,
		       uint32_t index)
{
	return ud_pack(op, p->instance << 16 | index, 0);
}

static struct udp_private *udp_of(void *ctx, const struct ring_cqe *cqe)
{
	struct udp_shared *shared = ctx;

	return shared->instance[(cqe->slot >> 16) % UDP_INSTANCES];
}

static struct io_uring_sqe *udp_sqe(struct udp_private *p, enum ring_op op,
				    uint32_t index)
{
	p->in_flight++;
	return ring_sqe(p->ring, udp_ud(p, op, index));
}

static void udp_handlers(struct ring *r, struct udp_shared *shared);

static void udp_free(struct udp_private *p)
{
	struct udp_shared *shared = p->shared;
	unsigned int i, k;

	if (p->br) {
		io_uring_unregister_buf_ring(&p->ring->uring,
					     (int)p->instance);
		munmap(p->br, UDP_BUFS * sizeof(struct io_uring_buf));
	}
	if (p->bufs)
		munmap(p->bufs, (size_t)UDP_BUFS * UDP_BUF_SIZE);
	for (i = 0; i < p->chunks; i++) {
		for (k = 0; k < UDP_CHUNK; k++)
			free(p->chunk[i][k].big);
		free(p->chunk[i]);
	}
	if (p->fd >= 0)
		close(p->fd);
	shared->instance[p->instance] = NULL;
	for (i = 0; i < UDP_INSTANCES; i++)
		if (shared->instance[i])
			break;
	if (i == UDP_INSTANCES) {
		udp_handlers(p->ring, NULL);
		free(shared);
	}
	free(p);
}

/* Every handler ends with this, so p outlives the callbacks in it. */
static void udp_done(struct udp_private *p, const struct ring_cqe *cqe)
{
	if (cqe->flags & IORING_CQE_F_MORE)
		return;
	p->in_flight--;
	if (!p->u && !p->in_flight)
		udp_free(p);
}

/* Receiving. */

static void udp_arm_recv(struct udp_private *p)
{
	struct io_uring_sqe *sqe = udp_sqe(p, RING_OP_UDP_RECV, 0);

	p->receiving = true;
	if (p->br) {
		io_uring_prep_recvmsg_multishot(sqe, p->fd, &p->msg, 0);
		sqe->flags |= IOSQE_BUFFER_SELECT;
		sqe->buf_group = (uint16_t)p->instance;
		return;
	}
	p->msg.msg_namelen = sizeof(p->name);
	p->msg.msg_flags = 0;
	io_uring_prep_recvmsg(sqe, p->fd, &p->msg, 0);
}

static void udp_deliver(struct udp_private *p, const void *name,
			socklen_t namelen, const char *buf, size_t len,
			int flags)
{
	struct udp *u = p->u;
	struct addr from;

	if (flags & MSG_TRUNC) {
		u->stats.truncated++;
		return;
	}
	u->stats.rx++;
	if (!len || !sockaddr_to(name, namelen, TRANSPORT_UDP, &from))
		return;
	u->ops->received(u->ctx, u, &from, buf, len);
}

static void udp_take_buffer(struct udp_private *p, const struct ring_cqe *cqe)
{
	unsigned int bid = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
	char *buf = p->bufs + (size_t)bid * UDP_BUF_SIZE;
	struct io_uring_recvmsg_out *out;

	out = io_uring_recvmsg_validate(buf, cqe->res, &p->msg);
	if (out && p->u)
		udp_deliver(p, io_uring_recvmsg_name(out), out->namelen,
			    io_uring_recvmsg_payload(out, &p->msg),
			    io_uring_recvmsg_payload_length(out, cqe->res,
							    &p->msg),
			    (int)out->flags);
	io_uring_buf_ring_add(p->br, buf, UDP_BUF_SIZE, (unsigned short)bid,
			      io_uring_buf_ring_mask(UDP_BUFS), 0);
	io_uring_buf_ring_advance(p->br, 1);
}

/* Errors that trying again does not cure: ours, not the network's. */
static bool udp_is_fatal(int error)
{
	return error == -EBADF || error == -EINVAL || error == -EFAULT ||
	       error == -ENOTSOCK;
}

static void udp_read_error(struct udp_private *p)
{
	udp_error_prepare(&p->error);
	io_uring_prep_recvmsg(udp_sqe(p, RING_OP_UDP_ERROR, 0), p->fd,
			      &p->error.msg, MSG_ERRQUEUE | MSG_DONTWAIT);
	p->reading = true;
}

static void udp_on_recv(void *ctx, const struct ring_cqe *cqe)
{
	struct udp_private *p = udp_of(ctx, cqe);

	if (!(cqe->flags & IORING_CQE_F_MORE))
		p->receiving = false;
	if (cqe->flags & IORING_CQE_F_BUFFER)
		udp_take_buffer(p, cqe);
	else if (cqe->res >= 0 && p->u && !p->br)
		udp_deliver(p, &p->name, p->msg.msg_namelen, p->bufs,
			    (size_t)cqe->res, p->msg.msg_flags);
	if (cqe->res == -ENOBUFS)
		p->ring->stats.nobufs++;
	if (p->u && !(cqe->flags & IORING_CQE_F_MORE)) {
		if (udp_is_fatal(cqe->res)) {
			log_error("udp receive failed error=%d (%s)",
				  -cqe->res, strerror(-cqe->res));
		} else {
			/* Also after an ICMP error, which ends one receive. */
			p->ring->stats.rearms++;
			udp_arm_recv(p);
		}
	}
	udp_done(p, cqe);
}

static void udp_cancel_recv(struct udp_private *p)
{
	io_uring_prep_cancel64(udp_sqe(p, RING_OP_UDP_CANCEL, 0),
			       udp_ud(p, RING_OP_UDP_RECV, 0), 0);
}

/*
 * While the error queue makes the socket look ready, the kernel tries the
 * receive again and again from its list of task work, where a cancellation does
 * not look (ENOENT); when the queue is empty the receive would wait for ever.
 */
static void udp_on_cancel(void *ctx, const struct ring_cqe *cqe)
{
	struct udp_private *p = udp_of(ctx, cqe);

	if (cqe->res == -ENOENT && p->receiving)
		udp_cancel_recv(p);
	udp_done(p, cqe);
}

/* The error queue. */

/*
 * Waits for an error and reads it, in one chain: the kernel goes from the poll
 * to the read by itself, so the error arrives with the wake-up, and what answers
 * it is the next system call.  (A waiting recvmsg(MSG_ERRQUEUE) would do that
 * too, but is woken by every datagram.)
 */
static void udp_arm_error(struct udp_private *p)
{
	struct io_uring_sqe *sqe;

	ring_room(p->ring, 2);
	sqe = udp_sqe(p, RING_OP_UDP_POLL, 0);
	io_uring_prep_poll_add(sqe, p->fd, POLLERR);
	sqe->flags |= IOSQE_IO_LINK;
	/* Its success would wake us before the read has the error. */
	if (p->ring->cqe_skip)
		sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	udp_read_error(p);
	p->polled = true;
}

/* The queue was empty: what woke us was an error without an entry in it, which
 * would wake us again at once. */
static void udp_clear_error(struct udp_private *p)
{
	socklen_t len = sizeof(int);
	int error;

	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		log_warning("udp error not cleared error=%d", errno);
}

/* After a read: on with the next one, or the end of it. */
static void udp_next_error(struct udp_private *p, int res)
{
	struct udp *u = p->u;

	if (p->off_wanted && (res >= 0 || res == -ECANCELED)) {
		udp_read_error(p);
	} else if (p->off_wanted) {
		p->off_wanted = false;
		udp_error_enable(p->fd, u->family, false);
	} else if (udp_is_fatal(res)) {
		log_error("udp error queue failed error=%d (%s)", -res,
			  strerror(-res));
	} else if (u->recverr) {
		if (res == -EAGAIN)
			udp_clear_error(p);
		udp_arm_error(p);
	}
}

/* The other half of the chain ended as well, though nothing says so. */
static void udp_unposted(struct udp_private *p)
{
	p->in_flight--;
	ring_unposted(p->ring);
}

static void udp_on_poll(void *ctx, const struct ring_cqe *cqe)
{
	struct udp_private *p = udp_of(ctx, cqe);

	p->polled = false;
	/* A failure; then the read's end is not posted. */
	if (p->ring->cqe_skip) {
		p->reading = false;
		udp_unposted(p);
		if (p->u)
			udp_next_error(p, cqe->res);
	}
	udp_done(p, cqe);
}

static void udp_on_error(void *ctx, const struct ring_cqe *cqe)
{
	struct udp_private *p = udp_of(ctx, cqe);
	struct udp *u = p->u;
	struct udp_icmp e;

	p->reading = false;
	if (p->polled && p->ring->cqe_skip) {
		p->polled = false;
		udp_unposted(p);
	}
	if (u && cqe->res >= 0) {
		if (udp_error_parse(&p->error, (size_t)cqe->res, &e)) {
			u->stats.icmp++;
			u->ops->icmp(u->ctx, u, &e);
		} else {
			u->stats.icmp_bad++;
		}
	}
	/* Behind what answers it; the callback may have closed the socket. */
	if (p->u && !p->reading)
		udp_next_error(p, cqe->res);
	udp_done(p, cqe);
}

void udp_set_recverr(struct udp *u, bool on)
{
	struct udp_private *p = u->p;

	if (u->recverr == on)
		return;
	u->recverr = on;
	p->off_wanted = !on;
	if (on) {
		udp_error_enable(p->fd, u->family, true);
		if (!p->reading)
			udp_arm_error(p);
	} else if (p->polled) {
		ring_cancel(p->ring, udp_ud(p, RING_OP_UDP_POLL, 0));
	} else if (!p->reading) {
		udp_read_error(p);
	}
}

/* Sending. */

static bool udp_grow(struct udp_private *p)
{
	struct udp_slot *chunk;
	unsigned int i;

	if (p->chunks == UDP_CHUNKS)
		return false;
	chunk = calloc(UDP_CHUNK, sizeof(*chunk));
	if (!chunk)
		return false;
	for (i = 0; i < UDP_CHUNK; i++) {
		chunk[i].index = p->chunks * UDP_CHUNK + i;
		chunk[i].next = p->free_slots;
		p->free_slots = &chunk[i];
	}
	p->chunk[p->chunks++] = chunk;
	return true;
}

static uint64_t udp_errors_read(const struct udp *u)
{
	return u->stats.icmp + u->stats.icmp_bad;
}

static bool udp_may_repeat(const struct udp *u, struct udp_slot *s, int error)
{
	if (!udp_error_is_pending(error))
		return false;
	if (s->errors != udp_errors_read(u))
		s->repeats = 0;
	return s->repeats++ < UDP_REPEATS;
}

static void udp_submit_send(struct udp_private *p, struct udp_slot *s)
{
	s->errors = udp_errors_read(p->u);
	io_uring_prep_sendmsg(udp_sqe(p, RING_OP_UDP_SEND, s->index), p->fd,
			      &s->msg, MSG_NOSIGNAL);
}

int udp_send(struct udp *u, const struct addr *to, const void *buf, size_t len)
{
	struct udp_private *p = u->p;
	struct udp_slot *s;
	char *data;

	if (to->family != u->family)
		return -EAFNOSUPPORT;
	if (len > (u->family == ADDR_V4 ? UDP_PAYLOAD_V4 : UDP_PAYLOAD_V6))
		return -EMSGSIZE;
	if (!p->free_slots && !udp_grow(p)) {
		u->stats.tx_full++;
		return -ENOBUFS;
	}
	s = p->free_slots;
	data = s->data;
	if (len > UDP_INLINE) {
		if (s->big_size < len) {
			char *big = realloc(s->big, len);

			if (!big) {
				u->stats.tx_full++;
				return -ENOBUFS;
			}
			s->big = big;
			s->big_size = len;
		}
		data = s->big;
	}
	p->free_slots = s->next;
	memcpy(data, buf, len);
	s->to = *to;
	s->repeats = 0;
	s->iov.iov_base = data;
	s->iov.iov_len = len;
	memset(&s->msg, 0, sizeof(s->msg));
	s->msg.msg_namelen = sockaddr_from(&s->name, to);
	s->msg.msg_name = &s->name;
	s->msg.msg_iov = &s->iov;
	s->msg.msg_iovlen = 1;
	udp_submit_send(p, s);
	return 0;
}

static void udp_on_send(void *ctx, const struct ring_cqe *cqe)
{
	struct udp_private *p = udp_of(ctx, cqe);
	uint32_t index = cqe->slot & 0xffff;
	struct udp_slot *s = &p->chunk[index / UDP_CHUNK][index % UDP_CHUNK];
	struct udp *u = p->u;

	if (u && cqe->res < 0 && udp_may_repeat(u, s, cqe->res)) {
		u->stats.tx_retried++;
		udp_submit_send(p, s);
		goto out;
	}
	if (u && cqe->res < 0) {
		u->stats.tx_failed++;
		u->ops->send_failed(u->ctx, u, &s->to, cqe->res,
				    s->iov.iov_base, s->iov.iov_len);
	} else if (u) {
		u->stats.tx++;
	}
	s->next = p->free_slots;
	p->free_slots = s;
out:
	udp_done(p, cqe);
}

/* Opening and closing. */

static void udp_handlers(struct ring *r, struct udp_shared *shared)
{
	ring_on(r, RING_OP_UDP_RECV, shared ? udp_on_recv : NULL, shared);
	ring_on(r, RING_OP_UDP_SEND, shared ? udp_on_send : NULL, shared);
	ring_on(r, RING_OP_UDP_POLL, shared ? udp_on_poll : NULL, shared);
	ring_on(r, RING_OP_UDP_ERROR, shared ? udp_on_error : NULL, shared);
	ring_on(r, RING_OP_UDP_CANCEL, shared ? udp_on_cancel : NULL, shared);
}

static struct udp_private *udp_new(struct ring *r, unsigned int slot)
{
	struct udp_shared *shared = r->ctx[RING_OP_UDP_RECV];
	struct udp_private *p;
	unsigned int i;

	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	if (!shared) {
		shared = calloc(1, sizeof(*shared));
		if (!shared) {
			free(p);
			return NULL;
		}
		udp_handlers(r, shared);
	}
	for (i = slot & 1; i < UDP_INSTANCES; i += 2)
		if (!shared->instance[i])
			break;
	if (i >= UDP_INSTANCES) {	/* then the table is not a new one */
		free(p);
		return NULL;
	}
	p->ring = r;
	p->shared = shared;
	p->instance = i;
	p->fd = -1;
	shared->instance[i] = p;
	return p;
}

static int udp_buffer_ring(struct udp_private *p)
{
	struct io_uring_buf_reg reg;
	unsigned int i;
	void *mem;
	int ret;

	mem = mmap(NULL, UDP_BUFS * sizeof(struct io_uring_buf),
		   PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return -errno;
	memset(&reg, 0, sizeof(reg));
	reg.ring_addr = (uintptr_t)mem;
	reg.ring_entries = UDP_BUFS;
	reg.bgid = (uint16_t)p->instance;
	ret = io_uring_register_buf_ring(&p->ring->uring, &reg, 0);
	if (ret) {
		munmap(mem, UDP_BUFS * sizeof(struct io_uring_buf));
		return ret;
	}
	p->br = mem;
	io_uring_buf_ring_init(p->br);
	for (i = 0; i < UDP_BUFS; i++)
		io_uring_buf_ring_add(p->br,
				      p->bufs + (size_t)i * UDP_BUF_SIZE,
				      UDP_BUF_SIZE, (unsigned short)i,
				      io_uring_buf_ring_mask(UDP_BUFS),
				      (int)i);
	io_uring_buf_ring_advance(p->br, UDP_BUFS);
	return 0;
}

/* Receive buffers: a ring of them, or a single one. */
static int udp_buffers(struct udp_private *p)
{
	void *mem;
	int ret;

	mem = mmap(NULL, (size_t)UDP_BUFS * UDP_BUF_SIZE,
		   PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		return -errno;
	p->bufs = mem;
	p->msg.msg_namelen = sizeof(p->name);
	if (p->ring->multishot) {
		ret = udp_buffer_ring(p);
		if (!ret)
			return 0;
		/* Its page counts as locked, and may be one too many. */
		log_warning("udp buffer ring refused error=%d (%s): one datagram at a time; RLIMIT_MEMLOCK may be too low",
			    -ret, strerror(-ret));
	}
	p->iov.iov_base = p->bufs;
	p->iov.iov_len = UDP_BUF_SIZE;
	p->msg.msg_name = &p->name;
	p->msg.msg_iov = &p->iov;
	p->msg.msg_iovlen = 1;
	return 0;
}

/*
 * No path MTU discovery: an INVITE with SDP and credentials is often longer
 * than the MTU and must be fragmented, here or on the way.  With discovery the
 * first such request is lost at a narrower link, comes back as an ICMP error
 * (3/4) and waits for T1.  RFC 3261 18.1.1 would have it sent over TCP; not
 * every server listens there.
 */
static int udp_socket(struct udp_private *p, const struct addr *local,
		      struct addr *bound)
{
	bool v4 = local->family == ADDR_V4;
	/* NOLINTNEXTLINE(bugprone-branch-clone): the same number, by chance */
	int dont = v4 ? IP_PMTUDISC_DONT : IPV6_PMTUDISC_DONT;
	socklen_t len;
	union sockaddr_any any;
	int one = 1;

	/* Blocking: with O_NONBLOCK some kernels complete with EAGAIN instead
	 * of waiting. */
	p->fd = socket(sockaddr_family(local), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return -errno;
	if (!v4 && setsockopt(p->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
			      sizeof(one)))
		return -errno;
	if (v4 ? setsockopt(p->fd, IPPROTO_IP, IP_MTU_DISCOVER, &dont,
			    sizeof(dont)) :
		 setsockopt(p->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &dont,
			    sizeof(dont)))
		return -errno;
	len = sockaddr_from(&any, local);
	if (bind(p->fd, &any.sa, len))
		return -errno;
	len = sizeof(any);
	if (getsockname(p->fd, &any.sa, &len))
		return -errno;
	sockaddr_to(&any, len, TRANSPORT_UDP, bound);
	return 0;
}

int udp_open(struct udp *u, struct ring *r, unsigned int slot,
	     const struct addr *local, bool recverr, const struct udp_ops *ops,
	     void *ctx)
{
	struct udp_private *p;
	int ret;

	memset(u, 0, sizeof(*u));
	if (local->family != ADDR_V4 && local->family != ADDR_V6)
		return -EAFNOSUPPORT;
	p = udp_new(r, slot);
	if (!p)
		return -ENOMEM;
	ret = udp_socket(p, local, &u->local);
	if (!ret)
		ret = udp_buffers(p);
	if (!ret && !udp_grow(p))
		ret = -ENOMEM;
	if (ret) {
		udp_free(p);
		return ret;
	}
	u->ring = r;
	u->ops = ops;
	u->ctx = ctx;
	u->family = local->family;
	u->p = p;
	p->u = u;
	udp_arm_recv(p);
	udp_set_recverr(u, recverr);
	return 0;
}

void udp_close(struct udp *u)
{
	struct udp_private *p = u->p;

	if (!p)
		return;
	u->p = NULL;
	p->u = NULL;
	if (!p->in_flight) {
		udp_free(p);
		return;
	}
	/* Sends end by themselves; the memory goes with the last completion. */
	if (p->receiving)
		udp_cancel_recv(p);
	if (p->polled)
		ring_cancel(p->ring, udp_ud(p, RING_OP_UDP_POLL, 0));
}
