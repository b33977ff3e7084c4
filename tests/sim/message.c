// SPDX-License-Identifier: BSD-2-Clause
#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

bool slice_is(struct slice s, const char *text)
{
	return (size_t)s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

bool slice_same(struct slice a, struct slice b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

void slice_copy(char *to, size_t size, struct slice s)
{
	size_t n = (size_t)s.n < size - 1 ? (size_t)s.n : size - 1;

	if (n)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

bool msg_is(const struct msg *m, const char *method)
{
	return slice_is(m->method, method);
}

/* With anything behind; 0 where there is none. */
static int number(const char *p)
{
	return (int)strtol(p, NULL, 10);
}

static struct slice until(const char *p, const char *end, const char *stop)
{
	const char *q = p;

	while (q < end && !strchr(stop, *q))
		q++;
	return (struct slice){ p, (int)(q - p) };
}

static struct slice parameter(struct slice in, const char *name)
{
	const char *end = in.p + in.n;
	const char *at = in.n ? memmem(in.p, in.n, name, strlen(name)) : NULL;

	if (!at)
		return (struct slice){ "", 0 };
	at += strlen(name);
	return until(at, end, ";>, \r\n");
}

struct slice msg_param(struct slice header, const char *name)
{
	char key[32];
	struct slice s;

	/* After a space or comma, or "nc=" would be found in "cnonce=". */
	snprintf(key, sizeof(key), " %s=", name);
	s = parameter(header, key);
	if (!s.n) {
		key[0] = ',';
		s = parameter(header, key);
	}
	if (s.n && *s.p == '"') {
		s.p++;
		s = until(s.p, header.p + header.n, "\"");
	}
	return s;
}

static struct slice uri_of(struct slice value)
{
	const char *end = value.p + value.n;
	const char *open = value.n ? memchr(value.p, '<', value.n) : NULL;

	return open ? until(open + 1, end, ">") : until(value.p, end, ";");
}

static void header(struct msg *m, struct slice name, struct slice value)
{
#define NAMED(text) (name.n == sizeof(text) - 1 && \
		     strncasecmp(name.p, text, name.n) == 0)
	if (NAMED("Via")) {
		if (m->via.n)
			return;
		m->via = value;
		m->branch = parameter(value, "branch=");
	} else if (NAMED("From")) {
		m->from = value;
		m->from_tag = parameter(value, ";tag=");
	} else if (NAMED("To")) {
		m->to = value;
		m->to_tag = parameter(value, ";tag=");
	} else if (NAMED("Call-ID")) {
		m->call_id = value;
	} else if (NAMED("CSeq")) {
		const char *sp = memchr(value.p, ' ', value.n);

		m->cseq = strtoul(value.p, NULL, 10);
		if (sp && m->status)
			m->method = (struct slice){
				sp + 1, (int)(value.p + value.n - sp - 1),
			};
	} else if (NAMED("Session-Expires")) {
		m->session = value;
	} else if (NAMED("Contact")) {
		struct slice e = parameter(value, ";expires=");

		m->contact = uri_of(value);
		if (e.n)
			m->contact_expires = number(e.p);
	} else if (NAMED("Expires")) {
		m->expires = number(value.p);
	} else if (NAMED("Retry-After")) {
		m->retry_after = number(value.p);
	} else if (NAMED("Authorization")) {
		m->auth = value;
		m->auth_proxy = false;
	} else if (NAMED("Proxy-Authorization")) {
		m->auth = value;
		m->auth_proxy = true;
	}
#undef NAMED
}

static bool start_line(struct msg *m, struct slice line)
{
	const char *end = line.p + line.n;
	struct slice first = until(line.p, end, " ");

	if (first.n == line.n)
		return false;
	if (slice_is(first, "SIP/2.0")) {
		m->status = number(first.p + first.n + 1);
		return m->status >= 100 && m->status < 700;
	}
	m->method = first;
	m->uri = until(first.p + first.n + 1, end, " ");
	return true;
}

bool msg_parse(struct msg *m, const char *buf, size_t len)
{
	const char *end = buf + len, *p = buf;
	bool first = true;

	*m = (struct msg){ .buf = buf, .len = len, .expires = -1,
			   .retry_after = -1, .contact_expires = -1 };
	while (p < end) {
		const char *eol = memmem(p, end - p, "\r\n", 2);
		const char *colon;

		if (!eol)
			return false;
		if (eol == p)
			break;
		if (first && !start_line(m, (struct slice){ p, (int)(eol - p) }))
			return false;
		colon = first ? NULL : memchr(p, ':', eol - p);
		first = false;
		if (colon) {
			const char *v = colon + 1;

			while (v < eol && *v == ' ')
				v++;
			header(m, (struct slice){ p, (int)(colon - p) },
			       (struct slice){ v, (int)(eol - v) });
		}
		p = eol + 2;
	}
	return m->via.n && m->from.n && m->to.n && m->call_id.n &&
	       m->method.n && m->branch.n;
}

static void hash(bool sha256, const char *text, size_t len, char out[65])
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (!EVP_Digest(text, len, md, &n, sha256 ? EVP_sha256() : EVP_md5(),
			NULL))
		n = 0;
	for (unsigned int i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", md[i]);
	out[2 * n] = '\0';
}

void digest_of(bool sha256, const char *user, const char *realm,
	       const char *password, struct slice auth, struct slice method,
	       char out[65])
{
	struct slice nonce = msg_param(auth, "nonce");
	struct slice nc = msg_param(auth, "nc");
	struct slice cnonce = msg_param(auth, "cnonce");
	struct slice uri = msg_param(auth, "uri");
	char text[1024], ha1[65], ha2[65];
	int n;

	n = snprintf(text, sizeof(text), "%s:%s:%s", user, realm, password);
	hash(sha256, text, n, ha1);
	n = snprintf(text, sizeof(text), "%.*s:%.*s", SLICE(method),
		     SLICE(uri));
	hash(sha256, text, n, ha2);
	n = snprintf(text, sizeof(text), "%s:%.*s:%.*s:%.*s:auth:%s", ha1,
		     SLICE(nonce), SLICE(nc), SLICE(cnonce), ha2);
	hash(sha256, text, n, out);
}
