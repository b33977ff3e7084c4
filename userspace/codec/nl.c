// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "nl.h"

#include <errno.h>
#include <string.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <netinet/in.h>

#define BIT(attr) (1ULL << (attr))

/* Attributes that must be there, by command (the contract's header). */
#define NEED_KEY (BIT(SIPOVER_A_FAMILY) | BIT(SIPOVER_A_PROTO) |	\
		  BIT(SIPOVER_A_PORT) | BIT(SIPOVER_A_STATE))
#define NEED_SERVER (NEED_KEY | BIT(SIPOVER_A_WATCHES) |		\
		     BIT(SIPOVER_A_RING_SIZE) |				\
		     BIT(SIPOVER_A_TX_RECORDED) |			\
		     BIT(SIPOVER_A_TX_OVERRUN) |			\
		     BIT(SIPOVER_A_MISMATCHED))
#define NEED_WATCH (NEED_SERVER | BIT(SIPOVER_A_WATCH_ID) |		\
		    BIT(SIPOVER_A_COOKIE) | BIT(SIPOVER_A_SEQ))
#define NEED_ENTRY (NEED_KEY | BIT(SIPOVER_A_WATCH_ID) |		\
		    BIT(SIPOVER_A_PORTID))
#define NEED_EVENT (NEED_KEY | BIT(SIPOVER_A_WATCH_ID) |		\
		    BIT(SIPOVER_A_COOKIE) | BIT(SIPOVER_A_SEQ) |	\
		    BIT(SIPOVER_A_CAUSE) | BIT(SIPOVER_A_COUNT) |	\
		    BIT(SIPOVER_A_TIME))
#define NEED_ICMP (BIT(SIPOVER_A_ICMP_TYPE) |				\
		   BIT(SIPOVER_A_ICMP_CODE) | BIT(SIPOVER_A_GRADE))
#define NEED_STATS (BIT(SIPOVER_A_CAUSE) | BIT(SIPOVER_A_COUNT) |	\
		    BIT(SIPOVER_A_TIME))

_Static_assert(SIPOVER_A_MAX < 64, "attributes are bits of a word");

/* Lengths by attribute; max 0: any. */
static const struct {
	uint16_t min, max;
} lengths[SIPOVER_A_MAX + 1] = {
	[SIPOVER_A_WATCH_ID] = { 4, 4 },
	[SIPOVER_A_COOKIE] = { 8, 8 },
	[SIPOVER_A_SEQ] = { 8, 8 },
	[SIPOVER_A_PORTID] = { 4, 4 },
	[SIPOVER_A_FAMILY] = { 1, 1 },
	[SIPOVER_A_PROTO] = { 1, 1 },
	[SIPOVER_A_ADDR4] = { 4, 4 },
	[SIPOVER_A_ADDR6] = { 16, 16 },
	[SIPOVER_A_PORT] = { 2, 2 },
	[SIPOVER_A_RING_SIZE] = { 4, 4 },
	[SIPOVER_A_STATE] = { 1, 1 },
	[SIPOVER_A_CAUSE] = { 1, 1 },
	[SIPOVER_A_COUNT] = { 8, 8 },
	[SIPOVER_A_TIME] = { 8, 8 },
	[SIPOVER_A_LOCAL4] = { 4, 4 },
	[SIPOVER_A_LOCAL6] = { 16, 16 },
	[SIPOVER_A_LOCAL_PORT] = { 2, 2 },
	[SIPOVER_A_ICMP_TYPE] = { 1, 1 },
	[SIPOVER_A_ICMP_CODE] = { 1, 1 },
	[SIPOVER_A_GRADE] = { 1, 1 },
	[SIPOVER_A_OFFENDER4] = { 4, 4 },
	[SIPOVER_A_OFFENDER6] = { 16, 16 },
	[SIPOVER_A_QUOTED_LEN] = { 2, 2 },
	[SIPOVER_A_QUOTE] = { 1, SIPOVER_QUOTE_MAX },
	[SIPOVER_A_WATCHES] = { 4, 4 },
	[SIPOVER_A_TX_RECORDED] = { 8, 8 },
	[SIPOVER_A_TX_OVERRUN] = { 8, 8 },
	[SIPOVER_A_MISMATCHED] = { 8, 8 },
	[SIPOVER_A_LAST_SENT] = { 8, 8 },
	[SIPOVER_A_LAST_HEARD] = { 8, 8 },
	[SIPOVER_A_LAST_CAUSE] = { 1, 1 },
	[SIPOVER_A_LAST_TIME] = { 8, 8 },
	[SIPOVER_A_UNCOUNTED] = { 4, 4 },
	[SIPOVER_A_UNANSWERED_MS] = { 4, 4 },
	[SIPOVER_A_ELAPSED] = { 8, 8 },
	[SIPOVER_A_RETRANSMITS] = { 4, 4 },
};

