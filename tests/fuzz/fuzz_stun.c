/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A datagram that may be STUN, from anybody.
 *
 * Input: a byte (1: the rest is attributes behind a right header, and a
 * FINGERPRINT if bit 1 is set too), then the bytes.
 */
#include "fuzz.h"

#include "codec/stun.h"

#define HEADER 20

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* By a table, not as codec/stun.c does it. */
static uint32_t crc(const uint8_t *p, size_t len)
{
	static uint32_t table[256];
	uint32_t c = UINT32_MAX;

	if (!table[1])
		for (uint32_t i = 0; i < 256; i++) {
			table[i] = i;
			for (int k = 0; k < 8; k++)
				table[i] = table[i] & 1 ? 0xedb88320u ^
					   table[i] >> 1 : table[i] >> 1;
		}
	while (len--)
		c = table[(c ^ *p++) & 0xff] ^ c >> 8;
	return ~c;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* The message that carries these attributes. */
static uint8_t *wrap(const uint8_t *data, size_t size, bool fingerprint,
		     size_t *len)
{
	uint8_t *p;

	size &= ~(size_t)3;
	*len = HEADER + size + (fingerprint ? 8 : 0);
	p = calloc(1, *len);
	must(p);
	p[0] = p[1] = 1;
	p[2] = (uint8_t)((*len - HEADER) >> 8);
	p[3] = (uint8_t)(*len - HEADER);
	put32(p + 4, 0x2112a442);
	if (size)
		memcpy(p + HEADER, data, size);
	if (fingerprint) {
		put32(p + HEADER + size, 0x80280004);
		put32(p + *len - 4, crc(p, *len - 8) ^ 0x5354554e);
	}
	return p;
}

static void check(const uint8_t *p, size_t len, enum stun_result r,
		  const struct stun *m)
{
	char text[ADDR_STRLEN];

	must(r <= STUN_UNKNOWN_ATTRIBUTE);
	must((r == STUN_NOT_STUN) == !stun_is(p, len));
	if (r == STUN_NOT_STUN)
		return;
	must(len >= HEADER && p[0] < 0x40);
	must(m->class <= STUN_ERROR);
	if (r == STUN_BAD_LENGTH)
		return;
	must(m->method <= 0xfff);
	must(memcmp(m->id, p + 8, STUN_ID_LEN) == 0);
	must(m->error == 0 || (m->error >= 300 && m->error <= 699));
	must(m->mapped.family <= ADDR_V6);
	must(strlen(addr_print(&m->mapped, text)) < sizeof(text));
	if (m->fingerprint && (r == STUN_OK || r == STUN_UNKNOWN_ATTRIBUTE))
		must(word(p + len - 4) == (crc(p, len - 8) ^ 0x5354554e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stun m, again;
	uint8_t *copy;
	size_t len;
	enum stun_result r;

	if (!size)
		return 0;
	if (data[0] & 1) {
		copy = wrap(data + 1, size - 1, data[0] & 2, &len);
	} else {
		len = size - 1;
		copy = exact_copy(data + 1, len);
	}
	r = stun_parse(copy, len, &m);
	check(copy, len, r, &m);
	if (data[0] & 1)
		must(r != STUN_NOT_STUN);
	/* Of less nothing is taken for whole. */
	if (r == STUN_OK)
		must(stun_parse(copy, len - 1, &again) != STUN_OK);
	free(copy);
	return 0;
}
