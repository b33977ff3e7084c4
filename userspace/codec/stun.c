// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "stun.h"

#include <string.h>

#define HEADER 20
#define ATTR_HEADER 4
#define FINGERPRINT_XOR 0x5354554eu
#define MUST_UNDERSTAND_BELOW 0x8000

/* RFC 8489 18.3. */
enum attribute {
	MAPPED_ADDRESS = 0x0001,
	USERNAME = 0x0006,
	MESSAGE_INTEGRITY = 0x0008,
	ERROR_CODE = 0x0009,
	UNKNOWN_ATTRIBUTES = 0x000a,
	REALM = 0x0014,
	NONCE = 0x0015,
	MESSAGE_INTEGRITY_SHA256 = 0x001c,
	PASSWORD_ALGORITHM = 0x001d,
	USERHASH = 0x001e,
	XOR_MAPPED_ADDRESS = 0x0020,
	FINGERPRINT = 0x8028,
};

static const uint8_t cookie[4] = { 0x21, 0x12, 0xa4, 0x42 };

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* CRC-32 of ITU V.42, bit by bit: messages are short and rare. */
static uint32_t crc32(const uint8_t *p, size_t len)
{
	uint32_t crc = UINT32_MAX;

	while (len--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

bool stun_is(const void *buf, size_t len)
{
	const uint8_t *p = buf;

	return len >= HEADER && !(p[0] & 0xc0) &&
	       memcmp(p + 4, cookie, sizeof(cookie)) == 0;
}

/* 14.1, 14.2: mask is cookie and transaction id, or zeros. */
static bool read_address(const uint8_t *v, size_t len,
			 const uint8_t mask[16], struct addr *a)
{
	size_t n = len < 2 ? 0 : v[1] == 1 ? 4 : v[1] == 2 ? 16 : 0;

	if (!n || len != 4 + n)
		return false;
	*a = (struct addr){
		.family = n == 4 ? ADDR_V4 : ADDR_V6,
		.transport = TRANSPORT_UDP,
		.port = get16(v + 2) ^ get16(mask),
	};
	for (size_t i = 0; i < n; i++)
		a->ip[i] = v[4 + i] ^ mask[i];
	return true;
}

struct reader {
	const uint8_t *msg;
	size_t at;		/* of the attribute */
	bool xored;		/* m->mapped is from XOR-MAPPED-ADDRESS */
	bool ended;		/* nothing may follow: FINGERPRINT */
	bool unknown;
};

static enum stun_result fingerprint(struct reader *r, size_t len,
				    struct stun *m)
{
	const uint8_t *v = r->msg + r->at + ATTR_HEADER;

	/* 14.7: over what stands before it */
	r->ended = true;
	if (len != 4)
		return STUN_BAD_ATTRIBUTE;
	if (get32(v) != (crc32(r->msg, r->at) ^ FINGERPRINT_XOR))
		return STUN_BAD_FINGERPRINT;
	m->fingerprint = true;
	return STUN_OK;
}

static enum stun_result attribute(struct reader *r, uint16_t type, size_t len,
				  struct stun *m)
{
	static const uint8_t zeros[16];
	const uint8_t *v = r->msg + r->at + ATTR_HEADER;
	struct addr a;

	switch (type) {
	case XOR_MAPPED_ADDRESS:
		if (!read_address(v, len, r->msg + 4, &a))
			return STUN_BAD_ATTRIBUTE;
		/* 14: of several the first counts */
		if (!r->xored)
			m->mapped = a;
		r->xored = true;
		break;
	case MAPPED_ADDRESS:
		if (!read_address(v, len, zeros, &a))
			return STUN_BAD_ATTRIBUTE;
		/* A NAT that rewrites addresses in what it carries finds this
		 * one: the other is better. */
		if (m->mapped.family == ADDR_NONE)
			m->mapped = a;
		break;
	case ERROR_CODE:
		if (len < 4 || (v[2] & 7) < 3 || (v[2] & 7) > 6 || v[3] > 99)
			return STUN_BAD_ATTRIBUTE;
		if (!m->error)
			m->error = (uint16_t)((v[2] & 7) * 100 + v[3]);
		break;
	case FINGERPRINT:
		return fingerprint(r, len, m);
	case USERNAME:
	case MESSAGE_INTEGRITY:
	case UNKNOWN_ATTRIBUTES:
	case REALM:
	case NONCE:
	case MESSAGE_INTEGRITY_SHA256:
	case PASSWORD_ALGORITHM:
	case USERHASH:
		break;
	default:
		r->unknown |= type < MUST_UNDERSTAND_BELOW;
		break;
	}
	return STUN_OK;
}

enum stun_result stun_parse(const void *buf, size_t len, struct stun *m)
{
	const uint8_t *p = buf;
	struct reader r = { .msg = p, .at = HEADER };
	enum stun_result result;
	uint16_t type;

	memset(m, 0, sizeof(*m));
	if (!stun_is(buf, len))
		return STUN_NOT_STUN;
	if (get16(p + 2) != len - HEADER || len % 4)
		return STUN_BAD_LENGTH;
	type = get16(p);
	m->class = (uint8_t)((type >> 4 & 1) | (type >> 7 & 2));
	m->method = (uint16_t)((type & 0xf) | (type >> 1 & 0x70) |
			       (type >> 2 & 0xf80));
	memcpy(m->id, p + 8, STUN_ID_LEN);
	while (r.at < len) {
		/* A multiple of four is left: a header fits. */
		size_t n = get16(p + r.at + 2), padded = (n + 3) & ~(size_t)3;

		if (r.ended)
			return STUN_BAD_FINGERPRINT;
		if (padded > len - r.at - ATTR_HEADER)
			return STUN_BAD_LENGTH;
		result = attribute(&r, get16(p + r.at), n, m);
		if (result != STUN_OK)
			return result;
		r.at += ATTR_HEADER + padded;
	}
	return r.unknown ? STUN_UNKNOWN_ATTRIBUTE : STUN_OK;
}

size_t stun_build_request(uint8_t buf[STUN_REQUEST_LEN],
			  const uint8_t id[STUN_ID_LEN])
{
	memset(buf, 0, 4);
	buf[1] = STUN_BINDING;
	memcpy(buf + 4, cookie, sizeof(cookie));
	memcpy(buf + 8, id, STUN_ID_LEN);
	return STUN_REQUEST_LEN;
}
