/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tables of torture messages are made of, see test_torture.c. */
#ifndef SIPOVER_TESTS_TORTURE_H
#define SIPOVER_TESTS_TORTURE_H

#include "codec/sip_parse.h"

#define TORTURE_TEXTS 6

/* A string that must be in a field of the parsed message. */
struct torture_text {
	size_t off;
	const char *text;
};

#define TEXT(field, value) { offsetof(struct sipmsg, field), value }

struct torture {
	const char *name, *section;
	const char *message;
	enum sip_parse_result parsed;
	/* What the phone answers when its server sends it; 0: nothing. */
	uint16_t answer;
	/* The RFC demands something else, and why it is left so. */
	const char *deviates;
	struct torture_text texts[TORTURE_TEXTS];
	uint32_t cseq, contacts, routes, body;	/* 0: not looked at */
};

/* Headers of the messages, where they are not what is tested. */
#define VIA(n) "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK" n "\r\n"
#define FROM "From: <sip:caller@example.net>;tag=f1\r\n"
#define TO "To: <sip:torture@example.com>\r\n"
#define CALL_ID(n) "Call-ID: " n "@192.0.2.1\r\n"
#define CSEQ(method) "CSeq: 8 " method "\r\n"
#define CONTACT "Contact: <sip:caller@192.0.2.1>\r\n"
#define FORWARDS "Max-Forwards: 70\r\n"
#define EMPTY "Content-Length: 0\r\n\r\n"
#define DIALOG(n, method) VIA(n) FROM TO CALL_ID(n) CSEQ(method) FORWARDS
#define SDP "Content-Type: application/sdp\r\nContent-Length: 88\r\n\r\n" \
	"v=0\r\n" "o=- 1 1 IN IP4 192.0.2.1\r\n" "s=-\r\n" \
	"c=IN IP4 192.0.2.1\r\n" "t=0 0\r\n" "m=audio 49170 RTP/AVP 0\r\n"
#define SDP_LEN 88

#endif /* SIPOVER_TESTS_TORTURE_H */
