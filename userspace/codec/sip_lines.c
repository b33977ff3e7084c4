// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "sip_lines.h"

#include <string.h>
#include <strings.h>

/* Only the headers that something here reads; the others are OTHER. */
static const struct {
	const char *name;
	char compact;		/* 0: none (RFC 3261 7.3.3) */
} header_names[SIP_HDRS] = {
	[SIP_HDR_VIA] = { "Via", 'v' },
	[SIP_HDR_FROM] = { "From", 'f' },
	[SIP_HDR_TO] = { "To", 't' },
	[SIP_HDR_CALL_ID] = { "Call-ID", 'i' },
	[SIP_HDR_CSEQ] = { "CSeq", 0 },
	[SIP_HDR_CONTENT_LENGTH] = { "Content-Length", 'l' },
	[SIP_HDR_CONTENT_TYPE] = { "Content-Type", 'c' },
	[SIP_HDR_CONTACT] = { "Contact", 'm' },
	[SIP_HDR_RECORD_ROUTE] = { "Record-Route", 0 },
	[SIP_HDR_ROUTE] = { "Route", 0 },
	[SIP_HDR_EXPIRES] = { "Expires", 0 },
	[SIP_HDR_MIN_EXPIRES] = { "Min-Expires", 0 },
	[SIP_HDR_RETRY_AFTER] = { "Retry-After", 0 },
	[SIP_HDR_FLOW_TIMER] = { "Flow-Timer", 0 },
	[SIP_HDR_WWW_AUTHENTICATE] = { "WWW-Authenticate", 0 },
	[SIP_HDR_PROXY_AUTHENTICATE] = { "Proxy-Authenticate", 0 },
	[SIP_HDR_REQUIRE] = { "Require", 0 },
	[SIP_HDR_EVENT] = { "Event", 'o' },
	[SIP_HDR_SUBSCRIPTION_STATE] = { "Subscription-State", 0 },
	[SIP_HDR_SUPPORTED] = { "Supported", 'k' },
	[SIP_HDR_ALLOW] = { "Allow", 0 },
	[SIP_HDR_SESSION_EXPIRES] = { "Session-Expires", 'x' },
	[SIP_HDR_MIN_SE] = { "Min-SE", 0 },
	[SIP_HDR_RSEQ] = { "RSeq", 0 },
	[SIP_HDR_RACK] = { "RAck", 0 },
};

bool sip_is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || (c && strchr("-.!%*_+`'~", c));
}

bool sip_span_is(const char *buf, struct sip_span s, const char *text)
{
	return strlen(text) == s.len &&
	       strncasecmp(buf + s.off, text, s.len) == 0;
}

struct sip_span sip_span_trim(const char *buf, struct sip_span s)
{
	while (s.len && sip_is_space(buf[s.off])) {
		s.off++;
		s.len--;
	}
	while (s.len && sip_is_space(buf[s.off + s.len - 1]))
		s.len--;
	return s;
}

bool sip_span_copy(char *dst, size_t size, const char *buf, struct sip_span s)
{
	uint32_t i;

	if (s.len >= size)
		return false;
	for (i = 0; i < s.len; i++) {
		char c = buf[s.off + i];

		dst[i] = (char)(sip_is_space(c) ? ' ' : c);
	}
	dst[s.len] = '\0';
	return true;
}

static enum sip_header header_of(const char *buf, struct sip_span name)
{
	unsigned int h;

	for (h = SIP_HDR_OTHER + 1; h < SIP_HDRS; h++) {
		if (name.len == 1 && header_names[h].compact &&
		    (buf[name.off] | 0x20) == header_names[h].compact)
			return (enum sip_header)h;
		if (sip_span_is(buf, name, header_names[h].name))
			return (enum sip_header)h;
	}
	return SIP_HDR_OTHER;
}

/* The line at *pos; moves *pos behind its end.  A CR that no LF follows is a
 * control byte like any other. */
static enum sip_parse_result next_line(const char *buf, size_t len, size_t *pos,
				       struct sip_span *line)
{
	size_t i;

	line->off = (uint32_t)*pos;
	for (i = *pos; i < len; i++) {
		unsigned char c = (unsigned char)buf[i];

		if (c == '\n') {
			line->len = (uint32_t)(i - *pos);
			if (line->len && buf[i - 1] == '\r')
				line->len--;
			*pos = i + 1;
			return SIP_OK;
		}
		if (c == '\r') {
			if (i + 1 < len && buf[i + 1] != '\n')
				return SIP_NUL;
			continue;
		}
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return SIP_NUL;
	}
	return SIP_TRUNCATED;
}

