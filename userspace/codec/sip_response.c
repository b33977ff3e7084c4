// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * Responses: the request's own bytes go back (RFC 3261 8.2.6.2), so nothing
 * that we do not understand is lost or changed.
 */
#include "sip_build.h"

#include <errno.h>
#include <string.h>

#include "sip_lines.h"
#include "sip_out.h"
#include "sip_parse.h"

#define CRLF "\r\n"

static const struct {
	uint16_t status;
	const char *reason;
} reasons[] = {
	{ 100, "Trying" },
	{ 180, "Ringing" },
	{ 181, "Call Is Being Forwarded" },
	{ 182, "Queued" },
	{ 183, "Session Progress" },
	{ 200, "OK" },
	{ 202, "Accepted" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Moved Temporarily" },
	{ 305, "Use Proxy" },
	{ 380, "Alternative Service" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 410, "Gone" },
	{ 413, "Request Entity Too Large" },
	{ 414, "Request-URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Unsupported URI Scheme" },
	{ 420, "Bad Extension" },
	{ 421, "Extension Required" },
	{ 422, "Session Interval Too Small" },
	{ 423, "Interval Too Brief" },
	{ 480, "Temporarily Unavailable" },
	{ 481, "Call/Transaction Does Not Exist" },
	{ 482, "Loop Detected" },
	{ 483, "Too Many Hops" },
	{ 484, "Address Incomplete" },
	{ 485, "Ambiguous" },
	{ 486, "Busy Here" },
	{ 487, "Request Terminated" },
	{ 488, "Not Acceptable Here" },
	{ 491, "Request Pending" },
	{ 493, "Undecipherable" },
	{ 500, "Server Internal Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Server Time-out" },
	{ 505, "Version Not Supported" },
	{ 513, "Message Too Large" },
	{ 600, "Busy Everywhere" },
	{ 603, "Decline" },
	{ 604, "Does Not Exist Anywhere" },
	{ 606, "Not Acceptable" },
};

const char *sip_reason(uint16_t status)
{
	static const char *const classes[] = {
		"Trying", "OK", "Redirected", "Request Failure",
		"Server Failure", "Global Failure",
	};
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	if (status < 100 || status > 699)
		return "Unknown";
	return classes[status / 100 - 1];
}

/* The sent-by host of a Via value as an address; false: it is a name. */
static bool via_host(const char *req, struct sip_span via, struct addr *a)
{
	char host[ADDR_STRLEN];
	struct sip_span s = { via.off, 0 };
	uint32_t i;

	while (s.len < via.len && req[via.off + s.len] != ';')
		s.len++;
	s = sip_span_trim(req, s);
	for (i = s.len; i && !sip_is_space(req[s.off + i - 1]); i--)
		;
	s.off += i;
	s.len -= i;
	for (i = 0; i < s.len; i++) {
		if (req[s.off + i] == ']') {
			i++;
			break;
		}
		if (req[s.off + i] == ':' && req[s.off] != '[')
			break;
	}
	s.len = i;
	return sip_span_copy(host, sizeof(host), req, s) &&
	       addr_parse(a, host, 0, TRANSPORT_UDP) == 0;
}

static bool same_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static void put_received(struct out *o, const struct addr *source)
{
	char host[ADDR_STRLEN];
	char *ip = host;

	addr_print_host(source, host);
	if (*ip == '[') {
		/* via-received has IPv6 without [] (25.1). */
		ip++;
		host[strlen(host) - 1] = '\0';
	}
	out_text(o, ";received=");
	out_text(o, ip);
}

/* RFC 3261 18.2.1, RFC 3581 4: what the sender wrote into received or rport is
 * not to be believed. */
static void put_top_via(struct out *o, const char *req, struct sip_span via,
			const struct addr *source)
{
	struct sip_span cut[2], value, whole;
	uint32_t at = via.off, end = via.off + via.len;
	bool has_rport = false;
	unsigned int n = 0, i;
	struct addr host;

	if (source && sip_param_find(req, via, "received", &value, &whole))
		cut[n++] = whole;
	if (source && sip_param_find(req, via, "rport", &value, &whole)) {
		has_rport = true;
		cut[n++] = whole;
	}
	if (n == 2 && cut[0].off > cut[1].off) {
		whole = cut[0];
		cut[0] = cut[1];
		cut[1] = whole;
	}
	out_text(o, "Via: ");
	for (i = 0; i < n; i++) {
		out_unfolded(o, req + at, cut[i].off - at);
		at = cut[i].off + cut[i].len;
	}
	out_unfolded(o, req + at, end - at);
	if (source && (has_rport || !via_host(req, via, &host) ||
		       !same_ip(&host, source)))
		put_received(o, source);
	if (has_rport) {
		out_text(o, ";rport=");
		out_number(o, source->port);
	}
	out_text(o, CRLF);
}

static void put_copy(struct out *o, const char *name, const char *req,
		     struct sip_span value)
{
	out_text(o, name);
	out_unfolded(o, req + value.off, value.len);
	out_text(o, CRLF);
}

static void put_vias(struct out *o, const char *req, const struct sip_lines *l,
		     const struct addr *source)
{
	struct sip_span rest, top;
	bool first = true;
	uint32_t i;

	for (i = 0; i < l->n; i++) {
		if (l->line[i].header != SIP_HDR_VIA)
			continue;
		rest = l->line[i].value;
		if (first && sip_value_next(req, &rest, &top))
			put_top_via(o, req, top, source);
		first = false;
		rest = sip_span_trim(req, rest);
		if (rest.len)
			put_copy(o, "Via: ", req, rest);
	}
}

static void put_to(struct out *o, const char *req, struct sip_span to,
		   const char *tag)
{
	struct sip_span uri, params, value;

	out_text(o, "To: ");
	out_unfolded(o, req + to.off, to.len);
	if (tag && *tag && sip_value_uri(req, to, &uri, &params) &&
	    !sip_param_find(req, params, "tag", &value, NULL)) {
		out_text(o, ";tag=");
		out_word(o, tag);
	}
	out_text(o, CRLF);
}

/* The lines of RFC 3261 8.2.6.2, and Record-Route where a dialog may come of
 * it (12.1.1). */
static void put_request_lines(struct out *o, const char *req,
			      const struct sip_lines *l, uint16_t status,
			      const struct addr *source, const char *to_tag)
{
	uint32_t i;

	put_vias(o, req, l, source);
	for (i = 0; i < l->n && status > 100 && status < 300; i++)
		if (l->line[i].header == SIP_HDR_RECORD_ROUTE)
			put_copy(o, "Record-Route: ", req, l->line[i].value);
	put_copy(o, "From: ", req, sip_lines_find(l, SIP_HDR_FROM, 0)->value);
	put_to(o, req, sip_lines_find(l, SIP_HDR_TO, 0)->value,
	       status > 100 ? to_tag : NULL);
	put_copy(o, "Call-ID: ", req,
		 sip_lines_find(l, SIP_HDR_CALL_ID, 0)->value);
	put_copy(o, "CSeq: ", req, sip_lines_find(l, SIP_HDR_CSEQ, 0)->value);
}

static bool says_allow(const char *req, const struct sip_start *s,
		       uint16_t status)
{
	if (status == 405)
		return true;
	return status >= 200 && status < 300 &&
	       (sip_span_is(req, s->method, "INVITE") ||
		sip_span_is(req, s->method, "UPDATE") ||
		sip_span_is(req, s->method, "OPTIONS"));
}

static bool answerable(const char *req, size_t len, struct sip_lines *l,
		       struct sip_start *s)
{
	return sip_lines_scan(l, req, len) == SIP_OK &&
	       sip_start_scan(s, req, l) == SIP_OK && !s->response &&
	       l->count[SIP_HDR_VIA] && l->count[SIP_HDR_FROM] == 1 &&
	       l->count[SIP_HDR_TO] == 1 && l->count[SIP_HDR_CALL_ID] == 1 &&
	       l->count[SIP_HDR_CSEQ] == 1;
}

int sip_build_response(char *buf, size_t size, const char *req, size_t req_len,
		       uint16_t status,
		       const struct addr *source, const char *to_tag,
		       const char *contact, const char *extra,
		       const char *content_type, const void *body,
		       size_t body_len)
{
	struct sip_lines l;
	struct sip_start s;
	struct out o;

	if (status < 100 || status > 699 ||
	    !answerable(req, req_len, &l, &s))
		return -EINVAL;
	out_init(&o, buf, size);
	out_text(&o, "SIP/2.0 ");
	out_number(&o, status);
	out_text(&o, " ");
	out_text(&o, sip_reason(status));
	out_text(&o, CRLF);
	put_request_lines(&o, req, &l, status, source, to_tag);
	if (contact && *contact) {
		out_text(&o, "Contact: <");
		out_word(&o, contact);
		out_text(&o, ">" CRLF);
	}
	if (says_allow(req, &s, status))
		out_text(&o, SIP_ALLOW CRLF);
	if (extra && *extra)
		out_lines(&o, extra);
	out_body(&o, content_type, body, body_len);
	return out_len(&o);
}
