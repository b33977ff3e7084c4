// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sockaddr.h"

/*
 * Connecting a datagram socket is a routing lookup and sends nothing.  Plain
 * system calls: nothing here can block, and the answer is wanted at once.
 */
int source_for(const struct addr *server, struct addr *local)
{
	union sockaddr_any any;
	socklen_t len;
	int fd, ret = 0;

	memset(local, 0, sizeof(*local));
	len = sockaddr_from(&any, server);
	if (!len)
		return -EAFNOSUPPORT;
	fd = socket(any.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, &any.sa, len)) {
		ret = -errno;
		goto out;
	}
	len = sizeof(any);
	if (getsockname(fd, &any.sa, &len)) {
		ret = -errno;
		goto out;
	}
	if (!sockaddr_to(&any, len, (enum transport)server->transport, local))
		ret = -EAFNOSUPPORT;
	local->port = 0;
out:
	close(fd);
	return ret;
}
