/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What makes another configuration of the one that runs: lines that are new or
 * replaced, and lines that go.  Made and checked whole before anything changes;
 * numbers of lines and hosts are those of the running one.
 */
#ifndef SIPOVER_CODEC_CONF_DELTA_H
#define SIPOVER_CODEC_CONF_DELTA_H

#include "conf.h"

#define CONF_NEW UINT32_MAX

struct conf_delta_line {
	struct conf_line line;	/* owned */
	uint32_t slot;		/* of the line that it replaces, or CONF_NEW */
	struct conf_line *spare;	/* owned: room for what it replaces */
	bool same;		/* only applied and in_file may be others */
};

struct conf_delta {
	uint32_t n, room;
	struct conf_delta_line *line;	/* owned */
	uint32_t n_gone;
	uint32_t *gone;			/* owned: slots */
	struct conf_line **gone_spare;	/* owned, and so is what is in it */
	uint32_t n_hosts;
	struct conf_host *host;		/* owned: the running ones and new ones */
	uint32_t n_removed;
	char **removed;			/* owned: conf.removed from then on */
};

/* The slot of a line of that name, CONF_NEW: there is none. */
typedef uint32_t conf_find_fn(void *ctx, const char *name);

/* Begins with nothing but the running one's hosts.  0 or -ENOMEM. */
int conf_delta_open(struct conf_delta *d, const struct conf *now);
void conf_delta_free(struct conf_delta *d);

/* Takes line, whose hosts are d's; 0 or -ENOMEM, then it is freed. */
int conf_delta_add(struct conf_delta *d, const struct conf *now,
		   struct conf_line *line, uint32_t slot);
int conf_delta_remove_name(struct conf_delta *d, const char *name);
/* The spares of all lines that change; 0 or -ENOMEM. */
int conf_delta_spares(struct conf_delta *d);
/* To another file as it was read: takes the lines out of next.  0 or -ENOMEM. */
int conf_delta_reload(struct conf_delta *d, const struct conf *now,
		      struct conf *next, conf_find_fn *find, void *ctx);

/* Of the keys above the lines those that are others: their number, at most max
 * of their names.  log_level is none of them. */
unsigned int conf_top_differs(const struct conf *a, const struct conf *b,
			      const char **name, unsigned int max);

/* Whether a line can be b from a on with its registration and calls: only what
 * its own requests and deadlines go by is another. */
bool conf_line_stays(const struct conf_line *a, const struct conf_line *b);

#endif /* SIPOVER_CODEC_CONF_DELTA_H */
