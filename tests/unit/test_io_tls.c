// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * TLS on the flows of io/tcp, on loopback: what a plain flow does it does as
 * well, and each way in which a handshake ends without one.  The peer is a
 * thread with a blocking socket, one connection each.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs.h"
#include "codec/sip_parse.h"
#include "io/tcp.h"
#include "io_loop.h"
#include "tap.h"

#define MSG "OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody"
#define BIG 59000

static struct ring ring;
static struct tcp tcp;
static struct addr local, server;
static int listener;
static struct tls_context *ctx;
static struct tls_peer *peer;
static struct cert ca, good, bad;

/* ---- the peer ---- */

enum script {
	ECHO,		/* everything back, until the end */
	SAYS,		/* sends what[], then close_notify */
	GARBAGE,	/* no TLS at all */
	CLOSES,		/* reads the ClientHello, and closes */
	RESETS,		/* the same by a reset */
	MUTE,		/* reads, says nothing */
};

static struct {
	pthread_t thread;
	enum script script;
	const struct cert *cert;
	const char *what;
	size_t len;
	char alert[80];		/* what the handshake failed of there */
} far;

static void far_says(SSL *ssl)
{
	SSL_write(ssl, far.what, (int)far.len);
	SSL_shutdown(ssl);
}

static void far_echoes(SSL *ssl)
{
	char buf[8192];
	int n;

	while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0)
		SSL_write(ssl, buf, n);
}

static void far_tls(int fd)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	SSL_CTX_use_certificate(c, far.cert->x509);
	SSL_CTX_use_PrivateKey(c, far.cert->key);
	ssl = SSL_new(c);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1)
		snprintf(far.alert, sizeof(far.alert), "%s",
			 ERR_reason_error_string(ERR_peek_error()));
	else if (far.script == ECHO)
		far_echoes(ssl);
	else
		far_says(ssl);
	SSL_free(ssl);
	SSL_CTX_free(c);
}

static void *far_main(void *arg)
{
	static const struct linger now = { 1, 0 };
	int fd = accept(listener, NULL, NULL);
	char buf[4096];

	(void)arg;
	switch (far.script) {
	case ECHO:
	case SAYS:
		far_tls(fd);
		break;
	case GARBAGE:
		send(fd, MSG, strlen(MSG), MSG_NOSIGNAL);
		recv(fd, buf, sizeof(buf), 0);
		break;
	case RESETS:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		recv(fd, buf, sizeof(buf), 0);
		break;
	case CLOSES:
		recv(fd, buf, sizeof(buf), 0);
		break;
	case MUTE:
		while (recv(fd, buf, sizeof(buf), 0) > 0)
			;
		break;
	}
	close(fd);
	return NULL;
}

static void far_start(enum script script, const struct cert *cert,
		      const char *what, size_t len)
{
	far.script = script;
	far.cert = cert;
	far.what = what;
	far.len = len;
	far.alert[0] = '\0';
	certs_must(!pthread_create(&far.thread, NULL, far_main, NULL),
		   "thread");
}

static void far_end(void)
{
	pthread_join(far.thread, NULL);
}

/* ---- us ---- */

static struct {
	unsigned int connected, received, closed, pongs, want;
	bool connecting;
	int error;
	size_t len, bytes;
	char text[70000], why[TLS_WHY_MAX];
} seen;

static void on_connected(void *c, tcp_flow f)
{
	(void)c;
	(void)f;
	seen.connected++;
}

static void on_received(void *c, tcp_flow f, const char *buf, size_t len)
{
	(void)c;
	(void)f;
	seen.received++;
	seen.bytes += len;
	seen.len = len;
	memcpy(seen.text, buf, len);
	seen.text[len] = '\0';
}

static void on_closed(void *c, tcp_flow f, bool connecting, int error)
{
	(void)c;
	(void)f;
	seen.closed++;
	seen.connecting = connecting;
	seen.error = error;
	strcpy(seen.why, tcp.why);
}

static void on_pong(void *c, tcp_flow f)
{
	(void)c;
	(void)f;
	seen.pongs++;
}

