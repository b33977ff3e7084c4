// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "tls.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "log.h"
#include "tls_name.h"

/* A record and its overhead come in two reads, an ordinary one in one. */
#define TLS_ROOM 8192

struct tls_context {
	SSL_CTX *ctx;
	bool verify;
	struct tls_stats stats;
};

/* Copies of what was configured. */
struct claim {
	char *domain, *own;
};

struct tls_peer {
	struct tls_context *c;
	struct claim *claim;
	size_t claims;
	size_t users;		/* sessions, and who made it */
	const char *sni;
	SSL_SESSION *ticket;
};

struct tls_session {
	struct tls_peer *peer;
	SSL *ssl;
	BIO *in, *out;			/* the SSL's */
	enum tls_state state;
	char *waiting;			/* written in the handshake */
	size_t waiting_len;
	bool certificate;		/* it was refused */
	char why[TLS_WHY_MAX];
	char room[TLS_ROOM];
};

/* ---- why ---- */

/* The text of OpenSSL's oldest error, the cause of the others; clears them. */
static const char *library_error(const char *otherwise)
{
	unsigned long e = ERR_get_error();
	const char *text = e ? ERR_reason_error_string(e) : NULL;

	ERR_clear_error();
	return text ? text : otherwise;
}

const char *tls_why(const struct tls_session *s)
{
	return s->why;
}

enum tls_state tls_state(const struct tls_session *s)
{
	return s->state;
}

static void certificate_wrong(struct tls_session *s, X509 *cert,
			      const char *what)
{
	char subject[64] = "", names[64];
	X509_NAME *name = cert ? X509_get_subject_name(cert) : NULL;
	size_t i;

	s->certificate = true;
	if (name)
		X509_NAME_get_text_by_NID(name, NID_commonName, subject,
					  sizeof(subject));
	for (i = 0; subject[i]; i++)
		if (subject[i] <= ' ' || subject[i] >= 0x7f)
			subject[i] = '?';
	names[0] = '\0';
	if (cert)
		tls_names_print(cert, names, sizeof(names));
	snprintf(s->why, sizeof(s->why), "certificate: %s (CN=%s names=%s)",
		 what, *subject ? subject : "-", names);
}

/* ---- the name (R-38) ---- */

static bool names(X509 *cert, const char *name)
{
	return name && *name && tls_name_matches(cert, name);
}

/* The first claim that the certificate does not satisfy; NULL: none. */
static const struct claim *unnamed(const struct tls_peer *p, X509 *cert)
{
	size_t i;

	for (i = 0; i < p->claims; i++)
		if (!names(cert, p->claim[i].domain) &&
		    !names(cert, p->claim[i].own))
			return &p->claim[i];
	return NULL;
}

static int on_verify(int good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
			store, SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	struct tls_session *s = SSL_get_app_data(ssl);
	const struct claim *claim;
	char what[96];

	if (!good) {
		certificate_wrong(s, cert, X509_verify_cert_error_string(
				  X509_STORE_CTX_get_error(store)));
		return 0;
	}
	if (X509_STORE_CTX_get_error_depth(store))
		return 1;
	claim = unnamed(s->peer, cert);
	if (!claim)
		return 1;
	snprintf(what, sizeof(what), "is not for %.60s",
		 *claim->domain ? claim->domain : claim->own);
	certificate_wrong(s, cert, what);
	X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}

/* ---- tickets ---- */

static int on_ticket(SSL *ssl, SSL_SESSION *ticket)
{
	struct tls_session *s = SSL_get_app_data(ssl);

	SSL_SESSION_free(s->peer->ticket);
	s->peer->ticket = ticket;
	return 1;	/* it is ours */
}

static void use_ticket(struct tls_session *s)
{
	struct tls_peer *p = s->peer;

	if (!p->ticket)
		return;
	SSL_set_session(s->ssl, p->ticket);
	/* RFC 8446 C.4: once, or a listener could tell that it is us again. */
	if (SSL_SESSION_get_protocol_version(p->ticket) >= TLS1_3_VERSION) {
		SSL_SESSION_free(p->ticket);
		p->ticket = NULL;
	}
}

/* ---- context ---- */

static bool load_ca(SSL_CTX *ctx, const char *ca)
{
	struct stat st;
	int ok;

	ERR_clear_error();
	if (!*ca)
		return SSL_CTX_set_default_verify_paths(ctx) == 1;
	if (stat(ca, &st)) {
		ERR_clear_error();
		return false;
	}
	ok = S_ISDIR(st.st_mode) ? SSL_CTX_load_verify_dir(ctx, ca) :
				   SSL_CTX_load_verify_file(ctx, ca);
	return ok == 1;
}

