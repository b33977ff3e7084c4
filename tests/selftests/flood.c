// SPDX-License-Identifier: BSD-2-Clause
/*
 * flood: forges as many ICMP errors or resets as are asked for, as somebody
 * would who knows addresses, ports, lengths and the time, but neither payload
 * nor sequence numbers; and provokes genuine ones in between.
 *
 *   flood CELL --phone NETNS --server NETNS --from A --to A --mac M --events F
 *         [--packets N] [--genuine N] [--fresh N] [--ring N]
 *         [--seed N]
 *
 * CELL is one of
 *   udp    ICMP errors about datagrams from --to's port 5060 to --from's 5060,
 *          of which --fresh or more are in flight, at most --ring; the quoted
 *          checksum is guessed
 *   tcp    ICMP errors about a connection to port 5061, idle
 *   syn    ICMP errors about a connect to port 5062 that nobody answers
 *   rst    resets of a connection to port 5063, idle
 * whose sequence number is guessed.  --from is the server, --to the phone, --mac
 * its link address; --events what sipover_nl prints of a watch.  Forged errors
 * are host unreachables, genuine ones port unreachables (the server's firewall
 * is set up by flood.sh); a genuine reset is one of another connection.
 *
 * At the end the forger is told the number that he could not know: the same
 * packet must be accepted with it.
 *
 * Prints "FLOOD sent=N arrived=N strong=N medium=N bound=X limit=N hits=X
 * genuine=N reported=N doubted=N right=GRADE ms=N":
 *   arrived   by the counters of the phone's stack
 *   strong    forged ones that were reported as proof, medium: as a hint
 *   bound     how many of the former docs/security.md expects; limit: none for
 *             TCP, for UDP what is exceeded in one of 10^6 runs
 *   hits      how many guesses are expected to be right, with --fresh
 *   doubted   genuine ones that were reported as a hint only
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "packet.h"

/* Packets in one system call; and on their way, well below the 1000 for which
 * a CPU's queue has room. */
#define BATCH 64
#define UNDER_WAY 448
#define WAIT_MS 5000

#define IPV4_HEADER 20		/* no options */
#define PAYLOAD 400
#define UDP_PORT 5060
#define VICTIM_PORT 40000
#define GENUINE_PORT 41000

/* kmod/sent.h: guesses that are judged before there are too many of them. */
#define MISSES 32
#define REFRESH_MS 5000

enum cell { CELL_UDP, CELL_TCP, CELL_SYN, CELL_RST };

static const char *const cells[] = { "udp", "tcp", "syn", "rst" };

static struct {
	enum cell cell;
	const char *phone, *server, *events;
	struct address from, to;
	unsigned char mac[6];
	unsigned long packets, genuine, fresh, ring;
	uint64_t seed;
} o = { .packets = 20000, .genuine = 20, .fresh = 16, .ring = 32,
	.seed = 1 };

static int phone_ns, server_ns, link_fd, udp_fd, listen_fd, victim_fd, snmp_fd;
static struct sockaddr_ll link_to;
static FILE *events;
static uint64_t state;

/* What is known of the victim, for the last packet. */
static uint32_t right;

static struct {
	unsigned long sent, arrived, accepted, strong, medium;
	unsigned long genuine, reported, doubted;
	const char *right;
} result = { .right = "none" };

_Noreturn static void fail(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

_Noreturn static void usage(const char *what)
{
	fprintf(stderr, "flood: %s; see the head of flood.c\n", what);
	exit(64);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* xorshift64*: the same numbers for the same seed. */
static uint32_t chance(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1dull) >> 32);
}

static void enter(int ns)
{
	if (setns(ns, CLONE_NEWNET))
		fail("setns");
}

static int open_ns(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail(path);
	return fd;
}

/* --------------------------------------------------------------- packets */

struct packet {
	unsigned char data[128];
	size_t len;
	size_t guess;		/* where the guessed number stands */
	size_t check;		/* and the checksum over it */
	uint32_t sum;		/* of all but the number, not folded */
};

static uint32_t pseudo(const struct address *src, const struct address *dst,
		       uint8_t proto, size_t len)
{
	return sum(dst->bytes, address_len(dst),
		   sum(src->bytes, address_len(src), proto + (uint32_t)len));
}

