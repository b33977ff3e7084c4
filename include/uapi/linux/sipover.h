/* SPDX-License-Identifier: ((GPL-2.0-only WITH Linux-syscall-note) OR BSD-3-Clause) */
/*
 * sipover: evidence from the network about SIP servers, by generic netlink.
 *
 * This header, sipover.yaml beside it and the policy tables of kmod/policy.c
 * say the same thing three times; tests/check-contract compares them.
 *
 * Family "sipover", version 1.  Every command needs CAP_NET_ADMIN in the
 * user namespace that owns the caller's network namespace.  Parsing is strict:
 * an unknown attribute, an attribute of another command or a wrong length is
 * refused with -EINVAL and an extack.
 *
 * A *server* is {family, protocol, address, port}.  A *server record* holds
 * what is known of it: state, counters per cause, datagrams really sent.  A
 * *watch* is one owner's interest in one server.  An *owner* is the netlink
 * socket that added the watch; it alone receives the watch's events (unicast,
 * sent from the address 0), and its watches end with the socket.  The server
 * record lingers (module parameter linger_ms) and is adopted, state and
 * counters included, by the next owner that adds the same server.
 *
 * SIPOVER_CMD_WATCH_ADD  (do)
 *   request: FAMILY, PROTO, ADDR4 or ADDR6, PORT, [RING_SIZE],
 *            [UNANSWERED_MS]
 *   reply:   WATCH_ID, COOKIE, SEQ, RING_SIZE and the server record, as in
 *            SERVER_GET
 *   errors:  -EEXIST this owner watches that server already; -ENOSPC a limit
 *            (module parameters max_watches, of an owner; max_watchers, of a
 *            server; max_servers, max_owners and, for the sum of RING_SIZE,
 *            max_sent, of the network namespace), which the extack names;
 *            -EAGAIN the socket has no room for the reply, nothing was added;
 *            -ENOENT the namespace or the module goes; -EINVAL; -ENOMEM
 * SIPOVER_CMD_WATCH_DEL  (do)
 *   request: WATCH_ID
 *   errors:  -ENOENT no such watch of this owner
 * SIPOVER_CMD_WATCH_GET  (dump)
 *   reply:   one message a watch, of all owners in the namespace: WATCH_ID,
 *            PORTID, FAMILY, PROTO, ADDR4 or ADDR6, PORT, STATE
 * SIPOVER_CMD_SERVER_GET (do, dump)
 *   request: do: FAMILY, PROTO, ADDR4 or ADDR6, PORT; dump: nothing
 *   reply:   FAMILY, PROTO, ADDR4 or ADDR6, PORT, STATE, WATCHES, RING_SIZE,
 *            TX_RECORDED, TX_OVERRUN, MISMATCHED, [LAST_SENT], [LAST_HEARD],
 *            [LAST_CAUSE, LAST_TIME], [UNANSWERED_MS], CAUSE_STATS for each
 *            cause counted, [UNCOUNTED]
 *   errors:  -ENOENT no record of that server
 * SIPOVER_CMD_EVENT      (notification, unicast to the owner)
 *   WATCH_ID, COOKIE, SEQ, CAUSE, COUNT, TIME, STATE, FAMILY, PROTO, ADDR4 or
 *   ADDR6, PORT, [LOCAL4 or LOCAL6, LOCAL_PORT], and for an ICMP cause
 *   ICMP_TYPE, ICMP_CODE, GRADE, OFFENDER4 or OFFENDER6, [QUOTED_LEN],
 *   [QUOTE]; for TCP_RETRANSMIT RETRANSMITS and ELAPSED, for UNANSWERED ELAPSED
 *
 * Lost events: SEQ counts the owner's events by one.  A gap in SEQ, another
 * COOKIE, or ENOBUFS on the socket means that messages were lost: dump
 * SERVER_GET; STATE and CAUSE_STATS there are cumulative, so nothing but
 * repeats is lost.
 */
#ifndef _UAPI_LINUX_SIPOVER_H
#define _UAPI_LINUX_SIPOVER_H

#include <linux/types.h>

#define SIPOVER_GENL_NAME "sipover"
#define SIPOVER_GENL_VERSION 1

/* Sent records kept per server (RING_SIZE): a power of two in this range. */
#define SIPOVER_RING_MIN 8
#define SIPOVER_RING_MAX 4096
#define SIPOVER_RING_DEFAULT 32

/* How long a UDP server may leave a datagram unanswered (UNANSWERED_MS). */
#define SIPOVER_UNANSWERED_MS_MIN 100
#define SIPOVER_UNANSWERED_MS_MAX 60000

