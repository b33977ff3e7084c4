// SPDX-License-Identifier: BSD-2-Clause
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "codec/ctl.h"
#include "say.h"

/* What the buffer keeps between lines: a status of 10 000 lines is rare. */
#define RX_KEEP (64 << 10)

bool control_init(struct control *c, const char *path)
{
	memset(c, 0, sizeof(*c));
	c->fd = -1;
	c->to.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(c->to.sun_path))
		return false;
	strcpy(c->to.sun_path, path);
	return true;
}

static void finish(struct control_request *r, json_t *result, json_t *error)
{
	control_done *done = r->done;
	void *of = r->of;

	memset(r, 0, sizeof(*r));
	if (done)
		done(of, result, error);
}

void control_abandon(struct control *c)
{
	for (size_t i = 0; i < CONTROL_PENDING; i++)
		if (c->pending[i].id)
			finish(&c->pending[i], NULL, NULL);
}

static void lost(struct control *c, const char *why, struct mono now)
{
	if (c->fd < 0)
		return;
	close(c->fd);
	c->fd = -1;
	c->rx_len = c->scanned = c->tx_len = 0;
	c->subscribed = false;
	c->retry = mono_add_ms(now, CONTROL_RETRY_MS);
	say(SAY_WARNING, "daemon lost why=\"%s\"", why);
	control_abandon(c);
	if (c->state)
		c->state(c->of, false);
}

void control_close(struct control *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	free(c->rx);
	free(c->tx);
	c->rx = c->tx = NULL;
}

static void flush(struct control *c, struct mono now)
{
	size_t at = 0;

	while (c->fd >= 0 && at < c->tx_len) {
		ssize_t n = send(c->fd, c->tx + at, c->tx_len - at,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			lost(c, strerror(errno), now);
			return;
		}
		at += (size_t)n;
	}
	if (at) {
		memmove(c->tx, c->tx + at, c->tx_len - at);
		c->tx_len -= at;
	}
}

/* false: no memory, or too much waits. */
static bool queue(struct control *c, const char *text, size_t len)
{
	if (len > c->tx_size - c->tx_len) {
		size_t size = c->tx_len + len;
		char *tx = size > CONTROL_TX_MAX ? NULL :
			   realloc(c->tx, size);

		if (!tx)
			return false;
		c->tx = tx;
		c->tx_size = size;
	}
	memcpy(c->tx + c->tx_len, text, len);
	c->tx_len += len;
	return true;
}

static struct control_request *free_place(struct control *c)
{
	for (size_t i = 0; i < CONTROL_PENDING; i++)
		if (!c->pending[i].id)
			return &c->pending[i];
	return NULL;
}

int control_call(struct control *c, const char *method, json_t *params,
		 control_done *done, void *of, struct mono now)
{
	struct control_request *r = free_place(c);
	int ret = c->fd < 0 ? -ENOTCONN : r ? 0 : -EBUSY;
	char *text = NULL;

	if (ret) {
		json_decref(params);
		return ret;
	}
	text = ctl_call(c->last_id + 1, method, params);
	if (!text)
		return -ENOMEM;
	if (strlen(text) > CTL_LINE_MAX)
		ret = -EMSGSIZE;
	else if (!queue(c, text, strlen(text)))
		ret = -EBUSY;
	else
		*r = (struct control_request){
			.id = ++c->last_id, .done = done, .of = of,
			.until = mono_add_ms(now, CONTROL_ANSWER_MS),
		};
	/* A password may be in it. */
	explicit_bzero(text, strlen(text));
	free(text);
	/* Not sent here: what fails then would call back in the middle. */
	return ret;
}

void control_cancel(struct control *c, const void *of)
{
	/* The id stays taken until its answer comes: nobody else gets it. */
	for (size_t i = 0; i < CONTROL_PENDING; i++)
		if (c->pending[i].id && c->pending[i].of == of)
			c->pending[i].done = NULL;
}

static void subscribe(struct control *c, struct mono now)
{
	if (c->listens && !c->subscribed && c->fd >= 0 &&
	    control_call(c, "subscribe", NULL, NULL, NULL, now) == 0)
		c->subscribed = true;
}

