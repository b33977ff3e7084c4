/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Netlink messages as the kernel sends them.
 *
 * Input: a byte 'r' and then the bytes of a datagram; or one message's plan,
 * so that chance gets behind the checks of lengths: how it is addressed, its
 * command, and attributes as type, length, payload, where a length with the
 * top bit opens a nest of that many attributes.
 */
#include "fuzz.h"

#include <errno.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/sipover.h>

#include "codec/nl.h"
#include "core/verdict.h"

#define FAMILY 0x1d
#define DATAGRAM_MAX 8192
#define ALIGN4(n) (((n) + 3) & ~(size_t)3)

/* ---- a message from a plan ---- */

struct plan {
	struct feed f;
	size_t len;
	_Alignas(8) uint8_t buf[DATAGRAM_MAX];
};

static void put(struct plan *p, const void *data, size_t n)
{
	if (n > sizeof(p->buf) - p->len)
		n = sizeof(p->buf) - p->len;
	memcpy(p->buf + p->len, data, n);
	p->len += n;
}

static void pad(struct plan *p)
{
	static const uint8_t zero[4];

	put(p, zero, ALIGN4(p->len) - p->len);
}

static bool room(const struct plan *p)
{
	return p->f.left && p->len < sizeof(p->buf) - 320;
}

static size_t attr_begin(struct plan *p, uint16_t type)
{
	struct nlattr a = { .nla_type = type };
	size_t at = p->len;

	put(p, &a, sizeof(a));
	return at;
}

static void attr_end(struct plan *p, size_t at)
{
	uint16_t len = (uint16_t)(p->len - at);

	memcpy(p->buf + at, &len, sizeof(len));
	pad(p);
}

