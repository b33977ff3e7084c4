/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hand-made packet needs: addresses of both families, and RFC 1071. */
#ifndef SELFTESTS_PACKET_H
#define SELFTESTS_PACKET_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address {
	int family;
	unsigned char bytes[16];
};

/* Returns whether @text is one. */
static inline bool address_parse(const char *text, struct address *a)
{
	*a = (struct address){ 0 };
	if (inet_pton(AF_INET, text, a->bytes) == 1)
		a->family = AF_INET;
	else if (inet_pton(AF_INET6, text, a->bytes) == 1)
		a->family = AF_INET6;
	return a->family;
}

static inline size_t address_len(const struct address *a)
{
	return a->family == AF_INET ? 4 : 16;
}

/* Of big-endian words, not yet folded or complemented. */
static inline uint32_t sum(const void *data, size_t len, uint32_t acc)
{
	const unsigned char *b = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		acc += (uint32_t)(b[i] << 8 | b[i + 1]);
	if (len & 1)
		acc += (uint32_t)(b[len - 1] << 8);
	return acc;
}

/* The checksum as it stands in a header, network order. */
static inline uint16_t fold(uint32_t acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return htons((uint16_t)~acc);
}

#endif