static void check_key_mode(const char *path)
{
	struct stat st;

	if (!stat(path, &st) && st.st_mode & (S_IRWXG | S_IRWXO))
		log_warning("tls_key path=%s mode=%04o: others than its owner "
			    "may read the private key (chmod 600)", path,
			    (unsigned int)st.st_mode & 07777);
}

static bool load_own(SSL_CTX *ctx, const struct tls_settings *set,
		     char why[TLS_WHY_MAX])
{
	ERR_clear_error();
	if (!*set->certificate && !*set->key)
		return true;
	check_key_mode(set->key);
	if (SSL_CTX_use_certificate_chain_file(ctx, set->certificate) != 1)
		snprintf(why, TLS_WHY_MAX, "tls_certificate: %.100s: %.60s",
			 set->certificate, library_error("cannot be read"));
	else if (SSL_CTX_use_PrivateKey_file(ctx, set->key,
					     SSL_FILETYPE_PEM) != 1)
		snprintf(why, TLS_WHY_MAX, "tls_key: %.100s: %.60s", set->key,
			 library_error("cannot be read"));
	else if (SSL_CTX_check_private_key(ctx) != 1)
		snprintf(why, TLS_WHY_MAX, "tls_key: %.100s: %.60s", set->key,
			 library_error("is not that of tls_certificate"));
	else
		return true;
	return false;
}

/* A key with a passphrase: nobody is there to be asked. */
// NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL's type
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

struct tls_context *tls_open(const struct tls_settings *set,
			     char why[TLS_WHY_MAX])
{
	struct tls_context *c = calloc(1, sizeof(*c));

	snprintf(why, TLS_WHY_MAX, "out of memory");
	if (c)
		c->ctx = SSL_CTX_new(TLS_client_method());
	if (!c || !c->ctx) {
		free(c);
		return NULL;
	}
	c->verify = set->verify;
	SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(c->ctx, SSL_OP_NO_RENEGOTIATION |
			    SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(c->ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_default_passwd_cb(c->ctx, no_passphrase);
	SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_CLIENT |
				       SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c->ctx, on_ticket);
	SSL_CTX_set_verify(c->ctx, set->verify ? SSL_VERIFY_PEER :
			   SSL_VERIFY_NONE, set->verify ? on_verify : NULL);
	if (set->verify && !load_ca(c->ctx, set->ca)) {
		snprintf(why, TLS_WHY_MAX, "tls_ca: %.100s: %.60s", set->ca,
			 library_error("cannot be read"));
		tls_close(c);
		return NULL;
	}
	if (!load_own(c->ctx, set, why)) {
		tls_close(c);
		return NULL;
	}
	why[0] = '\0';
	return c;
}

void tls_close(struct tls_context *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->ctx);
	free(c);
}

const struct tls_stats *tls_stats(const struct tls_context *c)
{
	return &c->stats;
}

/* ---- peers ---- */

struct tls_peer *tls_peer_new(struct tls_context *c)
{
	struct tls_peer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->c = c;
	p->users = 1;
	return p;
}

static const char *given(const char *name)
{
	return name ? name : "";
}

static bool same_claim(const struct claim *a, const struct tls_claim *b)
{
	return strcmp(a->domain, given(b->domain)) == 0 &&
	       strcmp(a->own, given(b->own)) == 0;
}

