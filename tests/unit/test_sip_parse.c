// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* codec/sip_parse: good messages; malformed ones are in test_sip_bad.c. */
#include <errno.h>
#include <stdlib.h>

#include "codec/sip_parse.h"
#include "codec/sip_prescan.h"
#include "tap.h"

/* The bytes on the heap at their exact size, so that ASan sees a read behind
 * them. */
static enum sip_parse_result parse(const char *text, size_t len,
				   struct sipmsg *m)
{
	enum sip_parse_result r;
	char *copy = malloc(len ? len : 1);

	memcpy(copy, text, len);
	r = sip_parse(copy, len, m);
	free(copy);
	return r;
}

static void is_result(enum sip_parse_result got, enum sip_parse_result want,
		      const char *what)
{
	if (!ok(got == want, "%s: %s", what, sip_parse_result_name(want)))
		printf("# got %s\n", sip_parse_result_name(got));
}

#define TAIL(method)							\
	"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx1;rport\r\n"	\
	"Max-Forwards: 70\r\n"						\
	"From: \"A; <b>\" <sip:alice@example.com>;tag=f1\r\n"		\
	"To: <sip:bob@example.com>\r\n"					\
	"Call-ID: c1@192.0.2.1\r\n"					\
	"CSeq: 7 " method "\r\n"					\
	"Content-Length: 0\r\n\r\n"

static void test_methods(void)
{
	static const char *const names[] = { "REGISTER", "INVITE", "ACK",
		"CANCEL", "BYE", "OPTIONS", "NOTIFY", "SUBSCRIBE", "INFO",
		"invite" };
	static const enum sip_method methods[] = { SIP_REGISTER, SIP_INVITE,
		SIP_ACK, SIP_CANCEL, SIP_BYE, SIP_OPTIONS, SIP_NOTIFY,
		SIP_SUBSCRIBE, SIP_INFO, SIP_OTHER };
	struct sipmsg m;
	char text[1024];
	unsigned int i;

	for (i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		int len = snprintf(text, sizeof(text),
				   "%s sip:bob@example.com SIP/2.0\r\n"
				   TAIL("%s"), names[i], names[i]);

		is_result(parse(text, (size_t)len, &m), SIP_OK, names[i]);
		is_int(m.method, methods[i], "%s is its method", names[i]);
		is_str(m.method_name, names[i], "%s is its name", names[i]);
	}
	for (i = 0; i < SIP_OTHER; i++)
		is_int(sip_method_of(sip_method_name((enum sip_method)i)), i,
		       "method %u to name and back", i);
}

static void test_request(void)
{
	static const char text[] =
		"\r\n\r\nINVITE sip:bob@example.com;x=%41 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport,"
		" SIP/2.0/TCP h;branch=z9hG4bK2\r\n"
		"From: \"A; <b>, \\\"c\" <sip:alice@example.com;p=q>;tag=f1\r\n"
		"To: sip:bob@example.com;tag=t1\r\n"
		"Call-ID: a84b4c76e66710\r\n"
		"CSeq: 2147483646 INVITE\r\n"
		"Contact: <sip:alice@192.0.2.1:5062;transport=udp>;expires=60\r\n"
		"Record-Route: <sip:p2.example.com;lr>, <sip:p1.example.com;lr;x=1>;y\r\n"
		"Record-Route: \"P0\" <sip:p0.example.com;lr>\r\n"
		"Expires: 120\r\n"
		"Accept: ;;this is, nobody's \" business\r\n"
		"Content-Type: application/sdp\r\n"
		"Content-Length: 5\r\n\r\nv=0\r\nnot of it";
	struct sipmsg m;

	is_result(parse(text, sizeof(text) - 1, &m), SIP_OK, "INVITE");
	ok(!m.response && m.method == SIP_INVITE, "is an INVITE");
	is_str(m.request_uri, "sip:bob@example.com;x=%41", "Request-URI as received");
	is_str(m.branch, "z9hG4bK1", "branch of the top Via");
	is_str(m.sent_by, "192.0.2.1:5062", "sent-by");
	is_str(m.received, "", "no received");
	is_int(m.rport, 0, "an empty rport is none");
	is_int(m.keep, -1, "no keep");
	is_int(m.flow_timer, -1, "no Flow-Timer");
	is_str(m.from_uri, "sip:alice@example.com;p=q", "From URI");
	is_str(m.from_tag, "f1", "From tag");
	is_str(m.to_uri, "sip:bob@example.com", "To URI without <>");
	is_str(m.to_tag, "t1", "To tag");
	is_str(m.call_id, "a84b4c76e66710", "Call-ID");
	is_int(m.cseq, 2147483646, "CSeq");
	is_int(m.n_contacts, 1, "one contact");
	is_str(m.contact[0].uri, "sip:alice@192.0.2.1:5062;transport=udp",
	       "its URI");
	is_int(m.contact[0].expires, 60, "its expires");
	is_int(m.n_routes, 3, "three Record-Routes");
	is_str(m.record_route[0], "<sip:p2.example.com;lr>", "the first");
	is_str(m.record_route[1], "<sip:p1.example.com;lr;x=1>", "the second");
	is_str(m.record_route[2], "<sip:p0.example.com;lr>", "the third");
	is_int(m.expires, 120, "Expires");
	is_int(m.min_expires, -1, "no Min-Expires");
	is_int(m.retry_after, -1, "no Retry-After");
	is_str(m.content_type, "application/sdp", "Content-Type");
	is_int(m.body_len, 5, "body by Content-Length");
	ok(memcmp(text + m.body_off, "v=0\r\n", 5) == 0, "body is found");
}

