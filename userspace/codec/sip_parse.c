// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * The library sees only what is read here: start line, top Via, From, To,
 * Call-ID, CSeq, Content-Type, each value on an unfolded line of its own and
 * without a body.  So its body and multipart code, its comma splitting and
 * headers that nobody reads are out of a sender's reach.
 */
#include <sys/types.h>	/* osip_list.h needs it and does not include it */

#include <osipparser2/osip_parser.h>
#undef SIP_OK		/* there a status code, here a result */

#include "sip_parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip_challenge.h"
#include "sip_event.h"
#include "sip_lines.h"
#include "sip_option.h"
#include "sip_overload.h"
#include "sip_prescan.h"

/* The library appends each parameter of a URI or a header to a list that it
 * walks from its start: 30000 of them, which fit into one datagram, are a
 * second of work. */
#define PARAMS_MAX 64

/* One message on its way. */
struct parse {
	const char *buf;
	struct sip_lines lines;
	struct sip_start start;
	struct sipmsg *m;
	char *scratch;		/* room for the head and some more */
	size_t scratch_size;
};

static const char *const method_names[] = {
	[SIP_REGISTER] = "REGISTER",
	[SIP_INVITE] = "INVITE",
	[SIP_ACK] = "ACK",
	[SIP_CANCEL] = "CANCEL",
	[SIP_BYE] = "BYE",
	[SIP_OPTIONS] = "OPTIONS",
	[SIP_SUBSCRIBE] = "SUBSCRIBE",
	[SIP_NOTIFY] = "NOTIFY",
	[SIP_UPDATE] = "UPDATE",
	[SIP_INFO] = "INFO",
	[SIP_PRACK] = "PRACK",
};

static const char *const result_names[SIP_PARSE_RESULTS] = {
	[SIP_OK] = "ok",
	[SIP_KEEPALIVE] = "keepalive",
	[SIP_TRUNCATED] = "truncated",
	[SIP_TOO_LONG] = "too_long",
	[SIP_TOO_MANY] = "too_many",
	[SIP_NUL] = "nul",
	[SIP_BAD_START] = "bad_start",
	[SIP_BAD_HEADER] = "bad_header",
	[SIP_MISSING] = "missing",
	[SIP_DUPLICATE] = "duplicate",
	[SIP_BAD_VALUE] = "bad_value",
};

static void no_trace(const char *file, int line, osip_trace_level_t level,
		     const char *fmt, va_list ap)
{
	(void)file;
	(void)line;
	(void)level;
	(void)fmt;
	(void)ap;
}

int sip_parse_init(void)
{
	static bool done;

	if (done)
		return 0;
	if (parser_init() != 0)
		return -ENOMEM;
	/* Until a sink is set the library writes its errors to stdout, also
	 * with every level disabled. */
	osip_trace_initialize_func(TRACE_LEVEL0, no_trace);
	done = true;
	return 0;
}

const char *sip_parse_result_name(enum sip_parse_result r)
{
	return (unsigned int)r < SIP_PARSE_RESULTS ? result_names[r] : "?";
}

/* Method names are case-sensitive (RFC 3261 7.1). */
enum sip_method sip_method_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < SIP_OTHER; i++)
		if (strcmp(name, method_names[i]) == 0)
			return (enum sip_method)i;
	return SIP_OTHER;
}

const char *sip_method_name(enum sip_method m)
{
	return (unsigned int)m < SIP_OTHER ? method_names[m] : "?";
}

/* Printable ASCII without spaces and without the refused characters. */
static bool is_word(const char *s, const char *refused)
{
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || strchr(refused, *s))
			return false;
	return true;
}

/* A parameter's value into a field; no value is a mistake of the sender. */
static enum sip_parse_result set_word(char *dst, size_t size, const char *src)
{
	if (!src || !*src || !is_word(src, ";,<>\""))
		return SIP_BAD_VALUE;
	if (strlen(src) >= size)
		return SIP_TOO_LONG;
	strcpy(dst, src);
	return SIP_OK;
}

