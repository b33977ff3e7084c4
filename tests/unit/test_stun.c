// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* codec/stun: the vectors of RFC 5769, and what must be refused. */
#include "../tap.h"

#include <string.h>

#include "../../userspace/codec/stun.h"

/* RFC 5769 2.2 and 2.3: a response with SOFTWARE, XOR-MAPPED-ADDRESS,
 * MESSAGE-INTEGRITY and FINGERPRINT. */
static const uint8_t v4[] = {
	0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42,
	0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
	0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b,
	0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
	0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08,
	0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
	0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99,
	0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
	0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7,
	0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96,
};
static const uint8_t v6[] = {
	0x01, 0x01, 0x00, 0x48, 0x21, 0x12, 0xa4, 0x42,
	0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
	0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b,
	0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
	0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x14,
	0x00, 0x02, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa,
	0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5,
	0xbe, 0xd2, 0xb9, 0xd9, 0x00, 0x08, 0x00, 0x14,
	0xa3, 0x82, 0x95, 0x4e, 0x4b, 0xe6, 0x7b, 0xf1,
	0x17, 0x84, 0xc9, 0x7c, 0x82, 0x92, 0xc2, 0x75,
	0xbf, 0xe3, 0xed, 0x41, 0x80, 0x28, 0x00, 0x04,
	0xc8, 0xfb, 0x0b, 0x4c,
};

static const uint8_t id[STUN_ID_LEN] = {
	0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
};

static const char *mapped(const struct stun *m)
{
	static char text[ADDR_STRLEN];

	return addr_print(&m->mapped, text);
}

static void test_vectors(void)
{
	struct stun m;

	is_int(stun_parse(v4, sizeof(v4), &m), STUN_OK, "RFC 5769 2.2 is read");
	is_str(mapped(&m), "192.0.2.1:32853", "its address");
	ok(m.class == STUN_SUCCESS && m.method == STUN_BINDING,
	   "a Binding success response");
	ok(memcmp(m.id, id, sizeof(id)) == 0, "its transaction id");
	ok(m.fingerprint, "its fingerprint is right");
	ok(m.mapped.transport == TRANSPORT_UDP && !m.error, "and no error");

	is_int(stun_parse(v6, sizeof(v6), &m), STUN_OK, "RFC 5769 2.3 is read");
	is_str(mapped(&m), "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
	       "its IPv6 address");
	ok(m.fingerprint, "its fingerprint is right");
}

static void test_changed(void)
{
	uint8_t buf[sizeof(v4)];
	unsigned int accepted = 0;
	struct stun m;
	size_t i;

	for (i = 0; i < sizeof(v4) - 4; i++) {
		memcpy(buf, v4, sizeof(v4));
		buf[i] ^= 0x04;
		accepted += stun_parse(buf, sizeof(buf), &m) == STUN_OK &&
			    m.fingerprint;
	}
	is_int(accepted, 0, "a changed bit before it does not pass the check");
	accepted = 0;
	for (i = 0; i < sizeof(v4); i++)
		accepted += stun_parse(v4, i, &m) == STUN_OK;
	is_int(accepted, 0, "nor does a message that is cut off");
	is_int(stun_parse("OPTIONS sip:a SIP/2.0\r\n\r\n", 25, &m),
	       STUN_NOT_STUN, "SIP is something else");
	ok(!stun_is("\r\n\r\n", 4) && stun_is(v6, 20), "so is CRLF");
}

/* A response to id with these attributes. */
static enum stun_result parse(const char *attributes, size_t n, struct stun *m)
{
	uint8_t buf[256] = { 1, 1, 0, (uint8_t)n, 0x21, 0x12, 0xa4, 0x42 };

	memcpy(buf + 20, attributes, n);
	return stun_parse(buf, 20 + n, m);
}

#define PARSE(text, m) parse(text, sizeof(text) - 1, m)