/* Longest QUOTE, in bytes. */
#define SIPOVER_QUOTE_MAX 512

/**
 * enum sipover_cmd - commands; who may send which attribute is said above
 *
 * @SIPOVER_CMD_UNSPEC: unused
 * @SIPOVER_CMD_WATCH_ADD: watch a server
 * @SIPOVER_CMD_WATCH_DEL: end a watch
 * @SIPOVER_CMD_WATCH_GET: list the watches
 * @SIPOVER_CMD_SERVER_GET: read one server record, or all
 * @SIPOVER_CMD_EVENT: something happened to a watched server
 * @__SIPOVER_CMD_LAST: behind the last one
 */
enum sipover_cmd {
	SIPOVER_CMD_UNSPEC,
	SIPOVER_CMD_WATCH_ADD,
	SIPOVER_CMD_WATCH_DEL,
	SIPOVER_CMD_WATCH_GET,
	SIPOVER_CMD_SERVER_GET,
	SIPOVER_CMD_EVENT,

	__SIPOVER_CMD_LAST
};

#define SIPOVER_CMD_MAX (__SIPOVER_CMD_LAST - 1)

/**
 * enum sipover_attr - attributes, one space for all commands
 *
 * @SIPOVER_A_UNSPEC: unused
 * @SIPOVER_A_PAD: padding before 64-bit values
 * @SIPOVER_A_WATCH_ID: u32, never 0, unique in the network namespace
 * @SIPOVER_A_COOKIE: u64, random per owner: tells two owners that had the same
 *	port id apart.  A socket that had no event and has no watch may be
 *	forgotten, and is a new owner, with another one, when it adds a watch.
 * @SIPOVER_A_SEQ: u64, number of this event among the owner's, from 1; in a
 *	WATCH_ADD reply the number of the last one sent (0: none yet)
 * @SIPOVER_A_PORTID: u32, netlink port id of a watch's owner
 * @SIPOVER_A_FAMILY: u8, AF_INET (2) or AF_INET6 (10)
 * @SIPOVER_A_PROTO: u8, IPPROTO_UDP (17) or IPPROTO_TCP (6, also for TLS)
 * @SIPOVER_A_ADDR4: be32, the server's IPv4 address
 * @SIPOVER_A_ADDR6: 16 bytes, the server's IPv6 address
 * @SIPOVER_A_PORT: be16, the server's port, never 0
 * @SIPOVER_A_RING_SIZE: u32, sent records to keep, power of two,
 *	SIPOVER_RING_MIN..SIPOVER_RING_MAX; anything else is refused.  Has no
 *	effect for TCP, whose records say 0.  A server has the largest size that
 *	was asked for since its record was made: it never shrinks.
 * @SIPOVER_A_STATE: u8, enum sipover_state; in an event: when it was sent
 * @SIPOVER_A_CAUSE: u8, enum sipover_cause
 * @SIPOVER_A_COUNT: u64, in an event: occurrences since the last event of
 *	this watch and cause, this one included; in CAUSE_STATS: in all
 * @SIPOVER_A_TIME: u64, CLOCK_BOOTTIME nanoseconds of the (last) occurrence
 * @SIPOVER_A_LOCAL4: be32, the phone's own IPv4 address in the packet
 * @SIPOVER_A_LOCAL6: 16 bytes, the phone's own IPv6 address in the packet
 * @SIPOVER_A_LOCAL_PORT: be16, the phone's own port: names the socket
 * @SIPOVER_A_ICMP_TYPE: u8, as in the packet, in the family's numbering
 * @SIPOVER_A_ICMP_CODE: u8, as in the packet
 * @SIPOVER_A_GRADE: u8, enum sipover_grade
 * @SIPOVER_A_OFFENDER4: be32, source of the ICMP error (forgeable)
 * @SIPOVER_A_OFFENDER6: 16 bytes, source of the ICMPv6 error (forgeable)
 * @SIPOVER_A_QUOTED_LEN: u16, UDP length field of the quoted datagram (header
 *	included): with LOCAL_PORT it finds the request when QUOTE is too short
 * @SIPOVER_A_QUOTE: 1..SIPOVER_QUOTE_MAX bytes, the quoted datagram from
 *	behind its UDP header on: SIP as it was sent.  Absent in coalesced
 *	events and in 8-byte quotes.
 * @SIPOVER_A_WATCHES: u32, watches on the server; 0: the record lingers
 * @SIPOVER_A_TX_RECORDED: u64, datagrams recorded
 * @SIPOVER_A_TX_OVERRUN: u64, datagrams not recorded, because only unused
 *	records younger than 2 s could have been overwritten.  Only the next 8
 *	are looked at.  RING_SIZE is too small for such bursts.
 * @SIPOVER_A_MISMATCHED: u64, ICMP errors that quote nothing that was sent:
 *	forged, too old, repeated, or GRADE weak
 * @SIPOVER_A_LAST_SENT: u64, CLOCK_BOOTTIME ns, last packet to the server
 * @SIPOVER_A_LAST_HEARD: u64, CLOCK_BOOTTIME ns, last packet from it (TCP:
 *	last connection established, or first segment that a connection
 *	accepts after a failure)
 * @SIPOVER_A_LAST_CAUSE: u8, enum sipover_cause, last one that changed STATE
 *	to unreachable
 * @SIPOVER_A_LAST_TIME: u64, CLOCK_BOOTTIME ns of LAST_CAUSE
 * @SIPOVER_A_CAUSE_STATS: nest, repeated: CAUSE, COUNT, TIME
 * @SIPOVER_A_UNCOUNTED: u32, occurrences that are missing in CAUSE_STATS, or in
 *	COUNT of some owner's events, for want of memory; absent: none.  STATE
 *	and LAST_CAUSE miss nothing.
 * @SIPOVER_A_UNANSWERED_MS: u32, SIPOVER_UNANSWERED_MS_MIN..
 *	SIPOVER_UNANSWERED_MS_MAX: give an UNANSWERED event when that long nothing
 *	has come from a UDP server since it was sent something that asks for an
 *	answer: not SIP's ACK or a response, not a keep-alive of up to 4 bytes.  A
 *	server has the shortest time asked for since its record was made.  Has no
 *	effect for TCP.  Absent: no such event.
 * @SIPOVER_A_ELAPSED: u64, ns: TCP_RETRANSMIT: since the segment was first
 *	sent, the sum of its time-outs; UNANSWERED: since the first datagram that
 *	got no answer
 * @SIPOVER_A_RETRANSMITS: u32, how often the segment (or SYN) at LOCAL_PORT was
 *	repeated after a time-out by now, from 1
 * @__SIPOVER_A_LAST: behind the last one
 */
