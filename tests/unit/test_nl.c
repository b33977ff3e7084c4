// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <errno.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <netinet/in.h>

#include "../../userspace/codec/nl.h"
#include "../../userspace/core/rng.h"

#define FAMILY_ID 0x21
#define SEQ 77
#define PORTID 4242

/* The message being made; one attribute of it may be left out or given another
 * length. */
static union {
	char bytes[4096];
	struct nlmsghdr nlh;
} w;
static int skip_attr = -1, resize_attr = -1, resize_by;

static struct nl_msg m;
static size_t used;

static void head(uint16_t type, uint16_t flags, uint32_t seq)
{
	memset(&w, 0, sizeof(w));
	mnl_nlmsg_put_header(w.bytes);
	w.nlh.nlmsg_type = type;
	w.nlh.nlmsg_flags = flags;
	w.nlh.nlmsg_seq = seq;
	w.nlh.nlmsg_pid = PORTID;
}

static void genl(uint16_t type, uint16_t flags, uint32_t seq, uint8_t cmd)
{
	struct genlmsghdr *g;

	head(type, flags, seq);
	g = mnl_nlmsg_put_extra_header(&w.nlh, sizeof(*g));
	g->cmd = cmd;
	g->version = SIPOVER_GENL_VERSION;
}

static void put(int attr, size_t len, const void *data)
{
	char copy[1024] = "";

	if (attr == skip_attr)
		return;
	memcpy(copy, data, len);
	if (attr == resize_attr)
		len += (size_t)resize_by;
	mnl_attr_put(&w.nlh, (uint16_t)attr, len, copy);
}

static void put8(int attr, uint8_t v)
{
	put(attr, 1, &v);
}

static void put16(int attr, uint16_t v)
{
	put(attr, 2, &v);
}

static void put32(int attr, uint32_t v)
{
	put(attr, 4, &v);
}

static void put64(int attr, uint64_t v)
{
	put(attr, 8, &v);
}

static void put_ip(int attr, int family, const char *ip)
{
	uint8_t bin[16];

	inet_pton(family, ip, bin);
	put(attr, family == AF_INET ? 4 : 16, bin);
}

/* A copy of the right size, so that ASan sees a byte too far. */
static int decode_bytes(size_t len)
{
	void *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, w.bytes, len);
	ret = nl_decode(copy, len, FAMILY_ID, &m, &used);
	if (m.event.quote) {
		static uint8_t quote[SIPOVER_QUOTE_MAX];

		memcpy(quote, m.event.quote, m.event.quote_len);
		m.event.quote = quote;
	}
	free(copy);
	return ret;
}

static int decode(void)
{
	return decode_bytes(w.nlh.nlmsg_len);
}

static void key(int family, uint8_t proto)
{
	put8(SIPOVER_A_FAMILY, (uint8_t)family);
	put8(SIPOVER_A_PROTO, proto);
	if (family == AF_INET)
		put_ip(SIPOVER_A_ADDR4, AF_INET, "192.0.2.1");
	else
		put_ip(SIPOVER_A_ADDR6, AF_INET6, "2001:db8::1");
	put16(SIPOVER_A_PORT, htons(5060));
}

static void event_head(int family, uint8_t proto, uint8_t cause)
{
	genl(FAMILY_ID, 0, 0, SIPOVER_CMD_EVENT);
	put32(SIPOVER_A_WATCH_ID, 5);
	put64(SIPOVER_A_COOKIE, 0x1122334455667788ULL);
	put64(SIPOVER_A_SEQ, 9);
	put8(SIPOVER_A_CAUSE, cause);
	put64(SIPOVER_A_COUNT, 3);
	put64(SIPOVER_A_TIME, 123456789012ULL);
	put8(SIPOVER_A_STATE, SIPOVER_STATE_UNREACHABLE);
	key(family, proto);
}

static void icmp_event(int family)
{
	const char *ip = family == AF_INET ? "192.0.2.9" : "2001:db8::9";
	const char *router = family == AF_INET ? "198.51.100.1" : "fe80::1";
	bool v4 = family == AF_INET;

	event_head(family, IPPROTO_UDP, SIPOVER_CAUSE_PORT_UNREACH);
	put_ip(v4 ? SIPOVER_A_LOCAL4 : SIPOVER_A_LOCAL6, family, ip);
	put16(SIPOVER_A_LOCAL_PORT, htons(5070));
	put8(SIPOVER_A_ICMP_TYPE, v4 ? 3 : 1);
	put8(SIPOVER_A_ICMP_CODE, v4 ? 3 : 4);
	put8(SIPOVER_A_GRADE, SIPOVER_GRADE_STRONG);
	put_ip(v4 ? SIPOVER_A_OFFENDER4 : SIPOVER_A_OFFENDER6, family, router);
	put16(SIPOVER_A_QUOTED_LEN, 600);
	put(SIPOVER_A_QUOTE, 15, "REGISTER sip:ex");
}

