// SPDX-License-Identifier: BSD-2-Clause
/* codec/nl_route: questions as the kernel wants them, answers that are cut,
 * odd or lies. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "codec/nl_route.h"
#include "tap.h"

#define SEQ 7
#define UP (IFF_UP | IFF_RUNNING | IFF_LOWER_UP)

static _Alignas(8) char buf[512];
static struct nl_route_msg m;

static struct addr address(const char *ip)
{
	struct addr a;

	addr_parse(&a, ip, 5060, TRANSPORT_UDP);
	return a;
}

static struct nlmsghdr *head(uint16_t type)
{
	struct nlmsghdr *h;

	memset(buf, 0, sizeof(buf));
	h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = type;
	h->nlmsg_seq = SEQ;
	return h;
}

/* In memory of just that size, so that a sanitizer sees what is read behind. */
static uint8_t parsed(size_t len)
{
	void *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, buf, len);
	nl_route_parse(copy, len, &m);
	free(copy);
	return m.kind;
}

static size_t route(uint32_t oif, size_t oif_len)
{
	struct nlmsghdr *h = head(RTM_NEWROUTE);

	mnl_nlmsg_put_extra_header(h, sizeof(struct rtmsg));
	mnl_attr_put_u32(h, RTA_TABLE, RT_TABLE_MAIN);
	mnl_attr_put(h, RTA_OIF, oif_len, &oif);
	return h->nlmsg_len;
}

static size_t link_(uint32_t flags)
{
	struct nlmsghdr *h = head(RTM_NEWLINK);
	struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));

	i->ifi_index = 3;
	i->ifi_flags = flags;
	return h->nlmsg_len;
}

static size_t neigh(uint16_t state, const char *router)
{
	struct nlmsghdr *h = head(RTM_NEWNEIGH);
	struct ndmsg *n = mnl_nlmsg_put_extra_header(h, sizeof(*n));
	struct addr a = address(router);

	n->ndm_ifindex = 3;
	n->ndm_state = state;
	mnl_attr_put(h, NDA_DST, a.family == ADDR_V6 ? 16 : 4, a.ip);
	return h->nlmsg_len;
}

static bool router_is(const char *ip)
{
	struct addr a = address(ip);

	return addr_same_host(&m.router, &a);
}

static size_t error(int code)
{
	struct nlmsghdr *h = head(NLMSG_ERROR);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(h, sizeof(*e));

	e->error = code;
	return h->nlmsg_len;
}

static void test_questions(void)
{
	struct addr four = address("192.0.2.1"), six = address("2001:db8::1");
	struct nlmsghdr *h = (void *)buf;
	struct rtmsg *rt;
	int len;

	len = nl_route_build_route(buf, sizeof(buf), SEQ, &four, NULL);
	rt = mnl_nlmsg_get_payload(h);
	ok(len == (int)h->nlmsg_len && h->nlmsg_type == RTM_GETROUTE &&
	   h->nlmsg_seq == SEQ, "the route to a server is asked for");
	ok(rt->rtm_family == 2 && rt->rtm_dst_len == 32 && !rt->rtm_src_len,
	   "by IPv4");
	len = nl_route_build_route(buf, sizeof(buf), SEQ, &six, &six);
	ok(len > 0 && rt->rtm_family == 10 && rt->rtm_dst_len == 128 &&
	   rt->rtm_src_len == 128, "by IPv6, from an address");
	is_int(nl_route_build_route(buf, sizeof(buf), SEQ, &six, &four),
	       -EINVAL, "not from one of the other family");
	is_int(nl_route_build_route(buf, 20, SEQ, &six, NULL), -EMSGSIZE,
	       "nor into too little room");
	memset(&four, 0, sizeof(four));
	is_int(nl_route_build_route(buf, sizeof(buf), SEQ, &four, NULL),
	       -EINVAL, "nor to no address");
	len = nl_route_build_link(buf, sizeof(buf), SEQ, 3);
	ok(len == (int)h->nlmsg_len && h->nlmsg_type == RTM_GETLINK,
	   "an interface is asked for");
	is_int(nl_route_build_link(buf, 20, SEQ, 3), -EMSGSIZE,
	       "with enough room");
	is_int(nl_route_build_neigh(buf, sizeof(buf), SEQ, 3, &four), -EINVAL,
	       "no router is asked for without an address");
	is_int(nl_route_build_neigh(buf, 20, SEQ, 3, &six), -EMSGSIZE,
	       "nor without room");
	len = nl_route_build_neigh(buf, sizeof(buf), SEQ, 3, &six);
	ok(len == (int)h->nlmsg_len && h->nlmsg_type == RTM_GETNEIGH &&
	   ((struct ndmsg *)mnl_nlmsg_get_payload(h))->ndm_family == 10,
	   "with both it is");
}