static const struct tcp_ops ops = {
	.connected = on_connected,
	.received = on_received,
	.closed = on_closed,
	.pong = on_pong,
};

static bool have_connected(void)
{
	return seen.connected >= seen.want;
}

static bool have_received(void)
{
	return seen.received >= seen.want;
}

static bool have_closed(void)
{
	return seen.closed >= seen.want;
}

static bool have_ponged(void)
{
	return seen.pongs >= seen.want;
}

static void expect(unsigned int want)
{
	memset(&seen, 0, sizeof(seen));
	seen.want = want;
}

static tcp_flow start(void)
{
	tcp_flow f;

	expect(1);
	f = tcp_connect(&tcp, &server, &local, 5000);
	is_int(tcp_secure(&tcp, f, peer), 0, "a flow that will speak TLS");
	return f;
}

/* ---- tests ---- */

static size_t big_message(char *buf, size_t size)
{
	int n = snprintf(buf, size, "OPTIONS sip:a SIP/2.0\r\n"
			 "Content-Length: %d\r\n\r\n", BIG);

	memset(buf + n, 'b', BIG);
	return (size_t)n + BIG;
}

static void test_echo(void)
{
	static char big[BIG + 100];
	size_t len = big_message(big, sizeof(big));
	struct addr own, to;
	unsigned int i;
	tcp_flow f;

	far_start(ECHO, &good, NULL, 0);
	f = start();
	is_int(tcp_secure(&tcp, f, peer), -ENOTCONN, "once");
	is_int(tcp_secure(&tcp, 0, peer), -ENOTCONN, "no such flow");
	ok(tcp_addresses(&tcp, f, &own, &to) && own.port &&
	   own.transport == TRANSPORT_TLS && to.transport == TRANSPORT_TLS,
	   "its addresses are TLS's");
	is_int(tcp_send(&tcp, f, MSG, strlen(MSG)), 0, "takes bytes at once");
	for (i = 0; i < 4; i++)
		tcp_send(&tcp, f, big, len);
	is_int(tcp_send(&tcp, f, big, len), -ENOBUFS, "256 KiB, no more");
	ok(!tcp_is_connected(&tcp, f), "not connected yet");
	ok(io_until(&ring, have_connected), "the handshake is through");
	ok(tcp_is_connected(&tcp, f), "now it is");
	seen.want = 5;
	ok(io_until(&ring, have_received), "what waited went out");
	is_int(seen.bytes, strlen(MSG) + 4 * len, "all of it, and came back");
	ok(!memcmp(seen.text, big, len), "as it was");

	expect(2);
	tcp_send(&tcp, f, MSG MSG, 2 * strlen(MSG));
	ok(io_until(&ring, have_received), "two messages in one record");
	is_str(seen.text, MSG, "are two");
	expect(1);
	tcp_send(&tcp, f, "\r\n", 2);
	ok(io_until(&ring, have_ponged), "a single CRLF is a pong");
	expect(1);
	tcp.stats.pings = 0;
	tcp_send(&tcp, f, "\r\n\r\n", 4);
	ok(io_until(&ring, have_ponged), "a ping is answered (R-45)");
	is_int(tcp.stats.pings, 1, "and counted");
	is_int(seen.closed + seen.received, 0, "nothing else");
	expect(1);
	tcp_drop(&tcp, f);
	io_for(&ring, 5);
	is_int(seen.closed, 0, "dropped: no end is told");
	far_end();
}

static void test_says(void)
{
	far_start(SAYS, &good, MSG "\r\n\r\n" MSG, 2 * strlen(MSG) + 4);
	start();
	ok(io_until(&ring, have_closed), "close_notify");
	ok(!seen.error && !seen.connecting && !*seen.why, "is as a FIN");
	is_int(seen.received, 2, "after all messages");
	far_end();

	far_start(SAYS, &good, "OPTIONS sip:a SIP/2.0\r\nTo: x\r\n\r\n", 33);
	start();
	ok(io_until(&ring, have_closed), "no Content-Length");
	ok(seen.error == -EPROTO && !seen.connecting && !*seen.why,
	   "is no fault of TLS");
	far_end();
}

