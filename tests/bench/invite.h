/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datagrams of the two limits: an INVITE with a small offer, about as large
 * as those of the user agents beside it, made before anything is measured.
 */
#ifndef SIPOVER_BENCH_INVITE_H
#define SIPOVER_BENCH_INVITE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "offer.h"

#define INVITE_MAX 2048
#define SIP_PORT 5060

struct invite {
	struct sockaddr_in to;
	size_t len;
	char text[INVITE_MAX];
};

/* `number` makes branch and Call-ID new. */
static inline void invite_make(struct invite *v, const char *local,
			       unsigned int port, const char *server,
			       unsigned int number)
{
	memset(v, 0, sizeof(*v));
	v->to.sin_family = AF_INET;
	v->to.sin_port = htons(SIP_PORT);
	if (inet_pton(AF_INET, server, &v->to.sin_addr) != 1) {
		fprintf(stderr, "no IPv4 address: %s\n", server);
		exit(64);
	}
	v->len = (size_t)snprintf(v->text, sizeof(v->text),
		"INVITE sip:callee@bench.test SIP/2.0\r\n"
		"Via: SIP/2.0/UDP %s:%u;rport;branch=z9hG4bK%08x%.4s\r\n"
		"Max-Forwards: 70\r\n"
		"From: <sip:limit@bench.test>;tag=0123456789abcdef\r\n"
		"To: <sip:callee@bench.test>\r\n"
		"Call-ID: %08x0123456789abcdef\r\n"
		"CSeq: 1 INVITE\r\n"
		"Contact: <sip:limit@%s:%u>\r\n"
		"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY\r\n"
		"Accept: application/sdp\r\n"
		"Supported: outbound, path, timer\r\n"
		"Subject: measurement\r\n"
		"User-Agent: limit\r\n"
		"Content-Type: application/sdp\r\n"
		"Content-Length: %zu\r\n"
		"\r\n"
		"%s", local, port, number, strrchr(server, '.') + 1, number,
		local, port, sizeof(OFFER) - 1, OFFER);
}

/* A socket with the error queue, on LOCAL:PORT. */
static inline int invite_socket(const char *local, unsigned int port)
{
	struct sockaddr_in own = {
		.sin_family = AF_INET,
		.sin_port = htons((unsigned short)port),
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	if (fd < 0 || inet_pton(AF_INET, local, &own.sin_addr) != 1 ||
	    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) ||
	    bind(fd, (void *)&own, sizeof(own))) {
		perror(local);
		exit(1);
	}
	return fd;
}

#endif
