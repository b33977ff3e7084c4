/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * Server records: what is known of {family, protocol, address, port}.  Knows
 * neither packets nor generic netlink.
 */
#ifndef SIPOVER_SERVER_H
#define SIPOVER_SERVER_H

#include <linux/atomic.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>

#include <linux/sipover.h>

#include "netns.h"
#include "sent.h"

struct sipover_silence;

/**
 * struct sipover_key - a server; no holes, compared as bytes
 *
 * @addr: its address, unused bytes zero
 * @port: its port
 * @family: AF_INET or AF_INET6
 * @proto: IPPROTO_UDP or IPPROTO_TCP
 */
struct sipover_key {
	union nf_inet_addr addr;
	__be16 port;
	u8 family;
	u8 proto;
};

/**
 * struct sipover_wish - what a watch wants kept of a UDP server
 *
 * @ring_size: sent records
 * @unanswered_ms: how long it may be silent, 0: for ever
 */
struct sipover_wish {
	u32 ring_size;
	u32 unanswered_ms;
};

/**
 * struct sipover_event - one occurrence
 *
 * @time: CLOCK_BOOTTIME ns
 * @elapsed: ns that the server has been silent, 0: no such event
 * @local: our address in the packet
 * @offender: source of the ICMP error
 * @retransmits: how often the segment was repeated by now, 0: no such event
 * @local_port: our port in the packet; 0: @local and @local_port not known
 * @quoted_len: UDP length of the quoted datagram, 0: none
 * @cause: enum sipover_cause
 * @icmp_type: as in the packet
 * @icmp_code: as in the packet
 * @grade: enum sipover_grade; NONE: the cause is not an ICMP error
 */
struct sipover_event {
	u64 time;
	u64 elapsed;
	union nf_inet_addr local;
	union nf_inet_addr offender;
	u32 retransmits;
	__be16 local_port;
	u16 quoted_len;
	u8 cause;
	u8 icmp_type;
	u8 icmp_code;
	u8 grade;
};

/**
 * struct sipover_stat - one cause of one server, made when it first happens
 *
 * @next: the server's next one, of a higher cause
 * @count: occurrences, in all
 * @last: the last one
 */
struct sipover_stat {
	struct sipover_stat *next;
	u64 count;
	struct sipover_event last;
};

struct sipover_watch;

/**
 * struct sipover_server - a server record; RCU, freed after a grace period
 *
 * @node: in sipover_net.table
 * @key: never changes
 * @lock: guards what is not said to be guarded by another; _bh, as hooks run
 *	in softirq and process context
 * @last_sent: CLOCK_BOOTTIME ns, 0: never; atomic
 * @last_heard: CLOCK_BOOTTIME ns, 0: never; atomic
 * @watches: the newest, RCU, changed under sipover_net.lock, added to under
 *	@lock as well
 * @ring: UDP: datagrams sent
 * @told_time: TCP: CLOCK_BOOTTIME ns of the failure or ICMP error reported
 *	last, 0: none
 * @stats: of the causes that have happened, by number
 * @last_time: CLOCK_BOOTTIME ns of @last_cause
 * @mismatched: ICMP errors that quote nothing sent
 * @uncounted: occurrences that @stats or a watch does not count, no memory
 * @told_port: TCP: our port of @told_time's
 * @last_cause: enum sipover_cause that last made it unreachable, 0: none
 * @state: enum sipover_state; may be read without @lock
 * @n_watches: how many, under sipover_net.lock
 * @linger_until: jiffies' low half, with @n_watches 0, under sipover_net.lock
 * @silence: UDP; NULL: no watch wants to know; set once, read without @lock too
 * @list: in sipover_net.servers, under sipover_net.lock
 * @rcu: for freeing, off that list
 *
 * Of these there may be many: what not every server has stands elsewhere, in
 * @ring or @stats.
 */
struct sipover_server {
	struct rhash_head node;
	struct sipover_key key;
	spinlock_t lock;	/* see above */
	atomic64_t last_sent;
	atomic64_t last_heard;
	struct sipover_watch __rcu *watches;
	union {
		struct sipover_ring *ring;
		u64 told_time;
	};
	struct sipover_stat *stats;
	u64 last_time;
	u64 mismatched;
	u32 uncounted;
	__be16 told_port;
	u8 last_cause;
	u8 state;
	u32 n_watches;
	u32 linger_until;
	struct sipover_silence *silence;
	union {
		struct list_head list;
		struct rcu_head rcu;
	};
};

/**
 * sipover_server_ring() - the datagrams sent to a server
 * @srv: server
 *
 * Return: NULL for TCP
 */
static inline struct sipover_ring *
sipover_server_ring(const struct sipover_server *srv)
{
	return srv->key.proto == IPPROTO_UDP ? srv->ring : NULL;
}

extern const struct rhashtable_params sipover_server_params;

/**
 * sipover_port_watched() - cheap look before sipover_server_find()
 * @sn: namespace; caller holds rcu_read_lock() or the namespace's lock
 * @port: a server's port
 *
 * Return: false if no server has that port
 */
static inline bool sipover_port_watched(const struct sipover_net *sn,
					__be16 port)
{
	const unsigned long *ports = READ_ONCE(sn->ports);

	return ports && test_bit(ntohs(port), ports);
}

/**
 * sipover_port_passes() - is a packet of no interest by one of its ports?
 * @sn: namespace; caller holds rcu_read_lock()
 * @skb: packet
 * @port: where in its linear part the port should be
 *
 * For every packet that comes or goes: no copy, no call, nothing on the stack.
 *
 * Return: true: nothing is watched by that port; false: look closer, it is or
 * does not lie in the linear part
 */
static __always_inline bool sipover_port_passes(const struct sipover_net *sn,
						const struct sk_buff *skb,
						const u8 *port)
{
	if (unlikely(port + sizeof(__be16) > skb_tail_pointer(skb)))
		return false;
	return !sipover_port_watched(sn, *(const __be16 *)port);
}

struct sipover_server *sipover_server_find(struct sipover_net *sn,
					   const struct sipover_key *key);
struct sipover_server *sipover_server_get(struct sipover_net *sn,
					  const struct sipover_key *key,
					  const struct sipover_wish *wish,
					  struct netlink_ext_ack *extack);
void sipover_server_put(struct sipover_net *sn, struct sipover_server *srv);
void sipover_server_forget(struct sipover_net *sn,
			   const struct sipover_key *key);
void sipover_server_linger_work(struct work_struct *work);
void sipover_server_destroy_all(struct sipover_net *sn);

struct sipover_watch *sipover_server_note(struct sipover_server *srv,
					  const struct sipover_event *ev,
					  bool *kept);
void sipover_server_uncounted(struct sipover_server *srv);
bool sipover_server_heard(struct sipover_server *srv, u64 now);
bool sipover_server_told(struct sipover_server *srv, __be16 port, u64 now);
void sipover_server_sent(struct sipover_server *srv,
			 const struct sipover_sent *sent);
enum sipover_grade sipover_server_grade(struct sipover_server *srv,
					const struct sipover_claim *claim);
void sipover_server_mismatch(struct sipover_server *srv);

int sipover_server_init(void);
void sipover_server_exit(void);

#endif /* SIPOVER_SERVER_H */
