// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "event.h"
#include "server.h"
#include "sighting.h"

/*
 * Sockets looked at in one namespace at a time.  Only what fits a connection's
 * window gets in, and a connection only once per kind.
 */
#define SIGHTINGS_MAX 64
#define REPEATED_MAX 32

/*
 * The stack acts on a packet behind our hook: at once, unless a process holds
 * the socket.
 */
#define LOOK_MS_FIRST 1
#define LOOK_MS_LAST 256

/* While a segment is repeated; the stack's own steps are longer. */
#define REPEATED_MS 200

enum sighting_kind {
	SIGHTING_NONE,
	SIGHTING_RST,
	SIGHTING_FIN,
	SIGHTING_SYN_ACK,
	SIGHTING_ERROR,
	SIGHTING_REPEATED,
};

/**
 * struct sighting - a socket to be looked at
 *
 * @sk: referenced
 * @conn: its ends when it was sighted: the socket may be used anew
 * @kind: why
 * @state: the socket's when it was sighted
 * @due: when to look, jiffies
 * @wait: ms from the last look to this one
 */
struct sighting {
	struct sock *sk;
	struct sipover_conn conn;
	enum sighting_kind kind;
	int state;
	unsigned long due;
	unsigned int wait;
};

/**
 * struct sipover_sightings - those of a namespace
 *
 * @sn: namespace
 * @look: looks at them
 * @lock: guards what follows; _bh
 * @n_repeated: how many are of kind SIGHTING_REPEATED
 * @at: SIGHTING_NONE: free
 */
struct sipover_sightings {
	struct sipover_net *sn;
	struct delayed_work look;
	spinlock_t lock;	/* see above */
	unsigned int n_repeated;
	struct sighting at[SIGHTINGS_MAX];
};

static bool has_room(const struct sipover_sightings *all,
		     const struct sock *sk, enum sighting_kind kind,
		     unsigned int *room)
{
	unsigned int i;

	*room = SIGHTINGS_MAX;
	for (i = 0; i < SIGHTINGS_MAX; i++) {
		if (all->at[i].kind == SIGHTING_NONE)
			*room = i;
		else if (all->at[i].sk == sk && all->at[i].kind == kind)
			return false;
	}
	if (kind == SIGHTING_REPEATED && all->n_repeated >= REPEATED_MAX)
		return false;
	return *room < SIGHTINGS_MAX;
}

/* Caller holds rcu_read_lock(); takes a reference of its own. */
static void sighting_add(struct sipover_sightings *all, struct sock *sk,
			 enum sighting_kind kind, unsigned int wait)
{
	struct sighting *s;
	unsigned int i;

	spin_lock_bh(&all->lock);
	if (!has_room(all, sk, kind, &i))
		goto out;
	s = &all->at[i];
	if (!sipover_tcp_conn(all->sn, sk, &s->conn))
		goto out;
	sock_hold(sk);
	s->sk = sk;
	s->kind = kind;
	s->state = READ_ONCE(sk->sk_state);
	s->wait = wait;
	s->due = jiffies + msecs_to_jiffies(wait);
	if (kind == SIGHTING_REPEATED)
		all->n_repeated++;
	mod_delayed_work(system_wq, &all->look, 0);
out:
	spin_unlock_bh(&all->lock);
}

/* RFC 9293 3.10.7: what the stack may accept, in the state it is in. */
static enum sighting_kind packet_kind(const struct sock *sk,
				      const struct tcphdr *th)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 next = READ_ONCE(tp->rcv_nxt), seq = ntohl(th->seq);
	bool in_window = between(seq, next, next + READ_ONCE(tp->rcv_wnd));
	/*
	 * What is written, not what is sent: an answer that comes at once is
	 * here before the stack has noted that its SYN went out.
	 */
#ifdef SIPOVER_BREAK_WRITTEN
	u32 written = READ_ONCE(tp->snd_nxt);
#else
	u32 written = READ_ONCE(tp->write_seq);
#endif
	bool acks = th->ack && after(ntohl(th->ack_seq),
				     READ_ONCE(tp->snd_una)) &&
		    !after(ntohl(th->ack_seq), written);

	switch (READ_ONCE(sk->sk_state)) {
	case TCP_SYN_SENT:
		if (!acks)
			break;
		if (th->rst)
			return SIGHTING_RST;
		if (th->syn)
			return SIGHTING_SYN_ACK;
		break;
	case TCP_ESTABLISHED:
		if (th->fin && !th->rst)
			return SIGHTING_FIN;
		if (th->rst && in_window)
			return SIGHTING_RST;
		break;
	case TCP_CLOSE_WAIT:
#ifndef SIPOVER_BREAK_CROSSED
		/* For what crossed the server's end: with that end's number. */
		if (th->rst && seq == next - 1)
			return SIGHTING_RST;
#endif
		if (th->rst && in_window)
			return SIGHTING_RST;
		break;
	}
	return SIGHTING_NONE;
}