int tls_peer_claim(struct tls_peer *p, const struct tls_claim *claim)
{
	struct claim *more, *c;
	size_t i;

	for (i = 0; i < p->claims; i++)
		if (same_claim(&p->claim[i], claim))
			return 0;
	more = realloc(p->claim, (p->claims + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	p->claim = more;
	c = &more[p->claims];
	c->domain = strdup(given(claim->domain));
	c->own = strdup(given(claim->own));
	if (!c->domain || !c->own) {
		free(c->domain);
		free(c->own);
		return -ENOMEM;
	}
	p->claims++;
	/* RFC 6066 3: host names only. */
	if (!p->sni && *c->domain && !tls_name_is_ip(c->domain))
		p->sni = c->domain;
	else if (!p->sni && *c->own && !tls_name_is_ip(c->own))
		p->sni = c->own;
	return 0;
}

void tls_peer_free(struct tls_peer *p)
{
	size_t i;

	if (!p || --p->users)
		return;
	for (i = 0; i < p->claims; i++) {
		free(p->claim[i].domain);
		free(p->claim[i].own);
	}
	free(p->claim);
	SSL_SESSION_free(p->ticket);
	free(p);
}

/* ---- sessions ---- */

struct tls_session *tls_start(struct tls_peer *p)
{
	struct tls_session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->ssl = SSL_new(p->c->ctx);
	s->in = BIO_new(BIO_s_mem());
	s->out = BIO_new(BIO_s_mem());
	if (!s->ssl || !s->in || !s->out) {
		SSL_free(s->ssl);
		BIO_free(s->in);
		BIO_free(s->out);
		free(s);
		return NULL;
	}
	s->peer = p;
	p->users++;
	SSL_set_bio(s->ssl, s->in, s->out);
	SSL_set_app_data(s->ssl, s);
	SSL_set_connect_state(s->ssl);
	if (p->sni)
		SSL_set_tlsext_host_name(s->ssl, p->sni);
	use_ticket(s);
	return s;
}

void tls_free(struct tls_session *s)
{
	if (!s)
		return;
	/* No close_notify: a SIP message says itself where it ends, and an
	 * end without one must not cost the ticket. */
	SSL_set_quiet_shutdown(s->ssl, 1);
	SSL_shutdown(s->ssl);
	SSL_free(s->ssl);
	tls_peer_free(s->peer);
	free(s->waiting);
	free(s);
	ERR_clear_error();
}

void *tls_room(struct tls_session *s, size_t *size)
{
	*size = sizeof(s->room);
	return s->room;
}

int tls_received(struct tls_session *s, size_t len)
{
	return BIO_write(s->in, s->room, (int)len) == (int)len ? 0 : -ENOMEM;
}

static void failed(struct tls_session *s, const char *why)
{
	struct tls_stats *stats = &s->peer->c->stats;
	bool handshake = s->state == TLS_HANDSHAKE;

	s->state = TLS_FAILED;
	if (!*s->why)
		snprintf(s->why, sizeof(s->why), "%s: %s", handshake ?
			 "handshake" : "record", why);
	if (!handshake)
		return;
	if (s->certificate)
		stats->certificate_failed++;
	else
		stats->handshake_failed++;
	/* What it was resumed from may be what it failed of. */
	SSL_SESSION_free(s->peer->ticket);
	s->peer->ticket = NULL;
}

/* After a call of the library that did not succeed. */
static void judge(struct tls_session *s, int ret)
{
	switch (SSL_get_error(s->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		break;
	case SSL_ERROR_ZERO_RETURN:
		if (s->state == TLS_HANDSHAKE)
			failed(s, "ended by the server");
		else
			s->state = TLS_ENDED;
		break;
	default:
		failed(s, library_error("failed"));
	}
	ERR_clear_error();
}

static void write_waiting(struct tls_session *s)
{
	size_t len = s->waiting_len;
	int ret;

	s->waiting_len = 0;
	if (!len)
		return;
	ret = SSL_write(s->ssl, s->waiting, (int)len);
	if (ret <= 0)
		judge(s, ret);
	free(s->waiting);
	s->waiting = NULL;
}

enum tls_state tls_step(struct tls_session *s)
{
	int ret;

	if (s->state != TLS_HANDSHAKE)
		return s->state;
	ERR_clear_error();
	ret = SSL_do_handshake(s->ssl);
	if (ret != 1) {
		judge(s, ret);
		return s->state;
	}
	s->state = TLS_UP;
	s->peer->c->stats.handshakes++;
	if (SSL_session_reused(s->ssl))
		s->peer->c->stats.resumed++;
	write_waiting(s);
	return s->state;
}

void tls_broken(struct tls_session *s, int error)
{
	if (s->state != TLS_HANDSHAKE)
		return;
	failed(s, error ? strerror(-error) :
	       "the server closed the connection");
}

size_t tls_read(struct tls_session *s, void *buf, size_t size)
{
	int ret;

	if (s->state != TLS_UP || !size)
		return 0;
	ERR_clear_error();
	ret = SSL_read(s->ssl, buf, size < INT_MAX ? (int)size : INT_MAX);
	if (ret > 0)
		return (size_t)ret;
	judge(s, ret);
	return 0;
}

int tls_write(struct tls_session *s, const void *buf, size_t len, size_t max)
{
	char *more;
	int ret;

	if (s->state == TLS_HANDSHAKE) {
		if (len > max || s->waiting_len > max - len)
			return -ENOBUFS;
		more = realloc(s->waiting, s->waiting_len + len);
		if (!more)
			return -ENOBUFS;
		memcpy(more + s->waiting_len, buf, len);
		s->waiting = more;
		s->waiting_len += len;
		return 0;
	}
	if (s->state != TLS_UP)
		return -ENOTCONN;
	ERR_clear_error();
	ret = SSL_write(s->ssl, buf, (int)len);
	if (ret > 0)
		return 0;
	judge(s, ret);
	return -ENOTCONN;
}

const void *tls_output(struct tls_session *s, size_t *len)
{
	char *data;
	long n = BIO_get_mem_data(s->out, &data);

	*len = n > 0 ? (size_t)n : 0;
	return *len ? data : NULL;
}

void tls_sent(struct tls_session *s)
{
	BIO_reset(s->out);
}
