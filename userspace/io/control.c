// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "acceptor.h"
#include "sendq.h"

#define CONTROL_RECV_FIRST 4096

/* A slot is used again when its last operation has ended. */
#define CONTROL_SLOTS (2 * CONTROL_CLIENTS_MAX)

enum client_state {
	CLIENT_FREE,
	CLIENT_OPEN,
	CLIENT_DOOMED,	/* too slow: shut down, told when its receive ends */
	CLIENT_ENDING,	/* number gone, operations ending */
};

struct client {
	enum client_state state;
	uint16_t gen;
	int fd;
	unsigned int in_flight;		/* a handler at work counts as well */
	bool receiving, sending, subscribed;
	char *buf;
	size_t len, size;
	struct sendq out;
};

struct control_private {
	struct control *c;		/* NULL: closed, operations ending */
	struct ring *ring;
	unsigned int in_flight;
	unsigned int clients, subscribers;
	struct acceptor acceptor;
	struct sockaddr_un name;
	struct client client[CONTROL_SLOTS];
};

static uint32_t client_number(const struct control_private *p,
			      const struct client *cl)
{
	return (uint32_t)cl->gen << 16 | (uint32_t)(cl - p->client + 1);
}

static struct client *client_of(const struct control *c, uint32_t number)
{
	uint32_t slot = (number & 0xffff) - 1;
	struct client *cl;

	if (!c->p || slot >= CONTROL_SLOTS)
		return NULL;
	cl = &c->p->client[slot];
	return cl->state == CLIENT_OPEN && cl->gen == number >> 16 ? cl : NULL;
}

static uint64_t client_ud(const struct control_private *p,
			  const struct client *cl, enum ring_op op)
{
	return ud_pack(op, (uint32_t)(cl - p->client), cl->gen);
}

static struct io_uring_sqe *client_sqe(struct control_private *p,
				       struct client *cl, enum ring_op op)
{
	p->in_flight++;
	cl->in_flight++;
	return ring_sqe(p->ring, client_ud(p, cl, op));
}

static void client_free(struct client *cl)
{
	if (cl->fd >= 0)
		close(cl->fd);
	cl->fd = -1;
	cl->state = CLIENT_FREE;
	free(cl->buf);
	cl->buf = NULL;
	cl->size = 0;
	sendq_free(&cl->out);
}

static void control_free(struct control_private *p)
{
	unsigned int i;

	for (i = 0; i < CONTROL_SLOTS; i++)
		client_free(&p->client[i]);
	ring_on(p->ring, RING_OP_CTL_ACCEPT, NULL, NULL);
	ring_on(p->ring, RING_OP_CTL_RECV, NULL, NULL);
	ring_on(p->ring, RING_OP_CTL_SEND, NULL, NULL);
	free(p);
}

/* Frees what was closed when nothing of it is under way any more. */
static void control_reap(struct control_private *p)
{
	if (!p->c && !p->in_flight && !p->acceptor.in_flight)
		control_free(p);
}

static void control_done(struct control_private *p)
{
	p->in_flight--;
	control_reap(p);
}

/* Every handler of a client ends with this. */
static void client_done(struct control_private *p, struct client *cl)
{
	cl->in_flight--;
	if (cl->state == CLIENT_ENDING && !cl->in_flight)
		client_free(cl);
	control_done(p);
}

static void client_end(struct control_private *p, struct client *cl)
{
	cl->state = CLIENT_ENDING;
	p->clients--;
	if (cl->subscribed)
		p->subscribers--;
	cl->subscribed = false;
	if (cl->receiving)
		ring_cancel(p->ring, client_ud(p, cl, RING_OP_CTL_RECV));
	/* An answer queued earlier in this turn is submitted before. */
	if (cl->sending)
		ring_cancel(p->ring, client_ud(p, cl, RING_OP_CTL_SEND));
	if (!cl->in_flight)
		client_free(cl);
}

/* Ends a client and says so; called in a handler of that client. */
static void client_gone(struct control_private *p, struct client *cl)
{
	uint32_t number = client_number(p, cl);
	struct control *c = p->c;

	client_end(p, cl);
	c->ops->gone(c->ctx, number);
}

/* Receiving. */

static void client_receive(struct control_private *p, struct client *cl)
{
	cl->receiving = true;
	io_uring_prep_recv(client_sqe(p, cl, RING_OP_CTL_RECV), cl->fd,
			   cl->buf + cl->len, cl->size - cl->len, 0);
}

