// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Requests; responses are in sip_response.c. */
#include "sip_build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip_lines.h"
#include "sip_out.h"
#include "sip_overload.h"
#include "sip_parse.h"

#ifndef SIPOVER_VERSION
#define SIPOVER_VERSION "unknown"
#endif

#define CRLF "\r\n"
#define MAX_FORWARDS "Max-Forwards: 70" CRLF
#define USER_AGENT "User-Agent: sipover/" SIPOVER_VERSION CRLF

static bool given(const char *s)
{
	return s && *s;
}

/* Via of RFC 3261 8.1.1.7 with an empty rport. */
static void put_via(struct out *o, enum transport transport,
		    const char *sent_by, const char *branch, bool keep,
		    bool overload)
{
	out_text(o, "Via: SIP/2.0/");
	out_text(o, transport_via(transport));
	out_text(o, " ");
	out_word(o, sent_by);
	out_text(o, ";rport;branch=");
	out_word(o, branch);
	if (keep)
		out_text(o, ";keep");
	if (overload)
		out_text(o, SIP_OVERLOAD_OFFER);
	out_text(o, CRLF);
}

static void put_party(struct out *o, const char *name, const char *display,
		      const char *uri, const char *tag)
{
	out_text(o, name);
	if (given(display)) {
		out_quoted(o, display);
		out_text(o, " ");
	}
	out_text(o, "<");
	out_word(o, uri);
	out_text(o, ">");
	if (given(tag)) {
		out_text(o, ";tag=");
		out_word(o, tag);
	}
	out_text(o, CRLF);
}

static void put_contact(struct out *o, const struct sip_request *r)
{
	if (!given(r->contact))
		return;
	out_text(o, "Contact: ");
	if (strcmp(r->contact, "*") == 0) {
		out_text(o, "*");
	} else {
		out_text(o, "<");
		out_word(o, r->contact);
		out_text(o, ">");
		if (given(r->contact_params))
			out_line(o, r->contact_params);
	}
	out_text(o, CRLF);
}

/* A route value stands in <> and may have parameters behind them. */
static void put_routes(struct out *o, const struct sip_request *r)
{
	uint8_t i;

	for (i = 0; i < r->n_routes; i++) {
		if (r->route[i][0] != '<' && !o->err)
			o->err = -EINVAL;
		out_text(o, "Route: ");
		out_line(o, r->route[i]);
		out_text(o, CRLF);
	}
}

static bool says_allow(enum sip_method m)
{
	return m == SIP_INVITE || m == SIP_OPTIONS || m == SIP_REGISTER ||
	       m == SIP_SUBSCRIBE || m == SIP_UPDATE;
}

static void put_text(struct out *o, const char *name, const char *value)
{
	if (!given(value))
		return;
	out_text(o, name);
	out_line(o, value);
	out_text(o, CRLF);
}

int sip_build_request(char *buf, size_t size, const struct sip_request *r)
{
	struct out o;

	if ((unsigned int)r->method >= SIP_OTHER || !given(r->request_uri) ||
	    !given(r->sent_by) || !given(r->branch) || !given(r->from_uri) ||
	    !given(r->to_uri) || !given(r->call_id))
		return -EINVAL;
	out_init(&o, buf, size);
	out_text(&o, sip_method_name(r->method));
	out_text(&o, " ");
	out_word(&o, r->request_uri);
	out_text(&o, " SIP/2.0" CRLF);
	/* The Via first: an ICMP error may quote no more than this. */
	put_via(&o, r->transport, r->sent_by, r->branch, r->keep,
		r->overload);
	out_text(&o, MAX_FORWARDS);
	put_routes(&o, r);
	put_party(&o, "From: ", r->from_display, r->from_uri, r->from_tag);
	put_party(&o, "To: ", NULL, r->to_uri, r->to_tag);
	out_text(&o, "Call-ID: ");
	out_call_id(&o, r->call_id);
	out_text(&o, CRLF "CSeq: ");
	out_number(&o, r->cseq);
	out_text(&o, " ");
	out_text(&o, sip_method_name(r->method));
	out_text(&o, CRLF);
	put_contact(&o, r);
	put_text(&o, "Supported: ", r->supported);
	put_text(&o, "Event: ", r->event);
	put_text(&o, "Accept: ", r->accept);
	if (r->expires >= 0) {
		out_text(&o, "Expires: ");
		out_number(&o, (uint64_t)r->expires);
		out_text(&o, CRLF);
	}
	if (given(r->authorization))
		out_lines(&o, r->authorization);
	if (given(r->extra))
		out_lines(&o, r->extra);
	if (says_allow(r->method))
		out_text(&o, SIP_ALLOW CRLF);
	out_text(&o, USER_AGENT);
	out_body(&o, r->content_type, r->body, r->body_len);
	return out_len(&o);
}

