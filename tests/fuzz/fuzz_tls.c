// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * io/tls against OpenSSL's server side, with somebody on the way between them
 * who cuts, merges, repeats, changes and invents records.
 *
 * Input: a byte of settings (us()), a byte about the server (far_start()),
 * then what happens, a byte of deeds[] each with what it takes.  At the end all
 * that waits is delivered.  Randomness comes from the input as well.
 */
#define OPENSSL_SUPPRESS_DEPRECATED	/* RAND_METHOD has no successor as short */
#include "fuzz.h"

#include <errno.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "../unit/certs.h"
#include "io/log.h"
#include "io/tls.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

#define WAITING_MAX 1000	/* as TCP_SEND_MAX, for writes in a handshake */
#define WIRE_MAX 65536
#define SESSIONS_MAX 4
#define HEADER 5
#define ALERT 21
#define HANDSHAKE 22

/* What the certificate of a server is like; only the first will do. */
enum { GOOD, OTHER_NAME, STRANGER, EVIL_NAMES, CERTIFICATES };

static struct tls_context *ours[2];	/* unverified, verified and named */
static SSL_CTX *theirs[CERTIFICATES];
static uint64_t seed;

/* ---- what is the same each time ---- */

static int random_bytes(unsigned char *buf, int n)
{
	while (n-- > 0) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		*buf++ = (unsigned char)(seed >> 33);
	}
	return 1;
}

static int random_status(void)
{
	return 1;
}

static const RAND_METHOD not_random = {
	.bytes = random_bytes, .pseudorand = random_bytes,
	.status = random_status,
};

void log_at(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

static SSL_CTX *far_context(const struct cert *c, const struct cert *ca)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	must(ctx);
	must(SSL_CTX_use_certificate(ctx, c->x509) == 1);
	must(SSL_CTX_use_PrivateKey(ctx, c->key) == 1);
	must(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca->x509) == 1);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"f", 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}

static void open_ours(const struct cert *ca, const struct cert *own)
{
	char dir[] = "/tmp/sipover-fuzz-XXXXXX", why[TLS_WHY_MAX];
	char ca_file[64], file[64], key[64];

	must(mkdtemp(dir));
	snprintf(ca_file, sizeof(ca_file), "%s/ca", dir);
	snprintf(file, sizeof(file), "%s/own", dir);
	snprintf(key, sizeof(key), "%s/key", dir);
	cert_write(ca, ca_file, NULL);
	cert_write(own, file, key);
	ours[0] = tls_open(&(struct tls_settings){ "", "", "", false }, why);
	ours[1] = tls_open(&(struct tls_settings){ ca_file, file, key, true },
			   why);
	must(ours[0] && ours[1]);
	unlink(ca_file);
	unlink(file);
	unlink(key);
	rmdir(dir);
}

// NOLINTNEXTLINE(readability-non-const-parameter): libFuzzer's type
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct cert_spec says[CERTIFICATES] = {
		[GOOD] = CERT_SAYS("x", "DNS:example.com"),
		[OTHER_NAME] = CERT_SAYS("x", "DNS:example.org"),
		[STRANGER] = CERT_SAYS("x", "DNS:example.com"),
		[EVIL_NAMES] = CERT_SAYS("x\r\n<3>gone",
					 "DNS:a\033[2J\177,URI:sip:\001,IP:::1"),
	};
	struct cert ca, stranger, own, c;
	int i;

	(void)argc;
	(void)argv;
	must(RAND_set_rand_method(&not_random) == 1);
	ca = cert_make(&(struct cert_spec){ .cn = "CA", .ca = true }, NULL);
	stranger = cert_make(&(struct cert_spec){ .cn = "S", .ca = true }, NULL);
	own = cert_make(&(struct cert_spec)CERT_SAYS("p", "DNS:p"), &ca);
	for (i = 0; i < CERTIFICATES; i++) {
		c = cert_make(&says[i], i == STRANGER ? &stranger : &ca);
		theirs[i] = far_context(&c, &ca);
		cert_free(&c);
	}
	open_ours(&ca, &own);
	cert_free(&own);
	cert_free(&stranger);
	cert_free(&ca);
	return 0;
}

