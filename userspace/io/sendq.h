/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes that wait to be sent on a stream, in order: one buffer is the kernel's,
 * the other one takes what is added meanwhile.  Both are kept and grow.
 */
#ifndef SIPOVER_IO_SENDQ_H
#define SIPOVER_IO_SENDQ_H

#include <stddef.h>

struct sendq {
	char *out, *next;
	size_t out_at, out_len, out_size;	/* out_at: sent so far */
	size_t next_len, next_size;
};

/* Makes room ahead of need; 0 or -ENOMEM. */
int sendq_reserve(struct sendq *q, size_t size);

/* Copies buf behind what waits; 0, -ENOBUFS (more than max would wait),
 * -ENOMEM. */
int sendq_add(struct sendq *q, const void *buf, size_t len, size_t max);

/* What to send now, *len bytes; NULL: nothing.  The bytes stay where they are
 * until sendq_sent(). */
const char *sendq_head(struct sendq *q, size_t *len);
void sendq_sent(struct sendq *q, size_t n);

size_t sendq_waiting(const struct sendq *q);

/* Forgets what waits; buffers over keep bytes are given back. */
void sendq_reset(struct sendq *q, size_t keep);
void sendq_free(struct sendq *q);

#endif /* SIPOVER_IO_SENDQ_H */
