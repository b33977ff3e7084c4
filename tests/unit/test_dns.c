// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <errno.h>
#include <stdlib.h>

#include "../../userspace/codec/dns.h"
#include "../../userspace/core/rng.h"
#include "dns_packet.h"

static struct packet p;
static struct rr_answer ans;
static struct rng dice = { 1 };

/* On the heap and exact, for the sanitizer. */
static int parse(const char *name, enum rr_type type)
{
	uint8_t *b = malloc(p.n ? p.n : 1);
	int ret;

	memcpy(b, p.b, p.n);
	ret = dns_parse(b, p.n, name, type, &ans);
	free(b);
	return ret;
}

static void test_addresses(void)
{
	static const char *const lies[] = {
		"0.0.0.0", "127.0.0.1", "127.255.0.1", "0.1.2.3", "224.0.0.1",
		"239.1.1.1", "255.255.255.255", "240.0.0.1",
	};
	static const char *const lies6[] = {
		"::", "::1", "ff02::1", "fe80::1", "febf::1", "::ffff:10.0.0.1",
	};
	size_t i;

	p_begin(&p, 1, "SIP.Example.com", RR_A, 0);
	p_ip(&p, "sip.example.COM", 300, "192.0.2.1");
	p_ip(&p, "sip.example.com", 200, "192.0.2.2");
	is_int(parse("sip.example.com", RR_A), 0, "two addresses are read");
	is_int(ans.result, RR_OK, "as data");
	is_int(ans.n, 2, "both");
	is_int(ans.ttl_s, 200, "the TTL is the least");
	ok(ans.rr[0].ip[0] == 192 && ans.rr[1].ip[3] == 2, "in their order");

	p_begin(&p, 1, "a.example", RR_A, 0);
	p_ip(&p, "b.example", 300, "192.0.2.1");
	is_int(parse("a.example", RR_A), 0, "another's address is read");
	is_int(ans.result, RR_NO_DATA, "another's address is not ours");

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		p_begin(&p, 1, "a.example", RR_A, 0);
		p_ip(&p, "a.example", 300, lies[i]);
		p_ip(&p, "a.example", 300, "10.0.0.1");
		parse("a.example", RR_A);
		ok(ans.n == 1 && ans.refused == 1 && ans.rr[0].ip[0] == 10,
		   "%s is refused and counted", lies[i]);
	}
	for (i = 0; i < sizeof(lies6) / sizeof(lies6[0]); i++) {
		p_begin(&p, 1, "a.example", RR_AAAA, 0);
		p_ip(&p, "a.example", 300, lies6[i]);
		p_ip(&p, "a.example", 300, "2001:db8::1");
		parse("a.example", RR_AAAA);
		ok(ans.n == 1 && ans.refused == 1 && ans.rr[0].ip[0] == 0x20,
		   "%s is refused and counted", lies6[i]);
	}
	p_begin(&p, 1, "a.example", RR_A, 0);
	p_ip(&p, "a.example", 300, "127.0.0.1");
	parse("a.example", RR_A);
	is_int(ans.result, RR_NO_DATA, "only lies: no data");

	p_begin(&p, 1, "a.example", RR_A, 0);
	p_ip(&p, "a.example", 0x80000001, "192.0.2.1");
	parse("a.example", RR_A);
	is_int(ans.ttl_s, 0, "a negative TTL is zero (RFC 2181 8)");
}

