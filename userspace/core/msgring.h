/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last messages, whole, with addresses and the moment, and what happened
 * between them.  The memory is the owner's and fixed; what is new overwrites
 * what is oldest, entry by entry.
 *
 * What one put costs: a copy of the message and of 64 bytes, and a step for
 * each old entry that gives way, at most len / 64 + 2 of them; nothing is
 * searched, nothing allocated.
 */
#ifndef SIPOVER_CORE_MSGRING_H
#define SIPOVER_CORE_MSGRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "mono.h"

#define MSGRING_NO_LINE UINT32_MAX

enum msgring_kind {
	MSGRING_RECEIVED,
	MSGRING_SENT,
	MSGRING_EVENT,		/* text: "health up -> down" */
	MSGRING_KINDS
};

struct msgring_entry {
	struct mono at;
	uint32_t line;		/* MSGRING_NO_LINE: of none, or not known */
	uint32_t len;		/* of what follows */
	struct addr own;	/* family NONE: not known */
	struct addr peer;	/* likewise; event: the server's address */
	uint8_t kind;		/* enum msgring_kind */
	uint8_t pad[7];
};

struct msgring {
	unsigned char *mem;
	size_t size;
	size_t head, tail;	/* of the next, of the oldest */
	size_t end;		/* wrapped: of the part that ends last */
	bool wrapped;		/* head is before tail */
	uint64_t first, next;	/* numbers: of the oldest, of the next */
	struct {
		uint64_t number;	/* 0: none yet */
		size_t off;
	} last[MSGRING_KINDS];
	uint64_t left_out;	/* longer than all of it */
};

/* mem: aligned for a uint64_t; size 0: keeps nothing, and neither
 * does a zeroed struct. */
void msgring_init(struct msgring *r, void *mem, size_t size);

/* Copies e and its e->len bytes; false: they have no room at all. */
bool msgring_put(struct msgring *r, const struct msgring_entry *e,
		 const void *bytes);

/* Says whose the newest entry of that kind is, if it is still there. */
void msgring_set_line(struct msgring *r, enum msgring_kind kind, uint32_t line);

/* Its number is another line's from now on: its entries are of none. */
void msgring_forget(struct msgring *r, uint32_t line);

/* The entry after e, from the oldest (NULL) on; NULL: that was the newest.
 * Valid until the next put. */
const struct msgring_entry *msgring_next(const struct msgring *r,
					 const struct msgring_entry *e);

static inline const char *msgring_bytes(const struct msgring_entry *e)
{
	return (const char *)(e + 1);
}

#endif /* SIPOVER_CORE_MSGRING_H */