static void test_compact_folded(void)
{
	static const char text[] =
		"INVITE sip:bob@[2001:db8::2] SIP/2.0\n"
		"v : SIP / 2.0 / UDP\n [2001:db8::1]:5060 ;\r\n\tbranch=z9hG4bKf\r\n"
		"f: sip:alice@example.com ;tag=88\r\n"
		"t:\r\n <sip:bob@[2001:db8::2]>\r\n"
		"i: c-1\n"
		"m: <sip:a@h>\r\n"
		"cseq:\t3\r\n  INVITE\r\n"
		"c: text/plain;\r\n charset=utf-8\r\n"
		"l: 2\n\nhi";
	struct sipmsg m;

	is_result(parse(text, sizeof(text) - 1, &m), SIP_OK,
		  "compact, folded, bare LF");
	is_str(m.sent_by, "[2001:db8::1]:5060", "sent-by is IPv6");
	is_str(m.branch, "z9hG4bKf", "branch behind a fold");
	is_str(m.from_tag, "88", "f:");
	is_str(m.to_uri, "sip:bob@[2001:db8::2]", "t:");
	is_str(m.call_id, "c-1", "i:");
	is_int(m.cseq, 3, "CSeq in two lines");
	is_str(m.contact[0].uri, "sip:a@h", "m:");
	is_str(m.content_type, "text/plain;   charset=utf-8", "c:");
	is_int(m.body_len, 2, "l:");
}

/* "*" is a REGISTER's; in a dialog it would be the Request-URI. */
static void test_contact_star(void)
{
	static const char text[] =
		"%s sip:bob@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
		"From: <sip:alice@h>;tag=1\r\nTo: <sip:bob@h>\r\nCall-ID: 1\r\n"
		"CSeq: 1 %s\r\nContact: *\r\nExpires: 0\r\n\r\n";
	char message[1024];
	struct sipmsg m;
	int n;

	n = sprintf(message, text, "REGISTER", "REGISTER");
	is_result(parse(message, (size_t)n, &m), SIP_OK, "REGISTER with *");
	is_str(m.contact[0].uri, "*", "is a contact");
	n = sprintf(message, text, "INVITE", "INVITE");
	is_result(parse(message, (size_t)n, &m), SIP_OK, "INVITE with *");
	is_int(m.n_contacts, 0, "has no contact");
}

