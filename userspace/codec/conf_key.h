/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of sipoverd.conf as tables: name, kind, range, place.  Every value
 * is a string to libconfuse; it becomes a number or a choice here, so that
 * each mistake has our message and its line.
 */
#ifndef SIPOVER_CODEC_CONF_KEY_H
#define SIPOVER_CODEC_CONF_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf_error.h"

enum conf_kind {
	CONF_STRING,	/* char[size]; min: the shortest length */
	CONF_NUMBER,	/* min..max into an integer of size bytes */
	CONF_BOOL,	/* bool */
	CONF_CHOICE,	/* index into choices, into an integer of size bytes */
	CONF_CODES,	/* response codes into a struct codes */
};

/* A text's choice: several may mean the same (udp, 0); a reason refuses it. */
struct conf_choice {
	const char *text;
	uint32_t value;
	const char *refused;	/* NULL: it is allowed */
};

struct conf_key {
	const char *name;
	enum conf_kind kind;
	size_t off, size;	/* of the field in its struct */
	uint32_t min, max;
	bool inherit;		/* a number: -1 as well, all bits set */
	const struct conf_choice *choices;	/* the last has no text */
	/* Further check of a string: NULL or what is wrong with it. */
	const char *(*check)(const char *value);
	bool secret;		/* never told */
	bool host;		/* a string that is an address or a name */
	/* For whoever sets it, of lines and servers only.  rows: of
	 * docs/requirements.md; unit and rows may be empty. */
	const char *unit, *rows, *help;
};

/* Puts value into its field of base, or adds an error and leaves it. */
void conf_key_read(const struct conf_key *k, void *base, const char *value,
		   unsigned int line, struct conf_errors *e);

#endif /* SIPOVER_CODEC_CONF_KEY_H */