/* ---- attributes ---- */

/* A run of attributes: a message's, or a nest's. */
struct run {
	const char *at;
	size_t len;
};

/* The next attribute; NULL at the end.  *bad when bytes are left over that are
 * none. */
static const struct nlattr *run_next(struct run *r, bool *bad)
{
	const struct nlattr *a = (const void *)r->at;
	size_t step;

	if (!r->len)
		return NULL;
	if (!mnl_attr_ok(a, (int)r->len)) {
		*bad = true;
		return NULL;
	}
	step = MNL_ALIGN(a->nla_len);
	if (step > r->len)
		step = r->len;	/* the last one need not be padded */
	r->at += step;
	r->len -= step;
	return a;
}

static struct run nest_of(const struct nlattr *a)
{
	return (struct run){ mnl_attr_get_payload(a),
			     mnl_attr_get_payload_len(a) };
}

struct attrs {
	const struct nlattr *a[SIPOVER_A_MAX + 1];
	uint64_t present;
};

static int collect(struct attrs *t, struct run r)
{
	const struct nlattr *a;
	bool bad = false;

	memset(t, 0, sizeof(*t));
	while ((a = run_next(&r, &bad)) != NULL) {
		uint16_t type = mnl_attr_get_type(a);
		uint16_t len = mnl_attr_get_payload_len(a);

		if (type > SIPOVER_A_MAX)
			continue;
		if (lengths[type].max &&
		    (len < lengths[type].min || len > lengths[type].max))
			return -EBADMSG;
		t->a[type] = a;
		t->present |= BIT(type);
	}
	return bad ? -EBADMSG : 0;
}

static bool has(const struct attrs *t, uint64_t need)
{
	return (t->present & need) == need;
}

/* Values of attributes that may be absent: 0 then. */
static uint8_t get_u8(const struct attrs *t, int attr)
{
	return t->a[attr] ? mnl_attr_get_u8(t->a[attr]) : 0;
}

static uint16_t get_u16(const struct attrs *t, int attr)
{
	return t->a[attr] ? mnl_attr_get_u16(t->a[attr]) : 0;
}

static uint32_t get_u32(const struct attrs *t, int attr)
{
	return t->a[attr] ? mnl_attr_get_u32(t->a[attr]) : 0;
}

static uint64_t get_u64(const struct attrs *t, int attr)
{
	return t->a[attr] ? mnl_attr_get_u64(t->a[attr]) : 0;
}

/* The address that is there, of either family; family NONE: none is. */
static struct addr get_addr(const struct attrs *t, int attr4, int attr6)
{
	struct addr a = { .family = ADDR_NONE };

	if (t->a[attr4]) {
		a.family = ADDR_V4;
		memcpy(a.ip, mnl_attr_get_payload(t->a[attr4]), 4);
	} else if (t->a[attr6]) {
		a.family = ADDR_V6;
		memcpy(a.ip, mnl_attr_get_payload(t->a[attr6]), 16);
	}
	return a;
}

