// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <stdlib.h>

#include "../../userspace/codec/dns.h"
#include "../../userspace/core/location.h"

#define UDP (1 << TRANSPORT_UDP)
#define TCP (1 << TRANSPORT_TCP)
#define TLS (1 << TRANSPORT_TLS)
#define BOTH (LOC_V4 | LOC_V6)

/* A name server in the test: a zone of static records, which may fail. */
static struct dns_static zone[64];
static size_t zone_n;
static bool dead, dead_naptr, no_name;

static struct loc l;
static struct loc_acts acts;
static struct mono now;
static unsigned int asked, changes;

static void zone_set(const char *const *records)
{
	const char *why;

	for (zone_n = 0; *records; records++, zone_n++)
		if (dns_static_parse(&zone[zone_n], *records, &why)) {
			printf("# bad record: %s\n", *records);
			exit(1);
		}
}

#define ZONE(...) zone_set((const char *const[]){ __VA_ARGS__, NULL })

static void zone_answer(const char *name, enum rr_type type,
			struct rr_answer *ans)
{
	size_t i;

	memset(ans, 0, sizeof(*ans));
	if (dead || (dead_naptr && type == RR_NAPTR)) {
		ans->result = RR_FAILED;
		return;
	}
	ans->result = no_name ? RR_NO_NAME : RR_NO_DATA;
	ans->ttl_s = 60;
	for (i = 0; i < zone_n; i++) {
		if (zone[i].rr.type != type || strcmp(zone[i].name, name) != 0)
			continue;
		ans->ttl_s = zone[i].ttl_s;
		ans->rr[ans->n++] = zone[i].rr;
		ans->result = RR_OK;
	}
}

/* All that was asked is answered, and what follows from it. */
static void answer_all(void)
{
	struct rr_answer ans;
	struct loc_acts todo;
	unsigned int i;

	while (acts.n) {
		todo = acts;
		acts.n = 0;
		for (i = 0; i < todo.n; i++) {
			struct loc_acts got;
			uint8_t q = todo.ask[i].question;

			asked++;
			zone_answer(loc_question_name(&l, q),
				    loc_question_type(q), &ans);
			loc_answer(&l, now, q, todo.ask[i].serial, &ans, &got);
			changes += got.changed;
			memcpy(acts.ask + acts.n, got.ask,
			       got.n * sizeof(got.ask[0]));
			acts.n += got.n;
		}
	}
}

static void run(void)
{
	loc_step(&l, now, &acts);
	changes += acts.changed;
	answer_all();
}

/* Goes on to that time, expiry by expiry. */
static void run_until(struct mono end)
{
	while (mono_due(loc_next_expiry(&l), end)) {
		if (!mono_due(loc_next_expiry(&l), now))
			now = loc_next_expiry(&l);
		run();
	}
	now = end;
}

static void run_for(uint64_t seconds)
{
	run_until(mono_add_ms(now, seconds * 1000));
}

static void begin(const char *name, uint16_t port, uint8_t transport,
		  uint8_t can, uint8_t families, uint64_t seed)
{
	struct loc_cfg cfg = {
		.port = port, .transport = transport, .can = can,
		.families = families, .seed = seed,
	};

	dns_name(cfg.name, name);
	loc_init(&l, &cfg);
	asked = changes = 0;
	now = (struct mono){ 1000000000 };
}

static void find(const char *name, uint16_t port, uint8_t transport,
		 uint8_t can)
{
	begin(name, port, transport, can, BOTH, 1);
	run();
}

/* "192.0.2.1:5060;udp [2001:db8::1]:5060;udp" */
static const char *listed(void)
{
	static char text[LOC_CANDIDATES_MAX * 70];
	char one[ADDR_STRLEN];
	size_t n = 0;
	int i;

	*text = '\0';
	for (i = 0; i < l.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s;%s",
				      i ? " " : "", addr_print(&l.list[i], one),
				      transport_param(l.list[i].transport));
	return text;
}

static void test_literal(void)
{
	struct loc_cfg cfg = { .transport = LOC_ANY_TRANSPORT, .can = UDP };

	addr_parse(&cfg.literal, "192.0.2.1", 0, TRANSPORT_UDP);
	loc_init(&l, &cfg);
	loc_step(&l, now, &acts);
	is_str(listed(), "192.0.2.1:5060;udp", "an address is the candidate");
	is_int(acts.n, 0, "without a question");
	ok(mono_is_never(loc_next_expiry(&l)), "ever");
	is_int(loc_state(&l, now), LOC_READY, "and ready");
	cfg.transport = TRANSPORT_TLS;
	loc_init(&l, &cfg);
	is_str(listed(), "192.0.2.1:5061;tls", "the port is the transport's");
}

