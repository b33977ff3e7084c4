// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <trace/events/sock.h>
#include <trace/events/tcp.h>

#include "compat/inet_hashtables.h"
#include "compat/tracepoint.h"
#include "event.h"
#include "netns.h"
#include "server.h"
#include "tcp.h"

static struct tracepoint *tp_set_state;
static struct tracepoint *tp_receive_reset;

/* Namespaces that want the probes, which are global. */
static DEFINE_MUTEX(probes_lock);
static unsigned int probes_users;
static bool set_state_on;
static bool receive_reset_on;

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

/* RFC 5927 4.1, as the stack does it; a SYN's sequence must be met exactly. */
static enum sipover_grade seq_grade(const struct sock *sk, u32 seq)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 una = READ_ONCE(tp->snd_una);
	bool in_flight = between(seq, una, READ_ONCE(tp->snd_nxt));

#ifdef SIPOVER_BREAK_SEQ
	return SIPOVER_GRADE_STRONG;
#endif
	switch (READ_ONCE(sk->sk_state)) {
	case TCP_SYN_SENT:
		in_flight = seq == una;
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

	sk = connection(net, skb, q->family, q->dst, q->dport, q->src,
			q->sport);
	if (!sk)
		return grade;
	if (sk_fullsock(sk))
		grade = seq_grade(sk, q->tcp_seq);
	sock_gen_put(sk);
	return grade;
}

/**
 * sipover_tcp_acceptable() - would a live connection accept a segment?
 * @net: where
 * @skb: the segment, at LOCAL_IN
 * @family: AF_INET or AF_INET6
 * @saddr: its source
 * @th: its header
 *
 * RFC 9293 3.10.7.4 and RFC 5961 5: the sequence number is in the window, the
 * acknowledgment is for something sent.  RST, SYN and FIN are no signs of life.
 *
 * Return: whether it would
 */
bool sipover_tcp_acceptable(struct net *net, struct sk_buff *skb, u8 family,
			    const union nf_inet_addr *saddr,
			    const struct tcphdr *th)
{
	const void *local = &ip_hdr(skb)->daddr;
	const struct tcp_sock *tp;
	struct sock *sk;
	u32 next;
	bool ok;

	if (th->rst || th->syn || th->fin || !th->ack)
		return false;
#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6)
		local = &ipv6_hdr(skb)->daddr;
#endif
	sk = connection(net, skb, family, saddr, th->source, local, th->dest);
	if (!sk)
		return false;
	ok = sk_fullsock(sk) && READ_ONCE(sk->sk_state) == TCP_ESTABLISHED;
	if (ok) {
		tp = tcp_sk(sk);
		next = READ_ONCE(tp->rcv_nxt);
		ok = between(ntohl(th->seq), next,
			     next + READ_ONCE(tp->rcv_wnd)) &&
		     between(ntohl(th->ack_seq), READ_ONCE(tp->snd_una),
			     READ_ONCE(tp->snd_nxt));
	}
	sock_gen_put(sk);
	return ok;
}

/*
 * The server at the other end of @sk, NULL if it is none.  Fills our end.
 * Caller holds rcu_read_lock().
 */
static struct sipover_server *sock_server(const struct sock *sk,
					  struct sipover_event *ev)
{
	struct sipover_net *sn = sipover_net(sock_net(sk));
	struct sipover_key key = {
		.addr.all = { (__force u32)sk->sk_daddr },
		.port = inet_sk(sk)->inet_dport,
		.family = AF_INET,
		.proto = IPPROTO_TCP,
	};

	if (!sipover_port_watched(sn, key.port))
		return NULL;
	ev->local.all[0] = (__force u32)sk->sk_rcv_saddr;
	ev->local_port = inet_sk(sk)->inet_sport;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 &&
	    !ipv6_addr_v4mapped(&sk->sk_v6_daddr)) {
		key.family = AF_INET6;
		key.addr.in6 = sk->sk_v6_daddr;
		ev->local.in6 = sk->sk_v6_rcv_saddr;
	}
#endif
	return sipover_server_find(sn, &key);
}

static void report(struct sipover_server *srv, struct sipover_event *ev,
		   enum sipover_cause cause)
{
	ev->cause = cause;
	sipover_event_post(srv, ev, NULL);
}

/*
 * A connection that the stack ended from @old.  RSTs are told by
 * tcp_receive_reset and ICMP errors by the hook; what they told is told.
 */
static void closed(const struct sock *sk, int old, struct sipover_server *srv,
		   struct sipover_event *ev)
{
	int err = READ_ONCE(sk->sk_err);

	switch (err) {
	case 0:			/* by the application, or it knows already */
	case ECONNABORTED:	/* by this host's administrator */
		return;
	case ETIMEDOUT:
		report(srv, ev, SIPOVER_CAUSE_TCP_TIMEOUT);
		return;
	}
	if (sipover_server_told(srv, ev->local_port, ev->time))
		return;
	if (old == TCP_SYN_SENT) {
		report(srv, ev, err == ECONNREFUSED && !receive_reset_on ?
		       SIPOVER_CAUSE_TCP_REFUSED : SIPOVER_CAUSE_TCP_UNREACH);
		return;
	}
	if (err == ECONNRESET || err == EPIPE) {
		/* Our tracepoint missing, not our own reset. */
		if (!receive_reset_on)
			report(srv, ev, SIPOVER_CAUSE_TCP_RESET);
		return;
	}
	/* Retransmissions ended; a soft error of the path replaced ETIMEDOUT. */
	report(srv, ev, SIPOVER_CAUSE_TCP_TIMEOUT);
}

