// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "sdp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sip_out.h"

#define CRLF "\r\n"
#define MEDIA_MAX 32	/* of our own description; others are not used */
#define WORDS_MAX 64	/* of an m line */

/* A line without its end, in somebody's bytes. */
struct line {
	const char *at;
	size_t len;
};

struct word {
	const char *at;
	size_t len;
};

/* One m line in words: media, port, proto, formats. */
struct media {
	struct word word[WORDS_MAX];
	unsigned int n;
};

static bool next_line(const char **at, const char *end, struct line *l)
{
	const char *stop;

	if (*at >= end)
		return false;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	if (!stop)
		stop = end;
	l->at = *at;
	l->len = (size_t)(stop - *at);
	if (l->len && l->at[l->len - 1] == '\r')
		l->len--;
	*at = stop < end ? stop + 1 : end;
	return true;
}

static bool is(const struct line *l, const char *text)
{
	size_t n = strlen(text);

	return l->len == n && memcmp(l->at, text, n) == 0;
}

static bool begins(const struct line *l, const char *text)
{
	size_t n = strlen(text);

	return l->len >= n && memcmp(l->at, text, n) == 0;
}

/* -1: the line says nothing about it. */
static int direction_of(const struct line *l)
{
	if (is(l, "a=sendrecv"))
		return SDP_SENDRECV;
	if (is(l, "a=sendonly"))
		return SDP_SENDONLY;
	if (is(l, "a=recvonly"))
		return SDP_RECVONLY;
	if (is(l, "a=inactive"))
		return SDP_INACTIVE;
	return -1;
}

static const char *direction_line(unsigned int d)
{
	static const char *const lines[] = {
		[SDP_INACTIVE] = "a=inactive" CRLF,
		[SDP_SENDONLY] = "a=sendonly" CRLF,
		[SDP_RECVONLY] = "a=recvonly" CRLF,
		[SDP_SENDRECV] = "a=sendrecv" CRLF,
	};

	return lines[d & SDP_SENDRECV];
}

/* What the far end's sending is to us, and the other way round. */
static unsigned int seen_from_here(unsigned int d)
{
	return (d & SDP_SENDONLY ? SDP_RECVONLY : 0u) |
	       (d & SDP_RECVONLY ? SDP_SENDONLY : 0u);
}

/* What the lines from at on say, up to the next medium; dflt: what holds if
 * they do not.  *deaf: whether their address cannot receive. */
static unsigned int section_direction(const char *at, const char *end,
				      unsigned int dflt, bool *deaf)
{
	unsigned int d = dflt;
	struct line l;
	int said;

	while (next_line(&at, end, &l) && !begins(&l, "m=")) {
		said = direction_of(&l);
		if (said >= 0)
			d = (unsigned int)said;
		if (begins(&l, "c="))
			*deaf = is(&l, "c=IN IP4 0.0.0.0");
	}
	return d;
}

/* The direction of the medium whose section begins at at. */
static unsigned int media_direction(const char *sdp, const char *at,
				    const char *end)
{
	bool deaf = false;
	unsigned int d = section_direction(sdp, end, SDP_SENDRECV, &deaf);

	d = section_direction(at, end, d, &deaf);
	return deaf ? d & ~(unsigned int)SDP_RECVONLY : d;
}

static void split(const struct line *l, struct media *m)
{
	size_t at = 2, from;

	m->n = 0;
	while (at < l->len && m->n < WORDS_MAX) {
		while (at < l->len && l->at[at] == ' ')
			at++;
		from = at;
		while (at < l->len && l->at[at] != ' ')
			at++;
		if (at == from)
			break;
		m->word[m->n++] = (struct word){ l->at + from, at - from };
	}
}

