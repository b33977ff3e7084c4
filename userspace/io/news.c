// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "news.h"

#include <stdlib.h>
#include <string.h>

#define NEWS_FIRST 4096
#define NEWS_KEEP 65536		/* bytes of an empty buffer */

static bool append(char **buf, size_t *len, size_t *size, const void *data,
		   size_t more)
{
	size_t want = *size ? *size : NEWS_FIRST;
	char *larger;

	while (want < *len + more)
		want *= 2;
	if (want > *size) {
		larger = realloc(*buf, want);
		if (!larger)
			return false;
		*buf = larger;
		*size = want;
	}
	memcpy(*buf + *len, data, more);
	*len += more;
	return true;
}

static void shrink(char **buf, size_t *size)
{
	if (*size <= NEWS_KEEP)
		return;
	free(*buf);
	*buf = NULL;
	*size = 0;
}

bool news_note(struct news *n, const void *event, size_t len)
{
	size_t before;

	/* What is moved was made up for by what went. */
	if (n->noted_at && n->noted_at >= n->noted_len - n->noted_at) {
		n->noted_len -= n->noted_at;
		memmove(n->noted, n->noted + n->noted_at, n->noted_len);
		n->noted_at = 0;
		if (!n->noted_len)
			shrink(&n->noted, &n->noted_size);
	}
	before = n->noted_len;
	if (append(&n->noted, &n->noted_len, &n->noted_size, &len,
		   sizeof(len)) &&
	    append(&n->noted, &n->noted_len, &n->noted_size, event, len))
		return true;
	n->noted_len = before;
	return false;
}

const void *news_next(struct news *n, size_t *len)
{
	const char *event;

	if (n->noted_at == n->noted_len)
		return NULL;
	memcpy(len, n->noted + n->noted_at, sizeof(*len));
	event = n->noted + n->noted_at + sizeof(*len);
	n->noted_at += sizeof(*len) + *len;
	return event;
}

size_t news_noted(const struct news *n)
{
	return n->noted_len - n->noted_at;
}

bool news_add(struct news *n, const char *text, size_t len)
{
	return append(&n->text, &n->len, &n->size, text, len);
}

void news_drop(struct news *n, size_t len)
{
	memmove(n->text, n->text + len, n->len - len);
	n->len -= len;
	if (!n->len)
		shrink(&n->text, &n->size);
}

void news_free(struct news *n)
{
	free(n->text);
	free(n->noted);
	memset(n, 0, sizeof(*n));
}