static void state_changed(const struct sock *sk, int old, int new,
			  struct sipover_server *srv, struct sipover_event *ev)
{
	switch (new) {
	case TCP_ESTABLISHED:
		sipover_event_recovered(srv, SIPOVER_CAUSE_TCP_ESTABLISHED,
					ev->time);
		break;
	case TCP_CLOSE_WAIT:
		/* Not in answer to our own FIN: those are other states. */
#ifndef SIPOVER_BREAK_FIN
		if (old == TCP_ESTABLISHED)
			report(srv, ev, SIPOVER_CAUSE_TCP_FIN);
#endif
		break;
	case TCP_CLOSE:
		/* Behind our own FIN nothing is owed to us any more. */
		if (old == TCP_SYN_SENT || old == TCP_ESTABLISHED ||
		    old == TCP_CLOSE_WAIT)
			closed(sk, old, srv, ev);
		break;
	}
}

/*
 * Softirq or process context, the socket's lock held; some kernels do not
 * hold an RCU read lock around probes.
 */
static void probe_set_state(void *data, const struct sock *sk, const int old,
			    const int new)
{
	struct sipover_event ev = {};
	struct sipover_server *srv;

	if (sk->sk_protocol != IPPROTO_TCP)
		return;
	if (new != TCP_ESTABLISHED && new != TCP_CLOSE_WAIT && new != TCP_CLOSE)
		return;
	rcu_read_lock();
	srv = sock_server(sk, &ev);
	if (srv) {
		ev.time = ktime_get_boottime_ns();
		state_changed(sk, old, new, srv, &ev);
	}
	rcu_read_unlock();
}

/*
 * The stack has accepted a RST (RFC 5961).  It also ends here without any,
 * when data comes behind our own shutdown: those states are left out.
 */
static void probe_receive_reset(void *data, struct sock *sk)
{
	struct sipover_event ev = {};
	struct sipover_server *srv;
	enum sipover_cause cause;

	switch (READ_ONCE(sk->sk_state)) {
	case TCP_SYN_SENT:
#ifdef SIPOVER_BREAK_REFUSED
		return;
#endif
		cause = SIPOVER_CAUSE_TCP_REFUSED;
		break;
	case TCP_ESTABLISHED:
	case TCP_CLOSE_WAIT:
#ifdef SIPOVER_BREAK_RST
		return;
#endif
		cause = SIPOVER_CAUSE_TCP_RESET;
		break;
	default:
		return;
	}
	rcu_read_lock();
	srv = sock_server(sk, &ev);
	if (srv) {
		ev.time = ktime_get_boottime_ns();
		report(srv, &ev, cause);
	}
	rcu_read_unlock();
}

static bool probe_on(struct tracepoint *tp, void *probe)
{
	int err;

	if (!tp)
		return false;
	err = tracepoint_probe_register(tp, probe, NULL);
	if (err)
		pr_warn("tracepoint %s: error %d\n", tp->name, err);
	return !err;
}

/**
 * sipover_tcp_probes_get() - one namespace more wants TCP verdicts
 *
 * Process context.
 */
void sipover_tcp_probes_get(void)
{
	mutex_lock(&probes_lock);
	if (!probes_users++) {
		receive_reset_on = probe_on(tp_receive_reset,
					    probe_receive_reset);
		set_state_on = probe_on(tp_set_state, probe_set_state);
	}
	mutex_unlock(&probes_lock);
}

/**
 * sipover_tcp_probes_put() - one namespace less wants TCP verdicts
 *
 * Process context.  Behind the last one no probe runs any more: some kernels
 * protect probes by SRCU, for which an RCU grace period is not enough.
 */
void sipover_tcp_probes_put(void)
{
	mutex_lock(&probes_lock);
	if (!--probes_users) {
		if (set_state_on)
			tracepoint_probe_unregister(tp_set_state,
						    probe_set_state, NULL);
		if (receive_reset_on)
			tracepoint_probe_unregister(tp_receive_reset,
						    probe_receive_reset, NULL);
		set_state_on = false;
		receive_reset_on = false;
		tracepoint_synchronize_unregister();
	}
	mutex_unlock(&probes_lock);
}

static void tracepoint_found(struct tracepoint *tp, void *priv)
{
	if (!strcmp(tp->name, "inet_sock_set_state"))
		tp_set_state = tp;
	else if (!strcmp(tp->name, "tcp_receive_reset"))
		tp_receive_reset = tp;
}

/**
 * sipover_tcp_init() - find the tracepoints; without them it goes on
 *
 * Probes run with preemption off; what they do, taking locks and memory, may
 * sleep on PREEMPT_RT.  Without tracepoints none is registered there.
 */
void sipover_tcp_init(void)
{
	/* Registering takes a void pointer: a wrong prototype must not build. */
	check_trace_callback_type_inet_sock_set_state(probe_set_state);
	check_trace_callback_type_tcp_receive_reset(probe_receive_reset);

	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		pr_notice("PREEMPT_RT: TCP failures are seen by ICMP only\n");
		return;
	}
	for_each_kernel_tracepoint(tracepoint_found, NULL);
	if (!tp_set_state || !tp_receive_reset)
		pr_notice("no tracepoint %s: TCP failures are not all seen\n",
			  tp_set_state ? "tcp_receive_reset" :
			  "inet_sock_set_state");
}