static void append(struct packet *p, const void *data, size_t len)
{
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

static void append_ip(struct packet *p, const struct address *src,
		      const struct address *dst, uint8_t proto, size_t len)
{
	struct ip6_hdr ip6 = { .ip6_nxt = proto, .ip6_hlim = 64 };
	uint16_t total = htons((uint16_t)(IPV4_HEADER + len)), check;
	unsigned char ip[IPV4_HEADER] = { 0x45, [8] = 64, [9] = proto };

	if (src->family == AF_INET) {
		memcpy(ip + 2, &total, sizeof(total));
		memcpy(ip + 12, src->bytes, 4);
		memcpy(ip + 16, dst->bytes, 4);
		check = fold(sum(ip, sizeof(ip), 0));
		memcpy(ip + 10, &check, sizeof(check));
		append(p, ip, sizeof(ip));
	} else {
		ip6.ip6_flow = htonl(6u << 28);
		ip6.ip6_plen = htons((uint16_t)len);
		memcpy(&ip6.ip6_src, src->bytes, 16);
		memcpy(&ip6.ip6_dst, dst->bytes, 16);
		append(p, &ip6, sizeof(ip6));
	}
}

static uint16_t server_port(void)
{
	return (uint16_t)(UDP_PORT + o.cell);
}

/* An ICMP error that quotes 8 bytes behind the IP header. */
static void build_error(struct packet *p)
{
	bool v4 = o.to.family == AF_INET, udp = o.cell == CELL_UDP;
	uint8_t icmp[8] = { v4 ? 3 : 1, v4 ? 1 : 3 };
	uint16_t ports[2] = { htons(udp ? UDP_PORT : VICTIM_PORT),
			      htons(server_port()) };
	uint16_t len[2] = { htons(udp ? 8 + PAYLOAD : 0) };
	size_t quoted = (v4 ? IPV4_HEADER : sizeof(struct ip6_hdr)) + 8;
	size_t at;

	append_ip(p, &o.from, &o.to, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		  sizeof(icmp) + quoted);
	at = p->len;
	append(p, icmp, sizeof(icmp));
	append_ip(p, &o.to, &o.from, udp ? IPPROTO_UDP : IPPROTO_TCP,
		  udp ? 8 + PAYLOAD : 20);
	append(p, ports, sizeof(ports));
	p->guess = p->len + (udp ? 2 : 0);
	append(p, len, sizeof(len));
	p->check = at + 2;
	p->sum = sum(p->data + at, p->len - at,
		     v4 ? 0 : pseudo(&o.from, &o.to, IPPROTO_ICMPV6,
				     p->len - at));
}

static void build_reset(struct packet *p)
{
	struct tcphdr th = { .th_off = 5, .th_flags = TH_RST };
	size_t at;

	th.th_sport = htons(server_port());
	th.th_dport = htons(VICTIM_PORT);
	append_ip(p, &o.from, &o.to, IPPROTO_TCP, sizeof(th));
	at = p->len;
	append(p, &th, sizeof(th));
	p->guess = at + offsetof(struct tcphdr, th_seq);
	p->check = at + offsetof(struct tcphdr, th_sum);
	p->sum = sum(&th, sizeof(th),
		     pseudo(&o.from, &o.to, IPPROTO_TCP, sizeof(th)));
}

/* @number: as in the packet, in host order */
static void complete(struct packet *p, uint32_t number)
{
	uint16_t low = (uint16_t)number, check;
	uint32_t acc = p->sum + low, seq = htonl(number);

	if (o.cell == CELL_UDP) {
		low = htons(low);
		memcpy(p->data + p->guess, &low, sizeof(low));
	} else {
		acc += number >> 16;
		memcpy(p->data + p->guess, &seq, sizeof(seq));
	}
	check = fold(acc);
	memcpy(p->data + p->check, &check, sizeof(check));
}

static uint32_t guess(void)
{
	return o.cell == CELL_UDP ? 1 + chance() % 0xffff : chance();
}

/* -------------------------------------------------------------- counters */

/* The value of @field in /proc/net/snmp's line @name, or in snmp6. */
static unsigned long counter(const char *name, const char *field)
{
	static char buf[16384];
	char *line, *values, *save, *save2, *word, *value;
	ssize_t n = pread(snmp_fd, buf, sizeof(buf) - 1, 0);
	size_t len = strlen(field);

	if (n < 0)
		fail("snmp");
	buf[n] = 0;
	if (!name) {
		line = strstr(buf, field);
		return line ? strtoul(line + len, NULL, 10) : 0;
	}
	line = strstr(buf, name);
	values = line ? strstr(line + 1, name) : NULL;
	if (!values)
		return 0;
	word = strtok_r(line, " \n", &save);
	value = strtok_r(values, " \n", &save2);
	while (word && value && strcmp(word, field) != 0) {
		word = strtok_r(NULL, " \n", &save);
		value = strtok_r(NULL, " \n", &save2);
	}
	return value ? strtoul(value, NULL, 10) : 0;
}

static unsigned long arrivals(void)
{
	if (o.cell == CELL_RST)
		return counter("Tcp: ", "InSegs");
	if (o.to.family == AF_INET)
		return counter("Icmp: ", "InDestUnreachs");
	return counter(NULL, "Icmp6InDestUnreachs");
}

static void open_counters(void)
{
	enter(phone_ns);
	snmp_fd = open(o.to.family == AF_INET || o.cell == CELL_RST ?
		       "/proc/thread-self/net/snmp" :
		       "/proc/thread-self/net/snmp6", O_RDONLY | O_CLOEXEC);
	if (snmp_fd < 0)
		fail("snmp");
}

/* ---------------------------------------------------------------- events */

static const char *value_of(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? at + strlen(key) : "";
}

static bool says(const char *line, const char *key, const char *value)
{
	size_t len = strlen(value);

	line = value_of(line, key);
	return strncmp(line, value, len) == 0 &&
	       (line[len] == ' ' || line[len] == '\n');
}

static void take_event(const char *line)
{
	unsigned long count = strtoul(value_of(line, " count="), NULL, 10);
	bool medium = says(line, " grade=", "medium");
	char victim[8];

	snprintf(victim, sizeof(victim), "%d", VICTIM_PORT);
	if (says(line, " cause=", "host-unreach") ||
	    (says(line, " cause=", "tcp-reset") &&
	     says(line, " local-port=", victim))) {
		*(medium ? &result.medium : &result.strong) += count;
		result.accepted += count;
	} else if (says(line, " cause=", "port-unreach") ||
		   says(line, " cause=", "tcp-reset")) {
		result.reported += count;
		result.doubted += medium ? count : 0;
	}
}

/* What the watch has printed since, whole lines only. */
static void read_events(void)
{
	char line[4096];
	long at = ftell(events);

	clearerr(events);
	while (fgets(line, sizeof(line), events)) {
		if (!strchr(line, '\n')) {
			if (fseek(events, at, SEEK_SET) != 0)
				fail("--events");
			return;
		}
		at = ftell(events);
		if (strncmp(line, "EVENT ", 6) == 0)
			take_event(line);
	}
}

/* Until *@count is @want; returns whether it got there. */
static bool await(const unsigned long *count, unsigned long want)
{
	uint64_t end = now_ms() + WAIT_MS;

	for (;;) {
		read_events();
		if (*count >= want)
			return true;
		if (now_ms() >= end)
			return false;
		poll(NULL, 0, 2);
	}
}

/* --------------------------------------------------------------- the phone */

static socklen_t name(struct sockaddr_storage *ss, const struct address *a,
		      uint16_t port)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	ss->ss_family = (sa_family_t)a->family;
	if (a->family == AF_INET) {
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, a->bytes, 4);
		return sizeof(*in);
	}
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, a->bytes, 16);
	return sizeof(*in6);
}