static void put_value(struct out *o, const char *name, const char *buf,
		      struct sip_span value)
{
	out_text(o, name);
	out_unfolded(o, buf + value.off, value.len);
	out_text(o, CRLF);
}

/* What ACK and CANCEL take over from their INVITE.  response NULL: CANCEL. */
static void put_derived(struct out *o, const char *invite,
			const struct sip_lines *l, const struct sip_start *s,
			const struct sipmsg *response)
{
	const char *method = response ? "ACK" : "CANCEL";
	const struct sip_line *h;
	struct sip_span rest, value;
	uint32_t i;

	out_text(o, method);
	out_text(o, " ");
	out_bytes(o, invite + s->uri.off, s->uri.len);
	out_text(o, " SIP/2.0" CRLF);
	rest = value = sip_lines_find(l, SIP_HDR_VIA, 0)->value;
	sip_value_next(invite, &rest, &value);
	put_value(o, "Via: ", invite, value);
	out_text(o, MAX_FORWARDS);
	for (i = 0; i < l->n; i++)
		if (l->line[i].header == SIP_HDR_ROUTE)
			put_value(o, "Route: ", invite, l->line[i].value);
	put_value(o, "From: ", invite, sip_lines_find(l, SIP_HDR_FROM, 0)->value);
	if (response)
		put_party(o, "To: ", NULL, response->to_uri, response->to_tag);
	else
		put_value(o, "To: ", invite,
			  sip_lines_find(l, SIP_HDR_TO, 0)->value);
	put_value(o, "Call-ID: ", invite,
		  sip_lines_find(l, SIP_HDR_CALL_ID, 0)->value);
	h = sip_lines_find(l, SIP_HDR_CSEQ, 0);
	for (i = 0; i < h->value.len; i++)
		if (sip_is_space(invite[h->value.off + i]))
			break;
	out_text(o, "CSeq: ");
	out_bytes(o, invite + h->value.off, i);
	out_text(o, " ");
	out_text(o, method);
	out_text(o, CRLF USER_AGENT);
	out_body(o, NULL, NULL, 0);
}

static int build_derived(char *buf, size_t size, const char *invite,
			 size_t invite_len, const struct sipmsg *response)
{
	struct sip_lines l;
	struct sip_start s;
	struct out o;

	if (sip_lines_scan(&l, invite, invite_len) != SIP_OK ||
	    sip_start_scan(&s, invite, &l) != SIP_OK || s.response ||
	    !l.count[SIP_HDR_VIA] || !l.count[SIP_HDR_FROM] ||
	    !l.count[SIP_HDR_TO] || !l.count[SIP_HDR_CALL_ID] ||
	    !l.count[SIP_HDR_CSEQ])
		return -EINVAL;
	out_init(&o, buf, size);
	put_derived(&o, invite, &l, &s, response);
	return out_len(&o);
}

int sip_build_ack(char *buf, size_t size, const char *invite,
		  size_t invite_len, const struct sipmsg *response)
{
	if (!response || !response->to_uri[0])
		return -EINVAL;
	return build_derived(buf, size, invite, invite_len, response);
}

