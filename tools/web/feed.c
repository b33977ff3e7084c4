// SPDX-License-Identifier: BSD-2-Clause
#include "feed.h"

#include <stdlib.h>
#include <string.h>

static void drop_first(struct feed *f)
{
	size_t i = f->first % FEED_EVENTS;

	f->bytes -= f->len[i];
	free(f->text[i]);
	f->text[i] = NULL;
	f->first++;
}

void feed_add(struct feed *f, char *text)
{
	size_t len = strlen(text), i;

	while (f->first < f->next &&
	       (f->next - f->first == FEED_EVENTS ||
		f->bytes + len > FEED_BYTES))
		drop_first(f);
	i = f->next++ % FEED_EVENTS;
	f->text[i] = text;
	f->len[i] = len;
	f->bytes += len;
	/* Longer than all that is kept: everybody has lost it. */
	if (len > FEED_BYTES)
		drop_first(f);
}

enum feed_have feed_get(const struct feed *f, uint64_t n, const char **text,
			size_t *len)
{
	if (n < f->first)
		return FEED_LOST;
	if (n >= f->next)
		return FEED_NOTHING;
	*text = f->text[n % FEED_EVENTS];
	*len = f->len[n % FEED_EVENTS];
	return FEED_TEXT;
}

void feed_free(struct feed *f)
{
	while (f->first < f->next)
		drop_first(f);
}