static int bound(const struct address *a, uint16_t port, int type)
{
	int fd = socket(a->family, type, 0), one = 1;
	struct sockaddr_storage ss;
	socklen_t len = name(&ss, a, port);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (void *)&ss, len))
		fail("bind");
	return fd;
}

/* A request: 'D' is swallowed by the server, 'G' gets a genuine error. */
static void send_datagram(char kind)
{
	struct sockaddr_storage ss;
	socklen_t len = name(&ss, &o.from, UDP_PORT);
	unsigned char udp[8 + PAYLOAD];
	uint16_t head[4] = { htons(UDP_PORT), htons(UDP_PORT),
			     htons(sizeof(udp)) };
	size_t i;

	for (i = 8; i < sizeof(udp); i++)
		udp[i] = "0123456789abcdef"[chance() >> 28];
	udp[8] = (unsigned char)kind;
	memcpy(udp, head, sizeof(head));
	right = ntohs(fold(sum(udp, sizeof(udp),
			       pseudo(&o.to, &o.from, IPPROTO_UDP,
				      sizeof(udp)))));
	if (sendto(udp_fd, udp + 8, PAYLOAD, 0, (void *)&ss, len) != PAYLOAD)
		fail("sendto");
}

static void refresh(void)
{
	static uint64_t last;
	unsigned long i;

	if (o.cell != CELL_UDP || (last && now_ms() - last < REFRESH_MS))
		return;
	last = now_ms();
	for (i = 0; i < o.fresh; i++)
		send_datagram('D');
}

