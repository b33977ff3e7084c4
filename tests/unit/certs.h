/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates of tests, made by the library. */
#ifndef SIPOVER_TESTS_CERTS_H
#define SIPOVER_TESTS_CERTS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define CERTS_DAY 86400L

/* What a certificate says; NULL and 0: the ordinary. */
struct cert_spec {
	const char *cn, *alt;		/* alt as in subjectAltName; NULL: none */
	long from, to;			/* seconds from now; 0, 0: it is valid */
	bool ca;
};

#define CERT_SAYS(cn_, alt_) { .cn = (cn_), .alt = (alt_) }

struct cert {
	EVP_PKEY *key;
	X509 *x509;
};

static inline void certs_must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "certs: %s\n", what);
		abort();
	}
}

static inline void cert_extend(X509 *x, X509 *issuer, int nid, const char *text)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, text);
	certs_must(e && X509_add_ext(x, e, -1), text);
	X509_EXTENSION_free(e);
}

/* issuer NULL: by itself. */
static inline struct cert cert_make(const struct cert_spec *s,
				    const struct cert *issuer)
{
	static long serial = 1;
	struct cert c = { EVP_EC_gen("P-256"), X509_new() };
	X509 *by = issuer ? issuer->x509 : c.x509;
	X509_NAME *name;

	certs_must(c.key && c.x509, "no memory");
	X509_set_version(c.x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c.x509), serial++);
	X509_gmtime_adj(X509_getm_notBefore(c.x509),
			s->from ? s->from : -CERTS_DAY);
	X509_gmtime_adj(X509_getm_notAfter(c.x509),
			s->to ? s->to : CERTS_DAY);
	X509_set_pubkey(c.x509, c.key);
	name = X509_get_subject_name(c.x509);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
				   (const unsigned char *)s->cn, -1, -1, 0);
	X509_set_issuer_name(c.x509, X509_get_subject_name(by));
	cert_extend(c.x509, by, NID_basic_constraints,
		    s->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (s->alt)
		cert_extend(c.x509, by, NID_subject_alt_name, s->alt);
	certs_must(X509_sign(c.x509, issuer ? issuer->key : c.key,
			     EVP_sha256()) > 0, "sign");
	return c;
}

static inline void cert_free(struct cert *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->x509);
}

static inline void cert_write(const struct cert *c, const char *certificate,
			      const char *key)
{
	FILE *f = fopen(certificate, "we");

	certs_must(f && PEM_write_X509(f, c->x509), certificate);
	fclose(f);
	if (!key)
		return;
	f = fopen(key, "we");
	certs_must(f && PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL,
					     NULL), key);
	fclose(f);
}

#endif /* SIPOVER_TESTS_CERTS_H */
