// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_fib.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "netns.h"
#include "out.h"
#include "server.h"
#include "sighting.h"
#include "silence.h"
#include "tcp.h"

/* A packet on its way out. */
struct departure {
	struct sipover_net *sn;
	struct sk_buff *skb;
	union nf_inet_addr saddr;
	union nf_inet_addr daddr;
	unsigned int off;	/* of the header behind IP */
	__be16 id;
	u8 family;
	u8 proto;
};

static __sum16 udp_csum(const struct departure *out, u32 len, __wsum sum)
{
	__sum16 csum;

#if IS_ENABLED(CONFIG_IPV6)
	if (out->family == AF_INET6)
		csum = csum_ipv6_magic(&out->saddr.in6, &out->daddr.in6, len,
				       IPPROTO_UDP, sum);
	else
#endif
		csum = csum_tcpudp_magic(out->saddr.ip, out->daddr.ip, len,
					 IPPROTO_UDP, sum);
	return csum ? csum : CSUM_MANGLED_0;
}

/* Apart: kernels that clear what is on the stack would clear it for all. */
static noinline u32 scattered_mark(const struct sk_buff *skb, unsigned int at,
				   u32 len)
{
	u8 buf[SIPOVER_MARKED];

	if (skb_copy_bits(skb, at, buf, len))
		return 0;
	return sipover_sent_mark(buf, len);
}

static u32 text_mark(const struct sk_buff *skb, unsigned int at, u32 len)
{
	len = min_t(u32, len, SIPOVER_MARKED);
	if (likely(at + len <= skb_headlen(skb)))
		return sipover_sent_mark(skb->data + at, len);
	return scattered_mark(skb, at, len);
}

/*
 * UDP_SEGMENT: what leaves are the segments.  ip_summed says nothing here,
 * and the header's checksum is not any segment's: computed from scratch.
 */
static void sent_gso(const struct departure *out, struct sipover_server *srv,
		     struct sipover_sent *sent, const struct udphdr *uh)
{
	unsigned int size = skb_shinfo(out->skb)->gso_size;
	unsigned int at = out->off + sizeof(*uh), part;
	u16 id = ntohs(out->id);
	struct udphdr head;
	__wsum sum;

#ifdef SIPOVER_BREAK_GSO
	return;
#endif
	if (!size)
		return;
	for (; at < out->skb->len; at += part) {
		part = min(size, out->skb->len - at);
		head = *uh;
		head.len = htons(sizeof(head) + part);
		head.check = 0;
		sum = csum_partial(&head, sizeof(head), 0);
		sum = csum_block_add(sum, skb_checksum(out->skb, at, part, 0),
				     sizeof(head));
		sent->len = sizeof(head) + part;
		sent->csum = udp_csum(out, sent->len, sum);
		sent->id = out->family == AF_INET ? htons(id++) : 0;
		sent->mark = text_mark(out->skb, at, part);
		sipover_server_sent(srv, sent);
	}
}

/*
 * A checksum that a device is to complete is completed here: whoever quotes
 * the datagram before a device did, this host itself for one, would quote a
 * sum that NAT mangles and that proves nothing.
 */
static bool complete_csum(struct sk_buff *skb)
{
#ifdef SIPOVER_BREAK_COMPLETE
	return true;
#endif
	return skb->ip_summed != CHECKSUM_PARTIAL || !skb_checksum_help(skb);
}

/*
 * Is an answer to be expected?  SIP's ACK and responses get none, and neither
 * need keep-alives (RFC 5626 3.5.1).
 */
static bool asks(const struct departure *out)
{
	char buf[4], *text;

	text = skb_header_pointer(out->skb, out->off + sizeof(struct udphdr),
				  sizeof(buf), buf);
	return text && out->skb->len > out->off + sizeof(struct udphdr) + 4 &&
	       memcmp(text, "ACK ", 4) && memcmp(text, "SIP/", 4);
}

static void udp_out(const struct departure *out, struct sipover_server *srv,
		    u64 now)
{
	struct sipover_sent sent = {
		.saddr = out->saddr,
		.time = now,
		.id = out->id,
	};
	struct sipover_silence *silence = READ_ONCE(srv->silence);
	bool gso = skb_is_gso(out->skb);
	struct udphdr buf, *uh;

	if (!gso)
		sent.no_csum = !complete_csum(out->skb);
	uh = skb_header_pointer(out->skb, out->off, sizeof(buf), &buf);
	if (!uh)
		return;
	sent.sport = uh->source;
	if (silence && asks(out))
		sipover_silence_sent(silence, &sent);
	if (gso) {
		sent_gso(out, srv, &sent, uh);
		return;
	}
	sent.len = ntohs(uh->len);
	sent.csum = uh->check;
	sent.mark = text_mark(out->skb, out->off + sizeof(*uh),
			      sent.len - sizeof(*uh));
	if (!uh->check)
		sent.no_csum = true;
	sipover_server_sent(srv, &sent);
}