void control_listen(struct control *c, struct mono now)
{
	c->listens = true;
	subscribe(c, now);
}

static void take_line(struct control *c, const char *text, size_t len)
{
	json_t *line = json_loadb(text, len, 0, NULL);
	const char *method =
		json_string_value(json_object_get(line, "method"));
	json_int_t id = json_integer_value(json_object_get(line, "id"));

	if (method && !strcmp(method, "event")) {
		if (c->event)
			c->event(c->of, json_object_get(line, "params"));
	} else {
		for (size_t i = 0; id > 0 && i < CONTROL_PENDING; i++) {
			if (c->pending[i].id != id)
				continue;
			finish(&c->pending[i], json_object_get(line, "result"),
			       json_object_get(line, "error"));
			break;
		}
	}
	json_decref(line);
}

static void take_lines(struct control *c)
{
	size_t start = 0;

	for (;;) {
		char *end = memchr(c->rx + c->scanned, '\n',
				   c->rx_len - c->scanned);

		if (!end)
			break;
		take_line(c, c->rx + start, (size_t)(end - c->rx) - start);
		start = c->scanned = (size_t)(end - c->rx) + 1;
	}
	if (start)
		memmove(c->rx, c->rx + start, c->rx_len - start);
	c->rx_len -= start;
	c->scanned = c->rx_len;
	if (!c->rx_len && c->rx_size > RX_KEEP) {
		free(c->rx);
		c->rx = NULL;
		c->rx_size = 0;
	}
}

static bool make_room(struct control *c)
{
	size_t size = c->rx_size ? c->rx_size * 2 : RX_KEEP;
	char *rx;

	if (c->rx_len < c->rx_size)
		return true;
	rx = size > CONTROL_RX_MAX ? NULL : realloc(c->rx, size);
	if (!rx)
		return false;
	c->rx = rx;
	c->rx_size = size;
	return true;
}

static void receive(struct control *c, struct mono now)
{
	ssize_t n;

	if (!make_room(c)) {
		lost(c, "a line too long", now);
		return;
	}
	n = recv(c->fd, c->rx + c->rx_len, c->rx_size - c->rx_len,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		/* That is also how it treats those whom it does not serve. */
		lost(c, n ? strerror(errno) : "closed", now);
		return;
	}
	c->rx_len += (size_t)n;
	take_lines(c);
}

short control_wants(const struct control *c)
{
	return (short)(POLLIN | (c->tx_len ? POLLOUT : 0));
}

void control_ready(struct control *c, short revents, struct mono now)
{
	if (c->fd >= 0 && (revents & (POLLIN | POLLHUP | POLLERR)))
		receive(c, now);
	if (c->fd >= 0 && (revents & POLLOUT))
		flush(c, now);
}

static void connect_now(struct control *c, struct mono now)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			0);

	c->retry = mono_add_ms(now, CONTROL_RETRY_MS);
	if (fd < 0)
		return;
	/* A Unix socket connects at once, or not. */
	if (connect(fd, (struct sockaddr *)&c->to, sizeof(c->to)) != 0) {
		if (!c->told)
			say(SAY_WARNING, "daemon away path=%s why=\"%s\"",
			    c->to.sun_path, strerror(errno));
		c->told = true;
		close(fd);
		return;
	}
	c->fd = fd;
	c->told = false;
	say(SAY_INFO, "daemon here path=%s", c->to.sun_path);
	subscribe(c, now);
	if (c->state)
		c->state(c->of, true);
}

void control_tick(struct control *c, struct mono now)
{
	if (c->fd < 0 && mono_due(c->retry, now))
		connect_now(c, now);
	for (size_t i = 0; i < CONTROL_PENDING; i++)
		if (c->pending[i].id && mono_due(c->pending[i].until, now))
			finish(&c->pending[i], NULL, NULL);
	if (c->tx_len)
		flush(c, now);
}

struct mono control_due(const struct control *c)
{
	struct mono due = c->fd < 0 ? c->retry : MONO_NEVER;

	for (size_t i = 0; i < CONTROL_PENDING; i++)
		if (c->pending[i].id)
			due = mono_min(due, c->pending[i].until);
	return due;
}
