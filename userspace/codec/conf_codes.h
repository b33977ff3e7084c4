/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of response codes in sipoverd.conf: "500, 503", "5xx". */
#ifndef SIPOVER_CODEC_CONF_CODES_H
#define SIPOVER_CODEC_CONF_CODES_H

#include "../core/codes.h"

/* Fills set; NULL, or what is wrong with the text, and set is as it was.  "" is
 * the empty set. */
const char *conf_codes_parse(struct codes *set, const char *text);

#define CONF_CODES_TEXT (CODES_MAX * 5 + 1)
/* "500, 5xx" */
void conf_codes_print(const struct codes *set, char text[CONF_CODES_TEXT]);

#endif /* SIPOVER_CODEC_CONF_CODES_H */
