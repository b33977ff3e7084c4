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

enum watch_state {
	WATCH_UNUSED,
	WATCH_NEW,		/* to be added */
	WATCH_ADDING,
	WATCH_ON,
	WATCH_DELETING,
	WATCH_REFUSED,
};

struct watch {
	enum watch_state state;
	bool wanted;
	struct addr addr;
	uint32_t ring_size, id;		/* id 0: not known yet */
	int error;			/* refused: -errno */
};

struct watches {
	struct watch *watch;
	uint32_t slots, wanted, wanted_max;
};

/* 0 or -ENOMEM. */
int watches_init(struct watches *t, uint32_t wanted_max);
void watches_free(struct watches *t);

/* NULL: none.  TCP and TLS are the same to the kernel. */
struct watch *watches_find(const struct watches *t, const struct addr *a);

/* 0, -EALREADY, -ENOSPC, -EINVAL; the watch in *found. */
int watches_want(struct watches *t, const struct addr *a, uint32_t ring_size,
		 struct watch **found);
void watches_unwant(struct watches *t, const struct addr *a);

/* The next watch to delete (*del) or else to add; NULL: neither. */
struct watch *watches_due(const struct watches *t, bool *del);

/* True: every wanted one is on. */
bool watches_all_on(const struct watches *t);

/* An add was refused; true: of one that is (still) wanted. */
bool watches_refuse(struct watch *w, int error);

/* A watch has ended: there may be room for those refused for want of it. */
void watches_ended(struct watches *t, struct watch *w);

/* The kernel has forgotten all of them. */
void watches_forget(struct watches *t);

#endif /* SIPOVER_IO_WATCHES_H */
