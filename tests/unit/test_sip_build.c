// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* codec/sip_build: what is built says what was asked, also to the parser. */
#include <errno.h>
#include <stdlib.h>

#include "codec/sip_build.h"
#include "codec/sip_parse.h"
#include "tap.h"

static const struct sip_request invite = {
	.method = SIP_INVITE,
	.request_uri = "sip:bob@example.com",
	.transport = TRANSPORT_UDP,
	.sent_by = "192.0.2.1:5060",
	.branch = "z9hG4bKone",
	.from_display = "A \"quoted\\ name",
	.from_uri = "sip:alice@example.com",
	.from_tag = "ft",
	.to_uri = "sip:bob@example.com",
	.call_id = "c1@192.0.2.1",
	.cseq = 41,
	.contact = "sip:alice@192.0.2.1:5060",
	.contact_params = ";+sip.instance=\"<urn:uuid:1>\"",
	.expires = -1,
	.content_type = "application/sdp",
	.body = "v=0\r\n",
	.body_len = 5,
};

/* Builds into a buffer of the exact size, so that ASan sees a byte too many. */
static char *build(const struct sip_request *r, int *len)
{
	char room[8192], *text;

	*len = sip_build_request(room, sizeof(room), r);
	if (*len < 0)
		return NULL;
	text = malloc((size_t)*len + 1);
	is_int(sip_build_request(text, (size_t)*len, r), *len,
	       "fits its own length");
	text[*len] = '\0';
	return text;
}

static bool has(const char *text, const char *part)
{
	bool found = strstr(text, part) != NULL;

	if (!found)
		printf("# not in:\n# %s\n", text);
	return found;
}

/* RFC 6223 4.3: offered without a value. */
static void test_keep(void)
{
	struct sip_request r = invite;
	struct sipmsg m;
	char *text;
	int len;

	r.keep = true;
	text = build(&r, &len);
	ok(has(text, ";branch=z9hG4bKone;keep\r\n"), "keep is offered (R-48)");
	is_int(sip_parse(text, (size_t)len, &m), SIP_OK, "it parses");
	is_int(m.keep, -1, "without a value");
	free(text);
}

static void test_round_trip(void)
{
	static const char route[2][SIPMSG_URI_MAX] = {
		"<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>" };
	struct sip_request r = invite;
	struct sipmsg m;
	char *text;
	int len;

	r.route = route;
	r.n_routes = 2;
	text = build(&r, &len);
	is_int(sip_parse(text, (size_t)len, &m), SIP_OK, "the INVITE parses");
	is_int(m.method, SIP_INVITE, "method");
	is_str(m.request_uri, r.request_uri, "Request-URI");
	is_str(m.branch, r.branch, "branch");
	is_str(m.sent_by, r.sent_by, "sent-by");
	is_str(m.from_uri, r.from_uri, "From");
	is_str(m.from_tag, r.from_tag, "From tag");
	is_str(m.to_uri, r.to_uri, "To");
	is_str(m.to_tag, "", "no To tag");
	is_str(m.call_id, r.call_id, "Call-ID");
	is_int(m.cseq, r.cseq, "CSeq");
	is_str(m.contact[0].uri, r.contact, "Contact");
	is_int(m.expires, -1, "no Expires");
	is_str(m.content_type, r.content_type, "Content-Type");
	ok(m.body_len == 5 && memcmp(text + m.body_off, "v=0\r\n", 5) == 0,
	   "body");
	is_int(sip_frame(text, (size_t)len), len, "has its Content-Length");
	ok(has(text, "INVITE sip:bob@example.com SIP/2.0\r\n"
		     "Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKone\r\n"),
	   "Via with rport directly behind the request line (R-54)");
	ok(has(text, "\r\nMax-Forwards: 70\r\n"), "Max-Forwards");
	ok(has(text, "\r\nUser-Agent: sipover/"), "User-Agent");
	ok(has(text, "\r\n" SIP_ALLOW "\r\n"), "Allow");
	ok(has(text, "\r\nRoute: <sip:p1.example.com;lr>\r\n"
		     "Route: <sip:p2.example.com;lr>\r\n"), "Route in order");
	ok(has(text, "From: \"A \\\"quoted\\\\ name\" <sip:alice@example.com>"),
	   "display name with its escapes");
	ok(has(text, "Contact: <sip:alice@192.0.2.1:5060>;+sip.instance="
		     "\"<urn:uuid:1>\"\r\n"), "Contact parameters");
	free(text);
}

