// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "verdict.h"

#define CONTEXTS (VERDICT_TCP_ESTABLISHED + 1)

struct row {
	const char *name;
	struct verdict v[CONTEXTS];	/* UDP, connecting, established */
	bool icmp;	/* means something only when tied to what was sent */
	bool remedy;	/* "M then ..." rows: a local remedy comes first */
};

#define C VERDICT_CONTINUE
#define F VERDICT_FAIL
#define M VERDICT_LOCAL
#define O VERDICT_NONE
#define N VERDICT_COUNT
#define S VERDICT_SUSPECT
#define B VERDICT_BLOCK
#define D VERDICT_DOWN
#define R VERDICT_RECONNECT
#define A VERDICT_ALIVE

#define ICMP(name, ut, uh, ct, ch, et, eh) \
	{ name, { { ut, uh }, { ct, ch }, { et, eh } }, true, false }
#define ICMP_REMEDY(name, ut, uh, ct, ch, et, eh) \
	{ name, { { ut, uh }, { ct, ch }, { et, eh } }, true, true }
#define SIGN(name, ut, uh, ct, ch, et, eh) \
	{ name, { { ut, uh }, { ct, ch }, { et, eh } }, false, false }

/*
 * D rows that depend on who sent the error are corrected in verdict_of().
 * A router that does not know the server's port or host is a hint; the server
 * itself, or this host's own neighbour discovery, is a verdict.
 */
static const struct row rows[] = {
	[SIPOVER_CAUSE_UNSPEC]		= SIGN("unspec", C, O, C, O, C, O),
	[SIPOVER_CAUSE_NET_UNREACH]	= ICMP("net_unreach", F, S, F, S, C, S),
	[SIPOVER_CAUSE_HOST_UNREACH]	= ICMP("host_unreach", F, S, F, S, C, S),
	[SIPOVER_CAUSE_PROTO_UNREACH]	= ICMP("proto_unreach", F, D, F, D, C, S),
	[SIPOVER_CAUSE_PORT_UNREACH]	= ICMP("port_unreach", F, D, F, D, C, S),
	[SIPOVER_CAUSE_PKT_TOO_BIG]	= ICMP("pkt_too_big", M, O, M, O, M, O),
	[SIPOVER_CAUSE_SOURCE_ROUTE]	= ICMP("source_route", C, O, C, O, C, O),
	[SIPOVER_CAUSE_NET_UNKNOWN]	= ICMP("net_unknown", F, S, F, S, C, S),
	[SIPOVER_CAUSE_HOST_UNKNOWN]	= ICMP("host_unknown", F, D, F, D, C, S),
	[SIPOVER_CAUSE_SOURCE_ISOLATED]	= ICMP("source_isolated", M, O, M, O, C, O),
	[SIPOVER_CAUSE_ADMIN_PROHIBITED] = ICMP("admin_prohibited", F, B, F, B, C, S),
	[SIPOVER_CAUSE_TOS_UNREACH]	= ICMP_REMEDY("tos_unreach", F, S, F, S, C, S),
	[SIPOVER_CAUSE_PRECEDENCE]	= ICMP_REMEDY("precedence", F, O, F, O, C, O),
	/* without another source address: as net_unreach */
	[SIPOVER_CAUSE_SOURCE_SCOPE]	= ICMP_REMEDY("source_scope", F, S, F, S, C, O),
	[SIPOVER_CAUSE_SOURCE_POLICY]	= ICMP_REMEDY("source_policy", F, B, F, B, C, S),
	[SIPOVER_CAUSE_TTL_EXCEEDED]	= ICMP("ttl_exceeded", C, N, C, N, C, O),
	[SIPOVER_CAUSE_REASSEMBLY]	= ICMP("reassembly", M, O, C, O, C, O),
	[SIPOVER_CAUSE_PARAM_PROBLEM]	= ICMP("param_problem", F, O, C, O, C, O),
	[SIPOVER_CAUSE_ICMP_OTHER]	= ICMP("icmp_other", C, N, C, O, C, O),

	/* Requests already written to the flow fail with it, or they would
	 * wait 64*T1 for an answer that cannot come. */
	[SIPOVER_CAUSE_TCP_REFUSED]	= SIGN("tcp_refused", F, D, F, D, F, D),
	[SIPOVER_CAUSE_TCP_RESET]	= SIGN("tcp_reset", F, R, F, R, F, R),
	[SIPOVER_CAUSE_TCP_FIN]		= SIGN("tcp_fin", F, R, F, R, F, R),
	[SIPOVER_CAUSE_TCP_TIMEOUT]	= SIGN("tcp_timeout", F, D, F, D, F, D),
	[SIPOVER_CAUSE_TCP_UNREACH]	= SIGN("tcp_unreach", F, S, F, S, F, S),

	/* Signs 6, 8, 13, 21: only suspicion, roaming looks the same. */
	[SIPOVER_CAUSE_TCP_RETRANSMIT]	= SIGN("tcp_retransmit", C, S, C, S, C, S),
	[SIPOVER_CAUSE_TCP_ZERO_WINDOW]	= SIGN("tcp_zero_window", C, S, C, S, C, S),
	[SIPOVER_CAUSE_NEIGH_FAILED]	= SIGN("neigh_failed", C, S, C, S, C, S),
	[SIPOVER_CAUSE_UNANSWERED]	= SIGN("unanswered", C, S, C, S, C, S),

	/* Signs 16, 17, 19: we are cut off, not the server. */
	[SIPOVER_CAUSE_CARRIER_LOST]	= SIGN("carrier_lost", M, O, M, O, M, O),
	[SIPOVER_CAUSE_ROUTE_LOST]	= SIGN("route_lost", M, O, M, O, M, O),
	[SIPOVER_CAUSE_ADDR_LOST]	= SIGN("addr_lost", M, O, M, O, M, O),

	[SIPOVER_CAUSE_SEND_ERROR]	= SIGN("send_error", F, S, F, S, F, S),
	/* No pong fails a TCP flow; a silent STUN server is a hint. */
	[SIPOVER_CAUSE_FLOW_TIMEOUT]	= SIGN("flow_timeout", C, S, F, R, F, R),
	/* A handshake has to succeed (C-04).  Later it is as a reset: with
	 * TLS 1.3 a server refuses our certificate after the handshake. */
	[SIPOVER_CAUSE_TLS_FAILED]	= SIGN("tls_failed", C, O, F, D, F, R),

	[SIPOVER_CAUSE_HEARD]		= SIGN("heard", C, A, C, A, C, A),
	[SIPOVER_CAUSE_TCP_ESTABLISHED]	= SIGN("tcp_established", C, A, C, A, C, A),
	[SIPOVER_CAUSE_NEIGH_REACHABLE]	= SIGN("neigh_reachable", C, A, C, A, C, A),
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == SIPOVER_CAUSE_MAX + 1,
	       "one row for each cause of the contract");