static enum sip_parse_result set_span(char *dst, size_t size, const char *buf,
				      struct sip_span s)
{
	return sip_span_copy(dst, size, buf, s) ? SIP_OK : SIP_TOO_LONG;
}

/* Leading digits of [p, end); more than an int32_t holds saturates (20.19:
 * up to 2^32-1 is legal).  -1: no digit.  *p moves behind them. */
static int32_t seconds(const char **p, const char *end)
{
	int64_t v = 0;
	const char *start = *p;

	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		v = v * 10 + (**p - '0');
		if (v > INT32_MAX)
			v = INT32_MAX;
	}
	return *p == start ? -1 : (int32_t)v;
}

/* A header that is one number; the first line counts.  Retry-After may be
 * followed by a comment and parameters (20.33). */
static enum sip_parse_result set_seconds(const struct parse *x,
					 enum sip_header header, int32_t *v)
{
	const struct sip_line *h = sip_lines_find(&x->lines, header, 0);
	const char *p, *end;

	*v = -1;
	if (!h)
		return SIP_OK;
	p = x->buf + h->value.off;
	end = p + h->value.len;
	*v = seconds(&p, end);
	if (*v < 0)
		return SIP_BAD_VALUE;
	if (p == end || (header == SIP_HDR_RETRY_AFTER &&
			 (sip_is_space(*p) || *p == '(' || *p == ';')))
		return SIP_OK;
	return SIP_BAD_VALUE;
}

/* Whether the library gets through a value in a time that can be spared. */
static bool is_cheap(const struct parse *x, struct sip_span value)
{
	unsigned int n = 0;
	uint32_t i;

	for (i = 0; i < value.len; i++) {
		char c = x->buf[value.off + i];

		if ((c == ';' || c == '&') && ++n > PARAMS_MAX)
			return false;
	}
	return true;
}

/* The same for all that run_library() hands over. */
static bool is_head_cheap(const struct parse *x)
{
	static const uint8_t headers[] = {
		SIP_HDR_VIA, SIP_HDR_FROM, SIP_HDR_TO, SIP_HDR_CALL_ID,
		SIP_HDR_CSEQ, SIP_HDR_CONTENT_TYPE,
	};
	size_t i;

	for (i = 0; i < sizeof(headers); i++) {
		const struct sip_line *h = sip_lines_find(&x->lines, headers[i],
							  0);
		struct sip_span rest, value;

		if (!h)
			continue;
		rest = value = h->value;
		if (headers[i] == SIP_HDR_VIA)
			sip_value_next(x->buf, &rest, &value);
		if (!is_cheap(x, value))
			return false;
	}
	return x->start.response || is_cheap(x, x->start.uri);
}

/* The first value of a header, as the library shall see it. */
static size_t put_line(struct parse *x, size_t at, enum sip_header header,
		       const char *name)
{
	const struct sip_line *h = sip_lines_find(&x->lines, header, 0);
	struct sip_span rest, value;

	if (!h)
		return at;
	rest = value = h->value;
	if (header == SIP_HDR_VIA)
		sip_value_next(x->buf, &rest, &value);
	at += (size_t)sprintf(x->scratch + at, "%s: ", name);
	sip_span_copy(x->scratch + at, x->scratch_size - at, x->buf, value);
	at += value.len;
	memcpy(x->scratch + at, "\r\n", 3);
	return at + 2;
}

static size_t put_start(struct parse *x)
{
	const struct sip_start *s = &x->start;

	if (s->response)
		return (size_t)sprintf(x->scratch, "SIP/2.0 %u -\r\n",
				       s->status);
	return (size_t)sprintf(x->scratch, "%.*s %.*s SIP/2.0\r\n",
			       (int)s->method.len, x->buf + s->method.off,
			       (int)s->uri.len, x->buf + s->uri.off);
}

static enum sip_parse_result run_library(struct parse *x, osip_message_t **msg)
{
	size_t at;

