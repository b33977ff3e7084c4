/* SPDX-License-Identifier: BSD-2-Clause */
/* Overload control in the top Via of a response (RFC 7339 4). */
#ifndef SIPOVER_CODEC_SIP_OVERLOAD_H
#define SIPOVER_CODEC_SIP_OVERLOAD_H

#include "../core/overload.h"
#include "sip_lines.h"

/* What our Via offers: the one algorithm that we know. */
#define SIP_OVERLOAD_OFFER ";oc;oc-algo=\"loss\""

/* Advice: what is not understood is none (percent -1). */
void sip_overload_read(struct overload_word *w, const char *buf,
		       const struct sip_lines *lines);

#endif /* SIPOVER_CODEC_SIP_OVERLOAD_H */