static void test_response(void)
{
	static const char text[] =
		"SIP/2.0 503 Service\tUnavailable\r\n"
		"Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK9;received=198.51.100.7;rport=4444;keep=30\r\n"
		"From: <sip:alice@example.com>;tag=f\r\n"
		"To: <sip:alice@example.com>;tag=t\r\n"
		"Call-ID: x\r\nCSeq: 4 REGISTER\r\n"
		"Contact: <sip:alice@192.0.2.1>;expires=\"30\", <sip:a,b@192.0.2.2>;q=1\r\n"
		"Contact: <sip:host>;Expires=99999999999\r\n"
		"Min-Expires: 90\r\n"
		"Retry-After: 18 (in a minute);duration=3600\r\n\r\n";
	struct sipmsg m;

	is_result(parse(text, sizeof(text) - 1, &m), SIP_OK, "response");
	ok(m.response, "is a response");
	is_int(m.status, 503, "status");
	is_str(m.reason, "Service Unavailable", "reason");
	is_int(m.method, SIP_REGISTER, "method is that of CSeq");
	is_str(m.method_name, "REGISTER", "and its name");
	is_str(m.sent_by, "192.0.2.1", "sent-by without a port");
	is_str(m.received, "198.51.100.7", "received (R-54)");
	is_int(m.rport, 4444, "rport (R-54)");
	is_int(m.keep, 30, "keep (R-48)");
	is_int(m.retry_after, 18, "Retry-After before its comment (C-34)");
	is_int(m.min_expires, 90, "Min-Expires (R-10)");
	is_int(m.n_contacts, 3, "three contacts");
	is_int(m.contact[0].expires, 30, "expires in quotes");
	is_int(m.contact[1].expires, -1, "no expires");
	is_str(m.contact[1].uri, "sip:a,b@192.0.2.2", "a comma inside <>");
	is_int(m.contact[2].expires, INT32_MAX, "a huge expires saturates");
	is_int(m.body_len, 0, "no body");
}

/* What a REGISTER's 200 lists of other devices must not cost us the answer. */
/* Words of the network that do not fit: cut where only people read them,
 * refused where we would act on them. */