static int get_server_addr(const struct attrs *t, struct addr *out)
{
	uint8_t family = get_u8(t, SIPOVER_A_FAMILY);
	uint8_t proto = get_u8(t, SIPOVER_A_PROTO);
	struct addr a = get_addr(t, SIPOVER_A_ADDR4, SIPOVER_A_ADDR6);

	if (has(t, BIT(SIPOVER_A_ADDR4) | BIT(SIPOVER_A_ADDR6)) ||
	    a.family == ADDR_NONE ||
	    family != (a.family == ADDR_V4 ? AF_INET : AF_INET6) ||
	    (proto != IPPROTO_UDP && proto != IPPROTO_TCP))
		return -EBADMSG;
	a.transport = proto == IPPROTO_UDP ? TRANSPORT_UDP : TRANSPORT_TCP;
	a.port = ntohs(get_u16(t, SIPOVER_A_PORT));
	if (!a.port)
		return -EBADMSG;
	*out = a;
	return 0;
}

static bool is_cause(uint8_t cause)
{
	return cause > SIPOVER_CAUSE_UNSPEC && cause <= SIPOVER_CAUSE_MAX;
}

static bool is_icmp_cause(uint8_t cause)
{
	return cause >= SIPOVER_CAUSE_NET_UNREACH &&
	       cause <= SIPOVER_CAUSE_ICMP_OTHER;
}

/* ---- messages of the module ---- */

static int read_stats(struct nl_server *s, const struct nlattr *nest)
{
	struct attrs t;
	uint8_t cause;

	if (collect(&t, nest_of(nest)) || !has(&t, NEED_STATS))
		return -EBADMSG;
	cause = get_u8(&t, SIPOVER_A_CAUSE);
	/* A newer module may know more causes: theirs are left out. */
	if (is_cause(cause))
		s->count[cause] = get_u64(&t, SIPOVER_A_COUNT);
	return 0;
}

static int read_all_stats(struct nl_server *s, struct run r)
{
	const struct nlattr *a;
	bool bad = false;

	while ((a = run_next(&r, &bad)) != NULL)
		if (mnl_attr_get_type(a) == SIPOVER_A_CAUSE_STATS &&
		    read_stats(s, a))
			return -EBADMSG;
	return 0;
}

static int read_key(struct nl_server *s, const struct attrs *t)
{
	s->state = get_u8(t, SIPOVER_A_STATE);
	if (s->state > SIPOVER_STATE_UNREACHABLE)
		return -EBADMSG;
	return get_server_addr(t, &s->addr);
}

static int read_server(struct nl_server *s, const struct attrs *t, struct run r)
{
	if (!has(t, NEED_SERVER) || read_key(s, t))
		return -EBADMSG;
	s->last_cause = get_u8(t, SIPOVER_A_LAST_CAUSE);
	if (!t->a[SIPOVER_A_LAST_CAUSE] != !t->a[SIPOVER_A_LAST_TIME])
		return -EBADMSG;
	s->watches = get_u32(t, SIPOVER_A_WATCHES);
	s->ring_size = get_u32(t, SIPOVER_A_RING_SIZE);
	s->tx_recorded = get_u64(t, SIPOVER_A_TX_RECORDED);
	s->tx_overrun = get_u64(t, SIPOVER_A_TX_OVERRUN);
	s->mismatched = get_u64(t, SIPOVER_A_MISMATCHED);
	s->last_sent = get_u64(t, SIPOVER_A_LAST_SENT);
	s->last_heard = get_u64(t, SIPOVER_A_LAST_HEARD);
	s->last_time = get_u64(t, SIPOVER_A_LAST_TIME);
	s->uncounted = get_u32(t, SIPOVER_A_UNCOUNTED);
	return read_all_stats(s, r);
}

