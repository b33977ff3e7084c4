// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * codec/sip_parse with what it must refuse: each class of malformed message,
 * every truncation, random mutations (SEED= and ITERATIONS= in the environment
 * choose others), and framing of a stream.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "codec/sip_parse.h"
#include "core/rng.h"
#include "tap.h"

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

static void refused(const char *text, size_t len, enum sip_parse_result want,
		    const char *what)
{
	struct sipmsg m;
	enum sip_parse_result got = parse(text, len, &m);

	if (!ok(got == want, "%s: %s", what, sip_parse_result_name(want)))
		printf("# got %s\n", sip_parse_result_name(got));
}

/* A message of parts, each of which a case can replace. */
struct parts {
	const char *start, *via, *from, *to, *call_id, *cseq, *more, *body;
};

static const struct parts good = {
	.start = "INVITE sip:bob@example.com SIP/2.0\r\n",
	.via = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx1\r\n",
	.from = "From: <sip:alice@example.com>;tag=f1\r\n",
	.to = "To: <sip:bob@example.com>\r\n",
	.call_id = "Call-ID: c1@192.0.2.1\r\n",
	.cseq = "CSeq: 7 INVITE\r\n",
	.more = "",
	.body = "",
};

static size_t join(char *text, size_t size, const struct parts *p)
{
	return (size_t)snprintf(text, size, "%s%s%s%s%s%s%s\r\n%s", p->start,
				p->via, p->from, p->to, p->call_id, p->cseq,
				p->more, p->body);
}

static void check(struct parts p, enum sip_parse_result want, const char *what)
{
	char text[4096];

	refused(text, join(text, sizeof(text), &p), want, what);
}

