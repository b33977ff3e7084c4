// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * io/tls against OpenSSL's server side, bytes carried by hand: certificates
 * wrong in every usual way, versions, tickets, our own certificate,
 * garbage, ends in the middle.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs.h"
#include "io/log.h"
#include "io/tls.h"
#include "io/tls_name.h"
#include "tap.h"

static char dir[] = "/tmp/sipover-tls-XXXXXX";
static char ca_file[64], cert_file[64], key_file[64];
static struct cert ca, stranger;

/* ---- a server ---- */

struct far {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;
	char text[256];
	char sni[64];
};

static struct far far;

// NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL's type
static int on_sni(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	(void)arg;
	snprintf(far.sni, sizeof(far.sni), "%s", name ? name : "");
	return SSL_TLSEXT_ERR_OK;
}

static void far_open(const struct cert *c)
{
	memset(&far, 0, sizeof(far));
	far.ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_tlsext_servername_callback(far.ctx, on_sni);
	certs_must(SSL_CTX_use_certificate(far.ctx, c->x509) == 1 &&
		   SSL_CTX_use_PrivateKey(far.ctx, c->key) == 1, "server");
}

/* The next connection. */
static void far_accept(void)
{
	SSL_free(far.ssl);
	far.ssl = SSL_new(far.ctx);
	far.in = BIO_new(BIO_s_mem());
	far.out = BIO_new(BIO_s_mem());
	SSL_set_bio(far.ssl, far.in, far.out);
	SSL_set_accept_state(far.ssl);
	far.text[0] = '\0';
}

static void far_close(void)
{
	SSL_free(far.ssl);
	SSL_CTX_free(far.ctx);
	ERR_clear_error();
}

static void far_step(void)
{
	int n;

	if (!SSL_is_init_finished(far.ssl))
		SSL_do_handshake(far.ssl);
	if (SSL_is_init_finished(far.ssl)) {
		n = SSL_read(far.ssl, far.text, sizeof(far.text) - 1);
		if (n > 0)
			far.text[n] = '\0';
	}
	ERR_clear_error();
}

/* ---- us ---- */

static struct tls_context *ctx;
static struct tls_peer *peer;
static struct tls_session *s;
static char got[256];
static size_t got_len;

static void us_open(const struct tls_settings *set)
{
	struct tls_settings plain = { ca_file, "", "", true };
	char why[TLS_WHY_MAX];

	ctx = tls_open(set ? set : &plain, why);
	if (!ctx) {
		printf("# %s\n", why);
		abort();
	}
	peer = tls_peer_new(ctx);
}

static void us_close(void)
{
	tls_free(s);
	s = NULL;
	tls_peer_free(peer);
	tls_close(ctx);
}

static void claim(const char *domain, const char *own)
{
	struct tls_claim c = { domain, own };

	certs_must(!tls_peer_claim(peer, &c), "claim");
}

static void feed(const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len) {
		size_t size;
		char *room = tls_room(s, &size);

		if (size > len)
			size = len;
		memcpy(room, at, size);
		certs_must(!tls_received(s, size), "feed");
		at += size;
		len -= size;
		tls_step(s);
	}
}

/* Both sides' bytes, until neither has any. */
static void carry(void)
{
	unsigned int turns;

	for (turns = 0; turns < 20; turns++) {
		const void *data;
		char *back;
		size_t len;
		long n;

		tls_step(s);
		data = tls_output(s, &len);
		if (data)
			BIO_write(far.in, data, (int)len);
		tls_sent(s);
		far_step();
		n = BIO_get_mem_data(far.out, &back);
		if (n > 0)
			feed(back, (size_t)n);
		BIO_reset(far.out);
		got_len += tls_read(s, got + got_len,
				    sizeof(got) - 1 - got_len);
		got[got_len] = '\0';
		if (!data && n <= 0)
			break;
	}
}

static void connect_to(void)
{
	tls_free(s);
	far_accept();
	s = tls_start(peer);
	got_len = 0;
	got[0] = '\0';
	carry();
}

/* ---- certificates ---- */

struct name_case {
	const char *what;
	struct cert_spec spec;
	const char *domain, *own;
	const char *why;	/* NULL: good */
	enum { BY_CA, BY_STRANGER, BY_ITSELF } by;
};

