/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLS by OpenSSL over memory BIOs: bytes from the connection in, bytes for the
 * connection out, no socket and no clock of its own.  io/tcp.c is who carries
 * them.  Client only; TLS 1.2 and above.
 *
 * The server's certificate must lead to a known CA and name, as an RFC 5922
 * SIP domain, what the operator configured: a subjectAltName URI "sip:"
 * without a user, or without such URIs a DNS name, or an IP address for an IP
 * address.  Wildcards and the CN count for nothing (RFC 5922 7.1 lets the CN
 * count, and does not ask for it).  Revocation is not checked.
 */
#ifndef SIPOVER_IO_TLS_H
#define SIPOVER_IO_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_WHY_MAX 192

struct tls_context;
struct tls_peer;
struct tls_session;

struct tls_settings {
	const char *ca;			/* file or directory; "": the system's */
	const char *certificate, *key;	/* our own, "": none */
	bool verify;
};

/* A line's claim: the certificate must name either.  Host names or IP
 * literals, as configured; NULL or "": none. */
struct tls_claim {
	const char *domain, *own;
};

struct tls_stats {
	uint64_t handshakes, resumed;
	uint64_t certificate_failed;	/* refused by us, whatever for */
	uint64_t handshake_failed;	/* any other end of a handshake */
};

/* NULL: why[] says what file is wrong with what.  A key that others may read
 * is taken, with a warning in the log. */
struct tls_context *tls_open(const struct tls_settings *settings,
			     char why[TLS_WHY_MAX]);
void tls_close(struct tls_context *c);
const struct tls_stats *tls_stats(const struct tls_context *c);

/* One server: its claims, all of which its certificate must satisfy, its SNI
 * (the first host name among them) and its session ticket.  NULL: no memory. */
struct tls_peer *tls_peer_new(struct tls_context *c);
int tls_peer_claim(struct tls_peer *p, const struct tls_claim *claim);
void tls_peer_free(struct tls_peer *p);

enum tls_state {
	TLS_HANDSHAKE,
	TLS_UP,
	TLS_ENDED,	/* close_notify: as a FIN */
	TLS_FAILED,	/* tls_why() */
};

/* NULL: no memory.  p must live as long. */
struct tls_session *tls_start(struct tls_peer *p);
void tls_free(struct tls_session *s);

/* Where the next bytes of the connection go, *size of them; then tls_received()
 * says how many came.  0 or -ENOMEM. */
void *tls_room(struct tls_session *s, size_t *size);
int tls_received(struct tls_session *s, size_t len);

/* Does what can be done: handshake, nothing when it is through. */
enum tls_state tls_step(struct tls_session *s);

/* The connection ended by error (0: FIN) before the handshake was through. */
void tls_broken(struct tls_session *s, int error);

/* What was decrypted, at most size bytes: their number; 0: no more now, or the
 * state has changed. */
size_t tls_read(struct tls_session *s, void *buf, size_t size);

/* Encrypts buf; in the handshake it waits.  0, -ENOBUFS, -ENOTCONN. */
int tls_write(struct tls_session *s, const void *buf, size_t len, size_t max);

/* What is to be sent, *len bytes, until tls_sent(); NULL: nothing. */
const void *tls_output(struct tls_session *s, size_t *len);
void tls_sent(struct tls_session *s);

enum tls_state tls_state(const struct tls_session *s);
const char *tls_why(const struct tls_session *s);

#endif /* SIPOVER_IO_TLS_H */
