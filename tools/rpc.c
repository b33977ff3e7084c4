// SPDX-License-Identifier: BSD-2-Clause
#include "rpc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd.h"
#include "codec/ctl.h"
#include "out.h"

static void failed(struct rpc *r, int status)
{
	r->status = status;
}

/* The daemon hangs up on users whom it does not serve, without a word. */
static void closed(struct rpc *r)
{
	if (!r->answered && geteuid() != 0) {
		complain("sipoverd closed the connection: only root, the user that it runs as and the members of control_group may connect");
		failed(r, EX_NOPERM);
	} else {
		complain("sipoverd closed the connection");
		failed(r, EX_UNAVAILABLE);
	}
}

bool rpc_open(struct rpc *r, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	*r = (struct rpc){ .fd = -1 };
	if (strlen(path) >= sizeof(sa.sun_path)) {
		complain("%s: a socket's path has at most %zu characters", path,
			 sizeof(sa.sun_path) - 1);
		failed(r, EX_USAGE);
		return false;
	}
	strcpy(sa.sun_path, path);
	r->events = json_array();
	r->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!r->events || r->fd < 0) {
		complain("socket: %s", strerror(errno));
		failed(r, EX_OSERR);
		return false;
	}
	if (connect(r->fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return true;
	if (errno == EACCES || errno == EPERM) {
		complain("no permission to connect to %s: be root, the user that sipoverd runs as, or of control_group",
			 path);
		failed(r, EX_NOPERM);
	} else {
		complain("sipoverd does not answer at %s (%s): is it running?",
			 path, strerror(errno));
		failed(r, EX_UNAVAILABLE);
	}
	return false;
}

void rpc_close(struct rpc *r)
{
	if (r->fd >= 0)
		close(r->fd);
	json_decref(r->events);
	free(r->buf);
	*r = (struct rpc){ .fd = -1, .status = r->status };
}

static bool send_all(struct rpc *r, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = send(r->fd, text, left, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			closed(r);
			return false;
		}
		text += n;
		left -= (size_t)n;
	}
	return true;
}

/* More bytes into the buffer: 1, 0 after the time-out, -1 failed. */
static int fill(struct rpc *r, int timeout_ms)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	ssize_t n;

	if (r->len == r->size) {
		size_t size = r->size ? r->size * 2 : 16384;
		char *buf = size > RPC_LINE_MAX ? NULL : realloc(r->buf, size);

		if (!buf) {
			complain("an answer of over %zu bytes", r->size);
			failed(r, EX_PROTOCOL);
			return -1;
		}
		r->buf = buf;
		r->size = size;
	}
	n = poll(&p, 1, timeout_ms);
	if (n == 0)
		return 0;
	if (n > 0)
		n = recv(r->fd, r->buf + r->len, r->size - r->len, 0);
	if (n < 0 && errno == EINTR)
		return 1;
	if (n <= 0) {
		closed(r);
		return -1;
	}
	r->len += (size_t)n;
	return 1;
}

/* One line as JSON; NULL with status 0: the time-out. */
static json_t *read_line(struct rpc *r, int timeout_ms)
{
	json_error_t error;
	json_t *line;
	char *end;
	int rc;

	failed(r, 0);
	while (!(end = r->len ? memchr(r->buf + r->scanned, '\n',
				       r->len - r->scanned) : NULL)) {
		r->scanned = r->len;
		rc = fill(r, timeout_ms);
		if (rc <= 0)
			return NULL;
	}
	line = json_loadb(r->buf, (size_t)(end - r->buf), 0, &error);
	r->len -= (size_t)(end + 1 - r->buf);
	memmove(r->buf, end + 1, r->len);
	r->scanned = 0;
	r->answered = true;
	if (!line) {
		complain("what answers is not sipoverd: %s", error.text);
		failed(r, EX_PROTOCOL);
	}
	return line;
}

/* The params of an event, borrowed; NULL: the line is something else. */
static json_t *event_of(json_t *line)
{
	const char *method = json_string_value(json_object_get(line, "method"));

	if (!method || strcmp(method, "event") != 0)
		return NULL;
	return json_object_get(line, "params");
}

/* What the error tells beside its message: text, lines of their own. */
static void print_data(const json_t *data)
{
	const char *text = json_string_value(json_object_get(data, "text"));
	char line[512], clean[512];

	while (text && *text) {
		size_t len = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		fprintf(stderr, "%s\n", out_clean(clean, sizeof(clean), line));
		text += len + (text[len] == '\n');
	}
}

/* The answer to request id: its result, or NULL with the message said. */
static json_t *take_answer(struct rpc *r, const char *method, json_t *line)
{
	json_t *result = json_object_get(line, "result");
	json_t *error = json_object_get(line, "error");
	const char *message = json_string_value(json_object_get(error, "message"));

	if (result)
		return json_incref(result);
	if (message) {
		complain("%s: %s", method, message);
		print_data(json_object_get(error, "data"));
		failed(r, 1);
	} else {
		complain("%s: an answer without result and error", method);
		failed(r, EX_PROTOCOL);
	}
	return NULL;
}

json_t *rpc_call(struct rpc *r, const char *method, json_t *params)
{
	char *text = ctl_call(++r->last_id, method, params ? params : json_object());
	json_t *line, *event, *result;

	failed(r, 0);
	if (!text) {
		complain("no memory");
		failed(r, EX_OSERR);
		return NULL;
	}
	if (strlen(text) > CTL_LINE_MAX) {
		complain("%s: a request has at most %d bytes", method, CTL_LINE_MAX);
		failed(r, EX_DATAERR);
	}
	if (r->status != 0 || !send_all(r, text)) {
		free(text);
		return NULL;
	}
	free(text);
	for (;;) {
		line = read_line(r, RPC_TIMEOUT_MS);
		if (!line) {
			if (r->status == 0) {
				complain("%s: no answer from sipoverd in %d s",
					 method, RPC_TIMEOUT_MS / 1000);
				failed(r, EX_UNAVAILABLE);
			}
			return NULL;
		}
		event = event_of(line);
		if (event)
			json_array_append(r->events, event);
		else if (json_integer_value(json_object_get(line, "id")) == r->last_id)
			break;
		json_decref(line);
	}
	result = take_answer(r, method, line);
	json_decref(line);
	return result;
}

json_t *rpc_event(struct rpc *r, int timeout_ms)
{
	json_t *line, *event;

	failed(r, 0);
	if (json_array_size(r->events) > 0) {
		event = json_incref(json_array_get(r->events, 0));
		json_array_remove(r->events, 0);
		return event;
	}
	for (;;) {
		line = read_line(r, timeout_ms);
		if (!line)
			return NULL;
		event = json_incref(event_of(line));
		json_decref(line);
		if (event)
			return event;
	}
}
