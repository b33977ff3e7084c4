// SPDX-License-Identifier: BSD-2-Clause
#include "attributes.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <linux/sipover.h>
#include <netlink/attr.h>

#include "core/addr.h"
#include "core/verdict.h"
#include "genl.h"

enum kind {
	KIND_NUMBER,
	KIND_TIME,	/* nanoseconds, shown as microseconds */
	KIND_HEX,
	KIND_CAUSE,
	KIND_STATE,
	KIND_GRADE,
};

/* Simple attributes, in the order in which they are shown. */
static const struct {
	uint16_t attr;
	uint8_t kind;
	uint8_t size;
	const char *key;
} simple[] = {
	{ SIPOVER_A_CAUSE, KIND_CAUSE, 1, "cause" },
	{ SIPOVER_A_STATE, KIND_STATE, 1, "state" },
	{ SIPOVER_A_GRADE, KIND_GRADE, 1, "grade" },
	{ SIPOVER_A_ICMP_TYPE, KIND_NUMBER, 1, "icmp_type" },
	{ SIPOVER_A_ICMP_CODE, KIND_NUMBER, 1, "icmp_code" },
	{ SIPOVER_A_COUNT, KIND_NUMBER, 8, "count" },
	{ SIPOVER_A_QUOTED_LEN, KIND_NUMBER, 2, "quoted_len" },
	{ SIPOVER_A_WATCH_ID, KIND_NUMBER, 4, "watch" },
	{ SIPOVER_A_PORTID, KIND_NUMBER, 4, "owner" },
	{ SIPOVER_A_SEQ, KIND_NUMBER, 8, "seq" },
	{ SIPOVER_A_COOKIE, KIND_HEX, 8, "cookie" },
	{ SIPOVER_A_WATCHES, KIND_NUMBER, 4, "watches" },
	{ SIPOVER_A_RING_SIZE, KIND_NUMBER, 4, "ring" },
	{ SIPOVER_A_TX_RECORDED, KIND_NUMBER, 8, "tx_recorded" },
	{ SIPOVER_A_TX_OVERRUN, KIND_NUMBER, 8, "tx_overrun" },
	{ SIPOVER_A_MISMATCHED, KIND_NUMBER, 8, "mismatched" },
	{ SIPOVER_A_LAST_SENT, KIND_TIME, 8, "last_sent_us" },
	{ SIPOVER_A_LAST_HEARD, KIND_TIME, 8, "last_heard_us" },
	{ SIPOVER_A_LAST_CAUSE, KIND_CAUSE, 1, "last_cause" },
	{ SIPOVER_A_LAST_TIME, KIND_TIME, 8, "last_time_us" },
	{ SIPOVER_A_UNCOUNTED, KIND_NUMBER, 4, "uncounted" },
	{ SIPOVER_A_UNANSWERED_MS, KIND_NUMBER, 4, "unanswered_ms" },
	{ SIPOVER_A_ELAPSED, KIND_TIME, 8, "elapsed_us" },
	{ SIPOVER_A_RETRANSMITS, KIND_NUMBER, 4, "retransmits" },
};

