/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of a SIP message, found but not interpreted: start line and
 * headers as spans of the received bytes.  Everything that must work on bytes
 * as they came (framing, copying headers into a response) stands on this; a
 * value may contain folds, i.e. CR, LF and TAB are white space in it.
 */
#ifndef SIPOVER_CODEC_SIP_LINES_H
#define SIPOVER_CODEC_SIP_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sip_parse.h"

enum sip_header {
	SIP_HDR_OTHER,
	SIP_HDR_VIA,
	SIP_HDR_FROM,
	SIP_HDR_TO,
	SIP_HDR_CALL_ID,
	SIP_HDR_CSEQ,
	SIP_HDR_CONTENT_LENGTH,
	SIP_HDR_CONTENT_TYPE,
	SIP_HDR_CONTACT,
	SIP_HDR_RECORD_ROUTE,
	SIP_HDR_ROUTE,
	SIP_HDR_EXPIRES,
	SIP_HDR_MIN_EXPIRES,
	SIP_HDR_RETRY_AFTER,
	SIP_HDR_FLOW_TIMER,
	SIP_HDR_WWW_AUTHENTICATE,
	SIP_HDR_PROXY_AUTHENTICATE,
	SIP_HDR_REQUIRE,
	SIP_HDR_EVENT,
	SIP_HDR_SUBSCRIPTION_STATE,
	SIP_HDR_SUPPORTED,
	SIP_HDR_ALLOW,
	SIP_HDR_SESSION_EXPIRES,
	SIP_HDR_MIN_SE,
	SIP_HDR_RSEQ,
	SIP_HDR_RACK,
	SIP_HDRS
};

struct sip_span {
	uint32_t off, len;	/* in the received bytes */
};

struct sip_line {
	uint8_t header;		/* enum sip_header */
	struct sip_span value;	/* without white space at its ends */
};

struct sip_lines {
	struct sip_span start;	/* the start line without its line end */
	uint32_t head;		/* length up to and with the empty line */
	uint32_t n;
	uint32_t count[SIP_HDRS];
	struct sip_line line[SIP_HEADERS_MAX];
};

struct sip_start {
	bool response;
	uint16_t status;
	struct sip_span method, uri;	/* request */
	struct sip_span reason;		/* response */
};

/* Splits buf[0..len); CRLFs before the start line are skipped.  SIP_OK,
 * SIP_KEEPALIVE, SIP_TRUNCATED, SIP_NUL, SIP_BAD_HEADER or SIP_TOO_MANY. */
enum sip_parse_result sip_lines_scan(struct sip_lines *l, const char *buf,
				     size_t len);

/* The first line of that header at index from or later; NULL: none. */
const struct sip_line *sip_lines_find(const struct sip_lines *l,
				      enum sip_header header, uint32_t from);

/* SIP_OK or SIP_BAD_START. */
enum sip_parse_result sip_start_scan(struct sip_start *s, const char *buf,
				     const struct sip_lines *l);

/* Content-Length: 1 and *length, 0 when there is none, -1 when it is there
 * more than once or is no number of at most 2^32-1. */
int sip_content_length(const struct sip_lines *l, const char *buf,
		       uint32_t *length);

/* Takes the first of the comma-separated values off rest; commas inside quotes
 * and <> separate nothing.  false: rest is empty. */
bool sip_value_next(const char *buf, struct sip_span *rest,
		    struct sip_span *value);

/* The URI of a name-addr or addr-spec and what follows it (parameters).
 * false: there is none, or a quote or < is not closed. */
bool sip_value_uri(const char *buf, struct sip_span value,
		   struct sip_span *uri, struct sip_span *params);

/* The value of ;name[=value] in params: 1, 0 when it is not there, 1 with an
 * empty value when it has none.  *whole (may be NULL) spans it all from its
 * semicolon. */
int sip_param_find(const char *buf, struct sip_span params, const char *name,
		   struct sip_span *value, struct sip_span *whole);

struct sip_span sip_span_trim(const char *buf, struct sip_span s);

/* Case-insensitive, for ASCII. */
bool sip_span_is(const char *buf, struct sip_span s, const char *text);

/* Copies a span with its folds made spaces and a NUL; false: does not fit. */
bool sip_span_copy(char *dst, size_t size, const char *buf, struct sip_span s);

static inline bool sip_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* token of RFC 3261 25.1. */
bool sip_is_token_char(char c);

#endif /* SIPOVER_CODEC_SIP_LINES_H */
