// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#ifdef SIPOVER_BREAK_JOIN
#include <linux/delay.h>
#endif
#include <linux/log2.h>
#include <linux/module.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "netlink.h"
#include "silence.h"

static struct genl_family sipover_family;

/* The family goes, and its id may soon be another's: no events any more. */
static bool leaving;

/* Attributes' sizes with their headers and padding. */
#define SIZE_KEY (4 * nla_total_size(4) + nla_total_size(16))
#define SIZE_U64 nla_total_size_64bit(8)
#define SIZE_STAT (nla_total_size(0) + nla_total_size(1) + 2 * SIZE_U64)
#define SIZE_RECORD (SIZE_KEY + 5 * nla_total_size(4) + 6 * SIZE_U64 +	\
		     SIPOVER_CAUSE_MAX * SIZE_STAT)
#define SIZE_WATCH (2 * nla_total_size(4) + 2 * SIZE_U64)
#define SIZE_EVENT (SIZE_WATCH + SIZE_KEY + 3 * SIZE_U64 +		\
		    9 * nla_total_size(4) + 2 * nla_total_size(16))

/*
 * nla_put() for values: an event has twenty of them, and clearing and copying a
 * word by calls would be a good part of what it costs.
 */
static __always_inline int put(struct sk_buff *msg, int attr, const void *data,
			       int len)
{
	unsigned int size = NLA_ALIGN(NLA_HDRLEN + len);
	struct nlattr *nla;
	u8 *at;

	if (unlikely(skb_tailroom(msg) < (int)size))
		return -EMSGSIZE;
	at = __skb_put(msg, size);
	/* the padding behind a short value */
	memset(at + size - sizeof(u32), 0, sizeof(u32));
	nla = (struct nlattr *)at;
	nla->nla_len = NLA_HDRLEN + len;
	nla->nla_type = attr;
	memcpy(at + NLA_HDRLEN, data, len);
	return 0;
}

static int put_u8(struct sk_buff *msg, int attr, u8 value)
{
	return put(msg, attr, &value, sizeof(value));
}

static int put_u16(struct sk_buff *msg, int attr, u16 value)
{
	return put(msg, attr, &value, sizeof(value));
}

static int put_be16(struct sk_buff *msg, int attr, __be16 value)
{
	return put(msg, attr, &value, sizeof(value));
}

static int put_u32(struct sk_buff *msg, int attr, u32 value)
{
	return put(msg, attr, &value, sizeof(value));
}

static int put_u64(struct sk_buff *msg, int attr, u64 value)
{
	if (nla_align_64bit(msg, SIPOVER_A_PAD))
		return -EMSGSIZE;
	return put(msg, attr, &value, sizeof(value));
}

static int put_addr(struct sk_buff *msg, u8 family, int attr4, int attr6,
		    const union nf_inet_addr *addr)
{
	if (family == AF_INET)
		return put(msg, attr4, &addr->ip, sizeof(addr->ip));
	return put(msg, attr6, &addr->in6, sizeof(addr->in6));
}

static int put_key(struct sk_buff *msg, const struct sipover_key *key)
{
	if (put_u8(msg, SIPOVER_A_FAMILY, key->family) ||
	    put_u8(msg, SIPOVER_A_PROTO, key->proto) ||
	    put_addr(msg, key->family, SIPOVER_A_ADDR4, SIPOVER_A_ADDR6,
		     &key->addr) ||
	    put_be16(msg, SIPOVER_A_PORT, key->port))
		return -EMSGSIZE;
	return 0;
}

