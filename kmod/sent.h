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

/*
 * UDP length of what is no message but a keep-alive (RFC 5626 4.4.1): up to 4
 * bytes that anybody can write down, and their checksum.
 */
#define SIPOVER_SENT_KNOWN 12

/*
 * So much of a datagram's text is marked; with the headers in front of it, it
 * fits SIPOVER_PARSE_MAX.  SIP has its branch there.
 */
#define SIPOVER_MARKED 192

/*
 * A miss is an error that quotes all of a record but its checksum: one guess of
 * 65535, or a NAT's mistake.  Each is forgiven after a time.  While there are
 * so many that are not, the checksum alone is no proof (docs/security.md).
 */
#define SIPOVER_MISSES 32
#define SIPOVER_MISS_NS (2 * (u64)NSEC_PER_SEC)

/**
 * struct sipover_sent - one datagram
 *
 * @saddr: our address, unused bytes zero
 * @time: when; 0: the entry is empty
 * @sport: our port
 * @csum: UDP checksum as on the wire
 * @id: IPv4 identification as on the wire, 0 for IPv6
 * @len: UDP length, host order
 * @mark: of how its text begins: what errors can prove that quote more than
 *	the UDP header
 * @no_csum: @csum proves nothing: 0 by the sender's wish, or not known
 * @used: was quoted by an error of grade strong or local; one per datagram
 * @hinted: was quoted with its id and another checksum; likewise.  A guess of
 *	the id takes nothing from the error that quotes the checksum.
 */
struct sipover_sent {
	union nf_inet_addr saddr;
	u64 time;
	__be16 sport;
	__sum16 csum;
	__be16 id;
	u16 len;
	u32 mark;
	bool no_csum;
	bool used;
	bool hinted;
};

/**
 * struct sipover_claim - what an ICMP error says of a datagram
 *
 * @q: what it quotes, UDP
 * @text: the quoted text
 * @text_len: how much of it is at @text
 * @loopback: the error came in by a loopback device
 * @own_failure: and says that this host could not deliver it
 * @now: CLOCK_BOOTTIME ns
 */
struct sipover_claim {
	const struct sipover_quote *q;
	const u8 *text;
	u32 text_len;
	bool loopback;
	bool own_failure;
	u64 now;
};

/**
 * struct sipover_ring - the records of one server
 *
 * @size: entries, a power of two
 * @next: entry to be overwritten next
 * @hint: when a record last matched by its id, 0: never
 * @missed: when all misses are forgiven
 * @recorded: datagrams recorded
 * @overrun: datagrams not recorded for want of room
 * @rec: entries
 */
struct sipover_ring {
	u32 size;
	u32 next;
	u64 hint;
	u64 missed;
	u64 recorded;
	u64 overrun;
	struct sipover_sent rec[];
};

struct sipover_ring *sipover_ring_alloc(u32 size);
void sipover_ring_copy(struct sipover_ring *to,
		       const struct sipover_ring *from);
void sipover_ring_add(struct sipover_ring *ring,
		      const struct sipover_sent *sent);
u32 sipover_sent_mark(const u8 *text, u32 len);
enum sipover_grade sipover_ring_grade(struct sipover_ring *ring,
				      const struct sipover_claim *claim);

#endif /* SIPOVER_SENT_H */
