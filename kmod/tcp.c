// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "compat/inet_hashtables.h"
#include "event.h"
#include "tcp.h"

/* The connection's socket or NULL; to be released by sock_gen_put(). */
static struct sock *connection(struct net *net, struct sk_buff *skb, u8 family,
			       const void *remote, __be16 rport,
			       const void *local, __be16 lport)
{
	__be32 raddr, laddr;

#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6)
		return sipover_lookup6(net, remote, rport, local, ntohs(lport),
				       inet6_iif(skb), inet6_sdif(skb));
#endif
	memcpy(&raddr, remote, sizeof(raddr));
	memcpy(&laddr, local, sizeof(laddr));
	return sipover_lookup4(net, raddr, rport, laddr, ntohs(lport),
			       inet_iif(skb), inet_sdif(skb));
}

/**
 * sipover_tcp_lookup() - the socket that a segment is for
 * @net: where
 * @skb: the segment, at LOCAL_IN
 * @family: AF_INET or AF_INET6
 * @saddr: its source
 * @th: its header
 *
 * Return: a full socket, to be released by sock_put(), or NULL
 */
struct sock *sipover_tcp_lookup(struct net *net, struct sk_buff *skb, u8 family,
				const union nf_inet_addr *saddr,
				const struct tcphdr *th)
{
	const void *local = &ip_hdr(skb)->daddr;
	struct sock *sk;

#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6)
		local = &ipv6_hdr(skb)->daddr;
#endif
	sk = connection(net, skb, family, saddr, th->source, local, th->dest);
	if (sk && !sk_fullsock(sk)) {
		sock_gen_put(sk);
		sk = NULL;
	}
	return sk;
}

/**
 * sipover_tcp_quoted() - the socket of the segment that an ICMP error quotes
 * @net: where
 * @skb: the ICMP error, at LOCAL_IN
 * @q: what it quotes, TCP
 *
 * Return: a full socket, to be released by sock_put(), or NULL
 */
struct sock *sipover_tcp_quoted(struct net *net, struct sk_buff *skb,
				const struct sipover_quote *q)
{
	struct sock *sk;

	sk = connection(net, skb, q->family, q->dst, q->dport, q->src,
			q->sport);
	if (sk && !sk_fullsock(sk)) {
		sock_gen_put(sk);
		sk = NULL;
	}
	return sk;
}

/* RFC 5927 4.1, as the stack does it; a SYN's sequence must be met exactly. */
static enum sipover_grade seq_grade(const struct sock *sk, u32 seq)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 una = READ_ONCE(tp->snd_una);
	bool in_flight = between(seq, una, READ_ONCE(tp->snd_nxt));

#ifdef SIPOVER_BREAK_SEQ_EDGE
	in_flight |= seq + 1 == una;
#endif
#ifdef SIPOVER_BREAK_SEQ
	return SIPOVER_GRADE_STRONG;
#endif
	switch (READ_ONCE(sk->sk_state)) {
	case TCP_SYN_SENT:
#ifndef SIPOVER_BREAK_SYN_SEQ
		in_flight = seq == una;
#endif
		break;
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
		break;
	case TCP_FIN_WAIT1:
	case TCP_FIN_WAIT2:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		if (in_flight)
			return SIPOVER_GRADE_NONE;
		break;
	default:
		in_flight = false;
		break;
	}
	return in_flight ? SIPOVER_GRADE_STRONG : SIPOVER_GRADE_WEAK;
}

/**
 * sipover_tcp_grade() - tie an ICMP error to a segment in flight
 * @net: where
 * @skb: the ICMP error, at LOCAL_IN
 * @q: what it quotes, TCP
 *
 * Return: STRONG, WEAK if it quotes nothing that is in flight, or NONE if it
 * is genuine, but behind our own FIN, where nothing is owed to us any more
 */
enum sipover_grade sipover_tcp_grade(struct net *net, struct sk_buff *skb,
				     const struct sipover_quote *q)
{
	enum sipover_grade grade = SIPOVER_GRADE_WEAK;
	struct sock *sk;

	sk = sipover_tcp_quoted(net, skb, q);
	if (!sk)
		return grade;
	grade = seq_grade(sk, q->tcp_seq);
	sock_put(sk);
	return grade;
}

/**
 * sipover_tcp_acceptable() - would a connection accept a segment?
 * @sk: the connection
 * @th: the segment's header
 *
 * RFC 9293 3.10.7.4 and RFC 5961 5: the sequence number is in the window, the
 * acknowledgment is for something sent.
 *
 * Return: whether it would
 */
bool sipover_tcp_acceptable(const struct sock *sk, const struct tcphdr *th)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 next = READ_ONCE(tp->rcv_nxt);

	return between(ntohl(th->seq), next, next + READ_ONCE(tp->rcv_wnd)) &&
	       between(ntohl(th->ack_seq), READ_ONCE(tp->snd_una),
		       READ_ONCE(tp->snd_nxt));
}

/**
 * sipover_tcp_conn() - the ends of a socket's connection
 * @sn: its namespace; caller holds rcu_read_lock()
 * @sk: the socket
 * @conn: filled
 *
 * Return: false if there is surely no record of the other end
 */