/**
 * sipover_sighting_packet() - a segment from a watched server
 * @all: the namespace's; caller holds rcu_read_lock()
 * @skb: the segment, at LOCAL_IN
 * @family: AF_INET or AF_INET6
 * @saddr: its source
 * @th: its header
 */
void sipover_sighting_packet(struct sipover_sightings *all, struct sk_buff *skb,
			     u8 family, const union nf_inet_addr *saddr,
			     const struct tcphdr *th)
{
	enum sighting_kind kind;
	struct sock *sk;

	if (!th->rst && !th->fin && !(th->syn && th->ack))
		return;
	sk = sipover_tcp_lookup(all->sn->net, skb, family, saddr, th);
	if (!sk)
		return;
	kind = packet_kind(sk, th);
	if (kind != SIGHTING_NONE)
		sighting_add(all, sk, kind, LOOK_MS_FIRST);
	sock_put(sk);
}

/**
 * sipover_sighting_error() - an ICMP error that the module doubts
 * @all: the namespace's; caller holds rcu_read_lock()
 * @skb: the error, at LOCAL_IN
 * @q: what it quotes, TCP
 *
 * The stack ends a connect by what quotes any byte that it has sent (RFC 5927
 * 4.1), not its SYN alone.
 */
void sipover_sighting_error(struct sipover_sightings *all, struct sk_buff *skb,
			    const struct sipover_quote *q)
{
	const struct tcp_sock *tp;
	struct sock *sk;

	sk = sipover_tcp_quoted(all->sn->net, skb, q);
	if (!sk)
		return;
	tp = tcp_sk(sk);
	if (READ_ONCE(sk->sk_state) == TCP_SYN_SENT &&
	    between(q->tcp_seq, READ_ONCE(tp->snd_una), READ_ONCE(tp->snd_nxt)))
		sighting_add(all, sk, SIGHTING_ERROR, LOOK_MS_FIRST);
	sock_put(sk);
}

/**
 * sipover_sighting_repeated() - a segment to a watched server was repeated
 * @all: the namespace's; caller holds rcu_read_lock()
 * @sk: its socket, locked
 *
 * Nothing is heard when the stack gives up: the socket is looked at until it
 * goes on or ends.
 */
void sipover_sighting_repeated(struct sipover_sightings *all, struct sock *sk)
{
	sighting_add(all, sk, SIGHTING_REPEATED, REPEATED_MS);
}

static bool ended(const struct sighting *s)
{
	/* Used anew by a process that had its error already. */
	return READ_ONCE(s->sk->sk_state) == TCP_CLOSE ||
	       inet_sk(s->sk)->inet_sport != s->conn.local_port;
}

/*
 * A connection that was repeating a segment has ended.  The process may have
 * been told and have its socket closed by now; then the count is left, which
 * says whether the stack gave up or the process did.
 */
static enum sipover_cause repeated_end(const struct sipover_net *sn,
				       const struct sighting *s,
				       struct sipover_server *srv)
{
	const struct inet_connection_sock *icsk = inet_csk(s->sk);
	unsigned int n = READ_ONCE(icsk->icsk_retransmits), limit;

	if (READ_ONCE(s->sk->sk_err))
		return sipover_tcp_end(s->sk, s->state, &s->conn, srv);
	limit = READ_ONCE(sn->net->ipv4.sysctl_tcp_retries1);
	if (s->state == TCP_SYN_SENT)
		limit = READ_ONCE(icsk->icsk_syn_retries) ?:
			READ_ONCE(sn->net->ipv4.sysctl_tcp_syn_retries);
	if (n < limit || sipover_server_told(srv, s->conn.local_port,
					     ktime_get_boottime_ns()))
		return SIPOVER_CAUSE_UNSPEC;
	return SIPOVER_CAUSE_TCP_TIMEOUT;
}

/*
 * Has a reset come for the socket, to be looked after yet?  It came before the
 * stack ended the connection for it, and says better than others why.
 */
static bool reset_sighted(struct sipover_sightings *all, const struct sock *sk)
{
	unsigned int i;

	spin_lock_bh(&all->lock);
	for (i = 0; i < SIGHTINGS_MAX; i++) {
		if (all->at[i].kind == SIGHTING_RST && all->at[i].sk == sk)
			break;
	}
	spin_unlock_bh(&all->lock);
	return i < SIGHTINGS_MAX;
}

/* Sets @cause if there is a verdict.  Returns false to look again. */
static bool look(struct sipover_sightings *all, const struct sighting *s,
		 struct sipover_server *srv, enum sipover_cause *cause)
{
	int state = READ_ONCE(s->sk->sk_state);
	bool dead = sock_flag(s->sk, SOCK_DEAD);

