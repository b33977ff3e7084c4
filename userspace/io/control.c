// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "acceptor.h"
#include "control_listen.h"
#include "control_peer.h"
#include "news.h"
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
	bool owner;
	bool asking;			/* whole lines wait in buf */
	char *buf;
	size_t len, size;
	size_t at;			/* lines before it are done */
	size_t waiting;			/* of out and behind, in the sum of all */
	uint64_t taken;			/* when it took some of it, as progress */
	size_t heard;			/* of the news, in out or behind it */
	struct sendq out;
	struct control_source *source;	/* of the answer that is being made */
	struct sendq behind;		/* what is to be told after it */
};

struct control_private {
	struct control *c;		/* NULL: closed, operations ending */
	struct ring *ring;
	unsigned int in_flight;
	unsigned int clients, subscribers;
	unsigned int members;		/* of clients: not owners */
	gid_t group;
	size_t waiting;			/* bytes for all clients */
	uint64_t progress;		/* counts what they take */
	/* What subscribers are told, kept once until each has taken it over,
	 * in its turn and when nothing else waits for it: an event costs the
	 * same, however many listen. */
	struct news news;
	bool later;			/* a turn for clients is asked for */
	unsigned int turn;		/* who is first in it */
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

/* The answer that is being made is whole, or nobody wants it any more. */
static void client_drop_source(struct client *cl)
{
	if (cl->source)
		cl->source->free(cl->source);
	cl->source = NULL;
	sendq_free(&cl->behind);
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
	cl->at = 0;
	cl->asking = false;
	sendq_free(&cl->out);
	client_drop_source(cl);
}

static void control_free(struct control_private *p)
{
	unsigned int i;

	for (i = 0; i < CONTROL_SLOTS; i++)
		client_free(&p->client[i]);
	ring_on(p->ring, RING_OP_CTL_ACCEPT, NULL, NULL);
	ring_on(p->ring, RING_OP_CTL_RECV, NULL, NULL);
	ring_on(p->ring, RING_OP_CTL_SEND, NULL, NULL);
	ring_on(p->ring, RING_OP_CTL_LATER, NULL, NULL);
	news_free(&p->news);
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

/* Its bytes count no more, whether or not the kernel still has some. */
static void client_forget(struct control_private *p, struct client *cl)
{
	p->waiting -= cl->waiting;
	cl->waiting = 0;
}

static void client_end(struct control_private *p, struct client *cl)
{
	cl->state = CLIENT_ENDING;
	client_forget(p, cl);
	client_drop_source(cl);
	p->clients--;
	p->members -= !cl->owner;
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

/* A turn for the clients, behind what is submitted in this one. */
static void control_later(struct control_private *p)
{
	if (p->later)
		return;
	p->later = true;
	p->in_flight++;
	io_uring_prep_nop(ring_sqe(p->ring,
				   ud_pack(RING_OP_CTL_LATER, 0, 0)));
}

/* The same after a pause: a crowd of subscribers costs a share of the time, and
 * what is told meanwhile goes out at once. */
static void control_pause(struct control_private *p)
{
	static struct __kernel_timespec pause = {
		.tv_nsec = CONTROL_PAUSE_MS * 1000000,
	};

	if (p->later)
		return;
	p->later = true;
	p->in_flight++;
	io_uring_prep_timeout(ring_sqe(p->ring,
				       ud_pack(RING_OP_CTL_LATER, 0, 0)),
			      &pause, 0, 0);
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

/* More of what it sends, or its end.  The lines were taken. */
static void client_more(struct control_private *p, struct client *cl)
{
	memmove(cl->buf, cl->buf + cl->at, cl->len - cl->at);
	cl->len -= cl->at;
	cl->at = 0;
	if (client_room(cl)) {
		client_receive(p, cl);
	} else {
		p->c->stats.too_long++;
		client_gone(p, cl);
	}
}

/* The first of the whole lines can only end in the fresh part. */
static void client_received(struct control_private *p, struct client *cl,
			    size_t fresh)
{
	cl->len += fresh;
	cl->asking = memchr(cl->buf + cl->len - fresh, '\n', fresh) != NULL;
	if (cl->asking)
		control_later(p);
	else
		client_more(p, cl);
}

static void control_on_recv(void *ctx, const struct ring_cqe *cqe)
{
	struct control_private *p = ctx;
	struct client *cl = &p->client[cqe->slot];

	cl->receiving = false;
	/* NOLINTBEGIN(bugprone-branch-clone): the order matters */
	if (cl->state == CLIENT_DOOMED)
		client_gone(p, cl);
	else if (cl->state == CLIENT_OPEN && cqe->res > 0)
		client_received(p, cl, (size_t)cqe->res);
	else if (cl->state == CLIENT_OPEN && (cqe->res == -EINTR ||
					      cqe->res == -EAGAIN))
		client_receive(p, cl);
	else if (cl->state == CLIENT_OPEN)
		client_gone(p, cl);
	/* NOLINTEND(bugprone-branch-clone) */
	client_done(p, cl);
}

/* One line; what comes of it may be the end of the client or of everything. */
static void client_line(struct control_private *p, struct client *cl)
{
	char *line = cl->buf + cl->at;
	char *end = memchr(line, '\n', cl->len - cl->at);

	cl->at += (size_t)(end - line) + 1;
	cl->asking = memchr(cl->buf + cl->at, '\n', cl->len - cl->at) != NULL;
	p->c->stats.lines++;
	p->c->ops->line(p->c->ctx, client_number(p, cl), line,
			(size_t)(end - line));
	if (cl->state == CLIENT_OPEN && !cl->asking)
		client_more(p, cl);
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

/* Its receive tells of the end; while it has lines to be taken there is none,
 * then the turn does. */
static void client_doom(struct control_private *p, struct client *cl)
{
	cl->state = CLIENT_DOOMED;
	client_forget(p, cl);
	client_drop_source(cl);
	shutdown(cl->fd, SHUT_RDWR);
	if (!cl->receiving)
		control_later(p);
}

/* Bytes of out; the rest of what waits is behind its answer. */
static size_t client_unsent(const struct client *cl)
{
	return sendq_waiting(&cl->out);
}

/* Whether there is news that it has not taken over. */
static bool client_behind(const struct control_private *p,
			  const struct client *cl)
{
	return cl->state == CLIENT_OPEN && cl->subscribed &&
	       cl->heard < p->news.len;
}

/* Whether it may take some over now: a piece of it, when nothing else waits. */
static bool client_may_hear(const struct control_private *p,
			    const struct client *cl)
{
	return client_behind(p, cl) && !cl->source && !cl->waiting;
}

/* Whether there is something to send to it. */
static bool client_may_send(const struct control_private *p,
			    const struct client *cl)
{
	return cl->state == CLIENT_OPEN && !cl->sending &&
	       (client_unsent(cl) || client_may_hear(p, cl));
}

/* Whether a line may be taken: not while an answer is being made, nor before
 * those to the lines before it are as good as taken.  So who asks and does not
 * read waits for himself alone, and is never cut off for it. */
static bool client_may_ask(const struct client *cl)
{
	return cl->state == CLIENT_OPEN && cl->asking && !cl->source &&
	       cl->waiting <= CONTROL_ANSWERS_WAIT;
}

/* Whether the next piece of its answer may be made. */
static bool client_wants_piece(const struct client *cl)
{
	return cl->state == CLIENT_OPEN && cl->source && !client_unsent(cl);
}

static void control_on_send(void *ctx, const struct ring_cqe *cqe)
{
	struct control_private *p = ctx;
	struct client *cl = &p->client[cqe->slot];

	cl->sending = false;
	if (cl->state == CLIENT_OPEN) {
		if (cqe->res > 0) {
			sendq_sent(&cl->out, (size_t)cqe->res);
			cl->waiting -= (size_t)cqe->res;
			p->waiting -= (size_t)cqe->res;
			cl->taken = ++p->progress;
		}
		if (cqe->res > 0 || cqe->res == -EINTR || cqe->res == -EAGAIN)
			client_send(p, cl);
		else
			client_doom(p, cl);
	}
	if (client_wants_piece(cl) || client_may_ask(cl) ||
	    client_may_send(p, cl))
		control_later(p);
	client_done(p, cl);
}

/* When too much waits for all of them: who has taken nothing for longest.  Not
 * those with little: together they are not too much, and one of the others is
 * always there. */
static struct client *client_slowest(struct control_private *p)
{
	struct client *slowest = NULL;
	unsigned int i;

	for (i = 0; i < CONTROL_SLOTS; i++) {
		struct client *cl = &p->client[i];

		if (cl->state == CLIENT_OPEN &&
		    cl->waiting > CONTROL_ANSWERS_WAIT &&
		    (!slowest || cl->taken < slowest->taken))
			slowest = cl;
	}
	return slowest;
}

/* Of what there is already nothing is left out: counts what was added. */
static void client_count(struct control *c, struct client *cl, size_t len)
{
	struct control_private *p = c->p;

	if (!cl->waiting)
		cl->taken = ++p->progress;
	cl->waiting += len;
	p->waiting += len;
	while (p->waiting > CONTROL_BACKLOG_ALL) {
		c->stats.too_slow++;
		client_doom(p, client_slowest(p));
	}
}

/* Behind what waits already, at most max with it; whether it is to be sent. */
static bool client_queue(struct control *c, struct client *cl,
			 const char *text, size_t len, size_t max)
{
	if (len > max || cl->waiting > max - len ||
	    sendq_add(cl->source ? &cl->behind : &cl->out, text, len, max)) {
		c->stats.too_slow++;
		client_doom(c->p, cl);
		return false;
	}
	client_count(c, cl, len);
	return cl->state == CLIENT_OPEN && !cl->sending;
}

/* Takes over news that it has not heard, up to so much; may be its end. */
static void client_hear(struct control_private *p, struct client *cl,
			size_t most)
{
	size_t heard = cl->heard, len = p->news.len - heard;

	if (!client_behind(p, cl))
		return;
	if (len > most)
		len = most;
	cl->heard += len;
	client_queue(p->c, cl, p->news.text + heard, len, CONTROL_BACKLOG_MAX);
}

/* Forgets the news that all have heard. */
static void news_trim(struct control_private *p)
{
	size_t least = p->news.len;
	unsigned int i;

	for (i = 0; i < CONTROL_SLOTS; i++)
		if (client_behind(p, &p->client[i]) &&
		    p->client[i].heard < least)
			least = p->client[i].heard;
	/* What is moved was made up for by what went. */
	if (!least || least < p->news.len - least)
		return;
	news_drop(&p->news, least);
	for (i = 0; i < CONTROL_SLOTS; i++)
		if (p->client[i].subscribed)
			p->client[i].heard -= least;
}

/* Who cannot have another len bytes, whether or not he took them over. */
static void news_cut(struct control *c, size_t len)
{
	struct control_private *p = c->p;
	unsigned int i;

	for (i = 0; i < CONTROL_SLOTS; i++) {
		struct client *cl = &p->client[i];

		if (!client_behind(p, cl) || cl->waiting + p->news.len -
		    cl->heard + len <= CONTROL_BACKLOG_MAX)
			continue;
		c->stats.too_slow++;
		client_doom(p, cl);
	}
	news_trim(p);
}

/* No memory for news: to each client's own buffer. */
static void tell_each(struct control *c, const char *text, size_t len)
{
	unsigned int i;

	for (i = 0; i < CONTROL_SLOTS; i++) {
		struct client *cl = &c->p->client[i];

		client_hear(c->p, cl, SIZE_MAX);
		if (cl->state == CLIENT_OPEN && cl->subscribed)
			client_queue(c, cl, text, len,
				     CONTROL_BACKLOG_MAX);
	}
}

static void tell(struct control *c, char *text)
{
	size_t len = text ? strlen(text) : 0;
	struct control_private *p = c->p;

	if (len && p->subscribers) {
		if (p->news.len + len > CONTROL_BACKLOG_MAX)
			news_cut(c, len);
		if (!news_add(&p->news, text, len))
			tell_each(c, text, len);
		control_later(p);
	}
	free(text);
}

/* Writes and tells what was noted, at most so many bytes of it and one more. */
static void control_write(struct control *c, size_t most)
{
	const void *event;
	size_t len, done = 0;

	while (done < most && (event = news_next(&c->p->news, &len))) {
		tell(c, c->ops->text(c->ctx, event, len));
		done += len;
	}
}

/* What comes now is told behind what happened before. */
static void client_hear_all(struct control *c, struct client *cl)
{
	if (cl->subscribed)
		control_write(c, SIZE_MAX);
	client_hear(c->p, cl, SIZE_MAX);
}

void control_send(struct control *c, uint32_t number, char *text)
{
	struct client *cl = client_of(c, number);

	if (cl && text)
		client_hear_all(c, cl);
	if (cl && text && cl->state == CLIENT_OPEN &&
	    client_queue(c, cl, text, strlen(text), CONTROL_BACKLOG_ALL))
		client_send(c->p, cl);
	free(text);
}

/* What was to be told meanwhile follows the last piece. */
static int client_end_answer(struct client *cl)
{
	int ret = sendq_add(&cl->out, cl->behind.next, cl->behind.next_len,
			    CONTROL_BACKLOG_ALL);

	client_drop_source(cl);
	return ret;
}

/* Takes text; NULL: there is no memory for the rest, so it has no end. */
static void client_piece(struct control *c, struct client *cl, char *text,
			 bool last)
{
	size_t len = text ? strlen(text) : 0;

	if (!text || sendq_add(&cl->out, text, len, CONTROL_BACKLOG_ALL) ||
	    (last && client_end_answer(cl)))
		client_doom(c->p, cl);
	else
		client_count(c, cl, len);
	free(text);
	if (cl->state == CLIENT_OPEN)
		client_send(c->p, cl);
}

void control_answer(struct control *c, uint32_t number, char *text,
		    struct control_source *source)
{
	struct client *cl = client_of(c, number);

	if (!cl) {
		source->free(source);
		free(text);
		return;
	}
	client_hear_all(c, cl);
	cl->source = source;
	if (cl->state == CLIENT_OPEN) {
		client_piece(c, cl, text, false);
	} else {
		client_drop_source(cl);
		free(text);
	}
}

void control_subscribe(struct control *c, uint32_t number)
{
	struct client *cl = client_of(c, number);

	if (!cl || cl->subscribed)
		return;
	/* What happened before is not for it. */
	control_write(c, SIZE_MAX);
	cl->subscribed = true;
	cl->heard = c->p->news.len;
	c->p->subscribers++;
}

void control_broadcast(struct control *c, char *text)
{
	if (!c->p) {
		free(text);
		return;
	}
	control_write(c, SIZE_MAX);
	tell(c, text);
}

bool control_note(struct control *c, const void *event, size_t len)
{
	if (!control_has_subscribers(c))
		return true;
	/* No pause for long: then in between. */
	if (news_noted(&c->p->news) > CONTROL_NOTED_MAX)
		control_write(c, SIZE_MAX);
	return news_note(&c->p->news, event, len);
}

bool control_noted(const struct control *c)
{
	return c->p && news_noted(&c->p->news);
}

void control_quiet(struct control *c)
{
	if (c->p)
		control_write(c, CONTROL_NOTED_A_PAUSE);
}

bool control_has_subscribers(const struct control *c)
{
	return c->p && c->p->subscribers;
}

/* What a turn may do for clients. */
struct control_turn {
	unsigned int lines, pieces, sends;
};

/* Of one client, a line at most; whether there is more to do for it. */
static bool client_turn(struct control_private *p, struct client *cl,
			struct control_turn *left)
{
	if (cl->state == CLIENT_DOOMED && !cl->receiving) {
		client_gone(p, cl);
		return false;
	}
	if (cl->state != CLIENT_OPEN)
		return false;
	if (client_may_send(p, cl) && left->sends) {
		left->sends--;
		if (client_may_hear(p, cl))
			client_hear(p, cl, CONTROL_CHUNK);
		client_send(p, cl);
	}
	if (client_wants_piece(cl) && left->pieces) {
		bool last = false;
		char *text = cl->source->next(cl->source, &last);

		left->pieces--;
		client_piece(p->c, cl, text, last);
	}
	if (client_may_ask(cl) && left->lines) {
		left->lines--;
		client_line(p, cl);
	}
	return client_may_ask(cl) || client_wants_piece(cl) ||
	       client_may_send(p, cl) ||
	       (cl->state == CLIENT_DOOMED && !cl->receiving);
}

static void control_on_later(void *ctx, const struct ring_cqe *cqe)
{
	struct control_turn left = { CONTROL_LINES_A_TURN,
				     CONTROL_PIECES_A_TURN,
				     CONTROL_SENDS_A_TURN };
	struct control_private *p = ctx;
	unsigned int i, first = p->turn;
	bool more = false;

	(void)cqe;
	p->later = false;
	for (i = 0; p->c && i < CONTROL_SLOTS; i++) {
		unsigned int slot = (first + i) % CONTROL_SLOTS;
		struct client *cl = &p->client[slot];
		bool all;

		if (cl->state == CLIENT_FREE)
			continue;
		/* Nothing is freed under it: see client_done(). */
		p->in_flight++;
		cl->in_flight++;
		all = !client_turn(p, cl, &left);
		client_done(p, cl);
		/* The first one that has to wait is the first of the next. */
		if (!all && !more) {
			more = true;
			p->turn = slot;
		}
	}
	if (p->c)
		news_trim(p);
	if (p->c && more && !left.sends)
		control_pause(p);
	else if (p->c && more)
		control_later(p);
	control_done(p);
}

/* Accepting. */

/* Root gets in when others have taken all that they may. */
static bool client_allowed(struct control_private *p, int fd, bool *owner)
{
	enum control_peer peer = control_peer_of(fd, p->group);

	*owner = peer == CONTROL_PEER_OWNER;
	return *owner || (peer == CONTROL_PEER_MEMBER && p->members <
			  CONTROL_CLIENTS_MAX - CONTROL_RESERVED);
}

static void client_accept(struct control_private *p, int fd)
{
	struct client *cl = NULL;
	bool owner = false;
	unsigned int i;

	for (i = 0; i < CONTROL_SLOTS && !cl; i++)
		if (p->client[i].state == CLIENT_FREE)
			cl = &p->client[i];
	if (!cl || p->clients >= CONTROL_CLIENTS_MAX ||
	    !client_allowed(p, fd, &owner))
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
	cl->owner = owner;
	cl->state = CLIENT_OPEN;
	p->clients++;
	p->members += !owner;
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
	fd = control_listen(&p->name, CONTROL_CLIENTS_MAX);
	if (fd < 0) {
		free(p);
		return fd;
	}
	for (i = 0; i < CONTROL_SLOTS; i++)
		p->client[i].fd = -1;
	p->group = CONTROL_NO_GROUP;
	p->ring = r;
	p->c = c;
	c->ring = r;
	c->ops = ops;
	c->ctx = ctx;
	c->p = p;
	ring_on(r, RING_OP_CTL_ACCEPT, control_on_accept, p);
	ring_on(r, RING_OP_CTL_RECV, control_on_recv, p);
	ring_on(r, RING_OP_CTL_SEND, control_on_send, p);
	ring_on(r, RING_OP_CTL_LATER, control_on_later, p);
	acceptor_start(&p->acceptor, r, RING_OP_CTL_ACCEPT, 0, fd);
	return 0;
}

int control_admit(struct control *c, const char *group)
{
	gid_t gid = CONTROL_NO_GROUP;
	int ret = c->p ? control_group_of(group, &gid) : -EBADF;

	if (ret)
		return ret;
	/* Its mode is 0660 since it was made. */
	if (lchown(c->p->name.sun_path, (uid_t)-1, gid))
		return -errno;
	c->p->group = gid;
	return 0;
}

bool control_is_owner(const struct control *c, uint32_t number)
{
	const struct client *cl = client_of(c, number);

	return cl && cl->owner;
}

/* The last words, which no turn would send: as much as the socket takes. */
static void client_last_words(struct control_private *p, struct client *cl)
{
	const char *data;
	size_t len;
	ssize_t n;

	client_hear(p, cl, SIZE_MAX);
	while (cl->state == CLIENT_OPEN && !cl->sending) {
		data = sendq_head(&cl->out, &len);
		n = data ? send(cl->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL)
			 : 0;
		if (n <= 0)
			break;
		sendq_sent(&cl->out, (size_t)n);
	}
}

void control_close(struct control *c)
{
	struct control_private *p = c->p;
	unsigned int i;

	if (!p)
		return;
	/* First, so that nobody finds the name of a socket that is closing. */
	unlink(p->name.sun_path);
	control_write(c, SIZE_MAX);
	for (i = 0; i < CONTROL_SLOTS; i++)
		client_last_words(p, &p->client[i]);
	c->p = NULL;
	p->c = NULL;
	for (i = 0; i < CONTROL_SLOTS; i++)
		if (p->client[i].state == CLIENT_OPEN ||
		    p->client[i].state == CLIENT_DOOMED)
			client_end(p, &p->client[i]);
	acceptor_stop(&p->acceptor);
	control_reap(p);
}
