/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sipoverctl prints.  Whatever comes from outside goes through
 * out_clean() first: a peer's name must not steer the terminal.
 */
#ifndef SIPOVER_TOOLS_OUT_H
#define SIPOVER_TOOLS_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#define OUT_COLUMNS_MAX 8

/* Whether words that tell of a state have its colour. */
extern bool out_color;

/* The word, coloured; it is from a fixed set or has been cleaned. */
void out_state(FILE *to, const char *word);

/* Rows of text in aligned columns. */
struct out_table {
	size_t columns, rows;
	char **cell;		/* rows * columns, owned */
};

void out_table_init(struct out_table *t, size_t columns);

/* As many strings as columns; copied and cleaned, NULL is "-". */
void out_table_row(struct out_table *t, ...);

/* Prints every row behind indent blanks and empties the table. */
void out_table_print(struct out_table *t, FILE *to, int indent);

/* Control characters become '?'; returns buf. */
char *out_clean(char *buf, size_t size, const char *text);

/* A document, several lines. */
void out_json(const json_t *document);

/* An event in one line: "SECONDS.MICROSECONDS TYPE key=value ..." with stream
 * (NULL: none) before the type, or as JSON. */
void out_event(const json_t *event, const char *stream, bool json);

/* Strings of an object; "-" when absent or null. */
const char *out_string(const json_t *object, const char *key);

#endif /* SIPOVER_TOOLS_OUT_H */