	/*
	 * Before ended() looks at the state: a connection that the stack gives
	 * up, and its process then closes, is never dead but not ended.
	 */
	smp_rmb();
	*cause = SIPOVER_CAUSE_UNSPEC;
	switch (s->kind) {
	case SIGHTING_RST:
#ifdef SIPOVER_BREAK_SIGHTING
		return true;
#endif
		if (!ended(s))
			return false;
		*cause = s->state == TCP_SYN_SENT ? SIPOVER_CAUSE_TCP_REFUSED :
						    SIPOVER_CAUSE_TCP_RESET;
		return true;
	case SIGHTING_FIN:
		if (state == TCP_ESTABLISHED)
			return false;
		/* The process may have closed its side since. */
		if (state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK)
			*cause = SIPOVER_CAUSE_TCP_FIN;
		return true;
	case SIGHTING_SYN_ACK:
		if (state == TCP_SYN_SENT)
			return false;
		if (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT)
			*cause = SIPOVER_CAUSE_TCP_ESTABLISHED;
		return true;
	case SIGHTING_ERROR:
		if (!ended(s))
			return false;
		if (!reset_sighted(all, s->sk) &&
		    !sipover_server_told(srv, s->conn.local_port,
					 ktime_get_boottime_ns()))
			*cause = SIPOVER_CAUSE_TCP_UNREACH;
		return true;
	case SIGHTING_REPEATED:
		if (ended(s)) {
			if (!reset_sighted(all, s->sk))
				*cause = repeated_end(all->sn, s, srv);
			return true;
		}
		/* Ours alone by now: nothing is owed any more. */
		if (dead)
			return true;
		return !READ_ONCE(inet_csk(s->sk)->icsk_retransmits);
	case SIGHTING_NONE:
		break;
	}
	return true;
}

/* Returns whether it is done with. */
static bool sighting_look(struct sipover_sightings *all, struct sighting *s)
{
	struct sipover_server *srv;
	enum sipover_cause cause = SIPOVER_CAUSE_UNSPEC;
	bool done;

	rcu_read_lock();
	srv = sipover_server_find(all->sn, &s->conn.server);
	done = !srv || look(all, s, srv, &cause);
	if (cause == SIPOVER_CAUSE_TCP_ESTABLISHED)
		sipover_event_recovered(srv, cause, ktime_get_boottime_ns());
	else if (cause != SIPOVER_CAUSE_UNSPEC)
		sipover_tcp_report(srv, &s->conn, cause);
	rcu_read_unlock();
	if (done)
		return true;
	if (s->kind != SIGHTING_REPEATED) {
		s->wait *= 2;
		if (s->wait > LOOK_MS_LAST)
			return true;	/* not accepted */
	}
	s->due = jiffies + msecs_to_jiffies(s->wait);
	return false;
}

/* Hooks only fill free places: one that is taken is this work's. */
static void look_work(struct work_struct *work)
{
	struct sipover_sightings *all = container_of(to_delayed_work(work),
						     struct sipover_sightings,
						     look);
	long next = MAX_JIFFY_OFFSET, left;
	struct sighting *s;
	struct sock *sk;
	unsigned int i;

	for (i = 0; i < SIGHTINGS_MAX; i++) {
		s = &all->at[i];
		/* Pairs with the lock of who filled it. */
		spin_lock_bh(&all->lock);
		sk = s->kind == SIGHTING_NONE ? NULL : s->sk;
		spin_unlock_bh(&all->lock);
		if (!sk)
			continue;
		left = s->due - jiffies;
		if (left <= 0 && sighting_look(all, s)) {
			spin_lock_bh(&all->lock);
			if (s->kind == SIGHTING_REPEATED)
				all->n_repeated--;
			s->kind = SIGHTING_NONE;
			spin_unlock_bh(&all->lock);
			sock_put(sk);
			continue;
		}
		left = max_t(long, s->due - jiffies, 0);
		next = min(next, left);
	}
	/* A hook that came meanwhile has asked for an earlier look itself. */
	if (next != MAX_JIFFY_OFFSET)
		queue_delayed_work(system_wq, &all->look, next);
}

/**
 * sipover_sightings_alloc() - start to look at a namespace's sockets
 * @sn: namespace
 *
 * May sleep.
 *
 * Return: to be given to sipover_sightings_free(), or NULL
 */
struct sipover_sightings *sipover_sightings_alloc(struct sipover_net *sn)
{
	struct sipover_sightings *all;

	all = kzalloc(sizeof(*all), GFP_KERNEL_ACCOUNT);
	if (!all)
		return NULL;
	all->sn = sn;
	spin_lock_init(&all->lock);
	INIT_DELAYED_WORK(&all->look, look_work);
	return all;
}

/**
 * sipover_sightings_free() - stop
 * @all: no hook sees it any more; may be NULL
 *
 * May sleep.
 */
void sipover_sightings_free(struct sipover_sightings *all)
{
	unsigned int i;

	if (!all)
		return;
	cancel_delayed_work_sync(&all->look);
	for (i = 0; i < SIGHTINGS_MAX; i++) {
		if (all->at[i].kind != SIGHTING_NONE)
			sock_put(all->at[i].sk);
	}
	kfree(all);
}