static void stat_nest(uint8_t cause, uint64_t count)
{
	struct nlattr *nest = mnl_attr_nest_start(&w.nlh,
						  SIPOVER_A_CAUSE_STATS);

	put8(SIPOVER_A_CAUSE, cause);
	put64(SIPOVER_A_COUNT, count);
	put64(SIPOVER_A_TIME, 99);
	mnl_attr_nest_end(&w.nlh, nest);
}

static void record(int family, uint8_t proto)
{
	key(family, proto);
	put32(SIPOVER_A_WATCHES, 2);
	put64(SIPOVER_A_LAST_SENT, 1001);
	put64(SIPOVER_A_LAST_HEARD, 1002);
	put8(SIPOVER_A_STATE, SIPOVER_STATE_REACHABLE);
	put32(SIPOVER_A_RING_SIZE, 64);
	put64(SIPOVER_A_TX_RECORDED, 11);
	put64(SIPOVER_A_TX_OVERRUN, 12);
	put64(SIPOVER_A_MISMATCHED, 13);
	put8(SIPOVER_A_LAST_CAUSE, SIPOVER_CAUSE_TCP_FIN);
	put64(SIPOVER_A_LAST_TIME, 1003);
	put32(SIPOVER_A_UNCOUNTED, 14);
}

static void server(void)
{
	genl(FAMILY_ID, NLM_F_MULTI, SEQ, SIPOVER_CMD_SERVER_GET);
	record(AF_INET, IPPROTO_TCP);
	stat_nest(SIPOVER_CAUSE_TCP_FIN, 21);
	stat_nest(SIPOVER_CAUSE_MAX, 22);
}

static void watch(void)
{
	genl(FAMILY_ID, 0, SEQ, SIPOVER_CMD_WATCH_ADD);
	put32(SIPOVER_A_WATCH_ID, 5);
	put64(SIPOVER_A_COOKIE, 7);
	put64(SIPOVER_A_SEQ, 8);
	record(AF_INET6, IPPROTO_UDP);
}

static void entry(void)
{
	genl(FAMILY_ID, NLM_F_MULTI, SEQ, SIPOVER_CMD_WATCH_GET);
	put32(SIPOVER_A_WATCH_ID, 6);
	put32(SIPOVER_A_PORTID, 1234);
	key(AF_INET, IPPROTO_UDP);
	put8(SIPOVER_A_STATE, SIPOVER_STATE_UNKNOWN);
}

static void full_event4(void)
{
	icmp_event(AF_INET);
}

static void full_event6(void)
{
	icmp_event(AF_INET6);
}

static void is_addr(const struct addr *a, const char *want, const char *what)
{
	char buf[ADDR_STRLEN];

	is_str(addr_print(a, buf), want, "%s", what);
}

static void test_event(void)
{
	int family;

	for (family = AF_INET; family <= AF_INET6;
	     family += AF_INET6 - AF_INET) {
		bool v4 = family == AF_INET;

		icmp_event(family);
		is_int(decode(), 0, "an ICMP event");
		is_int(m.kind, NL_EVENT, "kind");
		ok(!m.seq && m.portid == PORTID, "message number, port id");
		is_int(m.event.watch_id, 5, "watch");
		ok(m.event.cookie == 0x1122334455667788ULL, "cookie");
		is_int(m.event.seq, 9, "number");
		is_int(m.event.count, 3, "count");
		is_int(m.event.time_ns, 123456789012LL, "time");
		is_int(m.event.cause, SIPOVER_CAUSE_PORT_UNREACH, "cause");
		is_int(m.event.state, SIPOVER_STATE_UNREACHABLE, "state");
		ok(m.event.icmp, "ICMP");
		is_int(m.event.icmp_type, v4 ? 3 : 1, "type");
		is_int(m.event.icmp_code, v4 ? 3 : 4, "code");
		is_int(m.event.grade, SIPOVER_GRADE_STRONG, "grade");
		is_addr(&m.event.server, v4 ? "192.0.2.1:5060" :
			"[2001:db8::1]:5060", "server");
		is_int(m.event.server.transport, TRANSPORT_UDP, "over UDP");
		is_addr(&m.event.local, v4 ? "192.0.2.9:5070" :
			"[2001:db8::9]:5070", "own address");
		is_addr(&m.event.offender, v4 ? "198.51.100.1:0" :
			"[fe80::1]:0", "offender");
		is_int(m.event.quoted_len, 600, "quoted length");
		ok(m.event.quote_len == 15 &&
		   memcmp(m.event.quote, "REGISTER sip:ex", 15) == 0, "quote");
		is_int(used, w.nlh.nlmsg_len, "all of it");
	}
	event_head(AF_INET, IPPROTO_TCP, SIPOVER_CAUSE_TCP_RETRANSMIT);
	put64(SIPOVER_A_ELAPSED, 744000000);
	put32(SIPOVER_A_RETRANSMITS, 2);
	ok(decode() == 0 && m.event.elapsed_ns == 744000000 &&
	   m.event.retransmits == 2, "a retransmission");
	event_head(AF_INET, IPPROTO_TCP, SIPOVER_CAUSE_TCP_FIN);
	is_int(decode(), 0, "a TCP event");
	is_int(m.event.server.transport, TRANSPORT_TCP, "over TCP");
	ok(!m.event.icmp && !m.event.quote && !m.event.grade, "no ICMP");
	is_int(m.event.local.family, ADDR_NONE, "no own address");
	is_int(m.event.offender.family, ADDR_NONE, "no offender");
}