static void test_srv(void)
{
	unsigned int i;

	p_begin(&p, 1, "_sip._udp.example.com", RR_SRV, 0);
	p_srv(&p, "_sip._udp.example.com", 60, 10, 20, 5070, "A.example.com");
	p_srv(&p, "_sip._udp.example.com", 60, 10, 20, 0, "b.example.com");
	p_srv(&p, "_sip._udp.example.com", 60, 10, 20, 5060, "b/c.example");
	p_srv(&p, "_sip._udp.example.com", 60, 0, 0, 0, "");
	is_int(parse("_sip._udp.example.com", RR_SRV), 0, "SRV is read");
	is_int(ans.n, 2, "port 0 and a name out of shape are not kept");
	is_int(ans.refused, 2, "but counted");
	is_str(ans.rr[0].target, "a.example.com", "the target is lower case");
	ok(ans.rr[0].priority == 10 && ans.rr[0].weight == 20 &&
	   ans.rr[0].port == 5070, "its numbers");
	is_str(ans.rr[1].target, "", "\".\" is kept");

	p_begin(&p, 1, "s.example", RR_SRV, 0);
	for (i = 0; i < 1500; i++) {
		char name[32];

		snprintf(name, sizeof(name), "h%u.x", i);
		p_srv(&p, "s.example", 60, 1500 - i, 0, 5060, name);
	}
	is_int(parse("s.example", RR_SRV), 0, "thousands of targets are read");
	is_int(ans.n, RR_ANSWER_MAX, "cut");
	is_int(ans.cut, 1500 - RR_ANSWER_MAX, "with a count");
	for (i = 0; i < ans.n; i++)
		if (ans.rr[i].priority > RR_ANSWER_MAX)
			break;
	is_int(i, RR_ANSWER_MAX, "and those of the best priority are kept");

	p_begin(&p, 1, "s.example", RR_SRV, 0);
	p_record(&p, 0, "s.example", RR_SRV, 60);
	p16(&p, 1);
	p16(&p, 1);
	p16(&p, 5060);
	p_name(&p, "a.example");
	p8(&p, 0);
	p_end(&p);
	parse("s.example", RR_SRV);
	ok(!ans.n && ans.refused == 1, "a record that is too long is refused");
}

static void test_naptr(void)
{
	p_begin(&p, 1, "example.com", RR_NAPTR, 0);
	p_naptr(&p, "example.com", 60, 50, 51, "S", "sips+d2t", "",
		"_sips._tcp.example.com");
	p_naptr(&p, "example.com", 60, 90, 50, "u", "E2U+sip",
		"!^.*$!sip:info@example.com!", "");
	p_naptr(&p, "example.com", 60, 90, 50, "s",
		"a-service-that-is-too-long-for-us", "", "x.example.com");
	is_int(parse("example.com", RR_NAPTR), 0, "NAPTR is read");
	is_int(ans.n, 2, "a regular expression is not kept (RFC 3263 4.1)");
	is_int(ans.refused, 1, "but counted");
	ok(ans.rr[0].priority == 50 && ans.rr[0].weight == 51 &&
	   ans.rr[0].flags == 's', "order, preference, flag");
	is_str(ans.rr[0].service, "SIPS+D2T", "the service is upper case");
	is_str(ans.rr[0].target, "_sips._tcp.example.com", "the replacement");
	is_str(ans.rr[1].service, "", "a service too long is none");

	p_begin(&p, 1, "example.com", RR_NAPTR, 0);
	p_record(&p, 0, "example.com", RR_NAPTR, 60);
	p32(&p, 0);
	p8(&p, 200);
	p32(&p, 0);
	p_end(&p);
	parse("example.com", RR_NAPTR);
	ok(!ans.n && ans.refused == 1, "a string beyond the record is refused");
}

static void test_alias(void)
{
	char name[16], next[16];
	int i;

	p_begin(&p, 1, "a.example", RR_A, 0);
	p_cname(&p, "a.example", 30, "b.example");
	p_cname(&p, "b.example", 40, "c.example");
	p_ip(&p, "c.example", 300, "192.0.2.1");
	parse("a.example", RR_A);
	ok(ans.result == RR_OK && ans.n == 1, "aliases are followed");
	is_int(ans.ttl_s, 30, "their TTL counts too");

	p_begin(&p, 1, "a.example", RR_A, 0);
	p_cname(&p, "a.example", 30, "b.other");
	parse("a.example", RR_A);
	is_int(ans.result, RR_ALIAS, "an alias alone");
	is_str(ans.alias, "b.other", "has to be asked for");

	p_begin(&p, 1, "a.example", RR_A, 0);
	p_cname(&p, "a.example", 30, "b.other");
	p_soa(&p, "other", 100, 20);
	parse("a.example", RR_A);
	is_int(ans.result, RR_NO_DATA, "an alias of nothing");
	is_int(ans.ttl_s, 20, "for as long as the SOA says");

	p_begin(&p, 1, "a.example", RR_A, 0);
	p_cname(&p, "a.example", 30, "b.example");
	p_cname(&p, "b.example", 30, "a.example");
	is_int(parse("a.example", RR_A), -EBADMSG, "a loop is refused");
	is_int(ans.result, RR_FAILED, "as no answer");

	p_begin(&p, 1, "n0.x", RR_A, 0);
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n%d.x", i);
		snprintf(next, sizeof(next), "n%d.x", i + 1);
		p_cname(&p, name, 30, next);
	}
	p_ip(&p, "n100.x", 30, "192.0.2.1");
	is_int(parse("n0.x", RR_A), -EBADMSG, "so is a chain without end");
}

