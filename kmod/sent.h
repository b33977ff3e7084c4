/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * Datagrams really sent to a server, so that an ICMP error can be tied to one
 * of them.  Callers hold the server's lock; times are CLOCK_BOOTTIME ns.
 */
#ifndef SIPOVER_SENT_H
#define SIPOVER_SENT_H

#include <linux/netfilter.h>
#include <linux/time64.h>
#include <linux/types.h>

#include <linux/sipover.h>

#include "parse.h"

/*
 * Older records tie nothing.  A neighbour failure reports a datagram a good
 * 3 s after it was sent.
 */
#define SIPOVER_SENT_AGE (10 * (u64)NSEC_PER_SEC)

/* Younger records that have tied nothing yet are not overwritten. */
#define SIPOVER_SENT_YOUNG (2 * (u64)NSEC_PER_SEC)

/**
 * struct sipover_sent - one datagram
 *
 * @saddr: our address, unused bytes zero
 * @time: when; 0: the entry is empty
 * @sport: our port
 * @csum: UDP checksum as on the wire
 * @id: IPv4 identification as on the wire, 0 for IPv6
 * @len: UDP length, host order
 * @no_csum: @csum proves nothing: 0 by the sender's wish, or not known
 * @used: was quoted with its checksum or id, or by this host itself; one error
 *	per datagram, a first one of grade medium too, though it counts as weak
 */
struct sipover_sent {
	union nf_inet_addr saddr;
	u64 time;
	__be16 sport;
	__sum16 csum;
	__be16 id;
	u16 len;
	bool no_csum;
	bool used;
};

/**
 * struct sipover_ring - the records of one server
 *
 * @size: entries, a power of two
 * @next: entry to be overwritten next
 * @medium: when a record last matched with grade medium, 0: never
 * @recorded: datagrams recorded
 * @overrun: datagrams not recorded for want of room
 * @rec: entries
 */
struct sipover_ring {
	u32 size;
	u32 next;
	u64 medium;
	u64 recorded;
	u64 overrun;
	struct sipover_sent rec[];
};

struct sipover_ring *sipover_ring_alloc(u32 size);
void sipover_ring_copy(struct sipover_ring *to,
		       const struct sipover_ring *from);
void sipover_ring_add(struct sipover_ring *ring,
		      const struct sipover_sent *sent);
enum sipover_grade sipover_ring_grade(struct sipover_ring *ring,
				      const struct sipover_quote *q,
				      bool loopback, bool own_failure, u64 now);

#endif /* SIPOVER_SENT_H */