enum sipover_attr {
	SIPOVER_A_UNSPEC,
	SIPOVER_A_PAD,
	SIPOVER_A_WATCH_ID,
	SIPOVER_A_COOKIE,
	SIPOVER_A_SEQ,
	SIPOVER_A_PORTID,
	SIPOVER_A_FAMILY,
	SIPOVER_A_PROTO,
	SIPOVER_A_ADDR4,
	SIPOVER_A_ADDR6,
	SIPOVER_A_PORT,
	SIPOVER_A_RING_SIZE,
	SIPOVER_A_STATE,
	SIPOVER_A_CAUSE,
	SIPOVER_A_COUNT,
	SIPOVER_A_TIME,
	SIPOVER_A_LOCAL4,
	SIPOVER_A_LOCAL6,
	SIPOVER_A_LOCAL_PORT,
	SIPOVER_A_ICMP_TYPE,
	SIPOVER_A_ICMP_CODE,
	SIPOVER_A_GRADE,
	SIPOVER_A_OFFENDER4,
	SIPOVER_A_OFFENDER6,
	SIPOVER_A_QUOTED_LEN,
	SIPOVER_A_QUOTE,
	SIPOVER_A_WATCHES,
	SIPOVER_A_TX_RECORDED,
	SIPOVER_A_TX_OVERRUN,
	SIPOVER_A_MISMATCHED,
	SIPOVER_A_LAST_SENT,
	SIPOVER_A_LAST_HEARD,
	SIPOVER_A_LAST_CAUSE,
	SIPOVER_A_LAST_TIME,
	SIPOVER_A_CAUSE_STATS,
	SIPOVER_A_UNCOUNTED,
	SIPOVER_A_UNANSWERED_MS,
	SIPOVER_A_ELAPSED,
	SIPOVER_A_RETRANSMITS,

	__SIPOVER_A_LAST
};

#define SIPOVER_A_MAX (__SIPOVER_A_LAST - 1)

/**
 * enum sipover_state - what the module last saw of a server; sticky
 *
 * @SIPOVER_STATE_UNKNOWN: no evidence either way
 * @SIPOVER_STATE_REACHABLE: heard from, or a connection was established
 * @SIPOVER_STATE_UNREACHABLE: a validated failure, and nothing heard since from
 *	the server's address and port.  Silence does not end it: routers
 *	rate-limit ICMP errors.  A forged UDP datagram does: its source is not
 *	validated.
 */