static void test_register(void)
{
	struct sip_request r = {
		.method = SIP_REGISTER,
		.request_uri = "sip:[2001:db8::9]",
		.transport = TRANSPORT_TCP,
		.sent_by = "[2001:db8::1]:5060",
		.branch = "z9hG4bKr",
		.from_uri = "sip:1001@[2001:db8::9]",
		.from_tag = "f",
		.to_uri = "sip:1001@[2001:db8::9]",
		.call_id = "r1",
		.cseq = 1,
		.contact = "*",
		.expires = 0,
		.authorization = "Authorization: Digest username=\"1001\"\r\n",
	};
	struct sipmsg m;
	char *text;
	int len;

	text = build(&r, &len);
	is_int(sip_parse(text, (size_t)len, &m), SIP_OK, "the REGISTER parses");
	is_str(m.sent_by, r.sent_by, "sent-by");
	is_str(m.contact[0].uri, "*", "Contact: *");
	is_int(m.expires, 0, "Expires: 0");
	ok(has(text, "Via: SIP/2.0/TCP "), "TCP");
	ok(has(text, "\r\nAuthorization: Digest username=\"1001\"\r\n"),
	   "Authorization");
	ok(has(text, "\r\nContent-Length: 0\r\n\r\n"), "Content-Length: 0");
	ok(!strstr(text, "Content-Type"), "no Content-Type");
	free(text);
}

static void test_sizes(void)
{
	char room[4096];
	int len = sip_build_request(room, sizeof(room), &invite), i, wrong = 0;

	for (i = 0; i < len; i++) {
		char *text = malloc((size_t)i + 1);

		if (sip_build_request(text, (size_t)i, &invite) != -EMSGSIZE)
			wrong++;
		free(text);
	}
	is_int(wrong, 0, "%d sizes that are too small", len);
}

/* Each borrowed string in turn: a line end in it must not get through. */
static void test_injection(void)
{
	static const char *const bad[] = { "x\r\nEvil: 1", "x\ny", "x\ry",
					   "x\x01" };
	static const size_t strings[] = {
		offsetof(struct sip_request, request_uri),
		offsetof(struct sip_request, sent_by),
		offsetof(struct sip_request, branch),
		offsetof(struct sip_request, from_display),
		offsetof(struct sip_request, from_uri),
		offsetof(struct sip_request, from_tag),
		offsetof(struct sip_request, to_uri),
		offsetof(struct sip_request, to_tag),
		offsetof(struct sip_request, call_id),
		offsetof(struct sip_request, contact),
		offsetof(struct sip_request, contact_params),
		offsetof(struct sip_request, content_type),
		offsetof(struct sip_request, supported),
	};
	static const size_t words[] = { 0, 1, 2, 4, 5, 6, 7, 9 };
	static const char *const not_words[] = { "a b", "a>b", "<a", "a\"b" };
	unsigned int i, k, wrong = 0;
	char room[4096];

	for (i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		for (k = 0; k < 4; k++) {
			struct sip_request r = invite;

			*(const char **)((char *)&r + strings[i]) = bad[k];
			if (sip_build_request(room, sizeof(room), &r) != -EINVAL) {
				printf("# string %u, case %u\n", i, k);
				wrong++;
			}
		}
	}
	is_int(wrong, 0, "line ends and control bytes in %u strings", i);
	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		for (k = 0; k < 4; k++) {
			struct sip_request r = invite;

			*(const char **)((char *)&r + strings[words[i]]) =
				not_words[k];
			if (sip_build_request(room, sizeof(room), &r) != -EINVAL) {
				printf("# word %u, case %u\n", i, k);
				wrong++;
			}
		}
	}
	is_int(wrong, 0, "spaces, <> and quotes in %u words", i);
}