static void test_long_words(void)
{
	char text[1024], word[256];
	struct sipmsg m;
	int n;

	memset(word, 'R', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	n = snprintf(text, sizeof(text), "SIP/2.0 486 %s\r\n" TAIL("INVITE"), word);
	is_result(parse(text, (size_t)n, &m), SIP_OK, "a reason too long");
	ok(strlen(m.reason) == sizeof(m.reason) - 1 &&
	   strspn(m.reason, "R") == sizeof(m.reason) - 1, "is cut");
	word[sizeof(m.method_name)] = '\0';
	n = snprintf(text, sizeof(text), "%s sip:a SIP/2.0\r\n" TAIL("OPTIONS"),
		     word);
	is_result(parse(text, (size_t)n, &m), SIP_TOO_LONG, "a method too long");
}

/* What the frame is, without the parser. */
static void test_prescan(void)
{
	static const char text[] = "OPTIONS sip:a SIP/2.0\r\n" TAIL("OPTIONS");
	char longer[sizeof(text) + 3];
	struct sip_lines l;
	struct sip_start s;
	uint32_t body = 7;

	is_result(sip_prescan(text, sizeof(text) - 1, &l, &s, &body), SIP_OK,
		  "a frame");
	ok(l.head == sizeof(text) - 1 && body == 0, "its parts");
	memcpy(longer, text, sizeof(text));
	memcpy(longer + sizeof(text) - 1, "xyz", 4);
	body = 7;
	is_result(sip_prescan(longer, sizeof(longer) - 1, &l, &s, &body), SIP_OK,
		  "bytes behind it");
	ok(l.head == sizeof(text) - 1 && body == 0,
	   "are not its body (RFC 3261 18.3)");
	is_result(sip_prescan(text, sizeof(text) - 2, &l, &s, &body),
		  SIP_TRUNCATED, "one byte less");
}

static void test_many_contacts(void)
{
	char text[8192], uri[400];
	struct sipmsg m;
	int n, i;

	memset(uri, 'u', sizeof(uri));
	uri[sizeof(uri) - 1] = '\0';
	n = snprintf(text, sizeof(text),
		     "SIP/2.0 200 OK\r\nContact: <sip:%s@h>;expires=9\r\n", uri);
	for (i = 0; i < 12; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      "Contact: <sip:d%d@h>;expires=%d\r\n", i, i);
	snprintf(text + n, sizeof(text) - (size_t)n, TAIL("REGISTER"));
	is_result(parse(text, strlen(text), &m), SIP_OK, "13 bindings, one long");
	is_int(m.n_contacts, SIPMSG_CONTACTS_MAX, "as many as fit");
	is_str(m.contact[0].uri, "sip:d0@h", "the long one is left out");
	snprintf(text + n, sizeof(text) - (size_t)n, TAIL("INVITE"));
	is_result(parse(text, strlen(text), &m), SIP_TOO_LONG,
		  "a long remote target of a call");
}

static void test_many_vias(void)
{
	char text[16384];
	struct sipmsg m;
	int n, i, vias;

	for (vias = SIP_VIAS_MAX; vias <= SIP_VIAS_MAX + 1; vias++) {
		n = snprintf(text, sizeof(text),
			     "BYE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP top;branch=z9hG4bKt");
		for (i = 1; i < vias - 1; i++)
			n += snprintf(text + n, sizeof(text) - (size_t)n,
				      "%sSIP/2.0/UDP h%d;branch=z9hG4bK%d",
				      i % 2 ? ", " : "\r\nVia: ", i, i);
		n += snprintf(text + n, sizeof(text) - (size_t)n, "\r\n"
			      TAIL("BYE"));
		is_result(parse(text, (size_t)n, &m), vias > SIP_VIAS_MAX ?
			  SIP_TOO_MANY : SIP_OK, "Vias at the bound and over it");
		if (vias == SIP_VIAS_MAX)
			is_str(m.branch, "z9hG4bKt", "the top one counts");
	}
}

static void challenge(const char *header, struct sipmsg *m,
		      enum sip_parse_result want)
{
	char text[4096];
	int n = snprintf(text, sizeof(text), "SIP/2.0 401 Unauthorized\r\n%s"
			 TAIL("REGISTER"), header);

	is_result(parse(text, (size_t)n, m), want, header);
}

static void test_challenges(void)
{
	char header[1024], nonce[400];
	struct sipmsg m;

	challenge("WWW-Authenticate: Digest realm=\"a, \\\"b\", nonce=\"n=,1\","
		  " algorithm=SHA-256,qop=\"auth-int, auth\",opaque=\"\",stale=TRUE\r\n"
		  "WWW-Authenticate: Basic realm=\"x\"\r\n"
		  "Proxy-Authenticate: digest\r\n nonce=\"z\",realm=\"p\" , ,qop=auth\r\n"
		  "WWW-Authenticate: Digest realm=\"r\",nonce=\"\",algorithm=\"md5\",domain=\"sip:realm=x\"\r\n",
		  &m, SIP_OK);
	is_int(m.n_challenges, 3, "three of Digest (R-52)");
	is_str(m.challenge[0].realm, "a, \\\"b", "realm without its quotes");
	is_str(m.challenge[0].nonce, "n=,1", "nonce");
	is_str(m.challenge[0].opaque, "", "opaque");
	ok(m.challenge[0].algorithm == DIGEST_SHA256 && m.challenge[0].qop_auth &&
	   m.challenge[0].stale && !m.challenge[0].proxy,
	   "SHA-256, auth among qop, stale");
	ok(m.challenge[1].algorithm == DIGEST_MD5 && m.challenge[1].qop_auth &&
	   !m.challenge[1].stale && m.challenge[1].proxy,
	   "no algorithm is MD5; an unquoted qop; a proxy's");
	is_str(m.challenge[1].realm, "p", "realm behind a fold");
	ok(m.challenge[2].algorithm == DIGEST_MD5 && !m.challenge[2].qop_auth,
	   "md5 without qop");
	is_str(m.challenge[2].realm, "r", "not the realm= inside domain");

	challenge("WWW-Authenticate: Digest realm=\"r\",nonce=\"n\",algorithm=SHA-512\r\n"
		  "WWW-Authenticate: Digest realm=\"r\",nonce=\"n\",algorithm=MD5-sess\r\n"
		  "WWW-Authenticate: Digest realm=\"r\",nonce=\"n\",qop=\"auth-int\"\r\n",
		  &m, SIP_OK);
	ok(m.n_challenges == 3 &&
	   m.challenge[0].algorithm == DIGEST_UNSUPPORTED &&
	   m.challenge[1].algorithm == DIGEST_UNSUPPORTED &&
	   m.challenge[2].algorithm == DIGEST_UNSUPPORTED,
	   "what cannot be answered is UNSUPPORTED");
	challenge("WWW-Authenticate: Digest realm=\"r\",nonce=\"n\",algorithm=SHA-512-256\r\n",
		  &m, SIP_OK);
	ok(m.n_challenges == 1 &&
	   m.challenge[0].algorithm == DIGEST_SHA512_256, "SHA-512-256 (R-53)");

	memset(nonce, 'n', sizeof(nonce));
	nonce[sizeof(nonce) - 1] = '\0';
	snprintf(header, sizeof(header),
		 "WWW-Authenticate: Digest realm=\"r\",nonce=\"%s\",algorithm=MD5\r\n",
		 nonce);
	challenge(header, &m, SIP_OK);
	ok(m.n_challenges == 1 && m.challenge[0].algorithm == DIGEST_UNSUPPORTED,
	   "a nonce over its bound is UNSUPPORTED, not an error");

	challenge("WWW-Authenticate: Digest realm=\"r\r\n", &m, SIP_BAD_VALUE);
	challenge("WWW-Authenticate: Digest realm=\"r\"\r\n", &m, SIP_BAD_VALUE);
	challenge("WWW-Authenticate: Digest realm=\"r\" nonce=\"n\"\r\n", &m,
		  SIP_BAD_VALUE);
	challenge("WWW-Authenticate: Digest realm,nonce=\"n\"\r\n", &m,
		  SIP_BAD_VALUE);
	challenge("WWW-Authenticate: Digest realm=\"r\",nonce=\r\n", &m,
		  SIP_BAD_VALUE);
}

static void is_branch(const char *quote, const char *want, const char *what)
{
	char branch[SIPMSG_TOKEN_MAX] = "";
	size_t len = strlen(quote), n;
	char *copy = malloc(len ? len : 1);

	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): no string */
	memcpy(copy, quote, len);
	n = sip_quoted_branch(copy, len, branch, sizeof(branch));
	free(copy);
	ok(n == strlen(want) && (!n || strcmp(branch, want) == 0),
	   "quoted branch: %s", what);
}

