// SPDX-License-Identifier: BSD-2-Clause
/*
 * peer.c: two registrars for any number of lines, on loopback.
 *
 *	peer A B PORT
 *
 * Each answers a REGISTER without credentials with 401, one with any
 * credentials with 200.  Users are u0, u1, ...  Commands on standard input:
 *
 *	expect S N	forget what was seen; say "done" once N different users
 *			have got a 200 from server S (0: A, 1: B)
 *	down S, up S	its socket is closed: the kernel answers with ICMP
 *
 * done US REGISTERS PEAK: microseconds from the command to the last 200, the
 * REGISTERs that came, the most of them in any one of ten parts of a second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define USERS_MAX 100000
#define BUFFER (64 << 20)	/* nothing may be lost here */

struct seen {
	int server;
	long wanted, users, registers, peak, part, in_part;
	uint64_t since_us;
	bool user[USERS_MAX];
};

static struct seen seen = { .server = -1 };
static struct sockaddr_in at[2];
static int sock[2] = { -1, -1 };

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void up(int s)
{
	int size = BUFFER;

	if (sock[s] >= 0)
		return;
	sock[s] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock[s] < 0 ||
	    bind(sock[s], (struct sockaddr *)&at[s], sizeof(at[s]))) {
		perror("peer: bind");
		exit(1);
	}
	setsockopt(sock[s], SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(sock[s], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
}

static void down(int s)
{
	if (sock[s] >= 0)
		close(sock[s]);
	sock[s] = -1;
}

static void count(int s, const char *msg)
{
	long part = (long)((now_us() - seen.since_us) / 100000);

	if (s != seen.server || strncmp(msg, "REGISTER ", 9) != 0)
		return;
	seen.registers++;
	if (part != seen.part)
		seen.in_part = 0;
	seen.part = part;
	if (++seen.in_part > seen.peak)
		seen.peak = seen.in_part;
}

static void registered(int s, const char *to)
{
	const char *user = strstr(to, "sip:u");
	long n = user ? strtol(user + 5, NULL, 10) : -1;

	if (s != seen.server || n < 0 || n >= USERS_MAX || seen.user[n])
		return;
	seen.user[n] = true;
	if (++seen.users != seen.wanted)
		return;
	printf("done %llu %ld %ld\n",
	       (unsigned long long)(now_us() - seen.since_us), seen.registers,
	       seen.peak);
	fflush(stdout);
}

static void answer(int s, const char *msg, const struct sockaddr_in *from)
{
	static const char *const names[] = {
		"\r\nVia:", "\r\nFrom:", "\r\nTo:", "\r\nCall-ID:",
		"\r\nCSeq:",
	};
	bool known = strcasestr(msg, "\r\nAuthorization:");
	const char *to, *contact;
	char out[4096];
	size_t n, i;
	int len;

	n = (size_t)snprintf(out, sizeof(out), "SIP/2.0 %s",
			     known ? "200 OK" : "401 Unauthorized");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *p = strcasestr(msg, names[i]);

		if (!p)
			return;
		len = 2 + (int)strcspn(p + 2, "\r\n");
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%.*s%s", len, p,
				      i == 2 ? ";tag=peer" : "");
		if (n >= sizeof(out))
			return;
	}
	contact = strcasestr(msg, "\r\nContact:");
	to = strcasestr(msg, "\r\nTo:");
	if (known && contact)
		n += (size_t)snprintf(out + n, sizeof(out) - n,
				      "%.*s;expires=3600",
				      2 + (int)strcspn(contact + 2, "\r\n"),
				      contact);
	else if (!known)
		n += (size_t)snprintf(out + n, sizeof(out) - n,
			"\r\nWWW-Authenticate: Digest realm=\"scale\", "
			"nonce=\"%d-%016llx\", algorithm=MD5, qop=\"auth\"", s,
			(unsigned long long)now_us());
	if (n < sizeof(out))
		n += (size_t)snprintf(out + n, sizeof(out) - n,
				      "\r\nContent-Length: 0\r\n\r\n");
	if (n >= sizeof(out))
		return;
	sendto(sock[s], out, n, 0, (const struct sockaddr *)from,
	       sizeof(*from));
	if (known)
		registered(s, to);
}

static void receive(int s)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	char buf[8192];
	ssize_t n;

	n = recvfrom(sock[s], buf, sizeof(buf) - 1, 0, (struct sockaddr *)&from,
		     &size);
	if (n <= 0)
		return;
	buf[n] = '\0';
	count(s, buf);
	if (strncmp(buf, "REGISTER ", 9) == 0)
		answer(s, buf, &from);
}

static void command(const char *line)
{
	const char *digits = line + strcspn(line, " ");
	char *end;
	long s = strtol(digits, &end, 10);

	if (end == digits || s < 0 || s > 1) {
		fprintf(stderr, "peer: which server: %s", line);
		exit(1);
	}
	if (strncmp(line, "expect ", 7) == 0) {
		memset(&seen, 0, sizeof(seen));
		seen.server = (int)s;
		seen.wanted = strtol(end, NULL, 10);
		seen.since_us = now_us();
	} else if (strncmp(line, "down ", 5) == 0) {
		down((int)s);
	} else if (strncmp(line, "up ", 3) == 0) {
		up((int)s);
	} else {
		fprintf(stderr, "peer: what is %s", line);
		exit(1);
	}
	puts("ok");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[80];
	int s;

	if (argc != 4)
		return 64;
	for (s = 0; s < 2; s++) {
		at[s].sin_family = AF_INET;
		at[s].sin_port = htons((uint16_t)strtoul(argv[3], NULL, 10));
		if (inet_pton(AF_INET, argv[1 + s], &at[s].sin_addr) != 1)
			return 64;
		up(s);
	}
	/* One command a write: what is behind its line end would wait. */
	setvbuf(stdin, NULL, _IONBF, 0);
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd p[3] = {
			{ .fd = 0, .events = POLLIN },
			{ .fd = sock[0], .events = POLLIN },
			{ .fd = sock[1], .events = POLLIN },
		};

		if (poll(p, 3, -1) < 0 && errno != EINTR)
			return 1;
		for (s = 0; s < 2; s++)
			if (p[1 + s].revents)
				receive(s);
		if (!p[0].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			return 0;
		command(line);
	}
}