/* In a call that came in it is the caller's, any word (RFC 3261 25.1). */
static void test_call_id(void)
{
	static const char odd[] = "w%ZK-!.*_+'@w`~)(><:\\/\"][?}{";
	struct sip_request r = invite;
	struct sipmsg m;
	char room[4096];
	int len;

	r.call_id = odd;
	len = sip_build_request(room, sizeof(room), &r);
	ok(len > 0, "a Call-ID with < > \"");
	ok(len > 0 && sip_parse(room, (size_t)len, &m) == SIP_OK &&
	   strcmp(m.call_id, odd) == 0, "is read back");
	r.call_id = "a b";
	is_int(sip_build_request(room, sizeof(room), &r), -EINVAL,
	       "not so with a space");
}

static void refused(struct sip_request r, const char *what)
{
	char room[4096];

	is_int(sip_build_request(room, sizeof(room), &r), -EINVAL, "%s", what);
}

static void test_refused(void)
{
	static const char route[1][SIPMSG_URI_MAX] = { "sip:p" };
	struct sip_request r;

	r = invite, r.method = SIP_OTHER, refused(r, "no method of ours");
	r = invite, r.request_uri = NULL, refused(r, "no Request-URI");
	r = invite, r.branch = "", refused(r, "no branch");
	r = invite, r.sent_by = NULL, refused(r, "no sent-by");
	r = invite, r.from_uri = NULL, refused(r, "no From");
	r = invite, r.to_uri = "", refused(r, "no To");
	r = invite, r.call_id = NULL, refused(r, "no Call-ID");
	r = invite, r.content_type = NULL, refused(r, "a body without a type");
	r = invite, r.route = route, r.n_routes = 1, refused(r, "Route without <>");
	r = invite, r.authorization = "Authorization: x";
	refused(r, "authorization without CRLF");
	r.authorization = "A: x\r\n\r\n";
	refused(r, "authorization with an empty line");
	r.authorization = "\r\n";
	refused(r, "authorization of an empty line");
}

static const char rejected[] =
	"SIP/2.0 486 Busy\r\n"
	"Via: SIP/2.0/UDP 192.0.2.1:5060;rport=5060;received=192.0.2.1;branch=z9hG4bKone\r\n"
	"From: <sip:alice@example.com>;tag=ft\r\n"
	"To: \"Bob\" <sip:bob@example.com>;tag=tt\r\n"
	"Call-ID: c1@192.0.2.1\r\nCSeq: 41 INVITE\r\nContent-Length: 0\r\n\r\n";

