// SPDX-License-Identifier: BSD-2-Clause
/*
 * count: what sipover costs a packet, in instructions; run in a guest that
 * executes one instruction per tick of its clock (tests/bench-kmod/run).
 *
 *   count calibrate            fails unless a tick is an instruction
 *   count packets NAME         each packet through each hook as it is now
 *   count error NAME           the error that will matter, nobody listens
 *   count sipover N...         the same two with N servers each, the error to
 *                              netlink; and the memory of the servers
 *   count nflog                the same two, the error to nfnetlink_log's
 *                              group 1
 *
 * Prints lines
 *   packet NAME HOOK PACKET TICKS      of 1000 traversals
 *   error NAME FAMILY HOOK TOTAL       in the hook; until it is received
 *   later NAME FAMILY TICKS            taken from a program in the 28 ms behind
 *   object NAME BYTES                  of slab memory
 *   memory N BYTES                     each of N servers took of free memory
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

#include <linux/sipover.h>

#include "module/traverse.h"

#define LOOPS 1000
#define ROUNDS 9
#define PAYLOAD 500	/* a REGISTER, and the error quotes all of it */
#define PACKET_MAX 1024
#define BATCH 64	/* requests in one system call */
#define LATER_TICKS 28000000	/* 28 ms */
#define LATER_ROUNDS 3

static int proc = -1;

