/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * TCP connections to watched servers: the stack's own tests of what a packet
 * claims about one, retransmissions, and what the end of one means.  The
 * stack's verdicts come from probe.c, or from sighting.c without tracepoints.
 */
#ifndef SIPOVER_TCP_H
#define SIPOVER_TCP_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>

#include <linux/sipover.h>

#include "parse.h"
#include "server.h"

/**
 * struct sipover_conn - the two ends of a connection
 *
 * @server: the other one
 * @local: our address
 * @local_port: our port
 */
struct sipover_conn {
	struct sipover_key server;
	union nf_inet_addr local;
	__be16 local_port;
};

struct sock *sipover_tcp_lookup(struct net *net, struct sk_buff *skb, u8 family,
				const union nf_inet_addr *saddr,
				const struct tcphdr *th);
struct sock *sipover_tcp_quoted(struct net *net, struct sk_buff *skb,
				const struct sipover_quote *q);
enum sipover_grade sipover_tcp_grade(struct net *net, struct sk_buff *skb,
				     const struct sipover_quote *q);
bool sipover_tcp_acceptable(const struct sock *sk, const struct tcphdr *th);

bool sipover_tcp_conn(const struct sipover_net *sn, const struct sock *sk,
		      struct sipover_conn *conn);
enum sipover_cause sipover_tcp_end(const struct sock *sk, int old,
				   const struct sipover_conn *conn,
				   struct sipover_server *srv);
void sipover_tcp_report(struct sipover_server *srv,
			const struct sipover_conn *conn,
			enum sipover_cause cause);
bool sipover_tcp_retransmits(const struct sk_buff *skb,
			     const struct tcphdr *th);
void sipover_tcp_retransmitted(struct sipover_server *srv,
			       const struct sipover_conn *conn,
			       const struct sock *sk);

#endif /* SIPOVER_TCP_H */