static void test_modes(void)
{
	ZONE("h.x A 192.0.2.1", "h.x AAAA 2001:db8::1",
	     "_sip._udp.h.x SRV 1 0 5070 a.x", "_sip._tcp.h.x SRV 1 0 5080 b.x",
	     "_sips._tcp.h.x SRV 1 0 5090 b.x",
	     "a.x A 192.0.2.10", "b.x A 192.0.2.11");
	find("h.x", 5062, LOC_ANY_TRANSPORT, UDP | TCP);
	is_str(listed(), "[2001:db8::1]:5062;udp 192.0.2.1:5062;udp",
	       "a port: addresses only, UDP (R-34, R-35)");
	is_int(asked, 2, "two questions");
	find("h.x", 5062, TRANSPORT_TCP, UDP | TCP);
	is_str(listed(), "[2001:db8::1]:5062;tcp 192.0.2.1:5062;tcp",
	       "a port and a transport");
	find("h.x", 0, TRANSPORT_TCP, UDP | TCP);
	is_str(listed(), "192.0.2.11:5080;tcp", "a transport: its SRV");
	find("h.x", 0, LOC_ANY_TRANSPORT, UDP | TCP);
	is_str(listed(), "192.0.2.10:5070;udp 192.0.2.11:5080;tcp",
	       "neither, no NAPTR: SRV of each transport");
	find("h.x", 0, LOC_ANY_TRANSPORT, UDP);
	is_str(listed(), "192.0.2.10:5070;udp", "that the phone can do");
	begin("h.x", 5060, TRANSPORT_UDP, UDP, LOC_V4, 1);
	run();
	is_str(listed(), "192.0.2.1:5060;udp", "no IPv6: no IPv6 address");
	is_int(asked, 1, "and no question for one");

	ZONE("h.x A 192.0.2.1");
	find("h.x", 0, LOC_ANY_TRANSPORT, UDP | TCP);
	is_str(listed(), "192.0.2.1:5060;udp",
	       "no SRV either: the name itself, by UDP (R-34)");
	find("h.x", 0, TRANSPORT_TLS, UDP | TCP | TLS);
	is_str(listed(), "192.0.2.1:5061;tls", "TLS has its own port");
	ZONE("_sip._udp.h.x SRV 0 0 0 .", "h.x A 192.0.2.1");
	find("h.x", 0, TRANSPORT_UDP, UDP);
	is_str(listed(), "", "the target '.': there is no such service");
	is_int(loc_state(&l, now), LOC_NOTHING, "which is told");
}

static void test_naptr(void)
{
	ZONE("x NAPTR 100 50 s SIP+D2U \"\" _u.x",
	     "x NAPTR 90 60 s SIP+D2T \"\" _t.x",
	     "x NAPTR 90 50 s SIPS+D2T \"\" _s.x",
	     "x NAPTR 1 1 s SIP+D2S \"\" _sctp.x",
	     "x NAPTR 1 1 a SIP+D2U \"\" a.x",
	     "_u.x SRV 1 1 5060 a.x", "_t.x SRV 1 1 5060 a.x",
	     "_s.x SRV 1 1 5061 a.x", "a.x A 192.0.2.1");
	find("x", 0, LOC_ANY_TRANSPORT, UDP | TCP | TLS);
	is_str(listed(), "192.0.2.1:5061;tls 192.0.2.1:5060;tcp "
	       "192.0.2.1:5060;udp", "NAPTR: by order, then by preference");
	find("x", 0, LOC_ANY_TRANSPORT, UDP | TCP);
	is_str(listed(), "192.0.2.1:5060;tcp 192.0.2.1:5060;udp",
	       "without what the phone cannot do");
	dead_naptr = true;
	find("x", 0, LOC_ANY_TRANSPORT, UDP);
	dead_naptr = false;
	is_str(listed(), "", "(no SRV under the usual names)");
	ZONE("_sip._udp.x SRV 1 1 5060 a.x", "a.x A 192.0.2.1");
	dead_naptr = true;
	find("x", 0, LOC_ANY_TRANSPORT, UDP);
	dead_naptr = false;
	is_str(listed(), "192.0.2.1:5060;udp",
	       "a resolver that knows no NAPTR: as without");
}