/* ---- the game ---- */

struct game {
	struct feed f;
	unsigned int us;		/* of ours[] */
	struct tls_peer *peer;
	struct tls_session *s;
	enum tls_state state;
	struct tls_stats seen;
	bool ticket;			/* there may be one */
	unsigned int sessions;

	unsigned int kind;		/* of theirs[] */
	bool demands;			/* our certificate */
	SSL *far;
	BIO *in, *out;
	unsigned int hellos;
	bool closed;			/* the last they said: close_notify */
	bool bent;			/* not as both ends wanted it */
	bool flip;			/* what we say next */

	uint8_t wire[WIRE_MAX];		/* from there, not delivered yet */
	size_t len, delivered;
	uint32_t waiting;		/* written in the handshake */
	uint32_t written, heard;	/* by us, there */
	uint32_t told, read;		/* by them, here */
};

static uint8_t pattern(uint32_t at)
{
	return (uint8_t)(at * 31 + (at >> 8));
}

static void on_message(int sent, int version, int type, const void *buf,
		       size_t len, SSL *ssl, void *arg)
{
	struct game *g = arg;

	(void)version;
	(void)ssl;
	if (!sent && type == HANDSHAKE && len &&
	    *(const uint8_t *)buf == SSL3_MT_CLIENT_HELLO)
		g->hellos++;
}