/* The length that the contract gives an attribute, for a plan's 0x7f. */
static unsigned int right_length(unsigned int type)
{
	static const uint8_t lengths[] = {
		[SIPOVER_A_WATCH_ID] = 4, [SIPOVER_A_COOKIE] = 8,
		[SIPOVER_A_SEQ] = 8, [SIPOVER_A_PORTID] = 4,
		[SIPOVER_A_FAMILY] = 1, [SIPOVER_A_PROTO] = 1,
		[SIPOVER_A_ADDR4] = 4, [SIPOVER_A_ADDR6] = 16,
		[SIPOVER_A_PORT] = 2, [SIPOVER_A_RING_SIZE] = 4,
		[SIPOVER_A_STATE] = 1, [SIPOVER_A_CAUSE] = 1,
		[SIPOVER_A_COUNT] = 8, [SIPOVER_A_TIME] = 8,
		[SIPOVER_A_LOCAL4] = 4, [SIPOVER_A_LOCAL6] = 16,
		[SIPOVER_A_LOCAL_PORT] = 2, [SIPOVER_A_ICMP_TYPE] = 1,
		[SIPOVER_A_ICMP_CODE] = 1, [SIPOVER_A_GRADE] = 1,
		[SIPOVER_A_OFFENDER4] = 4, [SIPOVER_A_OFFENDER6] = 16,
		[SIPOVER_A_QUOTED_LEN] = 2, [SIPOVER_A_QUOTE] = 40,
		[SIPOVER_A_WATCHES] = 4, [SIPOVER_A_TX_RECORDED] = 8,
		[SIPOVER_A_TX_OVERRUN] = 8, [SIPOVER_A_MISMATCHED] = 8,
		[SIPOVER_A_LAST_SENT] = 8, [SIPOVER_A_LAST_HEARD] = 8,
		[SIPOVER_A_LAST_CAUSE] = 1, [SIPOVER_A_LAST_TIME] = 8,
		[SIPOVER_A_UNCOUNTED] = 4, [SIPOVER_A_UNANSWERED_MS] = 4,
		[SIPOVER_A_ELAPSED] = 8, [SIPOVER_A_RETRANSMITS] = 4,
	};

	return type < sizeof(lengths) ? lengths[type] : 3;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as it is told */
static void attributes(struct plan *p, unsigned int n, int depth)
{
	uint8_t zero[128] = { 0 };

	while (n-- && room(p)) {
		unsigned int type = feed_u8(&p->f), len = feed_u8(&p->f);
		size_t at = attr_begin(p, (uint16_t)type);

		if (len & 0x80 && depth) {
			attributes(p, len & 0x0f, depth - 1);
		} else {
			len &= 0x7f;
			if (len == 0x7f)
				len = right_length(type);
			if (len > p->f.left)
				put(p, zero, len);
			else
				put(p, p->f.at, len);
			while (len-- && p->f.left)
				feed_u8(&p->f);
		}
		attr_end(p, at);
	}
}

static void make(struct plan *p)
{
	static const uint16_t types[] = {
		FAMILY, GENL_ID_CTRL, NLMSG_ERROR, NLMSG_DONE, NLMSG_NOOP,
	};
	uint8_t how = feed_u8(&p->f), cmd = feed_u8(&p->f);
	struct nlmsghdr nlh = {
		.nlmsg_type = types[how % 5],
		.nlmsg_flags = how & 0x40 ? NLM_F_DUMP_INTR : 0,
		.nlmsg_seq = how & 0x80 ? 0 : 7,
		.nlmsg_pid = 99,
	};
	struct genlmsghdr genl = { .cmd = cmd, .version = 1 };
	size_t at = p->len;
	int32_t error;

	if (how & 0x20)
		nlh.nlmsg_flags |= NLM_F_ACK_TLVS;
	if (how & 0x10)
		nlh.nlmsg_flags |= NLM_F_CAPPED;
	put(p, &nlh, sizeof(nlh));
	if (nlh.nlmsg_type == NLMSG_ERROR || nlh.nlmsg_type == NLMSG_DONE) {
		error = -(int32_t)(cmd & 0x7f);
		put(p, &error, sizeof(error));
		if (nlh.nlmsg_type == NLMSG_ERROR) {
			nlh.nlmsg_len = sizeof(nlh) + (feed_u8(&p->f) & 0x3f);
			put(p, &nlh, sizeof(nlh));
		}
	} else {
		put(p, &genl, sizeof(genl));
	}
	attributes(p, 48, 2);
	nlh.nlmsg_len = (uint32_t)(p->len - at);
	memcpy(p->buf + at, &nlh.nlmsg_len, sizeof(nlh.nlmsg_len));
}

/* ---- what must hold ---- */

static void check_addr(const struct addr *a, bool port)
{
	static const uint8_t zero[12];

	must(a->family == ADDR_V4 || a->family == ADDR_V6);
	must(a->transport == TRANSPORT_UDP || a->transport == TRANSPORT_TCP);
	must(a->family != ADDR_V4 || memcmp(a->ip + 4, zero, 12) == 0);
	must(!port || a->port);
}

static void check_event(const struct nl_event *e, const uint8_t *buf,
			size_t len)
{
	check_addr(&e->server, true);
	must(e->watch_id && e->seq);
	must(e->cause > SIPOVER_CAUSE_UNSPEC && e->cause <= SIPOVER_CAUSE_MAX);
	must(e->state <= SIPOVER_STATE_UNREACHABLE);
	must(e->grade <= SIPOVER_GRADE_LOCAL);
	must(!e->quote == !e->quote_len && e->quote_len <= SIPOVER_QUOTE_MAX);
	must(!e->quote || (e->quote >= buf && e->quote + e->quote_len <= buf + len));
	if (e->local.family != ADDR_NONE)
		must(e->local.family == e->server.family);
	if (e->icmp)
		must(e->offender.family == e->server.family);
	else
		must(e->offender.family == ADDR_NONE && !e->quote && !e->grade);
}

static void check(const struct nl_msg *m, const uint8_t *buf, size_t len)
{
	must(memchr(m->text, '\0', sizeof(m->text)));
	must(m->error <= 0);
	switch (m->kind) {
	case NL_ACK:
		must(!m->error);
		break;
	case NL_ERROR:
		must(m->error < 0);
		break;
	case NL_FAMILY:
		must(m->seq && m->family_id >= NLMSG_MIN_TYPE);
		break;
	case NL_FAMILY_NEW:
	case NL_FAMILY_GONE:
		must(strcmp(m->text, SIPOVER_GENL_NAME) == 0);
		must(m->family_id >= NLMSG_MIN_TYPE);
		break;
	case NL_WATCH:
	case NL_WATCH_ENTRY:
		must(m->watch_id);
		/* fallthrough */
	case NL_SERVER:
		check_addr(&m->server.addr, true);
		must(m->server.state <= SIPOVER_STATE_UNREACHABLE);
		must(!m->server.count[SIPOVER_CAUSE_UNSPEC]);
		break;
	case NL_EVENT:
		check_event(&m->event, buf, len);
		break;
	case NL_DONE:
	case NL_OTHER:
		break;
	}
}

/* What is asked about a server: whole, aligned, not beyond its room, and no
 * message for us. */
static void check_requests(const struct addr *a, uint32_t number)
{
	struct nl_msg m;
	size_t size, used;
	uint8_t *buf;
	int n, i;

	for (i = 0; i < 6; i++) {
		for (size = 256; ; size = (size_t)n - 1) {
			buf = malloc(size);
			n = i == 0 ? nl_build_getfamily(buf, size, 1, "sipover") :
			    i == 1 ? nl_build_watch_add(buf, size, FAMILY, 2, a, number) :
			    i == 2 ? nl_build_watch_del(buf, size, FAMILY, 3, number) :
			    i == 3 ? nl_build_watch_dump(buf, size, FAMILY, 4) :
			    i == 4 ? nl_build_server_get(buf, size, FAMILY, 5, a) :
				     nl_build_server_dump(buf, size, FAMILY, 6);
			if (size != 256)
				break;
			must(n > 0 && n % 4 == 0);
			must(nl_decode(buf, (size_t)n, 0, &m, &used) == 0);
			must(m.kind == NL_OTHER && used == (size_t)n);
			must(m.seq == (uint32_t)i + 1);
			free(buf);
		}
		must(n < 0);
		free(buf);
	}
}

/* What a later module adds is ignored (the contract). */
static void check_unknown(const uint8_t *buf, size_t len, const struct nl_msg *m)
{
	static const uint8_t more[] = { 8, 0, 0xff, 0x1f, 1, 2, 3, 4 };
	size_t n = ALIGN4(len), used;
	uint8_t *longer = calloc(1, n + sizeof(more));
	uint32_t total = (uint32_t)(n + sizeof(more));
	struct nl_msg again;

	memcpy(longer, buf, len);
	memcpy(longer + n, more, sizeof(more));
	memcpy(longer, &total, sizeof(total));
	must(nl_decode(longer, total, FAMILY, &again, &used) == 0);
	must(used == total && again.kind == m->kind);
	again.event.quote = m->event.quote;
	/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
	must(memcmp(&again, m, sizeof(again)) == 0);
	free(longer);
}

/* Nothing of another length than the contract's was read; stats: nor in the
 * nests, which only a server's message has. */
/* NOLINTNEXTLINE(misc-no-recursion): two deep */
static void check_lengths(const uint8_t *at, size_t len, bool stats)
{
	while (len >= sizeof(struct nlattr)) {
		struct nlattr a;
		unsigned int payload, type;

		memcpy(&a, at, sizeof(a));
		must(a.nla_len >= sizeof(a) && a.nla_len <= len);
		payload = a.nla_len - (unsigned int)sizeof(a);
		type = a.nla_type & NLA_TYPE_MASK;
		if (type == SIPOVER_A_QUOTE)
			must(payload && payload <= SIPOVER_QUOTE_MAX);
		else if (type == SIPOVER_A_CAUSE_STATS && stats)
			check_lengths(at + sizeof(a), payload, false);
		else if (type != SIPOVER_A_CAUSE_STATS &&
			 type >= SIPOVER_A_WATCH_ID && type <= SIPOVER_A_MAX)
			must(payload == right_length(type));
		if (ALIGN4(a.nla_len) >= len)
			return;
		len -= ALIGN4(a.nla_len);
		at += ALIGN4(a.nla_len);
	}
}

static void check_one(const uint8_t *buf, size_t len, const struct nl_msg *m)
{
	struct nl_msg other;
	uint8_t *cut;
	size_t used;

	check(m, buf, len);
	if (m->kind == NL_EVENT || m->kind == NL_SERVER ||
	    m->kind == NL_WATCH || m->kind == NL_WATCH_ENTRY) {
		/* Before the family is known it is nobody's. */
		must(nl_decode(buf, len, 0, &other, &used) == 0);
		must(other.kind == NL_OTHER);
		check_unknown(buf, len, m);
		check_lengths(buf + sizeof(struct nlmsghdr) + GENL_HDRLEN,
			      len - sizeof(struct nlmsghdr) - GENL_HDRLEN,
			      m->kind == NL_SERVER || m->kind == NL_WATCH);
	}
	if (m->kind == NL_SERVER || m->kind == NL_EVENT)
		check_requests(m->kind == NL_EVENT ? &m->event.server :
			       &m->server.addr, m->seq);
	cut = exact_copy(buf, len - 1);
	must(nl_decode(cut, len - 1, FAMILY, &other, &used) == -EBADMSG);
	must(used == len - 1);
	free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plan p;
	struct nl_msg m;
	size_t at = 0, used;
	uint8_t *buf;
	int r;

	p.f = (struct feed){ data, size };
	p.len = 0;
	if (feed_u8(&p.f) == 'r')
		put(&p, p.f.at, p.f.left);
	else
		make(&p);
	buf = exact_copy(p.buf, p.len);
	for (;;) {
		memset(&m, 0xa5, sizeof(m));
		r = nl_decode(buf + at, p.len - at, FAMILY, &m, &used);
		if (r == -ENODATA)
			break;
		must(r == 0 || r == -EBADMSG);
		must(used && used <= p.len - at);
		must(used % 4 == 0 || used == p.len - at);
		if (r == 0) {
			uint32_t stated;

			memcpy(&stated, buf + at, sizeof(stated));
			must(stated <= p.len - at);
			check_one(buf + at, stated, &m);
		}
		at += used;
	}
	must(at == p.len);
	free(buf);
	return 0;
}