static void test_server(void)
{
	unsigned int i, others = 0;

	server();
	is_int(decode(), 0, "a server record");
	is_int(m.kind, NL_SERVER, "kind");
	is_int(m.seq, SEQ, "message number");
	ok(!m.dump_intr, "one state of things");
	is_addr(&m.server.addr, "192.0.2.1:5060", "address");
	is_int(m.server.addr.transport, TRANSPORT_TCP, "transport");
	is_int(m.server.state, SIPOVER_STATE_REACHABLE, "state");
	is_int(m.server.watches, 2, "watches");
	is_int(m.server.ring_size, 64, "ring size");
	is_int(m.server.tx_recorded, 11, "recorded");
	is_int(m.server.tx_overrun, 12, "overrun");
	is_int(m.server.mismatched, 13, "mismatched");
	is_int(m.server.uncounted, 14, "uncounted");
	is_int(m.server.last_sent, 1001, "last sent");
	is_int(m.server.last_heard, 1002, "last heard");
	is_int(m.server.last_cause, SIPOVER_CAUSE_TCP_FIN, "last cause");
	is_int(m.server.last_time, 1003, "its time");
	is_int(m.server.count[SIPOVER_CAUSE_TCP_FIN], 21, "FINs");
	is_int(m.server.count[SIPOVER_CAUSE_MAX], 22, "the last cause");
	for (i = 0; i <= SIPOVER_CAUSE_MAX; i++)
		others += m.server.count[i] != 0;
	is_int(others, 2, "nothing else");

	server();
	stat_nest(SIPOVER_CAUSE_MAX + 1, 5);
	stat_nest(255, 5);
	stat_nest(0, 5);
	is_int(decode(), 0, "causes of a newer module are left out");
	w.nlh.nlmsg_flags |= NLM_F_DUMP_INTR;
	decode();
	ok(m.dump_intr, "an interrupted dump says so");

	genl(FAMILY_ID, 0, SEQ, SIPOVER_CMD_SERVER_GET);
	skip_attr = SIPOVER_A_LAST_CAUSE;
	record(AF_INET, IPPROTO_UDP);
	skip_attr = -1;
	is_int(decode(), -EBADMSG, "a time without its cause");
}

static void test_watch(void)
{
	watch();
	is_int(decode(), 0, "reply to WATCH_ADD");
	is_int(m.kind, NL_WATCH, "kind");
	is_int(m.watch_id, 5, "watch");
	is_int(m.cookie, 7, "cookie");
	is_int(m.owner_seq, 8, "last number");
	is_addr(&m.server.addr, "[2001:db8::1]:5060", "server");
	is_int(m.server.last_heard, 1002, "its record");
	skip_attr = SIPOVER_A_WATCH_ID;
	watch();
	skip_attr = -1;
	put32(SIPOVER_A_WATCH_ID, 0);
	is_int(decode(), -EBADMSG, "a watch without a number");
	entry();
	is_int(decode(), 0, "watch of a dump");
	is_int(m.kind, NL_WATCH_ENTRY, "kind");
	is_int(m.watch_id, 6, "watch");
	is_int(m.owner_portid, 1234, "owner");
	is_addr(&m.server.addr, "192.0.2.1:5060", "server");

	genl(FAMILY_ID, 0, SEQ, SIPOVER_CMD_WATCH_DEL);
	is_int(decode(), 0, "a command without replies");
	is_int(m.kind, NL_OTHER, "is nothing");
	genl(FAMILY_ID, 0, SEQ, 99);
	is_int(decode(), 0, "a command that we do not know");
	is_int(m.kind, NL_OTHER, "is nothing");
	genl(FAMILY_ID + 1, 0, SEQ, SIPOVER_CMD_EVENT);
	is_int(decode(), 0, "another family");
	is_int(m.kind, NL_OTHER, "is nothing");
}

/* Every attribute left out, and a byte longer and shorter. */
static const struct {
	void (*make)(void);
	const char *name;
	uint64_t optional;	/* may be left out */
} makers[] = {
	{ full_event4, "event", 1ULL << SIPOVER_A_QUOTED_LEN |
	  1ULL << SIPOVER_A_QUOTE },
	{ full_event6, "event, v6", 1ULL << SIPOVER_A_QUOTED_LEN |
	  1ULL << SIPOVER_A_QUOTE },
	{ server, "server", 1ULL << SIPOVER_A_LAST_SENT |
	  1ULL << SIPOVER_A_LAST_HEARD |
	  1ULL << SIPOVER_A_UNCOUNTED },
	{ watch, "watch", 1ULL << SIPOVER_A_LAST_SENT |
	  1ULL << SIPOVER_A_LAST_HEARD |
	  1ULL << SIPOVER_A_UNCOUNTED },
	{ entry, "watch of a dump", 0 },
};