static const char *state_name(uint64_t state)
{
	static const char *const names[] = {
		[SIPOVER_STATE_UNKNOWN] = "unknown",
		[SIPOVER_STATE_REACHABLE] = "reachable",
		[SIPOVER_STATE_UNREACHABLE] = "unreachable",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

static const char *grade_name(uint64_t grade)
{
	static const char *const names[] = {
		[SIPOVER_GRADE_NONE] = "none",
		[SIPOVER_GRADE_WEAK] = "weak",
		[SIPOVER_GRADE_MEDIUM] = "medium",
		[SIPOVER_GRADE_STRONG] = "strong",
		[SIPOVER_GRADE_LOCAL] = "local",
	};

	return grade < sizeof(names) / sizeof(names[0]) ? names[grade] : "?";
}

static bool get(const struct nlattr *a, int size, void *value)
{
	if (!a || nla_len(a) != size)
		return false;
	memcpy(value, nla_data(a), (size_t)size);
	return true;
}

static uint64_t number(const struct nlattr *a, uint8_t size)
{
	uint64_t u64 = 0;
	uint32_t u32 = 0;
	uint16_t u16 = 0;
	uint8_t u8 = 0;

	if (size == 8 && get(a, 8, &u64))
		return u64;
	if (size == 4 && get(a, 4, &u32))
		return u32;
	if (size == 2 && get(a, 2, &u16))
		return u16;
	return get(a, 1, &u8) ? u8 : 0;
}

static json_t *value_of(uint8_t kind, uint64_t n)
{
	char hex[24];

	switch ((enum kind)kind) {
	case KIND_NUMBER:
		return json_integer((json_int_t)n);
	case KIND_TIME:
		return json_integer((json_int_t)(n / 1000));
	case KIND_HEX:
		snprintf(hex, sizeof(hex), "%016" PRIx64, n);
		return json_string(hex);
	case KIND_CAUSE:
		return json_string(n <= SIPOVER_CAUSE_MAX ? cause_name((uint8_t)n) : "?");
	case KIND_STATE:
		return json_string(state_name(n));
	case KIND_GRADE:
		return json_string(grade_name(n));
	}
	return NULL;
}

/* An address of either family; port: network order. */
static bool address(struct addr *out, const struct nlattr *v4,
		    const struct nlattr *v6, uint16_t port, uint8_t proto)
{
	*out = (struct addr){
		.port = ntohs(port),
		.transport = proto == IPPROTO_TCP ? TRANSPORT_TCP : TRANSPORT_UDP,
	};
	if (get(v4, 4, out->ip))
		out->family = ADDR_V4;
	else if (get(v6, 16, out->ip))
		out->family = ADDR_V6;
	return out->family != ADDR_NONE;
}

static void add_addresses(json_t *o, struct nlattr **tb)
{
	char name[ADDR_STRLEN + 8];
	uint16_t port = 0, local_port = 0;
	uint8_t proto = 0;
	struct addr a;

	get(tb[SIPOVER_A_PORT], 2, &port);
	get(tb[SIPOVER_A_LOCAL_PORT], 2, &local_port);
	get(tb[SIPOVER_A_PROTO], 1, &proto);
	if (address(&a, tb[SIPOVER_A_ADDR4], tb[SIPOVER_A_ADDR6], port, proto)) {
		genl_server_name(&a, name, sizeof(name));
		json_object_set_new(o, "server", json_string(name));
	}
	if (address(&a, tb[SIPOVER_A_LOCAL4], tb[SIPOVER_A_LOCAL6], local_port, proto))
		json_object_set_new(o, "local", json_string(addr_print(&a, name)));
	if (address(&a, tb[SIPOVER_A_OFFENDER4], tb[SIPOVER_A_OFFENDER6], 0, proto))
		json_object_set_new(o, "offender", json_string(addr_print_host(&a, name)));
}

/* The quoted datagram's first line; its bytes may be anything. */
static void add_quote(json_t *o, const struct nlattr *quote)
{
	char line[128];
	size_t n = 0;

	if (!quote)
		return;
	for (const uint8_t *p = nla_data(quote), *end = p + nla_len(quote);
	     p < end && *p != '\r' && *p != '\n' && n + 1 < sizeof(line); p++)
		line[n++] = (char)(*p >= ' ' && *p < 0x7f ? *p : '?');
	line[n] = '\0';
	json_object_set_new(o, "request", json_string(line));
}

/* CAUSE_STATS is repeated, which an array of attributes cannot hold. */
static void add_causes(json_t *o, const void *attrs, size_t len)
{
	json_t *causes = json_array();
	struct nlattr *a;
	int rest;

	nla_for_each_attr(a, (struct nlattr *)(uintptr_t)attrs, (int)len, rest) {
		struct nlattr *tb[SIPOVER_A_MAX + 1];

		if (nla_type(a) != SIPOVER_A_CAUSE_STATS ||
		    nla_parse_nested(tb, SIPOVER_A_MAX, a, NULL) < 0)
			continue;
		json_array_append_new(causes, json_pack("{s:o, s:o, s:o}",
			"cause", value_of(KIND_CAUSE, number(tb[SIPOVER_A_CAUSE], 1)),
			"count", value_of(KIND_NUMBER, number(tb[SIPOVER_A_COUNT], 8)),
			"time_us", value_of(KIND_TIME, number(tb[SIPOVER_A_TIME], 8))));
	}
	if (json_array_size(causes) > 0)
		json_object_set(o, "causes", causes);
	json_decref(causes);
}

json_t *attributes_json(const void *attrs, size_t len, const char *type)
{
	struct nlattr *tb[SIPOVER_A_MAX + 1];
	json_t *o = json_object();

	if (nla_parse(tb, SIPOVER_A_MAX, (struct nlattr *)(uintptr_t)attrs,
		      (int)len, NULL) < 0)
		return o;
	if (tb[SIPOVER_A_TIME])
		json_object_set_new(o, "time_us",
				    value_of(KIND_TIME, number(tb[SIPOVER_A_TIME], 8)));
	if (type)
		json_object_set_new(o, "type", json_string(type));
	add_addresses(o, tb);
	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
		const struct nlattr *a = tb[simple[i].attr];

		if (a && nla_len(a) == simple[i].size)
			json_object_set_new(o, simple[i].key,
				value_of(simple[i].kind, number(a, simple[i].size)));
	}
	add_quote(o, tb[SIPOVER_A_QUOTE]);
	add_causes(o, attrs, len);
	return o;
}
