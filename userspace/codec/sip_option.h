/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a message says of extensions: option tags, methods, session timers (RFC
 * 4028), reliable provisional responses (RFC 3262).  Part of sip_parse().
 */
#ifndef SIPOVER_CODEC_SIP_OPTION_H
#define SIPOVER_CODEC_SIP_OPTION_H

#include <stdbool.h>

#include "../core/sipmsg.h"
#include "sip_lines.h"

/* Reads them into *m; what cannot be read counts as not said.  false: the tags
 * that a request requires and we do not know are too long to be told. */
bool sip_option_read(struct sipmsg *m, const char *buf,
		     const struct sip_lines *l);

#endif /* SIPOVER_CODEC_SIP_OPTION_H */