#define N_MAKERS (sizeof(makers) / sizeof(*makers))

static bool is_used(size_t i, int attr)
{
	uint32_t before;

	makers[i].make();
	before = w.nlh.nlmsg_len;
	skip_attr = attr;
	makers[i].make();
	skip_attr = -1;
	return w.nlh.nlmsg_len != before;
}

static void test_missing(void)
{
	int attr, wrong, tried, by;
	size_t i;

	for (i = 0; i < N_MAKERS; i++) {
		wrong = tried = 0;
		for (attr = 1; attr <= SIPOVER_A_MAX; attr++) {
			if (!is_used(i, attr))
				continue;
			tried++;
			skip_attr = attr;
			makers[i].make();
			skip_attr = -1;
			wrong += decode() !=
				 (makers[i].optional & 1ULL << attr ? 0 :
				  -EBADMSG);
			for (by = -1; by <= 1; by += 2) {
				resize_attr = attr;
				resize_by = by;
				makers[i].make();
				resize_attr = -1;
				wrong += decode() !=
					 (attr == SIPOVER_A_QUOTE ? 0 :
					  -EBADMSG);
			}
		}
		is_int(wrong, 0, "%s: missing or of wrong length, %d attributes",
		       makers[i].name, tried);
		ok(tried >= 7, "as many as there are");
	}
}

static void test_values(void)
{
	static const struct {
		int attr;
		uint8_t value;
	} bad[] = {
		{ SIPOVER_A_CAUSE, 0 },
		{ SIPOVER_A_CAUSE, SIPOVER_CAUSE_MAX + 1 },
		{ SIPOVER_A_STATE, SIPOVER_STATE_UNREACHABLE + 1 },
		{ SIPOVER_A_GRADE, SIPOVER_GRADE_LOCAL + 1 },
		{ SIPOVER_A_FAMILY, AF_INET6 },
		{ SIPOVER_A_FAMILY, 0 },
		{ SIPOVER_A_PROTO, IPPROTO_ICMP },
	};
	uint8_t quote[SIPOVER_QUOTE_MAX + 1] = { 1 };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		icmp_event(AF_INET);
		put8(bad[i].attr, bad[i].value);
		is_int(decode(), -EBADMSG, "attribute %d: %d", bad[i].attr,
		       bad[i].value);
	}
	icmp_event(AF_INET);
	put16(SIPOVER_A_PORT, 0);
	is_int(decode(), -EBADMSG, "port 0");
	icmp_event(AF_INET);
	put32(SIPOVER_A_WATCH_ID, 0);
	is_int(decode(), -EBADMSG, "watch 0");
	icmp_event(AF_INET);
	put64(SIPOVER_A_SEQ, 0);
	is_int(decode(), -EBADMSG, "event number 0");
	icmp_event(AF_INET);
	put_ip(SIPOVER_A_ADDR6, AF_INET6, "::1");
	is_int(decode(), -EBADMSG, "two addresses");
	event_head(AF_INET, IPPROTO_TCP, SIPOVER_CAUSE_TCP_FIN);
	put8(SIPOVER_A_ICMP_TYPE, 3);
	is_int(decode(), -EBADMSG, "half of an ICMP error");
	event_head(AF_INET, IPPROTO_UDP, SIPOVER_CAUSE_HOST_UNREACH);
	is_int(decode(), -EBADMSG, "an ICMP cause without ICMP");

	skip_attr = SIPOVER_A_QUOTE;
	icmp_event(AF_INET);
	skip_attr = -1;
	put(SIPOVER_A_QUOTE, SIPOVER_QUOTE_MAX, quote);
	is_int(decode(), 0, "the longest quote");
	is_int(m.event.quote_len, SIPOVER_QUOTE_MAX, "its length");
	put(SIPOVER_A_QUOTE, SIPOVER_QUOTE_MAX + 1, quote);
	is_int(decode(), -EBADMSG, "a longer one");
	icmp_event(AF_INET);
	put(SIPOVER_A_QUOTE, 0, quote);
	is_int(decode(), -EBADMSG, "an empty one");

	icmp_event(AF_INET);
	put(SIPOVER_A_MAX + 1, 7, quote);
	put(1000, 0, quote);
	put(SIPOVER_A_PAD, 0, quote);
	put(SIPOVER_A_PAD, 3, quote);
	is_int(decode(), 0, "unknown attributes and padding are ignored");
	is_int(m.kind, NL_EVENT, "and the rest read");
}

