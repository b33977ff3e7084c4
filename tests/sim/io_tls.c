// SPDX-License-Identifier: BSD-2-Clause
/* No TLS on the virtual network: a server that asks for it cannot be had. */
#include <errno.h>
#include <stdio.h>

#include "io/tcp.h"

struct tls_context *tls_open(const struct tls_settings *settings,
			     char why[TLS_WHY_MAX])
{
	(void)settings;
	snprintf(why, TLS_WHY_MAX, "no TLS here");
	return NULL;
}

void tls_close(struct tls_context *c)
{
	(void)c;
}

const struct tls_stats *tls_stats(const struct tls_context *c)
{
	static const struct tls_stats none;

	(void)c;
	return &none;
}

struct tls_peer *tls_peer_new(struct tls_context *c)
{
	(void)c;
	return NULL;
}

int tls_peer_claim(struct tls_peer *p, const struct tls_claim *claim)
{
	(void)p;
	(void)claim;
	return -ENOMEM;
}

void tls_peer_free(struct tls_peer *p)
{
	(void)p;
}

int tcp_secure(struct tcp *t, tcp_flow number, struct tls_peer *peer)
{
	(void)t;
	(void)number;
	(void)peer;
	return -ENOTSUP;
}
