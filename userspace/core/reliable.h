/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which reliable provisional responses to our INVITE are to be acknowledged by
 * PRACK (RFC 3262 4): each once, in the order of their RSeq, early dialog by
 * early dialog.
 */
#ifndef SIPOVER_CORE_RELIABLE_H
#define SIPOVER_CORE_RELIABLE_H

#include <stdbool.h>
#include <stdint.h>

#define RELIABLE_DIALOGS 4	/* forks told apart; those after them are not
				 * acknowledged */

struct reliable {
	uint64_t dialog[RELIABLE_DIALOGS];	/* hash of the To tag */
	uint32_t rseq[RELIABLE_DIALOGS];	/* the last one; 0: unused */
};

/* A response with that RSeq (0: none) came in the early dialog: whether it is to
 * be acknowledged.  A zeroed struct begins an INVITE. */
bool reliable_seen(struct reliable *r, uint64_t dialog, uint32_t rseq);

#endif /* SIPOVER_CORE_RELIABLE_H */