#define CASE(part, text, want) \
	do { \
		struct parts p_ = good; \
		p_.part = (text); \
		check(p_, (want), #part " '" text "'"); \
	} while (0)

static void test_start(void)
{
	check(good, SIP_OK, "the message that the cases change");
	CASE(start, "INVITE sip:bob@example.com SIP/3.0\r\n", SIP_BAD_START);
	CASE(start, "INVITE sip:bob@example.com\r\n", SIP_BAD_START);
	CASE(start, "INVITE  sip:bob@example.com SIP/2.0\r\n", SIP_BAD_START);
	CASE(start, "INVITE sip:bob@example.com SIP/2.0 \r\n", SIP_BAD_START);
	CASE(start, "INV(TE sip:bob@example.com SIP/2.0\r\n", SIP_BAD_START);
	CASE(start, " INVITE sip:bob@example.com SIP/2.0\r\n", SIP_BAD_START);
	CASE(start, "GET / HTTP/1.1\r\n", SIP_BAD_START);
	CASE(start, "SIP/2.0 99 No\r\n", SIP_BAD_START);
	CASE(start, "SIP/2.0 700 No\r\n", SIP_BAD_START);
	CASE(start, "SIP/2.0 20x No\r\n", SIP_BAD_START);
	CASE(start, "SIP/2.0 2000 No\r\n", SIP_BAD_START);
	CASE(start, "SIP/2.0 -20 No\r\n", SIP_BAD_START);
	CASE(start, "SIP/2.0 200\r\n", SIP_OK);
	CASE(start, "sip/2.0 200 \r\n", SIP_OK);
	CASE(start, "INVITE :: SIP/2.0\r\n", SIP_BAD_VALUE);
	CASE(start, "OPTIONS sip:bob@example.com SIP/2.0\r\n", SIP_BAD_VALUE);
}

static void test_mandatory(void)
{
	CASE(via, "", SIP_MISSING);
	CASE(from, "", SIP_MISSING);
	CASE(to, "", SIP_MISSING);
	CASE(call_id, "", SIP_MISSING);
	CASE(cseq, "", SIP_MISSING);
	CASE(more, "f: <sip:x@y>;tag=1\r\n", SIP_DUPLICATE);
	CASE(more, "TO: <sip:x@y>\r\n", SIP_DUPLICATE);
	CASE(more, "i: 5\r\n", SIP_DUPLICATE);
	CASE(more, "CSEQ: 7 INVITE\r\n", SIP_DUPLICATE);
	CASE(more, "l: 0\r\nContent-Length: 0\r\n", SIP_DUPLICATE);
	CASE(more, "c: text/plain\r\nc: text/plain\r\n", SIP_DUPLICATE);
}

static void test_values(void)
{
	CASE(via, "Via: \r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP/2.0/UDP\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP / 2.0 / UDP h;branch=z9hG4bK1\r\n", SIP_OK);
	CASE(via, "Via: SIPS/2.0/UDP h;branch=z9hG4bK1\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: h;branch=z9hG4bK1;x/2.0/UDP a\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP;branch=z9hG4bK1/2.0/UDP a\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP/2.0/UDP/a h;branch=z9hG4bK1\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP/2.0/h:1;branch=z9hG4bK1;x/a h\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP/3.0/UDP h;branch=z9hG4bK1\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP/2.0/UDP h:0;branch=z9hG4bK1\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP/2.0/UDP h:65536;branch=z9hG4bK1\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP/2.0/UDP h;branch\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP/2.0/UDP h;branch=a b\r\n", SIP_BAD_VALUE);
	CASE(via, "Via: SIP/2.0/UDP h;branch=a;rport=x\r\n", SIP_BAD_VALUE);
	CASE(from, "From: \r\n", SIP_BAD_VALUE);
	CASE(from, "From: <sip:a@b;tag=1\r\n", SIP_BAD_VALUE);
	CASE(from, "From: \"a <sip:a@b>;tag=1\r\n", SIP_BAD_VALUE);
	CASE(from, "From: <>;tag=1\r\n", SIP_BAD_VALUE);
	CASE(from, "From: <sip:a@b>;tag\r\n", SIP_BAD_VALUE);
	CASE(from, "From: <sip:a@b>;tag=\"q\"\r\n", SIP_BAD_VALUE);
	CASE(to, "To: <sip:a b@c>\r\n", SIP_BAD_VALUE);
	CASE(to, "To: sip:a@b <sip':c>\r\n", SIP_BAD_VALUE);
	CASE(to, "To: a@b <sip:c@d>\r\n", SIP_BAD_VALUE);
	CASE(more, "Contact: <sip:b@1: >2.7>\r\n", SIP_BAD_VALUE);
	CASE(more, "Record-Route: <sip:1: >2.7>\r\n", SIP_BAD_VALUE);
	CASE(to, "To: \"a@b: c\" <sip:c@d>\r\n", SIP_OK);
	CASE(call_id, "Call-ID:\r\n", SIP_BAD_VALUE);
	CASE(call_id, "Call-ID: a b\r\n", SIP_BAD_VALUE);
	CASE(cseq, "CSeq: INVITE\r\n", SIP_BAD_VALUE);
	CASE(cseq, "CSeq: 7\r\n", SIP_BAD_VALUE);
	CASE(cseq, "CSeq: -7 INVITE\r\n", SIP_BAD_VALUE);
	CASE(cseq, "CSeq: 0x7 INVITE\r\n", SIP_BAD_VALUE);
	CASE(cseq, "CSeq: 2147483648 INVITE\r\n", SIP_BAD_VALUE);
	CASE(cseq, "CSeq: 7 BYE\r\n", SIP_BAD_VALUE);
	CASE(more, "Expires: soon\r\n", SIP_BAD_VALUE);
	CASE(more, "Expires: 60 s\r\n", SIP_BAD_VALUE);
	CASE(more, "Min-Expires: -1\r\n", SIP_BAD_VALUE);
	CASE(more, "Retry-After: later\r\n", SIP_BAD_VALUE);
	CASE(more, "Retry-After: 5x\r\n", SIP_BAD_VALUE);
	CASE(more, "Contact: <sip:a@b>;expires=x\r\n", SIP_BAD_VALUE);
	CASE(more, "Contact: <sip:a@b\r\n", SIP_BAD_VALUE);
	CASE(more, "Record-Route: sip:a@b;lr\r\n", SIP_BAD_VALUE);
	CASE(more, "Record-Route: <sip:a\r\n", SIP_BAD_VALUE);
	CASE(more, "Content-Type: text\r\n", SIP_BAD_VALUE);
}

static void test_lines(void)
{
	CASE(more, "no colon\r\n", SIP_BAD_HEADER);
	CASE(more, ": no name\r\n", SIP_BAD_HEADER);
	CASE(more, "two words: x\r\n", SIP_BAD_HEADER);
	CASE(more, "\xc3\xa9: x\r\n", SIP_BAD_HEADER);
	CASE(start, "INVITE sip:bob@example.com SIP/2.0\r\n folded\r\n",
	     SIP_BAD_HEADER);
	CASE(more, "Subject: a\rb\r\n", SIP_NUL);
	CASE(more, "Subject: a\x01" "b\r\n", SIP_NUL);
	CASE(more, "Subject: a\x7f" "b\r\n", SIP_NUL);
	CASE(more, "Subject: \t\xc3\xa9\r\n", SIP_OK);
	CASE(start, "INVITE sip:b\x02@c SIP/2.0\r\n", SIP_NUL);
}

static void test_content_length(void)
{
	struct parts p = good;

	p.body = "12345";
	check(p, SIP_OK, "no Content-Length: the rest");
	p.more = "Content-Length: 5\r\n";
	check(p, SIP_OK, "Content-Length of the rest");
	p.more = "Content-Length: 4\r\n";
	check(p, SIP_OK, "more than Content-Length: ignored");
	p.more = "Content-Length: 6\r\n";
	check(p, SIP_TRUNCATED, "less than Content-Length");
	p.more = "Content-Length: 4294967295\r\n";
	check(p, SIP_TRUNCATED, "Content-Length 2^32-1");
	p.more = "Content-Length: 4294967296\r\n";
	check(p, SIP_BAD_VALUE, "Content-Length 2^32");
	p.more = "Content-Length: 18446744073709551621\r\n";
	check(p, SIP_BAD_VALUE, "Content-Length 2^64 + 5");
	p.more = "Content-Length: -1\r\n";
	check(p, SIP_BAD_VALUE, "Content-Length -1");
	p.more = "Content-Length: +5\r\n";
	check(p, SIP_BAD_VALUE, "Content-Length +5");
	p.more = "Content-Length: 0x5\r\n";
	check(p, SIP_BAD_VALUE, "Content-Length 0x5");
	p.more = "Content-Length: 5, 5\r\n";
	check(p, SIP_BAD_VALUE, "Content-Length twice in a line");
	p.more = "Content-Length:\r\n";
	check(p, SIP_BAD_VALUE, "Content-Length empty");
}

/* A NUL in the body is the body's matter. */
static void test_nul(void)
{
	char text[2048];
	struct parts p = good;
	size_t len, head, i, wrong = 0;
	struct sipmsg m;

	p.body = "1234";
	len = join(text, sizeof(text), &p);
	head = len - 4;
	for (i = 0; i < len; i++) {
		char was = text[i];
		enum sip_parse_result r;

		text[i] = '\0';
		r = parse(text, len, &m);
		if (r != (i < head ? SIP_NUL : SIP_OK)) {
			printf("# at %zu: %s\n", i, sip_parse_result_name(r));
			wrong++;
		}
		text[i] = was;
	}
	is_int(wrong, 0, "a NUL at each of %zu places", len);
}

static void test_truncated(void)
{
	char text[2048];
	struct parts p = good;
	size_t len, i, wrong = 0;
	struct sipmsg m;

	p.more = "Contact: <sip:a@b>\r\nContent-Length: 10\r\n";
	p.body = "0123456789";
	len = join(text, sizeof(text), &p);
	for (i = 0; i <= len; i++) {
		enum sip_parse_result r = parse(text, i, &m);
		enum sip_parse_result want = i == 0 ? SIP_KEEPALIVE :
					     i < len ? SIP_TRUNCATED : SIP_OK;

		if (r != want) {
			printf("# at %zu: %s\n", i, sip_parse_result_name(r));
			wrong++;
		}
	}
	is_int(wrong, 0, "cut at each of %zu bytes", len);
	refused("\r\n\r\n", 4, SIP_KEEPALIVE, "only CRLFs");
}

/* One byte under each field's bound, and at it. */
static void test_fields(void)
{
	static const struct {
		const char *what, *before, *after;
		size_t part;	/* offset in struct parts */
		int bound;	/* with its NUL */
	} fields[] = {
		{ "request URI", "INVITE sip:", " SIP/2.0\r\n",
		  offsetof(struct parts, start), SIPMSG_URI_MAX - 4 },
		{ "branch", "Via: SIP/2.0/UDP h;branch=", "\r\n",
		  offsetof(struct parts, via), SIPMSG_TOKEN_MAX },
		{ "sent-by", "Via: SIP/2.0/UDP ", ";branch=z9hG4bK\r\n",
		  offsetof(struct parts, via), SIPMSG_TOKEN_MAX },
		{ "From URI", "From: <sip:", ">\r\n",
		  offsetof(struct parts, from), SIPMSG_URI_MAX - 4 },
		{ "To tag", "To: <sip:a@b>;tag=", "\r\n",
		  offsetof(struct parts, to), SIPMSG_TOKEN_MAX },
		{ "Call-ID", "Call-ID: ", "\r\n",
		  offsetof(struct parts, call_id), SIPMSG_TOKEN_MAX },
		{ "Record-Route", "Record-Route: <sip:", ">\r\n",
		  offsetof(struct parts, more), SIPMSG_URI_MAX - 6 },
		{ "Contact", "Contact: <sip:", ">\r\n",
		  offsetof(struct parts, more), SIPMSG_URI_MAX - 4 },
	};
	char line[1024], what[64];
	unsigned int i;
	int len;

	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		for (len = fields[i].bound - 1; len <= fields[i].bound; len++) {
			struct parts p = good;

			snprintf(line, sizeof(line), "%s%0*d%s",
				 fields[i].before, len, 0, fields[i].after);
			*(const char **)((char *)&p + fields[i].part) = line;
			snprintf(what, sizeof(what), "%s of %d bytes",
				 fields[i].what, len);
			check(p, len < fields[i].bound ? SIP_OK : SIP_TOO_LONG,
			      what);
		}
	}
}

