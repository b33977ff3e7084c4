// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "digest.h"
#include "sip_out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define HEX_MAX (2 * 32 + 1)	/* SHA-256, SHA-512-256 */
#define UNQUOTED_MAX SIPMSG_URI_MAX

/* As in a header (RFC 7616 6.1), and as OpenSSL calls it. */
static const struct algorithm {
	const char *name, *fetch;
} algorithms[DIGEST_UNSUPPORTED] = {
	[DIGEST_MD5] = { "MD5", "MD5" },
	[DIGEST_SHA256] = { "SHA-256", "SHA2-256" },
	[DIGEST_SHA512_256] = { "SHA-512-256", "SHA2-512/256" },
};

/* ---- the challenge ---- */

int digest_challenged(struct digest_state *d, const struct sipmsg *response,
		      bool answered)
{
	const struct sip_challenge *c = NULL;
	bool same_nonce;
	int i;

	for (i = 0; i < response->n_challenges && !c; i++)
		if (response->challenge[i].algorithm != DIGEST_UNSUPPORTED)
			c = &response->challenge[i];
	if (!c)
		return -ENOTSUP;
	same_nonce = strcmp(d->challenge.nonce, c->nonce) == 0 &&
		     strcmp(d->challenge.realm, c->realm) == 0;
	if (d->valid && same_nonce && answered && !c->stale) {
		/* The next try begins without credentials, so that a password
		 * put right is not refused here. */
		d->valid = false;
		return -EACCES;
	}
	/* A server may count: a nonce seen before goes on with its number. */
	if (!same_nonce || !d->series) {
		d->nc = 0;
		d->series++;
	}
	d->challenge = *c;
	d->valid = true;
	return 0;
}

/* ---- hashes ---- */

/* A context for each algorithm, kept: to fetch and to set up one costs more
 * than to hash, and an answer is computed between an event and its packet.
 * (OpenSSL 3.0 allocates the hash's state anew for each hash all the same.) */
static EVP_MD_CTX *ready[DIGEST_UNSUPPORTED];

static EVP_MD_CTX *context(uint8_t algorithm)
{
	EVP_MD_CTX *ctx = ready[algorithm];
	EVP_MD *md;

	if (ctx)
		return EVP_DigestInit_ex(ctx, NULL, NULL) ? ctx : NULL;
	md = EVP_MD_fetch(NULL, algorithms[algorithm].fetch, NULL);
	ctx = EVP_MD_CTX_new();
	if (!md || !ctx || !EVP_DigestInit_ex(ctx, md, NULL)) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	EVP_MD_free(md);
	ready[algorithm] = ctx;
	return ctx;
}

void digest_end(void)
{
	unsigned int i;

	for (i = 0; i < DIGEST_UNSUPPORTED; i++) {
		EVP_MD_CTX_free(ready[i]);
		ready[i] = NULL;
	}
}

