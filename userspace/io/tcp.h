/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP flows: connect, accept, framed receive, ordered send, and what the own
 * socket says of its end; with TLS inside (io/tls.h) when tcp_secure() said so.
 * A flow is named by its number; 0 is none.
 */
#ifndef SIPOVER_IO_TCP_H
#define SIPOVER_IO_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/addr.h"
#include "ring.h"
#include "tcp_look.h"
#include "tls.h"

struct tcp;
typedef uint32_t tcp_flow;	/* slot and generation, 0: none */

struct tcp_ops {
	void (*connected)(void *ctx, tcp_flow f);
	/* One whole SIP message (codec/sip_parse.h sip_frame); keep-alives are
	 * answered (ping -> pong) and not delivered. */
	void (*received)(void *ctx, tcp_flow f, const char *buf, size_t len);
	/* The flow is gone and its number with it: connecting tells a failed
	 * connect or TLS handshake; error 0: FIN; -ECONNRESET, -ETIMEDOUT,
	 * -EPROTO (framing, TLS) ...; t->why tells what TLS failed of, "": it
	 * did not. */
	void (*closed)(void *ctx, tcp_flow f, bool connecting, int error);
	void (*accepted)(void *ctx, tcp_flow f);
	/* A single CRLF (RFC 5626 4.4.1); may be NULL. */
	void (*pong)(void *ctx, tcp_flow f);
};

struct tcp_stats {
	uint64_t connects, accepts, rx, tx, short_sends, fin, reset, failed,
		 bad_frames;
	uint64_t pings, refused;	/* answered; over flows_max */
};

struct tcp {
	struct ring *ring;
	const struct tcp_ops *ops;
	void *ctx;
	struct tcp_stats stats;
	char why[TLS_WHY_MAX];		/* for closed() */
	struct tcp_private *p;
};

int tcp_open(struct tcp *t, struct ring *r, unsigned int flows_max,
	     const struct tcp_ops *ops, void *ctx);
/* For more flows than before; 0 or -ENOMEM. */
int tcp_grow(struct tcp *t, unsigned int flows_max);
void tcp_close(struct tcp *t);

/* Listens on local (port filled in); may be called once per family. */
int tcp_listen(struct tcp *t, struct addr *local);

/* Starts a connect to the server from local's address (family NONE: any), any
 * port (with an address tcp_addresses() knows it at once, before the connect is
 * through); the flow number, or 0 with errno set.  user_timeout_ms:
 * TCP_USER_TIMEOUT, set before the connect. */
tcp_flow tcp_connect(struct tcp *t, const struct addr *to,
		     const struct addr *local, uint32_t user_timeout_ms);

/* The flow that tcp_connect() has just begun speaks TLS: connected() then means
 * that the handshake is through.  peer must outlive the ring's flows.  0 or
 * -errno. */
int tcp_secure(struct tcp *t, tcp_flow number, struct tls_peer *peer);

/* Queues a copy of buf; while connecting it waits.  0, -ENOTCONN (no such
 * flow), -ENOBUFS (more than 256 KiB waiting). */
int tcp_send(struct tcp *t, tcp_flow number, const void *buf, size_t len);

/* Ends the flow without a closed() callback; unsent bytes may be lost. */
void tcp_drop(struct tcp *t, tcp_flow number);

bool tcp_is_connected(const struct tcp *t, tcp_flow f);
/* One system call: not for every message. */
enum tcp_look tcp_look(const struct tcp *t, tcp_flow number);
/* Own and peer address of a flow; false: no such flow. */
bool tcp_addresses(const struct tcp *t, tcp_flow f, struct addr *local,
		   struct addr *peer);

#endif /* SIPOVER_IO_TCP_H */
