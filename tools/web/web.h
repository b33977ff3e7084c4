/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sipover-web: one process, one thread, one loop.  libmicrohttpd's own sockets
 * are looked after by the loop (external polling by its epoll descriptor), so
 * nothing here needs a lock.
 */
#ifndef SIPOVER_WEB_WEB_H
#define SIPOVER_WEB_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include "control.h"
#include "feed.h"
#include "limiter.h"
#include "options.h"
#include "page.h"
#include "secret.h"
#include "session.h"

/* A connection's limits; docs/web.md has them all. */
#define WEB_CLIENTS 256
#define WEB_CLIENTS_EACH 32	/* from one address beyond the phone */
#define WEB_STREAMS 128
#define WEB_HEAD_BYTES 16384
#define WEB_READ_MS 20000	/* the whole request, from its first byte on */
#define WEB_ANSWER_MS 60000
#define WEB_STALLED_S 30	/* nothing goes in or out */
#define WEB_BEAT_MS 10000	/* of a stream without events */
#define WEB_TOKEN_MAX 512

struct web;

struct listener {
	struct web *web;
	struct MHD_Daemon *daemon;
	int epoll;
	bool tls;
	bool metrics_only;
};

/* One connection, from its beginning on. */
struct client {
	struct client *next, **prev;
	struct MHD_Connection *connection;
	struct listener *listener;
	struct mono deadline;
	uint8_t key[LIMITER_KEY];	/* whose it is, to the limits */
	bool loopback;
	char own[64];			/* the address that it came to */
};

struct stream;

struct web {
	struct options o;
	struct page page;
	struct control control;
	struct feed feed;
	struct sessions sessions;
	struct limiter limiter;
	struct secret_stamp stamp;	/* of the password's file */
	char metrics_token[WEB_TOKEN_MAX + 1];
	char *certificate, *key;
	struct listener listeners[OPTIONS_LISTEN + 1];
	size_t n_listeners;
	struct client *clients;
	size_t n_clients;
	struct stream *streams;
	size_t n_streams;
};

#endif /* SIPOVER_WEB_WEB_H */
