// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sent.h"

/* Entries looked at for one that may be overwritten: bounds a sender's cost. */
#define RING_PROBES 8

/**
 * sipover_ring_alloc() - an empty ring
 * @size: entries, a power of two
 *
 * May sleep.
 *
 * Return: to be freed by kvfree(), or NULL
 */
struct sipover_ring *sipover_ring_alloc(u32 size)
{
	struct sipover_ring *ring;

	ring = kvzalloc(struct_size(ring, rec, size), GFP_KERNEL_ACCOUNT);
	if (ring)
		ring->size = size;
	return ring;
}

/**
 * sipover_ring_copy() - move a server to a larger ring
 * @to: empty, not smaller than @from
 * @from: stays as it is
 */
void sipover_ring_copy(struct sipover_ring *to, const struct sipover_ring *from)
{
	u32 i;

	for (i = 0; i < from->size; i++)
		to->rec[i] = from->rec[(from->next + i) & (from->size - 1)];
	to->next = from->size & (to->size - 1);
	to->medium = from->medium;
	to->recorded = from->recorded;
	to->overrun = from->overrun;
}

/**
 * sipover_ring_add() - record a datagram
 * @ring: where
 * @sent: the datagram
 *
 * A burst is answered for its first datagrams only (senders of ICMP errors
 * limit their rate), so these stay, and what finds no room is not recorded.
 */
void sipover_ring_add(struct sipover_ring *ring,
		      const struct sipover_sent *sent)
{
	struct sipover_sent *rec;
	u32 i, at;

	for (i = 0; i < RING_PROBES; i++) {
#ifdef SIPOVER_BREAK_RING
		ring->rec[ring->next & (ring->size - 1)].used = true;
#endif
		at = (ring->next + i) & (ring->size - 1);
		rec = &ring->rec[at];
		if (rec->time && !rec->used &&
		    sent->time - rec->time < SIPOVER_SENT_YOUNG)
			continue;
		*rec = *sent;
		ring->next = (at + 1) & (ring->size - 1);
		ring->recorded++;
		return;
	}
	ring->overrun++;
}

static bool sent_matches(const struct sipover_sent *rec,
			 const struct sipover_quote *q, u64 now)
{
#ifdef SIPOVER_BREAK_AGE
	now = rec->time;
#endif
	return rec->time && !rec->used && rec->sport == q->sport &&
	       rec->len == q->udp_len &&
	       now - rec->time <= SIPOVER_SENT_AGE &&
	       !memcmp(&rec->saddr, q->src, sizeof(q->src));
}

static bool sent_csum_equal(const struct sipover_sent *rec,
			    const struct sipover_quote *q)
{
#ifdef SIPOVER_BREAK_NO_CSUM
	return (__force u16)rec->csum == q->udp_csum;
#endif
	return !rec->no_csum && q->udp_csum &&
	       (__force u16)rec->csum == q->udp_csum;
}

/* The unused record that @q quotes, best tied first; NULL if there is none. */
static struct sipover_sent *ring_find(struct sipover_ring *ring,
				      const struct sipover_quote *q, u64 now)
{
	struct sipover_sent *rec, *found = NULL;
	u32 i;

	for (i = 1; i <= ring->size; i++) {
		rec = &ring->rec[(ring->next - i) & (ring->size - 1)];
		if (!sent_matches(rec, q, now))
			continue;
		if (sent_csum_equal(rec, q))
			return rec;
		if (!found || (q->ip_id && (__force u16)rec->id == q->ip_id))
			found = rec;
	}
	return found;
}

/**
 * sipover_ring_grade() - how well an ICMP error is tied to a datagram sent
 * @ring: the quoted destination's records
 * @q: what the error quotes, UDP
 * @loopback: the error came in by a loopback device
 * @own_failure: and says that this host could not deliver it
 * @now: CLOCK_BOOTTIME ns
 *
 * The record found is used up, unless nothing but addresses, ports and length
 * match.  A first MEDIUM match is reported WEAK; only a second one, of another
 * record and within SIPOVER_SENT_AGE, counts.
 *
 * Return: NONE if nothing was sent that fits addresses, ports and length
 */
enum sipover_grade sipover_ring_grade(struct sipover_ring *ring,
				      const struct sipover_quote *q,
				      bool loopback, bool own_failure, u64 now)
{
	struct sipover_sent *rec;
	bool second;

#ifdef SIPOVER_BREAK_GRADE
	return SIPOVER_GRADE_STRONG;
#endif
	rec = ring_find(ring, q, now);
	if (!rec)
		return SIPOVER_GRADE_NONE;
	if (sent_csum_equal(rec, q)) {
		rec->used = true;
		return own_failure ? SIPOVER_GRADE_LOCAL : SIPOVER_GRADE_STRONG;
	}
	if (loopback) {
		rec->used = true;
		return SIPOVER_GRADE_LOCAL;
	}
	if (q->ip_id && (__force u16)rec->id == q->ip_id) {
		rec->used = true;
		second = ring->medium && now - ring->medium <= SIPOVER_SENT_AGE;
		ring->medium = now;
		return second ? SIPOVER_GRADE_MEDIUM : SIPOVER_GRADE_WEAK;
	}
	return SIPOVER_GRADE_WEAK;
}
