// SPDX-License-Identifier: BSD-2-Clause
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "io/clock.h"
#include "request.h"
#include "say.h"

#define PEM_MAX (256 << 10)
/* TLS 1.2 and 1.3 with forward secrecy, nothing that was broken. */
#define PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"

/* A whole small file as text; the exit status. */
static int read_file(const char *path, size_t max, char **text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t len = 0;
	ssize_t n = 0;

	*text = NULL;
	if (fd < 0 || fstat(fd, &st) != 0) {
		complain("%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return EX_NOINPUT;
	}
	if (S_ISREG(st.st_mode) && (size_t)st.st_size <= max)
		*text = calloc(1, max + 1);
	while (*text && len < max &&
	       (n = read(fd, *text + len, max - len)) > 0)
		len += (size_t)n;
	close(fd);
	if (*text && n >= 0 && len > 0)
		return EX_OK;
	free(*text);
	*text = NULL;
	complain("%s: no file of 1..%zu bytes", path, max);
	return EX_NOINPUT;
}

static int read_files(struct web *w)
{
	char *token;
	int ret;

	if (w->o.certificate) {
		ret = read_file(w->o.certificate, PEM_MAX, &w->certificate);
		if (!ret)
			ret = read_file(w->o.key, PEM_MAX, &w->key);
		if (ret)
			return ret;
	}
	if (!w->o.metrics_token)
		return EX_OK;
	ret = read_file(w->o.metrics_token, WEB_TOKEN_MAX, &token);
	if (ret)
		return ret;
	token[strcspn(token, "\r\n")] = '\0';
	strcpy(w->metrics_token, token);
	free(token);
	if (*w->metrics_token)
		return EX_OK;
	complain("%s: an empty token", w->o.metrics_token);
	return EX_NOINPUT;
}

static int bind_one(struct web *w, const struct listen_at *at, bool metrics,
		    int *fd)
{
	const struct sockaddr *sa = (const struct sockaddr *)&at->sa;
	char text[64];

	*fd = listen_open(at);
	if (*fd < 0) {
		listen_text(sa, text, sizeof(text));
		complain("%s port %u: %s", text, listen_port(sa),
			 strerror(-*fd));
		return EX_OSERR;
	}
	w->listeners[w->n_listeners++] = (struct listener){
		.web = w, .epoll = -1, .metrics_only = metrics,
		/* Who asks on the device itself may do without: a tunnel. */
		.tls = w->o.certificate != NULL,
	};
	return EX_OK;
}

int server_open(struct web *w, int fds[OPTIONS_LISTEN + 1])
{
	int ret = read_files(w);

	for (size_t i = 0; !ret && i < w->o.n_listen; i++)
		ret = bind_one(w, &w->o.listen[i], false, &fds[i]);
	if (!ret && w->o.metrics_apart)
		ret = bind_one(w, &w->o.metrics_at, true,
			       &fds[w->n_listeners]);
	return ret;
}

/* Beyond the phone nobody takes all places. */
static enum MHD_Result accept_client(void *cls, const struct sockaddr *sa,
				     socklen_t len)
{
	const struct web *w = ((const struct listener *)cls)->web;
	uint8_t key[LIMITER_KEY];
	size_t n = 0;

	(void)len;
	if (w->n_clients >= WEB_CLIENTS)
		return MHD_NO;
	if (listen_is_loopback(sa))
		return MHD_YES;
	listen_key(sa, key);
	for (const struct client *c = w->clients; c; c = c->next)
		n += !memcmp(c->key, key, sizeof(key));
	return n < WEB_CLIENTS_EACH ? MHD_YES : MHD_NO;
}

static void client_own(struct client *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		c->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	if (info && getsockname(info->connect_fd, (struct sockaddr *)&sa,
				&len) == 0)
		listen_text((struct sockaddr *)&sa, c->own, sizeof(c->own));
}

static void client_begins(struct listener *l, struct MHD_Connection *connection,
			  void **of)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct web *w = l->web;
	struct client *c = info ? calloc(1, sizeof(*c)) : NULL;

	/* Without one its requests are refused (request_take). */
	*of = c;
	if (!c)
		return;
	c->connection = connection;
	c->listener = l;
	c->deadline = mono_add_ms(clock_now(), WEB_READ_MS);
	c->loopback = listen_is_loopback(info->client_addr);
	listen_key(info->client_addr, c->key);
	client_own(c);
	c->next = w->clients;
	c->prev = &w->clients;
	if (c->next)
		c->next->prev = &c->next;
	w->clients = c;
	w->n_clients++;
}

