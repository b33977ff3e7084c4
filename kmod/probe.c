// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <net/sock.h>
#include <trace/events/sock.h>
#include <trace/events/tcp.h>

#include "compat/tracepoint.h"
#include "event.h"
#include "netns.h"
#include "probe.h"
#include "tcp.h"

static bool tracepoints = true;
module_param(tracepoints, bool, 0444);
MODULE_PARM_DESC(tracepoints, "Learn the stack's verdicts on TCP from tracepoints; N: look at the sockets");

static struct tracepoint *tp_set_state;
static struct tracepoint *tp_receive_reset;

/* Namespaces that want the probes, which are global. */
static DEFINE_MUTEX(probes_lock);
static unsigned int probes_users;
static bool probes_on;

/* The server at the other end of @sk.  Caller holds rcu_read_lock(). */
static struct sipover_server *other_end(const struct sock *sk,
					struct sipover_conn *conn)
{
	struct sipover_net *sn = sipover_net(sock_net(sk));

	if (!sipover_tcp_conn(sn, sk, conn))
		return NULL;
	return sipover_server_find(sn, &conn->server);
}

static void state_changed(const struct sock *sk, int old, int new,
			  struct sipover_server *srv,
			  const struct sipover_conn *conn)
{
	enum sipover_cause cause;

	switch (new) {
	case TCP_ESTABLISHED:
		sipover_event_recovered(srv, SIPOVER_CAUSE_TCP_ESTABLISHED,
					ktime_get_boottime_ns());
		break;
	case TCP_CLOSE_WAIT:
		/* Not in answer to our own FIN: those are other states. */
#ifndef SIPOVER_BREAK_FIN
		if (old == TCP_ESTABLISHED)
			sipover_tcp_report(srv, conn, SIPOVER_CAUSE_TCP_FIN);
#endif
		break;
	case TCP_CLOSE:
		cause = sipover_tcp_end(sk, old, conn, srv);
		if (cause != SIPOVER_CAUSE_UNSPEC)
			sipover_tcp_report(srv, conn, cause);
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
	struct sipover_server *srv;
	struct sipover_conn conn;

	if (sk->sk_protocol != IPPROTO_TCP)
		return;
	if (new != TCP_ESTABLISHED && new != TCP_CLOSE_WAIT && new != TCP_CLOSE)
		return;
	rcu_read_lock();
	srv = other_end(sk, &conn);
	if (srv)
		state_changed(sk, old, new, srv, &conn);
	rcu_read_unlock();
}

/*
 * The stack has accepted a RST (RFC 5961).  It also ends here without any,
 * when data comes behind our own shutdown: those states are left out.
 */
static void probe_receive_reset(void *data, struct sock *sk)
{
	struct sipover_server *srv;
	struct sipover_conn conn;
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
#ifdef SIPOVER_BREAK_OWN_END
		cause = SIPOVER_CAUSE_TCP_RESET;
		break;
#endif
		return;
	}
	rcu_read_lock();
	srv = other_end(sk, &conn);
	if (srv)
		sipover_tcp_report(srv, &conn, cause);
	rcu_read_unlock();
}

static int probe_on(struct tracepoint *tp, void *probe)
{
	int err;

	if (!tp)
		return -ENOENT;
	err = sipover_tracepoint_on(tp, probe);
	if (err)
		pr_warn("tracepoint %s: error %d\n", tp->name, err);
	return err;
}

/* Both or none: half of the verdicts would be taken for all. */
static bool probes_register(void)
{
	if (probe_on(tp_receive_reset, probe_receive_reset))
		return false;
	if (!probe_on(tp_set_state, probe_set_state))
		return true;
	sipover_tracepoint_off(tp_receive_reset, probe_receive_reset);
	tracepoint_synchronize_unregister();
	return false;
}

/**
 * sipover_probes_get() - one namespace more wants TCP verdicts
 *
 * Context: Process context.
 *
 * Return: whether they will come; if not, the caller has nothing to put back,
 * and looks itself
 */
bool sipover_probes_get(void)
{
	bool on;

	mutex_lock(&probes_lock);
	if (!probes_users)
		probes_on = probes_register();
	on = probes_on;
	if (on)
		probes_users++;
	mutex_unlock(&probes_lock);
	return on;
}

/**
 * sipover_probes_put() - one namespace less wants TCP verdicts
 *
 * Process context.  Behind the last one no probe runs any more: some kernels
 * protect probes by SRCU, for which an RCU grace period is not enough.
 */
void sipover_probes_put(void)
{
	mutex_lock(&probes_lock);
	if (!--probes_users) {
		sipover_tracepoint_off(tp_set_state, probe_set_state);
		sipover_tracepoint_off(tp_receive_reset, probe_receive_reset);
		tracepoint_synchronize_unregister();
		probes_on = false;
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
 * sipover_probes_init() - find the tracepoints; without them it goes on
 *
 * Probes run with preemption off; what they do, taking locks and memory, may
 * sleep on PREEMPT_RT.  None is registered there.
 */
void sipover_probes_init(void)
{
	/* Registering takes a void pointer: a wrong prototype must not build. */
	check_trace_callback_type_inet_sock_set_state(probe_set_state);
	check_trace_callback_type_tcp_receive_reset(probe_receive_reset);

	if (!tracepoints || IS_ENABLED(CONFIG_PREEMPT_RT))
		return;
	sipover_tracepoints_each(tracepoint_found);
	if (!tp_set_state || !tp_receive_reset)
		pr_notice("no tracepoint %s: sockets are looked at instead\n",
			  tp_set_state ? "tcp_receive_reset" :
			  "inet_sock_set_state");
}