static void test_negative(void)
{
	p_begin(&p, 1, "a.example", RR_A, 3);
	p_soa(&p, "example", 100, 3600);
	is_int(parse("a.example", RR_A), 0, "NXDOMAIN");
	is_int(ans.result, RR_NO_NAME, "no such name");
	is_int(ans.ttl_s, 100, "the SOA's TTL, when less than its minimum");

	p_begin(&p, 1, "a.example", RR_AAAA, 0);
	parse("a.example", RR_AAAA);
	is_int(ans.result, RR_NO_DATA, "no data");
	is_int(ans.ttl_s, DNS_NEGATIVE_TTL_S, "no SOA: a minute");

	p_begin(&p, 1, "a.example", RR_A, 2);
	is_int(parse("a.example", RR_A), 0, "SERVFAIL");
	is_int(ans.result, RR_FAILED, "is no answer");
}

static void test_garbage(void)
{
	size_t n, good;
	int i;

	p_begin(&p, 1, "a.example", RR_A, 0);
	p_ip(&p, "a.example", 300, "192.0.2.1");
	is_int(parse("b.example", RR_A), -EBADMSG, "another question's answer");
	is_int(parse("a.example", RR_AAAA), -EBADMSG, "another type's");
	p.b[2] &= 0x7f;
	is_int(parse("a.example", RR_A), -EBADMSG, "a question is no answer");
	p.b[2] |= 0x82;
	is_int(parse("a.example", RR_A), -EBADMSG, "nor is one that was cut");
	p.b[2] = 0x81;
	is_int(parse("a.example", RR_A), 0, "(as it was)");
	for (n = p.n, good = 0; p.n-- > 0; )
		good += parse("a.example", RR_A) == 0;
	is_int(good, 0, "no part of it is one");
	p.n = n;
	p.b[7] = 200;
	is_int(parse("a.example", RR_A), -EBADMSG, "nor with too great a count");

	p_begin(&p, 1, "a.example", RR_A, 0);
	p8(&p, 0xc0);
	p8(&p, (unsigned int)p.n - 1);
	p.b[7] = 1;
	for (i = 0; i < 10; i++)
		p8(&p, 0);
	is_int(parse("a.example", RR_A), -EBADMSG, "a name that is its own");

	for (i = 0; i < 2000; i++) {
		for (p.n = 0; p.n < (size_t)i % 300; )
			p8(&p, rng_below(&dice, 256));
		good += parse("a.example", RR_A) == 0;
	}
	is_int(good, 0, "nor is noise");
}

