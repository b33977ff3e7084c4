// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "tls_name.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/x509v3.h>

#include "../core/addr.h"

bool tls_name_is_ip(const char *name)
{
	struct addr a;

	return addr_parse(&a, name, 0, TRANSPORT_TLS) == 0;
}

/* The text of an IA5String; 0: it holds a NUL or is empty, so that nobody can
 * tell where its name ends. */
static size_t text_of(const ASN1_IA5STRING *s, const char **text)
{
	int len = ASN1_STRING_length(s);

	*text = (const char *)ASN1_STRING_get0_data(s);
	if (len <= 0 || memchr(*text, '\0', (size_t)len))
		return 0;
	return (size_t)len;
}

/* The host of a URI that is a SIP domain identity: scheme sip, no user
 * (RFC 5922 7.1), without port and parameters. */
static size_t sip_host(const GENERAL_NAME *n, const char **host)
{
	const char *text, *end;
	size_t len;

	if (n->type != GEN_URI)
		return 0;
	len = text_of(n->d.uniformResourceIdentifier, &text);
	if (len < 5 || strncasecmp(text, "sip:", 4) != 0 ||
	    memchr(text, '@', len))
		return 0;
	*host = text + 4;
	len -= 4;
	if (**host == '[') {
		end = memchr(*host, ']', len);
		return end ? (size_t)(end + 1 - *host) : 0;
	}
	for (end = *host; len && !strchr(":;?", *end); end++)
		len--;
	return (size_t)(end - *host);
}

static bool same_name(const char *name, const char *other, size_t len)
{
	size_t n = strlen(name);

	/* A name may be written with the dot of the root. */
	if (n > 1 && name[n - 1] == '.')
		n--;
	if (len > 1 && other[len - 1] == '.')
		len--;
	return n && n == len && strncasecmp(name, other, n) == 0;
}

static bool same_ip(const struct addr *a, const ASN1_OCTET_STRING *ip)
{
	size_t len = a->family == ADDR_V6 ? 16 : 4;

	return (size_t)ASN1_STRING_length(ip) == len &&
	       memcmp(ASN1_STRING_get0_data(ip), a->ip, len) == 0;
}

static bool one_matches(const GENERAL_NAME *n, const char *name,
			const struct addr *ip, bool uris)
{
	const char *text;
	size_t len;

	if (n->type == GEN_IPADD)
		return ip && same_ip(ip, n->d.iPAddress);
	len = sip_host(n, &text);
	if (len)
		return same_name(name, text, len);
	/* RFC 5922 7.1: DNS names are no identity beside a sip: URI. */
	if (n->type != GEN_DNS || uris || ip)
		return false;
	len = text_of(n->d.dNSName, &text);
	return len && same_name(name, text, len);
}

bool tls_name_matches(X509 *certificate, const char *name)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate,
						NID_subject_alt_name, NULL,
						NULL);
	bool uris = false, matches = false, is_ip;
	const char *host;
	struct addr ip;
	int i;

	is_ip = addr_parse(&ip, name, 0, TRANSPORT_TLS) == 0;
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++)
		uris |= sip_host(sk_GENERAL_NAME_value(names, i), &host) != 0;
	for (i = 0; i < sk_GENERAL_NAME_num(names) && !matches; i++)
		matches = one_matches(sk_GENERAL_NAME_value(names, i), name,
				      is_ip ? &ip : NULL, uris);
	GENERAL_NAMES_free(names);
	return matches;
}

/* The name comes from a stranger: what could break a line of the log does not
 * get there. */
static size_t put(char *buf, size_t size, size_t at, const char *text,
		  size_t len)
{
	if (at && at + 2 < size) {
		memcpy(buf + at, ", ", 2);
		at += 2;
	}
	for (; len && at + 1 < size; len--, text++)
		buf[at++] = (char)(*text > ' ' && *text < 0x7f ? *text : '?');
	buf[at] = '\0';
	return at;
}

static size_t put_ip(char *buf, size_t size, size_t at,
		     const ASN1_OCTET_STRING *s)
{
	int len = ASN1_STRING_length(s);
	char text[ADDR_STRLEN];
	struct addr a = { 0 };

	if (len != 4 && len != 16)
		return at;
	a.family = len == 4 ? ADDR_V4 : ADDR_V6;
	memcpy(a.ip, ASN1_STRING_get0_data(s), (size_t)len);
	addr_print_host(&a, text);
	return put(buf, size, at, text, strlen(text));
}

void tls_names_print(X509 *certificate, char *buf, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate,
						NID_subject_alt_name, NULL,
						NULL);
	const char *text;
	size_t at = 0, len;
	int i;

	buf[0] = '\0';
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type == GEN_DNS || n->type == GEN_URI) {
			len = text_of(n->d.ia5, &text);
			at = put(buf, size, at, text, len);
		} else if (n->type == GEN_IPADD) {
			at = put_ip(buf, size, at, n->d.iPAddress);
		}
	}
	if (!at)
		put(buf, size, 0, "none", 4);
	GENERAL_NAMES_free(names);
}
