// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "nl_route.h"

#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

/* Kernel numbering of families; sys/socket.h is io's. */
#define UAPI_AF_INET 2
#define UAPI_AF_INET6 10

/* Without all three nothing leaves: pulled plug, interface set down, or a link
 * that is not operational yet (RFC 2863). */
#define RUNNING (IFF_UP | IFF_RUNNING | IFF_LOWER_UP)

#define THERE (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | \
	       NUD_NOARP | NUD_PERMANENT)

static struct nlmsghdr *header(void *buf, size_t size, uint16_t type,
			       uint32_t seq)
{
	struct nlmsghdr *h;

	if (size < NL_ROUTE_ASK_MAX)
		return NULL;
	memset(buf, 0, NL_ROUTE_ASK_MAX);
	h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = seq;
	return h;
}

int nl_route_build_route(void *buf, size_t size, uint32_t seq,
			 const struct addr *server, const struct addr *local)
{
	struct nlmsghdr *h = header(buf, size, RTM_GETROUTE, seq);
	bool v6 = server->family == ADDR_V6;
	size_t len = v6 ? 16 : 4;
	struct rtmsg *rt;

	if (!h)
		return -EMSGSIZE;
	if (server->family == ADDR_NONE ||
	    (local && local->family != server->family))
		return -EINVAL;
	rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	rt->rtm_family = v6 ? UAPI_AF_INET6 : UAPI_AF_INET;
	rt->rtm_dst_len = (unsigned char)(len * 8);
	mnl_attr_put(h, RTA_DST, len, server->ip);
	if (local) {
		rt->rtm_src_len = (unsigned char)(len * 8);
		mnl_attr_put(h, RTA_SRC, len, local->ip);
	}
	return (int)h->nlmsg_len;
}

int nl_route_build_link(void *buf, size_t size, uint32_t seq,
			uint32_t ifindex)
{
	struct nlmsghdr *h = header(buf, size, RTM_GETLINK, seq);
	struct ifinfomsg *link;

	if (!h)
		return -EMSGSIZE;
	link = mnl_nlmsg_put_extra_header(h, sizeof(*link));
	link->ifi_index = (int)ifindex;
	return (int)h->nlmsg_len;
}

int nl_route_build_neigh(void *buf, size_t size, uint32_t seq,
			 uint32_t ifindex, const struct addr *router)
{
	struct nlmsghdr *h = header(buf, size, RTM_GETNEIGH, seq);
	bool v6 = router->family == ADDR_V6;
	struct ndmsg *n;

	if (!h)
		return -EMSGSIZE;
	if (router->family == ADDR_NONE)
		return -EINVAL;
	n = mnl_nlmsg_put_extra_header(h, sizeof(*n));
	n->ndm_family = v6 ? UAPI_AF_INET6 : UAPI_AF_INET;
	n->ndm_ifindex = (int)ifindex;
	mnl_attr_put(h, NDA_DST, v6 ? 16 : 4, router->ip);
	return (int)h->nlmsg_len;
}

/* By its length, of which each family has its own. */
static void take_router(struct nl_route_msg *m, const void *ip, size_t len)
{
	if (len != 4 && len != 16)
		return;
	memset(&m->router, 0, sizeof(m->router));
	m->router.family = len == 4 ? ADDR_V4 : ADDR_V6;
	memcpy(m->router.ip, ip, len);
}

static int on_route_attr(const struct nlattr *attr, void *data)
{
	struct nl_route_msg *m = data;

	if (mnl_attr_get_type(attr) == RTA_OIF &&
	    mnl_attr_get_payload_len(attr) == sizeof(uint32_t))
		m->ifindex = mnl_attr_get_u32(attr);
	if (mnl_attr_get_type(attr) == RTA_GATEWAY) {
		m->gateway = true;
		take_router(m, mnl_attr_get_payload(attr),
			    mnl_attr_get_payload_len(attr));
	}
	if (mnl_attr_get_type(attr) == RTA_VIA) {
		const struct rtvia *via = mnl_attr_get_payload(attr);

		m->gateway = true;
		if (mnl_attr_get_payload_len(attr) > sizeof(*via))
			take_router(m, via->rtvia_addr,
				    mnl_attr_get_payload_len(attr) -
				    sizeof(*via));
	}
	return MNL_CB_OK;
}

static int on_neigh_attr(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == NDA_DST)
		take_router(data, mnl_attr_get_payload(attr),
			    mnl_attr_get_payload_len(attr));
	return MNL_CB_OK;
}

static void parse_neigh(const struct nlmsghdr *h, struct nl_route_msg *m)
{
	const struct ndmsg *n = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*n))
		return;
	m->kind = NL_ROUTE_NEIGH;
	m->ifindex = (uint32_t)n->ndm_ifindex;
	if (n->ndm_state & NUD_FAILED)
		m->neigh = NL_NEIGH_FAILED;
	else if (n->ndm_state & THERE)
		m->neigh = NL_NEIGH_THERE;
	mnl_attr_parse(h, sizeof(*n), on_neigh_attr, m);
}

static void parse_error(const struct nlmsghdr *h, struct nl_route_msg *m)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*e))
		return;
	/* -errno; anything else would be no error of the kernel's. */
	m->kind = NL_ROUTE_ERROR;
	m->error = e->error > 0 || e->error < -4095 ? -EPROTO : e->error;
}

static void parse_link(const struct nlmsghdr *h, struct nl_route_msg *m)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(h);

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*link))
		return;
	m->kind = NL_ROUTE_LINK;
	m->ifindex = (uint32_t)link->ifi_index;
	m->running = (link->ifi_flags & RUNNING) == RUNNING;
}

void nl_route_parse(const void *buf, size_t len, struct nl_route_msg *m)
{
	const struct nlmsghdr *h = buf;

	memset(m, 0, sizeof(*m));
	if (len > INT32_MAX || !mnl_nlmsg_ok(h, (int)len))
		return;
	m->seq = h->nlmsg_seq;
	switch (h->nlmsg_type) {
	case NLMSG_ERROR:
		parse_error(h, m);
		break;
	case RTM_NEWROUTE:
		if (mnl_nlmsg_get_payload_len(h) < sizeof(struct rtmsg))
			break;
		m->kind = NL_ROUTE_ROUTE;
		mnl_attr_parse(h, sizeof(struct rtmsg), on_route_attr, m);
		break;
	case RTM_NEWLINK:
		parse_link(h, m);
		break;
	case RTM_NEWNEIGH:
		parse_neigh(h, m);
		break;
	default:
		m->kind = NL_ROUTE_OTHER;
		break;
	}
}
