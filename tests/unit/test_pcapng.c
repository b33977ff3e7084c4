// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Messages as a pcapng file, read back block by block. */
#include "../../tools/pcapng.c"

#include "tap.h"

struct packet {
	uint64_t ns;
	uint32_t flags;
	char comment[128];
	unsigned char bytes[70000];
	size_t len;
};

static char *file;
static size_t file_len;
static struct packet packet[8];
static size_t packets, blocks;
static bool sound;

static uint32_t le(const char *at, size_t n)
{
	uint32_t v = 0;

	memcpy(&v, at, n);
	return v;
}

static void read_options(struct packet *p, const char *at, const char *end)
{
	while (at + 4 <= end) {
		uint32_t code = le(at, 2), len = le(at + 2, 2);

		if (code == OPT_COMMENT && len < sizeof(p->comment))
			memcpy(p->comment, at + 4, len);
		if (code == OPT_FLAGS)
			p->flags = le(at + 4, 4);
		at += 4 + (len + 3) / 4 * 4;
		if (!code) {
			sound = sound && at == end;
			return;
		}
	}
	sound = false;
}

static void read_back(void)
{
	const char *at = file;

	memset(packet, 0, sizeof(packet));
	packets = blocks = 0;
	sound = true;
	while (at < file + file_len) {
		uint32_t type = le(at, 4), len = le(at + 4, 4);
		struct packet *p = &packet[packets];

		if (len % 4 || len < 16 || at + len > file + file_len ||
		    le(at + len - 4, 4) != len) {
			sound = false;
			return;
		}
		blocks++;
		if (type == BLOCK_PACKET && packets < 8) {
			p->ns = (uint64_t)le(at + 12, 4) << 32 | le(at + 16, 4);
			p->len = le(at + 20, 4);
			memcpy(p->bytes, at + 28, p->len);
			read_options(p, at + 28 + (p->len + 3) / 4 * 4,
				     at + len - 4);
			packets++;
		}
		at += len;
	}
}

static struct addr address(const char *ip, uint16_t port, enum transport t)
{
	struct addr a;

	if (addr_parse(&a, ip, port, t))
		abort();
	return a;
}

static struct pcapng_message message(bool sent, const char *own,
				     const char *peer, enum transport t,
				     const char *text)
{
	return (struct pcapng_message){
		.unix_ns = 1790000000123456789ull, .sent = sent,
		.own = address(own, 40000, t), .peer = address(peer, 5061, t),
		.bytes = (const unsigned char *)text, .len = strlen(text),
	};
}

static void write_all(const struct pcapng_message *m, size_t n)
{
	struct pcapng p;
	FILE *f;
	size_t i;

	free(file);
	f = open_memstream(&file, &file_len);
	if (!f || !pcapng_begin(&p, f))
		abort();
	for (i = 0; i < n; i++)
		if (!pcapng_put(&p, &m[i]))
			abort();
	pcapng_end(&p);
	fclose(f);
	read_back();
}

/* The sum over header and payload with its checksum in it. */
static bool is_summed(const struct packet *p)
{
	bool v6 = p->bytes[0] >> 4 == 6;
	size_t ip = v6 ? 40 : 20, n = v6 ? 16 : 4;
	uint32_t s = p->bytes[v6 ? 6 : 9] + (uint32_t)(p->len - ip);

	s = sum(s, p->bytes + (v6 ? 8 : 12), 2 * n);
	return sum(s, p->bytes + ip, p->len - ip) == 0xffff &&
	       (v6 || sum(0, p->bytes, 20) == 0xffff);
}

static uint32_t be(const unsigned char *at, size_t n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | *at++;
	return v;
}

static void test_empty(void)
{
	write_all(NULL, 0);
	ok(sound && blocks == 2 && le(file, 4) == BLOCK_SECTION &&
	   le(file + 8, 4) == 0x1a2b3c4d, "a section and an interface");
}