static void test_static(void)
{
	static const struct { const char *text; bool good; } texts[] = {
		{ "a.example A 192.0.2.1", true },
		{ "a.example 60 A 127.0.0.1", true },
		{ "a.example AAAA 2001:db8::1", true },
		{ "_sip._udp.a.example SRV 10 20 5060 b.example.", true },
		{ "a.example NAPTR 10 20 \"s\" \"SIP+D2U\" \"\" _sip._udp.a.example", true },
		{ "", false }, { "a.example", false }, { "a.example A", false },
		{ "a.example A 2001:db8::1", false },
		{ "a.example AAAA 192.0.2.1", false },
		{ "a.example A 192.0.2.1 192.0.2.2", false },
		{ "a.example MX 10 b.example", false },
		{ "a..example A 192.0.2.1", false },
		{ "a.example 60", false }, { "a.example 60 A", false },
		{ "s.example SRV 1 2 65536 b.example", false },
		{ "s.example SRV 1 2 0 b.example", false },
		{ "s.example SRV 1 2 b.example", false },
		{ "s.example NAPTR 1 2 \"su\" \"SIP+D2U\" \"\" x", false },
		{ "s.example NAPTR 1 2 \"s\" \"SIP+D2U\" \"!x!y!\" x", false },
		{ "s.example NAPTR 1 2 \"s", false },
	};
	struct dns_static s, table[3];
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		is_int(dns_static_parse(&s, texts[i].text, &why),
		       texts[i].good ? 0 : -EINVAL, "static '%s'",
		       texts[i].text);
		ok(texts[i].good == !why, "with a reason if not");
	}
	dns_static_parse(&s, texts[1].text, &why);
	is_int(s.ttl_s, 60, "a TTL");
	for (i = 0; i < 3; i++)
		dns_static_parse(&table[i], texts[i + 2 - (i == 0) * 2].text,
				 &why);
	/* A, SRV and NAPTR of one name. */
	ok(dns_static_answer(table, 3, "a.example", RR_A, &ans) && ans.n == 1,
	   "a static address");
	ok(dns_static_answer(table, 3, "a.example", RR_AAAA, &ans) &&
	   ans.result == RR_NO_DATA, "no other address of that name");
	ok(dns_static_answer(table, 3, "_sip._udp.a.example", RR_SRV, &ans) &&
	   ans.n == 1 && ans.rr[0].port == 5060, "its service");
	ok(dns_static_answer(table, 3, "_sip._tcp.a.example", RR_SRV, &ans) &&
	   ans.result == RR_NO_DATA, "another service of it: none");
	ok(!dns_static_answer(table, 3, "b.example", RR_A, &ans),
	   "another name is not known");
}

/* A record that changes in any part is another one. */
static void test_static_equal(void)
{
	static const char *const like[] = {
		"a.example 60 SRV 1 2 5060 b.example",
		"b.example 60 SRV 1 2 5060 b.example",
		"a.example 61 SRV 1 2 5060 b.example",
		"a.example 60 SRV 2 2 5060 b.example",
		"a.example 60 SRV 1 3 5060 b.example",
		"a.example 60 SRV 1 2 5061 b.example",
		"a.example 60 SRV 1 2 5060 c.example",
		"a.example 60 A 192.0.2.1",
	};
	struct dns_static first, s;
	const char *why;
	size_t i;

	dns_static_parse(&first, like[0], &why);
	for (i = 0; i < sizeof(like) / sizeof(*like); i++) {
		dns_static_parse(&s, like[i], &why);
		ok(dns_static_equal(&s, &first) == !i,
		   "the same as the first: %s", like[i]);
	}
}

static void test_names(void)
{
	char out[RR_NAME_MAX], long_name[400];

	ok(dns_name(out, "Sip.Example.COM."), "a name with its dot");
	is_str(out, "sip.example.com", "is lower case, without");
	ok(dns_name(out, "") && dns_name(out, "."), "the root");
	ok(!dns_name(out, "a..b") && !dns_name(out, ".a"), "empty labels");
	ok(!dns_name(out, "a b") && !dns_name(out, "a\n"), "other characters");
	memset(long_name, 'a', sizeof(long_name));
	long_name[64] = '\0';
	ok(!dns_name(out, long_name), "a label of 64");
	long_name[63] = '\0';
	ok(dns_name(out, long_name), "a label of 63");
	memset(long_name, 'a', sizeof(long_name));
	for (int i = 50; i < 300; i += 50)
		long_name[i] = '.';
	long_name[256] = '\0';
	ok(!dns_name(out, long_name), "256 bytes");
	long_name[254] = '\0';
	ok(dns_name(out, long_name), "254 bytes");
}

int main(void)
{
	test_static_equal();
	test_names();
	test_addresses();
	test_srv();
	test_naptr();
	test_alias();
	test_negative();
	test_garbage();
	test_static();
	return tap_done();
}