/* Delivers the whole lines, the first of which can only end in the fresh part. */
static void client_lines(struct control_private *p, struct client *cl,
			 size_t fresh)
{
	size_t at = 0, from = cl->len - fresh;

	while (cl->state == CLIENT_OPEN) {
		char *line = cl->buf + at;
		char *end = memchr(cl->buf + from, '\n', cl->len - from);

		if (!end)
			break;
		at = (size_t)(end - cl->buf) + 1;
		from = at;
		p->c->stats.lines++;
		p->c->ops->line(p->c->ctx, client_number(p, cl), line,
				(size_t)(end - line));
	}
	if (cl->state != CLIENT_OPEN)
		return;
	memmove(cl->buf, cl->buf + at, cl->len - at);
	cl->len -= at;
}

/* False: the line is too long. */
static bool client_room(struct client *cl)
{
	size_t size = 2 * cl->size;
	char *more;

	if (cl->len < cl->size)
		return true;
	if (size > CONTROL_LINE_MAX)
		return false;
	more = realloc(cl->buf, size);
	if (!more)
		return false;
	cl->buf = more;
	cl->size = size;
	return true;
}

static void control_on_recv(void *ctx, const struct ring_cqe *cqe)
{
	struct control_private *p = ctx;
	struct client *cl = &p->client[cqe->slot];

	cl->receiving = false;
	/* NOLINTNEXTLINE(bugprone-branch-clone): the order matters */
	if (cl->state == CLIENT_DOOMED) {
		client_gone(p, cl);
	} else if (cl->state == CLIENT_OPEN && cqe->res > 0) {
		cl->len += (size_t)cqe->res;
		client_lines(p, cl, (size_t)cqe->res);
		if (cl->state == CLIENT_DOOMED) {
			client_gone(p, cl);
		} else if (cl->state == CLIENT_OPEN && client_room(cl)) {
			client_receive(p, cl);
		} else if (cl->state == CLIENT_OPEN) {
			p->c->stats.too_long++;
			client_gone(p, cl);
		}
	} else if (cl->state == CLIENT_OPEN && (cqe->res == -EINTR ||
						cqe->res == -EAGAIN)) {
		client_receive(p, cl);
	} else if (cl->state == CLIENT_OPEN) {
		client_gone(p, cl);
	}
	client_done(p, cl);
}

/* Sending. */

static void client_send(struct control_private *p, struct client *cl)
{
	const char *data;
	size_t len;

	if (cl->sending || cl->state != CLIENT_OPEN)
		return;
	data = sendq_head(&cl->out, &len);
	if (!data)
		return;
	cl->sending = true;
	io_uring_prep_send(client_sqe(p, cl, RING_OP_CTL_SEND), cl->fd, data,
			   len, MSG_NOSIGNAL);
}

/* Its receive, which is always waiting or being handled, tells of the end. */
static void client_doom(struct client *cl)
{
	cl->state = CLIENT_DOOMED;
	shutdown(cl->fd, SHUT_RDWR);
}

static void control_on_send(void *ctx, const struct ring_cqe *cqe)
{
	struct control_private *p = ctx;
	struct client *cl = &p->client[cqe->slot];

	cl->sending = false;
	if (cl->state == CLIENT_OPEN) {
		if (cqe->res > 0)
			sendq_sent(&cl->out, (size_t)cqe->res);
		if (cqe->res > 0 || cqe->res == -EINTR || cqe->res == -EAGAIN)
			client_send(p, cl);
		else
			client_doom(cl);
	}
	client_done(p, cl);
}

static void client_queue(struct control *c, struct client *cl,
			 const char *text, size_t len)
{
	if (sendq_add(&cl->out, text, len, CONTROL_BACKLOG_MAX)) {
		c->stats.too_slow++;
		client_doom(cl);
		return;
	}
	client_send(c->p, cl);
}

void control_send(struct control *c, uint32_t number, char *text)
{
	struct client *cl = client_of(c, number);

	if (cl && text)
		client_queue(c, cl, text, strlen(text));
	free(text);
}

void control_subscribe(struct control *c, uint32_t number)
{
	struct client *cl = client_of(c, number);

	if (!cl || cl->subscribed)
		return;
	cl->subscribed = true;
	c->p->subscribers++;
}

void control_broadcast(struct control *c, char *text)
{
	size_t len = text ? strlen(text) : 0;
	unsigned int i;

	for (i = 0; c->p && len && i < CONTROL_SLOTS; i++) {
		struct client *cl = &c->p->client[i];

		if (cl->state == CLIENT_OPEN && cl->subscribed)
			client_queue(c, cl, text, len);
	}
	free(text);
}