enum sipover_state {
	SIPOVER_STATE_UNKNOWN,
	SIPOVER_STATE_REACHABLE,
	SIPOVER_STATE_UNREACHABLE,
};

/**
 * enum sipover_grade - how well an ICMP error is tied to what was sent
 *
 * @SIPOVER_GRADE_NONE: the cause is not an ICMP error
 * @SIPOVER_GRADE_WEAK: no more than said below, or the first of grade medium
 *	in 10 s; counted as MISMATCHED, never an event
 * @SIPOVER_GRADE_MEDIUM: a reason to ask the server and no more, STATE stays.
 *	Also the IPv4 id, for the second time within 10 s.  Or the UDP checksum,
 *	of a datagram of up to 4 bytes, a keep-alive that anybody can write
 *	down; or while so many errors of this server quote a wrong one that it
 *	may have been guessed (from 32 on; each is forgiven after 2 s), unless
 *	this one quotes the first 192 bytes of the text, or all of it, as well.
 * @SIPOVER_GRADE_STRONG: also the UDP checksum; for TCP a sequence number in
 *	flight
 * @SIPOVER_GRADE_LOCAL: made by this host's own stack, as the loopback device
 *	that it came by tells: a neighbour failure of grade strong, or any error
 *	about a datagram whose quoted UDP checksum differs
 *
 * For UDP each but NONE is of a datagram sent within the last 10 s, of equal
 * addresses, ports and UDP length, that no error of grade STRONG or LOCAL was
 * tied to before.
 */
enum sipover_grade {
	SIPOVER_GRADE_NONE,
	SIPOVER_GRADE_WEAK,
	SIPOVER_GRADE_MEDIUM,
	SIPOVER_GRADE_STRONG,
	SIPOVER_GRADE_LOCAL,
};

/**
 * enum sipover_cause - what happened (docs/requirements.md, ICMP table and
 * signs table).  "Daemon": never emitted by the module, a cause that sipoverd
 * finds itself.  "Not yet": numbered, but nothing emits it yet.
 *
 * @SIPOVER_CAUSE_UNSPEC: none
 * @SIPOVER_CAUSE_NET_UNREACH: ICMPv4 3/0, ICMPv6 1/0
 * @SIPOVER_CAUSE_HOST_UNREACH: 3/1; v6 1/3
 * @SIPOVER_CAUSE_PROTO_UNREACH: 3/2
 * @SIPOVER_CAUSE_PORT_UNREACH: 3/3; v6 1/4
 * @SIPOVER_CAUSE_PKT_TOO_BIG: 3/4; v6 2/x.  Never a failure of the server.
 * @SIPOVER_CAUSE_SOURCE_ROUTE: 3/5
 * @SIPOVER_CAUSE_NET_UNKNOWN: 3/6
 * @SIPOVER_CAUSE_HOST_UNKNOWN: 3/7
 * @SIPOVER_CAUSE_SOURCE_ISOLATED: 3/8; about ourselves
 * @SIPOVER_CAUSE_ADMIN_PROHIBITED: 3/9, 3/10, 3/13; v6 1/1, 1/6
 * @SIPOVER_CAUSE_TOS_UNREACH: 3/11, 3/12
 * @SIPOVER_CAUSE_PRECEDENCE: 3/14, 3/15
 * @SIPOVER_CAUSE_SOURCE_SCOPE: v6 1/2; our source address is wrong
 * @SIPOVER_CAUSE_SOURCE_POLICY: v6 1/5
 * @SIPOVER_CAUSE_TTL_EXCEEDED: 11/0; v6 3/0
 * @SIPOVER_CAUSE_REASSEMBLY: 11/1; v6 3/1
 * @SIPOVER_CAUSE_PARAM_PROBLEM: 12; v6 4/x
 * @SIPOVER_CAUSE_ICMP_OTHER: an unreachable code that no RFC of ours knows
 * @SIPOVER_CAUSE_TCP_REFUSED: RST on our SYN
 * @SIPOVER_CAUSE_TCP_RESET: RST on an established connection, accepted by the
 *	stack (RFC 5961)
 * @SIPOVER_CAUSE_TCP_FIN: orderly close by the server: ask it once more
 * @SIPOVER_CAUSE_TCP_TIMEOUT: the stack gave a connection up
 * @SIPOVER_CAUSE_TCP_UNREACH: a connect that ended by another socket error
 * @SIPOVER_CAUSE_TCP_RETRANSMIT: a segment or SYN was sent again after a
 *	time-out; fast retransmissions and loss probes are none
 * @SIPOVER_CAUSE_TCP_ZERO_WINDOW: the window stays shut.  Not yet.
 * @SIPOVER_CAUSE_NEIGH_FAILED: the server is on the link, and its link address
 *	is not to be found.  What waits for the address is besides reported as
 *	HOST_UNREACH of grade LOCAL.
 * @SIPOVER_CAUSE_UNANSWERED: nothing came for UNANSWERED_MS; once until
 *	something does
 * @SIPOVER_CAUSE_CARRIER_LOST: the local link went down.  Daemon, not yet.
 * @SIPOVER_CAUSE_ROUTE_LOST: no route to the server any more.  Daemon, not yet.
 * @SIPOVER_CAUSE_ADDR_LOST: the own address is gone.  Daemon, not yet.
 * @SIPOVER_CAUSE_SEND_ERROR: sending failed at once.  Daemon.
 * @SIPOVER_CAUSE_FLOW_TIMEOUT: no pong (RFC 5626 4.4.1).  Daemon.
 * @SIPOVER_CAUSE_HEARD: a packet came from the server's address and port: for
 *	UDP any, not validated; for TCP one that a live connection accepts.  An
 *	event only after a failure.
 * @SIPOVER_CAUSE_TCP_ESTABLISHED: a connection came up after a failure
 * @SIPOVER_CAUSE_NEIGH_REACHABLE: the server is on the link, and its link
 *	address was confirmed after a failure: ask it now.  The state stays.
 * @SIPOVER_CAUSE_TLS_FAILED: the TLS handshake failed, or the certificate was
 *	refused.  Daemon.
 * @__SIPOVER_CAUSE_LAST: behind the last one
 */