static const struct name_case names[] = {
	{ "the domain as DNS", CERT_SAYS("x", "DNS:example.com"), "example.com", "",
	  NULL, BY_CA },
	{ "in other letters", CERT_SAYS("x", "DNS:EXAMPLE.com"), "Example.COM", "",
	  NULL, BY_CA },
	{ "with the root's dot", CERT_SAYS("x", "DNS:example.com"), "example.com.",
	  "", NULL, BY_CA },
	{ "the domain as sip: URI", CERT_SAYS("x", "URI:sip:example.com"),
	  "example.com", "", NULL, BY_CA },
	{ "a URI beside other DNS names",
	  CERT_SAYS("x", "DNS:host.example.net,URI:sip:example.com"), "example.com",
	  "", NULL, BY_CA },
	{ "the server's own name", CERT_SAYS("x", "DNS:sip1.example.net"),
	  "example.com", "sip1.example.net", NULL, BY_CA },
	{ "an IP address", CERT_SAYS("x", "IP:192.0.2.1"), "example.com",
	  "192.0.2.1", NULL, BY_CA },
	{ "an IPv6 address", CERT_SAYS("x", "IP:2001:db8::1"), "example.com",
	  "[2001:db8::1]", NULL, BY_CA },
	{ "the second of many", CERT_SAYS("x", "DNS:a.b,DNS:example.com,DNS:c.d"),
	  "example.com", "", NULL, BY_CA },
	{ "another name", CERT_SAYS("x", "DNS:example.org"), "example.com",
	  "192.0.2.1", "is not for example.com", BY_CA },
	{ "a name below", CERT_SAYS("x", "DNS:sip.example.com"), "example.com", "",
	  "is not for example.com", BY_CA },
	{ "a name above", CERT_SAYS("x", "DNS:example.com"), "sip.example.com", "",
	  "is not for sip.example.com", BY_CA },
	{ "a wildcard (RFC 5922 7.2)", CERT_SAYS("x", "DNS:*.example.com"),
	  "sip.example.com", "", "is not for sip.example.com", BY_CA },
	{ "only a CN", CERT_SAYS("example.com", NULL), "example.com", "",
	  "is not for example.com", BY_CA },
	{ "DNS beside another sip: URI (RFC 5922 7.1)",
	  CERT_SAYS("x", "URI:sip:example.org,DNS:example.com"), "example.com", "",
	  "is not for example.com", BY_CA },
	{ "a URI with a user", CERT_SAYS("x", "URI:sip:a@example.com"),
	  "example.com", "", "is not for example.com", BY_CA },
	{ "a URI of another scheme", CERT_SAYS("x", "URI:https:example.com"),
	  "example.com", "", "is not for example.com", BY_CA },
	{ "another IP address", CERT_SAYS("x", "IP:192.0.2.2"), "", "192.0.2.1",
	  "is not for 192.0.2.1", BY_CA },
	{ "an IP address as DNS", CERT_SAYS("x", "DNS:192.0.2.1"), "", "192.0.2.1",
	  "is not for 192.0.2.1", BY_CA },
	{ "no claim at all", CERT_SAYS("x", "DNS:example.com"), "", "",
	  "is not for ", BY_CA },
	{ "expired", { "x", "DNS:example.com", -2 * CERTS_DAY, -CERTS_DAY, false },
	  "example.com", "", "certificate has expired", BY_CA },
	{ "not yet valid",
	  { "x", "DNS:example.com", CERTS_DAY, 2 * CERTS_DAY, false },
	  "example.com", "", "certificate is not yet valid", BY_CA },
	{ "an unknown CA", CERT_SAYS("x", "DNS:example.com"), "example.com", "",
	  "unable to get local issuer certificate", BY_STRANGER },
	{ "self-signed", CERT_SAYS("x", "DNS:example.com"), "example.com", "",
	  "self-signed certificate", BY_ITSELF },
};