static void test_srv(void)
{
	unsigned int first[3] = { 0 }, second = 0, i;
	char before[LOC_CANDIDATES_MAX * 70];

	ZONE("_sip._udp.x SRV 20 0 5060 c.x", "_sip._udp.x SRV 10 0 5060 a.x",
	     "_sip._udp.x SRV 15 0 5062 b.x", "a.x A 192.0.2.1",
	     "b.x A 192.0.2.2", "c.x A 192.0.2.3");
	find("x", 0, TRANSPORT_UDP, UDP);
	is_str(listed(), "192.0.2.1:5060;udp 192.0.2.2:5062;udp "
	       "192.0.2.3:5060;udp", "SRV by priority");

	/* RFC 2782: 60, 30, 10 of 100; a sum of 0..100 is drawn. */
	ZONE("_sip._udp.x SRV 1 60 5060 a.x", "_sip._udp.x SRV 1 30 5060 b.x",
	     "_sip._udp.x SRV 1 10 5060 c.x", "_sip._udp.x SRV 2 0 5060 d.x",
	     "a.x A 192.0.2.1", "b.x A 192.0.2.2", "c.x A 192.0.2.3",
	     "d.x A 192.0.2.4");
	for (i = 0; i < 4000; i++) {
		begin("x", 0, TRANSPORT_UDP, UDP, LOC_V4, i);
		run();
		if (l.n != 4 || l.list[3].ip[3] != 4)
			break;
		first[l.list[0].ip[3] - 1]++;
		second += l.list[0].ip[3] == 1 && l.list[1].ip[3] == 2;
	}
	is_int(i, 4000, "all four, the one of another priority last");
	ok(first[0] > 2300 && first[0] < 2500, "weight 60: %u of 4000",
	   first[0]);
	ok(first[1] > 1100 && first[1] < 1300, "weight 30: %u", first[1]);
	ok(first[2] > 330 && first[2] < 470, "weight 10: %u", first[2]);
	ok(second > first[0] * 65 / 100 && second < first[0] * 85 / 100,
	   "then 30 of 40: %u of %u", second, first[0]);

	/* Weight 0 beside others is taken seldom, but it is. */
	ZONE("_sip._udp.x SRV 1 0 5060 a.x", "_sip._udp.x SRV 1 9 5060 b.x",
	     "a.x A 192.0.2.1", "b.x A 192.0.2.2");
	for (i = first[0] = 0; i < 2000; i++) {
		begin("x", 0, TRANSPORT_UDP, UDP, LOC_V4, i);
		run();
		first[0] += l.list[0].ip[3] == 1;
	}
	ok(first[0] > 150 && first[0] < 260, "weight 0 beside 9: %u of 2000",
	   first[0]);

	/* The order is the phone's: not the answer's, not the hour's. */
	ZONE("_sip._udp.x 60 SRV 1 5 5060 a.x", "_sip._udp.x 60 SRV 1 5 5060 b.x",
	     "a.x 60 A 192.0.2.1", "a.x 60 A 192.0.2.2", "a.x 60 A 192.0.2.3",
	     "b.x 60 A 192.0.2.4");
	find("x", 0, TRANSPORT_UDP, UDP);
	strcpy(before, listed());
	ZONE("b.x 60 A 192.0.2.4", "a.x 60 A 192.0.2.3", "a.x 60 A 192.0.2.2",
	     "a.x 60 A 192.0.2.1",
	     "_sip._udp.x 60 SRV 1 5 5060 b.x", "_sip._udp.x 60 SRV 1 5 5060 a.x");
	run_for(1000);
	ok(asked > 30, "asked again and again");
	is_str(listed(), before, "the same records: the same order");
	is_int(changes, 1, "and nothing changed");
}

static void test_families(void)
{
	ZONE("_sip._udp.x SRV 1 0 5060 a.x", "_sip._udp.x SRV 2 0 5060 b.x",
	     "a.x A 192.0.2.1", "a.x A 192.0.2.2", "a.x AAAA 2001:db8::1",
	     "b.x AAAA 2001:db8::9");
	find("x", 0, TRANSPORT_UDP, UDP);
	ok(l.n == 4 && l.list[0].family == ADDR_V6 &&
	   l.list[1].family == ADDR_V4 && l.list[2].family == ADDR_V4,
	   "both families of one target in turn (RFC 7984 4)");
	ok(l.n == 4 && l.list[3].family == ADDR_V6 && l.list[3].ip[15] == 9,
	   "and only within it: R-40");
	ZONE("h.x A 192.0.2.1", "h.x A 192.0.2.2", "h.x A 192.0.2.3",
	     "h.x AAAA 2001:db8::1", "h.x AAAA 2001:db8::2");
	find("h.x", 5060, TRANSPORT_UDP, UDP);
	ok(l.n == 5 && l.list[0].family == ADDR_V6 &&
	   l.list[1].family == ADDR_V4 && l.list[2].family == ADDR_V6 &&
	   l.list[3].family == ADDR_V4 && l.list[4].family == ADDR_V4,
	   "6, 4, 6, 4, 4");
}

