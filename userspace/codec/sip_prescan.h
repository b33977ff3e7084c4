/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one message must satisfy before libosipparser2 sees it, and its lines
 * for those who go on with them.
 */
#ifndef SIPOVER_CODEC_SIP_PRESCAN_H
#define SIPOVER_CODEC_SIP_PRESCAN_H

#include "sip_lines.h"

/* On SIP_OK *body is what Content-Length says (for a datagram without one: the
 * rest behind l->head); else what was written means nothing. */
enum sip_parse_result sip_prescan(const char *buf, size_t len,
				  struct sip_lines *l, struct sip_start *s,
				  uint32_t *body);

#endif /* SIPOVER_CODEC_SIP_PRESCAN_H */