static void fail(const char *what)
{
	fprintf(stderr, "count: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t clock_now(void)
{
	_mm_lfence();
	return __rdtsc();
}

/* Time for the kernel's own work: the guest has nothing else to do. */
static void rest(int ms)
{
	poll(NULL, 0, ms);
}

/* ------------------------------------------------------------- packets */

struct packet {
	struct traverse head;
	uint8_t at[PACKET_MAX];
	size_t len;
};

static const char *const hook_names[] = {
	[TRAVERSE_IN4] = "in4", [TRAVERSE_OUT4] = "out4",
	[TRAVERSE_IN6] = "in6", [TRAVERSE_OUT6] = "out6",
};

/* Us, the server, and somebody else. */
static const char *const us[] = { "192.0.2.1", "2001:db8::1" };
static const char *const server[] = { "192.0.2.2", "2001:db8::2" };
static const char *const other[] = { "198.51.100.9", "2001:db8:9::9" };

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

static uint32_t sum(const uint8_t *at, size_t len, uint32_t start)
{
	size_t i;

	for (i = 0; i < len; i++)
		start += i & 1 ? at[i] : at[i] << 8;
	return start;
}

static uint16_t fold(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return ~value;
}

/* The checksum of what stands behind the IP header at ip. */
static uint16_t upper_csum(const uint8_t *ip, bool v6, uint8_t proto,
			   const uint8_t *at, size_t len, bool pseudo)
{
	uint32_t value = 0;

	if (pseudo)
		value = sum(v6 ? ip + 8 : ip + 12, v6 ? 32 : 8, proto + len);
	return fold(sum(at, len, value));
}

/* An IP header in front of len bytes; returns its length. */
static size_t put_ip(uint8_t *at, bool v6, uint8_t proto, const char *from,
		     const char *to, size_t len, uint16_t id)
{
	if (v6) {
		memset(at, 0, 40);
		at[0] = 0x60;
		put16(at + 4, len);
		at[6] = proto;
		at[7] = 64;
		inet_pton(AF_INET6, from, at + 8);
		inet_pton(AF_INET6, to, at + 24);
		return 40;
	}
	memset(at, 0, 20);
	at[0] = 0x45;
	put16(at + 2, 20 + len);
	put16(at + 4, id);
	at[8] = 64;
	at[9] = proto;
	inet_pton(AF_INET, from, at + 12);
	inet_pton(AF_INET, to, at + 16);
	put16(at + 10, fold(sum(at, 20, 0)));
	return 20;
}

static void begin(struct packet *p, enum traverse_hook hook)
{
	memset(p, 0, sizeof(*p));
	p->head.hook = hook;
}

static bool is_v6(const struct packet *p)
{
	return p->head.hook == TRAVERSE_IN6 || p->head.hook == TRAVERSE_OUT6;
}

static void put_udp(struct packet *p, const char *from, uint16_t sport,
		    const char *to, uint16_t dport, size_t payload, uint16_t id)
{
	bool v6 = is_v6(p);
	size_t ip = put_ip(p->at, v6, IPPROTO_UDP, from, to, 8 + payload, id);
	uint8_t *udp = p->at + ip;
	size_t i;

	put16(udp, sport);
	put16(udp + 2, dport);
	put16(udp + 4, 8 + payload);
	for (i = 0; i < payload; i++)
		udp[8 + i] = 'a' + (i + id) % 26;
	put16(udp + 8, id);
	put16(udp + 6, upper_csum(p->at, v6, IPPROTO_UDP, udp, 8 + payload,
				  true));
	p->len = ip + 8 + payload;
}

static void put_tcp(struct packet *p, const char *from, uint16_t sport,
		    const char *to, uint16_t dport)
{
	size_t ip = put_ip(p->at, is_v6(p), IPPROTO_TCP, from, to, 20, 1);

	put16(p->at + ip, sport);
	put16(p->at + ip + 2, dport);
	p->at[ip + 12] = 5 << 4;
	p->at[ip + 13] = 0x10;	/* ACK */
	p->len = ip + 20;
}

/* ICMP or ICMPv6, with what it quotes or carries. */
static void put_icmp(struct packet *p, const char *from, const char *to,
		     uint8_t type, uint8_t code, const uint8_t *data,
		     size_t len)
{
	bool v6 = is_v6(p);
	uint8_t proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	size_t ip = put_ip(p->at, v6, proto, from, to, 8 + len, 1);
	uint8_t *icmp = p->at + ip;

	memset(icmp, 0, 8);
	icmp[0] = type;
	icmp[1] = code;
	memcpy(icmp + 8, data, len);
	put16(icmp + 2, upper_csum(p->at, v6, proto, icmp, 8 + len, v6));
	p->len = ip + 8 + len;
}

static void put_error(struct packet *p, const char *from,
		      const struct packet *quoted)
{
	bool v6 = is_v6(p);

	put_icmp(p, from, us[v6], v6 ? 1 : 3, v6 ? 4 : 3, quoted->at,
		 quoted->len);
}

static void traverse(struct packet *p, uint32_t loops)
{
	p->head.loops = loops;
	if (write(proc, p, offsetof(struct packet, at) + p->len) < 0)
		fail("/proc/traverse");
}

static uint64_t ticks(void)
{
	uint64_t value;

	if (read(proc, &value, sizeof(value)) != sizeof(value))
		fail("/proc/traverse");
	return value;
}

/* ------------------------------------------------- packets of all sorts */

static void build_in(struct packet *p, const char *name)
{
	static const uint8_t ping[56];
	struct packet quoted;
	bool v6 = is_v6(p);

	if (!strcmp(name, "tcp")) {
		put_tcp(p, other[v6], 443, us[v6], 40000);
	} else if (!strcmp(name, "rtp")) {
		put_udp(p, other[v6], 30000, us[v6], 40000, 172, 1);
	} else if (!strcmp(name, "icmp-echo")) {
		put_icmp(p, other[v6], us[v6], v6 ? 129 : 0, 0, ping,
			 sizeof(ping));
	} else if (!strcmp(name, "icmp-others")) {
		begin(&quoted, v6 ? TRAVERSE_OUT6 : TRAVERSE_OUT4);
		put_udp(&quoted, us[v6], 40000, other[v6], 30000, 172, 1);
		put_error(p, other[v6], &quoted);
	} else if (!strcmp(name, "udp-5060")) {
		put_udp(p, other[v6], 5060, us[v6], 40000, 172, 1);
	} else {
		begin(&quoted, v6 ? TRAVERSE_OUT6 : TRAVERSE_OUT4);
		put_udp(&quoted, us[v6], 40000, other[v6], 5060, 172, 1);
		put_error(p, other[v6], &quoted);
	}
}

static void build_out(struct packet *p, const char *name)
{
	static const uint8_t ping[56];
	bool v6 = is_v6(p);

	if (!strcmp(name, "tcp"))
		put_tcp(p, us[v6], 40000, other[v6], 443);
	else if (!strcmp(name, "rtp"))
		put_udp(p, us[v6], 40000, other[v6], 30000, 172, 1);
	else if (!strcmp(name, "icmp-echo"))
		put_icmp(p, us[v6], other[v6], v6 ? 128 : 8, 0, ping,
			 sizeof(ping));
	else
		put_udp(p, us[v6], 40000, other[v6], 5060, 172, 1);
}

static uint64_t per_thousand(struct packet *p)
{
	uint64_t less, more;

	/* What the hook meets first may differ: a cache, a lock made. */
	traverse(p, LOOPS);
	traverse(p, LOOPS);
	less = ticks();
	traverse(p, 2 * LOOPS);
	more = ticks();
	return (more - less) * 1000 / LOOPS;
}

static void packets(const char *config)
{
	static const char *const in[] = { "tcp", "rtp", "icmp-echo",
		"icmp-others", "udp-5060", "icmp-5060" };
	static const char *const out[] = { "tcp", "rtp", "icmp-echo",
		"udp-5060" };
	struct packet p;
	unsigned int hook, i, n;

	for (hook = TRAVERSE_IN4; hook <= TRAVERSE_OUT6; hook++) {
		bool is_in = hook == TRAVERSE_IN4 || hook == TRAVERSE_IN6;

		n = is_in ? sizeof(in) / sizeof(*in) : sizeof(out) / sizeof(*out);
		for (i = 0; i < n; i++) {
			const char *name = is_in ? in[i] : out[i];

			begin(&p, hook);
			if (is_in)
				build_in(&p, name);
			else
				build_out(&p, name);
			printf("packet %s %s %s %llu\n", config,
			       hook_names[hook], name,
			       (unsigned long long)per_thousand(&p));
		}
	}
}

/* ------------------------------------------------- the error that matters */

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t median(uint64_t *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_value);
	return values[ROUNDS / 2];
}

/*
 * A datagram to the server, and the error about it: what the hook takes, and
 * what it takes until a listener has the message.  fd: its socket, -1: none.
 */
static void error_once(bool v6, int fd, uint16_t id, uint64_t *hook,
		       uint64_t *total)
{
	static uint8_t message[16384];
	struct packet sent, error;
	uint64_t start;

	begin(&sent, v6 ? TRAVERSE_OUT6 : TRAVERSE_OUT4);
	put_udp(&sent, us[v6], 40000, server[v6], 5060, PAYLOAD, id);
	begin(&error, v6 ? TRAVERSE_IN6 : TRAVERSE_IN4);
	put_error(&error, server[v6], &sent);
	traverse(&sent, 1);
	/* Behind the quiet period of the last one, a tick just begun. */
	rest(100);
	start = clock_now();
	traverse(&error, 1);
	if (fd >= 0 && recv(fd, message, sizeof(message), 0) <= 0)
		fail("no message");
	*total = clock_now() - start;
	*hook = ticks();
	if (fd >= 0 && recv(fd, message, sizeof(message), MSG_DONTWAIT) > 0) {
		errno = EPROTO;
		fail("more than one message");
	}
}

static void errors(const char *config, int fd)
{
	uint64_t hook[ROUNDS], total[ROUNDS];
	static uint16_t id = 100;
	int family, i;

	for (family = 0; family < 2; family++) {
		error_once(family, fd, id++, hook, total);
		for (i = 0; i < ROUNDS; i++)
			error_once(family, fd, id++, hook + i, total + i);
		printf("error %s %s %llu %llu\n", config, family ? "v6" : "v4",
		       (unsigned long long)median(hook),
		       (unsigned long long)median(total));
	}
}

/*
 * What the kernel does behind an error's back, its own ticks included: the time
 * that a program which does nothing else does not get.
 */
static uint64_t taken(void)
{
	uint64_t start = clock_now(), last = start, now, sum = 0;

	do {
		now = clock_now();
		if (now - last > 100)
			sum += now - last;
		last = now;
	} while (now - start < LATER_TICKS);
	return sum;
}

static void later(const char *config, int fd)
{
	uint64_t hook, total, least, got;
	static uint16_t id = 20000;
	int family, i;

	for (family = 0; family < 2; family++) {
		least = UINT64_MAX;
		for (i = 0; i < LATER_ROUNDS; i++) {
			error_once(family, fd, id++, &hook, &total);
			got = taken();
			least = got < least ? got : least;
		}
		printf("later %s %s %llu\n", config, family ? "v6" : "v4",
		       (unsigned long long)least);
	}
}

/* --------------------------------------------------------------- netlink */

struct request {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	uint8_t attrs[64];
};

static void put_attr(struct request *r, uint16_t type, const void *data,
		     uint16_t len)
{
	struct nlattr attr = { NLA_HDRLEN + len, type };
	uint8_t *at = (uint8_t *)r + r->nlh.nlmsg_len;

	memcpy(at, &attr, sizeof(attr));
	memcpy(at + NLA_HDRLEN, data, len);
	r->nlh.nlmsg_len += NLA_ALIGN(attr.nla_len);
}

static void genl_begin(struct request *r, uint16_t type, uint8_t cmd)
{
	memset(r, 0, sizeof(*r));
	r->nlh.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	r->nlh.nlmsg_type = type;
	r->nlh.nlmsg_flags = NLM_F_REQUEST;
	r->genl.cmd = cmd;
	r->genl.version = 1;
}

static int netlink_open(int protocol)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW, protocol), size = 8 << 20;

	if (fd < 0 || bind(fd, (void *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		fail("netlink");
	return fd;
}

static uint16_t family_id(int fd)
{
	static uint8_t buf[8192];
	struct request r;
	const uint8_t *at;
	struct nlattr attr;
	ssize_t len;

	genl_begin(&r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	put_attr(&r, CTRL_ATTR_FAMILY_NAME, "sipover", 8);
	if (send(fd, &r, r.nlh.nlmsg_len, 0) < 0)
		fail("family");
	len = recv(fd, buf, sizeof(buf), 0);
	for (at = buf + NLMSG_LENGTH(GENL_HDRLEN);
	     len > 0 && at + NLA_HDRLEN < buf + len;
	     at += NLA_ALIGN(attr.nla_len)) {
		memcpy(&attr, at, sizeof(attr));
		if (attr.nla_type == CTRL_ATTR_FAMILY_ID)
			return at[NLA_HDRLEN] | at[NLA_HDRLEN + 1] << 8;
		if (attr.nla_len < NLA_HDRLEN)
			break;
	}
	errno = ENOENT;
	fail("family sipover");
	return 0;
}

static size_t watch_add(struct request *r, uint16_t type, bool v6,
			uint8_t proto, const void *addr)
{
	uint8_t family = v6 ? AF_INET6 : AF_INET;
	uint16_t port = htons(5060);

	genl_begin(r, type, SIPOVER_CMD_WATCH_ADD);
	put_attr(r, SIPOVER_A_FAMILY, &family, 1);
	put_attr(r, SIPOVER_A_PROTO, &proto, 1);
	put_attr(r, v6 ? SIPOVER_A_ADDR6 : SIPOVER_A_ADDR4, addr, v6 ? 16 : 4);
	put_attr(r, SIPOVER_A_PORT, &port, 2);
	return r->nlh.nlmsg_len;
}

/* n replies, none of them a refusal */
static void await(int fd, unsigned int n)
{
	static uint8_t buf[16384];
	const struct nlmsghdr *nlh = (const void *)buf;

	while (n--) {
		if (recv(fd, buf, sizeof(buf), 0) < (ssize_t)sizeof(*nlh))
			fail("reply");
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			memcpy(&errno, buf + NLMSG_HDRLEN, sizeof(errno));
			errno = -errno;
			fail("refused");
		}
	}
}

/* The servers under test, of both families. */
static void watch_server(int fd, uint16_t type)
{
	struct request r;
	uint8_t addr[16];
	int family;
	size_t len;

	for (family = 0; family < 2; family++) {
		inet_pton(family ? AF_INET6 : AF_INET, server[family], addr);
		len = watch_add(&r, type, family, IPPROTO_UDP, addr);
		if (send(fd, &r, len, 0) < 0)
			fail("watch");
		await(fd, 1);
	}
}

/* TCP servers have no ring: their number tells what a record takes. */
static void watch_many(int fd, uint16_t type, uint32_t from, uint32_t to)
{
	static uint8_t buf[BATCH * sizeof(struct request)];
	struct request r;
	unsigned int n;
	uint32_t addr;
	size_t len;

	while (from < to) {
		for (len = n = 0; n < BATCH && from < to; n++, from++) {
			addr = htonl(0x0a000000 + from);
			watch_add(&r, type, false, IPPROTO_TCP, &addr);
			memcpy(buf + len, &r, r.nlh.nlmsg_len);
			len += NLMSG_ALIGN(r.nlh.nlmsg_len);
		}
		if (send(fd, buf, len, 0) < 0)
			fail("watches");
		await(fd, n);
	}
}

/* The number in the file's first line that begins with key. */
static long number_in(const char *path, const char *key)
{
	FILE *file = fopen(path, "r");
	char line[128];
	long value = -1;

	while (file && value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			value = strtol(line + strlen(key), NULL, 10);
	if (value < 0)
		fail(path);
	fclose(file);
	return value;
}

static long free_kib(void)
{
	return number_in("/proc/meminfo", "MemFree:");
}

static void object_size(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/slab/sipover_%s/slab_size",
		 name);
	printf("object %s %ld\n", name, number_in(path, ""));
}

static void sipover(int argc, char **argv)
{
	int fd = netlink_open(NETLINK_GENERIC), i;
	uint16_t type = family_id(fd);
	uint32_t have = 1, want;
	long before, after;

	object_size("server");
	object_size("watch");
	watch_server(fd, type);
	rest(2000);
	before = free_kib();
	for (i = 0; i < argc; i++) {
		want = strtoul(argv[i], NULL, 10);
		watch_many(fd, type, have, want);
		/* The table grows in its own time. */
		rest(2000);
		after = free_kib();
		if (want > 1)
			printf("memory %u %ld\n", want - 1,
			       (before - after) * 1024 / (long)(want - 1));
		have = want;
		packets(argv[i]);
		errors(argv[i], fd);
		if (i == 0)
			later(argv[i], fd);
	}
}

/* ----------------------------------------------------------------- nflog */

static void nflog_config(int fd, uint8_t family, uint16_t group, uint16_t type,
			 const void *data, uint16_t len)
{
	struct {
		struct nlmsghdr nlh;
		struct nfgenmsg nf;
		uint8_t attr[32];
	} r = {
		.nlh = {
			.nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg)) +
				     NLA_ALIGN(NLA_HDRLEN + len),
		},
		.nf = { family, NFNETLINK_V0, htons(group) },
	};
	struct nlattr attr = { NLA_HDRLEN + len, type };
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr err;
		uint8_t rest[128];
	} answer;

	memcpy(r.attr, &attr, sizeof(attr));
	memcpy(r.attr + NLA_HDRLEN, data, len);
	if (send(fd, &r, r.nlh.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		fail("nfnetlink_log");
	if (answer.err.error) {
		errno = -answer.err.error;
		fail("nfnetlink_log");
	}
}

static void nflog(void)
{
	struct nfulnl_msg_config_cmd bind = { NFULNL_CFG_CMD_BIND };
	struct nfulnl_msg_config_mode mode = {
		.copy_range = htonl(PACKET_MAX),
		.copy_mode = NFULNL_COPY_PACKET,
	};
	int fd = netlink_open(NETLINK_NETFILTER);

	nflog_config(fd, AF_UNSPEC, 1, NFULA_CFG_CMD, &bind, sizeof(bind));
	nflog_config(fd, AF_UNSPEC, 1, NFULA_CFG_MODE, &mode, sizeof(mode));
	errors("nflog", fd);
	later("nflog", fd);
}

/* ------------------------------------------------------------ calibration */

/* A loop of two instructions, n times. */
static uint64_t spin(unsigned long n)
{
	uint64_t start = clock_now();

	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(n) : : "cc");
	return clock_now() - start;
}

static void calibrate(void)
{
	uint64_t a = spin(1000), b = spin(2000);

	printf("calibrate %llu\n", (unsigned long long)(b - a));
	if (b - a != 2000) {
		fprintf(stderr, "count: a tick is no instruction here\n");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!strcmp(what, "calibrate")) {
		calibrate();
		return 0;
	}
	proc = open("/proc/traverse", O_RDWR);
	if (proc < 0)
		fail("/proc/traverse");
	if (!strcmp(what, "packets") && argc == 3) {
		packets(argv[2]);
	} else if (!strcmp(what, "error") && argc == 3) {
		errors(argv[2], -1);
		later(argv[2], -1);
	} else if (!strcmp(what, "sipover") && argc >= 3) {
		sipover(argc - 2, argv + 2);
	} else if (!strcmp(what, "nflog")) {
		nflog();
	} else {
		fprintf(stderr, "usage: count calibrate | packets NAME | error NAME | sipover N... | nflog\n");
		return 64;
	}
	return 0;
}