	if (!is_head_cheap(x))
		return SIP_TOO_MANY;
	at = put_start(x);
	at = put_line(x, at, SIP_HDR_VIA, "Via");
	at = put_line(x, at, SIP_HDR_FROM, "From");
	at = put_line(x, at, SIP_HDR_TO, "To");
	at = put_line(x, at, SIP_HDR_CALL_ID, "Call-ID");
	at = put_line(x, at, SIP_HDR_CSEQ, "CSeq");
	at = put_line(x, at, SIP_HDR_CONTENT_TYPE, "Content-Type");
	memcpy(x->scratch + at, "\r\n", 3);
	at += 2;
	if (osip_message_init(msg) != 0) {
		*msg = NULL;
		return SIP_BAD_VALUE;
	}
	return osip_message_parse(*msg, x->scratch, at) == 0 ? SIP_OK
							      : SIP_BAD_VALUE;
}

static enum sip_parse_result read_start(struct parse *x)
{
	const struct sip_start *s = &x->start;
	struct sipmsg *m = x->m;
	struct sip_span reason = s->reason;
	enum sip_parse_result r;

	m->response = s->response;
	m->status = s->status;
	if (s->response) {
		/* For people only: cut rather than refused. */
		if (reason.len >= sizeof(m->reason))
			reason.len = sizeof(m->reason) - 1;
		return set_span(m->reason, sizeof(m->reason), x->buf, reason);
	}
	r = set_span(m->method_name, sizeof(m->method_name), x->buf, s->method);
	if (r != SIP_OK)
		return r;
	m->method = (uint8_t)sip_method_of(m->method_name);
	return set_span(m->request_uri, sizeof(m->request_uri), x->buf, s->uri);
}

static enum sip_parse_result read_cseq(struct parse *x, osip_message_t *msg)
{
	osip_cseq_t *c = msg->cseq;
	struct sipmsg *m = x->m;
	const char *p, *end;
	int32_t number;

	if (!c || !c->number || !c->method)
		return SIP_BAD_VALUE;
	p = c->number;
	end = p + strlen(p);
	number = seconds(&p, end);
	/* 8.1.1.5: below 2^31; a saturated value is refused with it. */
	if (number < 0 || number == INT32_MAX || p != end)
		return SIP_BAD_VALUE;
	m->cseq = (uint32_t)number;
	if (!m->response)
		return strcmp(c->method, m->method_name) == 0 ? SIP_OK
							       : SIP_BAD_VALUE;
	if (strlen(c->method) >= sizeof(m->method_name))
		return SIP_TOO_LONG;
	if (!*c->method || !is_word(c->method, ";,<>\""))
		return SIP_BAD_VALUE;
	strcpy(m->method_name, c->method);
	m->method = (uint8_t)sip_method_of(c->method);
	return SIP_OK;
}

static bool port_of(const char *text, uint16_t *port)
{
	const char *p = text, *end = text + strlen(text);
	int32_t v = seconds(&p, end);

	if (v < 1 || v > 65535 || p != end)
		return false;
	*port = (uint16_t)v;
	return true;
}

static enum sip_parse_result read_via_host(struct sipmsg *m,
					   const osip_via_t *via)
{
	bool v6 = via->host && strchr(via->host, ':');
	uint16_t port = 0;
	int n;

	if (!via->version || strcmp(via->version, "2.0") != 0 || !via->protocol ||
	    !via->host || !*via->host || !is_word(via->host, ";,<>\"[]"))
		return SIP_BAD_VALUE;
	if (!*via->protocol || !is_word(via->protocol, ";,<>\"/:="))
		return SIP_BAD_VALUE;
	if (via->port && !port_of(via->port, &port))
		return SIP_BAD_VALUE;
	n = snprintf(m->sent_by, sizeof(m->sent_by), v6 ? "[%s]" : "%s",
		     via->host);
	if (port && n < (int)sizeof(m->sent_by))
		n += snprintf(m->sent_by + n, sizeof(m->sent_by) - (size_t)n,
			      ":%u", port);
	return n < (int)sizeof(m->sent_by) ? SIP_OK : SIP_TOO_LONG;
}

/* The library takes anything before the first slash for "SIP", and all from the
 * second one to the space for the transport: parameters there, which we would
 * find again in the line and answer by, are lost to it. */
