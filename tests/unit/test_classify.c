// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <sys/socket.h>

#include "../../kmod/classify.h"

#define ALL_TYPES 256

struct row {
	int family, type, first, last, cause;
};

/* The ICMP table of docs/requirements.md, once more and independently. */
static const struct row table[] = {
	{ AF_INET, 3, 0, 0, SIPOVER_CAUSE_NET_UNREACH },
	{ AF_INET, 3, 1, 1, SIPOVER_CAUSE_HOST_UNREACH },
	{ AF_INET, 3, 2, 2, SIPOVER_CAUSE_PROTO_UNREACH },
	{ AF_INET, 3, 3, 3, SIPOVER_CAUSE_PORT_UNREACH },
	{ AF_INET, 3, 4, 4, SIPOVER_CAUSE_PKT_TOO_BIG },
	{ AF_INET, 3, 5, 5, SIPOVER_CAUSE_SOURCE_ROUTE },
	{ AF_INET, 3, 6, 6, SIPOVER_CAUSE_NET_UNKNOWN },
	{ AF_INET, 3, 7, 7, SIPOVER_CAUSE_HOST_UNKNOWN },
	{ AF_INET, 3, 8, 8, SIPOVER_CAUSE_SOURCE_ISOLATED },
	{ AF_INET, 3, 9, 10, SIPOVER_CAUSE_ADMIN_PROHIBITED },
	{ AF_INET, 3, 11, 12, SIPOVER_CAUSE_TOS_UNREACH },
	{ AF_INET, 3, 13, 13, SIPOVER_CAUSE_ADMIN_PROHIBITED },
	{ AF_INET, 3, 14, 15, SIPOVER_CAUSE_PRECEDENCE },
	{ AF_INET, 3, 16, 255, SIPOVER_CAUSE_ICMP_OTHER },
	{ AF_INET, 11, 0, 0, SIPOVER_CAUSE_TTL_EXCEEDED },
	{ AF_INET, 11, 1, 1, SIPOVER_CAUSE_REASSEMBLY },
	{ AF_INET, 12, 0, 255, SIPOVER_CAUSE_PARAM_PROBLEM },
	{ AF_INET6, 1, 0, 0, SIPOVER_CAUSE_NET_UNREACH },
	{ AF_INET6, 1, 1, 1, SIPOVER_CAUSE_ADMIN_PROHIBITED },
	{ AF_INET6, 1, 2, 2, SIPOVER_CAUSE_SOURCE_SCOPE },
	{ AF_INET6, 1, 3, 3, SIPOVER_CAUSE_HOST_UNREACH },
	{ AF_INET6, 1, 4, 4, SIPOVER_CAUSE_PORT_UNREACH },
	{ AF_INET6, 1, 5, 5, SIPOVER_CAUSE_SOURCE_POLICY },
	{ AF_INET6, 1, 6, 6, SIPOVER_CAUSE_ADMIN_PROHIBITED },
	{ AF_INET6, 1, 7, 255, SIPOVER_CAUSE_ICMP_OTHER },
	{ AF_INET6, 2, 0, 255, SIPOVER_CAUSE_PKT_TOO_BIG },
	{ AF_INET6, 3, 0, 0, SIPOVER_CAUSE_TTL_EXCEEDED },
	{ AF_INET6, 3, 1, 1, SIPOVER_CAUSE_REASSEMBLY },
	{ AF_INET6, 4, 0, 255, SIPOVER_CAUSE_PARAM_PROBLEM },
};

static int expected(int family, int type, int code)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct row *r = &table[i];

		if (r->family == family && r->type == type &&
		    r->first <= code && code <= r->last)
			return r->cause;
	}
	return SIPOVER_CAUSE_UNSPEC;
}

/* All 65536 pairs; the first difference is reported. */
static void test_family(int family, const char *name)
{
	int type, code, got, want, bad = 0;

	for (type = 0; type < ALL_TYPES; type++) {
		for (code = 0; code < ALL_TYPES; code++) {
			got = sipover_classify_icmp(family, type, code);
			want = expected(family, type, code);
			if (got != want && !bad++)
				printf("# %s %d/%d: got %d, want %d\n", name,
				       type, code, got, want);
		}
	}
	is_int(bad, 0, "%s: every type and code", name);
}

