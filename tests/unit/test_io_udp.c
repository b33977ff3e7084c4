// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * io/udp on loopback, with and without multishot receive: datagrams, the error
 * queue, sends that meet another destination's error, limits, closing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/log.h"
#include "io/source.h"
#include "io/udp.h"
#include "io_loop.h"
#include "tap.h"

#define BURST 150

static struct ring ring;
static struct udp a, b;			/* a sends, b receives */
static struct addr dead;		/* a port nobody listens on */
static const char *mode;

static struct {
	unsigned int received, failed, icmp, want;
	int error;
	bool same, reopen;
	struct addr from, to;
	struct udp_icmp last;
	size_t len;
	char quote[64];
} seen;

static char big[65507], got[65536];
static uint64_t sent;			/* what a.stats.tx comes to */

static void on_received(void *ctx, struct udp *u, const struct addr *from,
			const char *buf, size_t len)
{
	if (ctx != &seen || u != &b)
		return;
	seen.received++;
	seen.from = *from;
	seen.len = len;
	memcpy(got, buf, len);
	if (seen.reopen) {
		struct addr again = u->local;

		udp_close(u);
		seen.error = udp_open(u, &ring, again.family == ADDR_V6, &dead,
				      false, a.ops, &seen);
	}
}

static void on_failed(void *ctx, struct udp *u, const struct addr *to,
		      int error, const char *buf, size_t len)
{
	(void)ctx;
	(void)u;
	(void)buf;
	seen.failed++;
	seen.to = *to;
	seen.error = error;
	seen.len = len;
}

static void on_icmp(void *ctx, struct udp *u, const struct udp_icmp *e)
{
	(void)ctx;
	(void)u;
	seen.icmp++;
	seen.last = *e;
	seen.len = e->quote_len;
	memset(seen.quote, 0, sizeof(seen.quote));
	memcpy(seen.quote, e->quote,
	       e->quote_len < sizeof(seen.quote) - 1 ? e->quote_len :
						       sizeof(seen.quote) - 1);
}

static const struct udp_ops ops = {
	.received = on_received,
	.send_failed = on_failed,
	.icmp = on_icmp,
};

static bool enough_received(void)
{
	return seen.received >= seen.want;
}

static bool enough_icmp(void)
{
	return seen.icmp >= seen.want;
}

static bool enough_errors(void)
{
	return seen.icmp + seen.failed >= seen.want;
}

static bool all_ended(void)
{
	return seen.received + seen.failed >= seen.want;
}

static bool all_sent(void)
{
	return a.stats.tx >= sent;
}

static bool after_received(void)
{
	return seen.len == 5 && !memcmp(got, "after", 5);
}

static bool one_failed(void)
{
	return seen.failed > 0;
}

static void expect(unsigned int want)
{
	memset(&seen, 0, sizeof(seen));
	seen.want = want;
}

static void test_datagrams(void)
{
	size_t i;

	expect(1);
	is_int(udp_send(&a, &b.local, "hello", 5), 0, "%s: sends", mode);
	ok(io_until(&ring, enough_received), "%s: received", mode);
	ok(seen.len == 5 && !memcmp(got, "hello", 5), "%s: as sent", mode);
	ok(addr_equal(&seen.from, &a.local), "%s: from its sender", mode);

	for (i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7);
	expect(1);
	is_int(udp_send(&a, &b.local, big, sizeof(big)), 0, "%s: the largest",
	       mode);
	ok(io_until(&ring, enough_received), "%s: is received", mode);
	ok(seen.len == sizeof(big) && !memcmp(got, big, sizeof(big)),
	   "%s: whole", mode);
	if (a.family == ADDR_V4)
		is_int(udp_send(&a, &b.local, got, sizeof(big) + 1), -EMSGSIZE,
		       "%s: one byte more is refused", mode);
	is_int(b.stats.truncated, 0, "%s: nothing cut", mode);
}

