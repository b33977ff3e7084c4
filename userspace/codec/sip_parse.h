/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIP bytes to struct sipmsg.  A pre-scan of our own (sip_prescan.h) refuses
 * what libosipparser2 would accept or be slow with; that reads the rest.
 */
#ifndef SIPOVER_CODEC_SIP_PARSE_H
#define SIPOVER_CODEC_SIP_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "../core/sipmsg.h"

#define SIP_HEADERS_MAX 128
#define SIP_VIAS_MAX 70

enum sip_parse_result {
	SIP_OK,
	SIP_KEEPALIVE,		/* only CRLFs (RFC 5626 4.4.1) */
	SIP_TRUNCATED,		/* header end missing, or body too short (UDP) */
	SIP_TOO_LONG,		/* > SIPMSG_RAW_MAX, or a field over its bound */
	SIP_TOO_MANY,		/* headers, Vias, Record-Routes, parameters */
	SIP_NUL,		/* a NUL or other control byte in the header part */
	SIP_BAD_START,		/* request or status line */
	SIP_BAD_HEADER,		/* a header without colon, bad folding */
	SIP_MISSING,		/* a mandatory header is missing */
	SIP_DUPLICATE,		/* a mandatory header, Content-Length or Content-Type
				 * is there twice */
	SIP_BAD_VALUE,		/* Content-Length, CSeq, Via ... do not parse */
	SIP_PARSE_RESULTS
};

/* Call once before anything else here; 0 or -ENOMEM. */
int sip_parse_init(void);

/* Framing of a stream: 0: more bytes are needed; > 0: length of the first
 * message (or keep-alive) in buf; < 0: -EPROTO, close the connection. */
int sip_frame(const char *buf, size_t len);

/* Prescan and parse one whole message. */
enum sip_parse_result sip_parse(const char *buf, size_t len, struct sipmsg *m);

/* The top Via's branch in the first bytes of one of *our own* requests, as an
 * ICMP error quotes them: bounded scan, no parser, quote may end anywhere.
 * Returns its length in branch[0..size), 0: not found or cut. */
size_t sip_quoted_branch(const void *quote, size_t len, char *branch,
			 size_t size);

const char *sip_parse_result_name(enum sip_parse_result r);
enum sip_method sip_method_of(const char *name);
const char *sip_method_name(enum sip_method m);

#endif /* SIPOVER_CODEC_SIP_PARSE_H */
