/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines.json: what Apply has made of the lines, over those of sipoverd.conf.
 * {"version":1,"lines":[...],"removed":[names]}: a line of the file that is in
 * lines is replaced whole, one that is in removed is left out.
 */
#ifndef SIPOVER_CODEC_CONF_JSON_OVERLAY_H
#define SIPOVER_CODEC_CONF_JSON_OVERLAY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf.h"

#define CONF_OVERLAY_MAX (32u << 20)

/* What an overlay did to a configuration. */
struct conf_overlaid {
	uint32_t replaced, added, removed;
};

/* Lays text over c, as conf_load() has left it.  0; or -EINVAL with err[] =
 * lines "name: where: reason", -ENOMEM: then c may be changed and is only to be
 * freed. */
int conf_overlay(struct conf *c, const char *name, const char *text, size_t len,
		 struct conf_overlaid *done, char *err, size_t err_size);

/* Writes one: begin, its lines, the names removed, end. */
struct conf_overlay_writer {
	FILE *f;
	char *text;
	size_t len;
	uint32_t lines, removed;
};

int conf_overlay_begin(struct conf_overlay_writer *w);
void conf_overlay_line(struct conf_overlay_writer *w, const char *text);
void conf_overlay_removed(struct conf_overlay_writer *w, const char *name);
/* The text in *text, malloc'ed; 0 or -ENOMEM. */
int conf_overlay_end(struct conf_overlay_writer *w, char **text, size_t *len);

/* Changes with any line, not with their order. */
uint64_t conf_revision(const struct conf *c);

#endif /* SIPOVER_CODEC_CONF_JSON_OVERLAY_H */
