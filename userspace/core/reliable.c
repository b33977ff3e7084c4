// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "reliable.h"

bool reliable_seen(struct reliable *r, uint64_t dialog, uint32_t rseq)
{
	if (!rseq)
		return false;
	for (int i = 0; i < RELIABLE_DIALOGS; i++) {
		if (r->rseq[i] && r->dialog[i] != dialog)
			continue;
		/* Any number begins; a gap is what was lost and will come
		 * again, a number from before has its PRACK on the way. */
		if (r->rseq[i] && rseq != r->rseq[i] + 1)
			return false;
		r->dialog[i] = dialog;
		r->rseq[i] = rseq;
		return true;
	}
	return false;
}
