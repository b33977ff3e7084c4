// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "udp_error.h"

#include <errno.h>
#include <string.h>

#include <linux/errqueue.h>
#include <netinet/ip.h>

#include "clock.h"
#include "log.h"

void udp_error_prepare(struct udp_error *e)
{
	memset(&e->msg, 0, sizeof(e->msg));
	memset(&e->name, 0, sizeof(e->name));
	e->iov.iov_base = e->quote;
	e->iov.iov_len = sizeof(e->quote);
	e->msg.msg_name = &e->name;
	e->msg.msg_namelen = sizeof(e->name);
	e->msg.msg_iov = &e->iov;
	e->msg.msg_iovlen = 1;
	e->msg.msg_control = e->control;
	e->msg.msg_controllen = sizeof(e->control);
}

/* The extended error is followed by the offender's socket address. */
static bool udp_error_extended(const struct cmsghdr *c, struct udp_icmp *icmp)
{
	size_t len = c->cmsg_len - CMSG_LEN(0);
	struct sock_extended_err ee;

	if (len < sizeof(ee))
		return false;
	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	if (ee.ee_origin != SO_EE_ORIGIN_LOCAL &&
	    ee.ee_origin != SO_EE_ORIGIN_ICMP &&
	    ee.ee_origin != SO_EE_ORIGIN_ICMP6)
		return false;
	icmp->local = ee.ee_origin == SO_EE_ORIGIN_LOCAL;
	icmp->type = ee.ee_type;
	icmp->code = ee.ee_code;
	icmp->error = (int)ee.ee_errno;
	sockaddr_to(CMSG_DATA(c) + sizeof(ee), (socklen_t)(len - sizeof(ee)),
		    TRANSPORT_UDP, &icmp->offender);
	/* The kernel leaves the offender's port unset. */
	icmp->offender.port = 0;
	return true;
}

/* Where the ICMP error was sent to: an address of this host. */
static void udp_error_own(const struct cmsghdr *c, struct addr *own)
{
	size_t len = c->cmsg_len - CMSG_LEN(0);

	if (c->cmsg_level == IPPROTO_IP) {
		struct in_pktinfo info;

		if (len < sizeof(info))
			return;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		own->family = ADDR_V4;
		memcpy(own->ip, &info.ipi_addr, 4);
	} else {
		struct in6_pktinfo info;

		if (len < sizeof(info))
			return;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		own->family = ADDR_V6;
		memcpy(own->ip, &info.ipi6_addr, 16);
	}
}

bool udp_error_parse(const struct udp_error *e, size_t len,
		     struct udp_icmp *icmp)
{
	/* CMSG_NXTHDR() wants it writable, and changes nothing. */
	struct msghdr *msg = (struct msghdr *)&e->msg;
	struct cmsghdr *c;
	struct addr own;
	bool found = false;

	memset(icmp, 0, sizeof(*icmp));
	memset(&own, 0, sizeof(own));
	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		bool v4 = c->cmsg_level == IPPROTO_IP;
		bool v6 = c->cmsg_level == IPPROTO_IPV6;

		if ((v4 && c->cmsg_type == IP_RECVERR) ||
		    (v6 && c->cmsg_type == IPV6_RECVERR))
			found = udp_error_extended(c, icmp);
		else if ((v4 && c->cmsg_type == IP_PKTINFO) ||
			 (v6 && c->cmsg_type == IPV6_PKTINFO))
			udp_error_own(c, &own);
	}
	if (!found || !(e->msg.msg_flags & MSG_ERRQUEUE) ||
	    !sockaddr_to(&e->name, e->msg.msg_namelen, TRANSPORT_UDP,
			 &icmp->server))
		return false;
	if (sockaddr_same_host(&icmp->offender, &own))
		icmp->local = true;
	icmp->now = clock_now();
	icmp->quote = (const uint8_t *)e->quote;
	icmp->quote_len = len < sizeof(e->quote) ? len : sizeof(e->quote);
	return true;
}

static void udp_error_option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		log_warning("udp option refused level=%d name=%d error=%d (%s)",
			    level, name, errno, strerror(errno));
}

void udp_error_enable(int fd, uint8_t family, bool on)
{
	/* The packet info tells the error's destination: when that is also its
	 * source, this host itself made it (neighbour failure). */
	if (family == ADDR_V4) {
		udp_error_option(fd, IPPROTO_IP, IP_PKTINFO, on);
		udp_error_option(fd, IPPROTO_IP, IP_RECVERR, on);
	} else {
		udp_error_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, on);
		udp_error_option(fd, IPPROTO_IPV6, IPV6_RECVERR, on);
	}
	if (!on) {
		int error;
		socklen_t len = sizeof(error);

		/* Reading it clears it. */
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
			log_warning("udp error not cleared error=%d", errno);
	}
}

bool udp_error_is_pending(int error)
{
	/* What the kernel makes of an ICMP error, both families. */
	switch (-error) {
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENONET:
	case EPROTO:
	case EACCES:
	case ENOPROTOOPT:
	case EOPNOTSUPP:
	case EMSGSIZE:
		return true;
	default:
		return false;
	}
}
