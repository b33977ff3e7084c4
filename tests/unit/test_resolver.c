// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * The resolver against a liar: a name server in this process that does what it
 * is told to each question.
 */
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../userspace/codec/dns.h"
#include "../../userspace/core/rng.h"
#include "../../userspace/io/clock.h"
#include "../../userspace/io/resolver.h"

/* A test has less time. */
#undef RESOLVER_TIMEOUT_MS
#define RESOLVER_TIMEOUT_MS 200
#include "../../userspace/io/resolver.c"
#include "dns_packet.h"

#define WAIT_MS 20000

enum lie {
	HONEST, SILENT, WRONG_ID, WRONG_QUESTION, GARBAGE, SHORT, REFUSES,
	NO_NAME, LOOPBACK, LOOP, TRUNCATED, HUGE_ANSWER, OTHER_SENDER,
};

static struct ring ring;
static struct resolver resolver;
static struct addr address;
static int udp, tcp, other, conn = -1;
static enum lie lie;
static struct packet p;
static struct rng dice = { 1 };
static unsigned int asked_udp, asked_tcp;

static struct {
	unsigned int n, failed;
	uint64_t id;
	int parsed;
	struct rr_answer ans;
} got;
static enum rr_type asked_type;
static unsigned int wanted;

static void on_answered(void *ctx, uint64_t id, const uint8_t *buf, size_t len)
{
	(void)ctx;
	got.n++;
	got.id = id;
	got.failed += !buf;
	if (buf)
		got.parsed = dns_parse(buf, len, "a.example", asked_type,
				       &got.ans);
}

static const struct resolver_ops ops = { .answered = on_answered };

/* ---- the liar ---- */

static void make(uint16_t id, bool over_tcp)
{
	char name[16];
	int i;

	p_begin(&p, id, "a.example", asked_type, lie == REFUSES ? 2 :
		lie == NO_NAME ? 3 : 0);
	switch (lie) {
	case HONEST:
	case SILENT:
	case WRONG_ID:
	case OTHER_SENDER:
		p_ip(&p, "a.example", 60, "192.0.2.1");
		break;
	case WRONG_QUESTION:
		p_begin(&p, id, "b.example", asked_type, 0);
		p_ip(&p, "b.example", 60, "192.0.2.66");
		break;
	case GARBAGE:
		for (p.n = 2; p.n < 200; )
			p8(&p, rng_below(&dice, 256));
		break;
	case SHORT:
		p.n = 7;
		break;
	case REFUSES:
		break;
	case NO_NAME:
		p_soa(&p, "example", 30, 20);
		break;
	case LOOPBACK:
		p_ip(&p, "a.example", 60, "127.0.0.1");
		break;
	case LOOP:
		p_cname(&p, "a.example", 60, "b.example");
		p_cname(&p, "b.example", 60, "a.example");
		break;
	case TRUNCATED:
		if (over_tcp)
			p_ip(&p, "a.example", 60, "192.0.2.9");
		else
			p.b[2] |= 2;
		break;
	case HUGE_ANSWER:
		if (!over_tcp) {
			p.b[2] |= 2;
			break;
		}
		for (i = 0; i < 2000; i++) {
			snprintf(name, sizeof(name), "192.0.%d.%d", i / 250,
				 i % 250);
			p_ip(&p, "a.example", 60, name);
		}
		break;
	}
}

static void liar_udp(void)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	uint8_t buf[512];
	uint16_t id;

	if (recvfrom(udp, buf, sizeof(buf), 0, (struct sockaddr *)&from,
		     &len) < 12)
		return;
	asked_udp++;
	if (lie == SILENT)
		return;
	id = (uint16_t)(buf[0] << 8 | buf[1]);
	make(lie == WRONG_ID ? (uint16_t)(id + 1) : id, false);
	sendto(lie == OTHER_SENDER ? other : udp, p.b, p.n, 0,
	       (struct sockaddr *)&from, len);
}

static void liar_tcp(void)
{
	uint8_t buf[512], length[2];
	size_t at;
	ssize_t n;

	if (conn < 0) {
		conn = accept(tcp, NULL, NULL);
		if (conn >= 0)
			fcntl(conn, F_SETFL, O_NONBLOCK);
		asked_tcp += conn >= 0;
		return;
	}
	n = read(conn, buf, sizeof(buf));
	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 14) {
		make((uint16_t)(buf[2] << 8 | buf[3]), true);
		length[0] = (uint8_t)(p.n >> 8);
		length[1] = (uint8_t)p.n;
		if (write(conn, length, 2) == 2)
			for (at = 0; at < p.n; at += (size_t)n) {
				n = write(conn, p.b + at, p.n - at);
				if (n <= 0)
					break;
			}
	}
	close(conn);
	conn = -1;
}

/* ---- the loop ---- */

static struct mono give_up;

static void turn(void *ctx)
{
	struct mono now = clock_now(), at;

	(void)ctx;
	liar_udp();
	liar_tcp();
	at = mono_min(resolver_next_expiry(&resolver, now),
		      mono_add_ms(now, 5));
	ring_set_deadline(&ring, at);
	if (got.n >= wanted || mono_due(give_up, now))
		ring_stop(&ring);
}