static void test_ack_cancel(void)
{
	static const char route[1][SIPMSG_URI_MAX] = { "<sip:p1;lr>" };
	struct sip_request r = invite;
	struct sipmsg response, m;
	char text[4096], *sent;
	int len, n;

	r.route = route;
	r.n_routes = 1;
	sent = build(&r, &len);
	is_int(sip_parse(rejected, sizeof(rejected) - 1, &response), SIP_OK,
	       "the 486 parses");

	is_int(sip_build_ack(text, sizeof(text), sent, (size_t)len, NULL),
	       -EINVAL, "no ACK without a response");
	memset(&m, 0, sizeof(m));
	is_int(sip_build_ack(text, sizeof(text), sent, (size_t)len, &m),
	       -EINVAL, "nor to one without To");
	n = sip_build_ack(text, sizeof(text), sent, (size_t)len, &response);
	text[n > 0 ? n : 0] = '\0';
	is_int(sip_parse(text, (size_t)n, &m), SIP_OK, "the ACK parses");
	is_int(m.method, SIP_ACK, "it is an ACK (17.1.1.3)");
	is_int(m.cseq, 41, "with the INVITE's number");
	is_str(m.request_uri, r.request_uri, "its Request-URI");
	is_str(m.branch, r.branch, "its branch");
	is_str(m.from_tag, "ft", "its From");
	is_str(m.to_tag, "tt", "the response's To");
	is_str(m.call_id, r.call_id, "its Call-ID");
	ok(has(text, "Route: <sip:p1;lr>\r\n"), "its Route");
	ok(has(text, "Content-Length: 0\r\n\r\n") && n == (int)strlen(text),
	   "and no body");
	ok(!strstr(text, "Contact"), "nor Contact");

	n = sip_build_cancel(text, sizeof(text), sent, (size_t)len);
	text[n > 0 ? n : 0] = '\0';
	is_int(sip_parse(text, (size_t)n, &m), SIP_OK, "the CANCEL parses");
	is_int(m.method, SIP_CANCEL, "it is a CANCEL (9.1)");
	is_int(m.cseq, 41, "with the INVITE's number");
	is_str(m.branch, r.branch, "its branch");
	is_str(m.to_tag, "", "its To without a tag");
	is_str(m.from_uri, r.from_uri, "its From");
	ok(has(text, "Route: <sip:p1;lr>\r\n"), "its Route");
	ok(has(text, "\"A \\\"quoted\\\\ name\" <"), "with the display name");

	is_int(sip_build_ack(text, 20, sent, (size_t)len, &response), -EMSGSIZE,
	       "an ACK without room");
	is_int(sip_build_cancel(text, sizeof(text), rejected,
				sizeof(rejected) - 1), -EINVAL,
	       "a CANCEL of a response");
	is_int(sip_build_cancel(text, sizeof(text), sent, 30), -EINVAL,
	       "a CANCEL of half a message");
	free(sent);
}

/* A response is the request's by all of Call-ID, From tag, CSeq. */
static void test_fits(void)
{
	struct sip_request r = invite;
	struct sipmsg good = { .response = true, .cseq = 41 }, m;
	char *text;
	int len;

	r.to_tag = "tt";
	text = build(&r, &len);
	strcpy(good.call_id, "c1@192.0.2.1");
	strcpy(good.from_tag, "ft");
	ok(sip_response_fits(&good, text, (size_t)len), "it fits");
	ok(!sip_response_fits(&good, text, 40), "half a request fits nothing");
	m = good;
	m.cseq = 4;
	ok(!sip_response_fits(&m, text, (size_t)len), "a shorter CSeq");
	m.cseq = 411;
	ok(!sip_response_fits(&m, text, (size_t)len), "a longer CSeq");
	m = good;
	strcpy(m.call_id, "c1");
	ok(!sip_response_fits(&m, text, (size_t)len), "a shorter Call-ID");
	strcpy(m.call_id, "C1@192.0.2.1");
	ok(!sip_response_fits(&m, text, (size_t)len), "one in capitals");
	m = good;
	strcpy(m.from_tag, "t");
	ok(!sip_response_fits(&m, text, (size_t)len), "the end of the tag");
	strcpy(m.from_tag, "tt");
	ok(!sip_response_fits(&m, text, (size_t)len), "the To tag");
	m.from_tag[0] = '\0';
	ok(!sip_response_fits(&m, text, (size_t)len), "no tag");
	memset(m.from_tag, 'x', sizeof(m.from_tag) - 1);
	ok(!sip_response_fits(&m, text, (size_t)len),
	   "one that is longer than the line");
	free(text);
}

static void rebranch(enum transport t, const char *sent_by, const char *branch)
{
	char room[4096], was[4096];
	struct sipmsg before, m;
	int len, n;

	len = sip_build_request(room, sizeof(room), &invite);
	memcpy(was, room, (size_t)len);
	sip_parse(was, (size_t)len, &before);
	n = sip_rebranch(room, (size_t)len, sizeof(room), t, sent_by, branch);
	is_int(n, len + (int)strlen(sent_by) - (int)strlen(invite.sent_by) +
	       (int)strlen(branch) - (int)strlen(invite.branch),
	       "length after branch %s", branch);
	is_int(sip_parse(room, (size_t)n, &m), SIP_OK, "it parses");
	is_str(m.branch, branch, "has its branch");
	is_str(m.sent_by, sent_by, "has its sent-by");
	/* all but the Via is the same request. */
	ok(memcmp(strstr(room, "Max-Forwards"), strstr(was, "Max-Forwards"),
		  (size_t)(was + len - strstr(was, "Max-Forwards"))) == 0 &&
	   strncmp(room, was, 36) == 0, "and nothing else changed");
	ok(strncmp(strstr(room, "SIP/2.0/") + 8, transport_via(t), 3) == 0,
	   "and its transport");
}

