/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client asks for by config_apply (docs/control.md), to a conf_delta. */
#ifndef SIPOVER_CODEC_CONF_JSON_APPLY_H
#define SIPOVER_CODEC_CONF_JSON_APPLY_H

#include <jansson.h>

#include "conf_delta.h"

struct conf_apply {
	const char *revision;	/* in params; NULL: none was given */
	bool dry_run;
};

/* 0, d to be freed; -EINVAL: what is wrong is in errors, -EPROTO: params are not
 * of that form, *why says it; -ENOMEM.  Of now nothing is changed. */
int conf_apply_read(struct conf_apply *apply, struct conf_delta *d,
		    const struct conf *now, json_t *params,
		    conf_find_fn *find, void *ctx, json_t *errors,
		    const char **why);

#endif /* SIPOVER_CODEC_CONF_JSON_APPLY_H */
