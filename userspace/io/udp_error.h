/* SPDX-License-Identifier: BSD-2-Clause */
/* One entry of a UDP socket's error queue (ip(7), IP_RECVERR). */
#ifndef SIPOVER_IO_UDP_ERROR_H
#define SIPOVER_IO_UDP_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/socket.h>

#include "sockaddr.h"
#include "udp.h"

/* As much of the quoted datagram as is kept: the branch is in the first lines. */
#define UDP_QUOTE_MAX 2048

/* What recvmsg(MSG_ERRQUEUE) is given and fills. */
struct udp_error {
	struct msghdr msg;
	struct iovec iov;
	union sockaddr_any name;
	_Alignas(struct cmsghdr) char control[512];
	char quote[UDP_QUOTE_MAX];
};

void udp_error_prepare(struct udp_error *e);

/* len: what recvmsg returned.  False: not an error about a datagram of ours. */
bool udp_error_parse(const struct udp_error *e, size_t len,
		     struct udp_icmp *icmp);

/* Switches the queue on, or off with its pending error. */
void udp_error_enable(int fd, uint8_t family, bool on);

/* Whether a failed send may have met another datagram's ICMP error. */
bool udp_error_is_pending(int error);

#endif /* SIPOVER_IO_UDP_ERROR_H */