/* who begins the way, and whether he answers. */
static void test_routers(void)
{
	static const struct {
		uint16_t state;
		uint8_t is;
		const char *what;
	} states[] = {
		{ NUD_NONE, NL_NEIGH_UNKNOWN, "never asked for" },
		{ NUD_INCOMPLETE, NL_NEIGH_UNKNOWN, "being asked for" },
		{ NUD_REACHABLE, NL_NEIGH_THERE, "reachable" },
		{ NUD_STALE, NL_NEIGH_THERE, "stale" },
		{ NUD_DELAY, NL_NEIGH_THERE, "soon to be asked" },
		{ NUD_PROBE, NL_NEIGH_THERE, "asked though known" },
		{ NUD_PERMANENT, NL_NEIGH_THERE, "permanent" },
		{ NUD_NOARP, NL_NEIGH_THERE, "without addresses" },
		{ NUD_FAILED, NL_NEIGH_FAILED, "failed" },
	};
	static const struct {
		uint16_t family;
		uint8_t ip[16];
	} via = { 10, { 0xfe, 0x80, [15] = 1 } };
	size_t i, len;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		ok(parsed(neigh(states[i].state, "192.0.2.254")) ==
		   NL_ROUTE_NEIGH && m.neigh == states[i].is && m.ifindex == 3 &&
		   router_is("192.0.2.254"), "a router: %s", states[i].what);
	ok(parsed(neigh(NUD_FAILED, "2001:db8::1")) == NL_ROUTE_NEIGH &&
	   router_is("2001:db8::1"), "by IPv6");
	len = neigh(NUD_FAILED, "192.0.2.254");
	((struct nlmsghdr *)buf)->nlmsg_len = (uint32_t)len - 10;
	is_int(parsed(len - 10), NL_ROUTE_BAD, "half a message is none");
	route(5, 4);
	mnl_attr_put_u32((struct nlmsghdr *)buf, RTA_GATEWAY, htonl(0xc00002fe));
	parsed(((struct nlmsghdr *)buf)->nlmsg_len);
	ok(router_is("192.0.2.254"), "a route names its router");
	route(5, 4);
	mnl_attr_put((struct nlmsghdr *)buf, RTA_VIA, 18, &via);
	parsed(((struct nlmsghdr *)buf)->nlmsg_len);
	ok(m.gateway && router_is("fe80::1"), "of the other family too");
	route(5, 4);
	mnl_attr_put((struct nlmsghdr *)buf, RTA_VIA, 2, &via);
	parsed(((struct nlmsghdr *)buf)->nlmsg_len);
	ok(m.gateway && m.router.family == ADDR_NONE, "or none that is one");
}

static void test_answers(void)
{
	size_t len = route(5, 4);

	ok(parsed(len) == NL_ROUTE_ROUTE && m.ifindex == 5 && m.seq == SEQ &&
	   !m.gateway, "a route names its interface");
	mnl_attr_put_u32((struct nlmsghdr *)buf, RTA_GATEWAY, 1);
	ok(parsed(((struct nlmsghdr *)buf)->nlmsg_len) == NL_ROUTE_ROUTE &&
	   m.gateway, "and whether it begins with a router");
	ok(parsed(route(5, 2)) == NL_ROUTE_ROUTE && !m.ifindex,
	   "an attribute of another size names none");
	ok(parsed(link_(UP)) == NL_ROUTE_LINK && m.running && m.ifindex == 3,
	   "an interface that works");
	ok(parsed(link_(UP & ~IFF_LOWER_UP)) == NL_ROUTE_LINK && !m.running,
	   "one without a carrier");
	ok(parsed(link_(UP & ~IFF_UP)) == NL_ROUTE_LINK && !m.running,
	   "one that is down");
	ok(parsed(link_(UP & ~IFF_RUNNING)) == NL_ROUTE_LINK && !m.running,
	   "one that is not operational");
	ok(parsed(error(-ENETUNREACH)) == NL_ROUTE_ERROR &&
	   m.error == -ENETUNREACH, "there is no route");
	ok(parsed(error(17)) == NL_ROUTE_ERROR && m.error == -EPROTO,
	   "a number that is no error");
	ok(parsed(error(INT32_MIN)) == NL_ROUTE_ERROR && m.error == -EPROTO,
	   "nor is that");
	ok(parsed(head(RTM_NEWADDR)->nlmsg_len) == NL_ROUTE_OTHER,
	   "something else");
}

static void test_cut(void)
{
	size_t len = route(5, 4), i;
	bool bad = true;

	for (i = 0; i < len; i++)
		bad &= parsed(i) == NL_ROUTE_BAD;
	ok(bad, "a route that is cut anywhere is none");
	len = link_(UP);
	((struct nlmsghdr *)buf)->nlmsg_len = (uint32_t)len - 4;
	is_int(parsed(len - 4), NL_ROUTE_BAD, "nor is half an interface one");
	error(-1);
	((struct nlmsghdr *)buf)->nlmsg_len = 18;
	is_int(parsed(18), NL_ROUTE_BAD, "or half an error");
	len = route(5, 4);
	((struct rtattr *)(buf + 28))->rta_len = 200;
	ok(parsed(len) == NL_ROUTE_ROUTE && !m.ifindex,
	   "an attribute longer than the message");
}

int main(void)
{
	test_questions();
	test_answers();
	test_routers();
	test_cut();
	return tap_done();
}