static void family(uint8_t cmd, uint32_t seq, const char *name, uint16_t id)
{
	genl(GENL_ID_CTRL, 0, seq, cmd);
	mnl_attr_put_strz(&w.nlh, CTRL_ATTR_FAMILY_NAME, name);
	mnl_attr_put_u16(&w.nlh, CTRL_ATTR_FAMILY_ID, id);
	mnl_attr_put_u32(&w.nlh, CTRL_ATTR_VERSION, 1);
	mnl_attr_put_u32(&w.nlh, CTRL_ATTR_HDRSIZE, 0);
}

static void groups(const char *first, uint32_t id1, const char *second,
		   uint32_t id2)
{
	struct nlattr *all, *one;

	all = mnl_attr_nest_start(&w.nlh, CTRL_ATTR_MCAST_GROUPS);
	one = mnl_attr_nest_start(&w.nlh, 1);
	mnl_attr_put_u32(&w.nlh, CTRL_ATTR_MCAST_GRP_ID, id1);
	mnl_attr_put_strz(&w.nlh, CTRL_ATTR_MCAST_GRP_NAME, first);
	mnl_attr_nest_end(&w.nlh, one);
	one = mnl_attr_nest_start(&w.nlh, 2);
	mnl_attr_put_strz(&w.nlh, CTRL_ATTR_MCAST_GRP_NAME, second);
	mnl_attr_put_u32(&w.nlh, CTRL_ATTR_MCAST_GRP_ID, id2);
	mnl_attr_nest_end(&w.nlh, one);
	mnl_attr_nest_end(&w.nlh, all);
}

static void nlctrl(void)
{
	family(CTRL_CMD_NEWFAMILY, SEQ, "nlctrl", GENL_ID_CTRL);
	groups("other", 3, "notify", 16);
}

static void test_nlctrl(void)
{
	struct nlattr *nest, *one;

	nlctrl();
	is_int(decode(), 0, "reply to GETFAMILY nlctrl");
	is_int(m.kind, NL_FAMILY, "kind");
	is_str(m.text, "nlctrl", "name");
	is_int(m.family_id, GENL_ID_CTRL, "id");
	is_int(m.mcast_notify, 16, "its notify group");

	family(CTRL_CMD_NEWFAMILY, SEQ, "sipover", 33);
	groups("notify", 5, "x", 6);
	is_int(decode(), 0, "reply to GETFAMILY sipover");
	is_int(m.kind, NL_FAMILY, "kind");
	is_str(m.text, "sipover", "name");
	is_int(m.family_id, 33, "id");
	is_int(m.mcast_notify, 0, "a group of another family is none");

	family(CTRL_CMD_NEWFAMILY, SEQ, "nlctrl", GENL_ID_CTRL);
	nest = mnl_attr_nest_start(&w.nlh, CTRL_ATTR_MCAST_GROUPS);
	one = mnl_attr_nest_start(&w.nlh, 1);
	mnl_attr_put_u16(&w.nlh, CTRL_ATTR_MCAST_GRP_ID, 5);
	mnl_attr_nest_end(&w.nlh, one);
	mnl_attr_nest_end(&w.nlh, nest);
	is_int(decode(), -EBADMSG, "a group's id of two bytes");

	family(CTRL_CMD_NEWFAMILY, 0, "sipover", 33);
	is_int(decode(), 0, "NEWFAMILY");
	is_int(m.kind, NL_FAMILY_NEW, "the module came");
	is_int(m.family_id, 33, "id");
	family(CTRL_CMD_DELFAMILY, 0, "sipover", 33);
	is_int(decode(), 0, "DELFAMILY");
	is_int(m.kind, NL_FAMILY_GONE, "the module went");
	family(CTRL_CMD_NEWFAMILY, 0, "ovpn", 34);
	is_int(decode(), 0, "NEWFAMILY of another");
	is_int(m.kind, NL_OTHER, "is nothing");
	family(CTRL_CMD_DELFAMILY, 0, "sipove", 34);
	decode();
	is_int(m.kind, NL_OTHER, "nor is a similar name");
	genl(GENL_ID_CTRL, 0, 0, CTRL_CMD_NEWMCAST_GRP);
	is_int(decode(), 0, "NEWMCAST_GRP");
	is_int(m.kind, NL_OTHER, "is nothing");

	genl(GENL_ID_CTRL, 0, SEQ, CTRL_CMD_NEWFAMILY);
	is_int(decode(), -EBADMSG, "no name");
	mnl_attr_put_strz(&w.nlh, CTRL_ATTR_FAMILY_NAME, "sipover");
	is_int(decode(), -EBADMSG, "no id");
	mnl_attr_put_u32(&w.nlh, CTRL_ATTR_FAMILY_ID, 33);
	is_int(decode(), -EBADMSG, "an id of four bytes");
	family(CTRL_CMD_NEWFAMILY, SEQ, "sipover", 2);
	is_int(decode(), -EBADMSG, "an id that is netlink's own");
	family(CTRL_CMD_NEWFAMILY, SEQ, "sixteen-letters!", 33);
	is_int(decode(), -EBADMSG, "a name too long");
	family(CTRL_CMD_NEWFAMILY, SEQ, "x", 33);
	mnl_attr_put(&w.nlh, CTRL_ATTR_FAMILY_NAME, 3, "abc");
	is_int(decode(), -EBADMSG, "a name without end");
}

