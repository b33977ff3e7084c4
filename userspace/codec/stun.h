/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STUN (RFC 8489) as far as a keep-alive needs it: the Binding request without
 * attributes, and what its answer says.  No credentials: a
 * MESSAGE-INTEGRITY in an answer is read over.
 */
#ifndef SIPOVER_CODEC_STUN_H
#define SIPOVER_CODEC_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/addr.h"

#define STUN_ID_LEN 12
#define STUN_REQUEST_LEN 20

enum stun_class {
	STUN_REQUEST,
	STUN_INDICATION,
	STUN_SUCCESS,
	STUN_ERROR,
};

#define STUN_BINDING 1

struct stun {
	uint8_t class;		/* enum stun_class */
	uint16_t method;
	uint8_t id[STUN_ID_LEN];
	struct addr mapped;	/* UDP; family NONE: not told */
	uint16_t error;		/* 300..699 of an ERROR-CODE; 0: none */
	bool fingerprint;	/* has one, and it is right */
};

enum stun_result {
	STUN_OK,
	STUN_NOT_STUN,		/* something else: SIP, CRLF */
	STUN_BAD_LENGTH,
	STUN_BAD_ATTRIBUTE,
	STUN_BAD_FINGERPRINT,
	STUN_UNKNOWN_ATTRIBUTE,	/* one that must be understood, and is not */
};

/* Whether a datagram is STUN: two zero bits, the cookie.  A SIP message starts
 * with a letter. */
bool stun_is(const void *buf, size_t len);

enum stun_result stun_parse(const void *buf, size_t len, struct stun *m);

/* A Binding request; its length. */
size_t stun_build_request(uint8_t buf[STUN_REQUEST_LEN],
			  const uint8_t id[STUN_ID_LEN]);

#endif /* SIPOVER_CODEC_STUN_H */