static int read_watch(struct nl_msg *m, const struct attrs *t, struct run r)
{
	if (!has(t, NEED_WATCH))
		return -EBADMSG;
	m->watch_id = get_u32(t, SIPOVER_A_WATCH_ID);
	m->cookie = get_u64(t, SIPOVER_A_COOKIE);
	m->owner_seq = get_u64(t, SIPOVER_A_SEQ);
	if (!m->watch_id)
		return -EBADMSG;
	return read_server(&m->server, t, r);
}

static int read_entry(struct nl_msg *m, const struct attrs *t)
{
	if (!has(t, NEED_ENTRY))
		return -EBADMSG;
	m->watch_id = get_u32(t, SIPOVER_A_WATCH_ID);
	m->owner_portid = get_u32(t, SIPOVER_A_PORTID);
	if (!m->watch_id)
		return -EBADMSG;
	return read_key(&m->server, t);
}

static int read_icmp(struct nl_event *e, const struct attrs *t)
{
	if (!(t->present & NEED_ICMP) && !is_icmp_cause(e->cause))
		return 0;
	e->offender = get_addr(t, SIPOVER_A_OFFENDER4, SIPOVER_A_OFFENDER6);
	if (!has(t, NEED_ICMP) || e->offender.family != e->server.family)
		return -EBADMSG;
	e->icmp = true;
	e->icmp_type = get_u8(t, SIPOVER_A_ICMP_TYPE);
	e->icmp_code = get_u8(t, SIPOVER_A_ICMP_CODE);
	e->grade = get_u8(t, SIPOVER_A_GRADE);
	if (e->grade > SIPOVER_GRADE_LOCAL)
		return -EBADMSG;
	e->offender.transport = e->server.transport;
	e->quoted_len = get_u16(t, SIPOVER_A_QUOTED_LEN);
	if (t->a[SIPOVER_A_QUOTE]) {
		e->quote = mnl_attr_get_payload(t->a[SIPOVER_A_QUOTE]);
		e->quote_len = mnl_attr_get_payload_len(t->a[SIPOVER_A_QUOTE]);
	}
	return 0;
}

static int read_local(struct nl_event *e, const struct attrs *t)
{
	struct addr a = get_addr(t, SIPOVER_A_LOCAL4, SIPOVER_A_LOCAL6);

	if (a.family == ADDR_NONE && !t->a[SIPOVER_A_LOCAL_PORT])
		return 0;
	if (a.family != e->server.family || !t->a[SIPOVER_A_LOCAL_PORT])
		return -EBADMSG;
	a.transport = e->server.transport;
	a.port = ntohs(get_u16(t, SIPOVER_A_LOCAL_PORT));
	e->local = a;
	return 0;
}

static int read_event(struct nl_event *e, const struct attrs *t)
{
	if (!has(t, NEED_EVENT) || get_server_addr(t, &e->server))
		return -EBADMSG;
	e->watch_id = get_u32(t, SIPOVER_A_WATCH_ID);
	e->cookie = get_u64(t, SIPOVER_A_COOKIE);
	e->seq = get_u64(t, SIPOVER_A_SEQ);
	e->count = get_u64(t, SIPOVER_A_COUNT);
	e->time_ns = get_u64(t, SIPOVER_A_TIME);
	e->cause = get_u8(t, SIPOVER_A_CAUSE);
	e->state = get_u8(t, SIPOVER_A_STATE);
	e->elapsed_ns = get_u64(t, SIPOVER_A_ELAPSED);
	e->retransmits = get_u32(t, SIPOVER_A_RETRANSMITS);
	if (!e->watch_id || !e->seq || !is_cause(e->cause) ||
	    e->state > SIPOVER_STATE_UNREACHABLE)
		return -EBADMSG;
	return read_icmp(e, t) || read_local(e, t) ? -EBADMSG : 0;
}

