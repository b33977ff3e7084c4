// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/udp.h>

#include "sent.h"

#ifdef SIPOVER_BREAK_FORGIVE
#undef SIPOVER_MISS_NS
#define SIPOVER_MISS_NS (3600 * (u64)NSEC_PER_SEC)
#endif

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
	to->hint = from->hint;
	to->missed = from->missed;
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
	/* There may be room behind: the next datagram looks there. */
#ifndef SIPOVER_BREAK_STUCK
	ring->next = (ring->next + RING_PROBES) & (ring->size - 1);
#endif
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

static void ring_miss(struct sipover_ring *ring, u64 now)
{
	u64 from = max(ring->missed, now);

	/* However long a flood was: over when half of these are forgiven. */
	ring->missed = min(from + SIPOVER_MISS_NS,
			   now + 2 * SIPOVER_MISSES * SIPOVER_MISS_NS);
}

/* Are so many misses not forgiven yet that the next hit may be luck? */
static bool ring_flooded(const struct sipover_ring *ring, u64 now)
{
#ifdef SIPOVER_BREAK_BUDGET
	return false;
#endif
	return ring->missed > now + (SIPOVER_MISSES - 1) * SIPOVER_MISS_NS;
}

/**
 * sipover_sent_mark() - 32 bits that stand for a text
 * @text: as sent, or as quoted
 * @len: bytes, at most SIPOVER_MARKED
 *
 * Not secret, and need not be: whoever knows the text can forge all.  Whoever
 * lacks a part of it has to guess that, or these bits.
 *
 * Return: the same for the same text, on this host
 */
u32 sipover_sent_mark(const u8 *text, u32 len)
{
	u64 mark = len, word;

	for (; len >= sizeof(word); len -= sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		text += sizeof(word);
		mark = (mark ^ word) * GOLDEN_RATIO_64;
		mark ^= mark >> 32;
	}
	for (; len; len--) {
		mark = (mark ^ *text++) * GOLDEN_RATIO_64;
		mark ^= mark >> 32;
	}
	return (u32)mark;
}

/* Does it quote the text as well, as far as that is marked? */
static bool sent_proven(const struct sipover_sent *rec,
			const struct sipover_claim *claim)
{
	u32 len = min_t(u32, rec->len - sizeof(struct udphdr), SIPOVER_MARKED);

#ifdef SIPOVER_BREAK_MARK
	return claim->text_len >= len;
#endif
	return claim->text_len >= len &&
	       sipover_sent_mark(claim->text, len) == rec->mark;
}

/* Whether its equal checksum may have been guessed. */
static bool sent_doubted(const struct sipover_ring *ring,
			 const struct sipover_sent *rec,
			 const struct sipover_claim *claim)
{
#ifndef SIPOVER_BREAK_KNOWN
	if (rec->len <= SIPOVER_SENT_KNOWN)
		return true;
#endif
	return ring_flooded(ring, claim->now) && !sent_proven(rec, claim);
}

/* Only the id is equal: counts when it is the second such record. */
static enum sipover_grade ring_hint(struct sipover_ring *ring,
				    struct sipover_sent *rec, u64 now)
{
	bool second = ring->hint && now - ring->hint <= SIPOVER_SENT_AGE;

	if (rec->hinted)
		return SIPOVER_GRADE_WEAK;
	rec->hinted = true;
	ring->hint = now;
	return second ? SIPOVER_GRADE_MEDIUM : SIPOVER_GRADE_WEAK;
}

/**
 * sipover_ring_grade() - how well an ICMP error is tied to a datagram sent
 * @ring: the quoted destination's records
 * @claim: the error
 *
 * The record found is used up by grades STRONG and LOCAL.  Whoever has only
 * guessed, and so gets less, takes nothing from the genuine error.
 *
 * Return: NONE if nothing was sent that fits addresses, ports and length
 */
enum sipover_grade sipover_ring_grade(struct sipover_ring *ring,
				      const struct sipover_claim *claim)
{
	const struct sipover_quote *q = claim->q;
	struct sipover_sent *rec;

#ifdef SIPOVER_BREAK_GRADE
	return SIPOVER_GRADE_STRONG;
#endif
	rec = ring_find(ring, q, claim->now);
	if (!rec)
		return SIPOVER_GRADE_NONE;
	if (sent_csum_equal(rec, q)) {
		/* Nobody but this host sends by its loopback device. */
		if (!claim->loopback && sent_doubted(ring, rec, claim))
			return SIPOVER_GRADE_MEDIUM;
		rec->used = true;
		return claim->own_failure ? SIPOVER_GRADE_LOCAL :
					    SIPOVER_GRADE_STRONG;
	}
	if (claim->loopback) {
		rec->used = true;
		return SIPOVER_GRADE_LOCAL;
	}
	ring_miss(ring, claim->now);
	if (q->ip_id && (__force u16)rec->id == q->ip_id)
		return ring_hint(ring, rec, claim->now);
	return SIPOVER_GRADE_WEAK;
}