static bool is_sip_via(const struct parse *x)
{
	const struct sip_line *h = sip_lines_find(&x->lines, SIP_HDR_VIA, 0);
	const char *slash = memchr(x->buf + h->value.off, '/', h->value.len);
	struct sip_span name = { h->value.off, 0 };

	if (!slash)
		return false;
	name.len = (uint32_t)(slash - (x->buf + name.off));
	return sip_span_is(x->buf, sip_span_trim(x->buf, name), "SIP");
}

static enum sip_parse_result read_via(struct parse *x, osip_message_t *msg)
{
	osip_generic_param_t *param = NULL;
	enum sip_parse_result r;
	struct sipmsg *m = x->m;
	osip_via_t *via;

	via = osip_list_get(&msg->vias, 0);
	if (!via || !is_sip_via(x))
		return SIP_BAD_VALUE;
	r = read_via_host(m, via);
	if (r != SIP_OK)
		return r;
	if (osip_via_param_get_byname(via, (char *)"branch", &param) == 0 &&
	    param) {
		r = set_word(m->branch, sizeof(m->branch), param->gvalue);
		if (r != SIP_OK)
			return r;
	}
	param = NULL;
	if (osip_via_param_get_byname(via, (char *)"received", &param) == 0 &&
	    param) {
		r = set_word(m->received, sizeof(m->received), param->gvalue);
		if (r != SIP_OK)
			return r;
	}
	param = NULL;
	if (osip_via_param_get_byname(via, (char *)"rport", &param) == 0 &&
	    param && param->gvalue && !port_of(param->gvalue, &m->rport))
		return SIP_BAD_VALUE;
	param = NULL;
	if (osip_via_param_get_byname(via, (char *)"keep", &param) == 0 &&
	    param && param->gvalue) {
		const char *p = param->gvalue, *end = p + strlen(p);
		int32_t keep = seconds(&p, end);

		if (p == end)
			m->keep = keep;
	}
	return SIP_OK;
}

/* Whether the library can read the URI as we are going to use it: where one
 * begins and ends in a malformed value is not the same to both. */
static bool is_address(struct parse *x, struct sip_span uri)
{
	osip_contact_t *c;
	bool good;

	if (!sip_span_copy(x->scratch + 1, x->scratch_size - 2, x->buf, uri) ||
	    osip_contact_init(&c) != 0)
		return false;
	x->scratch[0] = '<';
	memcpy(x->scratch + 1 + uri.len, ">", 2);
	good = osip_contact_parse(c, x->scratch) == 0 && c->url;
	osip_contact_free(c);
	return good;
}

/* From or To: the URI as received, the tag by the library. */
static enum sip_parse_result read_party(struct parse *x, osip_from_t *party,
					enum sip_header header, char *uri,
					char *tag)
{
	const struct sip_line *h = sip_lines_find(&x->lines, header, 0);
	osip_generic_param_t *param = NULL;
	struct sip_span at, params;
	enum sip_parse_result r;

	if (!party || !party->url || !h ||
	    !sip_value_uri(x->buf, h->value, &at, &params) ||
	    !is_address(x, at))
		return SIP_BAD_VALUE;
	r = set_span(uri, SIPMSG_URI_MAX, x->buf, at);
	if (r != SIP_OK)
		return r;
	if (osip_from_get_tag(party, &param) != 0 || !param)
		return SIP_OK;	/* RFC 2543 had From without a tag */
	return set_word(tag, SIPMSG_TOKEN_MAX, param->gvalue);
}

static enum sip_parse_result read_call_id(struct parse *x, osip_message_t *msg)
{
	const struct sip_line *h = sip_lines_find(&x->lines, SIP_HDR_CALL_ID, 0);
	struct sipmsg *m = x->m;
	enum sip_parse_result r;

	if (!msg->call_id || !h || !h->value.len)
		return SIP_BAD_VALUE;
	r = set_span(m->call_id, sizeof(m->call_id), x->buf, h->value);
	if (r == SIP_OK && !is_word(m->call_id, ""))
		r = SIP_BAD_VALUE;
	return r;
}