int sip_build_cancel(char *buf, size_t size, const char *invite,
		     size_t invite_len)
{
	return build_derived(buf, size, invite, invite_len, NULL);
}

/* Its own making: From ends with its tag. */
static bool ends_with_tag(const char *buf, struct sip_span from,
			  const char *tag)
{
	size_t n = strlen(tag);

	return from.len > n + 5 &&
	       memcmp(buf + from.off + from.len - n - 5, ";tag=", 5) == 0 &&
	       memcmp(buf + from.off + from.len - n, tag, n) == 0;
}

bool sip_response_fits(const struct sipmsg *response, const char *request,
		       size_t len)
{
	const struct sip_line *from, *call_id, *cseq;
	char number[24], text[SIPMSG_TOKEN_MAX];
	struct sip_lines l;

	if (sip_lines_scan(&l, request, len) != SIP_OK)
		return false;
	from = sip_lines_find(&l, SIP_HDR_FROM, 0);
	call_id = sip_lines_find(&l, SIP_HDR_CALL_ID, 0);
	cseq = sip_lines_find(&l, SIP_HDR_CSEQ, 0);
	if (!from || !call_id || !cseq)
		return false;
	snprintf(number, sizeof(number), "%u ", response->cseq);
	return ends_with_tag(request, from->value, response->from_tag) &&
	       sip_span_copy(text, sizeof(text), request, call_id->value) &&
	       strcmp(text, response->call_id) == 0 &&
	       sip_span_copy(text, sizeof(text), request, cseq->value) &&
	       strncmp(text, number, strlen(number)) == 0;
}

int sip_rebranch(char *buf, size_t len, size_t size, enum transport transport,
		 const char *sent_by, const char *branch)
{
	char line[2 * SIPMSG_TOKEN_MAX + 64];
	size_t from, to, tail;
	struct sip_lines l;
	struct out o;
	int n;

	if (len > size || !given(sent_by) || !given(branch) ||
	    sip_lines_scan(&l, buf, len) != SIP_OK || !l.n ||
	    l.line[0].header != SIP_HDR_VIA)
		return -EINVAL;
	out_init(&o, line, sizeof(line));
	put_via(&o, transport, sent_by, branch, false, false);
	n = out_len(&o);
	if (n < 0)
		return n;
	/* Of our own making: Via is the first header and has no folds. */
	from = l.start.off + l.start.len + 2;
	to = l.line[0].value.off + l.line[0].value.len + 2;
	tail = len - to;
	if (from + (size_t)n > size || tail > size - from - (size_t)n)
		return -EMSGSIZE;
	memmove(buf + from + n, buf + to, tail);
	memcpy(buf + from, line, (size_t)n);
	return (int)(from + (size_t)n + tail);
}

int sip_default_sdp(char *buf, size_t size, const struct addr *local,
		    uint16_t port, uint64_t session_id)
{
	char host[ADDR_STRLEN];
	const char *net = "IP4 ";
	struct out o;
	char *ip = host;

	if (local->family == ADDR_NONE)
		return -EINVAL;
	addr_print_host(local, host);
	if (local->family == ADDR_V6) {
		/* No [] in SDP. */
		net = "IP6 ";
		ip++;
		host[strlen(host) - 1] = '\0';
	}
	out_init(&o, buf, size);
	out_text(&o, "v=0" CRLF "o=- ");
	out_number(&o, session_id);
	out_text(&o, " ");
	out_number(&o, session_id);
	out_text(&o, " IN ");
	out_text(&o, net);
	out_text(&o, ip);
	out_text(&o, CRLF "s=-" CRLF "c=IN ");
	out_text(&o, net);
	out_text(&o, ip);
	out_text(&o, CRLF "t=0 0" CRLF "m=audio ");
	out_number(&o, port);
	out_text(&o, " RTP/AVP 0 8" CRLF
		 "a=rtpmap:0 PCMU/8000" CRLF
		 "a=rtpmap:8 PCMA/8000" CRLF
		 "a=sendrecv" CRLF);
	return out_len(&o);
}
