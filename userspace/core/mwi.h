/* SPDX-License-Identifier: BSD-2-Clause */
/* What waits in a mailbox (RFC 3842).  A value. */
#ifndef SIPOVER_CORE_MWI_H
#define SIPOVER_CORE_MWI_H

#include <stdbool.h>
#include <stdint.h>

struct mwi {
	bool known;	/* somebody told */
	bool waiting;	/* Messages-Waiting: yes */
	bool counted;	/* there is a Voice-Message line */
	uint32_t fresh, old;	/* voice messages */
	uint32_t urgent_fresh, urgent_old;	/* of these the urgent ones */
};

static inline bool mwi_equal(const struct mwi *a, const struct mwi *b)
{
	return a->known == b->known && a->waiting == b->waiting &&
	       a->counted == b->counted && a->fresh == b->fresh &&
	       a->old == b->old && a->urgent_fresh == b->urgent_fresh &&
	       a->urgent_old == b->urgent_old;
}

#endif /* SIPOVER_CORE_MWI_H */
