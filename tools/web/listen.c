// SPDX-License-Identifier: BSD-2-Clause
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool listen_parse(struct listen_at *at, const char *text)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&at->sa;
	struct sockaddr_in *in = (struct sockaddr_in *)&at->sa;
	const char *colon = strrchr(text, ':');
	char address[INET6_ADDRSTRLEN] = "";
	size_t len = colon ? (size_t)(colon - text) : 0;
	bool six = len > 2 && text[0] == '[' && text[len - 1] == ']';
	unsigned long port;

	memset(at, 0, sizeof(*at));
	if (six) {
		text++;
		len -= 2;
	}
	if (!len || len >= sizeof(address) || !colon[1] ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
	    strlen(colon + 1) > 5)
		return false;
	memcpy(address, text, len);
	port = strtoul(colon + 1, NULL, 10);
	if (port > UINT16_MAX)
		return false;
	if (six) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		at->len = sizeof(*in6);
		return inet_pton(AF_INET6, address, &in6->sin6_addr) == 1;
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	at->len = sizeof(*in);
	return inet_pton(AF_INET, address, &in->sin_addr) == 1;
}

/* The IPv4 address inside an IPv6 one that maps it, or NULL. */
static const uint8_t *mapped(const struct sockaddr *sa)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

	if (sa->sa_family == AF_INET)
		return (const uint8_t *)
			&((const struct sockaddr_in *)sa)->sin_addr;
	if (sa->sa_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return in6->sin6_addr.s6_addr + 12;
	return NULL;
}

bool listen_is_loopback(const struct sockaddr *sa)
{
	const uint8_t *v4 = mapped(sa);

	if (v4)
		return v4[0] == 127;
	return sa->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(
		&((const struct sockaddr_in6 *)sa)->sin6_addr);
}

int listen_open(const struct listen_at *at)
{
	int family = at->sa.ss_family, on = 1, ret;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	/* [::] is IPv6 alone: who wants both says both. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
					      &on, sizeof(on)) != 0) ||
	    bind(fd, (const struct sockaddr *)&at->sa, at->len) != 0 ||
	    listen(fd, 64) != 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

void listen_text(const struct sockaddr *sa, char *text, size_t size)
{
	const uint8_t *v4 = mapped(sa);

	text[0] = '\0';
	if (v4)
		inet_ntop(AF_INET, v4, text, (socklen_t)size);
	else if (sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6,
			  &((const struct sockaddr_in6 *)sa)->sin6_addr, text,
			  (socklen_t)size);
}

uint16_t listen_port(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)sa)->sin6_port);
	return ntohs(((const struct sockaddr_in *)sa)->sin_port);
}

void listen_key(const struct sockaddr *sa, uint8_t key[16])
{
	const uint8_t *v4 = mapped(sa);

	memset(key, 0, 16);
	if (v4) {
		memset(key + 10, 0xff, 2);
		memcpy(key + 12, v4, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(key, &((const struct sockaddr_in6 *)sa)->sin6_addr, 8);
	}
}