static bool same(const struct word *a, const struct word *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

static bool has_format(const struct media *m, const struct word *format)
{
	for (unsigned int i = 3; i < m->n; i++)
		if (same(&m->word[i], format))
			return true;
	return false;
}

static bool refused(const struct media *m)
{
	return m->n > 1 && m->word[1].len == 1 && *m->word[1].at == '0';
}

enum sdp_direction sdp_direction(const char *sdp, size_t len)
{
	const char *at = sdp, *end = sdp + len;
	unsigned int d = SDP_INACTIVE;
	bool any = false;
	struct media m;
	struct line l;

	while (next_line(&at, end, &l)) {
		if (!begins(&l, "m="))
			continue;
		split(&l, &m);
		if (refused(&m))
			continue;
		any = true;
		d |= media_direction(sdp, at, end);
	}
	return any ? (enum sdp_direction)d : SDP_SENDRECV;
}

static void put_line(struct out *o, const struct line *l)
{
	out_bytes(o, l->at, l->len);
	out_text(o, CRLF);
}

/* o=user id version ...: the version grows (RFC 3264 8). */
static void put_origin(struct out *o, const struct line *l, uint32_t version)
{
	struct media m;
	unsigned int i;
	char number[24];

	split(l, &m);
	if (m.n != 6 || m.word[2].len >= sizeof(number)) {
		put_line(o, l);
		return;
	}
	memcpy(number, m.word[2].at, m.word[2].len);
	number[m.word[2].len] = '\0';
	out_text(o, "o=");
	for (i = 0; i < m.n; i++) {
		if (i)
			out_text(o, " ");
		if (i == 2)
			out_number(o, strtoull(number, NULL, 10) + version);
		else
			out_bytes(o, m.word[i].at, m.word[i].len);
	}
	out_text(o, CRLF);
}

/* The lines before the first medium. */
static const char *put_session(struct out *o, const char *own, const char *end,
			       uint32_t version)
{
	const char *at = own, *before = own;
	struct line l;

	while (next_line(&at, end, &l)) {
		if (begins(&l, "m="))
			return before;
		before = at;
		if (begins(&l, "o="))
			put_origin(o, &l, version);
		else if (direction_of(&l) < 0)
			put_line(o, &l);
	}
	return end;
}

/* a=rtpmap:N or a=fmtp:N of a format that is not in the answer. */
static bool is_dropped(const struct line *l, const struct media *kept)
{
	struct word format = { NULL, 0 };

	if (!kept)
		return false;
	if (begins(l, "a=rtpmap:"))
		format.at = l->at + 9;
	else if (begins(l, "a=fmtp:"))
		format.at = l->at + 7;
	else
		return false;
	while (format.at + format.len < l->at + l->len &&
	       format.at[format.len] != ' ')
		format.len++;
	return !has_format(kept, &format);
}

/* The lines of our medium behind its m line; kept NULL: of all formats. */
static void put_section(struct out *o, const char *at, const char *end,
			const struct media *kept, unsigned int d)
{
	struct line l;

	while (next_line(&at, end, &l) && !begins(&l, "m="))
		if (direction_of(&l) < 0 && !is_dropped(&l, kept))
			put_line(o, &l);
	out_text(o, direction_line(d));
}

static void put_media(struct out *o, const struct media *m)
{
	for (unsigned int i = 0; i < m->n; i++) {
		out_text(o, i ? " " : "m=");
		out_bytes(o, m->word[i].at, m->word[i].len);
	}
	out_text(o, CRLF);
}

int sdp_offer(char *buf, size_t size, const char *own, enum sdp_direction mine,
	      uint32_t version)
{
	const char *end = own + strlen(own), *at;
	bool any = false;
	struct line l;
	struct out o;

	out_init(&o, buf, size);
	at = put_session(&o, own, end, version);
	while (next_line(&at, end, &l)) {
		if (!begins(&l, "m="))
			continue;
		any = true;
		put_line(&o, &l);
		put_section(&o, at, end, NULL, (unsigned int)mine &
			    media_direction(own, at, end));
	}
	return any ? out_len(&o) : -EINVAL;
}

/* Our medium for the one offered: ours[] is the m line with the formats that
 * both have.  Where its section begins; NULL: we have none. */
static const char *find_own(const char *at, const char *end, uint32_t *used,
			    const struct media *offered, struct media *ours)
{
	unsigned int i, n, k = 0;
	struct line l;

	for (; next_line(&at, end, &l); k += begins(&l, "m=")) {
		if (!begins(&l, "m=") || k >= MEDIA_MAX || *used & 1u << k)
			continue;
		split(&l, ours);
		if (ours->n < 4 || offered->n < 4 || refused(ours) ||
		    !same(&ours->word[0], &offered->word[0]) ||
		    !same(&ours->word[2], &offered->word[2]))
			continue;
		for (i = n = 3; i < ours->n; i++)
			if (has_format(offered, &ours->word[i]))
				ours->word[n++] = ours->word[i];
		ours->n = n;
		if (n == 3)
			continue;
		*used |= 1u << k;
		return at;
	}
	return NULL;
}

int sdp_answer(char *buf, size_t size, const char *own, const char *offer,
	       size_t len, enum sdp_direction mine, uint32_t version)
{
	const char *end = own + strlen(own), *offer_end = offer + len;
	const char *media, *at = offer, *section;
	unsigned int accepted = 0;
	struct media offered, ours;
	uint32_t used = 0;
	struct line l;
	struct out o;

	out_init(&o, buf, size);
	media = put_session(&o, own, end, version);
	while (next_line(&at, offer_end, &l)) {
		if (!begins(&l, "m="))
			continue;
		split(&l, &offered);
		section = refused(&offered) ? NULL :
			  find_own(media, end, &used, &offered, &ours);
		if (section) {
			accepted++;
			put_media(&o, &ours);
			put_section(&o, section, end, &ours, (unsigned int)mine &
				    media_direction(own, section, end) &
				    seen_from_here(media_direction(offer, at,
								   offer_end)));
			continue;
		}
		if (offered.n < 4)
			return -EINVAL;
		offered.word[1] = (struct word){ "0", 1 };
		put_media(&o, &offered);
	}
	return accepted ? out_len(&o) : -ENOENT;
}
