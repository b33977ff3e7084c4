// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "sockaddr.h"

#include <string.h>

#include <arpa/inet.h>

int sockaddr_family(const struct addr *a)
{
	if (a->family == ADDR_V4)
		return AF_INET;
	if (a->family == ADDR_V6)
		return AF_INET6;
	return AF_UNSPEC;
}

socklen_t sockaddr_from(union sockaddr_any *s, const struct addr *a)
{
	memset(s, 0, sizeof(*s));
	if (a->family == ADDR_V4) {
		s->in.sin_family = AF_INET;
		s->in.sin_port = htons(a->port);
		memcpy(&s->in.sin_addr, a->ip, 4);
		return sizeof(s->in);
	}
	if (a->family == ADDR_V6) {
		s->in6.sin6_family = AF_INET6;
		s->in6.sin6_port = htons(a->port);
		memcpy(&s->in6.sin6_addr, a->ip, 16);
		return sizeof(s->in6);
	}
	return 0;
}

bool sockaddr_to(const void *s, socklen_t len, enum transport transport,
		 struct addr *a)
{
	union sockaddr_any any;

	memset(a, 0, sizeof(*a));
	a->transport = (uint8_t)transport;
	if (len < sizeof(any.sa.sa_family))
		return false;
	memset(&any, 0, sizeof(any));
	memcpy(&any, s, len < sizeof(any) ? len : sizeof(any));
	if (any.sa.sa_family == AF_INET && len >= sizeof(any.in)) {
		a->family = ADDR_V4;
		a->port = ntohs(any.in.sin_port);
		memcpy(a->ip, &any.in.sin_addr, 4);
		return true;
	}
	if (any.sa.sa_family == AF_INET6 && len >= sizeof(any.in6)) {
		a->family = ADDR_V6;
		a->port = ntohs(any.in6.sin6_port);
		memcpy(a->ip, &any.in6.sin6_addr, 16);
		return true;
	}
	return false;
}

bool sockaddr_same_host(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && a->family != ADDR_NONE &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}
