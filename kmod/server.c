// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "classify.h"
#include "limit.h"
#include "server.h"
#include "silence.h"

#define PORTS_BITS 65536

/*
 * A TCP failure has been told by its first sign; the socket's own end, up to
 * the next SYN retry later, is not another one.
 */
#define TOLD_NS (5 * (u64)NSEC_PER_SEC)

static struct kmem_cache *server_cache;
static struct kmem_cache *stat_cache;

static struct sipover_limit linger_ms = { 60000, 600000 };
module_param_cb(linger_ms, &sipover_limit_ops, &linger_ms, 0644);
MODULE_PARM_DESC(linger_ms, "How long a server's record outlives its last watch, ms, 0..600000");
static struct sipover_limit max_servers = { 1024, 4194304 };
module_param_cb(max_servers, &sipover_limit_ops, &max_servers, 0644);
MODULE_PARM_DESC(max_servers, "Server records per network namespace, lingering ones included, 0..4194304");

/* Any user may have a namespace; the largest ring has 160 KiB. */
static struct sipover_limit max_sent = { 65536, 134217728 };
module_param_cb(max_sent, &sipover_limit_ops, &max_sent, 0644);
MODULE_PARM_DESC(max_sent, "Sent records per network namespace, of all UDP servers, 0..134217728");

const struct rhashtable_params sipover_server_params = {
	.key_len = sizeof(struct sipover_key),
	.key_offset = offsetof(struct sipover_server, key),
	.head_offset = offsetof(struct sipover_server, node),
	.automatic_shrinking = true,
};

/**
 * sipover_server_find() - look a server up
 * @sn: namespace
 * @key: server
 *
 * Caller holds rcu_read_lock() or the namespace's lock; the record lasts as
 * long.  The lock does not hold up a resize of the table, which goes on in
 * its own work: the table itself is read under RCU in either case.
 *
 * Return: the record or NULL
 */
struct sipover_server *sipover_server_find(struct sipover_net *sn,
					   const struct sipover_key *key)
{
	if (!sipover_port_watched(sn, key->port))
		return NULL;
	return rhashtable_lookup_fast(&sn->table, key, sipover_server_params);
}

static void server_free_rcu(struct rcu_head *rcu)
{
	struct sipover_server *srv;
	struct sipover_stat *stat;

	srv = container_of(rcu, struct sipover_server, rcu);
	while ((stat = srv->stats)) {
		srv->stats = stat->next;
		kmem_cache_free(stat_cache, stat);
	}
	sipover_silence_free(srv->silence);
	kvfree(sipover_server_ring(srv));
	kmem_cache_free(server_cache, srv);
}

/* Ports are few and shared; servers go rarely. */
static void port_release(struct sipover_net *sn, __be16 port)
{
	const struct sipover_server *srv;

	list_for_each_entry(srv, &sn->servers, list) {
		if (srv->key.port == port)
			return;
	}
	clear_bit(ntohs(port), sn->port_map);
}

static u32 n_sent(const struct sipover_server *srv)
{
	const struct sipover_ring *ring = sipover_server_ring(srv);

	return ring ? ring->size : 0;
}

/* Is there room for so many sent records more?  None are always welcome. */
static int sent_check(const struct sipover_net *sn, u32 more,
		      struct netlink_ext_ack *extack)
{
	if (!more || sn->n_sent + more <= sipover_limit(&max_sent))
		return 0;
	NL_SET_ERR_MSG(extack, "limit reached: max_sent");
	return -ENOSPC;
}

static void server_remove(struct sipover_net *sn, struct sipover_server *srv)
{
	rhashtable_remove_fast(&sn->table, &srv->node, sipover_server_params);
	list_del(&srv->list);
	sn->n_servers--;
	sn->n_sent -= n_sent(srv);
	sn->gen++;
	port_release(sn, srv->key.port);
	sipover_silence_end(srv->silence);
	call_rcu(&srv->rcu, server_free_rcu);
	if (!sn->n_servers)
		sipover_netns_unhook(sn);
}

static int ports_prepare(struct sipover_net *sn)
{
	if (sn->port_map)
		return 0;
	sn->port_map = kvzalloc(PORTS_BITS / BITS_PER_BYTE, GFP_KERNEL_ACCOUNT);
	if (!sn->port_map)
		return -ENOMEM;
	WRITE_ONCE(sn->ports, sn->port_map);
	return 0;
}

