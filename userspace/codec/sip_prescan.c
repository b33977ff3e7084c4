// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * What a message must satisfy before a parser sees it, where it ends on a
 * stream, and the branch in the few bytes that an ICMP error quotes.
 */
#include "sip_prescan.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* RFC 3261 8.1.1; Max-Forwards is left out, RFC 2543 did not know it. */
static const uint8_t exactly_one[] = {
	SIP_HDR_TO, SIP_HDR_FROM, SIP_HDR_CALL_ID, SIP_HDR_CSEQ,
};

static bool vias_within_bound(const struct sip_lines *l, const char *buf)
{
	struct sip_span rest, value;
	unsigned int n = 0;
	uint32_t i;

	for (i = 0; i < l->n; i++) {
		if (l->line[i].header != SIP_HDR_VIA)
			continue;
		rest = l->line[i].value;
		while (sip_value_next(buf, &rest, &value))
			if (++n > SIP_VIAS_MAX)
				return false;
	}
	return true;
}

static enum sip_parse_result check_headers(const struct sip_lines *l,
					   const char *buf)
{
	size_t i;

	if (!vias_within_bound(l, buf))
		return SIP_TOO_MANY;
	for (i = 0; i < sizeof(exactly_one); i++)
		if (l->count[exactly_one[i]] > 1)
			return SIP_DUPLICATE;
	/* Two lengths are two messages (request smuggling); two types are two
	 * meanings of one body. */
	if (l->count[SIP_HDR_CONTENT_LENGTH] > 1 ||
	    l->count[SIP_HDR_CONTENT_TYPE] > 1)
		return SIP_DUPLICATE;
	for (i = 0; i < sizeof(exactly_one); i++)
		if (!l->count[exactly_one[i]])
			return SIP_MISSING;
	return l->count[SIP_HDR_VIA] ? SIP_OK : SIP_MISSING;
}

enum sip_parse_result sip_prescan(const char *buf, size_t len,
				  struct sip_lines *l, struct sip_start *s,
				  uint32_t *body)
{
	enum sip_parse_result r;
	uint32_t length = 0;
	int have;

	if (len > SIPMSG_RAW_MAX)
		return SIP_TOO_LONG;
	r = sip_lines_scan(l, buf, len);
	if (r != SIP_OK)
		return r;
	r = sip_start_scan(s, buf, l);
	if (r != SIP_OK)
		return r;
	r = check_headers(l, buf);
	if (r != SIP_OK)
		return r;
	have = sip_content_length(l, buf, &length);
	if (have < 0)
		return SIP_BAD_VALUE;
	if (!have)
		length = (uint32_t)(len - l->head);
	if (length > len - l->head)
		return SIP_TRUNCATED;
	*body = length;
	return SIP_OK;
}

/* RFC 5626 4.4.1: "CRLFCRLF" asks, "CRLF" answers.  A lone CRLF is not waited
 * on: an answer is nothing but that. */
static int frame_keepalive(const char *buf, size_t len)
{
	if (buf[0] == '\n')
		return 1;
	if (len == 1)
		return 0;
	if (buf[1] != '\n')
		return -EPROTO;
	if (len > 2 && buf[2] == '\r') {
		if (len == 3)
			return 0;
		if (buf[3] == '\n')
			return 4;
	}
	return 2;
}

int sip_frame(const char *buf, size_t len)
{
	size_t seen = len < SIPMSG_RAW_MAX ? len : SIPMSG_RAW_MAX;
	enum sip_parse_result r;
	struct sip_lines l;
	uint32_t length;

	if (!len)
		return 0;
	if (buf[0] == '\r' || buf[0] == '\n')
		return frame_keepalive(buf, len);
	r = sip_lines_scan(&l, buf, seen);
	if (r == SIP_TRUNCATED)
		return seen == SIPMSG_RAW_MAX ? -EPROTO : 0;
	/* RFC 3261 18.3: without Content-Length a stream has no next message.
	 * Anything else that is wrong with this one is sip_parse()'s matter:
	 * its end is known. */
	if (r != SIP_OK || sip_content_length(&l, buf, &length) != 1)
		return -EPROTO;
	if (length > SIPMSG_RAW_MAX - l.head)
		return -EPROTO;
	return len - l.head >= length ? (int)(l.head + length) : 0;
}

/* The branch of a Via value that begins at p; 0: none, or it may go on behind
 * end. */
static size_t via_branch(const char *p, const char *end, char *branch,
			 size_t size)
{
	static const char name[] = "branch=";
	const size_t n = sizeof(name) - 1;
	size_t len = 0;

	for (; p < end && *p != '\n' && *p != '\r'; p++)
		if (*p == ';' && (size_t)(end - p) > n &&
		    strncasecmp(p + 1, name, n) == 0)
			break;
	if (p >= end || *p != ';')
		return 0;
	p += 1 + n;
	while (p + len < end && sip_is_token_char(p[len]))
		len++;
	if (!len || p + len == end || len >= size)
		return 0;
	memcpy(branch, p, len);
	branch[len] = '\0';
	return len;
}

size_t sip_quoted_branch(const void *quote, size_t len, char *branch,
			 size_t size)
{
	const char *p = quote, *end = p + len;

	if (!len)
		return 0;
	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		if (end - p > 4 && strncasecmp(p, "Via:", 4) == 0)
			return via_branch(p + 4, end, branch, size);
		if (end - p > 2 && strncasecmp(p, "v:", 2) == 0)
			return via_branch(p + 2, end, branch, size);
	}
	return 0;
}
