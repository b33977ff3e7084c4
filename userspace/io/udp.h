/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One unconnected UDP socket for all servers of a family.  Without the module
 * its error queue (IP_RECVERR, MSG_ERRQUEUE) delivers the ICMP errors.
 * On a shared socket an ICMP error from A can fail the first send to B: such a
 * send is repeated at once (design, "Daemon").
 */
#ifndef SIPOVER_IO_UDP_H
#define SIPOVER_IO_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/addr.h"
#include "ring.h"

struct udp;

/* One ICMP error from the error queue; pointers are valid in the callback. */
struct udp_icmp {
	struct mono now;
	struct addr server;	/* destination of the datagram quoted */
	struct addr offender;	/* family NONE: unknown (own stack) */
	bool local;		/* SO_EE_ORIGIN_LOCAL, or offender is this host */
	uint8_t type, code;	/* of the family's ICMP */
	int error;		/* errno, for the log only */
	const uint8_t *quote;	/* SIP bytes that were sent */
	size_t quote_len;
};

struct udp_ops {
	void (*received)(void *ctx, struct udp *u, const struct addr *from,
			 const char *buf, size_t len);
	/* A datagram could not be sent at all (-errno), after the repeat. */
	void (*send_failed)(void *ctx, struct udp *u, const struct addr *to,
			    int error, const char *buf, size_t len);
	void (*icmp)(void *ctx, struct udp *u, const struct udp_icmp *e);
};

struct udp_stats {
	uint64_t rx, tx, tx_retried, tx_failed, truncated, icmp, icmp_bad;
	uint64_t tx_full;	/* -ENOBUFS from udp_send() */
};

/* struct udp: defined here so that the agent can hold two of them; fields are
 * the implementation's. */
struct udp_private;
struct udp {
	struct ring *ring;
	const struct udp_ops *ops;
	void *ctx;
	uint8_t family;			/* enum addr_family */
	struct addr local;		/* port filled in after bind */
	bool recverr;
	struct udp_stats stats;
	struct udp_private *p;
};

/* Binds local and starts receiving.  slot: 0 for IPv4, 1 for IPv6 (buffer
 * group, user_data).  0 or -errno. */
int udp_open(struct udp *u, struct ring *r, unsigned int slot,
	     const struct addr *local, bool recverr, const struct udp_ops *ops,
	     void *ctx);
void udp_close(struct udp *u);

/* Copies buf and sends it; 0, -ENOBUFS when too much is under way, -EMSGSIZE,
 * -EAFNOSUPPORT (to is of the other family). */
int udp_send(struct udp *u, const struct addr *to, const void *buf, size_t len);

/* Switches the error queue on or off (the module takes over).  What waits in it
 * when it is switched off is still delivered, from the loop. */
void udp_set_recverr(struct udp *u, bool on);

#endif /* SIPOVER_IO_UDP_H */
