/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A phone's configuration file of another vendor as sipoverd.conf: Yealink's
 * "account.1.user_name = 1001", Fanvil's "SIP1 Phone Number :1001".  What is
 * written is accepted by conf_load(), always: it is tried, and what it refuses
 * is left out.  Whatever is not carried over is reported.  No I/O.
 */
#ifndef SIPOVER_TOOLS_IMPORT_H
#define SIPOVER_TOOLS_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

enum import_vendor {
	IMPORT_YEALINK,
	IMPORT_FANVIL,
};

enum import_section {
	IMPORT_TOP,
	IMPORT_LINE,
	IMPORT_SERVER,
	IMPORT_PROXY,
	IMPORT_SWITCH,		/* not a key: whether proxies are used */
	IMPORT_NOTHING,		/* known, and of no use here: key is why */
};

enum import_form {
	IMPORT_AS_IT_IS,
	IMPORT_MILLISECONDS,	/* of seconds with a fraction */
};

/* X and Y in a Yealink name, N in a Fanvil one, stand for a number; a Fanvil
 * entry says itself which server it is of. */
struct import_map {
	const char *name;
	enum import_section section;
	const char *key;
	unsigned int y;		/* Fanvil: 1, 2; Yealink: 1 of the first only */
	enum import_form form;
};

/* The last has no name. */
extern const struct import_map import_yealink[], import_fanvil[];

#define IMPORT_ACCOUNTS_MAX 64
#define IMPORT_SERVERS_MAX 8
#define IMPORT_VALUE_MAX 1024	/* of a line of the file */

struct import;

/* Something that was not carried over; line 0: of no line. */
typedef void (*import_report)(void *ctx, const char *file, unsigned int line,
			      const char *name, const char *why);

/* NULL: no memory. */
struct import *import_new(enum import_vendor vendor, import_report report,
			  void *ctx);
void import_free(struct import *im);

/* Files in the order in which the phone reads them: what a later one says
 * replaces it.  name must live as long as im.  0, -EINVAL with *why (a static
 * string): not such a file at all, or -ENOMEM. */
int import_read(struct import *im, const char *name, const char *text,
		size_t len, const char **why);

/* sipoverd.conf, to be freed, and how many lines it has; NULL: no memory, or
 * (errno EPROTO) our own mistake. */
char *import_write(struct import *im, unsigned int *lines);

#endif /* SIPOVER_TOOLS_IMPORT_H */
