// SPDX-License-Identifier: BSD-2-Clause
/* What a server makes of datagrams that are no SIP: CRLF it drops, STUN it
 * answers with the address that a NAT shows it; on purpose not codec/'s. */
#include "sim.h"

#include <string.h>

#define REQUEST_LEN 20
#define ANSWER_MAX 44

static const uint8_t cookie[] = { 0x21, 0x12, 0xa4, 0x42 };

bool keep_is(const char *buf, size_t len)
{
	return (len == 4 && memcmp(buf, "\r\n\r\n", 4) == 0) ||
	       (len >= REQUEST_LEN && (uint8_t)buf[0] < 0x40 &&
		memcmp(buf + 4, cookie, sizeof(cookie)) == 0);
}

const char *keep_name(const char *buf)
{
	return buf[0] == '\r' ? "CRLF" : buf[0] ? "STUN answer" : "STUN";
}

uint16_t keep_port(const struct addr *from)
{
	return from->port +
	       (uint16_t)(W.net.remap_ns ? W.now / W.net.remap_ns : 0);
}

void keep_receive(struct vserver *s, const struct addr *from, const char *buf)
{
	size_t n = from->family == ADDR_V6 ? 16 : 4, i;
	uint8_t answer[ANSWER_MAX] = { 1, 1 };
	uint16_t port = keep_port(from);

	if (buf[0] == '\r' || s->stun_mute)
		return;
	memcpy(answer + 4, buf + 4, 16);
	answer[3] = (uint8_t)(8 + n);
	answer[21] = 0x20;
	answer[23] = (uint8_t)(4 + n);
	answer[25] = n == 4 ? 1 : 2;
	answer[26] = (uint8_t)(port >> 8) ^ cookie[0];
	answer[27] = (uint8_t)port ^ cookie[1];
	for (i = 0; i < n; i++)
		answer[28 + i] = from->ip[i] ^ answer[4 + i];
	net_to_phone(s, (const char *)answer, 28 + n);
}
