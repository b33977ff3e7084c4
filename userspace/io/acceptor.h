/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A listening socket on the ring: multishot accept or one after the other, and
 * a pause of a second when descriptors or memory run out.
 */
#ifndef SIPOVER_IO_ACCEPTOR_H
#define SIPOVER_IO_ACCEPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "ring.h"

struct acceptor {
	struct ring *ring;
	enum ring_op op;
	uint32_t slot;
	int fd;			/* listening; -1: stopped */
	bool armed, pausing;
	unsigned int in_flight;	/* the owner's memory lives until it is 0 */
};

/* Takes fd over; completions come to op's handler with that slot. */
void acceptor_start(struct acceptor *a, struct ring *r, enum ring_op op,
		    uint32_t slot, int fd);

/* What the handler calls first: goes on accepting and returns the connection,
 * -1: none. */
int acceptor_handle(struct acceptor *a, const struct ring_cqe *cqe);

/* Closes the socket and cancels what is under way. */
void acceptor_stop(struct acceptor *a);

#endif /* SIPOVER_IO_ACCEPTOR_H */