static void test_routes(void)
{
	struct addr out[LOC_CANDIDATES_MAX];

	ZONE("h.x A 192.0.2.1", "h.x AAAA 2001:db8::1");
	find("h.x", 5060, TRANSPORT_UDP, UDP);
	is_int(loc_reachable(&l, 3, out), 2, "a route to both: both");
	is_int(loc_reachable(&l, 2, out), 1, "to one");
	ok(out[0].family == ADDR_V4, "that one (RFC 6724 5, rule 1)");
	is_int(loc_reachable(&l, 0, out), 2, "to none: it may come");
}

static void test_limits(void)
{
	static char text[40][64];
	const char *records[64];
	int i;

	for (i = 0; i < 20; i++) {
		snprintf(text[i], 64, "_sip._udp.x SRV %d 0 5060 h%d.x", i, i);
		snprintf(text[20 + i], 64, "h%d.x A 192.0.2.%d", i, i + 1);
		records[i] = text[i];
		records[20 + i] = text[20 + i];
	}
	records[40] = NULL;
	zone_set(records);
	find("x", 0, TRANSPORT_UDP, UDP);
	is_int(l.n, LOC_CANDIDATES_MAX, "too many targets: the best of them");
	ok(l.list[0].ip[3] == 1 && l.list[7].ip[3] == 8, "in order");
	is_int(l.cut, 20 - LOC_TARGETS_MAX, "the others are counted");

	ZONE("_sip._udp.x SRV 1 0 5060 a.x", "_sip._udp.x SRV 2 0 5060 b.x",
	     "a.x A 192.0.2.1", "b.x A 192.0.2.1");
	find("x", 0, TRANSPORT_UDP, UDP);
	is_str(listed(), "192.0.2.1:5060;udp", "the same address twice: once");
}

static void test_refresh(void)
{
	struct mono at;

	ZONE("a.x 100 A 192.0.2.1");
	begin("a.x", 5060, TRANSPORT_UDP, UDP, LOC_V4, 7);
	run();
	is_int(asked, 1, "one question");
	at = loc_next_expiry(&l);
	ok(at.ns >= now.ns + 70000000000 && at.ns <= now.ns + 80000000000,
	   "asked again before its end, not all phones at once");
	run_for(99);
	is_int(asked, 2, "ahead of need");
	is_int(loc_state(&l, now), LOC_READY, "so it never was over");

	ZONE("a.x 100 A 192.0.2.1", "a.x 100 A 192.0.2.2");
	run_for(100);
	is_int(l.n, 2, "what is new in the zone is in the list");
	is_int(changes, 2, "which is told");

	ZONE("a.x 1 A 192.0.2.3");
	run_for(100);
	is_str(listed(), "192.0.2.3:5060;udp", "and what is not there is not");
	asked = 0;
	run_for(100);
	ok(asked <= 100 / 3, "a TTL of 1 is taken for %u: asked %u times",
	   LOC_TTL_MIN_S, asked);

	ZONE("a.x 2000000000 A 192.0.2.4");
	run_for(10);
	asked = 0;
	run_for(86400);
	ok(asked == 1 || asked == 2, "a TTL of decades for a day");
}

/* What is told to lines that go back when the record has run out (Y-33). */
static void test_ttl(void)
{
	ZONE("_sip._udp.x 300 SRV 1 0 5060 a.x", "a.x 200 A 192.0.2.1");
	begin("x", 0, TRANSPORT_UDP, UDP, BOTH, 7);
	is_int(loc_ttl_s(&l, now), 0, "no record yet: no lifetime");
	run();
	is_int(loc_ttl_s(&l, now), 200, "the shortest of those of the list");
	run_for(100);
	is_int(loc_ttl_s(&l, now), 100,
	       "what is left; that there is no AAAA is no end of it");
	run_for(70);
	ok(loc_ttl_s(&l, now) > 30, "asked again: longer");
	dead = true;
	run_for(400);
	is_int(l.n, 1, "nobody answers, the list stays");
	is_int(loc_ttl_s(&l, now), 0, "though its record is over");
	dead = false;
}