static void expired(void *ctx, struct mono now)
{
	(void)ctx;
	(void)now;
	resolver_expire(&resolver);
}

static void run(unsigned int n)
{
	wanted = n;
	give_up = mono_add_ms(clock_now(), WAIT_MS);
	ring.batch_end = turn;
	ring.expired = expired;
	turn(NULL);
	ring_run(&ring);
}

static void ask(enum lie how, enum rr_type type)
{
	lie = how;
	asked_type = type;
	memset(&got, 0, sizeof(got));
	asked_udp = asked_tcp = 0;
	is_int(resolver_ask(&resolver, 77, "a.example", type), 0, "asked");
	run(1);
}

/* A port that is free for both; another program may have its TCP half. */
static bool liar_bind(struct sockaddr_in *sin)
{
	socklen_t len = sizeof(*sin);

	udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	sin->sin_port = 0;
	if (bind(udp, (struct sockaddr *)sin, sizeof(*sin)) == 0 &&
	    getsockname(udp, (struct sockaddr *)sin, &len) == 0 &&
	    bind(tcp, (struct sockaddr *)sin, sizeof(*sin)) == 0 &&
	    listen(tcp, 8) == 0)
		return true;
	close(udp);
	close(tcp);
	return false;
}

static void liar_open(void)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	int tries = 20;

	while (!liar_bind(&sin) && --tries)
		;
	if (!tries) {
		printf("# the liar has no port\n");
		exit(1);
	}
	other = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	addr_parse(&address, "127.0.0.1", ntohs(sin.sin_port), TRANSPORT_UDP);
}

static void test_answers(void)
{
	ask(HONEST, RR_A);
	ok(got.n == 1 && got.id == 77 && !got.parsed && got.ans.n == 1,
	   "an answer");
	ask(NO_NAME, RR_A);
	ok(!got.failed && got.ans.result == RR_NO_NAME && got.ans.ttl_s == 20,
	   "no such name, with the SOA's time");
	ask(LOOPBACK, RR_A);
	ok(!got.failed && got.ans.result == RR_NO_DATA && got.ans.refused == 1,
	   "an address of loopback is none");
	ask(LOOP, RR_A);
	ok(!got.failed && got.parsed == -EBADMSG, "aliases in a circle");
	ask(TRUNCATED, RR_A);
	ok(got.ans.n == 1 && got.ans.rr[0].ip[3] == 9 && asked_tcp == 1,
	   "an answer that was cut is asked for by TCP");
	ask(HUGE_ANSWER, RR_A);
	ok(got.ans.n == RR_ANSWER_MAX && got.ans.cut == 2000 - RR_ANSWER_MAX,
	   "thousands of addresses: cut, counted");
}

static void test_lies(void)
{
	static const struct { enum lie lie; const char *what; } lies[] = {
		{ SILENT, "nothing" }, { WRONG_ID, "another's number" },
		{ WRONG_QUESTION, "to another question" },
		{ GARBAGE, "garbage" }, { SHORT, "half a header" },
		{ REFUSES, "a failure" },
		{ OTHER_SENDER, "another sender's" },
	};
	struct mono before;
	unsigned int i;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		before = clock_now();
		ask(lies[i].lie, RR_A);
		ok(got.n == 1 && (got.failed || got.parsed ||
				  got.ans.result == RR_FAILED),
		   "no answer: %s", lies[i].what);
		ok(mono_us_since(before, clock_now()) < 10000000, "in time");
		ok(asked_udp <= RESOLVER_TRIES, "asked %u times", asked_udp);
	}
	ask(HONEST, RR_A);
	ok(got.n == 1 && got.ans.n == 1, "and still answers the honest one");
}

static void test_limit(void)
{
	unsigned int i, taken = 0;

	lie = HONEST;
	asked_type = RR_A;
	memset(&got, 0, sizeof(got));
	for (i = 0; i < RESOLVER_QUERIES_MAX + 10; i++)
		taken += resolver_ask(&resolver, i, "a.example", RR_A) == 0;
	is_int(taken, RESOLVER_QUERIES_MAX, "no more than so many at a time");
	is_int(resolver.stats.refused, 10, "the others are counted");
	run(taken);
	is_int(got.n, taken, "each has its answer");
	ok(mono_is_never(resolver_next_expiry(&resolver, clock_now())),
	   "and nothing is left");
	is_int(resolver_ask(&resolver, 1, "a..example", RR_A), -EIO,
	       "a name that cannot be asked");
	memset(&got, 0, sizeof(got));
	lie = SILENT;
	resolver_ask(&resolver, 1, "a.example", RR_A);
	resolver_close(&resolver);
	is_int(got.n, 0, "closed with a question under way: silence");
}

int main(void)
{
	if (ring_open(&ring, 64))
		return 1;
	liar_open();
	is_int(resolver_open(&resolver, &ring, &address, 1, &ops, NULL), 0,
	       "open");
	test_answers();
	test_lies();
	test_limit();
	ring_close(&ring);
	close(udp);
	close(tcp);
	close(other);
	return tap_done();
}