bool sipover_tcp_conn(const struct sipover_net *sn, const struct sock *sk,
		      struct sipover_conn *conn)
{
	if (!sipover_port_watched(sn, inet_sk(sk)->inet_dport))
		return false;
	memset(conn, 0, sizeof(*conn));
	conn->server.port = inet_sk(sk)->inet_dport;
	conn->server.proto = IPPROTO_TCP;
	conn->local_port = inet_sk(sk)->inet_sport;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 &&
	    !ipv6_addr_v4mapped(&sk->sk_v6_daddr)) {
		conn->server.family = AF_INET6;
		conn->server.addr.in6 = sk->sk_v6_daddr;
		conn->local.in6 = sk->sk_v6_rcv_saddr;
		return true;
	}
#endif
	conn->server.family = AF_INET;
	conn->server.addr.ip = sk->sk_daddr;
	conn->local.ip = sk->sk_rcv_saddr;
	return true;
}

/**
 * sipover_tcp_end() - what it means that the stack ended a connection
 * @sk: its socket, TCP_CLOSE by now
 * @old: the state before
 * @conn: its ends
 * @srv: the server
 *
 * Resets are told when the stack accepts them, and ICMP errors when they come
 * in; what was told is told.
 *
 * Return: the cause to be reported or SIPOVER_CAUSE_UNSPEC
 */
enum sipover_cause sipover_tcp_end(const struct sock *sk, int old,
				   const struct sipover_conn *conn,
				   struct sipover_server *srv)
{
	int err = READ_ONCE(sk->sk_err);

	/* Behind our own FIN nothing is owed to us any more. */
	if (old != TCP_SYN_SENT && old != TCP_ESTABLISHED &&
	    old != TCP_CLOSE_WAIT)
		return SIPOVER_CAUSE_UNSPEC;
	switch (err) {
	case 0:			/* by the application, or it knows already */
	case ECONNABORTED:	/* by this host's administrator */
		return SIPOVER_CAUSE_UNSPEC;
	case ETIMEDOUT:
		return SIPOVER_CAUSE_TCP_TIMEOUT;
	}
#ifndef SIPOVER_BREAK_TOLD
	if (sipover_server_told(srv, conn->local_port, ktime_get_boottime_ns()))
		return SIPOVER_CAUSE_UNSPEC;
#endif
	if (old == TCP_SYN_SENT)
		return SIPOVER_CAUSE_TCP_UNREACH;
	if (err == ECONNRESET || err == EPIPE)	/* our own reset */
		return SIPOVER_CAUSE_UNSPEC;
	/* Retransmissions ended; a soft error of the path replaced ETIMEDOUT. */
	return SIPOVER_CAUSE_TCP_TIMEOUT;
}

/**
 * sipover_tcp_report() - something happened to a connection
 * @srv: the server; caller holds rcu_read_lock()
 * @conn: the connection
 * @cause: what
 */
void sipover_tcp_report(struct sipover_server *srv,
			const struct sipover_conn *conn,
			enum sipover_cause cause)
{
	struct sipover_event ev = {
		.time = ktime_get_boottime_ns(),
		.local = conn->local,
		.local_port = conn->local_port,
		.cause = cause,
	};

	sipover_event_post(srv, &ev, NULL);
}

/**
 * sipover_tcp_retransmits() - does a segment repeat one after a time-out?
 * @skb: the segment, at LOCAL_OUT; its socket is locked
 * @th: its header
 *
 * Seen here and not by the stack's tracepoint, which tells of fast
 * retransmissions and loss probes as well, and is not in every kernel.
 *
 * Return: whether it does
 */
bool sipover_tcp_retransmits(const struct sk_buff *skb, const struct tcphdr *th)
{
	const struct sock *sk = skb->sk;

	/* A raw socket may send TCP as well. */
	if (!sk || !sk_fullsock(sk) || sk->sk_type != SOCK_STREAM ||
	    sk->sk_protocol != IPPROTO_TCP)
		return false;
	/* Not an acknowledgment, nor what else is sent meanwhile. */
	return inet_csk(sk)->icsk_retransmits &&
	       ntohl(th->seq) == tcp_sk(sk)->snd_una &&
	       tcp_sk(sk)->snd_una != tcp_sk(sk)->snd_nxt;
}

/*
 * The time-outs of one segment so far, in jiffies.  Of n the last b doubled
 * (first SYNs may be repeated in even steps), and the last is @icsk_rto.
 */
static unsigned long waited(const struct inet_connection_sock *icsk)
{
	unsigned int b = min_t(unsigned int, icsk->icsk_backoff, 16);
	unsigned int n = max_t(unsigned int, icsk->icsk_retransmits, b + 1);
	unsigned long first = icsk->icsk_rto >> b;

	return first * (n - 1 - b) + first * ((2UL << b) - 1);
}

/**
 * sipover_tcp_retransmitted() - a segment was repeated after a time-out
 * @srv: the server; caller holds rcu_read_lock()
 * @conn: the connection
 * @sk: its socket, locked
 */
void sipover_tcp_retransmitted(struct sipover_server *srv,
			       const struct sipover_conn *conn,
			       const struct sock *sk)
{
	struct sipover_event ev = {
		.time = ktime_get_boottime_ns(),
		.local = conn->local,
		.local_port = conn->local_port,
		.retransmits = inet_csk(sk)->icsk_retransmits,
		.cause = SIPOVER_CAUSE_TCP_RETRANSMIT,
	};

	ev.elapsed = jiffies_to_nsecs(waited(inet_csk(sk)));
	sipover_event_post(srv, &ev, NULL);
}