static enum sip_parse_result add_header(struct sip_lines *l, const char *buf,
					struct sip_span line)
{
	struct sip_span name = { line.off, 0 };
	struct sip_line *h;
	uint32_t colon;

	while (name.len < line.len && sip_is_token_char(buf[line.off + name.len]))
		name.len++;
	colon = name.len;
	while (colon < line.len && sip_is_space(buf[line.off + colon]))
		colon++;
	if (!name.len || colon == line.len || buf[line.off + colon] != ':')
		return SIP_BAD_HEADER;
	if (l->n == SIP_HEADERS_MAX)
		return SIP_TOO_MANY;
	h = &l->line[l->n++];
	h->header = (uint8_t)header_of(buf, name);
	h->value.off = line.off + colon + 1;
	h->value.len = line.len - colon - 1;
	l->count[h->header]++;
	return SIP_OK;
}

/* RFC 3261 7.3.1: a line that begins with white space goes on the last one. */
static enum sip_parse_result fold(struct sip_lines *l, struct sip_span line)
{
	struct sip_line *h;

	if (!l->n)
		return SIP_BAD_HEADER;
	h = &l->line[l->n - 1];
	h->value.len = line.off + line.len - h->value.off;
	return SIP_OK;
}

enum sip_parse_result sip_lines_scan(struct sip_lines *l, const char *buf,
				     size_t len)
{
	enum sip_parse_result r;
	struct sip_span line;
	size_t pos = 0;
	uint32_t i;

	memset(l, 0, offsetof(struct sip_lines, line));
	while (pos < len && (buf[pos] == '\r' || buf[pos] == '\n'))
		pos++;
	if (pos == len)
		return SIP_KEEPALIVE;
	r = next_line(buf, len, &pos, &l->start);
	while (r == SIP_OK) {
		r = next_line(buf, len, &pos, &line);
		if (r != SIP_OK)
			break;
		if (!line.len) {
			l->head = (uint32_t)pos;
			break;
		}
		if (buf[line.off] == ' ' || buf[line.off] == '\t')
			r = fold(l, line);
		else
			r = add_header(l, buf, line);
	}
	for (i = 0; r == SIP_OK && i < l->n; i++)
		l->line[i].value = sip_span_trim(buf, l->line[i].value);
	return r;
}

const struct sip_line *sip_lines_find(const struct sip_lines *l,
				      enum sip_header header, uint32_t from)
{
	uint32_t i;

	for (i = from; i < l->n; i++)
		if (l->line[i].header == header)
			return &l->line[i];
	return NULL;
}

static bool scan_status(struct sip_start *s, const char *buf,
			struct sip_span line)
{
	const char *p = buf + line.off;
	unsigned int i;

	/* "SIP/2.0 200" at least; the space before an empty reason is often
	 * forgotten. */
	if (line.len < 11 || p[7] != ' ' || (line.len > 11 && p[11] != ' '))
		return false;
	for (i = 8; i < 11; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		s->status = (uint16_t)(s->status * 10 + (p[i] - '0'));
	}
	s->response = true;
	if (line.len > 12) {
		s->reason.off = line.off + 12;
		s->reason.len = line.len - 12;
	}
	return s->status >= 100 && s->status <= 699;
}

static bool scan_request(struct sip_start *s, const char *buf,
			 struct sip_span line)
{
	const char *p = buf + line.off;
	uint32_t i = 0;

	while (i < line.len && sip_is_token_char(p[i]))
		i++;
	s->method = (struct sip_span){ line.off, i };
	if (!i || i == line.len || p[i] != ' ')
		return false;
	s->uri.off = line.off + ++i;
	while (i < line.len && !sip_is_space(p[i]))
		i++;
	s->uri.len = line.off + i - s->uri.off;
	return s->uri.len && line.len - i == 8 && p[i] == ' ' &&
	       strncasecmp(p + i + 1, "SIP/2.0", 7) == 0;
}

enum sip_parse_result sip_start_scan(struct sip_start *s, const char *buf,
				     const struct sip_lines *l)
{
	bool good;

	memset(s, 0, sizeof(*s));
	if (l->start.len >= 8 &&
	    strncasecmp(buf + l->start.off, "SIP/2.0 ", 8) == 0)
		good = scan_status(s, buf, l->start);
	else
		good = scan_request(s, buf, l->start);
	return good ? SIP_OK : SIP_BAD_START;
}