static void test_bounds(void)
{
	size_t size = SIPMSG_RAW_MAX + 1, len;
	char *text = malloc(size + 1);
	struct parts p = good;
	char more[8192];
	int n = 0, i;

	len = join(text, size, &p);
	memset(text + len, 'x', size - len);
	refused(text, SIPMSG_RAW_MAX, SIP_OK, "64 KiB");
	refused(text, SIPMSG_RAW_MAX + 1, SIP_TOO_LONG, "64 KiB and a byte");
	memset(text, 'x', size);
	refused(text, SIPMSG_RAW_MAX, SIP_TRUNCATED, "one line of 64 KiB");
	memset(text, ',', size);
	memcpy(text, good.start, strlen(good.start));
	/* NOLINTBEGIN(bugprone-not-null-terminated-result): no string */
	memcpy(text + strlen(good.start), "Via:", 4);
	memcpy(text + SIPMSG_RAW_MAX - 4, "\r\n\r\n", 4);
	/* NOLINTEND(bugprone-not-null-terminated-result) */
	refused(text, SIPMSG_RAW_MAX, SIP_TOO_MANY, "a Via of commas");
	free(text);

	for (i = 0; i < SIP_HEADERS_MAX - 5; i++)
		n += sprintf(more + n, "X-%d: y\r\n", i);
	p.more = more;
	check(p, SIP_OK, "as many headers as allowed");
	sprintf(more + n, "X: y\r\n");
	check(p, SIP_TOO_MANY, "one header more");
	for (i = 0, n = 0; i < SIPMSG_ROUTES_MAX; i++)
		n += sprintf(more + n, "Record-Route: <sip:h%d;lr>\r\n", i);
	check(p, SIP_OK, "as many Record-Routes as allowed");
	sprintf(more + n, "Record-Route: <sip:more;lr>\r\n");
	check(p, SIP_TOO_MANY, "one Record-Route more");
}

