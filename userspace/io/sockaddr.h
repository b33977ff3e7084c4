/* SPDX-License-Identifier: BSD-2-Clause */
/* struct addr to the socket interface's addresses and back. */
#ifndef SIPOVER_IO_SOCKADDR_H
#define SIPOVER_IO_SOCKADDR_H

#include <stdbool.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include "../core/addr.h"

/* What is needed of the two families: smaller than sockaddr_storage. */
union sockaddr_any {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* AF_INET, AF_INET6 or AF_UNSPEC. */
int sockaddr_family(const struct addr *a);

/* The length of what was written; 0: a has no family. */
socklen_t sockaddr_from(union sockaddr_any *s, const struct addr *a);

/* s needs no alignment.  Fills family, address and port and takes the
 * transport given; false (family NONE): neither IPv4 nor IPv6, or cut. */
bool sockaddr_to(const void *s, socklen_t len, enum transport transport,
		 struct addr *a);

/* True if both have the same family and IP address; the port may differ. */
bool sockaddr_same_host(const struct addr *a, const struct addr *b);

#endif /* SIPOVER_IO_SOCKADDR_H */