/* More than there are buffers, all waiting before the first is taken. */
static void test_burst(void)
{
	uint64_t nobufs = ring.stats.nobufs;
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(b.local.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd, i;

	if (b.family != ADDR_V4)
		return;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	expect(BURST);
	for (i = 0; i < BURST; i++)
		sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
	/* Completions are made but not handled: no buffer comes back. */
	for (i = 0; i < 8; i++)
		io_uring_submit_and_get_events(&ring.uring);
	ok(io_until(&ring, enough_received), "%s: a burst is received", mode);
	is_int(seen.received, BURST, "%s: all of it", mode);
	if (ring.multishot)
		ok(ring.stats.nobufs > nobufs, "%s: the buffers ran out", mode);
	expect(1);
	udp_send(&a, &b.local, "y", 1);
	ok(io_until(&ring, enough_received), "%s: and it goes on", mode);
}

static void test_icmp(void)
{
	bool v4 = a.family == ADDR_V4;

	expect(1);
	udp_send(&a, &dead, "OPTIONS sip:x", 13);
	ok(io_until(&ring, enough_icmp), "%s: a dead port is reported", mode);
	ok(addr_equal(&seen.last.server, &dead), "%s: which one", mode);
	is_int(seen.last.type, v4 ? 3 : 1, "%s: ICMP type", mode);
	is_int(seen.last.code, v4 ? 3 : 4, "%s: ICMP code", mode);
	is_int(seen.last.error, ECONNREFUSED, "%s: errno", mode);
	is_str(seen.quote, "OPTIONS sip:x", "%s: what was sent", mode);
	ok(!memcmp(seen.last.offender.ip, dead.ip, 16) &&
	   seen.last.offender.family == dead.family, "%s: by whom", mode);
	ok(seen.last.local, "%s: which is this host", mode);
	ok(mono_us_since(seen.last.now, clock_now()) < 10000000,
	   "%s: and when", mode);

	expect(20);
	for (int i = 0; i < 20; i++)
		udp_send(&a, &dead, "twenty", 6);
	io_until(&ring, enough_errors);
	io_for(&ring, 5);
	/* The kernel limits the rate of ICMP errors only off loopback. */
	is_int(seen.failed, 0, "%s: sends fail for nothing else", mode);
	is_int(seen.icmp, 20, "%s: every error is reported", mode);
	is_int(a.stats.icmp_bad, 0, "%s: none is unreadable", mode);
}

/* Sends to the dead port leave errors that the next sends run into. */
static void test_shared_socket(void)
{
	uint64_t retried = a.stats.tx_retried, failed = a.stats.tx_failed;

	expect(50);
	for (int i = 0; i < 50; i++) {
		udp_send(&a, &dead, "down", 4);
		udp_send(&a, &b.local, "up", 2);
	}
	ok(io_until(&ring, enough_received), "%s: the living one gets all", mode);
	io_for(&ring, 20);
	is_int(seen.received, 50, "%s: once each", mode);
	ok(a.stats.tx_retried > retried, "%s: by repeats (%llu)", mode,
	   (unsigned long long)(a.stats.tx_retried - retried));
	is_int(a.stats.tx_failed, failed, "%s: no send failed", mode);
}

/* Behind a burst to the dead port each error, as it comes and as the one before
 * it is read, may fail the same send again. */
static void test_behind_burst(void)
{
	uint64_t failed = a.stats.tx_failed;
	unsigned int burst, lost = 0;
	int i;

	for (burst = 1; burst < 250; burst += 1 + burst / 10) {
		expect(10);
		for (i = 0; i < (int)burst; i++)
			udp_send(&a, &dead, "down", 4);
		for (i = 0; i < 10; i++) {
			udp_send(&a, &dead, "down", 4);
			udp_send(&a, &b.local, "up", 2);
		}
		if (!io_until(&ring, all_ended))
			break;
		lost += 10 - seen.received;
	}
	io_for(&ring, 50);	/* the errors' rest */
	is_int(lost, 0, "%s: bursts to a dead one hold nothing back", mode);
	is_int(a.stats.tx_failed, failed, "%s: nor fail a send", mode);
}

static void test_switch(void)
{
	expect(1);
	udp_set_recverr(&a, false);
	io_for(&ring, 10);
	udp_send(&a, &dead, "unheard", 7);
	io_for(&ring, 20);
	is_int(seen.icmp, 0, "%s: switched off, no error", mode);
	udp_set_recverr(&a, true);
	udp_send(&a, &dead, "again", 5);
	ok(io_until(&ring, enough_icmp), "%s: switched on, an error", mode);
	is_str(seen.quote, "again", "%s: the new one", mode);
	udp_set_recverr(&a, false);
	udp_set_recverr(&a, true);
	expect(1);
	udp_send(&a, &dead, "third", 5);
	ok(io_until(&ring, enough_icmp), "%s: off and on in one turn", mode);
	/* Off while an error waits: it is still delivered. */
	expect(1);
	udp_send(&a, &dead, "last", 4);
	io_uring_submit(&ring.uring);
	udp_set_recverr(&a, false);
	ok(io_until(&ring, enough_icmp), "%s: off delivers what waits", mode);
	is_str(seen.quote, "last", "%s: that one", mode);
	udp_set_recverr(&a, true);
	io_for(&ring, 5);
}

static void test_limits(void)
{
	struct addr other = b.local, far;
	int ret = 0, n;

	other.family = a.family == ADDR_V4 ? ADDR_V6 : ADDR_V4;
	is_int(udp_send(&a, &other, "x", 1), -EAFNOSUPPORT,
	       "%s: the other family is refused", mode);
	if (a.family == ADDR_V4) {
		/* Not from 127.0.0.1. */
		addr_parse(&far, "192.0.2.1", 5060, TRANSPORT_UDP);
		expect(1);
		udp_send(&a, &far, "nowhere", 7);
		ok(io_until(&ring, one_failed), "%s: a send fails", mode);
		ok(addr_equal(&seen.to, &far) && seen.len == 7 &&
		   seen.error < 0, "%s: to whom, what, why", mode);
		/* An error of its own that looks like another's. */
		addr_parse(&far, "255.255.255.255", 5060, TRANSPORT_UDP);
		expect(1);
		udp_send(&a, &far, "all", 3);
		ok(io_until(&ring, one_failed), "%s: a broadcast fails", mode);
		is_int(seen.error, -EACCES, "%s: for good", mode);
	}
	expect(1);
	sent = a.stats.tx;
	for (n = 0; n < 2000 && !ret; n++)
		ret = udp_send(&a, &b.local, "flood", 5);
	is_int(ret, -ENOBUFS, "%s: sends under way are limited", mode);
	is_int(n, 1025, "%s: to 1024", mode);
	is_int(a.stats.tx_full, 1, "%s: counted", mode);
	sent += 1024;
	ok(io_until(&ring, all_sent), "%s: those end", mode);
	/* More than once: b's buffer may still be full of the others. */
	ret = 0;
	for (n = 0; n < 1000 && !ret && !after_received(); n++) {
		ret = udp_send(&a, &b.local, "after", 5);
		io_for(&ring, 1);
	}
	is_int(ret, 0, "%s: slots come back", mode);
	ok(after_received(), "%s: and are used", mode);
}

/* b is closed and opened on another port in the middle of its own callback. */
static void test_reopen(void)
{
	expect(1);
	seen.reopen = true;
	for (int i = 0; i < 10; i++)
		udp_send(&a, &b.local, "first", 5);
	ok(io_until(&ring, enough_received), "%s: closed in a callback", mode);
	is_int(seen.error, 0, "%s: and opened", mode);
	io_for(&ring, 10);
	is_int(seen.received, 1, "%s: the old one is silent", mode);
	expect(1);
	udp_send(&a, &b.local, "second", 6);
	ok(io_until(&ring, enough_received), "%s: the new one hears", mode);
	ok(!memcmp(got, "second", 6), "%s: what is for it", mode);
}

static void test_source(void)
{
	struct addr server, own;

	addr_parse(&server, "127.0.0.1", 5060, TRANSPORT_TCP);
	is_int(source_for(&server, &own), 0, "a source address");
	ok(own.family == ADDR_V4 && own.transport == TRANSPORT_TCP &&
	   !own.port && !memcmp(own.ip, server.ip, 16),
	   "towards loopback is loopback's");
	memset(&server, 0, sizeof(server));
	is_int(source_for(&server, &own), -EAFNOSUPPORT, "towards nothing");
	is_int(own.family, ADDR_NONE, "is none");
}

static bool test_family(const char *ip)
{
	struct addr local;
	struct udp gone;

	addr_parse(&local, ip, 0, TRANSPORT_UDP);
	if (udp_open(&a, &ring, local.family == ADDR_V6, &local, true, &ops,
		     &seen))
		return false;
	ok(!udp_open(&b, &ring, local.family == ADDR_V6, &local, false, &ops,
		     &seen), "%s: two sockets open", mode);
	ok(a.local.port && b.local.port, "%s: with ports", mode);
	udp_open(&gone, &ring, 0, &local, false, &ops, &seen);
	dead = gone.local;
	udp_close(&gone);
	io_for(&ring, 5);

	test_datagrams();
	test_burst();
	test_icmp();
	test_shared_socket();
	test_behind_burst();
	test_switch();
	test_limits();
	test_reopen();
	udp_send(&a, &b.local, "under way", 9);
	udp_close(&a);
	udp_close(&b);
	return true;
}

static void test_mode(bool multishot, const char *v4, const char *v6)
{
	if (!ok(!ring_open(&ring, 64), "ring opens"))
		return;
	if (multishot && !ring.multishot) {
		ok(true, "multishot receive # SKIP not in this kernel");
		ring_close(&ring);
		return;
	}
	ring.multishot = multishot;
	mode = v4;
	ok(test_family("127.0.0.1"), "%s", mode);
	mode = v6;
	if (!test_family("::1"))
		ok(true, "%s # SKIP no ::1 here", mode);
	ring_close(&ring);
	is_int(ring.in_flight, 0, "everything ended");
}

int main(void)
{
	test_source();
	test_mode(true, "v4 multishot", "v6 multishot");
	test_mode(false, "v4 single", "v6 single");
	return tap_done();
}