/* text, what many times, rest; on the heap. */
static char *repeated(const char *text, const char *what, unsigned int many,
		      const char *rest)
{
	size_t n = strlen(text), one = strlen(what);
	char *all = malloc(n + many * one + strlen(rest) + 1);

	strcpy(all, text);
	for (; many; many--, n += one)
		strcpy(all + n, what);
	strcpy(all + n, rest);
	return all;
}

/* Each parameter costs the library a walk over those before it: a datagram of
 * them was a second of work. */
static void test_params(void)
{
	static const struct {
		const char *name, *start, *param, *end;
		size_t part;
	} cases[] = {
#define PART(part) offsetof(struct parts, part)
		{ "request URI", "INVITE sip:b@h", ";a", " SIP/2.0\r\n",
		  PART(start) },
		{ "Via", "Via: SIP/2.0/UDP h;branch=z9hG4bKx", ";a", "\r\n",
		  PART(via) },
		{ "From", "From: <sip:a@h>;tag=1", ";a", "\r\n", PART(from) },
		{ "To URI", "To: <sip:a@h", ";a", ">\r\n", PART(to) },
		{ "To URI headers", "To: <sip:a@h?b=c", "&a=", ">\r\n",
		  PART(to) },
		{ "Content-Type", "Content-Type: a/b", ";a=b", "\r\n",
		  PART(more) },
		{ "Contact", "Contact: <sip:a@h>", ";a", "\r\n", PART(more) },
		{ "Record-Route", "Record-Route: <sip:a@h>", ";a", "\r\n",
		  PART(more) },
#undef PART
	};
	char *text = malloc(SIPMSG_RAW_MAX + 1), *value;
	struct parts p;
	size_t i, len;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		p = good;
		value = repeated(cases[i].start, cases[i].param, 50,
				 cases[i].end);
		memcpy((char *)&p + cases[i].part, &value, sizeof(value));
		len = join(text, SIPMSG_RAW_MAX + 1, &p);
		refused(text, len, SIP_OK, cases[i].name);
		free(value);
		value = repeated(cases[i].start, cases[i].param,
				 65000 / strlen(cases[i].param), cases[i].end);
		memcpy((char *)&p + cases[i].part, &value, sizeof(value));
		len = join(text, SIPMSG_RAW_MAX + 1, &p);
		refused(text, len, SIP_TOO_MANY, cases[i].name);
		free(value);
	}
	p = good;
	value = repeated("Via: SIP/2.0/UDP h;branch=z9hG4bKx",
			 ", SIP/2.0/UDP h;branch=z9hG4bKy;rport;received=h",
			 60, "\r\n");
	p.via = value;
	refused(text, join(text, SIPMSG_RAW_MAX + 1, &p), SIP_OK,
		"many Vias have as many parameters as they like");
	free(value);
	free(text);
}

