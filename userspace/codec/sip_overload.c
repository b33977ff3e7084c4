// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "sip_overload.h"

#include <stddef.h>

/* Numbers here have at most so many digits: 12 and 5 are oc-seq's. */
#define DIGITS_MAX 12
#define FRACTION_DIGITS 5

static bool digits(const char *buf, struct sip_span s, uint32_t max,
		   uint64_t *v)
{
	uint32_t i;

	*v = 0;
	for (i = 0; i < s.len; i++) {
		char c = buf[s.off + i];

		if (c < '0' || c > '9')
			return false;
		*v = *v * 10 + (uint64_t)(c - '0');
	}
	return s.len && s.len <= max;
}

/* "1282321615.782": the fraction is one, so that .782 is more than .1234. */
static bool read_seq(const char *buf, struct sip_span s, uint64_t *seq)
{
	struct sip_span whole = { s.off, 0 }, part;
	uint64_t seconds, fraction;
	uint32_t n;

	while (whole.len < s.len && buf[s.off + whole.len] != '.')
		whole.len++;
	part = (struct sip_span){ s.off + whole.len + 1, 0 };
	if (whole.len == s.len)
		return false;
	part.len = s.len - whole.len - 1;
	if (!digits(buf, whole, DIGITS_MAX, &seconds) ||
	    !digits(buf, part, FRACTION_DIGITS, &fraction))
		return false;
	for (n = part.len; n < FRACTION_DIGITS; n++)
		fraction *= 10;
	*seq = seconds * 100000 + fraction;
	return true;
}

static bool is_loss(const char *buf, struct sip_span s)
{
	if (s.len >= 2 && buf[s.off] == '"' && buf[s.off + s.len - 1] == '"')
		s = sip_span_trim(buf, (struct sip_span){ s.off + 1,
							  s.len - 2 });
	return sip_span_is(buf, s, "loss");
}

void sip_overload_read(struct overload_word *w, const char *buf,
		       const struct sip_lines *lines)
{
	const struct sip_line *h = sip_lines_find(lines, SIP_HDR_VIA, 0);
	struct sip_span rest, via, value;
	uint64_t percent, ms;

	*w = (struct overload_word){ .percent = -1, .validity_ms = -1 };
	if (!h)
		return;
	rest = via = h->value;
	sip_value_next(buf, &rest, &via);
	/* Ours comes back without a value from who knows nothing of it. */
	if (!sip_param_find(buf, via, "oc", &value, NULL) ||
	    !digits(buf, value, 3, &percent) || percent > 100)
		return;
	if (sip_param_find(buf, via, "oc-algo", &value, NULL) &&
	    !is_loss(buf, value))
		return;
	if (sip_param_find(buf, via, "oc-seq", &value, NULL) &&
	    !read_seq(buf, value, &w->seq))
		return;
	if (sip_param_find(buf, via, "oc-validity", &value, NULL)) {
		if (!digits(buf, value, 9, &ms))
			return;
		w->validity_ms = (int32_t)ms;
	}
	w->percent = (int32_t)percent;
}
