/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The servers whose watch the agent wants, and how far each watch is: wanted
 * and real come together by what watches_due() says to do next.
 */
#ifndef SIPOVER_IO_WATCHES_H
#define SIPOVER_IO_WATCHES_H

#include <stdbool.h>
#include <stdint.h>

#include "../core/addr.h"
#include "../core/lookup.h"

enum watch_state {
	WATCH_UNUSED,
	WATCH_NEW,		/* to be added */
	WATCH_ADDING,
	WATCH_ON,
	WATCH_DELETING,
	WATCH_REFUSED,
};

struct watch {
	enum watch_state state;		/* watches_set() only */
	bool wanted;
	struct addr addr;
	uint32_t id;			/* 0: not known yet */
	/* Wanted, asked for last, and what the kernel has at least. */
	uint32_t ring_size, ring_asked, ring_has;
	int error;			/* refused: -errno */
};

struct watches {
	struct watch *watch;
	uint32_t slots, wanted, wanted_max;
	struct lookup by_addr;
	/* None before these is unused, to be deleted or added, or wanted and
	 * not on: an event looks at no watch but its own. */
	uint32_t unused, del, add, off;
	bool no_room;		/* some were refused for want of it */
};

/* 0 or -ENOMEM. */
int watches_init(struct watches *t, uint32_t wanted_max);
/* For more than before; they move.  0 or -ENOMEM. */
int watches_grow(struct watches *t, uint32_t wanted_max);
void watches_free(struct watches *t);

/* NULL: none.  TCP and TLS are the same to the kernel. */
struct watch *watches_find(const struct watches *t, const struct addr *a);

/*
 * 0, -EALREADY, -ENOSPC, -EINVAL; the watch in *found.  One with a smaller ring
 * is deleted and added anew: the kernel enlarges it for a new watch only, and
 * keeps what it knows meanwhile.
 */
int watches_want(struct watches *t, const struct addr *a, uint32_t ring_size,
		 struct watch **found);
void watches_unwant(struct watches *t, const struct addr *a);

/* How far it is; id 0: not known yet. */
void watches_set(struct watches *t, struct watch *w, enum watch_state state,
		 uint32_t id);

/* The next watch to delete (*del) or else to add; NULL: neither. */
struct watch *watches_due(struct watches *t, bool *del);

/* True: every wanted one is on. */
bool watches_all_on(struct watches *t);

/* An add was refused; true: of one that is (still) wanted, and not to be asked
 * for again with the ring that it had. */
bool watches_refuse(struct watches *t, struct watch *w, int error);

/* A watch has ended: there may be room for those refused for want of it. */
void watches_ended(struct watches *t, struct watch *w);

/* The kernel has forgotten all of them. */
void watches_forget(struct watches *t);

#endif /* SIPOVER_IO_WATCHES_H */
