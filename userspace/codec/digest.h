/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Digest answers (RFC 7616, 8760): MD5, SHA-256 and SHA-512-256 by OpenSSL, qop
 * auth or none.  State (nonce, nc) is kept per server.
 */
#ifndef SIPOVER_CODEC_DIGEST_H
#define SIPOVER_CODEC_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/sipmsg.h"

struct digest_state {
	struct sip_challenge challenge;
	uint32_t nc;		/* answers given to this nonce */
	uint32_t series;	/* of nonces, this one's number; 0: none yet */
	bool valid;
};

struct digest_credentials {
	const char *user, *password;
};

/* Takes the topmost supported challenge of a 401/407.  answered: the
 * request that it refuses carried an answer of d's present series: of those on
 * their way together each may learn of a new nonce.  0; -ENOTSUP none
 * is supported; -EACCES that answer was refused without stale, to the same
 * nonce: the password is wrong, do not loop.  A server that refuses with a new nonce each
 * time is not found out here: the caller limits the answers per request. */
int digest_challenged(struct digest_state *d, const struct sipmsg *response,
		      bool answered);

/* Writes "Authorization: Digest ...\r\n" (or Proxy-Authorization) into buf and
 * counts nc.  Length (a NUL follows, not counted); -EMSGSIZE; -EINVAL without a
 * challenge, or when a value has control characters (a header of its own could
 * hide there); -ENOTSUP, -ENOMEM from OpenSSL.  cnonce: caller's randomness,
 * printable, without quotes.  The challenge's strings are the insides of
 * quoted strings, escapes and all, and are sent back byte for byte. */
int digest_answer(struct digest_state *d, char *buf, size_t size,
		  const struct digest_credentials *cred, const char *method,
		  const char *uri, const char *cnonce);

/* Frees what the first answers made and later ones use again. */
void digest_end(void);

#endif /* SIPOVER_CODEC_DIGEST_H */