static int put_stat(struct sk_buff *msg, const struct sipover_stat *stat)
{
	struct nlattr *nest;

	nest = nla_nest_start(msg, SIPOVER_A_CAUSE_STATS);
	if (!nest)
		return -EMSGSIZE;
	if (put_u8(msg, SIPOVER_A_CAUSE, stat->last.cause) ||
	    put_u64(msg, SIPOVER_A_COUNT, stat->count) ||
	    put_u64(msg, SIPOVER_A_TIME, stat->last.time)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/* Caller holds the server's lock. */
static int put_record_locked(struct sk_buff *msg,
			     const struct sipover_server *srv)
{
	const struct sipover_ring *ring = sipover_server_ring(srv);
	const struct sipover_stat *stat;

	if (put_u8(msg, SIPOVER_A_STATE, srv->state) ||
	    put_u32(msg, SIPOVER_A_RING_SIZE, ring ? ring->size : 0) ||
	    put_u64(msg, SIPOVER_A_TX_RECORDED, ring ? ring->recorded : 0) ||
	    put_u64(msg, SIPOVER_A_TX_OVERRUN, ring ? ring->overrun : 0) ||
	    put_u64(msg, SIPOVER_A_MISMATCHED, srv->mismatched))
		return -EMSGSIZE;
	if (srv->uncounted &&
	    put_u32(msg, SIPOVER_A_UNCOUNTED, srv->uncounted))
		return -EMSGSIZE;
	if (srv->last_cause &&
	    (put_u8(msg, SIPOVER_A_LAST_CAUSE, srv->last_cause) ||
	     put_u64(msg, SIPOVER_A_LAST_TIME, srv->last_time)))
		return -EMSGSIZE;
	if (srv->silence &&
	    nla_put_u32(msg, SIPOVER_A_UNANSWERED_MS, srv->silence->ms))
		return -EMSGSIZE;
	for (stat = srv->stats; stat; stat = stat->next) {
		if (put_stat(msg, stat))
			return -EMSGSIZE;
	}
	return 0;
}

/*
 * Caller holds the namespace's lock.  @start: a new watch of the server, told of
 * what the record does not count, or NULL.
 */
static int put_record(struct sk_buff *msg, struct sipover_server *srv,
		      struct sipover_watch *start)
{
	u64 sent = atomic64_read(&srv->last_sent);
	u64 heard = atomic64_read(&srv->last_heard);
	int err;

	if (put_key(msg, &srv->key) ||
	    put_u32(msg, SIPOVER_A_WATCHES, srv->n_watches) ||
	    (sent && put_u64(msg, SIPOVER_A_LAST_SENT, sent)) ||
	    (heard && put_u64(msg, SIPOVER_A_LAST_HEARD, heard)))
		return -EMSGSIZE;
	spin_lock_bh(&srv->lock);
#ifdef SIPOVER_BREAK_JOIN
	if (start)
		sipover_watch_start(start->owner->sn, start);
	spin_unlock_bh(&srv->lock);
	if (start)
		mdelay(5);
	spin_lock_bh(&srv->lock);
	start = NULL;
#endif
	err = put_record_locked(msg, srv);
	if (start && !err)
		sipover_watch_start(start->owner->sn, start);
	spin_unlock_bh(&srv->lock);
	return err;
}

static int put_payload(struct sk_buff *msg,
		       const struct sipover_payload *payload)
{
	struct nlattr *attr;

	attr = nla_reserve(msg, SIPOVER_A_QUOTE, payload->len);
	if (!attr)
		return -EMSGSIZE;
	return skb_copy_bits(payload->skb, payload->off, nla_data(attr),
			     payload->len);
}

static int put_icmp(struct sk_buff *msg, const struct sipover_news *news,
		    u8 family)
{
	const struct sipover_event *ev = news->event;

	if (ev->grade == SIPOVER_GRADE_NONE)
		return 0;
	if (put_u8(msg, SIPOVER_A_ICMP_TYPE, ev->icmp_type) ||
	    put_u8(msg, SIPOVER_A_ICMP_CODE, ev->icmp_code) ||
	    put_u8(msg, SIPOVER_A_GRADE, ev->grade) ||
	    put_addr(msg, family, SIPOVER_A_OFFENDER4, SIPOVER_A_OFFENDER6,
		     &ev->offender))
		return -EMSGSIZE;
	if (ev->quoted_len &&
	    put_u16(msg, SIPOVER_A_QUOTED_LEN, ev->quoted_len))
		return -EMSGSIZE;
	return news->payload ? put_payload(msg, news->payload) : 0;
}

static int put_event(struct sk_buff *msg, const struct sipover_news *news)
{
	const struct sipover_watch *watch = news->watch;
	const struct sipover_key *key = &watch->server->key;
	const struct sipover_event *ev = news->event;

	if (put_u32(msg, SIPOVER_A_WATCH_ID, watch->id) ||
	    put_u64(msg, SIPOVER_A_COOKIE, watch->owner->cookie) ||
	    put_u64(msg, SIPOVER_A_SEQ, news->seq) ||
	    put_u8(msg, SIPOVER_A_CAUSE, ev->cause) ||
	    put_u64(msg, SIPOVER_A_COUNT, news->count) ||
	    put_u64(msg, SIPOVER_A_TIME, ev->time) ||
	    put_u8(msg, SIPOVER_A_STATE, news->state) ||
	    put_key(msg, key))
		return -EMSGSIZE;
	if (ev->local_port &&
	    (put_addr(msg, key->family, SIPOVER_A_LOCAL4, SIPOVER_A_LOCAL6,
		      &ev->local) ||
	     put_be16(msg, SIPOVER_A_LOCAL_PORT, ev->local_port)))
		return -EMSGSIZE;
	if ((ev->elapsed && put_u64(msg, SIPOVER_A_ELAPSED, ev->elapsed)) ||
	    (ev->retransmits &&
	     nla_put_u32(msg, SIPOVER_A_RETRANSMITS, ev->retransmits)))
		return -EMSGSIZE;
	return put_icmp(msg, news, key->family);
}

/**
 * sipover_netlink_event() - send one event to its owner
 * @news: the event; the owner's lock is held
 *
 * Does not sleep.
 *
 * Return: 0 or -errno: -EAGAIN the socket is full, -ENOMEM, -ENOTCONN the
 * module goes
 */
int sipover_netlink_event(const struct sipover_news *news)
{
	const struct sipover_owner *owner = news->watch->owner;
	unsigned int quote = news->payload ? news->payload->len : 0;
	struct sk_buff *msg;
	void *head;

	if (READ_ONCE(leaving))
		return -ENOTCONN;
	msg = genlmsg_new(SIZE_EVENT + nla_total_size(quote), GFP_ATOMIC);
	if (!msg)
		return -ENOMEM;
	head = genlmsg_put(msg, 0, 0, &sipover_family, 0, SIPOVER_CMD_EVENT);
	if (!head || put_event(msg, news)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, head);
	return genlmsg_unicast(owner->sn->net, msg, owner->portid);
}

static int refuse(struct genl_info *info, int attr, const char *why)
{
	NL_SET_BAD_ATTR(info->extack, info->attrs[attr]);
	info->extack->_msg = why;
	return -EINVAL;
}

static bool is_server4(__be32 addr)
{
	return !ipv4_is_zeronet(addr) && !ipv4_is_multicast(addr) &&
	       !ipv4_is_lbcast(addr);
}

/* A mapped address is IPv4 on the wire. */
static bool is_server6(const struct in6_addr *addr)
{
	return !ipv6_addr_any(addr) && !ipv6_addr_is_multicast(addr) &&
	       !ipv6_addr_v4mapped(addr);
}

static int get_addr(struct genl_info *info, struct sipover_key *key)
{
	struct nlattr *addr4 = info->attrs[SIPOVER_A_ADDR4];
	struct nlattr *addr6 = info->attrs[SIPOVER_A_ADDR6];

	if (key->family == AF_INET) {
		if (!addr4 || addr6)
			return refuse(info, SIPOVER_A_FAMILY,
				      "IPv4 takes ADDR4 and nothing else");
		key->addr.ip = nla_get_in_addr(addr4);
		if (!is_server4(key->addr.ip))
			return refuse(info, SIPOVER_A_ADDR4,
				      "not the address of one server");
		return 0;
	}
	if (key->family != AF_INET6 || !IS_ENABLED(CONFIG_IPV6))
		return refuse(info, SIPOVER_A_FAMILY,
			      "address family not supported");
	if (!addr6 || addr4)
		return refuse(info, SIPOVER_A_FAMILY,
			      "IPv6 takes ADDR6 and nothing else");
	key->addr.in6 = nla_get_in6_addr(addr6);
	if (!is_server6(&key->addr.in6))
		return refuse(info, SIPOVER_A_ADDR6,
			      "not the IPv6 address of one server");
	return 0;
}

static int get_key(struct genl_info *info, struct sipover_key *key)
{
	struct nlattr **attrs = info->attrs;

	memset(key, 0, sizeof(*key));
	if (!attrs[SIPOVER_A_FAMILY] || !attrs[SIPOVER_A_PROTO] ||
	    !attrs[SIPOVER_A_PORT]) {
		NL_SET_ERR_MSG(info->extack,
			       "FAMILY, PROTO and PORT are needed");
		return -EINVAL;
	}
	key->family = nla_get_u8(attrs[SIPOVER_A_FAMILY]);
	key->proto = nla_get_u8(attrs[SIPOVER_A_PROTO]);
	key->port = nla_get_be16(attrs[SIPOVER_A_PORT]);
	if (key->proto != IPPROTO_UDP && key->proto != IPPROTO_TCP)
		return refuse(info, SIPOVER_A_PROTO, "neither UDP nor TCP");
#ifndef SIPOVER_BREAK_INPUT
	if (!key->port)
		return refuse(info, SIPOVER_A_PORT, "port 0");
#endif
	return get_addr(info, key);
}

static int get_ring_size(struct genl_info *info, u32 *size)
{
	const struct nlattr *attr = info->attrs[SIPOVER_A_RING_SIZE];

	*size = attr ? nla_get_u32(attr) : SIPOVER_RING_DEFAULT;
	if (*size < SIPOVER_RING_MIN || *size > SIPOVER_RING_MAX ||
	    !is_power_of_2(*size))
		return refuse(info, SIPOVER_A_RING_SIZE,
			      "not a power of two in 8..4096");
	return 0;
}

static int get_wish(struct genl_info *info, struct sipover_wish *wish)
{
	const struct nlattr *attr = info->attrs[SIPOVER_A_UNANSWERED_MS];

	wish->unanswered_ms = attr ? nla_get_u32(attr) : 0;
	if (attr && (wish->unanswered_ms < SIPOVER_UNANSWERED_MS_MIN ||
		     wish->unanswered_ms > SIPOVER_UNANSWERED_MS_MAX))
		return refuse(info, SIPOVER_A_UNANSWERED_MS,
			      "not in 100..60000");
	return get_ring_size(info, &wish->ring_size);
}

/*
 * The owner's lock is held from reading its number to sending: no event with
 * a higher one arrives before the reply.  The watch starts with its record.
 */
static int watch_reply(struct sk_buff *msg, void *head, struct genl_info *info,
		       struct sipover_watch *watch)
{
	struct sipover_owner *owner = watch->owner;
	int err = -EMSGSIZE;

	spin_lock_bh(&owner->lock);
	if (put_u32(msg, SIPOVER_A_WATCH_ID, watch->id) ||
	    put_u64(msg, SIPOVER_A_COOKIE, owner->cookie) ||
	    put_u64(msg, SIPOVER_A_SEQ, owner->seq) ||
	    put_record(msg, watch->server, watch)) {
		nlmsg_free(msg);
		goto out;
	}
	genlmsg_end(msg, head);
	err = genlmsg_reply(msg, info);
out:
	spin_unlock_bh(&owner->lock);
	return err;
}

static int watch_add_locked(struct sipover_net *sn, struct sk_buff *skb,
			    struct genl_info *info,
			    const struct sipover_key *key,
			    const struct sipover_wish *wish,
			    struct sk_buff *msg, void *head)
{
	bool known = sipover_server_find(sn, key);
	struct sipover_owner *owner;
	struct sipover_watch *watch;
	int err;

	owner = sipover_owner_get(sn, NETLINK_CB(skb).sk, info->snd_portid,
				  info->extack);
	if (IS_ERR(owner)) {
		nlmsg_free(msg);
		return PTR_ERR(owner);
	}
	watch = sipover_watch_add(sn, owner, key, wish, info->extack);
	if (IS_ERR(watch)) {
		nlmsg_free(msg);
		err = PTR_ERR(watch);
	} else {
		err = watch_reply(msg, head, info, watch);
		/* Whoever got no reply has no id to delete it by. */
		if (err)
			sipover_watch_del(sn, watch);
#ifdef SIPOVER_BREAK_FORGET
		known = true;
#endif
		if (err && !known)
			sipover_server_forget(sn, key);
	}
	sipover_owner_drop_idle(owner);
	return err;
}

static int watch_add(struct sk_buff *skb, struct genl_info *info)
{
	struct sipover_net *sn = sipover_net(genl_info_net(info));
	struct sipover_wish wish;
	struct sipover_key key;
	struct sk_buff *msg;
	void *head;
	int err;

	err = get_key(info, &key);
	if (err)
		return err;
	err = get_wish(info, &wish);
	if (err)
		return err;
	msg = genlmsg_new(SIZE_WATCH + SIZE_RECORD, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	head = genlmsg_put_reply(msg, info, &sipover_family, 0,
				 SIPOVER_CMD_WATCH_ADD);
	if (!head) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}

	mutex_lock(&sn->lock);
	err = watch_add_locked(sn, skb, info, &key, &wish, msg, head);
	mutex_unlock(&sn->lock);
	return err;
}

static int watch_del(struct sk_buff *skb, struct genl_info *info)
{
	struct sipover_net *sn = sipover_net(genl_info_net(info));
	struct sipover_watch *watch;
	int err = 0;

	if (!info->attrs[SIPOVER_A_WATCH_ID]) {
		NL_SET_ERR_MSG(info->extack, "WATCH_ID is needed");
		return -EINVAL;
	}
	mutex_lock(&sn->lock);
	watch = idr_find(&sn->watches,
			 nla_get_u32(info->attrs[SIPOVER_A_WATCH_ID]));
	if (watch && watch->owner->sk == NETLINK_CB(skb).sk)
		sipover_watch_del(sn, watch);
	else
		err = -ENOENT;
	mutex_unlock(&sn->lock);
	return err;
}

static int server_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sipover_net *sn = sipover_net(genl_info_net(info));
	struct sipover_server *srv;
	struct sipover_key key;
	struct sk_buff *msg;
	void *head;
	int err;

	err = get_key(info, &key);
	if (err)
		return err;
	msg = genlmsg_new(SIZE_RECORD, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	head = genlmsg_put_reply(msg, info, &sipover_family, 0,
				 SIPOVER_CMD_SERVER_GET);
	err = -EMSGSIZE;
	if (!head)
		goto err_free;

	mutex_lock(&sn->lock);
	srv = sipover_server_find(sn, &key);
	err = srv ? put_record(msg, srv, NULL) : -ENOENT;
	mutex_unlock(&sn->lock);
	if (err)
		goto err_free;
	genlmsg_end(msg, head);
	return genlmsg_reply(msg, info);

err_free:
	nlmsg_free(msg);
	return err;
}

/*
 * Dumps go on from the number in cb->args[0]; who comes or goes in between
 * changes sipover_net.gen, which the receiver is told.
 */
static void *dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	void *head;

	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &sipover_family, NLM_F_MULTI, cmd);
	if (head)
		genl_dump_check_consistent(cb, head);
	return head;
}

