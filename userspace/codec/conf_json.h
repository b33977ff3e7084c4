/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines as JSON (docs/control.md, config and config_apply; lines.json): from
 * what a client or a file says to struct conf_raw, and from a line to what may
 * be told of it.
 */
#ifndef SIPOVER_CODEC_CONF_JSON_H
#define SIPOVER_CODEC_CONF_JSON_H

#include <jansson.h>

#include "conf_line.h"

#define CONF_JSON_NUMBERS (CONF_LINE_KEYS + CONF_HOPS_MAX * CONF_SERVER_KEYS)

/* raw points into the object that it was read from, and in here. */
struct conf_json_raw {
	struct conf_raw raw;
	char number[CONF_JSON_NUMBERS][24];
	uint32_t n_numbers;
};

/* The line that object o describes; what is wrong with its form is appended to
 * errors.  before: its text so far, whose password it keeps if it has none, or
 * NULL.  *kept: what raw points into as well, to be released with json_decref()
 * behind raw.  0 or -ENOMEM. */
int conf_json_raw(struct conf_json_raw *r, json_t *o, const char *before,
		  json_t **kept, json_t *errors);

/* Reads a line: out->in.l is what it means, with its text.  What is wrong is
 * appended to errors as {"line","section","index","key","message"}.  0, -EINVAL
 * or -ENOMEM; then there is nothing to free.  Hosts are added to c. */
int conf_json_read(struct conf *c, json_t *o, const char *before,
		   struct conf_reading *out, json_t *errors);

/* An error about no key in particular. */
int conf_json_error(json_t *errors, const char *line, const char *message);
/* The errors as lines "name: line "x", server 1, port: message". */
void conf_json_errors_print(json_t *errors, const char *name, char *err,
			    size_t size);

/* Whether it can be a line's name: 1..63 bytes, no control characters. */
bool conf_json_name(const json_t *name);

/* {"line":[...],"server":[...],"outbound_proxy":[...]}; NULL: no memory. */
json_t *conf_json_keys(void);
/* A line of c: {"name","set","values",...} without its secrets; NULL: no
 * memory. */
json_t *conf_json_line(struct conf *c, const struct conf_line *line);

/* ---- conf_json_text.c ---- */

json_t *conf_json_value(const struct conf_key *k, const char *text,
			bool yealink);
json_t *conf_json_string(const char *text);
char *conf_json_dump(const json_t *o);

#endif /* SIPOVER_CODEC_CONF_JSON_H */