static const char *const seeds[] = {
	"INVITE sip:bob@example.com;x=%41 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bK1;rport, SIP/2.0/TCP h\r\n"
	"v: SIP/2.0/UDP [2001:db8::1]:5060;received=2001:db8::2;branch=z9hG4bK2\r\n"
	"From: \"A; <b>, \\\"c\" <sip:alice@example.com;p=q>;tag=f1\r\n"
	"t: sip:bob@example.com;tag=t1\r\nCall-ID: a84b4c@h\r\nCSeq: 2 INVITE\r\n"
	"Contact: <sip:a@192.0.2.1:5062;transport=udp?h=v>;expires=60, *\r\n"
	"Record-Route: <sip:p2.example.com;lr>, \"x\" <sip:p1;lr>;y\r\n"
	"Expires: 120\r\nc: application/sdp;a=\"b\"\r\n"
	"Subject: folded\r\n line\r\nContent-Length: 5\r\n\r\nv=0\r\n",

	"SIP/2.0 401 Unauthorized\r\n"
	"Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK9;received=198.51.100.7;rport=4\r\n"
	"f: <sip:alice@example.com>;tag=f\r\nTo: <sip:alice@example.com>;tag=t\r\n"
	"i: x\r\nCSeq: 4 REGISTER\r\n"
	"WWW-Authenticate: Digest realm=\"a, \\\"b\", nonce=\"n=,1\","
	" algorithm=SHA-256,qop=\"auth-int, auth\",opaque=\"\",stale=TRUE\r\n"
	"Proxy-Authenticate: Digest nonce=\"z\",realm=\"p\",qop=auth\r\n"
	"Min-Expires: 90\r\nRetry-After: 18 (in a minute);duration=3600\r\n"
	"Content-Length: 0\r\n\r\n",
};