bool control_has_subscribers(const struct control *c)
{
	return c->p && c->p->subscribers;
}

/* Accepting. */

static bool client_allowed(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return false;
	return cred.uid == 0 || cred.uid == geteuid();
}

static void client_accept(struct control_private *p, int fd)
{
	struct client *cl = NULL;
	unsigned int i;

	for (i = 0; i < CONTROL_SLOTS && !cl; i++)
		if (p->client[i].state == CLIENT_FREE)
			cl = &p->client[i];
	if (!cl || p->clients >= CONTROL_CLIENTS_MAX || !client_allowed(fd))
		goto refuse;
	cl->buf = malloc(CONTROL_RECV_FIRST);
	if (!cl->buf)
		goto refuse;
	cl->size = CONTROL_RECV_FIRST;
	cl->len = 0;
	cl->fd = fd;
	cl->gen++;
	cl->sending = false;
	cl->subscribed = false;
	cl->state = CLIENT_OPEN;
	p->clients++;
	p->c->stats.accepted++;
	client_receive(p, cl);
	return;

refuse:
	p->c->stats.refused++;
	close(fd);
}

static void control_on_accept(void *ctx, const struct ring_cqe *cqe)
{
	struct control_private *p = ctx;
	int fd = acceptor_handle(&p->acceptor, cqe);

	if (fd >= 0)
		client_accept(p, fd);
	control_reap(p);
}

/* Opening and closing. */

/* A socket file that nobody listens on is left over and removed. */
static int control_unlink_stale(const struct sockaddr_un *name)
{
	struct stat st;
	int fd, ret = 0;

	if (lstat(name->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* EAGAIN: alive, its backlog is full. */
	if (!connect(fd, (const struct sockaddr *)name, sizeof(*name)) ||
	    errno == EAGAIN)
		ret = -EADDRINUSE;
	else if ((errno != ECONNREFUSED && errno != ENOENT) ||
		 (unlink(name->sun_path) && errno != ENOENT))
		ret = -errno;
	close(fd);
	return ret;
}

static int control_listen(const struct sockaddr_un *name)
{
	mode_t before;
	int fd, ret;

	ret = control_unlink_stale(name);
	if (ret)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* 0660 from the first moment on. */
	before = umask(0117);
	ret = bind(fd, (const struct sockaddr *)name, sizeof(*name)) ? -errno
								     : 0;
	umask(before);
	if (!ret && listen(fd, CONTROL_CLIENTS_MAX)) {
		ret = -errno;
		unlink(name->sun_path);
	}
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

int control_open(struct control *c, struct ring *r, const char *path,
		 const struct control_ops *ops, void *ctx)
{
	struct control_private *p;
	unsigned int i;
	int fd;

	memset(c, 0, sizeof(*c));
	if (r->handler[RING_OP_CTL_RECV])
		return -EBUSY;
	if (!*path || strlen(path) >= sizeof(p->name.sun_path))
		return -ENAMETOOLONG;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->name.sun_family = AF_UNIX;
	strcpy(p->name.sun_path, path);
	fd = control_listen(&p->name);
	if (fd < 0) {
		free(p);
		return fd;
	}
	for (i = 0; i < CONTROL_SLOTS; i++)
		p->client[i].fd = -1;
	p->ring = r;
	p->c = c;
	c->ring = r;
	c->ops = ops;
	c->ctx = ctx;
	c->p = p;
	ring_on(r, RING_OP_CTL_ACCEPT, control_on_accept, p);
	ring_on(r, RING_OP_CTL_RECV, control_on_recv, p);
	ring_on(r, RING_OP_CTL_SEND, control_on_send, p);
	acceptor_start(&p->acceptor, r, RING_OP_CTL_ACCEPT, 0, fd);
	return 0;
}

void control_close(struct control *c)
{
	struct control_private *p = c->p;
	unsigned int i;

	if (!p)
		return;
	c->p = NULL;
	p->c = NULL;
	/* First, so that nobody finds the name of a socket that is closing. */
	unlink(p->name.sun_path);
	for (i = 0; i < CONTROL_SLOTS; i++)
		if (p->client[i].state == CLIENT_OPEN ||
		    p->client[i].state == CLIENT_DOOMED)
			client_end(p, &p->client[i]);
	acceptor_stop(&p->acceptor);
	control_reap(p);
}
