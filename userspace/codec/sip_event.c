// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "sip_event.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const char *const reasons[SIP_SUBREASONS] = {
	[SIP_SUBREASON_NONE] = "",
	[SIP_SUBREASON_DEACTIVATED] = "deactivated",
	[SIP_SUBREASON_PROBATION] = "probation",
	[SIP_SUBREASON_REJECTED] = "rejected",
	[SIP_SUBREASON_TIMEOUT] = "timeout",
	[SIP_SUBREASON_GIVEUP] = "giveup",
	[SIP_SUBREASON_NORESOURCE] = "noresource",
	[SIP_SUBREASON_INVARIANT] = "invariant",
};

/* Digits at *p, which moves behind them; more than an int32_t holds saturates.
 * -1: there is none. */
static int32_t number(const char **p, const char *end)
{
	const char *start = *p;
	int64_t v = 0;

	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		v = v * 10 + (**p - '0');
		if (v > INT32_MAX)
			v = INT32_MAX;
	}
	return *p == start ? -1 : (int32_t)v;
}

/* The token that a value begins with; the rest are its parameters. */
static struct sip_span token(const char *buf, struct sip_span value,
			     struct sip_span *params)
{
	struct sip_span t = { value.off, 0 };

	while (t.len < value.len && sip_is_token_char(buf[t.off + t.len]))
		t.len++;
	*params = sip_span_trim(buf, (struct sip_span){
				value.off + t.len, value.len - t.len });
	return t;
}

static bool is_list(const char *buf, struct sip_span params)
{
	return !params.len || buf[params.off] == ';';
}

/* Absent: -1.  False: it is there and no number. */
static bool read_number(const char *buf, struct sip_span params,
			const char *name, int32_t *v)
{
	struct sip_span value;
	const char *p, *end;

	*v = -1;
	if (!sip_param_find(buf, params, name, &value, NULL))
		return true;
	p = buf + value.off;
	end = p + value.len;
	*v = number(&p, end);
	return *v >= 0 && p == end;
}

static enum sip_parse_result read_event(struct sipmsg *m, const char *buf,
					const struct sip_lines *lines)
{
	const struct sip_line *h = sip_lines_find(lines, SIP_HDR_EVENT, 0);
	struct sip_span package, params, id;

	if (!h)
		return SIP_OK;
	if (lines->count[SIP_HDR_EVENT] > 1)
		return SIP_DUPLICATE;
	package = token(buf, h->value, &params);
	if (!package.len || !is_list(buf, params))
		return SIP_BAD_VALUE;
	if (!sip_span_copy(m->event, sizeof(m->event), buf, package))
		return SIP_TOO_LONG;
	m->event_id = sip_param_find(buf, params, "id", &id, NULL);
	return SIP_OK;
}

static uint8_t reason_of(const char *buf, struct sip_span params)
{
	struct sip_span value;
	unsigned int i;

	if (!sip_param_find(buf, params, "reason", &value, NULL))
		return SIP_SUBREASON_NONE;
	for (i = 1; i < SIP_SUBREASONS; i++)
		if (sip_span_is(buf, value, reasons[i]))
			return (uint8_t)i;
	return SIP_SUBREASON_NONE;
}

static enum sip_parse_result read_substate(struct sipmsg *m, const char *buf,
					   const struct sip_lines *lines)
{
	const struct sip_line *h =
		sip_lines_find(lines, SIP_HDR_SUBSCRIPTION_STATE, 0);
	struct sip_span state, params;

	if (!h)
		return SIP_OK;
	if (lines->count[SIP_HDR_SUBSCRIPTION_STATE] > 1)
		return SIP_DUPLICATE;
	state = token(buf, h->value, &params);
	if (!state.len || !is_list(buf, params))
		return SIP_BAD_VALUE;
	m->substate = sip_span_is(buf, state, "terminated") ?
			      SIP_SUBSTATE_TERMINATED :
		      sip_span_is(buf, state, "pending") ?
			      SIP_SUBSTATE_PENDING : SIP_SUBSTATE_ACTIVE;
	m->subreason = reason_of(buf, params);
	if (!read_number(buf, params, "expires", &m->sub_expires) ||
	    !read_number(buf, params, "retry-after", &m->sub_retry_after))
		return SIP_BAD_VALUE;
	return SIP_OK;
}

enum sip_parse_result sip_event_read(struct sipmsg *m, const char *buf,
				     const struct sip_lines *lines)
{
	enum sip_parse_result r;

	if (m->response || m->method != SIP_NOTIFY)
		return SIP_OK;
	r = read_event(m, buf, lines);
	return r == SIP_OK ? read_substate(m, buf, lines) : r;
}

/* ---- message summary ---- */

struct text {
	const char *p, *end;
};

static void skip_space(struct text *t)
{
	while (t->p < t->end && (*t->p == ' ' || *t->p == '\t'))
		t->p++;
}

static bool skip(struct text *t, char c)
{
	skip_space(t);
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

/* "2/8": new and old. */
static bool read_pair(struct text *t, uint32_t *fresh, uint32_t *old)
{
	int32_t a, b;

	skip_space(t);
	a = number(&t->p, t->end);
	if (a < 0 || !skip(t, '/'))
		return false;
	skip_space(t);
	b = number(&t->p, t->end);
	if (b < 0)
		return false;
	*fresh = (uint32_t)a;
	*old = (uint32_t)b;
	return true;
}

/* "2/8 (0/2)" */
static bool read_counts(struct text t, struct mwi *mwi)
{
	if (mwi->counted || !read_pair(&t, &mwi->fresh, &mwi->old))
		return false;
	mwi->counted = true;
	if (skip(&t, '(') &&
	    (!read_pair(&t, &mwi->urgent_fresh, &mwi->urgent_old) ||
	     !skip(&t, ')')))
		return false;
	skip_space(&t);
	return t.p == t.end;
}

static bool is_text(struct text t, const char *text)
{
	size_t n = strlen(text);

	while (t.p < t.end && (t.end[-1] == ' ' || t.end[-1] == '\t'))
		t.end--;
	return (size_t)(t.end - t.p) == n && strncasecmp(t.p, text, n) == 0;
}

/* One "name: value". */
static bool read_line(struct text line, struct mwi *mwi)
{
	const char *colon = memchr(line.p, ':', (size_t)(line.end - line.p));
	struct text name = { line.p, colon }, value = { NULL, line.end };

	if (!colon || colon == line.p)
		return false;
	value.p = colon + 1;
	skip_space(&value);
	if (is_text(name, "Messages-Waiting")) {
		mwi->waiting = is_text(value, "yes");
		if (mwi->known || (!mwi->waiting && !is_text(value, "no")))
			return false;
		mwi->known = true;
		return true;
	}
	/* It is the first line, and nothing counts before it. */
	if (!mwi->known)
		return false;
	return !is_text(name, "Voice-Message") || read_counts(value, mwi);
}

int sip_event_mwi(struct mwi *mwi, const char *body, size_t len)
{
	const char *p = body, *end = body + len, *eol;
	struct mwi read;
	int n = 0;

	memset(&read, 0, sizeof(read));
	/* Behind an empty line: headers of single messages. */
	for (; p < end; p = eol + 1) {
		struct text line = { p, end };

		eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		line.end = eol > p && eol[-1] == '\r' ? eol - 1 : eol;
		if (line.p == line.end)
			break;
		if (++n > SIP_EVENT_MWI_LINES || !read_line(line, &read))
			return -EBADMSG;
		if (eol == end)
			break;
	}
	if (!read.known)
		return -EBADMSG;
	*mwi = read;
	return 0;
}
