/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last events as text, once for all streams: a stream is a place in it, so
 * many of them cost no more than one, and who reads too slowly is left behind.
 */
#ifndef SIPOVER_WEB_FEED_H
#define SIPOVER_WEB_FEED_H

#include <stddef.h>
#include <stdint.h>

#define FEED_EVENTS 512
#define FEED_BYTES (512 << 10)

struct feed {
	char *text[FEED_EVENTS];
	size_t len[FEED_EVENTS];
	uint64_t first, next;	/* numbers of the oldest and of the next one */
	size_t bytes;
};

enum feed_have { FEED_TEXT, FEED_NOTHING, FEED_LOST };

/* Takes the malloc'ed text; the oldest make place for it. */
void feed_add(struct feed *f, char *text);

/* Event number n. */
enum feed_have feed_get(const struct feed *f, uint64_t n, const char **text,
			size_t *len);
void feed_free(struct feed *f);

#endif /* SIPOVER_WEB_FEED_H */
