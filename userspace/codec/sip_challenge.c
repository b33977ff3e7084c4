// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "sip_challenge.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* Without the quotes around it.  Escapes stay as they are: the answer quotes
 * the value again, byte for byte. */
static struct sip_span unquote(const char *buf, struct sip_span s)
{
	if (s.len >= 2 && buf[s.off] == '"' && buf[s.off + s.len - 1] == '"') {
		s.off++;
		s.len -= 2;
	}
	return s;
}

static bool list_contains(const char *buf, struct sip_span list,
			  const char *text)
{
	struct sip_span one;

	while (sip_value_next(buf, &list, &one))
		if (sip_span_is(buf, one, text))
			return true;
	return false;
}

static uint8_t algorithm_of(const char *buf, struct sip_span s)
{
	if (sip_span_is(buf, s, "MD5"))
		return DIGEST_MD5;
	if (sip_span_is(buf, s, "SHA-256"))
		return DIGEST_SHA256;
	if (sip_span_is(buf, s, "SHA-512-256"))
		return DIGEST_SHA512_256;
	return DIGEST_UNSUPPORTED;
}

static void set_text(struct sip_challenge *c, char *dst, size_t size,
		     const char *buf, struct sip_span s)
{
	if (!sip_span_copy(dst, size, buf, s)) {
		dst[0] = '\0';
		c->algorithm = DIGEST_UNSUPPORTED;
	}
}

struct seen {
	bool realm, nonce, qop;
};

static void set_param(struct sip_challenge *c, struct seen *seen,
		      const char *buf, struct sip_span name, struct sip_span v)
{
	v = unquote(buf, v);
	if (sip_span_is(buf, name, "realm")) {
		seen->realm = true;
		set_text(c, c->realm, sizeof(c->realm), buf, v);
	} else if (sip_span_is(buf, name, "nonce")) {
		seen->nonce = true;
		set_text(c, c->nonce, sizeof(c->nonce), buf, v);
	} else if (sip_span_is(buf, name, "opaque")) {
		set_text(c, c->opaque, sizeof(c->opaque), buf, v);
	} else if (sip_span_is(buf, name, "stale")) {
		c->stale = sip_span_is(buf, v, "true");
	} else if (sip_span_is(buf, name, "algorithm")) {
		if (c->algorithm != DIGEST_UNSUPPORTED)
			c->algorithm = algorithm_of(buf, v);
	} else if (sip_span_is(buf, name, "qop")) {
		seen->qop = true;
		c->qop_auth = list_contains(buf, v, "auth");
	}
}

/* Splits "name = value"; the value is a token or one whole quoted string. */
static bool split(const char *buf, struct sip_span pair, struct sip_span *name,
		  struct sip_span *value)
{
	uint32_t i = 0, k;

	while (i < pair.len && sip_is_token_char(buf[pair.off + i]))
		i++;
	*name = (struct sip_span){ pair.off, i };
	while (i < pair.len && sip_is_space(buf[pair.off + i]))
		i++;
	if (!name->len || i == pair.len || buf[pair.off + i] != '=')
		return false;
	i++;
	*value = (struct sip_span){ pair.off + i, pair.len - i };
	*value = sip_span_trim(buf, *value);
	if (!value->len)
		return false;
	if (buf[value->off] != '"')
		return memchr(buf + value->off, '"', value->len) == NULL;
	for (k = 1; k < value->len; k++) {
		if (buf[value->off + k] == '\\')
			k++;
		else if (buf[value->off + k] == '"')
			return k + 1 == value->len;
	}
	return false;
}

int sip_challenge_parse(struct sip_challenge *c, const char *buf,
			struct sip_span value)
{
	static const char scheme[] = "Digest";
	const uint32_t n = sizeof(scheme) - 1;
	struct sip_span rest, pair, name, v;
	struct seen seen = { false, false, false };

	memset(c, 0, sizeof(*c));
	if (value.len <= n || strncasecmp(buf + value.off, scheme, n) != 0 ||
	    !sip_is_space(buf[value.off + n]))
		return 0;
	rest = (struct sip_span){ value.off + n, value.len - n };
	while (sip_value_next(buf, &rest, &pair)) {
		if (!pair.len)
			continue;	/* an empty list element (7.3.1) */
		if (!split(buf, pair, &name, &v))
			return -EINVAL;
		set_param(c, &seen, buf, name, v);
	}
	if (!seen.realm || !seen.nonce)
		return -EINVAL;
	if (seen.qop && !c->qop_auth)
		c->algorithm = DIGEST_UNSUPPORTED;
	return 1;
}
