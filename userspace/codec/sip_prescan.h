/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sip_prescan() of sip_parse.h for callers inside the codec that go on with
 * the lines it found.
 */
#ifndef SIPOVER_CODEC_SIP_PRESCAN_H
#define SIPOVER_CODEC_SIP_PRESCAN_H

#include "sip_lines.h"

/* On SIP_OK *body is the length of the body behind l->head. */
enum sip_parse_result sip_prescan_lines(const char *buf, size_t len,
					struct sip_lines *l,
					struct sip_start *s, uint32_t *body);

#endif /* SIPOVER_CODEC_SIP_PRESCAN_H */
