// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <errno.h>

#include "../../userspace/codec/digest.h"

/* Python's hashlib on the values without escapes. */
#define QUOTED_RESPONSE "90af40fd88d6bef2eeac82bc1d865496"

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

static struct digest_state d;
static struct sipmsg m;
static char buf[2048];

static struct sip_challenge *challenge(uint8_t algorithm, const char *realm,
				       const char *nonce)
{
	struct sip_challenge *c = &m.challenge[m.n_challenges++];

	memset(c, 0, sizeof(*c));
	c->algorithm = algorithm;
	SET(c->realm, realm);
	SET(c->nonce, nonce);
	return c;
}

static struct sip_challenge *first(uint8_t algorithm, const char *realm,
				   const char *nonce)
{
	memset(&m, 0, sizeof(m));
	memset(&d, 0, sizeof(d));
	m.response = true;
	m.status = 401;
	return challenge(algorithm, realm, nonce);
}

static int answer(const char *user, const char *password, const char *method,
		  const char *uri, const char *cnonce)
{
	struct digest_credentials cred = { user, password };

	memset(buf, 'x', sizeof(buf));
	return digest_answer(&d, buf, sizeof(buf), &cred, method, uri, cnonce);
}

/* RFC 7616 3.9.1; it has no answer by SHA-512-256: the same input by Python's
 * hashlib. */
static void test_rfc7616(void)
{
	static const char cnonce[] =
		"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
	static const struct {
		uint8_t algorithm;
		const char *want;
	} c[] = {
		{ DIGEST_MD5,
		  "Authorization: Digest username=\"Mufasa\", "
		  "realm=\"http-auth@example.org\", "
		  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
		  "uri=\"/dir/index.html\", "
		  "response=\"8ca523f5e9506fed4657c9700eebdbec\", "
		  "algorithm=MD5, qop=auth, nc=00000001, "
		  "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", "
		  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"\r\n" },
		{ DIGEST_SHA256,
		  "Authorization: Digest username=\"Mufasa\", "
		  "realm=\"http-auth@example.org\", "
		  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
		  "uri=\"/dir/index.html\", "
		  "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794"
		  "697cf8db5856cb6c1\", "
		  "algorithm=SHA-256, qop=auth, nc=00000001, "
		  "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", "
		  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"\r\n" },
		{ DIGEST_SHA512_256,
		  "Authorization: Digest username=\"Mufasa\", "
		  "realm=\"http-auth@example.org\", "
		  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
		  "uri=\"/dir/index.html\", "
		  "response=\"430d05014cecc49cab6fbe03176d41a1da86cbfe24a1658"
		  "0e22aaad928d960d0\", "
		  "algorithm=SHA-512-256, qop=auth, nc=00000001, "
		  "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", "
		  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"\r\n" },
	};
	struct sip_challenge *ch;
	size_t i;
	int len;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		ch = first(c[i].algorithm, "http-auth@example.org",
			   "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v");
		ch->qop_auth = true;
		SET(ch->opaque, "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS");
		is_int(digest_challenged(&d, &m, d.nc), 0, "challenge taken");
		len = answer("Mufasa", "Circle of Life", "GET",
			     "/dir/index.html", cnonce);
		is_str(buf, c[i].want, "RFC 7616 3.9.1, %zu", i);
		is_int(len, strlen(c[i].want), "its length");
	}
}

static void test_rfc2617(void)
{
	struct sip_challenge *ch;

	ch = first(DIGEST_MD5, "testrealm@host.com",
		   "dcd98b7102dd2f0e8b11d0f600bfb0c093");
	ch->qop_auth = true;
	digest_challenged(&d, &m, d.nc);
	answer("Mufasa", "Circle Of Life", "GET", "/dir/index.html",
	       "0a4f113b");
	ok(strstr(buf, "response=\"6629fae49393a05397450978507c4ef1\""),
	   "RFC 2617 3.5");

	first(DIGEST_MD5, "testrealm@host.com",
	      "dcd98b7102dd2f0e8b11d0f600bfb0c093");
	digest_challenged(&d, &m, d.nc);
	answer("Mufasa", "CircleOfLife", "GET", "/dir/index.html", "unused");
	ok(strstr(buf, "response=\"1949323746fe6a43ef61f9606e7febea\""),
	   "RFC 2069 2.4 with its erratum");
	ok(!strstr(buf, "cnonce") && !strstr(buf, "qop") &&
	   !strstr(buf, "nc=") && !strstr(buf, "opaque"), "and nothing more");
}

static void test_choice(void)
{
	first(DIGEST_UNSUPPORTED, "r", "sha512");
	challenge(DIGEST_SHA256, "r", "sha256");
	challenge(DIGEST_MD5, "r", "md5")->proxy = true;
	is_int(digest_challenged(&d, &m, d.nc), 0, "three challenges");
	is_str(d.challenge.nonce, "sha256", "the topmost that we know (R-52)");
	answer("u", "p", "REGISTER", "sip:r", "c");
	ok(strncmp(buf, "Authorization: ", 15) == 0, "401");

	first(DIGEST_MD5, "r", "n")->proxy = true;
	is_int(digest_challenged(&d, &m, d.nc), 0, "407");
	answer("u", "p", "INVITE", "sip:r", "c");
	ok(strncmp(buf, "Proxy-Authorization: ", 21) == 0, "407's header");

	first(DIGEST_UNSUPPORTED, "r", "n");
	is_int(digest_challenged(&d, &m, d.nc), -ENOTSUP, "none that we know");
	m.n_challenges = 0;
	is_int(digest_challenged(&d, &m, d.nc), -ENOTSUP, "none at all");
	is_int(answer("u", "p", "INVITE", "sip:r", "c"), -EINVAL,
	       "and no answer");
}