static enum sip_parse_result read_content_type(struct parse *x,
					       osip_message_t *msg)
{
	const struct sip_line *h;
	struct sipmsg *m = x->m;
	int n;

	h = sip_lines_find(&x->lines, SIP_HDR_CONTENT_TYPE, 0);
	if (!h)
		return SIP_OK;
	if (!msg->content_type || !msg->content_type->type ||
	    !msg->content_type->subtype)
		return SIP_BAD_VALUE;
	if (sip_span_copy(m->content_type, sizeof(m->content_type), x->buf,
			  h->value))
		return SIP_OK;
	/* Parameters (a long boundary) are the first to go. */
	n = snprintf(m->content_type, sizeof(m->content_type), "%s/%s",
		     msg->content_type->type, msg->content_type->subtype);
	return n < (int)sizeof(m->content_type) ? SIP_OK : SIP_TOO_LONG;
}

static enum sip_parse_result read_contact(struct parse *x,
					  struct sip_span value,
					  struct sip_contact *c)
{
	struct sip_span uri, params, expires;
	const char *p, *end;

	c->expires = -1;
	if (sip_span_is(x->buf, value, "*")) {
		strcpy(c->uri, "*");
		return SIP_OK;
	}
	if (!is_cheap(x, value))
		return SIP_TOO_MANY;
	if (!sip_value_uri(x->buf, value, &uri, &params) ||
	    !is_address(x, uri))
		return SIP_BAD_VALUE;
	if (sip_param_find(x->buf, params, "expires", &expires, NULL)) {
		p = x->buf + expires.off;
		end = p + expires.len;
		if (expires.len >= 2 && *p == '"' && end[-1] == '"') {
			p++;
			end--;
		}
		c->expires = seconds(&p, end);
		if (c->expires < 0 || p != end)
			return SIP_BAD_VALUE;
	}
	return set_span(c->uri, sizeof(c->uri), x->buf, uri);
}

static enum sip_parse_result read_contacts(struct parse *x)
{
	struct sip_span rest, value;
	struct sipmsg *m = x->m;
	enum sip_parse_result r;
	uint32_t i;

	for (i = 0; i < x->lines.n; i++) {
		if (x->lines.line[i].header != SIP_HDR_CONTACT)
			continue;
		rest = x->lines.line[i].value;
		while (sip_value_next(x->buf, &rest, &value)) {
			struct sip_contact c;

			if (m->n_contacts == SIPMSG_CONTACTS_MAX)
				return SIP_OK;
			if (!value.len)
				continue;
			/* For REGISTER only (20.10): no place to send to. */
			if (m->method != SIP_REGISTER &&
			    sip_span_is(x->buf, value, "*"))
				continue;
			memset(&c, 0, sizeof(c));
			r = read_contact(x, value, &c);
			/* A registrar lists other devices' bindings too; a
			 * long one must not cost us our own. */
			if (r == SIP_TOO_LONG && m->method == SIP_REGISTER)
				continue;
			if (r != SIP_OK)
				return r;
			m->contact[m->n_contacts++] = c;
		}
	}
	return SIP_OK;
}

static enum sip_parse_result read_record_routes(struct parse *x)
{
	struct sip_span rest, value, uri, params;
	struct sipmsg *m = x->m;
	char *dst;
	uint32_t i;

	for (i = 0; i < x->lines.n; i++) {
		if (x->lines.line[i].header != SIP_HDR_RECORD_ROUTE)
			continue;
		rest = x->lines.line[i].value;
		while (sip_value_next(x->buf, &rest, &value)) {
			if (!value.len)
				continue;
			if (!is_cheap(x, value))
				return SIP_TOO_MANY;
			/* name-addr only (20.30): < is the byte before. */
			if (!sip_value_uri(x->buf, value, &uri, &params) ||
			    uri.off == value.off || !is_address(x, uri))
				return SIP_BAD_VALUE;
			if (m->n_routes == SIPMSG_ROUTES_MAX)
				return SIP_TOO_MANY;
			dst = m->record_route[m->n_routes];
			if (!sip_span_copy(dst + 1, SIPMSG_URI_MAX - 2, x->buf,
					   uri))
				return SIP_TOO_LONG;
			dst[0] = '<';
			memcpy(dst + 1 + uri.len, ">", 2);
			m->n_routes++;
		}
	}
	return SIP_OK;
}