static void fails(enum script script, const struct cert *cert, const char *why,
		  const char *what)
{
	uint64_t failed = tcp.stats.failed;
	tcp_flow f;

	far_start(script, cert, NULL, 0);
	f = start();
	tcp_send(&tcp, f, MSG, strlen(MSG));
	ok(io_until(&ring, have_closed), "%s: ends", what);
	ok(seen.connecting && seen.closed == 1 && !seen.connected,
	   "%s: before it was connected", what);
	if (!ok(strstr(seen.why, why), "%s: told why", what))
		printf("# %s\n", seen.why);
	is_int(tcp.stats.failed, failed + 1, "%s: counted", what);
	far_end();
}

static void test_fails(void)
{
	fails(ECHO, &bad, "certificate: is not for example.com",
	      "another name");
	ok(strstr(far.alert, "alert"), "the server hears: %s", far.alert);
	fails(GARBAGE, NULL, "handshake: wrong version number", "no TLS");
	fails(CLOSES, NULL, "handshake: the server closed", "closed");
	fails(RESETS, NULL, "handshake: Connection reset", "reset");
}

/* A handshake that never ends is given up by whoever keeps the time. */
static void test_mute(void)
{
	tcp_flow f;

	far_start(MUTE, NULL, NULL, 0);
	f = start();
	tcp_send(&tcp, f, MSG, strlen(MSG));
	io_for(&ring, 20);
	ok(!seen.connected && !seen.closed, "no answer, no end");
	tcp_drop(&tcp, f);
	io_for(&ring, 5);
	is_int(seen.closed, 0, "dropped");
	far_end();

	far_start(MUTE, NULL, NULL, 0);
	start();
	io_for(&ring, 10);
	tcp_close(&tcp);
	io_for(&ring, 5);
	is_int(seen.closed, 0, "or all is closed meanwhile");
	far_end();
}

static void open_listener(void)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(in);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	certs_must(!bind(listener, (struct sockaddr *)&in, sizeof(in)) &&
		   !listen(listener, 16) &&
		   !getsockname(listener, (struct sockaddr *)&in, &len),
		   "listen");
	addr_parse(&server, "127.0.0.1", ntohs(in.sin_port), TRANSPORT_TLS);
	addr_parse(&local, "127.0.0.1", 0, TRANSPORT_TLS);
}

static void open_tls(void)
{
	char file[] = "/tmp/sipover-ca-XXXXXX", why[TLS_WHY_MAX];
	struct tls_settings set = { file, "", "", true };
	struct tls_claim claim = { "example.com", "127.0.0.1" };
	int fd = mkstemp(file);

	certs_must(fd >= 0, "mkstemp");
	close(fd);
	ca = cert_make(&(struct cert_spec){ .cn = "CA", .ca = true }, NULL);
	good = cert_make(&(struct cert_spec)CERT_SAYS("x", "DNS:example.com"),
			 &ca);
	bad = cert_make(&(struct cert_spec)CERT_SAYS("x", "DNS:example.org"),
			&ca);
	cert_write(&ca, file, NULL);
	ctx = tls_open(&set, why);
	unlink(file);
	certs_must(ctx, why);
	peer = tls_peer_new(ctx);
	certs_must(peer && !tls_peer_claim(peer, &claim), "claim");
}

int main(void)
{
	sip_parse_init();
	if (!ok(!ring_open(&ring, 64), "ring opens"))
		return tap_done();
	open_listener();
	open_tls();
	is_int(tcp_open(&tcp, &ring, 8, &ops, NULL), 0, "opens");
	test_echo();
	test_says();
	test_fails();
	test_mute();
	close(listener);
	ring_close(&ring);
	is_int(ring.in_flight, 0, "everything ended");
	tls_peer_free(peer);
	tls_close(ctx);
	cert_free(&ca);
	cert_free(&good);
	cert_free(&bad);
	return tap_done();
}