static void test_rebranch(void)
{
	char room[4096];
	int len, n;

	rebranch(TRANSPORT_UDP, "192.0.2.1:5060", "z9hG4bKtwo");
	rebranch(TRANSPORT_TCP, "192.0.2.1:5060", "z9hG4bK");
	rebranch(TRANSPORT_UDP, "[2001:db8::1]:15060", "z9hG4bKa-longer-branch");
	rebranch(TRANSPORT_UDP, "h", "z9hG4bKx");

	len = sip_build_request(room, sizeof(room), &invite);
	n = sip_rebranch(room, (size_t)len, (size_t)len, TRANSPORT_UDP,
			 invite.sent_by, "z9hG4bKonetwo");
	is_int(n, -EMSGSIZE, "no room for a longer one");
	is_int(sip_rebranch(room, (size_t)len, sizeof(room), TRANSPORT_UDP,
			    "h\r\nX: y", "b"), -EINVAL, "a line end in sent-by");
	is_int(sip_rebranch(room, 10, sizeof(room), TRANSPORT_UDP, "h", "b"),
	       -EINVAL, "no message");
}

#define REQUEST(vias, to)						\
	"INVITE sip:alice@192.0.2.1 SIP/2.0\r\n" vias			\
	"f: <sip:bob@example.com>;tag=b\r\n"				\
	"t: " to "\r\ni: c9\r\nCSeq: 5 INVITE\r\n"			\
	"Record-Route: <sip:p1;lr>,\r\n <sip:p2;lr>\r\n"		\
	"Content-Length: 0\r\n\r\n"

/* The response's first lines for a request with these Vias from source. */
static void via_case(const char *request, const char *from, uint16_t port,
		     const char *want, const char *what)
{
	char text[4096];
	struct addr source;
	struct sipmsg m;
	int n;

	if (addr_parse(&source, from, port, TRANSPORT_UDP) < 0)
		abort();
	is_int(sip_parse(request, strlen(request), &m), SIP_OK, "%s: parses",
	       what);
	n = sip_build_response(text, sizeof(text), request, strlen(request),
			       180, &source, "mine", NULL, NULL, NULL, NULL, 0);
	text[n > 0 ? n : 0] = '\0';
	ok(n > 0 && has(text, want), "%s", what);
}