static void far_start(struct game *g)
{
	uint8_t how = feed_u8(&g->f);

	g->kind = how & 3;
	g->demands = how & 4;
	g->far = SSL_new(theirs[g->kind]);
	g->in = BIO_new(BIO_s_mem());
	g->out = BIO_new(BIO_s_mem());
	must(g->far && g->in && g->out);
	SSL_set_bio(g->far, g->in, g->out);
	SSL_set_accept_state(g->far);
	SSL_set_msg_callback(g->far, on_message);
	SSL_set_msg_callback_arg(g->far, g);
	if (g->demands)
		SSL_set_verify(g->far, SSL_VERIFY_PEER |
			       SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (how & 8)
		SSL_set_max_proto_version(g->far, TLS1_2_VERSION);
	if (how & 16)	/* not what a ClientHello guesses: it is asked again */
		SSL_set1_groups_list(g->far, "P-384:P-256");
	if (how & 32)
		SSL_set_options(g->far, SSL_OP_NO_TICKET);
	if (how & 64)
		SSL_set_max_send_fragment(g->far, 512);
	g->hellos = 0;
	g->closed = g->bent = g->flip = false;
	g->len = g->delivered = 0;
	g->waiting = g->written = g->heard = g->told = g->read = 0;
}

/* ---- what tls.h promises ---- */

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void check_why(const struct game *g)
{
	const char *why = tls_why(g->s), *c;

	must((*why != '\0') == (g->state == TLS_FAILED));
	if (!*why)
		return;
	must(strlen(why) < TLS_WHY_MAX);
	for (c = why; *c; c++)
		must(*c >= ' ' && *c < 0x7f);
	must(starts(why, "handshake: ") || starts(why, "record: ") ||
	     starts(why, "certificate: "));
}

/* Each handshake is counted once, as what it was. */
static void check_counts(struct game *g, bool over)
{
	const struct tls_stats *now = tls_stats(ours[g->us]);
	uint64_t refused = now->certificate_failed - g->seen.certificate_failed;
	uint64_t failed = now->handshake_failed - g->seen.handshake_failed;
	uint64_t up = now->handshakes - g->seen.handshakes;
	uint64_t resumed = now->resumed - g->seen.resumed;

	must(refused + failed + up == over);
	if (refused)
		must(starts(tls_why(g->s), "certificate: "));
	if (failed)
		must(starts(tls_why(g->s), "handshake: "));
	/* A ticket of a handshake that failed may be why it did. */
	must(resumed <= up && (!resumed || g->ticket));
	g->seen = *now;
}

/* After each call that may have moved it. */
static void check(struct game *g)
{
	enum tls_state was = g->state;

	g->state = tls_state(g->s);
	must(g->state >= was && (was < TLS_ENDED || g->state == was));
	must(was != TLS_HANDSHAKE || g->state != TLS_ENDED);
	check_why(g);
	check_counts(g, was == TLS_HANDSHAKE && g->state != was);
	if (was == TLS_HANDSHAKE && g->state != was)
		g->ticket = g->state == TLS_UP;
	/* whoever stands between, nobody else is taken for the server. */
	if (g->us && (g->state == TLS_UP || g->state == TLS_ENDED))
		must(g->kind == GOOD);
	/* No renegotiation; TLS 1.3 may ask once for another ClientHello. */
	must(g->hellos <= (SSL_version(g->far) > TLS1_2_VERSION ? 2 : 1));
}

/* ---- there ---- */

static void far_read(struct game *g)
{
	uint8_t buf[512];
	int n, i;

	while ((n = SSL_read(g->far, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++)
			must(buf[i] == pattern(g->heard + (uint32_t)i));
		g->heard += (uint32_t)n;
		must(g->heard <= g->written);
	}
}

static void far_step(struct game *g)
{
	char *data;
	long n;

	ERR_clear_error();
	if (!SSL_is_init_finished(g->far))
		SSL_do_handshake(g->far);
	if (SSL_is_init_finished(g->far))
		far_read(g);
	ERR_clear_error();
	n = BIO_get_mem_data(g->out, &data);
	if (n > 0 && (size_t)n <= sizeof(g->wire) - g->len) {
		memcpy(g->wire + g->len, data, (size_t)n);
		g->len += (size_t)n;
		g->closed = false;
	} else if (n > 0) {
		g->bent = true;
	}
	BIO_reset(g->out);
}

static void far_write(struct game *g)
{
	uint16_t len = feed_u16(&g->f);
	uint8_t *buf;
	uint16_t i;

	if (!SSL_is_init_finished(g->far) || !len)
		return;
	/* After a close_notify as well; that is their mistake. */
	if (SSL_get_shutdown(g->far) & SSL_SENT_SHUTDOWN) {
		SSL_set_shutdown(g->far, 0);
		g->bent = true;
	}
	buf = malloc(len);
	must(buf);
	for (i = 0; i < len; i++)
		buf[i] = pattern(g->told + i);
	if (SSL_write(g->far, buf, len) == len)
		g->told += len;
	free(buf);
	far_step(g);
}

/* Renegotiation, other keys, another ticket: what a server may want later. */
static void far_again(struct game *g)
{
	uint8_t what = feed_u8(&g->f);

	if (!SSL_is_init_finished(g->far) || SSL_get_shutdown(g->far))
		return;
	if (SSL_version(g->far) <= TLS1_2_VERSION) {
		SSL_renegotiate(g->far);
		g->bent = true;		/* OpenSSL's server takes no for an end */
	} else if (what & 1) {
		SSL_key_update(g->far, what & 2 ? SSL_KEY_UPDATE_REQUESTED :
			       SSL_KEY_UPDATE_NOT_REQUESTED);
	} else {
		SSL_new_session_ticket(g->far);
	}
	ERR_clear_error();
	SSL_do_handshake(g->far);
	far_step(g);
}

static void far_close(struct game *g)
{
	bool can = SSL_is_init_finished(g->far) && !g->bent;

	if (SSL_is_init_finished(g->far))
		SSL_shutdown(g->far);
	far_step(g);
	g->closed = can && SSL_get_shutdown(g->far) & SSL_SENT_SHUTDOWN;
}

/* ---- here ---- */

/* What we have to say gets there. */
static void say(struct game *g)
{
	const void *data;
	uint8_t *copy;
	size_t len;

	data = tls_output(g->s, &len);
	must((data != NULL) == (len != 0));
	if (data) {
		copy = exact_copy(data, len);
		if (g->flip) {
			copy[feed_u16(&g->f) % len] ^= 1 | feed_u8(&g->f);
			g->flip = false;
			g->bent = true;
		}
		must(BIO_write(g->in, copy, (int)len) == (int)len);
		free(copy);
		tls_sent(g->s);
		tls_output(g->s, &len);
		must(!len);
	}
	far_step(g);
}

static void read_all(struct game *g)
{
	size_t size = 1 + g->read % 700, n, i;
	uint8_t *buf = malloc(size);

	must(buf);
	do {
		n = tls_read(g->s, buf, size);
		must(n <= size && (!n || g->state == TLS_UP));
		check(g);
		/* Nobody on the way puts a word in between or takes one out. */
		for (i = 0; i < n; i++)
			must(buf[i] == pattern(g->read + (uint32_t)i));
		g->read += (uint32_t)n;
		must(g->read <= g->told);
	} while (n);
	free(buf);
}

/* As io/tcp.c does it. */
static void hear(struct game *g, const uint8_t *bytes, size_t len)
{
	while (len) {
		size_t size;
		void *room = tls_room(g->s, &size);

		must(size);
		if (size > len)
			size = len;
		memcpy(room, bytes, size);
		must(!tls_received(g->s, size));
		bytes += size;
		len -= size;
		tls_step(g->s);
		check(g);
		read_all(g);
	}
	say(g);
}

static void deliver(struct game *g, size_t len)
{
	uint8_t *copy;

	if (len > g->len)
		len = g->len;
	if (!len)
		return;
	copy = exact_copy(g->wire, len);
	memmove(g->wire, g->wire + len, g->len - len);
	g->len -= len;
	g->delivered += len;
	hear(g, copy, len);
	free(copy);
}

static void we_write(struct game *g)
{
	uint16_t len = 1 + (feed_u16(&g->f) & 0x7ff), i;
	uint8_t *buf = malloc(len);
	int ret;

	must(buf);
	for (i = 0; i < len; i++)
		buf[i] = pattern(g->written + i);
	ret = tls_write(g->s, buf, len, WAITING_MAX);
	switch (g->state) {
	case TLS_HANDSHAKE:
		must(ret == (g->waiting + len > WAITING_MAX ? -ENOBUFS : 0));
		g->waiting += ret ? 0 : len;
		break;
	case TLS_UP:
		break;
	case TLS_ENDED:
	case TLS_FAILED:
		must(ret == -ENOTCONN);
	}
	g->written += ret ? 0 : len;
	check(g);
	free(buf);
	say(g);
}

static void start(struct game *g)
{
	far_start(g);
	g->s = tls_start(g->peer);
	must(g->s);
	g->state = TLS_HANDSHAKE;
	tls_step(g->s);
	check(g);
	say(g);
}

static void finish(struct game *g)
{
	unsigned int turns = 0;
	bool good = !g->us || g->kind == GOOD;

	for (; g->len && turns < 20; turns++)
		deliver(g, g->len);
	if (g->demands && !g->us)
		good = false;
	/* Nobody was on the way. */
	if (good && !g->bent) {
		must(g->state == (g->closed ? TLS_ENDED : TLS_UP));
		must(g->read == g->told && g->heard == g->written);
	}
	SSL_free(g->far);
	tls_free(g->s);
	ERR_clear_error();
}

/* ---- on the way ---- */

/* The first record that waits, with its header; 0: none is whole. */
static size_t record(const struct game *g, size_t at)
{
	size_t len;

	if (g->len < at || g->len - at < HEADER)
		return 0;
	len = HEADER + ((size_t)g->wire[at + 3] << 8 | g->wire[at + 4]);
	return len <= g->len - at ? len : 0;
}

static void put_length(uint8_t *header, size_t len)
{
	header[3] = (uint8_t)(len >> 8);
	header[4] = (uint8_t)len;
}

static void flip(struct game *g)
{
	uint16_t at = feed_u16(&g->f);
	uint8_t with = feed_u8(&g->f);

	if (!g->len)
		return;
	g->wire[at % g->len] ^= with ? with : 1;
	g->bent = true;
}

static void drop(struct game *g)
{
	size_t n = feed_u8(&g->f);

	if (n > g->len)
		n = g->len;
	if (!n)
		return;
	memmove(g->wire, g->wire + n, g->len - n);
	g->len -= n;
	g->bent = true;
}

static void repeat(struct game *g)
{
	size_t n = record(g, 0);

	if (!n || n > sizeof(g->wire) - g->len)
		return;
	memmove(g->wire + n, g->wire, g->len);
	g->len += n;
	g->bent = true;
}

static void swap(struct game *g)
{
	size_t a = record(g, 0), b = a ? record(g, a) : 0;
	uint8_t *first;

	if (!b)
		return;
	first = exact_copy(g->wire, a);
	memmove(g->wire, g->wire + a, b);
	memcpy(g->wire + b, first, a);
	free(first);
	g->bent = true;
}

/* A handshake message in clear may come in two records, or with others in one
 * (RFC 8446 5.1); an encrypted record is whole or nothing.  The first one is
 * in clear. */
static void split(struct game *g)
{
	size_t n = record(g, 0), first;

	first = 1 + feed_u8(&g->f);
	if (n <= HEADER + first || HEADER > sizeof(g->wire) - g->len)
		return;
	memmove(g->wire + HEADER + first + HEADER, g->wire + HEADER + first,
		g->len - HEADER - first);
	memcpy(g->wire + HEADER + first, g->wire, 3);
	put_length(g->wire, first);
	put_length(g->wire + HEADER + first, n - HEADER - first);
	g->len += HEADER;
	g->bent |= g->delivered != 0;
}

static void merge(struct game *g)
{
	size_t a = record(g, 0), b = a ? record(g, a) : 0;

	if (!b || g->wire[0] != g->wire[a])
		return;
	memmove(g->wire + a, g->wire + a + HEADER, g->len - a - HEADER);
	g->len -= HEADER;
	put_length(g->wire, a - HEADER + b - HEADER);
	g->bent |= g->delivered != 0;
}

/* A record of our own making, whose length need not be true. */
static void invent(struct game *g, uint8_t type, size_t body)
{
	uint8_t bytes[HEADER + 64] = { type, 3, 3 };
	size_t i;

	put_length(bytes, body);
	if (type != ALERT)
		put_length(bytes, feed_u16(&g->f));
	for (i = 0; i < body; i++)
		bytes[HEADER + i] = feed_u8(&g->f);
	g->bent = true;
	hear(g, bytes, HEADER + body);
}

static void invent_any(struct game *g)
{
	uint8_t type = (uint8_t)(ALERT - 1 + feed_u8(&g->f) % 6);

	invent(g, type, type == ALERT ? 2 : feed_u8(&g->f) & 63);
}

static void invent_alert(struct game *g)
{
	invent(g, ALERT, 2);
}

static void garbage(struct game *g)
{
	size_t n = feed_u8(&g->f), i;
	uint8_t bytes[256];

	for (i = 0; i < n; i++)
		bytes[i] = feed_u8(&g->f);
	g->bent = g->bent || n;
	hear(g, bytes, n);
}

static void broken(struct game *g)
{
	if (g->state == TLS_HANDSHAKE)
		g->bent = true;
	tls_broken(g->s, feed_u8(&g->f) & 1 ? -ECONNRESET : 0);
	must(tls_state(g->s) != TLS_HANDSHAKE);
	check(g);
}

static void flip_ours(struct game *g)
{
	g->flip = true;
}

static void deliver_all(struct game *g)
{
	deliver(g, g->len);
}

static void deliver_some(struct game *g)
{
	deliver(g, feed_u16(&g->f));
}

/* A handshake takes its time. */
static void next(struct game *g)
{
	if (++g->sessions >= SESSIONS_MAX)
		return;
	finish(g);
	start(g);
}

static void (*const deeds[])(struct game *g) = {
	deliver_all, deliver_some, flip, drop, repeat, swap, split, merge,
	garbage, invent_any, invent_alert, far_again, far_write, far_close,
	we_write, broken, next, flip_ours,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tls_claim claim = { "example.com", "192.0.2.1" };
	static struct game g;

	memset(&g, 0, sizeof(g));
	g.f = (struct feed){ data, size };
	seed = hash_of(data, size);
	g.us = feed_u8(&g.f) & 1;
	g.peer = tls_peer_new(ours[g.us]);
	must(g.peer && !tls_peer_claim(g.peer, &claim));
	g.seen = *tls_stats(ours[g.us]);
	start(&g);
	while (g.f.left)
		deeds[feed_u8(&g.f) % (sizeof(deeds) / sizeof(deeds[0]))](&g);
	finish(&g);
	tls_peer_free(g.peer);
	return 0;
}
