/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Copyright (C) 2026 The sipover authors */
/*
 * The packet that an ICMP or ICMPv6 error quotes: bytes in, tuple out.
 *
 * Pure, and the one implementation: compiled into the module, into the daemon
 * and into the fuzzers.  Nothing here believes a length that a packet states;
 * what was not captured is never read.
 */
#ifndef SIPOVER_PARSE_H
#define SIPOVER_PARSE_H

#include <linux/types.h>

/*
 * Bytes of an ICMP message that are enough for every quote that is accepted:
 * ICMP header, IPv4 header with options or IPv6 header with extension headers,
 * transport header.  Longer chains of extension headers are refused.
 */
#define SIPOVER_PARSE_MAX 256

/**
 * enum sipover_parse - what became of it
 *
 * @SIPOVER_PARSE_OK: the quote is complete up to the ports and what follows
 * @SIPOVER_PARSE_NOT_ERROR: no ICMP error that quotes a packet for us: echo,
 *	redirect, source quench, neighbour discovery
 * @SIPOVER_PARSE_SHORT: cut off before the eighth byte of the transport header
 * @SIPOVER_PARSE_MALFORMED: lengths or versions that contradict each other
 * @SIPOVER_PARSE_FRAGMENT: quotes a fragment that is not the first: no ports
 *	to see.  Harmless, an IPv6 router answers every fragment.
 * @SIPOVER_PARSE_OTHER: quotes neither UDP nor TCP
 */
enum sipover_parse {
	SIPOVER_PARSE_OK,
	SIPOVER_PARSE_NOT_ERROR,
	SIPOVER_PARSE_SHORT,
	SIPOVER_PARSE_MALFORMED,
	SIPOVER_PARSE_FRAGMENT,
	SIPOVER_PARSE_OTHER,
};

/**
 * struct sipover_quote - the quoted packet: @src is us, @dst the server
 *
 * @family: AF_INET or AF_INET6
 * @proto: IPPROTO_UDP or IPPROTO_TCP
 * @icmp_type: type of the error; 0 from sipover_parse_packet()
 * @icmp_code: code of the error; 0 from sipover_parse_packet()
 * @src: source, network order, IPv4 in the first four bytes, the rest zero
 * @dst: destination, likewise
 * @sport: source port, network order
 * @dport: destination port, network order
 * @udp_len: UDP length field, host order, header included; 0 for TCP
 * @udp_csum: UDP checksum field as it stands in the packet; 0 for TCP
 * @ip_id: IPv4 identification as it stands in the packet; 0 for IPv6
 * @tcp_seq: TCP sequence number, host order; 0 for UDP
 * @payload_off: offset, from the start of what was parsed, of the first byte
 *	behind the UDP header
 * @payload_len: bytes of UDP payload that the error quotes: what lies behind
 *	@udp_len and extensions (RFC 4884) are left out, but not the padding
 *	before extensions if the quote was cut or is a fragment; 0 for TCP.  May
 *	lie beyond what was captured.
 */
struct sipover_quote {
	__u8 family;
	__u8 proto;
	__u8 icmp_type;
	__u8 icmp_code;
	__u8 src[16];
	__u8 dst[16];
	__be16 sport;
	__be16 dport;
	__u16 udp_len;
	__u16 udp_csum;
	__u16 ip_id;
	__u32 tcp_seq;
	__u32 payload_off;
	__u32 payload_len;
};

/**
 * sipover_parse_icmp() - parse an ICMP message, from its ICMP header on
 * @q: filled, valid only with SIPOVER_PARSE_OK
 * @family: AF_INET: ICMP, AF_INET6: ICMPv6
 * @buf: the first bytes of the message
 * @have: how many bytes are at @buf; up to SIPOVER_PARSE_MAX are needed
 * @total: how long the message is; not less than @have
 *
 * Checks no checksum.
 *
 * Return: what became of it
 */
enum sipover_parse sipover_parse_icmp(struct sipover_quote *q, __u8 family,
				      const __u8 *buf, __u32 have, __u32 total);

/**
 * sipover_parse_packet() - parse a quoted IP packet, from its IP header on
 * @q: filled, valid only with SIPOVER_PARSE_OK
 * @family: AF_INET or AF_INET6
 * @buf: the first bytes of the packet
 * @have: how many bytes are at @buf
 * @total: how many bytes of the packet are quoted; not less than @have
 *
 * Return: what became of it; never SIPOVER_PARSE_NOT_ERROR
 */
enum sipover_parse sipover_parse_packet(struct sipover_quote *q, __u8 family,
					const __u8 *buf, __u32 have,
					__u32 total);

#endif /* SIPOVER_PARSE_H */