static void test_names(void)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct name_case *n = &names[i];
		struct cert c = cert_make(&n->spec, n->by == BY_CA ? &ca :
					  n->by == BY_STRANGER ? &stranger :
					  NULL);

		us_open(NULL);
		claim(n->domain, n->own);
		far_open(&c);
		connect_to();
		if (!n->why) {
			if (!ok(tls_state(s) == TLS_UP, "good: %s", n->what))
				printf("# %s\n", tls_why(s));
			is_int(tls_stats(ctx)->handshakes, 1, "counted");
		} else {
			ok(tls_state(s) == TLS_FAILED, "refused: %s", n->what);
			if (!ok(strstr(tls_why(s), n->why) &&
				!strncmp(tls_why(s), "certificate: ", 13),
				"and told why"))
				printf("# %s\n", tls_why(s));
			is_int(tls_stats(ctx)->certificate_failed, 1,
			       "counted");
		}
		far_close();
		us_close();
		cert_free(&c);
	}
}

/* Two domains at one server: its certificate must do for both lines. */
static void test_claims(void)
{
	struct cert one = cert_make(&(struct cert_spec)CERT_SAYS("x", "DNS:example.com"), &ca);
	struct cert both = cert_make(&(struct cert_spec)CERT_SAYS("x", "DNS:example.org,DNS:example.com"), &ca);

	us_open(NULL);
	claim("example.com", "192.0.2.1");
	claim("example.com", "192.0.2.1");
	claim("example.org", "192.0.2.1");
	far_open(&one);
	connect_to();
	ok(tls_state(s) == TLS_FAILED &&
	   strstr(tls_why(s), "is not for example.org"),
	   "one of two domains is not enough");
	far_close();
	far_open(&both);
	connect_to();
	ok(tls_state(s) == TLS_UP, "both are");
	is_str(far.sni, "example.com", "SNI: the first domain");
	far_close();
	us_close();
	us_open(NULL);
	claim("192.0.2.1", "192.0.2.1");
	claim("[2001:db8::1]", "sip.example.com");
	far_open(&both);
	connect_to();
	is_str(far.sni, "sip.example.com", "SNI: no address (RFC 6066 3)");
	far_close();
	us_close();
	cert_free(&one);
	cert_free(&both);
}

static void test_unverified(void)
{
	struct tls_settings set = { ca_file, "", "", false };
	struct cert c = cert_make(&(struct cert_spec)CERT_SAYS("x", "DNS:a.b"), NULL);

	us_open(&set);
	claim("example.com", "");
	far_open(&c);
	connect_to();
	ok(tls_state(s) == TLS_UP, "tls_verify = no takes anything");
	far_close();
	us_close();
	cert_free(&c);
}

/* ---- what a session does ---- */

static void test_data(const struct cert *good)
{
	static char big[100000];
	size_t len;

	us_open(NULL);
	claim("example.com", "");
	far_open(good);
	far_accept();
	s = tls_start(peer);
	ok(!tls_write(s, "REGI", 4, 100) && !tls_write(s, "STER", 4, 100),
	   "written in the handshake: waits");
	is_int(tls_write(s, big, 93, 100), -ENOBUFS, "up to a limit");
	is_int(tls_read(s, got, sizeof(got)), 0, "nothing to read yet");
	carry();
	ok(tls_state(s) == TLS_UP, "through");
	is_str(far.text, "REGISTER", "then it goes out, in order");
	SSL_write(far.ssl, "\r\n", 2);
	SSL_write(far.ssl, "OPTIONS", 7);
	carry();
	carry();
	is_str(got, "\r\nOPTIONS", "and back");
	ok(!tls_write(s, big, sizeof(big), 0), "several records");
	tls_output(s, &len);
	ok(len > sizeof(big) && len < sizeof(big) + sizeof(big) / 8,
	   "grow by less than an eighth");
	tls_sent(s);
	SSL_shutdown(far.ssl);
	carry();
	ok(tls_state(s) == TLS_ENDED, "close_notify ends it");
	is_int(tls_write(s, "x", 1, 100), -ENOTCONN, "no more of it");
	far_close();
	us_close();
}

static void test_versions(const struct cert *good)
{
	static const struct {
		int version;
		const char *name;
		bool good;
	} v[] = {
		{ TLS1_VERSION, "TLS 1.0", false },
		{ TLS1_1_VERSION, "TLS 1.1", false },
		{ TLS1_2_VERSION, "TLS 1.2", true },
		{ TLS1_3_VERSION, "TLS 1.3", true },
	};
	unsigned int i;

	for (i = 0; i < 4; i++) {
		us_open(NULL);
		claim("example.com", "");
		far_open(good);
		SSL_CTX_set_security_level(far.ctx, 0);
		SSL_CTX_set_min_proto_version(far.ctx, v[i].version);
		SSL_CTX_set_max_proto_version(far.ctx, v[i].version);
		connect_to();
		is_int(tls_state(s), v[i].good ? TLS_UP : TLS_FAILED, "%s: %s",
		       v[i].name, tls_why(s));
		is_int(tls_stats(ctx)->handshake_failed, !v[i].good,
		       "counted");
		far_close();
		us_close();
	}
}

