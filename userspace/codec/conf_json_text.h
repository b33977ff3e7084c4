/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line as it was written, as one line of JSON: {"name","set","servers",
 * "outbound_proxies"}.  What means the same is the same text (yes, true and 1;
 * the order of keys), so that texts can be compared and hashed.  Passwords are
 * in it.
 */
#ifndef SIPOVER_CODEC_CONF_JSON_TEXT_H
#define SIPOVER_CODEC_CONF_JSON_TEXT_H

struct conf_raw;

/* malloc'ed; NULL: no memory. */
char *conf_json_text(const struct conf_raw *raw);

#endif /* SIPOVER_CODEC_CONF_JSON_TEXT_H */