static void error(int code, uint16_t flags, const char *text)
{
	struct nlmsgerr *err;

	head(NLMSG_ERROR, flags, SEQ);
	err = mnl_nlmsg_put_extra_header(&w.nlh, sizeof(*err));
	err->error = code;
	err->msg.nlmsg_len = sizeof(err->msg);
	if (!(flags & NLM_F_CAPPED)) {
		mnl_nlmsg_put_extra_header(&w.nlh, 12);
		err->msg.nlmsg_len += 12;
	}
	if (!text)
		return;
	mnl_attr_put_u32(&w.nlh, NLMSGERR_ATTR_OFFS, 20);
	mnl_attr_put_strz(&w.nlh, NLMSGERR_ATTR_MSG, text);
}

static void refused(void)
{
	error(-EINVAL, NLM_F_ACK_TLVS, "port\n0");
}

static void test_error(void)
{
	char longer[300];
	uint32_t n;

	error(0, NLM_F_CAPPED, NULL);
	is_int(decode(), 0, "an ACK");
	is_int(m.kind, NL_ACK, "kind");
	is_int(m.error, 0, "no error");
	is_int(m.seq, SEQ, "to which request");
	error(-ENOENT, 0, NULL);
	is_int(decode(), 0, "an error");
	is_int(m.kind, NL_ERROR, "kind");
	is_int(m.error, -ENOENT, "which");
	is_str(m.text, "", "no text");
	refused();
	is_int(decode(), 0, "with extack");
	is_int(m.error, -EINVAL, "error");
	is_str(m.text, "port?0", "text, printable");
	error(-EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED, "capped");
	is_int(decode(), 0, "with extack, capped");
	is_str(m.text, "capped", "text");
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	error(-EINVAL, NLM_F_ACK_TLVS, longer);
	is_int(decode(), 0, "a long text");
	is_int(strlen(m.text), sizeof(m.text) - 1, "is cut");
	error(5, NLM_F_CAPPED, NULL);
	is_int(decode(), -EBADMSG, "a positive error");
	refused();
	((struct nlmsgerr *)mnl_nlmsg_get_payload(&w.nlh))->msg.nlmsg_len =
		UINT32_MAX;
	is_int(decode(), -EBADMSG, "a request longer than all");
	((struct nlmsgerr *)mnl_nlmsg_get_payload(&w.nlh))->msg.nlmsg_len = 3;
	is_int(decode(), -EBADMSG, "a request shorter than its header");
	refused();
	((struct nlmsgerr *)mnl_nlmsg_get_payload(&w.nlh))->msg.nlmsg_len =
		mnl_nlmsg_get_payload_len(&w.nlh);
	is_int(decode(), -EBADMSG, "a request as long as all");

	head(NLMSG_DONE, NLM_F_MULTI, SEQ);
	is_int(decode(), 0, "DONE without a word");
	is_int(m.kind, NL_DONE, "kind");
	*(int *)mnl_nlmsg_put_extra_header(&w.nlh, 4) = 0;
	is_int(decode(), 0, "DONE");
	is_int(m.error, 0, "no error");
	head(NLMSG_DONE, NLM_F_MULTI | NLM_F_ACK_TLVS, SEQ);
	*(int *)mnl_nlmsg_put_extra_header(&w.nlh, 4) = -EINVAL;
	mnl_attr_put_strz(&w.nlh, NLMSGERR_ATTR_MSG, "no attributes");
	is_int(decode(), 0, "a dump refused");
	is_int(m.kind, NL_DONE, "kind");
	is_int(m.error, -EINVAL, "error");
	is_str(m.text, "no attributes", "text");
	head(NLMSG_DONE, NLM_F_MULTI, SEQ);
	memset(mnl_nlmsg_put_extra_header(&w.nlh, 4), 0xff, 4);
	w.nlh.nlmsg_len -= 2;
	is_int(decode(), -EBADMSG, "the end of a dump with half an error");
	head(NLMSG_NOOP, 0, SEQ);
	is_int(decode(), 0, "NOOP");
	is_int(m.kind, NL_OTHER, "is nothing");

	/* Two in one buffer. */
	entry();
	n = w.nlh.nlmsg_len;
	memcpy(longer, w.bytes, n);
	refused();
	memmove(w.bytes + n, w.bytes, w.nlh.nlmsg_len);
	memcpy(w.bytes, longer, n);
	is_int(decode_bytes(2000), 0, "the first of two");
	is_int(used, n, "its length");
	is_int(decode_bytes(n + 5), 0, "the second is cut");
	is_int(used, n, "the first is whole");
	is_int(nl_decode(w.bytes + n, 5, FAMILY_ID, &m, &used), -EBADMSG,
	       "the second is not");
	is_int(used, 5, "and ends the buffer");
	is_int(nl_decode(w.bytes, 0, FAMILY_ID, &m, &used), -ENODATA,
	       "nothing more");
}

