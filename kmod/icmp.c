// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "classify.h"
#include "event.h"
#include "icmp.h"
#include "netns.h"
#include "parse.h"
#include "server.h"
#include "sighting.h"
#include "silence.h"
#include "tcp.h"

/* An ICMP error on its way through, or a packet from a server. */
struct arrival {
	struct sipover_net *sn;
	struct sk_buff *skb;
	union nf_inet_addr saddr;
	unsigned int off;	/* of the header behind IP */
	u8 family;
	u8 proto;
};

static bool checksum_ok(const struct arrival *in)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (in->family == AF_INET6)
		return !nf_ip6_checksum(in->skb, NF_INET_LOCAL_IN, in->off,
					IPPROTO_ICMPV6);
#endif
	return !nf_ip_checksum(in->skb, NF_INET_LOCAL_IN, in->off,
			       IPPROTO_ICMP);
}

/*
 * Has this host sent it?  In a VRF its own packets come in by the VRF's device,
 * as others' do, but from the address that they go to.  Who pretends that
 * from outside must quote as exactly as for grade STRONG.
 */
static bool from_here(const struct arrival *in)
{
	const struct net_device *dev = in->skb->dev;

	if (dev->flags & IFF_LOOPBACK)
		return true;
	if (!netif_is_l3_master(dev))
		return false;
#if IS_ENABLED(CONFIG_IPV6)
	if (in->family == AF_INET6)
		return ipv6_addr_equal(&in->saddr.in6,
				       &ipv6_hdr(in->skb)->daddr);
#endif
	return in->saddr.ip == ip_hdr(in->skb)->daddr;
}

/* Is the cause worth an event by what the error is tied to? */
static enum sipover_grade icmp_grade(const struct arrival *in,
				     struct sipover_server *srv,
				     struct sipover_claim *claim,
				     enum sipover_cause cause)
{
	const struct sipover_quote *q = claim->q;
	enum sipover_grade grade;

	claim->loopback = in->skb->dev->flags & IFF_LOOPBACK;
	claim->own_failure = cause == SIPOVER_CAUSE_HOST_UNREACH &&
			     from_here(in);
#ifdef SIPOVER_BREAK_LOCAL
	claim->own_failure = false;
#endif
	if (q->proto == IPPROTO_UDP)
		return sipover_server_grade(srv, claim);
	grade = sipover_tcp_grade(in->sn->net, in->skb, q);
	if (grade == SIPOVER_GRADE_WEAK)
		sipover_server_mismatch(srv);
	if (grade == SIPOVER_GRADE_STRONG && claim->own_failure)
		return SIPOVER_GRADE_LOCAL;
	return grade;
}

/* The stack may believe what the module does not (sipover_tcp_grade()). */
static void icmp_sighted(const struct arrival *in,
			 const struct sipover_quote *q)
{
	struct sipover_sightings *sightings = READ_ONCE(in->sn->sightings);

#ifdef SIPOVER_BREAK_DOUBTED
	return;
#endif
	if (sightings && q->proto == IPPROTO_TCP)
		sipover_sighting_error(sightings, in->skb, q);
}

static void icmp_report(const struct arrival *in, struct sipover_server *srv,
			const struct sipover_quote *q,
			enum sipover_cause cause, enum sipover_grade grade,
			u64 now)
{
	struct sipover_payload payload = {
		.skb = in->skb,
		.off = in->off + q->payload_off,
		.len = min_t(u32, q->payload_len, SIPOVER_QUOTE_MAX),
	};
	struct sipover_event ev = {
		.time = now,
		.offender = in->saddr,
		.local_port = q->sport,
		.quoted_len = q->udp_len,
		.cause = cause,
		.icmp_type = q->icmp_type,
		.icmp_code = q->icmp_code,
		.grade = grade,
	};

	memcpy(&ev.local, q->src, sizeof(ev.local));
	sipover_event_post(srv, &ev, payload.len ? &payload : NULL);
}

static bool icmp_ignored(u8 family, enum sipover_cause cause)
{
#ifdef SIPOVER_BREAK_PORT_UNREACH
	if (family == AF_INET && cause == SIPOVER_CAUSE_PORT_UNREACH)
		return true;
#endif
#ifdef SIPOVER_BREAK_HOST_UNREACH
	if (cause == SIPOVER_CAUSE_HOST_UNREACH)
		return true;
#endif
#ifdef SIPOVER_BREAK_V6
	if (family == AF_INET6)
		return true;
#endif
	return cause == SIPOVER_CAUSE_UNSPEC;
}

/*
 * The first @have bytes of a message of @total lie at @icmp.  Cheap tests
 * first; the checksum only for a server's errors.
 */