static void test_udp(void)
{
	struct pcapng_message m[] = {
		message(true, "192.0.2.9", "192.0.2.1", TRANSPORT_UDP,
			"OPTIONS"),
		message(false, "2001:db8::9", "2001:db8::1", TRANSPORT_UDP,
			"SIP/2.0 200"),
	};
	const unsigned char *b = packet[0].bytes;

	write_all(m, 2);
	ok(sound && packets == 2, "two datagrams");
	ok(packet[0].ns == 1790000000123456789ull, "nanoseconds");
	ok(b[0] == 0x45 && b[9] == PROTO_UDP && be(b + 2, 2) == 35 &&
	   packet[0].len == 35 && !memcmp(b + 12, m[0].own.ip, 4) &&
	   !memcmp(b + 16, m[0].peer.ip, 4) && be(b + 20, 2) == 40000 &&
	   be(b + 22, 2) == 5061 && !memcmp(b + 28, "OPTIONS", 7),
	   "from the phone to the server");
	ok(is_summed(&packet[0]) && packet[0].flags == FLAG_OUTBOUND &&
	   !*packet[0].comment, "sums, direction");
	b = packet[1].bytes;
	ok(b[0] == 0x60 && be(b + 4, 2) == 19 &&
	   !memcmp(b + 8, m[1].peer.ip, 16) && !memcmp(b + 24, m[1].own.ip, 16)
	   && be(b + 40, 2) == 5061 && is_summed(&packet[1]) &&
	   packet[1].flags == FLAG_INBOUND, "and back, IPv6");
}

static void test_stream(void)
{
	struct pcapng_message m[] = {
		message(true, "192.0.2.9", "192.0.2.1", TRANSPORT_TLS, "12345"),
		message(false, "192.0.2.9", "192.0.2.1", TRANSPORT_TLS, "123"),
		message(true, "192.0.2.9", "192.0.2.1", TRANSPORT_TLS, "1"),
		message(true, "192.0.2.9", "192.0.2.2", TRANSPORT_TCP, "1"),
	};
	const unsigned char *h = packet[2].bytes + 20;

	write_all(m, 4);
	ok(sound && packets == 4 && packet[0].bytes[9] == PROTO_TCP &&
	   is_summed(&packet[0]) && is_summed(&packet[1]), "segments");
	ok(be(packet[0].bytes + 24, 4) == 1 && be(packet[1].bytes + 24, 4) == 1
	   && be(packet[1].bytes + 28, 4) == 6 && be(h + 4, 4) == 6 &&
	   be(h + 8, 4) == 4, "go on where the one before ended");
	is_int(be(packet[3].bytes + 24, 4), 1, "in each connection for itself");
	ok(strstr(packet[0].comment, "TLS") && !*packet[3].comment,
	   "what was encrypted says so");
}

static void test_large(void)
{
	static char text[65536];
	struct pcapng_message m;

	memset(text, 'x', sizeof(text) - 1);
	m = message(true, "192.0.2.9", "192.0.2.1", TRANSPORT_TCP, text);
	write_all(&m, 1);
	ok(sound && packets == 2 &&
	   packet[0].len + packet[1].len == 65535 + 2 * 40 &&
	   be(packet[1].bytes + 24, 4) == 1 + SEGMENT_MAX,
	   "a long message in two segments");
	m.own.transport = m.peer.transport = TRANSPORT_UDP;
	write_all(&m, 1);
	ok(sound && packets == 0, "none that no datagram can have");
}

static void test_unknown(void)
{
	struct pcapng_message m = message(true, "192.0.2.9", "2001:db8::1",
					  TRANSPORT_UDP, "x");

	m.own.family = ADDR_NONE;
	write_all(&m, 1);
	ok(sound && packets == 1 && be(packet[0].bytes + 8, 4) == 0 &&
	   is_summed(&packet[0]), "an own address that is not known is zero");
	m.peer.family = ADDR_NONE;
	write_all(&m, 1);
	ok(sound && packets == 0, "without a peer there is nothing to show");
}

static void test_full(void)
{
	struct pcapng_message m = message(true, "192.0.2.9", "192.0.2.1",
					  TRANSPORT_UDP, "x");
	FILE *f = fopen("/dev/full", "w");
	struct pcapng p;

	setvbuf(f, NULL, _IONBF, 0);
	ok(!pcapng_begin(&p, f) && !pcapng_put(&p, &m), "a full disk is told");
	pcapng_end(&p);
	fclose(f);
}

int main(void)
{
	test_empty();
	test_udp();
	test_stream();
	test_large();
	test_unknown();
	test_full();
	free(file);
	return tap_done();
}