/* Bytes behind the last attribute that are none; padding need not be there. */
static void test_trailing(void)
{
	static void (*const make[])(void) = {
		full_event4, full_event6, server, watch, entry, nlctrl, refused,
	};
	struct nlattr *nest;
	size_t i;
	int n;

	for (i = 0; i < sizeof(make) / sizeof(*make); i++)
		for (n = 1; n <= 5; n++) {
			make[i]();
			w.nlh.nlmsg_len = MNL_ALIGN(w.nlh.nlmsg_len);
			w.bytes[w.nlh.nlmsg_len] = 3;
			w.nlh.nlmsg_len += (uint32_t)n;
			is_int(decode(), -EBADMSG,
			       "message %zu, %d bytes too many", i, n);
		}
	full_event4();
	w.nlh.nlmsg_len--;
	is_int(decode(), 0, "a quote without padding");
	is_int(m.event.quote_len, 15, "is whole");
	server();
	stat_nest(SIPOVER_CAUSE_HEARD, 1);
	nest = (struct nlattr *)(w.bytes + w.nlh.nlmsg_len - 36);
	is_int(nest->nla_type & NLA_TYPE_MASK, SIPOVER_A_CAUSE_STATS, "a nest");
	nest->nla_len += 2;
	w.nlh.nlmsg_len += 4;
	is_int(decode(), -EBADMSG, "and in a nest");
	server();
	stat_nest(SIPOVER_CAUSE_HEARD, 1);
	w.nlh.nlmsg_len -= 12;
	nest->nla_len = 24;
	is_int(decode(), -EBADMSG, "a nest without a time");
}

/* Cut at each byte, the header saying so and not. */
static void test_cut(void)
{
	static void (*const make[])(void) = {
		full_event4, full_event6, server, watch, entry, nlctrl, refused,
	};
	size_t i, len, whole;

	for (i = 0; i < sizeof(make) / sizeof(*make); i++) {
		int wrong = 0, good = 0;

		make[i]();
		whole = w.nlh.nlmsg_len;
		for (len = 0; len < whole; len++) {
			make[i]();
			wrong += decode_bytes(len) !=
				 (len ? -EBADMSG : -ENODATA);
			wrong += used != len;
			w.nlh.nlmsg_len = (uint32_t)len;
			if (decode_bytes(whole) == 0)
				good++;
			wrong += used > whole || !used;
		}
		is_int(wrong, 0, "message %zu cut at each of %zu bytes", i,
		       whole);
		ok(good < 90, "%d shorter ones still are messages", good);
	}
}

/* A length that is negative as an int, which libmnl takes for short. */
static void test_huge(void)
{
	static const uint32_t lens[] = { 0x80000000, 0xfffffff0, 0xffffffff };
	size_t i;

	for (i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		full_event4();
		w.nlh.nlmsg_len = lens[i];
		is_int(decode_bytes(600), -EBADMSG, "a length of %#x", lens[i]);
		is_int(used, 600, "ends the buffer");
	}
}

static const char *broken(int ret, size_t len)
{
	const struct nl_event *e = &m.event;

	if (ret != 0 && ret != -EBADMSG)
		return "result";
	if (!used || used > len)
		return "used";
	if (memchr(m.text, '\0', sizeof(m.text)) == NULL)
		return "text without end";
	if (ret)
		return NULL;
	if (m.kind == NL_EVENT &&
	    (e->cause > SIPOVER_CAUSE_MAX || !e->cause || !e->watch_id ||
	     e->state > SIPOVER_STATE_UNREACHABLE || !e->server.port ||
	     e->grade > SIPOVER_GRADE_LOCAL ||
	     e->server.family == ADDR_NONE))
		return "event out of range";
	if (e->quote && (!e->quote_len || e->quote_len > SIPOVER_QUOTE_MAX))
		return "quote";
	if (m.kind == NL_ERROR && m.error >= 0)
		return "an error that is none";
	return NULL;
}

static void test_random(void)
{
	static void (*const make[])(void) = {
		full_event4, full_event6, server, watch, entry, nlctrl, refused,
	};
	struct rng rng = { .state = 4711 };
	unsigned int i, good = 0, bad = 0;
	const char *why = NULL;

	for (i = 0; i < 100000 && !why; i++) {
		size_t len;
		int n, ret;

		make[rng_below(&rng, 7)]();
		len = w.nlh.nlmsg_len;
		for (n = (int)rng_below(&rng, 5); n >= 0; n--)
			w.bytes[rng_below(&rng, (uint32_t)len)] =
				(char)rng_below(&rng, rng_below(&rng, 2) ? 256 :
						40);
		ret = decode_bytes(len);
		why = broken(ret, len);
		good += !ret;
		bad += !!ret;
	}
	ok(!why, "100000 messages changed at random: %s", why ? why :
	   "no harm");
	ok(good > 10000 && bad > 10000, "%u taken, %u refused", good, bad);
}

