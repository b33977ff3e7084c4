// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
/*
 * What each request may carry; tests/check-contract compares these tables
 * with the header and the specification.  Strict: an attribute without an
 * entry is refused.  Ranges are left to netlink.c: whatever is wrong with a
 * request, the answer is -EINVAL.
 */
#include <linux/in6.h>

#include "netlink.h"

const struct nla_policy sipover_watch_add_policy[] = {
	[SIPOVER_A_FAMILY] = { .type = NLA_U8 },
	[SIPOVER_A_PROTO] = { .type = NLA_U8 },
	[SIPOVER_A_ADDR4] = { .type = NLA_U32 },
	[SIPOVER_A_ADDR6] = NLA_POLICY_EXACT_LEN(16),
	[SIPOVER_A_PORT] = { .type = NLA_U16 },
	[SIPOVER_A_RING_SIZE] = { .type = NLA_U32 },
	[SIPOVER_A_UNANSWERED_MS] = { .type = NLA_U32 },
};

const struct nla_policy sipover_watch_del_policy[] = {
	[SIPOVER_A_WATCH_ID] = { .type = NLA_U32 },
};

const struct nla_policy sipover_watch_get_policy[] = {
	[SIPOVER_A_PAD] = { .type = NLA_REJECT },
};

const struct nla_policy sipover_server_get_policy[] = {
	[SIPOVER_A_FAMILY] = { .type = NLA_U8 },
	[SIPOVER_A_PROTO] = { .type = NLA_U8 },
	[SIPOVER_A_ADDR4] = { .type = NLA_U32 },
	[SIPOVER_A_ADDR6] = NLA_POLICY_EXACT_LEN(16),
	[SIPOVER_A_PORT] = { .type = NLA_U16 },
};

#define CHECK_MAX(table, attr) static_assert(ARRAY_SIZE(table) == (attr) + 1)

CHECK_MAX(sipover_watch_add_policy, SIPOVER_WATCH_ADD_MAX);
CHECK_MAX(sipover_watch_del_policy, SIPOVER_WATCH_DEL_MAX);
CHECK_MAX(sipover_watch_get_policy, SIPOVER_WATCH_GET_MAX);
CHECK_MAX(sipover_server_get_policy, SIPOVER_SERVER_GET_MAX);