/* Returns at once while it connects. */
static int start_connect(uint16_t port)
{
	int fd = bound(&o.to, port, SOCK_STREAM | SOCK_NONBLOCK);
	struct linger linger = { .l_onoff = 1 };
	struct sockaddr_storage ss;
	socklen_t len = name(&ss, &o.from, server_port());

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		fail("SO_LINGER");
	if (connect(fd, (void *)&ss, len) && errno != EINPROGRESS &&
	    errno != ECONNREFUSED)
		fail("connect");
	return fd;
}

/* A connection; *@far is the server's end. */
static int connection(uint16_t port, int *far)
{
	int fd = start_connect(port);
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	*far = accept(listen_fd, NULL, NULL);
	if (*far < 0 || poll(&pfd, 1, WAIT_MS) != 1)
		fail("accept");
	return fd;
}

static uint32_t sequence(int fd, int queue)
{
	int on = 1, off = -1;	/* leave it without a probe */
	socklen_t len = sizeof(uint32_t);
	uint32_t seq;

	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) ||
	    getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &seq, &len) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)))
		fail("TCP_REPAIR");
	return seq;
}

/* A genuine error or reset; waits until it is told. */
static void provoke(void)
{
	uint16_t port = (uint16_t)(GENUINE_PORT + result.genuine);
	struct linger linger = { .l_onoff = 1 };
	char data[100] = "genuine";
	unsigned long reported = result.reported;
	int fd = -1, far = -1;

	switch (o.cell) {
	case CELL_UDP:
		send_datagram('G');
		break;
	case CELL_TCP:
		fd = connection(port, &far);
		if (write(fd, data, sizeof(data)) != sizeof(data))
			fail("write");
		break;
	case CELL_SYN:
		fd = start_connect(port);
		break;
	case CELL_RST:
		fd = connection(port, &far);
		if (setsockopt(far, SOL_SOCKET, SO_LINGER, &linger,
			       sizeof(linger)))
			fail("SO_LINGER");
		close(far);
		far = -1;
		break;
	}
	result.genuine++;
	await(&result.reported, reported + 1);
	if (fd >= 0)
		close(fd);
	if (far >= 0)
		close(far);
}

/* -------------------------------------------------------------- the forger */

/* The first SYN that comes by the link: only the forger's confidant sees it. */
static uint32_t capture_syn(int fd)
{
	bool v4 = o.to.family == AF_INET;
	unsigned char buf[256];
	struct tcphdr th;
	size_t at = v4 ? IPV4_HEADER : sizeof(struct ip6_hdr);

	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n < 0)
			fail("packet socket");
		if ((size_t)n < at + sizeof(th) || buf[v4 ? 9 : 6] != IPPROTO_TCP)
			continue;
		memcpy(&th, buf + at, sizeof(th));
		if (th.th_sport == htons(VICTIM_PORT) && th.th_flags == TH_SYN)
			return ntohl(th.th_seq);
	}
}