static int dump_refused(struct netlink_callback *cb)
{
	if (!nlmsg_attrlen(cb->nlh, GENL_HDRLEN))
		return 0;
	NL_SET_ERR_MSG(cb->extack, "a dump takes no attributes");
	return -EINVAL;
}

static int server_put_dump(struct sk_buff *skb, struct netlink_callback *cb,
			   struct sipover_server *srv)
{
	void *head = dump_put(skb, cb, SIPOVER_CMD_SERVER_GET);

	if (!head)
		return -EMSGSIZE;
	if (put_record(skb, srv, NULL)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

static int server_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct sipover_net *sn = sipover_net(sock_net(cb->skb->sk));
	struct sipover_server *srv;
	long n = 0;
	int err;

	err = dump_refused(cb);
	if (err)
		return err;
	mutex_lock(&sn->lock);
	cb->seq = sn->gen + 1;
	list_for_each_entry(srv, &sn->servers, list) {
		if (n++ < cb->args[0])
			continue;
#ifdef SIPOVER_BREAK_DUMP
		if (list_is_last(&srv->list, &sn->servers))
			break;
#endif
		if (server_put_dump(skb, cb, srv))
			break;
		cb->args[0] = n;
	}
	mutex_unlock(&sn->lock);
	return skb->len;
}

static int watch_put_dump(struct sk_buff *skb, struct netlink_callback *cb,
			  const struct sipover_watch *watch)
{
	const struct sipover_server *srv = watch->server;
	void *head = dump_put(skb, cb, SIPOVER_CMD_WATCH_GET);

	if (!head)
		return -EMSGSIZE;
	if (put_u32(skb, SIPOVER_A_WATCH_ID, watch->id) ||
	    put_u32(skb, SIPOVER_A_PORTID, watch->owner->portid) ||
	    put_key(skb, &srv->key) ||
	    put_u8(skb, SIPOVER_A_STATE, READ_ONCE(srv->state))) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

static int watch_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct sipover_net *sn = sipover_net(sock_net(cb->skb->sk));
	struct sipover_watch *watch;
	int id = cb->args[0];
	int err;

	err = dump_refused(cb);
	if (err)
		return err;
	mutex_lock(&sn->lock);
	cb->seq = sn->gen + 1;
	idr_for_each_entry_continue(&sn->watches, watch, id) {
		if (watch_put_dump(skb, cb, watch))
			break;
		cb->args[0] = id + 1;
	}
	mutex_unlock(&sn->lock);
	return skb->len;
}

static const struct genl_ops sipover_ops[] = {
	{
		.cmd = SIPOVER_CMD_WATCH_ADD,
		.doit = watch_add,
		.policy = sipover_watch_add_policy,
		.maxattr = SIPOVER_WATCH_ADD_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = SIPOVER_CMD_WATCH_DEL,
		.doit = watch_del,
		.policy = sipover_watch_del_policy,
		.maxattr = SIPOVER_WATCH_DEL_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = SIPOVER_CMD_WATCH_GET,
		.dumpit = watch_dump,
		.policy = sipover_watch_get_policy,
		.maxattr = SIPOVER_WATCH_GET_MAX,
		.flags = GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd = SIPOVER_CMD_SERVER_GET,
		.doit = server_get,
		.dumpit = server_dump,
		.policy = sipover_server_get_policy,
		.maxattr = SIPOVER_SERVER_GET_MAX,
#ifndef SIPOVER_BREAK_CAPABILITY
		.flags = GENL_UNS_ADMIN_PERM,
#endif
	},
};

#ifdef SIPOVER_BREAK_ALIAS
MODULE_ALIAS_GENL_FAMILY(SIPOVER_GENL_NAME);
#endif

static struct genl_family sipover_family __ro_after_init = {
	.name = SIPOVER_GENL_NAME,
	.version = SIPOVER_GENL_VERSION,
	.netnsok = true,
	.module = THIS_MODULE,
	.ops = sipover_ops,
	.n_ops = ARRAY_SIZE(sipover_ops),
};

/**
 * sipover_netlink_init() - open the door; everything else is ready
 *
 * Return: 0 or -errno
 */
int sipover_netlink_init(void)
{
	return genl_register_family(&sipover_family);
}

/**
 * sipover_netlink_exit() - close the door; events are sent no more
 */
void sipover_netlink_exit(void)
{
	WRITE_ONCE(leaving, true);
	/* who sends one holds a spinlock with softirqs off: a reader to RCU */
	synchronize_rcu();
	genl_unregister_family(&sipover_family);
}