static const char *const dictionary[] = {
	"\r\n", "\n", "\r\n\r\n", "\r\n ", ":", ";", ",", "\"", "\\", "<", ">",
	"=", " ", "%", "%00", "\xff", "[", "]", "@", "*", "sip:", "SIP/2.0",
	"tag=", "branch=", "expires=", "4294967296", "-1", "Via: ", "To: ",
	"Content-Length: ", "Content-Type: multipart/mixed;boundary=\r\n",
};

static size_t mutate(struct rng *rng, char *text, size_t len, size_t size)
{
	uint32_t n = 1 + rng_below(rng, 4);

	while (n--) {
		uint32_t at = rng_below(rng, (uint32_t)len + 1);
		uint32_t cut = rng_below(rng, 8), add;
		const char *word;

		switch (rng_below(rng, 4)) {
		case 0:		/* a byte */
			if (at < len)
				text[at] = (char)rng_next(rng);
			break;
		case 1:		/* some bytes out */
			cut = cut > len - at ? (uint32_t)(len - at) : cut;
			memmove(text + at, text + at + cut, len - at - cut);
			len -= cut;
			break;
		case 2:		/* a word in */
			word = dictionary[rng_below(rng, sizeof(dictionary) /
						    sizeof(*dictionary))];
			add = (uint32_t)strlen(word);
			if (len + add > size)
				break;
			memmove(text + at + add, text + at, len - at);
			memcpy(text + at, word, add);
			len += add;
			break;
		case 3:		/* a part again */
			add = rng_below(rng, 64);
			add = add > len - at ? (uint32_t)(len - at) : add;
			if (len + add > size)
				break;
			memmove(text + at + add, text + at, len - at);
			len += add;
			break;
		}
	}
	return len;
}

/* Whether what sip_parse() calls good keeps its promises. */
static bool is_sound(const struct sipmsg *m, size_t len)
{
	return m->body_off <= len && m->body_len <= len - m->body_off &&
	       m->n_contacts <= SIPMSG_CONTACTS_MAX &&
	       m->n_routes <= SIPMSG_ROUTES_MAX &&
	       m->n_challenges <= SIPMSG_CHALLENGES_MAX &&
	       m->method <= SIP_OTHER && m->cseq < 0x80000000u &&
	       *m->call_id && *m->from_uri && *m->to_uri && *m->sent_by &&
	       !strpbrk(m->from_uri, "\r\n <>") &&
	       !strpbrk(m->branch, "\r\n ;") &&
	       (!m->response || (m->status >= 100 && m->status <= 699));
}