static struct sipover_server *server_alloc(const struct sipover_key *key,
					   u32 ring_size)
{
	struct sipover_server *srv;

	srv = kmem_cache_zalloc(server_cache, GFP_KERNEL_ACCOUNT);
	if (!srv)
		return NULL;
	if (key->proto == IPPROTO_UDP) {
		srv->ring = sipover_ring_alloc(ring_size);
		if (!srv->ring) {
			kmem_cache_free(server_cache, srv);
			return NULL;
		}
	}
	srv->key = *key;
	spin_lock_init(&srv->lock);
	srv->state = SIPOVER_STATE_UNKNOWN;
	return srv;
}

static struct sipover_server *server_add(struct sipover_net *sn,
					 const struct sipover_key *key,
					 u32 ring_size,
					 struct netlink_ext_ack *extack)
{
	struct sipover_server *srv;
	int err;

	if (sn->closing)
		return ERR_PTR(-ENOENT);
	if (sn->n_servers >= sipover_limit(&max_servers)) {
		NL_SET_ERR_MSG(extack, "limit reached: max_servers");
		return ERR_PTR(-ENOSPC);
	}
	err = sent_check(sn, key->proto == IPPROTO_UDP ? ring_size : 0, extack);
	if (err)
		return ERR_PTR(err);
	err = ports_prepare(sn);
	if (err)
		return ERR_PTR(err);
	srv = server_alloc(key, ring_size);
	if (!srv)
		return ERR_PTR(-ENOMEM);
	err = rhashtable_insert_fast(&sn->table, &srv->node,
				     sipover_server_params);
	if (err) {
		kvfree(sipover_server_ring(srv));
		kmem_cache_free(server_cache, srv);
		return ERR_PTR(err);
	}
	list_add_tail(&srv->list, &sn->servers);
	sn->n_servers++;
	sn->n_sent += n_sent(srv);
	sn->gen++;
	set_bit(ntohs(key->port), sn->port_map);

	err = sipover_netns_hook(sn);
	if (err) {
		server_remove(sn, srv);
		return ERR_PTR(err);
	}
	return srv;
}

static int server_grow(struct sipover_net *sn, struct sipover_server *srv,
		       u32 ring_size, struct netlink_ext_ack *extack)
{
	struct sipover_ring *ring, *old = sipover_server_ring(srv);
	int err;

	if (!old || old->size >= ring_size)
		return 0;
	err = sent_check(sn, ring_size - old->size, extack);
	if (err)
		return err;
	ring = sipover_ring_alloc(ring_size);
	if (!ring)
		return -ENOMEM;
	spin_lock_bh(&srv->lock);
	sipover_ring_copy(ring, old);
	srv->ring = ring;
	spin_unlock_bh(&srv->lock);
#ifndef SIPOVER_BREAK_SENT_COUNT
	sn->n_sent += ring->size - old->size;
#endif
	kvfree(old);
	return 0;
}

/**
 * sipover_server_get() - the record for a new watch, adopted or made
 * @sn: namespace, its lock held
 * @key: server
 * @wish: what is to be kept of it
 * @extack: says which limit is reached
 *
 * Return: the record, with one more watch counted, or ERR_PTR(-ENOSPC, -ENOMEM,
 * -ENOENT the namespace ends)
 */
struct sipover_server *sipover_server_get(struct sipover_net *sn,
					  const struct sipover_key *key,
					  const struct sipover_wish *wish,
					  struct netlink_ext_ack *extack)
{
	struct sipover_server *srv;
	int err;

	srv = sipover_server_find(sn, key);
	if (srv) {
		err = server_grow(sn, srv, wish->ring_size, extack);
		if (err)
			return ERR_PTR(err);
	} else {
		srv = server_add(sn, key, wish->ring_size, extack);
		if (IS_ERR(srv))
			return srv;
	}
	if (wish->unanswered_ms && key->proto == IPPROTO_UDP) {
		err = sipover_silence_want(srv, wish->unanswered_ms);
		if (err)
			goto err_new;
	}
	srv->n_watches++;
	return srv;

err_new:
	if (!srv->n_watches && !srv->linger_until)
		server_remove(sn, srv);
	return ERR_PTR(err);
}

