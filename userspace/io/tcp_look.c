// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "tcp_look.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define SYN_SENT 2	/* tcpi_state; no header of the kernel's names it */

/* A file of its own: the C library's tcp_info ends before what is needed. */
enum tcp_look tcp_look_at(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	/* An old kernel fills in less. */
	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return TCP_LOOK_OPEN;
	if (info.tcpi_unacked)
		return TCP_LOOK_UNACKED;
	/* Nothing is on its way, so no congestion holds it back. */
	return info.tcpi_notsent_bytes ? TCP_LOOK_SHUT : TCP_LOOK_TAKEN;
}

int tcp_look_connected(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int error = 0;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) ||
	    info.tcpi_state != SYN_SENT)
		return 0;
	len = sizeof(error);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) || !error)
		error = ENOTCONN;
	return -error;
}