#undef C
#undef F
#undef M
#undef O
#undef N
#undef S
#undef B
#undef D
#undef R
#undef A

static const struct verdict nothing = { VERDICT_CONTINUE, VERDICT_NONE };

static bool tied_to_what_was_sent(uint8_t grade)
{
	return grade == SIPOVER_GRADE_STRONG || grade == SIPOVER_GRADE_LOCAL;
}

/*
 * WEAK proves nothing.  MEDIUM may be a stranger's guess, of the IPv4 id or in
 * a flood of the checksum: what would speak against the server is a reason to
 * ask it, once a second at most and however often it comes; its answer decides.
 */
static struct verdict badly_tied(uint8_t grade, struct verdict v)
{
	if (grade != SIPOVER_GRADE_MEDIUM ||
	    (v.health != VERDICT_SUSPECT && v.health != VERDICT_BLOCK &&
	     v.health != VERDICT_DOWN))
		return nothing;
	return (struct verdict){ VERDICT_CONTINUE, VERDICT_RECONNECT };
}

struct verdict verdict_of(const struct verdict_in *in)
{
	const struct row *row;
	struct verdict v;

	if (in->cause > SIPOVER_CAUSE_MAX || in->context >= CONTEXTS)
		return nothing;
	if (in->cause == SIPOVER_CAUSE_TCP_RETRANSMIT && in->repeats < 2)
		return nothing;
	row = &rows[in->cause];
	v = row->v[in->context];
	if (row->icmp && !tied_to_what_was_sent(in->grade))
		return badly_tied(in->grade, v);
	if (in->context == VERDICT_TCP_ESTABLISHED)
		return v;
	if (row->remedy && in->can_remedy)
		return (struct verdict){ VERDICT_LOCAL, VERDICT_NONE };
	/* Guard 3: behind DNAT the offender is another one, but so it is when
	 * a router invents the error. */
	if (in->cause == SIPOVER_CAUSE_PORT_UNREACH &&
	    !in->offender_is_server && in->grade != SIPOVER_GRADE_LOCAL)
		v.health = VERDICT_SUSPECT;
	/* Our own neighbour discovery failed: nobody there, on our own link. */
	if (in->cause == SIPOVER_CAUSE_HOST_UNREACH &&
	    in->grade == SIPOVER_GRADE_LOCAL && !in->by_gateway)
		v.health = VERDICT_DOWN;
	/* C-12: nothing is gained by giving up, and a hint is no proof. */
	if (row->icmp && in->last && v.txn == VERDICT_FAIL &&
	    v.health == VERDICT_SUSPECT && in->context == VERDICT_UDP)
		v.txn = VERDICT_CONTINUE;
	return v;
}

const char *cause_name(uint8_t cause)
{
	return cause <= SIPOVER_CAUSE_MAX ? rows[cause].name : "unknown";
}
