/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * The stack's own verdicts on TCP connections, by tracepoints looked up by
 * name, and the stack's own test of what a packet claims about a connection.
 */
#ifndef SIPOVER_TCP_H
#define SIPOVER_TCP_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>

#include <linux/sipover.h>

#include "parse.h"

enum sipover_grade sipover_tcp_grade(struct net *net, struct sk_buff *skb,
				     const struct sipover_quote *q);
bool sipover_tcp_acceptable(struct net *net, struct sk_buff *skb, u8 family,
			    const union nf_inet_addr *saddr,
			    const struct tcphdr *th);

void sipover_tcp_probes_get(void);
void sipover_tcp_probes_put(void);
void sipover_tcp_init(void);

#endif /* SIPOVER_TCP_H */