static void tcp_out(const struct departure *out, struct sipover_server *srv)
{
	struct sipover_sightings *sightings;
	struct sock *sk = out->skb->sk;
	struct sipover_conn conn;
	struct tcphdr buf, *th;

	th = skb_header_pointer(out->skb, out->off, sizeof(buf), &buf);
	if (!th || !sipover_tcp_retransmits(out->skb, th) ||
	    !sipover_tcp_conn(out->sn, sk, &conn))
		return;
#ifndef SIPOVER_BREAK_RETRANSMIT
	sipover_tcp_retransmitted(srv, &conn, sk);
#endif
	sightings = READ_ONCE(out->sn->sightings);
	if (sightings)
		sipover_sighting_repeated(sightings, sk);
}

static void packet_out(const struct departure *out)
{
	struct sipover_key key = {
		.addr = out->daddr,
		.family = out->family,
		.proto = out->proto,
	};
	__be16 buf[2], *ports;
	struct sipover_server *srv;
	u64 now;

	ports = skb_header_pointer(out->skb, out->off, sizeof(buf), buf);
	if (!ports || !sipover_port_watched(out->sn, ports[1]))
		return;
	key.port = ports[1];
	srv = sipover_server_find(out->sn, &key);
	if (!srv)
		return;
	now = ktime_get_boottime_ns();
	atomic64_set(&srv->last_sent, now);
	if (out->proto == IPPROTO_UDP)
		udp_out(out, srv, now);
	else
		tcp_out(out, srv);
}

/*
 * In a VRF a packet comes by twice, first on its way out by the VRF's device,
 * then by the real one.  What stays on this host comes by only once.
 */
static bool out_by_vrf(const struct nf_hook_state *state)
{
	return state->out && netif_is_l3_master(state->out);
}

static bool local4(const struct sk_buff *skb)
{
	return skb_dst(skb) && skb_rtable(skb)->rt_flags & RTCF_LOCAL;
}

static noinline unsigned int out4(struct sipover_net *sn, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct departure out = {
		.sn = sn,
		.skb = skb,
		.saddr.all = { (__force u32)iph->saddr },
		.daddr.all = { (__force u32)iph->daddr },
		.off = skb_network_offset(skb) + ip_hdrlen(skb),
		.id = iph->id,
		.family = AF_INET,
		.proto = iph->protocol,
	};

	if (out_by_vrf(state) && !local4(skb))
		return NF_ACCEPT;
	if (!(iph->frag_off & htons(IP_OFFSET)))
		packet_out(&out);
	return NF_ACCEPT;
}

/**
 * sipover_out4() - LOCAL_OUT, IPv4
 * @priv: struct sipover_net
 * @skb: packet; only its UDP checksum may be completed
 * @state: hook state
 *
 * Every packet comes here; most pass by the number of a port.
 *
 * Return: NF_ACCEPT
 */
unsigned int sipover_out4(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	const u8 *at = (const u8 *)iph + iph->ihl * 4;

	if (iph->protocol != IPPROTO_UDP && iph->protocol != IPPROTO_TCP)
		return NF_ACCEPT;
	if (sipover_port_passes(priv, skb, at + sizeof(__be16)))
		return NF_ACCEPT;
	return out4(priv, skb, state);
}

#if IS_ENABLED(CONFIG_IPV6)
static bool local6(const struct sk_buff *skb)
{
	struct dst_entry *dst = skb_dst(skb);

	return dst &&
	       container_of(dst, struct rt6_info, dst)->rt6i_flags & RTF_LOCAL;
}

static noinline unsigned int out6(struct sipover_net *sn, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct departure out = {
		.sn = sn,
		.skb = skb,
		.saddr.in6 = ip6h->saddr,
		.daddr.in6 = ip6h->daddr,
		.family = AF_INET6,
		.proto = ip6h->nexthdr,
	};
	__be16 frag;
	int off;

	if (out_by_vrf(state) && !local6(skb))
		return NF_ACCEPT;
	off = ipv6_skip_exthdr(skb, skb_network_offset(skb) + sizeof(*ip6h),
			       &out.proto, &frag);
	if (off < 0 || frag & htons(IP6_OFFSET))
		return NF_ACCEPT;
	if (out.proto != IPPROTO_UDP && out.proto != IPPROTO_TCP)
		return NF_ACCEPT;
	out.off = off;
	packet_out(&out);
	return NF_ACCEPT;
}

/**
 * sipover_out6() - LOCAL_OUT, IPv6
 * @priv: struct sipover_net
 * @skb: packet; only its UDP checksum may be completed
 * @state: hook state
 *
 * Return: NF_ACCEPT
 */
unsigned int sipover_out6(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	const u8 *at = (const u8 *)(ip6h + 1);

	switch (ip6h->nexthdr) {
	case IPPROTO_UDP:
	case IPPROTO_TCP:
		if (sipover_port_passes(priv, skb, at + sizeof(__be16)))
			return NF_ACCEPT;
		break;
	default:
		if (!ipv6_ext_hdr(ip6h->nexthdr))
			return NF_ACCEPT;
		break;
	}
	return out6(priv, skb, state);
}
#endif