static void test_new_target(void)
{
	struct rr_answer ans;
	uint8_t q;

	ZONE("_sip._udp.x 60 SRV 1 0 5060 a.x", "a.x 60 A 192.0.2.1");
	begin("x", 0, TRANSPORT_UDP, UDP, LOC_V4, 3);
	run();
	is_str(listed(), "192.0.2.1:5060;udp", "one target");
	ZONE("_sip._udp.x 60 SRV 1 0 5060 b.x", "b.x 60 A 192.0.2.2");
	do {
		now = loc_next_expiry(&l);
		loc_step(&l, now, &acts);
		q = acts.ask[0].question;
		zone_answer(loc_question_name(&l, q), loc_question_type(q),
			    &ans);
		loc_answer(&l, now, q, acts.ask[0].serial, &ans, &acts);
	} while (loc_question_type(q) != RR_SRV);
	is_int(acts.n, 1, "a new target is asked about at once");
	is_str(listed(), "192.0.2.1:5060;udp",
	       "the old one stays until there is an answer");
	answer_all();
	is_str(listed(), "192.0.2.2:5060;udp", "then it goes");
}

static void test_dead(void)
{
	ZONE("a.x 100 A 192.0.2.1");
	begin("a.x", 5060, TRANSPORT_UDP, UDP, LOC_V4, 5);
	dead = true;
	run();
	is_int(loc_state(&l, now), LOC_NO_ANSWER, "nobody answers");
	run_for(600);
	ok(asked > 8 && asked < 20, "asked again, ever later: %u in 600 s",
	   asked);
	dead = false;
	run_for(70);
	is_int(loc_state(&l, now), LOC_READY, "an answer at last");

	dead = true;
	run_for(86400);
	is_str(listed(), "192.0.2.1:5060;udp", "a day later it is still used");
	is_int(loc_state(&l, now), LOC_STALE, "as stale");
	is_int(changes, 1, "nothing has changed");
	run_for(2 * LOC_STALE_S);
	is_str(listed(), "", "but not for ever");
	is_int(loc_state(&l, now), LOC_NO_ANSWER, "which is told");
	dead = false;
	run_for(70);
	is_int(l.n, 1, "and again when somebody answers");
}

static void test_negative(void)
{
	ZONE("b.x A 192.0.2.1");
	begin("a.x", 5060, TRANSPORT_UDP, UDP, LOC_V4, 5);
	no_name = true;
	run();
	is_int(loc_state(&l, now), LOC_NOTHING, "no such name");
	run_for(600);
	ok(asked >= 10 && asked <= 16, "asked again after the SOA's TTL: %u",
	   asked);
	no_name = false;
	ZONE("a.x 60 A 192.0.2.1");
	run_for(60);
	is_int(loc_state(&l, now), LOC_READY, "until there is one");
	ZONE("b.x A 192.0.2.1");
	run_for(3600);
	is_str(listed(), "192.0.2.1:5060;udp",
	       "a name emptied: there is nowhere else to go");
	is_int(loc_state(&l, now), LOC_STALE, "which is told");
	run_for(LOC_STALE_S);
	is_int(l.n, 0, "but not for ever");
}

static void test_lies(void)
{
	struct rr_answer ans = { .result = RR_ALIAS, .alias = "b.x" };
	uint16_t serial;
	uint8_t q;
	int i;

	begin("a.x", 5060, TRANSPORT_UDP, UDP, LOC_V4, 5);
	loc_step(&l, now, &acts);
	serial = acts.ask[0].serial;
	q = acts.ask[0].question;
	loc_answer(&l, now, q, (uint16_t)(serial + 1), &ans,
		   &acts);
	is_int(acts.n, 0, "an answer to another question");
	loc_answer(&l, now, 250, serial, &ans, &acts);
	is_int(acts.n, 0, "or to none");
	loc_step(&l, now, &acts);
	is_int(acts.n, 0, "the question is out");
	for (i = 0; ; i++) {
		loc_answer(&l, now, q, serial, &ans, &acts);
		if (!acts.n)
			break;
		is_str(loc_question_name(&l, q), "b.x", "the alias is asked");
		serial = acts.ask[0].serial;
	}
	is_int(i, RR_ALIASES_MAX, "aliases without end: given up");
	is_int(loc_state(&l, now), LOC_NO_ANSWER, "as no answer");
	is_str(loc_question_name(&l, q), "a.x", "the next question is the first");
}

int main(void)
{
	test_literal();
	test_modes();
	test_naptr();
	test_srv();
	test_families();
	test_routes();
	test_limits();
	test_refresh();
	test_ttl();
	test_new_target();
	test_dead();
	test_negative();
	test_lies();
	return tap_done();
}