static void icmp_error(const struct arrival *in, const u8 *icmp,
		       unsigned int have, unsigned int total)
{
	struct sipover_server *srv;
	enum sipover_cause cause;
	enum sipover_grade grade;
	struct sipover_claim claim;
	struct sipover_key key;
	struct sipover_quote q;

	if (sipover_parse_icmp(&q, in->family, icmp, have, total) !=
	    SIPOVER_PARSE_OK)
		return;
	if (!sipover_port_watched(in->sn, q.dport))
		return;
	memcpy(&key.addr, q.dst, sizeof(key.addr));
	key.port = q.dport;
	key.family = q.family;
	key.proto = q.proto;
	srv = sipover_server_find(in->sn, &key);
	if (!srv)
		return;

	cause = sipover_classify_icmp(in->family, q.icmp_type, q.icmp_code);
	if (icmp_ignored(in->family, cause) || !checksum_ok(in))
		return;
	claim.q = &q;
	claim.text = icmp + q.payload_off;
	claim.text_len = min(q.payload_len, have - q.payload_off);
	claim.now = ktime_get_boottime_ns();
	grade = icmp_grade(in, srv, &claim, cause);
	if (grade == SIPOVER_GRADE_WEAK)
		icmp_sighted(in, &q);
	if (grade == SIPOVER_GRADE_NONE || grade == SIPOVER_GRADE_WEAK)
		return;
	icmp_report(in, srv, &q, cause, grade, claim.now);
}

/* Apart: kernels that clear what is on the stack would clear it for all. */
static noinline void icmp_scattered(const struct arrival *in,
				    unsigned int have, unsigned int total)
{
	u8 buf[SIPOVER_PARSE_MAX];

	if (!skb_copy_bits(in->skb, in->off, buf, have))
		icmp_error(in, buf, have, total);
}

static void icmp_in(const struct arrival *in)
{
	unsigned int total, have;

	if (in->skb->len < in->off)
		return;
	total = in->skb->len - in->off;
	have = min_t(unsigned int, total, SIPOVER_PARSE_MAX);
	if (likely(in->off + have <= skb_headlen(in->skb)))
		icmp_error(in, in->skb->data + in->off, have, total);
	else
		icmp_scattered(in, have, total);
}

static struct sipover_server *sender(const struct arrival *in, __be16 port)
{
	struct sipover_key key = {
		.addr = in->saddr,
		.port = port,
		.family = in->family,
		.proto = in->proto,
	};

	return sipover_server_find(in->sn, &key);
}

/* A datagram from a watched server is a sign of life. */
static void udp_in(const struct arrival *in)
{
	struct sipover_silence *silence;
	struct sipover_server *srv;
	__be16 buf, *sport;

	sport = skb_header_pointer(in->skb, in->off, sizeof(buf), &buf);
	if (!sport || !sipover_port_watched(in->sn, *sport))
		return;
	srv = sender(in, *sport);
	if (!srv)
		return;
	silence = READ_ONCE(srv->silence);
	if (silence)
		sipover_silence_heard(silence);
	sipover_event_recovered(srv, SIPOVER_CAUSE_HEARD,
				ktime_get_boottime_ns());
}

/*
 * While a TCP server counts as unreachable, a segment that a live connection
 * of ours accepts is a sign of life; RST, SYN and FIN are none.  Connections
 * that come up are seen elsewhere.
 */
static bool tcp_alive(const struct arrival *in, const struct tcphdr *th)
{
	struct sock *sk;
	bool alive;

#ifdef SIPOVER_BREAK_ACCEPTABLE
	return true;
#endif
	if (th->rst || th->syn || th->fin || !th->ack)
		return false;
	sk = sipover_tcp_lookup(in->sn->net, in->skb, in->family, &in->saddr,
				th);
	if (!sk)
		return false;
	alive = READ_ONCE(sk->sk_state) == TCP_ESTABLISHED &&
		sipover_tcp_acceptable(sk, th);
	sock_put(sk);
	return alive;
}

static void tcp_in(const struct arrival *in)
{
	struct sipover_sightings *sightings;
	struct sipover_server *srv;
	struct tcphdr buf, *th;

	th = skb_header_pointer(in->skb, in->off, sizeof(buf), &buf);
	if (!th || !sipover_port_watched(in->sn, th->source))
		return;
	srv = sender(in, th->source);
	if (!srv)
		return;
#ifdef SIPOVER_BREAK_RAW_RST
	if (th->rst) {
		struct sipover_event ev = {
			.time = ktime_get_boottime_ns(),
			.cause = SIPOVER_CAUSE_TCP_RESET,
		};

		sipover_event_post(srv, &ev, NULL);
	}
#endif
	sightings = READ_ONCE(in->sn->sightings);
	if (sightings)
		sipover_sighting_packet(sightings, in->skb, in->family,
					&in->saddr, th);
	if (READ_ONCE(srv->state) == SIPOVER_STATE_UNREACHABLE &&
	    tcp_alive(in, th))
		sipover_event_recovered(srv, SIPOVER_CAUSE_HEARD,
					ktime_get_boottime_ns());
}

