// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "sendq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int grow(char **buf, size_t *size, size_t need)
{
	size_t n = *size ? *size : 1024;
	char *more;

	if (need <= *size)
		return 0;
	while (n < need)
		n *= 2;
	more = realloc(*buf, n);
	if (!more)
		return -ENOMEM;
	*buf = more;
	*size = n;
	return 0;
}

int sendq_reserve(struct sendq *q, size_t size)
{
	int ret = grow(&q->next, &q->next_size, size);

	if (!ret && !q->out_len)
		ret = grow(&q->out, &q->out_size, size);
	return ret;
}

size_t sendq_waiting(const struct sendq *q)
{
	return q->out_len - q->out_at + q->next_len;
}

int sendq_add(struct sendq *q, const void *buf, size_t len, size_t max)
{
	int ret;

	if (!len)
		return 0;
	if (len > max || sendq_waiting(q) > max - len)
		return -ENOBUFS;
	ret = grow(&q->next, &q->next_size, q->next_len + len);
	if (ret)
		return ret;
	memcpy(q->next + q->next_len, buf, len);
	q->next_len += len;
	return 0;
}

const char *sendq_head(struct sendq *q, size_t *len)
{
	if (q->out_at == q->out_len) {
		char *out = q->out;
		size_t size = q->out_size;

		q->out = q->next;
		q->out_size = q->next_size;
		q->out_len = q->next_len;
		q->out_at = 0;
		q->next = out;
		q->next_size = size;
		q->next_len = 0;
	}
	*len = q->out_len - q->out_at;
	return *len ? q->out + q->out_at : NULL;
}

void sendq_sent(struct sendq *q, size_t n)
{
	q->out_at += n;
}

static void trim(char **buf, size_t *size, size_t keep)
{
	if (*size <= keep)
		return;
	free(*buf);
	*buf = NULL;
	*size = 0;
}

void sendq_reset(struct sendq *q, size_t keep)
{
	trim(&q->out, &q->out_size, keep);
	trim(&q->next, &q->next_size, keep);
	q->out_at = 0;
	q->out_len = 0;
	q->next_len = 0;
}

void sendq_free(struct sendq *q)
{
	sendq_reset(q, 0);
}