static int read_module(struct nl_msg *m, uint8_t cmd, struct run r)
{
	struct attrs t;

	if (collect(&t, r))
		return -EBADMSG;
	switch ((enum sipover_cmd)cmd) {
	case SIPOVER_CMD_WATCH_ADD:
		m->kind = NL_WATCH;
		return read_watch(m, &t, r);
	case SIPOVER_CMD_WATCH_GET:
		m->kind = NL_WATCH_ENTRY;
		return read_entry(m, &t);
	case SIPOVER_CMD_SERVER_GET:
		m->kind = NL_SERVER;
		return read_server(&m->server, &t, r);
	case SIPOVER_CMD_EVENT:
		m->kind = NL_EVENT;
		return read_event(&m->event, &t);
	case SIPOVER_CMD_WATCH_DEL:
	case SIPOVER_CMD_UNSPEC:
	case __SIPOVER_CMD_LAST:
		break;
	}
	return 0;	/* NL_OTHER */
}

/* ---- messages of nlctrl ---- */

static bool is_string(const struct nlattr *a, const char *text)
{
	return mnl_attr_get_payload_len(a) == strlen(text) + 1 &&
	       memcmp(mnl_attr_get_payload(a), text, strlen(text) + 1) == 0;
}

/* One of CTRL_ATTR_MCAST_GROUPS. */
static int read_group(struct nl_msg *m, const struct nlattr *nest)
{
	struct run r = nest_of(nest);
	const struct nlattr *a;
	bool bad = false, notify = false;
	uint32_t id = 0;

	while ((a = run_next(&r, &bad)) != NULL) {
		if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GRP_NAME)
			notify = is_string(a, "notify");
		if (mnl_attr_get_type(a) != CTRL_ATTR_MCAST_GRP_ID)
			continue;
		if (mnl_attr_get_payload_len(a) != 4)
			return -EBADMSG;
		id = mnl_attr_get_u32(a);
	}
	if (notify)
		m->mcast_notify = id;
	return bad ? -EBADMSG : 0;
}

static int read_groups(struct nl_msg *m, const struct nlattr *nest)
{
	struct run r = nest_of(nest);
	const struct nlattr *a;
	bool bad = false;

	while ((a = run_next(&r, &bad)) != NULL)
		if (read_group(m, a))
			return -EBADMSG;
	return bad ? -EBADMSG : 0;
}

static int read_family(struct nl_msg *m, struct run r)
{
	const struct nlattr *a, *name = NULL, *id = NULL, *groups = NULL;
	bool bad = false;
	uint16_t len;

	while ((a = run_next(&r, &bad)) != NULL) {
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_NAME)
			name = a;
		else if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			id = a;
		else if (mnl_attr_get_type(a) == CTRL_ATTR_MCAST_GROUPS)
			groups = a;
	}
	if (bad || !name || !id || mnl_attr_get_payload_len(id) != 2)
		return -EBADMSG;
	len = mnl_attr_get_payload_len(name);
	if (len > GENL_NAMSIZ ||
	    !memchr(mnl_attr_get_payload(name), '\0', len))
		return -EBADMSG;
	strcpy(m->text, mnl_attr_get_payload(name));
	m->family_id = mnl_attr_get_u16(id);
	if (m->family_id < NLMSG_MIN_TYPE)
		return -EBADMSG;
	if (groups && strcmp(m->text, "nlctrl") == 0)
		return read_groups(m, groups);
	return 0;
}

/* The reply to GETFAMILY is a NEWFAMILY too; what nobody asked for comes with
 * the number 0. */
static int read_nlctrl(struct nl_msg *m, uint8_t cmd, struct run r)
{
	if (cmd != CTRL_CMD_NEWFAMILY && cmd != CTRL_CMD_DELFAMILY)
		return 0;
	if (read_family(m, r))
		return -EBADMSG;
	if (cmd == CTRL_CMD_NEWFAMILY && m->seq)
		m->kind = NL_FAMILY;
	else if (strcmp(m->text, SIPOVER_GENL_NAME) == 0)
		m->kind = cmd == CTRL_CMD_NEWFAMILY ? NL_FAMILY_NEW :
						      NL_FAMILY_GONE;
	return 0;
}

