// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "home.h"

#define DATAGRAMS 8
#define NEIGHBOUR_MS "20"	/* it is asked thrice */

const struct server home_servers[HOME_SERVERS] = {
	[HOME_REFUSES4] = { AF_INET, IPPROTO_UDP, { 127, 0, 0, 1 }, 5060 },
	[HOME_REFUSES6] = { AF_INET6, IPPROTO_UDP, { [15] = 1 }, 5060 },
	[HOME_REFUSES_TCP4] = { AF_INET, IPPROTO_TCP, { 127, 0, 0, 1 }, 5061 },
	[HOME_REFUSES_TCP6] = { AF_INET6, IPPROTO_TCP, { [15] = 1 }, 5061 },
	[HOME_SILENT] = { AF_INET, IPPROTO_UDP, { 127, 0, 0, 1 }, 5062 },
	[HOME_MOODY] = { AF_INET, IPPROTO_UDP, { 127, 0, 0, 1 }, 5063 },
	[HOME_MOODY_TCP] = { AF_INET, IPPROTO_TCP, { 127, 0, 0, 1 }, 5063 },
	[HOME_CLOSES] = { AF_INET, IPPROTO_TCP, { 127, 0, 0, 1 }, 5064 },
	[HOME_FULL] = { AF_INET, IPPROTO_TCP, { 127, 0, 0, 1 }, 5065 },
	[HOME_LOST] = { AF_INET, IPPROTO_UDP, { 192, 0, 2, 9 }, 5060 },
	[HOME_LOST_TCP] = { AF_INET, IPPROTO_TCP, { 192, 0, 2, 9 }, 5060 },
};