static void is_request(const char *buf, int len, uint16_t type, uint16_t flags,
		       uint8_t cmd)
{
	const struct nlmsghdr *nlh = (const void *)buf;
	const struct genlmsghdr *g = mnl_nlmsg_get_payload(nlh);

	is_int(nlh->nlmsg_len, len, "length");
	is_int(nlh->nlmsg_type, type, "type");
	is_int(nlh->nlmsg_flags, flags | NLM_F_REQUEST, "flags");
	is_int(nlh->nlmsg_seq, SEQ, "number");
	is_int(g->cmd, cmd, "command");
	is_int(g->version, 1, "version");
}

/* "type:length type:length ..." of its attributes. */
static const char *attrs_of(const char *buf)
{
	static char out[200];
	const struct nlattr *a;
	size_t n = 0;

	out[0] = '\0';
	mnl_attr_for_each(a, (const struct nlmsghdr *)(const void *)buf,
			  sizeof(struct genlmsghdr))
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%u:%u",
				      n ? " " : "", mnl_attr_get_type(a),
				      mnl_attr_get_payload_len(a));
	return out;
}

static void test_build(void)
{
	_Alignas(4) char buf[512];
	struct addr v4, v6, none = { .family = ADDR_NONE };
	int len, i;

	addr_parse(&v4, "192.0.2.1", 5060, TRANSPORT_UDP);
	addr_parse(&v6, "2001:db8::1", 5061, TRANSPORT_TLS);

	len = nl_build_getfamily(buf, sizeof(buf), SEQ, "sipover");
	is_request(buf, len, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	is_str(attrs_of(buf), "2:8", "its name with its NUL");
	is_int(nl_build_getfamily(buf, sizeof(buf), SEQ, "sixteen-letters!"),
	       -EMSGSIZE, "a name too long");

	len = nl_build_watch_add(buf, sizeof(buf), FAMILY_ID, SEQ, &v4, 64);
	is_request(buf, len, FAMILY_ID, 0, SIPOVER_CMD_WATCH_ADD);
	is_str(attrs_of(buf), "6:1 7:1 8:4 10:2 11:4", "watch, IPv4");
	for (i = 0; i < len; i++)
		if (nl_build_watch_add(buf, (size_t)i, FAMILY_ID, SEQ, &v4,
				       64) != -EMSGSIZE)
			break;
	is_int(i, len, "no room, nothing written");
	is_int(nl_build_watch_add(buf, (size_t)len, FAMILY_ID, SEQ, &v4, 64),
	       len, "just enough room");
	len = nl_build_watch_add(buf, sizeof(buf), FAMILY_ID, SEQ, &v6, 0);
	is_str(attrs_of(buf), "6:1 7:1 9:16 10:2", "watch, IPv6");
	is_int(buf[20 + 4], AF_INET6, "family");
	is_int(buf[28 + 4], IPPROTO_TCP, "TLS is TCP");
	ok(memcmp(buf + len - 4, "\x13\xc5", 2) == 0, "port, big endian");
	is_int(nl_build_watch_add(buf, sizeof(buf), FAMILY_ID, SEQ, &none, 0),
	       -EINVAL, "no address");
	v4.port = 0;
	is_int(nl_build_server_get(buf, sizeof(buf), FAMILY_ID, SEQ, &v4),
	       -EINVAL, "no port");

	len = nl_build_watch_del(buf, sizeof(buf), FAMILY_ID, SEQ, 9);
	is_request(buf, len, FAMILY_ID, NLM_F_ACK, SIPOVER_CMD_WATCH_DEL);
	is_str(attrs_of(buf), "2:4", "its id");
	len = nl_build_watch_dump(buf, sizeof(buf), FAMILY_ID, SEQ);
	is_request(buf, len, FAMILY_ID, NLM_F_DUMP, SIPOVER_CMD_WATCH_GET);
	is_str(attrs_of(buf), "", "a dump takes no attributes");
	len = nl_build_server_get(buf, sizeof(buf), FAMILY_ID, SEQ, &v6);
	is_request(buf, len, FAMILY_ID, 0, SIPOVER_CMD_SERVER_GET);
	is_str(attrs_of(buf), "6:1 7:1 9:16 10:2", "server");
	len = nl_build_server_dump(buf, sizeof(buf), FAMILY_ID, SEQ);
	is_request(buf, len, FAMILY_ID, NLM_F_DUMP, SIPOVER_CMD_SERVER_GET);
	is_str(attrs_of(buf), "", "a dump takes no attributes");
}

int main(void)
{
	test_event();
	test_server();
	test_watch();
	test_missing();
	test_values();
	test_nlctrl();
	test_error();
	test_trailing();
	test_cut();
	test_huge();
	test_random();
	test_build();
	return tap_done();
}
