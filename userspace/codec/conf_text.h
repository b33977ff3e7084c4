/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration's text made safe for libconfuse, which miscounts lines in
 * comments, expands ${} from the environment, cuts strings at "\0", drops
 * characters it does not know ("user = +49" would be 49) and accepts a section
 * that is not closed.
 */
#ifndef SIPOVER_CODEC_CONF_TEXT_H
#define SIPOVER_CODEC_CONF_TEXT_H

#include <stddef.h>

#include "conf_error.h"

struct conf_text {
	char *text;		/* owned: comments are spaces, lines are kept */
	unsigned int *brace;	/* owned: the line of each section's {, in order */
	size_t n_braces;
};

/* 0, -EINVAL with errors added, or -ENOMEM.  Release it in every case. */
int conf_text_clean(struct conf_text *t, const char *text, size_t len,
		    struct conf_errors *e);
void conf_text_release(struct conf_text *t);

#endif /* SIPOVER_CODEC_CONF_TEXT_H */