static void test_tickets(const struct cert *good)
{
	static const int version[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct cert c = cert_make(&(struct cert_spec)CERT_SAYS("x", "DNS:a.b"), &ca);
	unsigned int i, n;

	for (i = 0; i < 2; i++) {
		us_open(NULL);
		claim("example.com", "");
		far_open(good);
		SSL_CTX_set_session_id_context(far.ctx,
					       (const unsigned char *)"t", 1);
		SSL_CTX_set_max_proto_version(far.ctx, version[i]);
		for (n = 0; n < 3; n++)
			connect_to();
		is_int(tls_stats(ctx)->handshakes, 3, "three connections");
		is_int(tls_stats(ctx)->resumed, 2, "two of them resumed");
		far_close();
		far_open(&c);	/* it knows the ticket no more */
		connect_to();
		ok(tls_state(s) == TLS_FAILED, "another server is checked");
		far_close();
		us_close();
	}
	cert_free(&c);
}

/* The server wants to know who we are. */
static void test_client(const struct cert *good)
{
	struct tls_settings set = { ca_file, cert_file, key_file, true };
	struct cert me = cert_make(&(struct cert_spec)CERT_SAYS("phone", "DNS:p"), &ca);
	unsigned int with;

	cert_write(&me, cert_file, key_file);
	for (with = 0; with < 2; with++) {
		us_open(with ? &set : NULL);
		claim("example.com", "");
		far_open(good);
		SSL_CTX_set_verify(far.ctx, SSL_VERIFY_PEER |
				   SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		X509_STORE_add_cert(SSL_CTX_get_cert_store(far.ctx), ca.x509);
		connect_to();
		carry();
		if (with)
			ok(tls_state(s) == TLS_UP, "our certificate is taken");
		else
			ok(tls_state(s) == TLS_FAILED &&
			   strstr(tls_why(s), "certificate required"),
			   "and missed: %s", tls_why(s));
		far_close();
		us_close();
	}
	cert_free(&me);
}

static void test_broken(const struct cert *good)
{
	static const char garbage[] = "SIP/2.0 400 Bad Request\r\n\r\n";
	const void *data;
	size_t len;

	us_open(NULL);
	claim("example.com", "");
	s = tls_start(peer);
	is_int(tls_step(s), TLS_HANDSHAKE, "a handshake begins");
	data = tls_output(s, &len);
	ok(data && len > 50, "with a ClientHello");
	tls_sent(s);
	feed(garbage, sizeof(garbage) - 1);
	ok(tls_state(s) == TLS_FAILED && !strncmp(tls_why(s), "handshake: ", 11),
	   "no TLS comes back: %s", tls_why(s));
	is_int(tls_stats(ctx)->handshake_failed, 1, "counted");
	tls_broken(s, -ECONNRESET);
	is_int(tls_stats(ctx)->handshake_failed, 1, "once");
	tls_free(s);

	s = tls_start(peer);
	tls_step(s);
	tls_broken(s, 0);
	is_str(tls_why(s), "handshake: the server closed the connection",
	       "closed in the middle");
	tls_free(s);
	s = tls_start(peer);
	tls_broken(s, -ECONNRESET);
	is_str(tls_why(s), "handshake: Connection reset by peer", "or reset");

	far_open(good);
	connect_to();
	feed("\x17\x03\x03\x00\x20" "0123456789abcdef0123456789abcdef", 37);
	tls_read(s, got, sizeof(got));
	ok(tls_state(s) == TLS_FAILED && !strncmp(tls_why(s), "record: ", 8),
	   "garbage later: %s", tls_why(s));
	is_int(tls_stats(ctx)->handshake_failed, 3, "is no handshake's");
	far_close();
	us_close();
}

/* Each byte of a server's first flight wrong once: no harm, no connection
 * with somebody else. */
static void test_flipped(const struct cert *good)
{
	unsigned int up = 0, failed = 0, waits = 0;
	size_t at, len, n = 1;
	const void *data;
	char *back;

	us_open(NULL);
	claim("example.com", "");
	far_open(good);
	for (at = 0; at < n; at += 7) {
		tls_free(s);
		far_accept();
		s = tls_start(peer);
		tls_step(s);
		data = tls_output(s, &len);
		BIO_write(far.in, data, (int)len);
		tls_sent(s);
		far_step();
		n = (size_t)BIO_get_mem_data(far.out, &back);
		back[at] ^= 0x55;
		feed(back, n);
		up += tls_state(s) == TLS_UP;
		failed += tls_state(s) == TLS_FAILED;
		waits += tls_state(s) == TLS_HANDSHAKE;
	}
	ok(failed > 20, "%u bytes wrong, one by one: failed", failed);
	is_int(up, 0, "none came up (%u wait for more)", waits);
	far_close();
	us_close();
}

/* ---- files ---- */

static void refuses(struct tls_settings set, const char *why, const char *what)
{
	char text[TLS_WHY_MAX];

	ok(!tls_open(&set, text) && strstr(text, why), "%s: %s", what, text);
}

static void test_files(const struct cert *good)
{
	struct cert other = cert_make(&(struct cert_spec)CERT_SAYS("o", NULL), &ca);
	char empty[64], other_key[64], text[TLS_WHY_MAX];
	struct tls_settings set = { ca_file, cert_file, key_file, true };
	struct tls_context *c;

	snprintf(empty, sizeof(empty), "%s/empty", dir);
	snprintf(other_key, sizeof(other_key), "%s/other.key", dir);
	fclose(fopen(empty, "we"));
	cert_write(&other, empty, other_key);
	cert_write(good, cert_file, key_file);
	refuses((struct tls_settings){ "/nonexistent", "", "", true },
		"tls_ca: /nonexistent", "no CA file");
	refuses((struct tls_settings){ key_file, "", "", true }, "tls_ca: ",
		"a CA file without certificate");
	refuses((struct tls_settings){ ca_file, "/nonexistent", key_file,
		true }, "tls_certificate: /nonexistent", "no certificate");
	refuses((struct tls_settings){ ca_file, cert_file, "/nonexistent",
		true }, "tls_key: /nonexistent", "no key");
	refuses((struct tls_settings){ ca_file, cert_file, cert_file, true },
		"tls_key: ", "a key file without key");
	refuses((struct tls_settings){ ca_file, cert_file, other_key, true },
		"key values mismatch", "another's key");
	chmod(key_file, 0600);
	c = tls_open(&set, text);
	ok(c != NULL, "certificate and key");
	tls_close(c);
	set.ca = dir;
	c = tls_open(&set, text);
	ok(c != NULL, "a CA directory");
	tls_close(c);
	set.ca = "";
	c = tls_open(&set, text);
	ok(c != NULL, "the system's CAs");
	tls_close(c);
	set.ca = "/nonexistent";
	set.verify = false;
	c = tls_open(&set, text);
	ok(c != NULL, "unverified, no CA is needed");
	tls_close(c);
	tls_close(NULL);
	tls_peer_free(NULL);
	tls_free(NULL);
	cert_free(&other);
	unlink(empty);
	unlink(other_key);
}

int main(void)
{
	struct cert good;

	certs_must(mkdtemp(dir), "mkdtemp");
	snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", dir);
	snprintf(cert_file, sizeof(cert_file), "%s/me.pem", dir);
	snprintf(key_file, sizeof(key_file), "%s/me.key", dir);
	ca = cert_make(&(struct cert_spec){ .cn = "CA", .ca = true }, NULL);
	stranger = cert_make(&(struct cert_spec){ .cn = "S", .ca = true }, NULL);
	good = cert_make(&(struct cert_spec)CERT_SAYS("x", "DNS:example.com"), &ca);
	cert_write(&ca, ca_file, NULL);
	test_names();
	test_claims();
	test_unverified();
	test_data(&good);
	test_versions(&good);
	test_tickets(&good);
	test_client(&good);
	test_broken(&good);
	test_flipped(&good);
	test_files(&good);
	cert_free(&good);
	cert_free(&ca);
	cert_free(&stranger);
	unlink(ca_file);
	unlink(cert_file);
	unlink(key_file);
	rmdir(dir);
	return tap_done();
}