/**
 * sipover_server_put() - one watch less; the last one starts the lingering
 * @sn: namespace, its lock held
 * @srv: server
 */
void sipover_server_put(struct sipover_net *sn, struct sipover_server *srv)
{
	unsigned long delay = msecs_to_jiffies(sipover_limit(&linger_ms));

#ifdef SIPOVER_BREAK_LINGER
	delay = 0;
#endif
	if (--srv->n_watches)
		return;
	if (!delay || sn->closing) {
		server_remove(sn, srv);
		return;
	}
	srv->linger_until = (u32)(jiffies + delay);
	/* The work itself finds out when it is needed next. */
	cancel_delayed_work(&sn->linger);
	schedule_delayed_work(&sn->linger, 0);
}

/**
 * sipover_server_forget() - remove a record whose first watch has failed
 * @sn: namespace, its lock held
 * @key: server
 */
void sipover_server_forget(struct sipover_net *sn,
			   const struct sipover_key *key)
{
	struct sipover_server *srv = sipover_server_find(sn, key);

	if (srv && !srv->n_watches)
		server_remove(sn, srv);
}

/**
 * sipover_server_linger_work() - remove the records that lingered long enough
 * @work: sipover_net.linger
 */
void sipover_server_linger_work(struct work_struct *work)
{
	struct sipover_net *sn = container_of(to_delayed_work(work),
					      struct sipover_net, linger);
	struct sipover_server *srv, *next;
	u32 now = (u32)jiffies, wait = 0;
	s32 left;

	mutex_lock(&sn->lock);
	list_for_each_entry_safe(srv, next, &sn->servers, list) {
		if (srv->n_watches)
			continue;
		left = srv->linger_until - now;
		if (left <= 0) {
			server_remove(sn, srv);
			continue;
		}
		if (!wait || left < wait)
			wait = left;
	}
	if (wait && !sn->closing)
		schedule_delayed_work(&sn->linger, wait);
	mutex_unlock(&sn->lock);
}

/**
 * sipover_server_destroy_all() - at the namespace's end
 * @sn: namespace, its lock held; no watches any more
 */
void sipover_server_destroy_all(struct sipover_net *sn)
{
	struct sipover_server *srv, *next;

	list_for_each_entry_safe(srv, next, &sn->servers, list)
		server_remove(sn, srv);
}

static void note_failure(struct sipover_server *srv,
			 const struct sipover_event *ev)
{
	if (srv->state == SIPOVER_STATE_UNREACHABLE)
		return;
	WRITE_ONCE(srv->state, SIPOVER_STATE_UNREACHABLE);
	srv->last_cause = ev->cause;
	srv->last_time = ev->time;
}

/*
 * The statistics of a cause, made at its first occurrence: once per server and
 * cause, which bounds what a storm can make.  Caller holds the lock.
 */
static struct sipover_stat *stat_get(struct sipover_server *srv, u8 cause)
{
	struct sipover_stat **at = &srv->stats, *next, *stat;

	while ((next = *at) && next->last.cause < cause)
		at = &next->next;
	if (next && next->last.cause == cause)
		return next;
	stat = kmem_cache_zalloc(stat_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!stat)
		return NULL;
	stat->next = next;
	*at = stat;
	return stat;
}

static bool stat_count(struct sipover_server *srv,
		       const struct sipover_event *ev)
{
	struct sipover_stat *stat = stat_get(srv, ev->cause);

	if (!stat) {
		srv->uncounted++;
		return false;
	}
	stat->count++;
	stat->last = *ev;
	return true;
}

/**
 * sipover_server_note() - count an occurrence, move the state
 * @srv: server; caller holds rcu_read_lock()
 * @ev: what happened
 * @kept: set to whether it is in the server's statistics; false: no memory
 *
 * It is news for those who watch by now; for who comes later it is history.
 * A recovery is news only when the server was unreachable, and counts only
 * then.
 *
 * Return: the first watch to be told, as well as those behind it, or NULL
 */