int sip_content_length(const struct sip_lines *l, const char *buf,
		       uint32_t *length)
{
	const struct sip_line *h;
	uint64_t v = 0;
	uint32_t i;

	if (!l->count[SIP_HDR_CONTENT_LENGTH])
		return 0;
	if (l->count[SIP_HDR_CONTENT_LENGTH] > 1)
		return -1;
	h = sip_lines_find(l, SIP_HDR_CONTENT_LENGTH, 0);
	if (!h->value.len)
		return -1;
	for (i = 0; i < h->value.len; i++) {
		char c = buf[h->value.off + i];

		if (c < '0' || c > '9')
			return -1;
		v = v * 10 + (uint64_t)(c - '0');
		if (v > UINT32_MAX)
			return -1;
	}
	*length = (uint32_t)v;
	return 1;
}

/* The end of the quoted string that begins at i, or of everything. */
static uint32_t skip_quoted(const char *p, uint32_t i, uint32_t len)
{
	for (i++; i < len; i++) {
		if (p[i] == '\\')
			i++;
		else if (p[i] == '"')
			return i + 1;
	}
	return len;
}

bool sip_value_next(const char *buf, struct sip_span *rest,
		    struct sip_span *value)
{
	const char *p = buf + rest->off;
	bool angle = false;
	uint32_t i = 0;

	if (!rest->len)
		return false;
	while (i < rest->len) {
		if (p[i] == '"') {
			i = skip_quoted(p, i, rest->len);
			continue;
		}
		if (p[i] == '<')
			angle = true;
		else if (p[i] == '>')
			angle = false;
		else if (p[i] == ',' && !angle)
			break;
		i++;
	}
	*value = sip_span_trim(buf, (struct sip_span){ rest->off, i });
	if (i < rest->len)
		i++;
	rest->off += i;
	rest->len -= i;
	return true;
}

bool sip_value_uri(const char *buf, struct sip_span value,
		   struct sip_span *uri, struct sip_span *params)
{
	const char *p = buf + value.off;
	uint32_t i = 0, end;
	bool odd = false;

	if (value.len && p[0] == '"') {
		i = skip_quoted(p, 0, value.len);
		if (p[i - 1] != '"' || i < 2)
			return false;
	}
	for (; i < value.len && p[i] != '<' && p[i] != ';'; i++)
		odd = odd || p[i] == ':' || p[i] == '@';
	if (i < value.len && p[i] == '<') {
		end = ++i;
		while (end < value.len && p[end] != '>')
			end++;
		/* With these a display name is quoted, or it is anybody's
		 * guess which one is the URI. */
		if (end == value.len || odd)
			return false;
		*params = (struct sip_span){ value.off + end + 1,
					     value.len - end - 1 };
	} else {
		/* addr-spec: without <> parameters are the header's (20). */
		end = i;
		i = 0;
		*params = (struct sip_span){ value.off + end, value.len - end };
	}
	*uri = sip_span_trim(buf, (struct sip_span){ value.off + i, end - i });
	for (i = 0; i < uri->len; i++)
		if (sip_is_space(buf[uri->off + i]) ||
		    strchr("<>\"", buf[uri->off + i]))
			return false;
	return uri->len > 0;
}

int sip_param_find(const char *buf, struct sip_span params, const char *name,
		   struct sip_span *value, struct sip_span *whole)
{
	const char *p = buf + params.off;
	uint32_t i = 0;

	while (i < params.len && p[i] != ';')
		i++;
	while (i < params.len) {
		uint32_t semicolon = i, equal;
		struct sip_span n;

		i++;
		for (equal = i; equal < params.len && p[equal] != '=' &&
		     p[equal] != ';'; equal++)
			;
		n = (struct sip_span){ params.off + i, equal - i };
		n = sip_span_trim(buf, n);
		for (i = equal; i < params.len && p[i] != ';'; )
			i = p[i] == '"' ? skip_quoted(p, i, params.len) : i + 1;
		if (!sip_span_is(buf, n, name))
			continue;
		if (equal < i)
			equal++;
		*value = (struct sip_span){ params.off + equal, i - equal };
		*value = sip_span_trim(buf, *value);
		if (whole)
			*whole = (struct sip_span){ params.off + semicolon,
						    i - semicolon };
		return 1;
	}
	return 0;
}