union address {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

static socklen_t address(const struct server *server, union address *to)
{
	memset(to, 0, sizeof(*to));
	to->any.sa_family = server->family;
	if (server->family == AF_INET) {
		to->in4.sin_port = htons(server->port);
		memcpy(&to->in4.sin_addr, server->addr, 4);
		return sizeof(to->in4);
	}
	to->in6.sin6_port = htons(server->port);
	memcpy(&to->in6.sin6_addr, server->addr, 16);
	return sizeof(to->in6);
}

static int open_socket(const struct server *server)
{
	bool udp = server->proto == IPPROTO_UDP;
	int fd = socket(server->family, SOCK_CLOEXEC | SOCK_NONBLOCK |
			(udp ? SOCK_DGRAM : SOCK_STREAM), 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* Memory may be made to fail: -1. */
static int serve(enum home_server which)
{
	const struct server *server = &home_servers[which];
	int fd = open_socket(server), on = 1;
	union address at;
	socklen_t len = address(server, &at);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &at.any, len) < 0 ||
	    (server->proto == IPPROTO_TCP && listen(fd, 0) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static void must_serve(struct home *home, enum home_server which)
{
	home->sockets[which] = serve(which);
	if (home->sockets[which] < 0)
		die("bind");
}

static void interface(int fd, unsigned long what, struct ifreq *ifr)
{
	if (ioctl(fd, what, ifr) < 0)
		die(ifr->ifr_name);
}

static int must_open(int fd)
{
	if (fd < 0)
		die("open");
	return fd;
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = must_open(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

	interface(fd, SIOCSIFFLAGS, &lo);
	close(fd);
}

/*
 * An Ethernet device at whose other end nobody reads; -1 if the kernel has no
 * such devices, and then no neighbour is lost.
 */
static int open_link(void)
{
	struct ifreq tap = { .ifr_name = "tap0",
			     .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int control;

	if (fd < 0)
		return -1;
	control = must_open(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	interface(fd, TUNSETIFF, &tap);
	write_text("/proc/sys/net/ipv4/neigh/tap0/retrans_time_ms",
		   NEIGHBOUR_MS);
	addr.sin_addr.s_addr = inet_addr("192.0.2.1");
	memcpy(&tap.ifr_addr, &addr, sizeof(addr));
	interface(control, SIOCSIFADDR, &tap);
	addr.sin_addr.s_addr = inet_addr("255.255.255.0");
	memcpy(&tap.ifr_netmask, &addr, sizeof(addr));
	interface(control, SIOCSIFNETMASK, &tap);
	tap.ifr_flags = IFF_UP;
	interface(control, SIOCSIFFLAGS, &tap);
	close(control);
	return fd;
}

/* Nothing is open. */
void home_init(struct home *home)
{
	memset(home, -1, sizeof(*home));
	home->n_calls = 0;
}

/*
 * @lonely: in a namespace of its own, where the calling task is from then on.
 * In one of others nobody serves.
 */
void home_open(struct home *home, bool lonely)
{
	if (lonely) {
		if (unshare(CLONE_NEWNET) < 0)
			die("unshare");
		loopback_up();
		home->link = open_link();
		must_serve(home, HOME_SILENT);
		must_serve(home, HOME_CLOSES);
		must_serve(home, HOME_FULL);
	}
	home->netlink = genl_socket();
	if (home->netlink < 0)
		die("netlink socket");
}

/* Ends the connections. */
void home_hang_up(struct home *home)
{
	while (home->n_calls)
		close(home->calls[--home->n_calls]);
}

void home_close(struct home *home)
{
	unsigned int i;

	close(home->netlink);
	home_hang_up(home);
	for (i = 0; i < HOME_SERVERS; i++)
		close(home->sockets[i]);
	close(home->link);
	home_init(home);
}

/*
 * Asks for a watch of each server; a module that is not there, or goes, refuses
 * in many ways.  Returns how many were granted.
 */
unsigned int home_watch(struct home *home, int family, uint32_t unanswered_ms)
{
	struct answers got;
	struct msg m;
	unsigned int i, n = 0;

	for (i = 0; family >= 0 && i < HOME_SERVERS; i++) {
		memset(&got, 0, sizeof(got));
		msg_begin(&m, family, NLM_F_ACK, SIPOVER_CMD_WATCH_ADD);
		msg_put_server(&m, &home_servers[i]);
		msg_put(&m, SIPOVER_A_UNANSWERED_MS, &unanswered_ms,
			sizeof(unanswered_ms));
		if (msg_send(home->netlink, &m) < 0)
			break;
		answers_read(home->netlink, &got, 0);
		n += got.watch_id != 0;
	}
	return n;
}

static void send_some(enum home_server which)
{
	int fd = open_socket(&home_servers[which]), n = DATAGRAMS;
	union address to;
	socklen_t len = address(&home_servers[which], &to);

	while (n--)
		sendto(fd, "OPTIONS", 7, 0, &to.any, len);
	close(fd);
}

/* Whether it succeeds is not asked: refusals and silence are the point. */
static void call(struct home *home, enum home_server which)
{
	union address to;
	socklen_t len = address(&home_servers[which], &to);
	int fd;

	if (home->n_calls == sizeof(home->calls) / sizeof(*home->calls))
		return;
	fd = open_socket(&home_servers[which]);
	(void)!connect(fd, &to.any, len);
	home->calls[home->n_calls++] = fd;
}

/* Every other connection is reset. */
static void accept_and_close(int listener)
{
	struct linger linger = { .l_onoff = 1 };
	static bool reset;
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return;
	reset = !reset;
	if (reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
}

static void answer(int fd)
{
	union address from;
	socklen_t len = sizeof(from);
	char text[16];
	ssize_t n;

	while ((n = recvfrom(fd, text, sizeof(text), 0, &from.any, &len)) > 0)
		sendto(fd, text, n, 0, &from.any, len);
}

static void change_mood(struct home *home)
{
	enum home_server which;

	for (which = HOME_MOODY; which <= HOME_MOODY_TCP; which++) {
		int *fd = &home->sockets[which];

		if (*fd >= 0) {
			close(*fd);
			*fd = -1;
		} else {
			*fd = serve(which);
		}
	}
}

/* A round. */
void home_traffic(struct home *home)
{
	enum home_server which;

	for (which = 0; which < HOME_SERVERS; which++) {
		if (home_servers[which].proto == IPPROTO_UDP)
			send_some(which);
		else
			call(home, which);
	}
	if (home->sockets[HOME_CLOSES] < 0)
		return;
	/* The second one finds no place; see listen(). */
	call(home, HOME_FULL);
	accept_and_close(home->sockets[HOME_CLOSES]);
	call(home, HOME_CLOSES);
	accept_and_close(home->sockets[HOME_CLOSES]);
	if (home->sockets[HOME_MOODY] >= 0)
		answer(home->sockets[HOME_MOODY]);
	change_mood(home);
}