static void client_ends(struct listener *l, struct client *c)
{
	if (!c)
		return;
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	l->web->n_clients--;
	free(c);
}

static void notice_client(void *cls, struct MHD_Connection *connection,
			  void **of, enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		client_begins(cls, connection, of);
	else
		client_ends(cls, *of);
}

/* What strangers can make the library complain of is for who looks for it. */
__attribute__((format(printf, 2, 0)))
static void library_says(void *cls, const char *fmt, va_list ap)
{
	char text[256];

	(void)cls;
	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\r\n")] = '\0';
	say(SAY_DEBUG, "http %s", text);
}

/* A zero byte would end the text before its end: such a text stays as it is,
 * and is no path or name of ours. */
static size_t unescape(void *cls, struct MHD_Connection *connection,
		       char *text)
{
	(void)cls;
	(void)connection;
	return strstr(text, "%00") ? strlen(text) : MHD_http_unescape(text);
}

static bool start(struct listener *l, int fd)
{
	struct web *w = l->web;
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
			     MHD_USE_ERROR_LOG | (l->tls ? MHD_USE_TLS : 0);
	/* Read only with MHD_USE_TLS; the list ends the array. */
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, w->certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, w->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};
	const union MHD_DaemonInfo *info;

	if (!l->tls)
		tls[0].option = MHD_OPTION_END;
	l->daemon = MHD_start_daemon(
		flags, 0, accept_client, l, request_take, l,
		MHD_OPTION_EXTERNAL_LOGGER, library_says, NULL,
		MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_CONNECTION, notice_client, l,
		MHD_OPTION_NOTIFY_COMPLETED, request_over, l,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)WEB_CLIENTS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)WEB_STALLED_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)WEB_HEAD_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
	if (!l->daemon)
		return false;
	info = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info)
		l->epoll = info->epoll_fd;
	return l->epoll >= 0;
}

int server_start(struct web *w, const int fds[OPTIONS_LISTEN + 1])
{
	struct sockaddr_storage sa;
	char text[64];

	for (size_t i = 0; i < w->n_listeners; i++) {
		struct listener *l = &w->listeners[i];
		socklen_t len = sizeof(sa);

		if (!start(l, fds[i])) {
			complain(l->tls ?
				 "the HTTP server does not start: are certificate and key in order?" :
				 "the HTTP server does not start");
			return EX_OSERR;
		}
		if (getsockname(fds[i], (struct sockaddr *)&sa, &len) != 0)
			return EX_OSERR;
		listen_text((struct sockaddr *)&sa, text, sizeof(text));
		say(SAY_INFO, "listening address=%s port=%u tls=%s what=%s",
		    text, listen_port((struct sockaddr *)&sa),
		    l->tls ? "yes" : "no", l->metrics_only ? "metrics" :
		    "page");
	}
	return EX_OK;
}

void server_stop(struct web *w)
{
	for (size_t i = 0; i < w->n_listeners; i++)
		if (w->listeners[i].daemon)
			MHD_stop_daemon(w->listeners[i].daemon);
	w->n_listeners = 0;
	free(w->certificate);
	if (w->key)
		secret_wipe(w->key, strlen(w->key));
	free(w->key);
	w->certificate = w->key = NULL;
}

/* The library's own time-out begins anew with each byte; this one does not. */
static void end_late(struct client *c)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		c->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	c->deadline = MONO_NEVER;
	if (info)
		shutdown(info->connect_fd, SHUT_RDWR);
}

void server_run(struct web *w, struct mono now)
{
	for (struct client *c = w->clients; c; c = c->next)
		if (mono_due(c->deadline, now))
			end_late(c);
	for (size_t i = 0; i < w->n_listeners; i++)
		MHD_run(w->listeners[i].daemon);
}

struct mono server_due(const struct web *w, struct mono now)
{
	struct mono due = MONO_NEVER;
	MHD_UNSIGNED_LONG_LONG ms;

	for (const struct client *c = w->clients; c; c = c->next)
		due = mono_min(due, c->deadline);
	for (size_t i = 0; i < w->n_listeners; i++)
		if (MHD_get_timeout(w->listeners[i].daemon, &ms) == MHD_YES)
			due = mono_min(due, mono_add_ms(now, ms));
	return due;
}