static void test_response_via(void)
{
	via_case(REQUEST("Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\n",
			 "<sip:a@b>"), "192.0.2.9", 5060,
		 "SIP/2.0 180 Ringing\r\n"
		 "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\nRecord",
		 "the sender is who it says");
	via_case(REQUEST("Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1\r\n",
			 "<sip:a@b>"), "192.0.2.9", 5060,
		 ";branch=z9hG4bK1;received=192.0.2.9\r\nRecord",
		 "another address: received (18.2.1)");
	via_case(REQUEST("Via: SIP/2.0/UDP ua.example.com;branch=z9hG4bK1\r\n",
			 "<sip:a@b>"), "192.0.2.9", 5060,
		 ";branch=z9hG4bK1;received=192.0.2.9\r\nRecord",
		 "a name: received");
	via_case(REQUEST("Via: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bK1\r\n",
			 "<sip:a@b>"), "192.0.2.9", 40000,
		 "192.0.2.9:5060;branch=z9hG4bK1;received=192.0.2.9;rport=40000\r\nRecord",
		 "rport asked for (RFC 3581 4)");
	via_case(REQUEST("Via: SIP/2.0/UDP h;rport=1;received=203.0.113.66 ;branch=z9hG4bK1\r\n",
			 "<sip:a@b>"), "192.0.2.9", 7,
		 "Via: SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.9;rport=7\r\nRecord",
		 "forged received and rport are replaced");
	via_case(REQUEST("Via: SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bK1\r\n",
			 "<sip:a@b>"), "2001:db8::9", 5060,
		 "[2001:db8::9]:5060;branch=z9hG4bK1\r\nRecord",
		 "IPv6 sender is who it says");
	via_case(REQUEST("Via: SIP/2.0/UDP [2001:db8::9];branch=z9hG4bK1;rport\r\n",
			 "<sip:a@b>"), "2001:db8::8", 5060,
		 "[2001:db8::9];branch=z9hG4bK1;received=2001:db8::8;rport=5060\r\nRecord",
		 "another IPv6 address");
	via_case(REQUEST("v: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n ;x=y,"
			 " SIP/2.0/TCP two;rport , SIP/2.0/UDP three\r\n"
			 "Via: SIP/2.0/UDP four;received=1.1.1.1\r\n", "<sip:a@b>"),
		 "192.0.2.9", 5060,
		 "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1   ;x=y\r\n"
		 "Via: SIP/2.0/TCP two;rport , SIP/2.0/UDP three\r\n"
		 "Via: SIP/2.0/UDP four;received=1.1.1.1\r\nRecord",
		 "all Vias in order, only the top one changed");
}

static void test_response(void)
{
	static const char request[] =
		REQUEST("Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\n",
			"\"Al; tag=x\" <sip:alice@b;tag=y>");
	static const char in_dialog[] =
		REQUEST("Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1\r\n",
			"<sip:alice@b>;tag=had");
	const size_t len = sizeof(request) - 1;
	char text[4096], room[8];
	struct sipmsg m;
	int n;

	n = sip_build_response(text, sizeof(text), request, len, 200, NULL,
			       "mine", "sip:alice@192.0.2.1", "X-A: 1\r\n",
			       "application/sdp", "v=0\r\n", 5);
	text[n > 0 ? n : 0] = '\0';
	is_int(sip_parse(text, (size_t)n, &m), SIP_OK, "the 200 parses");
	is_int(m.status, 200, "status");
	is_str(m.to_tag, "mine", "our To tag");
	is_str(m.from_tag, "b", "From as it was");
	is_str(m.call_id, "c9", "Call-ID as it was");
	ok(m.cseq == 5 && m.method == SIP_INVITE, "CSeq as it was");
	is_int(m.n_routes, 2, "Record-Route is copied (12.1.1)");
	is_str(m.record_route[1], "<sip:p2;lr>", "in order");
	is_str(m.contact[0].uri, "sip:alice@192.0.2.1", "Contact");
	is_int(m.body_len, 5, "body");
	ok(has(text, "\r\nX-A: 1\r\n"), "extra line");
	ok(has(text, "\r\n" SIP_ALLOW "\r\n"), "Allow in a 200 to INVITE");

	n = sip_build_response(text, sizeof(text), request, len, 100, NULL,
			       "mine", NULL, NULL, NULL, NULL, 0);
	sip_parse(text, (size_t)n, &m);
	is_str(m.to_tag, "", "no To tag in a 100");
	is_int(m.n_routes, 0, "nor Record-Route");
	n = sip_build_response(text, sizeof(text), in_dialog,
			       sizeof(in_dialog) - 1, 481, NULL, "mine",
			       NULL, NULL, NULL, NULL, 0);
	sip_parse(text, (size_t)n, &m);
	is_str(m.to_tag, "had", "a To tag that is there stays");
	n = sip_build_response(text, sizeof(text), request, len, 405, NULL,
			       "mine", NULL, NULL, NULL, NULL, 0);
	text[n > 0 ? n : 0] = '\0';
	ok(has(text, SIP_ALLOW), "Allow in a 405");

	is_int(sip_build_response(room, sizeof(room), request, len, 200,
				  NULL, "t", NULL, NULL, NULL, NULL, 0),
	       -EMSGSIZE, "no room");
	is_int(sip_build_response(text, sizeof(text), request, len, 200,
				  NULL, "t\r\nX: y", NULL, NULL, NULL, NULL, 0),
	       -EINVAL, "a line end in the tag");
	is_int(sip_build_response(text, sizeof(text), request, len, 200,
				  NULL, "t", NULL, "X: y", NULL, NULL, 0),
	       -EINVAL, "extra without CRLF");
	is_int(sip_build_response(text, sizeof(text), request, len, 99,
				  NULL, "t", NULL, NULL, NULL, NULL, 0),
	       -EINVAL, "no status");
	is_int(sip_build_response(text, sizeof(text), request, len, 200,
				  NULL, "t", NULL, NULL, NULL, "x", 1),
	       -EINVAL, "a body without a type");
	is_int(sip_build_response(text, sizeof(text), rejected,
				  sizeof(rejected) - 1, 200, NULL, "t",
				  NULL, NULL, NULL, NULL, 0),
	       -EINVAL, "a response to a response");
}