static uint64_t env_number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void test_mutations(void)
{
	uint64_t seed = env_number("SEED", 20260101), i;
	uint64_t n = env_number("ITERATIONS", 100000);
	uint64_t seen[SIP_PARSE_RESULTS] = { 0 }, unsound = 0;
	struct rng rng = { seed };
	unsigned int classes = 0, k;
	char text[2048], branch[SIPMSG_TOKEN_MAX];

	for (i = 0; i < n; i++) {
		const char *from = seeds[i % 2];
		size_t len = strlen(from);
		enum sip_parse_result r;
		struct sipmsg m;
		int frame;

		/* NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
		memcpy(text, from, len);
		len = mutate(&rng, text, len, sizeof(text));
		r = parse(text, len, &m);
		seen[r]++;
		frame = sip_frame(text, len);
		sip_quoted_branch(text, rng_below(&rng, (uint32_t)len + 1),
				  branch, sizeof(branch));
		if ((r == SIP_OK && !is_sound(&m, len)) ||
		    frame > (int)len || (frame < 0 && frame != -EPROTO)) {
			if (!unsound++)
				printf("# iteration %" PRIu64 ": %.*s\n", i,
				       (int)len, text);
		}
	}
	is_int(unsound, 0, "%" PRIu64 " mutations, seed %" PRIu64, n, seed);
	for (k = 0; k < SIP_PARSE_RESULTS; k++) {
		printf("# %s %" PRIu64 "\n",
		       sip_parse_result_name((enum sip_parse_result)k), seen[k]);
		classes += seen[k] != 0;
	}
	/* KEEPALIVE, TOO_LONG need other seeds; few hit TOO_MANY. */
	ok(n < 100000 || classes >= SIP_PARSE_RESULTS - 3,
	   "the mutations reach most results");
	ok(n < 100000 || seen[SIP_OK] > n / 20, "and do not break everything");
}

/* Each prefix on the heap at its size; returns the first answer that is not
 * "more", and *at where it came. */
static int frame_steps(const char *text, size_t len, size_t *at)
{
	int r = 0;

	for (*at = 1; *at <= len; (*at)++) {
		char *copy = malloc(*at);

		memcpy(copy, text, *at);
		r = sip_frame(copy, *at);
		free(copy);
		if (r)
			break;
	}
	return r;
}

static void test_frame(void)
{
	char text[4096], *big;
	struct parts p = good;
	size_t len, at;

	is_int(sip_frame("", 0), 0, "nothing: more");
	is_int(sip_frame("\r", 1), 0, "CR: more");
	is_int(sip_frame("\r\n", 2), 2, "CRLF: pong");
	is_int(sip_frame("\r\n\r", 3), 0, "CRLF CR: more");
	is_int(sip_frame("\r\n\r\n", 4), 4, "CRLF CRLF: ping");
	is_int(sip_frame("\r\nBYE", 5), 2, "CRLF before a message");
	is_int(sip_frame("\r\n\r\n\r\n", 6), 4, "a ping before a pong");
	is_int(sip_frame("\rX", 2), -EPROTO, "a lone CR");

	p.more = "Content-Length: 5\r\n";
	p.body = "1234\nBYE sip:";
	len = join(text, sizeof(text), &p) - 8;
	is_int(frame_steps(text, len + 8, &at), len, "a message in 1-byte steps");
	is_int(at, len, "as soon as it is whole");
	is_int(sip_frame(text, len + 8), len, "the first of two");

	p.more = "";
	len = join(text, sizeof(text), &p);
	is_int(sip_frame(text, len), -EPROTO, "no Content-Length");
	p.more = "Content-Length: 5\r\nl: 5\r\n";
	len = join(text, sizeof(text), &p);
	is_int(sip_frame(text, len), -EPROTO, "two Content-Lengths");
	p.more = "Content-Length: -5\r\n";
	len = join(text, sizeof(text), &p);
	is_int(sip_frame(text, len), -EPROTO, "a negative one");
	p.more = "Content-Length: 65535\r\n";
	len = join(text, sizeof(text), &p);
	is_int(sip_frame(text, len), -EPROTO, "more than 64 KiB in all");
	p.more = "Content-Length: 60000\r\n";
	len = join(text, sizeof(text), &p);
	is_int(sip_frame(text, len), 0, "long, but allowed: more");
	p.more = "Content-Length: 0\r\nX: \x01\r\n";
	len = join(text, sizeof(text), &p);
	is_int(frame_steps(text, len, &at), -EPROTO, "a control byte");
	ok(at < len, "is refused before the end of the head");
	p = good;
	p.start = "nonsense\r\n";
	p.more = "Content-Length: 0\r\n";
	len = join(text, sizeof(text), &p);
	is_int(sip_frame(text, len), len, "a bad message with a known end");

	big = malloc(SIPMSG_RAW_MAX);
	memset(big, 'a', SIPMSG_RAW_MAX);
	is_int(sip_frame(big, SIPMSG_RAW_MAX - 1), 0, "no line end yet: more");
	is_int(sip_frame(big, SIPMSG_RAW_MAX), -EPROTO, "none within 64 KiB");
	free(big);
}

int main(void)
{
	is_int(sip_parse_init(), 0, "init");
	test_start();
	test_mandatory();
	test_values();
	test_lines();
	test_content_length();
	test_nul();
	test_truncated();
	test_fields();
	test_bounds();
	test_params();
	test_frame();
	test_mutations();
	return tap_done();
}