static void open_link(void)
{
	int on = 1, room = 1 << 22;

	link_fd = socket(AF_PACKET, SOCK_DGRAM, 0);
	link_to = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(o.to.family == AF_INET ? ETH_P_IP :
							      ETH_P_IPV6),
		.sll_ifindex = (int)if_nametoindex("eth0"),
		.sll_halen = 6,
	};
	memcpy(link_to.sll_addr, o.mac, sizeof(o.mac));
	if (link_fd < 0 ||
	    setsockopt(link_fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)))
		fail("packet socket");
	/* More than a default machine grants is not needed. */
	setsockopt(link_fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

static void set_up(void)
{
	int syn_fd = -1, far;

	enter(server_ns);
	open_link();
	if (o.cell == CELL_TCP || o.cell == CELL_RST) {
		listen_fd = bound(&o.from, server_port(), SOCK_STREAM);
		if (listen(listen_fd, 16))
			fail("listen");
	}
	if (o.cell == CELL_SYN) {
		syn_fd = socket(AF_PACKET, SOCK_DGRAM, link_to.sll_protocol);
		if (syn_fd < 0)
			fail("packet socket");
	}
	open_counters();
	if (o.cell == CELL_UDP)
		udp_fd = bound(&o.to, UDP_PORT, SOCK_DGRAM);
	else if (o.cell == CELL_SYN)
		victim_fd = start_connect(VICTIM_PORT);
	else
		victim_fd = connection(VICTIM_PORT, &far);
	if (o.cell == CELL_SYN) {
		right = capture_syn(syn_fd);
		close(syn_fd);
	}
	if (o.cell == CELL_TCP)
		right = sequence(victim_fd, TCP_SEND_QUEUE);
	if (o.cell == CELL_RST)
		right = sequence(victim_fd, TCP_RECV_QUEUE);
}

static void transmit(struct packet *p, unsigned int n)
{
	static struct packet copies[BATCH];
	static struct mmsghdr msgs[BATCH];
	static struct iovec iov[BATCH];
	unsigned int i, done = 0;

	for (i = 0; i < n; i++) {
		copies[i] = *p;
		complete(&copies[i], guess());
		iov[i] = (struct iovec){ copies[i].data, p->len };
		msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &link_to, .msg_namelen = sizeof(link_to),
			.msg_iov = &iov[i], .msg_iovlen = 1,
		};
	}
	while (done < n) {
		int sent = sendmmsg(link_fd, msgs + done, n - done, 0);

		if (sent < 0 && errno != ENOBUFS && errno != EAGAIN)
			fail("sendmmsg");
		done += sent > 0 ? (unsigned int)sent : 0;
	}
	result.sent += n;
}

/* Until no more than @most are on their way. */
static void drain(unsigned long before, unsigned long most)
{
	uint64_t end = now_ms() + WAIT_MS;

	while (arrivals() - before + most < result.sent && now_ms() < end)
		sched_yield();
}

static void send_all(struct packet *p)
{
	unsigned long each = o.packets / (o.genuine + 1), next = each, base;
	unsigned long others = 0, unread = 0, was;
	unsigned int n;

	base = arrivals();
	while (result.sent < o.packets) {
		refresh();
		n = BATCH;
		if (o.packets - result.sent < n)
			n = (unsigned int)(o.packets - result.sent);
		transmit(p, n);
		unread += n;
		if (unread >= UNDER_WAY) {
			drain(base + others, 0);
			unread = 0;
		}
		if (result.sent < next || result.genuine >= o.genuine)
			continue;
		drain(base + others, 0);
		was = arrivals();
		provoke();
		others += arrivals() - was;
		next += each;
	}
	drain(base + others, 0);
	result.arrived = arrivals() - base - others;
	read_events();
}

/* The last one, with the number that only an insider knows. */
static void send_right(struct packet *p)
{
	unsigned long medium, accepted;

	/* What was coalesced is told a while later. */
	poll(NULL, 0, 100);
	read_events();
	medium = result.medium;
	accepted = result.accepted;
	if (o.cell == CELL_UDP)
		send_datagram('D');
	complete(p, right);
	if (sendto(link_fd, p->data, p->len, 0, (void *)&link_to,
		   sizeof(link_to)) < 0)
		fail("sendto");
	if (!await(&result.accepted, accepted + 1))
		return;
	result.right = "strong";
	if (result.medium > medium) {
		result.right = "medium";
		result.medium--;
	} else {
		result.strong--;
	}
}

