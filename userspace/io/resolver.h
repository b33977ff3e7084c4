/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Questions to the DNS, by c-ares: it sends and receives on its own sockets,
 * repeats, changes to TCP when an answer was cut, goes on to the next name
 * server, and drops what has a wrong number, question or sender.  The ring
 * only polls for it (the one exception to "all I/O on the ring").
 *
 * An answer is handed on as bytes: what it says is codec/dns.c's.
 */
#ifndef SIPOVER_IO_RESOLVER_H
#define SIPOVER_IO_RESOLVER_H

#include <stddef.h>
#include <stdint.h>

#include "../core/addr.h"
#include "../core/mono.h"
#include "../core/rr.h"
#include "ring.h"

#define RESOLVER_SERVERS_MAX 4
#define RESOLVER_QUERIES_MAX 64		/* under way at a time */
#define RESOLVER_TIMEOUT_MS 1500	/* the first try at a server; then double */
#define RESOLVER_TRIES 2		/* of each server */

struct resolver_ops {
	/* To each question that resolver_ask() took, once, never from inside
	 * it.  buf NULL: no answer. */
	void (*answered)(void *ctx, uint64_t id, const uint8_t *buf,
			 size_t len);
};

struct resolver_stats {
	uint64_t queries, answers, failed, timeouts, refused;
};

struct resolver_private;

struct resolver {
	struct resolver_private *p;
	struct resolver_stats stats;
};

/* server: n name servers (0: those of /etc/resolv.conf, which is read again
 * when it has changed); port 0: 53.  0 or -errno. */
int resolver_open(struct resolver *r, struct ring *ring,
		  const struct addr *server, unsigned int n,
		  const struct resolver_ops *ops, void *ctx);

/* No answer comes any more. */
void resolver_close(struct resolver *r);

/* 0, or -EBUSY: too many under way, -EIO: it cannot be sent. */
int resolver_ask(struct resolver *r, uint64_t id, const char *name,
		 enum rr_type type);

/* When resolver_expire() has to be called; MONO_NEVER: nothing is under way. */
struct mono resolver_next_expiry(const struct resolver *r, struct mono now);
void resolver_expire(struct resolver *r);

#endif /* SIPOVER_IO_RESOLVER_H */
