// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* What a ladder's row tells of a message, and what it must not. */
#include <stdlib.h>

#include "codec/sip_brief.h"
#include "tap.h"

static bool brief(struct sip_brief *b, const char *text)
{
	return sip_brief_read(b, text, strlen(text));
}

static void test_read(void)
{
	struct sip_brief b;
	char text[1024];

	ok(brief(&b, "REGISTER sip:example.com SIP/2.0\r\n"
		 "v: SIP/2.0/UDP a;rport;branch=z9hG4bK1, SIP/2.0/UDP b;branch=x\r\n"
		 "i: one@two\r\nCSeq:  7\t REGISTER\r\nexpires: 0\r\n\r\n"),
	   "a request");
	ok(!b.response && b.cseq == 7 && b.expires == 0, "its CSeq");
	is_str(b.method, "REGISTER", "method");
	is_str(b.branch, "z9hG4bK1", "the first Via's branch");
	is_str(b.call_id, "one@two", "Call-ID, by its short name");

	ok(brief(&b, "SIP/2.0 486 Busy \303\251 Here\r\nCSeq: 1\r\n INVITE\r\n"
		 "Call-ID: \xff\r\n\r\n"), "a response");
	ok(b.response && b.status == 486 && b.cseq == 1 && b.expires == -1,
	   "status and CSeq");
	is_str(b.method, "INVITE", "method, across a fold");
	is_str(b.reason, "Busy ?? Here", "a reason, as ASCII");
	is_str(b.call_id, "?", "no UTF-8");
	is_str(b.branch, "", "no Via");

	ok(brief(&b, "NOTIFY sip:a SIP/2.0\r\n\r\n"), "no headers at all");
	is_str(b.method, "NOTIFY", "a method of any name");
	snprintf(text, sizeof(text), "X%0200d sip:a SIP/2.0\r\nCall-ID: %0300d\r\n"
		 "\r\n", 0, 0);
	ok(brief(&b, text), "long ones");
	ok(strlen(b.method) == 31 && strlen(b.call_id) == 127, "are cut");
	ok(brief(&b, "NOTIFY sip:a SIP/2.0\r\nExpires: -5\r\n\r\n") &&
	   b.expires == -1, "no number of seconds");
	ok(brief(&b, "NOTIFY sip:a SIP/2.0\r\nExpires: 4294967295\r\n\r\n")
	   && b.expires == 4294967295, "many");
	ok(!brief(&b, "HTTP/1.1 200 OK\r\n\r\n"), "no SIP");
	ok(!brief(&b, "REGISTER sip:a SIP/2.0\r\nCall"), "no end");
	ok(!brief(&b, "") && !*b.method, "nothing");
}

static void blanked(const char *in, const char *want, const char *name)
{
	size_t len = strlen(in);
	char *copy = malloc(len + 1);

	memcpy(copy, in, len + 1);
	sip_blank(copy, len);
	is_str(copy, want, "%s", name);
	free(copy);
}

static void test_blank(void)
{
	blanked("A b SIP/2.0\r\nAuthorization: Digest x=\"1\"\r\nTo: a\r\n\r\n",
		"A b SIP/2.0\r\nAuthorization: ****** *****\r\nTo: a\r\n\r\n",
		"Authorization");
	blanked("A\r\nPROXY-authorization \t:Digest\r\n  r=1,\r\n\tq=2\r\nb: c",
		"A\r\nPROXY-authorization \t:******\r\n  ****\r\n\t***\r\nb: c",
		"Proxy-Authorization, folded");
	blanked("A\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
		"A\r\nAuthorization: *\r\nAuthorization: *\r\n\r\n",
		"two of them");
	blanked("A\r\nAuthorization: a\r\nProxy-Authorization: b\r\n\r\n",
		"A\r\nAuthorization: *\r\nProxy-Authorization: *\r\n\r\n",
		"one of each");
	blanked("A\nAuthorization:a\nTo: b", "A\nAuthorization:*\nTo: b",
		"line ends of LF");
	blanked("A\rAuthorization: a\rTo: b", "A\rAuthorization: *\r*** *",
		"of CR: rather too much");
	blanked("SIP/2.0 200 OK\r\n\r\nREGISTER x SIP/2.0\r\nAuthorization: r",
		"SIP/2.0 200 OK\r\n\r\nREGISTER x SIP/2.0\r\nAuthorization: *",
		"in a body");
	blanked("Authorization: x", "Authorization: *", "at the beginning");
	blanked("Authorization", "Authorization", "a name alone");
	blanked("A\r\nAuthorization:", "A\r\nAuthorization:", "no value");
	blanked("A\r\nAuthorization-Info: a\r\nX-Authorization: b\r\n"
		"WWW-Authenticate: c\r\nTo: <sip:Authorization:x>\r\n",
		"A\r\nAuthorization-Info: a\r\nX-Authorization: b\r\n"
		"WWW-Authenticate: c\r\nTo: <sip:Authorization:x>\r\n",
		"nothing else");
	blanked("", "", "nothing");
}

int main(void)
{
	test_read();
	test_blank();
	return tap_done();
}