enum sipover_cause {
	SIPOVER_CAUSE_UNSPEC,
	SIPOVER_CAUSE_NET_UNREACH,
	SIPOVER_CAUSE_HOST_UNREACH,
	SIPOVER_CAUSE_PROTO_UNREACH,
	SIPOVER_CAUSE_PORT_UNREACH,
	SIPOVER_CAUSE_PKT_TOO_BIG,
	SIPOVER_CAUSE_SOURCE_ROUTE,
	SIPOVER_CAUSE_NET_UNKNOWN,
	SIPOVER_CAUSE_HOST_UNKNOWN,
	SIPOVER_CAUSE_SOURCE_ISOLATED,
	SIPOVER_CAUSE_ADMIN_PROHIBITED,
	SIPOVER_CAUSE_TOS_UNREACH,
	SIPOVER_CAUSE_PRECEDENCE,
	SIPOVER_CAUSE_SOURCE_SCOPE,
	SIPOVER_CAUSE_SOURCE_POLICY,
	SIPOVER_CAUSE_TTL_EXCEEDED,
	SIPOVER_CAUSE_REASSEMBLY,
	SIPOVER_CAUSE_PARAM_PROBLEM,
	SIPOVER_CAUSE_ICMP_OTHER,
	SIPOVER_CAUSE_TCP_REFUSED,
	SIPOVER_CAUSE_TCP_RESET,
	SIPOVER_CAUSE_TCP_FIN,
	SIPOVER_CAUSE_TCP_TIMEOUT,
	SIPOVER_CAUSE_TCP_UNREACH,
	SIPOVER_CAUSE_TCP_RETRANSMIT,
	SIPOVER_CAUSE_TCP_ZERO_WINDOW,
	SIPOVER_CAUSE_NEIGH_FAILED,
	SIPOVER_CAUSE_UNANSWERED,
	SIPOVER_CAUSE_CARRIER_LOST,
	SIPOVER_CAUSE_ROUTE_LOST,
	SIPOVER_CAUSE_ADDR_LOST,
	SIPOVER_CAUSE_SEND_ERROR,
	SIPOVER_CAUSE_FLOW_TIMEOUT,
	SIPOVER_CAUSE_HEARD,
	SIPOVER_CAUSE_TCP_ESTABLISHED,
	SIPOVER_CAUSE_NEIGH_REACHABLE,
	SIPOVER_CAUSE_TLS_FAILED,

	__SIPOVER_CAUSE_LAST
};

#define SIPOVER_CAUSE_MAX (__SIPOVER_CAUSE_LAST - 1)

#endif /* _UAPI_LINUX_SIPOVER_H */
