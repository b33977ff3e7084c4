/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration as the daemon reads it: sipoverd.conf, and over it what Apply
 * has stored (lines.json in state_dir). */
#ifndef SIPOVER_CONFIG_H
#define SIPOVER_CONFIG_H

#include <stddef.h>

#include "codec/conf.h"
#include "codec/conf_json_overlay.h"

#define CONFIG_STORE "lines.json"
#define CONFIG_STORE_OLD CONFIG_STORE ".old"
#define CONFIG_ERR_MAX 8192

enum config_source {
	CONFIG_FILE,		/* there is no lines.json */
	CONFIG_STORED,		/* with it */
	CONFIG_STORED_OLD,	/* it is broken: with the one before */
	CONFIG_STORE_IGNORED,	/* both are: without */
};

struct config_read {
	struct conf_overlaid done;
	char err[CONFIG_ERR_MAX];	/* lines without a newline at the end */
};

/* strict: a broken lines.json is -EINVAL as a broken file is, else it is told in
 * r->err and c->source.  state_dir: where that is, NULL: where the file says.  0,
 * -EINVAL, or -errno; r->err says why. */
int config_load(struct conf *c, const char *path, const char *state_dir,
		bool strict, struct config_read *r);
const char *config_source_name(enum config_source source);

#endif /* SIPOVER_CONFIG_H */
