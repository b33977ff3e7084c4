/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What subscribers of the control socket are told: noted as it happens, then
 * written, and the text kept once until each has taken it over.
 */
#ifndef SIPOVER_IO_NEWS_H
#define SIPOVER_IO_NEWS_H

#include <stdbool.h>
#include <stddef.h>

struct news {
	char *text;
	size_t len, size;
	char *noted;
	size_t noted_at, noted_len, noted_size;
};

/* Notes bytes behind those noted before; false: no memory. */
bool news_note(struct news *n, const void *event, size_t len);
/* The first noted, noted no more; valid until the next news_note().  NULL: there
 * is none. */
const void *news_next(struct news *n, size_t *len);
/* Bytes noted. */
size_t news_noted(const struct news *n);

/* Adds to the text; false: no memory. */
bool news_add(struct news *n, const char *text, size_t len);
/* All have taken over so much of the text. */
void news_drop(struct news *n, size_t len);

void news_free(struct news *n);

#endif /* SIPOVER_IO_NEWS_H */