static enum sip_parse_result read_challenges(struct parse *x)
{
	struct sipmsg *m = x->m;
	uint32_t i;

	for (i = 0; i < x->lines.n; i++) {
		const struct sip_line *h = &x->lines.line[i];
		struct sip_challenge c;
		int have;

		if (h->header != SIP_HDR_WWW_AUTHENTICATE &&
		    h->header != SIP_HDR_PROXY_AUTHENTICATE)
			continue;
		have = sip_challenge_parse(&c, x->buf, h->value);
		if (have < 0)
			return SIP_BAD_VALUE;
		if (!have || m->n_challenges == SIPMSG_CHALLENGES_MAX)
			continue;
		c.proxy = h->header == SIP_HDR_PROXY_AUTHENTICATE;
		m->challenge[m->n_challenges++] = c;
	}
	return SIP_OK;
}

static enum sip_parse_result read_headers(struct parse *x, osip_message_t *msg)
{
	struct sipmsg *m = x->m;
	enum sip_parse_result r;

	r = read_start(x);
	if (r == SIP_OK)
		r = read_cseq(x, msg);
	if (r == SIP_OK)
		r = read_via(x, msg);
	if (r == SIP_OK)
		r = read_party(x, msg->from, SIP_HDR_FROM, m->from_uri,
			       m->from_tag);
	if (r == SIP_OK)
		r = read_party(x, msg->to, SIP_HDR_TO, m->to_uri, m->to_tag);
	if (r == SIP_OK)
		r = read_call_id(x, msg);
	if (r == SIP_OK)
		r = read_content_type(x, msg);
	if (r == SIP_OK)
		r = set_seconds(x, SIP_HDR_EXPIRES, &m->expires);
	if (r == SIP_OK)
		r = set_seconds(x, SIP_HDR_MIN_EXPIRES, &m->min_expires);
	if (r == SIP_OK)
		r = set_seconds(x, SIP_HDR_RETRY_AFTER, &m->retry_after);
	/* Advice, as keep is: what is not understood is not taken. */
	if (r == SIP_OK &&
	    set_seconds(x, SIP_HDR_FLOW_TIMER, &m->flow_timer) != SIP_OK)
		m->flow_timer = -1;
	if (r == SIP_OK)
		r = read_contacts(x);
	if (r == SIP_OK)
		r = read_record_routes(x);
	if (r == SIP_OK)
		r = read_challenges(x);
	if (r == SIP_OK && !sip_option_read(m, x->buf, &x->lines))
		r = SIP_TOO_LONG;
	if (r == SIP_OK && m->response)
		sip_overload_read(&m->overload, x->buf, &x->lines);
	if (r == SIP_OK)
		r = sip_event_read(m, x->buf, &x->lines);
	return r;
}

enum sip_parse_result sip_parse(const char *buf, size_t len, struct sipmsg *m)
{
	osip_message_t *msg = NULL;
	enum sip_parse_result r;
	struct parse x;
	uint32_t body;

	memset(m, 0, sizeof(*m));
	m->expires = m->min_expires = m->retry_after = -1;
	m->flow_timer = m->keep = -1;
	m->sub_expires = m->sub_retry_after = -1;
	m->overload.percent = m->overload.validity_ms = -1;
	m->session_expires = m->min_se = -1;
	x.buf = buf;
	x.m = m;
	r = sip_prescan(buf, len, &x.lines, &x.start, &body);
	if (r != SIP_OK)
		return r;
	/* Names that came in their compact form grow, and so may the lines'
	 * ends. */
	x.scratch_size = x.lines.head + 256;
	x.scratch = malloc(x.scratch_size);
	if (!x.scratch)
		return SIP_BAD_VALUE;
	r = run_library(&x, &msg);
	if (r == SIP_OK)
		r = read_headers(&x, msg);
	if (msg)
		osip_message_free(msg);
	free(x.scratch);
	if (r == SIP_OK) {
		m->body_off = x.lines.head;
		m->body_len = body;
	}
	return r;
}