static void test_counting(void)
{
	struct digest_credentials cred = { "u", "p" };
	int len;

	first(DIGEST_MD5, "r", "n1")->qop_auth = true;
	digest_challenged(&d, &m, d.nc);
	answer("u", "p", "INVITE", "sip:r", "c");
	ok(strstr(buf, "nc=00000001"), "first answer");
	answer("u", "p", "INVITE", "sip:r", "c");
	ok(strstr(buf, "nc=00000002"), "second");
	len = answer("u", "p", "INVITE", "sip:r", "c");
	is_int(digest_answer(&d, buf, (size_t)len, &cred, "INVITE", "sip:r",
			     "c"), -EMSGSIZE, "one byte too small");
	is_int(digest_answer(&d, buf, 0, &cred, "INVITE", "sip:r", "c"),
	       -EMSGSIZE, "no room at all");
	is_int(d.nc, 3, "what is not sent is not counted");
	is_int(digest_answer(&d, buf, (size_t)len + 1, &cred, "INVITE",
			     "sip:r", "c"), len, "just enough");

	is_int(digest_challenged(&d, &m, false), 0,
	       "another request, sent before the challenge came, may answer");
	is_int(digest_challenged(&d, &m, d.nc), -EACCES, "refused again: stop");
	is_int(answer("u", "p", "INVITE", "sip:r", "c"), -EINVAL,
	       "without a new challenge no answer");
	is_int(digest_challenged(&d, &m, d.nc), 0, "a later try may");
	answer("u", "p", "INVITE", "sip:r", "c");
	ok(strstr(buf, "nc=00000005"), "with the next number of that nonce");

	SET(m.challenge[0].nonce, "n2");
	m.challenge[0].stale = true;
	is_int(d.series, 1, "one nonce so far");
	is_int(digest_challenged(&d, &m, d.nc), 0, "stale: a new nonce (R-53)");
	is_int(d.series, 2, "another one");
	answer("u", "p", "INVITE", "sip:r", "c");
	ok(strstr(buf, "nc=00000001") && strstr(buf, "nonce=\"n2\""),
	   "counts from one");

	d.nc = UINT32_MAX;
	is_int(answer("u", "p", "INVITE", "sip:r", "c"), -EINVAL, "used up");
}

static void test_quoting(void)
{
	char long_uri[2100];
	const char *same = "response=\"";
	char got[40];

	first(DIGEST_MD5, "a\\\"b\\\\c", "n\\\"x");
	digest_challenged(&d, &m, d.nc);
	ok(answer("al\"i\\ce", "p", "INVITE", "sip:r", "c") > 0, "quotes");
	ok(strstr(buf, "username=\"al\\\"i\\\\ce\""), "user escaped");
	ok(strstr(buf, "realm=\"a\\\"b\\\\c\", nonce=\"n\\\"x\""),
	   "challenge byte for byte");
	snprintf(got, sizeof(got), "%.32s", strstr(buf, same) + strlen(same));
	is_str(got, QUOTED_RESPONSE, "hashed without the escapes");

	first(DIGEST_MD5, "r", "n")->qop_auth = true;
	digest_challenged(&d, &m, d.nc);
	is_int(answer("u\r\nX: y", "p", "I", "sip:r", "c"), -EINVAL, "user");
	is_int(answer("u\n", "p", "I", "sip:r", "c"), -EINVAL, "user");
	is_int(answer("u\x7f", "p", "I", "sip:r", "c"), -EINVAL, "user");
	is_int(answer("u", "p", "I\r\n", "sip:r", "c"), -EINVAL, "method");
	is_int(answer("u", "p", "I", "sip:\r\n", "c"), -EINVAL, "URI");
	is_int(answer("u", "p", "I", "sip:\"r", "c"), -EINVAL, "URI");
	is_int(answer("u", "p", "I", "sip:r", "c\"d"), -EINVAL, "cnonce");
	is_int(answer("u", "p", "I", "sip:r", "c\rd"), -EINVAL, "cnonce");
	is_int(d.nc, 0, "none of them was counted");
	ok(answer("J\xc3\xbcrgen", "p\r\n", "I", "sip:r", "c") > 0,
	   "UTF-8 in the user, anything in the password");
	memset(long_uri, 'a', sizeof(long_uri));
	long_uri[sizeof(long_uri) - 1] = '\0';
	is_int(answer("u", "p", "I", long_uri, "c"), -EMSGSIZE, "too long");

	first(DIGEST_MD5, "a\"b", "n");
	digest_challenged(&d, &m, d.nc);
	is_int(answer("u", "p", "I", "sip:r", "c"), -EINVAL, "bare quote");
	first(DIGEST_MD5, "r", "n\\");
	digest_challenged(&d, &m, d.nc);
	is_int(answer("u", "p", "I", "sip:r", "c"), -EINVAL, "open escape");
	first(DIGEST_MD5, "r", "n\r\nX: y");
	digest_challenged(&d, &m, d.nc);
	is_int(answer("u", "p", "I", "sip:r", "c"), -EINVAL, "line end");
	SET(first(DIGEST_MD5, "r", "n")->opaque, "o\"");
	digest_challenged(&d, &m, d.nc);
	is_int(answer("u", "p", "I", "sip:r", "c"), -EINVAL, "opaque");
}

int main(void)
{
	test_rfc7616();
	test_rfc2617();
	test_choice();
	test_counting();
	test_quoting();
	digest_end();
	return tap_done();
}
