/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIP messages as a pcapng file (draft-ietf-opsawg-pcapng): each as if it had
 * been captured, in IP and UDP or TCP headers made up around it with the real
 * addresses.  What went by TLS is written as TCP, and a comment says so.
 */
#ifndef SIPOVER_TOOLS_PCAPNG_H
#define SIPOVER_TOOLS_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/addr.h"

/* A TCP connection's two directions have positions of their own. */
struct pcapng_flow {
	struct addr own, peer;
	uint32_t out, in;	/* the next byte's number */
};

struct pcapng {
	FILE *f;
	struct pcapng_flow *flow;
	size_t flows;
};

struct pcapng_message {
	uint64_t unix_ns;
	bool sent;
	struct addr own, peer;	/* family NONE: written as all zeroes */
	const unsigned char *bytes;
	size_t len;
};

/* Both: false: it could not be written, or no memory. */
bool pcapng_begin(struct pcapng *p, FILE *f);
/* A message without a peer, or too long for one datagram, is left out. */
bool pcapng_put(struct pcapng *p, const struct pcapng_message *m);
void pcapng_end(struct pcapng *p);

#endif /* SIPOVER_TOOLS_PCAPNG_H */
