/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 5118, case by case and by its names: IPv6 where it is ambiguous. */
#ifndef SIPOVER_TESTS_TORTURE_5118_H
#define SIPOVER_TESTS_TORTURE_5118_H

#include "torture.h"

#define VIA6(n) "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bK" n "\r\n"
#define DIALOG6(n, method) VIA6(n) FROM TO CALL_ID(n) CSEQ(method) FORWARDS

static const struct torture torture_5118[] = {
	{
		.name = "ipv6-good", .section = "4.1",
		.message =
		"REGISTER sip:[2001:db8::10] SIP/2.0\r\n"
		DIALOG6("good", "REGISTER")
		"Contact: \"Caller\" <sip:caller@[2001:db8::1]>\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 405,
		.texts = { TEXT(request_uri, "sip:[2001:db8::10]"),
			   TEXT(sent_by, "[2001:db8::9:1]"),
			   TEXT(contact[0].uri, "sip:caller@[2001:db8::1]") },
	}, {
		/* Without [] it could have a port. */
		.name = "ipv6-bad", .section = "4.2",
		.message =
		"REGISTER sip:2001:db8::10 SIP/2.0\r\n"
		DIALOG6("bad", "REGISTER")
		"Contact: \"Caller\" <sip:caller@[2001:db8::1]>\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 405,
		.deviates = "should be 400: it is refused as any REGISTER is; "
			    "the host of a Request-URI is never used here",
	}, {
		.name = "ipv6-bad", .section = "4.2, Via",
		.message =
		"OPTIONS sip:torture@[2001:db8::10] SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 2001:db8::9:1;branch=z9hG4bKbadvia\r\n"
		FROM TO CALL_ID("badvia") CSEQ("OPTIONS") EMPTY,
		.parsed = SIP_BAD_VALUE, .answer = 400,
	}, {
		/* Within [] all is address. */
		.name = "port-ambiguous", .section = "4.3",
		.message =
		"REGISTER sip:[2001:db8::10:5070] SIP/2.0\r\n"
		DIALOG6("ambiguous", "REGISTER")
		"Contact: <sip:caller@[2001:db8::1:5070]>\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 405,
		.texts = { TEXT(request_uri, "sip:[2001:db8::10:5070]") },
	}, {
		.name = "port-unambiguous", .section = "4.4",
		.message =
		"OPTIONS sip:torture@[2001:db8::10]:5070 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP [2001:db8::9:1]:5070;branch=z9hG4bKunamb\r\n"
		FROM TO CALL_ID("unambiguous") CSEQ("OPTIONS")
		"Contact: <sip:caller@[2001:db8::1]:5070>\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 200,
		.texts = { TEXT(sent_by, "[2001:db8::9:1]:5070") },
	}, {
		/* received= with [], as many write it. */
		.name = "via-received-param-with-delim", .section = "4.5",
		.message =
		"BYE sip:[2001:db8::10] SIP/2.0\r\n"
		"Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKdelim\r\n"
		FROM "To: <sip:torture@example.com>;tag=t\r\n"
		CALL_ID("delim") CSEQ("BYE") EMPTY,
		.parsed = SIP_OK, .answer = 481,
		.texts = { TEXT(received, "[2001:db8::9:255]"),
			   TEXT(branch, "z9hG4bKdelim") },
	}, {
		/* And without, as the grammar has it. */
		.name = "via-received-param-no-delim", .section = "4.5",
		.message =
		"OPTIONS sip:[2001:db8::10] SIP/2.0\r\n"
		"Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3\r\n"
		FROM TO CALL_ID("nodelim") CSEQ("OPTIONS") EMPTY,
		.parsed = SIP_OK, .answer = 200,
		.texts = { TEXT(received, "2001:db8::9:255"),
			   TEXT(branch, "z9hG4bKas3") },
	}, {
		.name = "ipv6-in-sdp", .section = "4.6",
		.message =
		"INVITE sip:torture@[2001:db8::10] SIP/2.0\r\n"
		DIALOG6("sdp", "INVITE")
		"Contact: <sip:caller@[2001:db8::20]>\r\n"
		"Content-Type: application/sdp\r\n\r\n"
		"v=0\r\no=- 1 1 IN IP6 2001:db8::20\r\ns=-\r\n"
		"c=IN IP6 2001:db8::20\r\nt=0 0\r\nm=audio 42000 RTP/AVP 0\r\n",
		.parsed = SIP_OK, .answer = 180, .contacts = 1, .body = 94,
		.texts = { TEXT(contact[0].uri, "sip:caller@[2001:db8::20]") },
	}, {
		/* Hops of both families. */
		.name = "mult-ip-in-header", .section = "4.7",
		.message =
		"BYE sip:torture@host.example.net SIP/2.0\r\n"
		"Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144\r\n"
		"Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200\r\n"
		FROM "To: <sip:torture@example.com>;tag=t\r\n"
		CALL_ID("mult") CSEQ("BYE") EMPTY,
		.parsed = SIP_OK, .answer = 481,
		.texts = { TEXT(sent_by, "[2001:db8::9:1]:6050"),
			   TEXT(branch, "z9hG4bKas3-111"), TEXT(received, "") },
	}, {
		/* Media over both. */
		.name = "mult-ip-in-sdp", .section = "4.8",
		.message =
		"INVITE sip:torture@[2001:db8::10] SIP/2.0\r\n"
		DIALOG6("multsdp", "INVITE")
		"Contact: <sip:caller@[2001:db8::9:1]>\r\n"
		"Content-Type: application/sdp\r\n\r\n"
		"v=0\r\no=- 1 1 IN IP6 2001:db8::9:1\r\ns=-\r\nt=0 0\r\n"
		"m=audio 22334 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"
		"m=video 6024 RTP/AVP 107\r\nc=IN IP6 2001:db8::1\r\n",
		.parsed = SIP_OK, .answer = 180, .contacts = 1,
	}, {
		.name = "ipv4-mapped-ipv6", .section = "4.9",
		.message =
		"INVITE sip:torture@example.com SIP/2.0\r\n"
		"Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19\r\n"
		"Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111\r\n"
		FROM TO CALL_ID("mapped") CSEQ("INVITE")
		"Contact: \"T\" <sip:tw@[::ffff:192.0.2.2]>\r\n"
		"Content-Type: application/sdp\r\n\r\n"
		"v=0\r\no=- 1 1 IN IP6 ::ffff:192.0.2.2\r\ns=-\r\nt=0 0\r\n"
		"c=IN IP6 ::ffff:192.0.2.2\r\nm=audio 6000 RTP/AVP 0\r\n",
		.parsed = SIP_OK, .answer = 180, .contacts = 1,
		.texts = { TEXT(sent_by, "[::ffff:192.0.2.10]:19823"),
			   TEXT(contact[0].uri, "sip:tw@[::ffff:192.0.2.2]") },
	}, {
		/* The colon too many that RFC 3261's grammar asked for: may be
		 * taken for two. */
		.name = "ipv6-bug-abnf-3-colons", .section = "4.10",
		.message =
		"OPTIONS sip:torture@[2001:db8:::192.0.2.1] SIP/2.0\r\n"
		"Via: SIP/2.0/UDP [2001:db8:::192.0.2.1]:5060;branch=z9hG4bKas3\r\n"
		FROM TO CALL_ID("colons3") CSEQ("OPTIONS")
		"Contact: <sip:caller@[2001:db8:::192.0.2.1]>\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 200,
	}, {
		.name = "ipv6-correct-abnf-2-colons", .section = "4.10",
		.message =
		"OPTIONS sip:torture@[2001:db8::192.0.2.1] SIP/2.0\r\n"
		"Via: SIP/2.0/UDP [2001:db8::192.0.2.1]:5060;branch=z9hG4bKas3\r\n"
		FROM TO CALL_ID("colons2") CSEQ("OPTIONS")
		"Contact: <sip:caller@[2001:db8::192.0.2.1]>\r\n" EMPTY,
		.parsed = SIP_OK, .answer = 200,
		.texts = { TEXT(sent_by, "[2001:db8::192.0.2.1]:5060") },
	},
};

#endif /* SIPOVER_TESTS_TORTURE_5118_H */