static void test_attributes(void)
{
	struct stun m;

	is_int(PARSE("", &m), STUN_OK, "an answer without attributes");
	is_str(mapped(&m), "none", "tells no address");
	is_int(PARSE("\0\1\0\10\0\1\x13\xc4\300\0\2\11", &m), STUN_OK,
	       "MAPPED-ADDRESS");
	is_str(mapped(&m), "192.0.2.9:5060", "is as good");
	is_int(PARSE("\0\40\0\10\0\1\x21\x12\x21\x12\xa4\x43"
		     "\0\1\0\10\0\1\x13\xc4\300\0\2\11"
		     "\0\40\0\10\0\1\x21\x12\x21\x12\xa4\x44", &m), STUN_OK,
	       "of several");
	is_str(mapped(&m), "0.0.0.1:0", "the first XOR-MAPPED-ADDRESS counts");
	is_int(PARSE("\0\1\0\10\0\1\x13\xc4\300\0\2\11"
		     "\0\40\0\10\0\1\x21\x12\x21\x12\xa4\x43", &m), STUN_OK,
	       "and also");
	is_str(mapped(&m), "0.0.0.1:0", "behind the other");
	is_int(PARSE("\0\40\0\10\0\3\x21\x12\x21\x12\xa4\x43", &m),
	       STUN_BAD_ATTRIBUTE, "of no family");
	is_int(PARSE("\0\40\0\10\0\2\x21\x12\x21\x12\xa4\x43", &m),
	       STUN_BAD_ATTRIBUTE, "IPv6 in four bytes");
	is_int(PARSE("\0\40\0\0", &m), STUN_BAD_ATTRIBUTE, "empty");
	is_int(PARSE("\0\11\0\4\0\0\4\24", &m), STUN_OK, "ERROR-CODE");
	is_int(m.error, 420, "420");
	is_int(PARSE("\0\11\0\4\0\0\2\24", &m), STUN_BAD_ATTRIBUTE, "220");
	is_int(PARSE("\0\11\0\4\0\0\4\144", &m), STUN_BAD_ATTRIBUTE, "4/100");
	is_int(PARSE("\0\11\0\2\0\0\0\0", &m), STUN_BAD_ATTRIBUTE, "short");
	is_int(PARSE("\177\377\0\1x\0\0\0", &m), STUN_UNKNOWN_ATTRIBUTE,
	       "one that must be understood");
	is_int(PARSE("\377\377\0\1x\0\0\0", &m), STUN_OK, "one that need not");
	is_int(PARSE("\377\377\0\5x\0\0\0", &m), STUN_BAD_LENGTH,
	       "longer than the message");
	is_int(PARSE("\200\50\0\4\0\0\0\0", &m), STUN_BAD_FINGERPRINT,
	       "a wrong fingerprint");
	is_int(PARSE("\200\50\0\0", &m), STUN_BAD_ATTRIBUTE, "an empty one");
	is_int(PARSE("\200\50\0\4\xa4\xc5\xe5\x7f\377\377\0\0", &m),
	       STUN_BAD_FINGERPRINT, "nothing may follow it");
}

static void test_request(void)
{
	uint8_t buf[STUN_REQUEST_LEN];
	struct stun m;

	is_int(stun_build_request(buf, id), 20, "the request");
	is_int(stun_parse(buf, sizeof(buf), &m), STUN_OK, "is read");
	ok(m.class == STUN_REQUEST && m.method == STUN_BINDING &&
	   memcmp(m.id, id, sizeof(id)) == 0, "as what it is");
	buf[0] = 0x3e;
	buf[1] = 0xef;
	stun_parse(buf, sizeof(buf), &m);
	ok(m.class == STUN_REQUEST && m.method == 0xfff,
	   "all bits of the method");
	buf[0] = 0x01;
	buf[1] = 0x10;
	stun_parse(buf, sizeof(buf), &m);
	ok(m.class == STUN_ERROR && m.method == 0,
	   "and those of the class between them (5)");
}

int main(void)
{
	test_vectors();
	test_changed();
	test_attributes();
	test_request();
	return tap_done();
}