static void packet_in(const struct arrival *in)
{
	switch (in->proto) {
	case IPPROTO_UDP:
		udp_in(in);
		break;
	case IPPROTO_TCP:
		tcp_in(in);
		break;
	case IPPROTO_ICMP:
		if (in->family == AF_INET)
			icmp_in(in);
		break;
	case IPPROTO_ICMPV6:
		if (in->family == AF_INET6)
			icmp_in(in);
		break;
	}
}

/* An ICMP message that is no error, or is about a port that nobody watches. */
static __always_inline bool icmp_passes(const struct sipover_net *sn,
					const struct sk_buff *skb,
					const u8 *icmp)
{
	const u8 *ip = icmp + sizeof(struct icmphdr);
	const struct iphdr *quoted = (const void *)ip;

	if (unlikely(ip + sizeof(*quoted) > skb_tail_pointer(skb)))
		return false;
	if (*icmp != ICMP_DEST_UNREACH && *icmp != ICMP_TIME_EXCEEDED &&
	    *icmp != ICMP_PARAMETERPROB)
		return true;
	return sipover_port_passes(sn, skb, ip + quoted->ihl * 4 +
				   sizeof(__be16));
}

static noinline unsigned int in4(struct sipover_net *sn, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct arrival in = {
		.sn = sn,
		.skb = skb,
		.saddr.all = { (__force u32)iph->saddr },
		.off = skb_network_offset(skb) + ip_hdrlen(skb),
		.family = AF_INET,
		.proto = iph->protocol,
	};

	if (!(iph->frag_off & htons(IP_OFFSET)))
		packet_in(&in);
	return NF_ACCEPT;
}

/**
 * sipover_in4() - LOCAL_IN, IPv4
 * @priv: struct sipover_net
 * @skb: packet; only what is known of its checksum may change
 * @state: hook state
 *
 * Every packet comes here; most pass by the number of a port.
 *
 * Return: NF_ACCEPT
 */
unsigned int sipover_in4(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	const u8 *at = (const u8 *)iph + iph->ihl * 4;

	switch (iph->protocol) {
	case IPPROTO_UDP:
	case IPPROTO_TCP:
		if (sipover_port_passes(priv, skb, at))
			return NF_ACCEPT;
		break;
	case IPPROTO_ICMP:
		if (icmp_passes(priv, skb, at))
			return NF_ACCEPT;
		break;
	default:
		return NF_ACCEPT;
	}
	return in4(priv, skb);
}

#if IS_ENABLED(CONFIG_IPV6)
static __always_inline bool icmp6_passes(const struct sipover_net *sn,
					 const struct sk_buff *skb,
					 const u8 *icmp)
{
	const u8 *ip = icmp + sizeof(struct icmp6hdr);
	const struct ipv6hdr *quoted = (const void *)ip;

	if (unlikely(ip + sizeof(*quoted) > skb_tail_pointer(skb)))
		return false;
	if (*icmp < ICMPV6_DEST_UNREACH || *icmp > ICMPV6_PARAMPROB)
		return true;
	if (quoted->nexthdr != IPPROTO_UDP && quoted->nexthdr != IPPROTO_TCP)
		return false;
	return sipover_port_passes(sn, skb, ip + sizeof(*quoted) +
				   sizeof(__be16));
}

static noinline unsigned int in6(struct sipover_net *sn, struct sk_buff *skb)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct arrival in = {
		.sn = sn,
		.skb = skb,
		.saddr.in6 = ip6h->saddr,
		.family = AF_INET6,
		.proto = ip6h->nexthdr,
	};
	__be16 frag;
	int off;

	off = ipv6_skip_exthdr(skb, skb_network_offset(skb) + sizeof(*ip6h),
			       &in.proto, &frag);
	if (off < 0 || frag & htons(IP6_OFFSET))
		return NF_ACCEPT;
	in.off = off;
	packet_in(&in);
	return NF_ACCEPT;
}

/**
 * sipover_in6() - LOCAL_IN, IPv6
 * @priv: struct sipover_net
 * @skb: packet; only what is known of its checksum may change
 * @state: hook state
 *
 * Return: NF_ACCEPT
 */
unsigned int sipover_in6(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const u8 *at = (const u8 *)(ip6h + 1);

	switch (ip6h->nexthdr) {
	case IPPROTO_UDP:
	case IPPROTO_TCP:
		if (sipover_port_passes(priv, skb, at))
			return NF_ACCEPT;
		break;
	case IPPROTO_ICMPV6:
		if (icmp6_passes(priv, skb, at))
			return NF_ACCEPT;
		break;
	default:
		if (!ipv6_ext_hdr(ip6h->nexthdr))
			return NF_ACCEPT;
		break;
	}
	return in6(priv, skb);
}
#endif
