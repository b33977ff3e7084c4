// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "sip_option.h"

#include <string.h>

/* A number at s.off; -1: none, or above 2^31-1.  s is what is behind it. */
static int64_t number(const char *buf, struct sip_span *s)
{
	uint32_t start = s->off;
	int64_t v = 0;

	while (s->len && buf[s->off] >= '0' && buf[s->off] <= '9') {
		v = v * 10 + (buf[s->off] - '0');
		if (v > INT32_MAX)
			return -1;
		s->off++;
		s->len--;
	}
	*s = sip_span_trim(buf, *s);
	return s->off == start ? -1 : v;
}

/* A header that is one number and perhaps parameters. */
static int32_t seconds(const char *buf, const struct sip_lines *l,
		       enum sip_header header, struct sip_span *params)
{
	const struct sip_line *h = sip_lines_find(l, header, 0);
	int64_t v;

	if (!h)
		return -1;
	*params = h->value;
	v = number(buf, params);
	if (params->len && buf[params->off] != ';')
		return -1;
	return (int32_t)v;
}

static void read_session(struct sipmsg *m, const char *buf,
			 const struct sip_lines *l)
{
	struct sip_span params = { 0, 0 }, who;

	m->min_se = seconds(buf, l, SIP_HDR_MIN_SE, &params);
	m->session_expires = seconds(buf, l, SIP_HDR_SESSION_EXPIRES, &params);
	if (m->session_expires < 0 ||
	    !sip_param_find(buf, params, "refresher", &who, NULL))
		return;
	if (sip_span_is(buf, who, "uac"))
		m->refresher = SIP_REFRESHER_UAC;
	else if (sip_span_is(buf, who, "uas"))
		m->refresher = SIP_REFRESHER_UAS;
}

/* RAck: RSeq CSeq method (RFC 3262 7.2); it is always an INVITE's. */
static void read_reliable(struct sipmsg *m, const char *buf,
			  const struct sip_lines *l)
{
	const struct sip_line *h = sip_lines_find(l, SIP_HDR_RSEQ, 0);
	struct sip_span s;
	int64_t v, cseq;

	if (h) {
		s = h->value;
		v = number(buf, &s);
		if (v > 0 && !s.len)
			m->rseq = (uint32_t)v;
	}
	h = sip_lines_find(l, SIP_HDR_RACK, 0);
	if (!h)
		return;
	s = h->value;
	v = number(buf, &s);
	cseq = number(buf, &s);
	if (v <= 0 || cseq < 0 || !sip_span_is(buf, s, "INVITE"))
		return;
	m->rack_rseq = (uint32_t)v;
	m->rack_cseq = (uint32_t)cseq;
}

static uint8_t tag_of(const char *buf, struct sip_span tag)
{
	if (sip_span_is(buf, tag, "timer"))
		return SIP_TAG_TIMER;
	return sip_span_is(buf, tag, "100rel") ? SIP_TAG_100REL : 0;
}

/* RFC 3261 8.2.2.3: those of a request that we do not know are told to its
 * sender. */
static bool add_unknown(struct sipmsg *m, const char *buf, struct sip_span tag)
{
	size_t at = strlen(m->require);

	if (at + 2 >= sizeof(m->require))
		return false;
	if (at) {
		memcpy(m->require + at, ", ", 2);
		at += 2;
	}
	return sip_span_copy(m->require + at, sizeof(m->require) - at, buf,
			     tag);
}

/* As UAS we send no provisional response reliably, so that a request cannot
 * have it required. */
static bool read_required(struct sipmsg *m, const char *buf,
			  struct sip_span tag)
{
	uint8_t known = tag_of(buf, tag);

	m->required |= known;
	if (m->response || known & SIP_TAG_TIMER)
		return true;
	return add_unknown(m, buf, tag);
}

static void read_method(struct sipmsg *m, const char *buf, struct sip_span name)
{
	char text[16];

	if (sip_span_copy(text, sizeof(text), buf, name))
		m->allow |= (uint16_t)(1u << sip_method_of(text));
}

/* One of the comma-separated values of a header. */
static bool read_value(struct sipmsg *m, const char *buf, uint8_t header,
		       struct sip_span value)
{
	if (!value.len)
		return true;
	if (header == SIP_HDR_REQUIRE)
		return read_required(m, buf, value);
	if (header == SIP_HDR_SUPPORTED)
		m->supported |= tag_of(buf, value);
	else
		read_method(m, buf, value);
	return true;
}

bool sip_option_read(struct sipmsg *m, const char *buf,
		     const struct sip_lines *l)
{
	struct sip_span rest, value;
	uint32_t i;

	read_session(m, buf, l);
	read_reliable(m, buf, l);
	for (i = 0; i < l->n; i++) {
		uint8_t header = l->line[i].header;

		if (header != SIP_HDR_REQUIRE && header != SIP_HDR_SUPPORTED &&
		    header != SIP_HDR_ALLOW)
			continue;
		rest = l->line[i].value;
		while (sip_value_next(buf, &rest, &value))
			if (!read_value(m, buf, header, value))
				return false;
	}
	return true;
}