/* A request that the parser refuses can have its 400. */
static void test_response_bad(void)
{
	static const char bad[] =
		"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
		"From: <sip:bob@example.com>;tag=b\r\nTo: nothing\r\n"
		"Call-ID: c\r\nCSeq: x INVITE\r\n\r\n";
	char text[2048];
	struct sipmsg m;
	int n;

	is_int(sip_parse(bad, sizeof(bad) - 1, &m), SIP_BAD_VALUE, "bad CSeq");
	n = sip_build_response(text, sizeof(text), bad, sizeof(bad) - 1, 400,
			       NULL, "t", NULL, NULL, NULL, NULL, 0);
	text[n > 0 ? n : 0] = '\0';
	ok(n > 0 && has(text, "SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP h;"),
	   "is answered 400");
	n = sip_build_response(text, sizeof(text), bad, sizeof(bad) - 60,
			       400, NULL, "t", NULL, NULL, NULL, NULL, 0);
	is_int(n, -EINVAL, "not so one without its end");
}

static void test_reasons(void)
{
	unsigned int i, empty = 0;

	for (i = 0; i < 1000; i++)
		if (!*sip_reason((uint16_t)i))
			empty++;
	is_int(empty, 0, "every status has a reason");
	is_str(sip_reason(503), "Service Unavailable", "503");
	is_str(sip_reason(482), "Loop Detected", "482");
	is_str(sip_reason(499), "Request Failure", "an unknown 4xx");
	is_str(sip_reason(700), "Unknown", "no status");
}

static void test_sdp(void)
{
	char text[512];
	struct addr a;
	int n;

	addr_parse(&a, "192.0.2.1", 5060, TRANSPORT_UDP);
	n = sip_default_sdp(text, sizeof(text), &a, 40000, 12345678901234u);
	text[n > 0 ? n : 0] = '\0';
	is_str(text, "v=0\r\no=- 12345678901234 12345678901234 IN IP4 192.0.2.1\r\n"
	       "s=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8\r\n"
	       "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n",
	       "IPv4 offer");
	addr_parse(&a, "2001:db8::1", 5060, TRANSPORT_UDP);
	n = sip_default_sdp(text, sizeof(text), &a, 40000, 1);
	text[n > 0 ? n : 0] = '\0';
	ok(has(text, "\r\nc=IN IP6 2001:db8::1\r\n"), "IPv6 offer");
	is_int(sip_default_sdp(text, 20, &a, 40000, 1), -EMSGSIZE, "no room");
	memset(&a, 0, sizeof(a));
	is_int(sip_default_sdp(text, sizeof(text), &a, 40000, 1), -EINVAL,
	       "no address");
}

int main(void)
{
	is_int(sip_parse_init(), 0, "init");
	test_round_trip();
	test_keep();
	test_register();
	test_sizes();
	test_injection();
	test_call_id();
	test_refused();
	test_ack_cancel();
	test_fits();
	test_rebranch();
	test_response_via();
	test_response();
	test_response_bad();
	test_reasons();
	test_sdp();
	return tap_done();
}