static void test_ignored(void)
{
	is_int(sipover_classify_icmp(AF_INET, 4, 0), SIPOVER_CAUSE_UNSPEC,
	       "source quench (RFC 6633) is ignored");
	is_int(sipover_classify_icmp(AF_INET, 5, 1), SIPOVER_CAUSE_UNSPEC,
	       "redirect is ignored");
	is_int(sipover_classify_icmp(AF_INET, 8, 0), SIPOVER_CAUSE_UNSPEC,
	       "echo is ignored");
	is_int(sipover_classify_icmp(AF_INET6, 135, 0), SIPOVER_CAUSE_UNSPEC,
	       "neighbour solicitation is ignored");
	is_int(sipover_classify_icmp(AF_UNIX, 3, 3), SIPOVER_CAUSE_UNSPEC,
	       "no other family");
}

static void test_effects(void)
{
	static const int failures[] = {
		SIPOVER_CAUSE_NET_UNREACH, SIPOVER_CAUSE_HOST_UNREACH,
		SIPOVER_CAUSE_PROTO_UNREACH, SIPOVER_CAUSE_PORT_UNREACH,
		SIPOVER_CAUSE_NET_UNKNOWN, SIPOVER_CAUSE_HOST_UNKNOWN,
		SIPOVER_CAUSE_ADMIN_PROHIBITED, SIPOVER_CAUSE_TOS_UNREACH,
		SIPOVER_CAUSE_SOURCE_POLICY, SIPOVER_CAUSE_TCP_REFUSED,
		SIPOVER_CAUSE_TCP_RESET, SIPOVER_CAUSE_TCP_TIMEOUT,
		SIPOVER_CAUSE_TCP_UNREACH, SIPOVER_CAUSE_NEIGH_FAILED,
	};
	int seen[SIPOVER_CAUSE_MAX + 1] = { 0 };
	size_t i;
	int cause, bad = 0;

	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		seen[failures[i]] = SIPOVER_EFFECT_FAILURE;
	seen[SIPOVER_CAUSE_HEARD] = SIPOVER_EFFECT_RECOVERY;
	seen[SIPOVER_CAUSE_TCP_ESTABLISHED] = SIPOVER_EFFECT_RECOVERY;
	for (cause = 0; cause <= SIPOVER_CAUSE_MAX; cause++) {
		if ((int)sipover_cause_effect(cause) != seen[cause] && !bad++)
			printf("# cause %d: effect %d, want %d\n", cause,
			       (int)sipover_cause_effect(cause), seen[cause]);
	}
	is_int(bad, 0, "every cause's effect");
	is_int(sipover_cause_effect(SIPOVER_CAUSE_PKT_TOO_BIG),
	       SIPOVER_EFFECT_NONE, "packet too big is no failure");
	is_int(sipover_cause_effect(SIPOVER_CAUSE_TCP_FIN),
	       SIPOVER_EFFECT_NONE, "an orderly close is no failure");
	is_int(sipover_cause_effect((enum sipover_cause)200),
	       SIPOVER_EFFECT_NONE, "nor is what is no cause");
	is_int(sipover_evidence_effect(SIPOVER_CAUSE_PORT_UNREACH,
				       SIPOVER_GRADE_STRONG),
	       SIPOVER_EFFECT_FAILURE, "an error that is tied is a failure");
	is_int(sipover_evidence_effect(SIPOVER_CAUSE_PORT_UNREACH,
				       SIPOVER_GRADE_MEDIUM),
	       SIPOVER_EFFECT_NONE, "one that may be a guess is none");
	is_int(sipover_evidence_effect(SIPOVER_CAUSE_HEARD,
				       SIPOVER_GRADE_NONE),
	       SIPOVER_EFFECT_RECOVERY, "what is no error has no grade");
}

int main(void)
{
	test_family(AF_INET, "ICMP");
	test_family(AF_INET6, "ICMPv6");
	test_ignored();
	test_effects();
	return tap_done();
}