/* Hex of the hash of the strings up to the NULL. */
static int hash(uint8_t algorithm, char hex[HEX_MAX], ...)
{
	static const char digit[] = "0123456789abcdef";
	unsigned char out[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = context(algorithm);
	unsigned int n = 0, i;
	const char *part;
	bool good = ctx;
	va_list ap;

	va_start(ap, hex);
	while (good && (part = va_arg(ap, const char *)) != NULL)
		good = EVP_DigestUpdate(ctx, part, strlen(part));
	va_end(ap);
	good = good && EVP_DigestFinal_ex(ctx, out, &n);
	if (!good || n > (HEX_MAX - 1) / 2)
		return -ENOTSUP;	/* MD5 on a FIPS system */
	for (i = 0; i < n; i++) {
		hex[2 * i] = digit[out[i] >> 4];
		hex[2 * i + 1] = digit[out[i] & 15];
	}
	hex[2 * n] = '\0';
	OPENSSL_cleanse(out, sizeof(out));
	return 0;
}

/* ---- quoted strings ---- */

/* No control characters, above all no CR or LF: they would end the header. */
static bool is_text(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

/* What stands between quotes without needing an escape. */
static bool is_plain(const char *s)
{
	return is_text(s) && !strpbrk(s, "\"\\");
}

/* The value of the inside of a quoted string as the challenge had it; -EINVAL
 * if it could not stand in one. */
static int unquote(char out[UNQUOTED_MAX], const char *in)
{
	size_t n = 0;

	if (!is_text(in))
		return -EINVAL;
	for (; *in; in++) {
		if (*in == '"' || n + 1 == UNQUOTED_MAX)
			return -EINVAL;
		if (*in == '\\' && *++in == '\0')
			return -EINVAL;
		out[n++] = *in;
	}
	out[n] = '\0';
	return 0;
}

/* ---- writing ---- */

/* name="inside": inside is escaped already. */
static void put_quoted(struct out *o, const char *name, const char *inside)
{
	out_text(o, name);
	out_text(o, "=\"");
	out_text(o, inside);
	out_text(o, "\"");
}

struct answer {
	const char *user, *uri, *cnonce;
	char response[HEX_MAX];
	char nc[9];
};

static void write_header(struct out *o, const struct sip_challenge *c,
			 const struct answer *a)
{
	out_text(o, c->proxy ? "Proxy-Authorization" : "Authorization");
	out_text(o, ": Digest username=");
	out_quoted(o, a->user);
	put_quoted(o, ", realm", c->realm);
	put_quoted(o, ", nonce", c->nonce);
	put_quoted(o, ", uri", a->uri);
	put_quoted(o, ", response", a->response);
	out_text(o, ", algorithm=");
	out_text(o, algorithms[c->algorithm].name);
	if (c->qop_auth) {
		out_text(o, ", qop=auth, nc=");
		out_text(o, a->nc);
		put_quoted(o, ", cnonce", a->cnonce);
	}
	if (c->opaque[0])
		put_quoted(o, ", opaque", c->opaque);
	out_text(o, "\r\n");
}

/* RFC 7616 3.4.1; without qop as in RFC 2069. */
static int compute(struct answer *a, const struct sip_challenge *c,
		   const struct digest_credentials *cred, const char *method)
{
	char realm[UNQUOTED_MAX], nonce[UNQUOTED_MAX], opaque[UNQUOTED_MAX];
	char ha1[HEX_MAX], ha2[HEX_MAX];
	int ret;

	if (unquote(realm, c->realm) || unquote(nonce, c->nonce) ||
	    unquote(opaque, c->opaque))
		return -EINVAL;
	ret = hash(c->algorithm, ha1, cred->user, ":", realm, ":",
		   cred->password, (const char *)NULL);
	if (!ret)
		ret = hash(c->algorithm, ha2, method, ":", a->uri,
			   (const char *)NULL);
	if (!ret && c->qop_auth)
		ret = hash(c->algorithm, a->response, ha1, ":", nonce, ":",
			   a->nc, ":", a->cnonce, ":auth:", ha2,
			   (const char *)NULL);
	else if (!ret)
		ret = hash(c->algorithm, a->response, ha1, ":", nonce, ":",
			   ha2, (const char *)NULL);
	OPENSSL_cleanse(ha1, sizeof(ha1));
	return ret;
}

int digest_answer(struct digest_state *d, char *buf, size_t size,
		  const struct digest_credentials *cred, const char *method,
		  const char *uri, const char *cnonce)
{
	struct answer a = { .user = cred->user, .uri = uri, .cnonce = cnonce };
	struct out o;
	int ret;

	if (!d->valid || d->challenge.algorithm >= DIGEST_UNSUPPORTED ||
	    d->nc == UINT32_MAX || !is_text(cred->user) || !is_plain(uri) ||
	    !is_plain(cnonce) || !is_plain(method))
		return -EINVAL;
	snprintf(a.nc, sizeof(a.nc), "%08x", (unsigned int)(d->nc + 1));
	ret = compute(&a, &d->challenge, cred, method);
	if (ret)
		return ret;
	if (!size)
		return -EMSGSIZE;
	out_init(&o, buf, size - 1);
	write_header(&o, &d->challenge, &a);
	ret = out_len(&o);
	if (ret < 0)
		return ret;
	buf[ret] = '\0';
	d->nc++;
	return ret;
}
