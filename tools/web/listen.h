/* SPDX-License-Identifier: BSD-2-Clause */
/* "ADDRESS:PORT" and the sockets that listen there. */
#ifndef SIPOVER_WEB_LISTEN_H
#define SIPOVER_WEB_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct listen_at {
	struct sockaddr_storage sa;
	socklen_t len;
};

/* 192.0.2.1:443, [::1]:8080; a number as the address, no name.  Port 0: any
 * that is free. */
bool listen_parse(struct listen_at *at, const char *text);
bool listen_is_loopback(const struct sockaddr *sa);

/* The socket, or -errno. */
int listen_open(const struct listen_at *at);

/* As written in a URL; of an address of the other family that it maps, that. */
void listen_text(const struct sockaddr *sa, char *text, size_t size);
uint16_t listen_port(const struct sockaddr *sa);

/* What one source is to a limit: the address, of IPv6 its first 64 bits. */
void listen_key(const struct sockaddr *sa, uint8_t key[16]);

#endif /* SIPOVER_WEB_LISTEN_H */
