// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#ifdef __KERNEL__
#include <linux/kernel.h>
#include <linux/socket.h>
#else
#include <sys/socket.h>
#endif

#include "classify.h"

/* RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1: destination unreachable */
static const __u8 v4_unreach[] = {
	[0] = SIPOVER_CAUSE_NET_UNREACH,
	[1] = SIPOVER_CAUSE_HOST_UNREACH,
	[2] = SIPOVER_CAUSE_PROTO_UNREACH,
	[3] = SIPOVER_CAUSE_PORT_UNREACH,
	[4] = SIPOVER_CAUSE_PKT_TOO_BIG,
	[5] = SIPOVER_CAUSE_SOURCE_ROUTE,
	[6] = SIPOVER_CAUSE_NET_UNKNOWN,
	[7] = SIPOVER_CAUSE_HOST_UNKNOWN,
	[8] = SIPOVER_CAUSE_SOURCE_ISOLATED,
	[9] = SIPOVER_CAUSE_ADMIN_PROHIBITED,
	[10] = SIPOVER_CAUSE_ADMIN_PROHIBITED,
	[11] = SIPOVER_CAUSE_TOS_UNREACH,
	[12] = SIPOVER_CAUSE_TOS_UNREACH,
	[13] = SIPOVER_CAUSE_ADMIN_PROHIBITED,
	[14] = SIPOVER_CAUSE_PRECEDENCE,
	[15] = SIPOVER_CAUSE_PRECEDENCE,
};

/* RFC 4443 3.1: destination unreachable */
static const __u8 v6_unreach[] = {
	[0] = SIPOVER_CAUSE_NET_UNREACH,
	[1] = SIPOVER_CAUSE_ADMIN_PROHIBITED,
	[2] = SIPOVER_CAUSE_SOURCE_SCOPE,
	[3] = SIPOVER_CAUSE_HOST_UNREACH,
	[4] = SIPOVER_CAUSE_PORT_UNREACH,
	[5] = SIPOVER_CAUSE_SOURCE_POLICY,
	[6] = SIPOVER_CAUSE_ADMIN_PROHIBITED,
};

static enum sipover_cause classify_exceeded(__u8 code)
{
	switch (code) {
	case 0:
		return SIPOVER_CAUSE_TTL_EXCEEDED;
	case 1:
		return SIPOVER_CAUSE_REASSEMBLY;
	default:
		return SIPOVER_CAUSE_UNSPEC;
	}
}

static enum sipover_cause classify_v4(__u8 type, __u8 code)
{
	switch (type) {
	case 3:
#ifdef SIPOVER_BREAK_CODES
		if (code > 12)
			code = 0;
#endif
		if (code < sizeof(v4_unreach))
			return (enum sipover_cause)v4_unreach[code];
		return SIPOVER_CAUSE_ICMP_OTHER;
	case 11:
		return classify_exceeded(code);
	case 12:
		return SIPOVER_CAUSE_PARAM_PROBLEM;
	default:
		return SIPOVER_CAUSE_UNSPEC;
	}
}

static enum sipover_cause classify_v6(__u8 type, __u8 code)
{
	switch (type) {
	case 1:
		if (code < sizeof(v6_unreach))
			return (enum sipover_cause)v6_unreach[code];
		return SIPOVER_CAUSE_ICMP_OTHER;
	case 2:
		return SIPOVER_CAUSE_PKT_TOO_BIG;
	case 3:
		return classify_exceeded(code);
	case 4:
		return SIPOVER_CAUSE_PARAM_PROBLEM;
	default:
		return SIPOVER_CAUSE_UNSPEC;
	}
}

enum sipover_cause sipover_classify_icmp(__u8 family, __u8 type, __u8 code)
{
	switch (family) {
	case AF_INET:
		return classify_v4(type, code);
	case AF_INET6:
		return classify_v6(type, code);
	default:
		return SIPOVER_CAUSE_UNSPEC;
	}
}

/* The H column of the ICMP table and the signs table of docs/requirements.md */
enum sipover_effect sipover_cause_effect(enum sipover_cause cause)
{
	switch (cause) {
	case SIPOVER_CAUSE_NET_UNREACH:
	case SIPOVER_CAUSE_HOST_UNREACH:
	case SIPOVER_CAUSE_PROTO_UNREACH:
	case SIPOVER_CAUSE_PORT_UNREACH:
	case SIPOVER_CAUSE_NET_UNKNOWN:
	case SIPOVER_CAUSE_HOST_UNKNOWN:
	case SIPOVER_CAUSE_ADMIN_PROHIBITED:
	case SIPOVER_CAUSE_TOS_UNREACH:
	case SIPOVER_CAUSE_SOURCE_POLICY:
	case SIPOVER_CAUSE_TCP_REFUSED:
	case SIPOVER_CAUSE_TCP_RESET:
	case SIPOVER_CAUSE_TCP_TIMEOUT:
	case SIPOVER_CAUSE_TCP_UNREACH:
	case SIPOVER_CAUSE_NEIGH_FAILED:
		return SIPOVER_EFFECT_FAILURE;
	case SIPOVER_CAUSE_HEARD:
	case SIPOVER_CAUSE_TCP_ESTABLISHED:
		return SIPOVER_EFFECT_RECOVERY;
	case SIPOVER_CAUSE_UNSPEC:
	case SIPOVER_CAUSE_PKT_TOO_BIG:
	case SIPOVER_CAUSE_SOURCE_ROUTE:
	case SIPOVER_CAUSE_SOURCE_ISOLATED:
	case SIPOVER_CAUSE_PRECEDENCE:
	case SIPOVER_CAUSE_SOURCE_SCOPE:
	case SIPOVER_CAUSE_TTL_EXCEEDED:
	case SIPOVER_CAUSE_REASSEMBLY:
	case SIPOVER_CAUSE_PARAM_PROBLEM:
#ifdef SIPOVER_BREAK_EFFECT
		return SIPOVER_EFFECT_FAILURE;
#endif
	case SIPOVER_CAUSE_ICMP_OTHER:
	case SIPOVER_CAUSE_TCP_FIN:
	case SIPOVER_CAUSE_TCP_RETRANSMIT:
	case SIPOVER_CAUSE_TCP_ZERO_WINDOW:
	case SIPOVER_CAUSE_UNANSWERED:
	case SIPOVER_CAUSE_CARRIER_LOST:
	case SIPOVER_CAUSE_ROUTE_LOST:
	case SIPOVER_CAUSE_ADDR_LOST:
	case SIPOVER_CAUSE_SEND_ERROR:
	case SIPOVER_CAUSE_FLOW_TIMEOUT:
	case SIPOVER_CAUSE_NEIGH_REACHABLE:
	case SIPOVER_CAUSE_TLS_FAILED:
	case __SIPOVER_CAUSE_LAST:
		break;
	}
	return SIPOVER_EFFECT_NONE;
}

enum sipover_effect sipover_evidence_effect(enum sipover_cause cause,
					    enum sipover_grade grade)
{
#ifndef SIPOVER_BREAK_MEDIUM
	if (grade == SIPOVER_GRADE_MEDIUM)
		return SIPOVER_EFFECT_NONE;
#endif
	return sipover_cause_effect(cause);
}