/* ---- messages of netlink itself ---- */

/* The kernel's words, for the log: printable. */
static void read_text(struct nl_msg *m, const struct nlattr *a)
{
	size_t len = strnlen(mnl_attr_get_payload(a),
			     mnl_attr_get_payload_len(a)), i;

	if (len >= sizeof(m->text))
		len = sizeof(m->text) - 1;
	memcpy(m->text, mnl_attr_get_payload(a), len);
	for (i = 0; i < len; i++)
		if ((unsigned char)m->text[i] < 0x20 || m->text[i] == 0x7f)
			m->text[i] = '?';
}

static int read_extack(struct nl_msg *m, struct run r)
{
	const struct nlattr *a;
	bool bad = false;

	while ((a = run_next(&r, &bad)) != NULL)
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG)
			read_text(m, a);
	return bad ? -EBADMSG : 0;
}

static int read_error(struct nl_msg *m, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh), skip = sizeof(*err);

	if (len < sizeof(*err) || err->error > 0)
		return -EBADMSG;
	m->error = err->error;
	m->kind = err->error ? NL_ERROR : NL_ACK;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return 0;
	/* The request is repeated before the extack unless it is capped. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		if (err->msg.nlmsg_len < MNL_NLMSG_HDRLEN ||
		    err->msg.nlmsg_len > len)
			return -EBADMSG;
		skip += MNL_ALIGN(err->msg.nlmsg_len) - MNL_NLMSG_HDRLEN;
	}
	if (skip > len)
		return -EBADMSG;
	return read_extack(m, (struct run){ (const char *)err + skip,
					    len - skip });
}

static int read_done(struct nl_msg *m, const struct nlmsghdr *nlh)
{
	size_t len = mnl_nlmsg_get_payload_len(nlh);
	const char *at = mnl_nlmsg_get_payload(nlh);

	m->kind = NL_DONE;
	if (!len)
		return 0;
	if (len < sizeof(m->error))
		return -EBADMSG;
	memcpy(&m->error, at, sizeof(m->error));
	if (m->error > 0)
		m->error = 0;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return 0;
	return read_extack(m, (struct run){ at + sizeof(m->error),
					    len - sizeof(m->error) });
}

static int read_genl(struct nl_msg *m, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);
	struct run r;

	if (len < GENL_HDRLEN)
		return -EBADMSG;
	r = (struct run){ (const char *)genl + GENL_HDRLEN, len - GENL_HDRLEN };
	if (nlh->nlmsg_type == GENL_ID_CTRL)
		return read_nlctrl(m, genl->cmd, r);
	return read_module(m, genl->cmd, r);
}

int nl_decode(const void *buf, size_t len, uint16_t family_id,
	      struct nl_msg *m, size_t *used)
{
	const struct nlmsghdr *nlh = buf;

	memset(m, 0, sizeof(*m));
	m->kind = NL_OTHER;
	*used = len;
	if (!len)
		return -ENODATA;
	/* mnl_nlmsg_ok() compares as int: 0xffffffff would be a short message. */
	if (len > INT32_MAX || len < sizeof(*nlh) || nlh->nlmsg_len > len ||
	    !mnl_nlmsg_ok(nlh, (int)len))
		return -EBADMSG;
	if (MNL_ALIGN(nlh->nlmsg_len) < len)
		*used = MNL_ALIGN(nlh->nlmsg_len);
	m->seq = nlh->nlmsg_seq;
	m->portid = nlh->nlmsg_pid;
	m->dump_intr = nlh->nlmsg_flags & NLM_F_DUMP_INTR;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return read_error(m, nlh);
	if (nlh->nlmsg_type == NLMSG_DONE)
		return read_done(m, nlh);
	if (nlh->nlmsg_type == GENL_ID_CTRL ||
	    (family_id && nlh->nlmsg_type == family_id))
		return read_genl(m, nlh);
	return 0;
}