static void test_quoted_branch(void)
{
	static const char text[] =
		"INVITE sip:b@c SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKabc\r\n"
		"Max-Forwards: 70\r\n";
	const size_t end = (size_t)(strstr(text, "\r\nMax") - text);
	char branch[SIPMSG_TOKEN_MAX], *copy;
	size_t i, n, wrong = 0;

	/* A cut branch would fail somebody else's transaction. */
	for (i = 0; i < sizeof(text); i++) {
		copy = malloc(i ? i : 1);
		memcpy(copy, text, i);
		n = sip_quoted_branch(copy, i, branch, sizeof(branch));
		free(copy);
		if (n != (i > end ? strlen("z9hG4bKabc") : 0))
			wrong++;
	}
	is_int(wrong, 0, "branch only from a quote that holds all of it");
	is_branch("OPTIONS sip:b SIP/2.0\nv:SIP/2.0/UDP h;BRANCH=z9hG4bK1;rport\n",
		  "z9hG4bK1", "v:, bare LF, not the last parameter");
	is_branch("OPTIONS sip:b;branch=no SIP/2.0\r\nTo: <sip:b>;branch=no\r\n"
		  "Via: SIP/2.0/UDP h;rport\r\nVia: SIP/2.0/UDP h;branch=no\r\n",
		  "", "only of the first Via");
	is_branch("", "", "nothing quoted");
	is_branch("\x80\x12garbage without a line", "", "no text");
	n = sip_quoted_branch(text, sizeof(text) - 1, branch, 10);
	is_int(n, 0, "no room for it");
}

int main(void)
{
	is_int(sip_parse_init(), 0, "init");
	is_int(sip_parse_init(), 0, "init again");
	test_methods();
	test_request();
	test_compact_folded();
	test_contact_star();
	test_response();
	test_long_words();
	test_prescan();
	test_many_contacts();
	test_many_vias();
	test_challenges();
	test_quoted_branch();
	return tap_done();
}
