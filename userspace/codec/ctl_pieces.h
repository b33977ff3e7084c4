/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line of a long answer, made piece by piece: an object, then its lists,
 * item by item, then what follows them.  So neither the whole answer nor the
 * time for it is needed at once.
 */
#ifndef SIPOVER_CODEC_CTL_PIECES_H
#define SIPOVER_CODEC_CTL_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct ctl_pieces {
	char *text;		/* owned: made and not taken yet */
	size_t len, size;
	bool in_list, in_item;
	bool failed;		/* no memory: it has no end any more */
};

/* {"jsonrpc":"2.0","id":ID,"result":HEAD up to its end; head, an object with
 * members, is stolen, id (NULL: null) is not. */
void ctl_pieces_begin(struct ctl_pieces *p, json_t *id, json_t *head);
/* Its next member: a list, to which items are added. */
void ctl_pieces_list(struct ctl_pieces *p, const char *name);
/* Stolen; NULL: no memory. */
void ctl_pieces_item(struct ctl_pieces *p, json_t *item);
/* A member behind the lists; value is stolen. */
void ctl_pieces_member(struct ctl_pieces *p, const char *name, json_t *value);
/* The end of the line, with its newline. */
void ctl_pieces_end(struct ctl_pieces *p);

/* What was made since the last time, which may be nothing: "".  The caller frees;
 * NULL: no memory. */
char *ctl_pieces_take(struct ctl_pieces *p);
void ctl_pieces_free(struct ctl_pieces *p);

#endif /* SIPOVER_CODEC_CTL_PIECES_H */