struct sipover_watch *sipover_server_note(struct sipover_server *srv,
					  const struct sipover_event *ev,
					  bool *kept)
{
	enum sipover_effect effect = sipover_evidence_effect(ev->cause,
							     ev->grade);
	struct sipover_watch *watch = NULL;
	bool news = true;

	spin_lock_bh(&srv->lock);
	if (srv->key.proto == IPPROTO_TCP &&
	    (effect == SIPOVER_EFFECT_FAILURE ||
	     ev->grade != SIPOVER_GRADE_NONE)) {
		srv->told_port = ev->local_port;
		srv->told_time = ev->time;
	}
	switch (effect) {
	case SIPOVER_EFFECT_FAILURE:
		note_failure(srv, ev);
		break;
	case SIPOVER_EFFECT_RECOVERY:
		news = srv->state == SIPOVER_STATE_UNREACHABLE;
		WRITE_ONCE(srv->state, SIPOVER_STATE_REACHABLE);
		break;
	case SIPOVER_EFFECT_NONE:
		break;
	}
	if (news) {
		*kept = stat_count(srv, ev);
		watch = rcu_dereference(srv->watches);
	}
	spin_unlock_bh(&srv->lock);
	return watch;
}

/**
 * sipover_server_uncounted() - an occurrence is lost to a watch, no memory
 * @srv: server
 */
void sipover_server_uncounted(struct sipover_server *srv)
{
	spin_lock_bh(&srv->lock);
	srv->uncounted++;
	spin_unlock_bh(&srv->lock);
}

/**
 * sipover_server_heard() - a packet came from the server
 * @srv: server
 * @now: CLOCK_BOOTTIME ns
 *
 * Return: whether the state is to be moved, by sipover_event_post()
 */
bool sipover_server_heard(struct sipover_server *srv, u64 now)
{
	atomic64_set(&srv->last_heard, now);
	return READ_ONCE(srv->state) != SIPOVER_STATE_REACHABLE;
}

/**
 * sipover_server_told() - has a connection's trouble been reported?
 * @srv: server, TCP
 * @port: our port of the connection
 * @now: CLOCK_BOOTTIME ns
 *
 * Return: whether it has
 */
bool sipover_server_told(struct sipover_server *srv, __be16 port, u64 now)
{
	bool told;

	spin_lock_bh(&srv->lock);
	told = srv->told_time && srv->told_port == port &&
	       now - srv->told_time <= TOLD_NS;
	spin_unlock_bh(&srv->lock);
	return told;
}

/**
 * sipover_server_sent() - record a datagram
 * @srv: server, UDP
 * @sent: the datagram
 */
void sipover_server_sent(struct sipover_server *srv,
			 const struct sipover_sent *sent)
{
	spin_lock_bh(&srv->lock);
	sipover_ring_add(srv->ring, sent);
	spin_unlock_bh(&srv->lock);
}

/**
 * sipover_server_grade() - tie an ICMP error to a datagram
 * @srv: server, UDP
 * @claim: the error
 *
 * What is tied too badly to be reported is counted here.
 *
 * Return: as sipover_ring_grade()
 */
enum sipover_grade sipover_server_grade(struct sipover_server *srv,
					const struct sipover_claim *claim)
{
	enum sipover_grade grade;

	spin_lock_bh(&srv->lock);
	grade = sipover_ring_grade(srv->ring, claim);
	if (grade == SIPOVER_GRADE_NONE || grade == SIPOVER_GRADE_WEAK)
		srv->mismatched++;
	spin_unlock_bh(&srv->lock);
	return grade;
}

/**
 * sipover_server_mismatch() - count an ICMP error that proves nothing
 * @srv: server
 */
void sipover_server_mismatch(struct sipover_server *srv)
{
	spin_lock_bh(&srv->lock);
	srv->mismatched++;
	spin_unlock_bh(&srv->lock);
}

/**
 * sipover_server_init() - the records' memory
 *
 * Return: 0 or -ENOMEM
 */
int sipover_server_init(void)
{
	server_cache = KMEM_CACHE(sipover_server, 0);
	if (!server_cache)
		return -ENOMEM;
	stat_cache = KMEM_CACHE(sipover_stat, 0);
	if (!stat_cache) {
		kmem_cache_destroy(server_cache);
		return -ENOMEM;
	}
	return 0;
}

/**
 * sipover_server_exit() - behind rcu_barrier()
 */
void sipover_server_exit(void)
{
	kmem_cache_destroy(stat_cache);
	kmem_cache_destroy(server_cache);
}