/* The first k that a Poisson number of that mean exceeds once in 10^6 runs: P(more
 * than k) is less than its first term and a geometric series behind it. */
static unsigned long exceeded_rarely(double mean)
{
	double term = mean;
	unsigned long k = 0;

	while (term / (1 - mean / (double)(k + 2)) >= 1e-6) {
		k++;
		term *= mean / (double)(k + 1);
	}
	return k;
}

static void report(uint64_t took)
{
	double tries = (double)(o.packets < MISSES ? o.packets : MISSES);
	double bound = (double)o.packets / 4294967296.0, hits = bound;
	unsigned long limit = 0;

	if (o.cell == CELL_UDP) {
		bound = tries * (double)o.ring / 65535;
		hits = (double)o.packets * (double)o.fresh / 65535;
		limit = exceeded_rarely(bound);
	}
	printf("FLOOD sent=%lu arrived=%lu strong=%lu medium=%lu bound=%.4f limit=%lu hits=%.1f genuine=%lu reported=%lu doubted=%lu right=%s ms=%llu\n",
	       result.sent, result.arrived, result.strong, result.medium,
	       bound, limit, hits, result.genuine, result.reported,
	       result.doubted, result.right, (unsigned long long)took);
}

static struct address parse_address(const char *text)
{
	struct address a;

	if (!address_parse(text, &a))
		usage("not an address");
	return a;
}

static void parse_mac(const char *text)
{
	const struct ether_addr *mac = ether_aton(text);

	if (!mac)
		usage("--mac");
	memcpy(o.mac, mac, sizeof(o.mac));
}

static const struct option options[] = {
	{ "phone", required_argument, NULL, 'p' },
	{ "server", required_argument, NULL, 's' },
	{ "from", required_argument, NULL, 'f' },
	{ "to", required_argument, NULL, 't' },
	{ "mac", required_argument, NULL, 'm' },
	{ "events", required_argument, NULL, 'e' },
	{ "packets", required_argument, NULL, 'n' },
	{ "genuine", required_argument, NULL, 'g' },
	{ "fresh", required_argument, NULL, 'r' },
	{ "ring", required_argument, NULL, 'i' },
	{ "seed", required_argument, NULL, 'd' },
	{ 0 },
};

static void take_option(int c)
{
	switch (c) {
	case 'p': o.phone = optarg; break;
	case 's': o.server = optarg; break;
	case 'f': o.from = parse_address(optarg); break;
	case 't': o.to = parse_address(optarg); break;
	case 'm': parse_mac(optarg); break;
	case 'e': o.events = optarg; break;
	case 'n': o.packets = strtoul(optarg, NULL, 10); break;
	case 'g': o.genuine = strtoul(optarg, NULL, 10); break;
	case 'r': o.fresh = strtoul(optarg, NULL, 10); break;
	case 'i': o.ring = strtoul(optarg, NULL, 10); break;
	case 'd': o.seed = strtoull(optarg, NULL, 10); break;
	default: usage("unknown option");
	}
}

int main(int argc, char **argv)
{
	struct packet p = { .len = 0 };
	uint64_t began;
	int c;

	if (argc < 2)
		usage("udp, tcp, syn or rst");
	while ((c = getopt_long(argc - 1, argv + 1, "", options, NULL)) != -1)
		take_option(c);
	for (c = 0; c < 4 && strcmp(argv[1], cells[c]) != 0; c++)
		;
	if (c == 4 || !o.phone || !o.server || !o.events || !o.from.family ||
	    o.from.family != o.to.family || !o.packets || o.genuine > 1000)
		usage("arguments");
	o.cell = (enum cell)c;
	state = o.seed * 0x9e3779b97f4a7c15ull + 1;
	events = fopen(o.events, "r");
	if (!events)
		fail(o.events);
	phone_ns = open_ns(o.phone);
	server_ns = open_ns(o.server);
	set_up();

	if (o.cell == CELL_RST)
		build_reset(&p);
	else
		build_error(&p);
	began = now_ms();
	send_all(&p);
	began = now_ms() - began;
	send_right(&p);
	report(began);
	return 0;
}
