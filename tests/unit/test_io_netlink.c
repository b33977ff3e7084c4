// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * io/netlink: against the kernel without the module, then with this test as the
 * kernel at the other end of a socket pair: adoption, refusals, events, gaps,
 * lost answers, the module going and coming.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "io/log.h"
#include "io/netlink.h"
#include "io_loop.h"
#include "tap.h"

#define FAMILY_ID 0x55
#define COOKIE 0x1122334455667788ULL

static struct ring ring;
static struct netlink netlink;
static struct addr first, second, third;
static int kernel = -1;			/* our end */

static struct {
	unsigned int module, up, events, servers, refused;
	struct nl_event event;
	struct nl_server server;
	struct addr refused_addr;
	int error;
	char text[128];
	bool close;
} seen;

static void on_module(void *ctx, bool up)
{
	(void)ctx;
	seen.module++;
	seen.up = up;
}

static void on_event(void *ctx, const struct nl_event *e)
{
	(void)ctx;
	seen.events++;
	seen.event = *e;
	if (seen.close)
		netlink_close(&netlink);
}

static void on_server(void *ctx, const struct nl_server *s)
{
	(void)ctx;
	seen.servers++;
	seen.server = *s;
}

static void on_refused(void *ctx, const struct addr *server, int error,
		       const char *text)
{
	(void)ctx;
	seen.refused++;
	seen.refused_addr = *server;
	seen.error = error;
	snprintf(seen.text, sizeof(seen.text), "%s", text);
}

static const struct netlink_ops ops = {
	.module = on_module,
	.event = on_event,
	.server = on_server,
	.refused = on_refused,
};

static bool have_module(void)
{
	return seen.module > 0;
}

static bool have_event(void)
{
	return seen.events > 0;
}

static void forget(void)
{
	memset(&seen, 0, sizeof(seen));
}

/* The daemon's requests. */

static union {
	struct nlmsghdr nlh;
	char bytes[512];
} request;

static bool have_request(void)
{
	ssize_t n = recv(kernel, &request, sizeof(request), MSG_DONTWAIT);

	return n >= (ssize_t)(sizeof(struct nlmsghdr) +
			      sizeof(struct genlmsghdr));
}

/* Waits for a request of that type and command. */
static void expect(uint16_t type, uint8_t cmd, const char *what)
{
	const struct genlmsghdr *genl;

	if (!ok(io_until(&ring, have_request), "asks for %s", what))
		return;
	genl = mnl_nlmsg_get_payload(&request.nlh);
	if (!ok(request.nlh.nlmsg_type == type && genl->cmd == cmd,
		"and for nothing else"))
		printf("# type %#x cmd %u\n", request.nlh.nlmsg_type,
		       genl->cmd);
}

static void expect_silence(const char *what)
{
	io_for(&ring, 10);
	ok(!have_request(), "%s: nothing to ask", what);
}

/* The kernel's messages. */

static char out[8192];
static struct nlmsghdr *nlh;

static void begin(uint16_t type, uint16_t flags, uint32_t seq, uint8_t cmd)
{
	struct genlmsghdr *genl;

	memset(out, 0, sizeof(out));
	nlh = mnl_nlmsg_put_header(out);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
}

static void deliver(void)
{
	if (send(kernel, out, nlh->nlmsg_len, 0) < 0)
		ok(false, "the kernel's end: %s", strerror(errno));
}

static void family(uint8_t cmd, uint32_t seq, const char *name, uint16_t id)
{
	struct nlattr *groups, *group;

	begin(GENL_ID_CTRL, 0, seq, cmd);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, id);
	if (id == GENL_ID_CTRL) {
		groups = mnl_attr_nest_start(nlh, CTRL_ATTR_MCAST_GROUPS);
		group = mnl_attr_nest_start(nlh, 1);
		mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, "notify");
		mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, 16);
		mnl_attr_nest_end(nlh, group);
		mnl_attr_nest_end(nlh, groups);
	}
	deliver();
}

static void error(uint32_t seq, int error_code, const char *text)
{
	struct nlmsgerr *e;

	memset(out, 0, sizeof(out));
	nlh = mnl_nlmsg_put_header(out);
	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_seq = seq;
	nlh->nlmsg_flags = NLM_F_CAPPED | (text ? NLM_F_ACK_TLVS : 0);
	e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));
	e->error = error_code;
	e->msg = request.nlh;
	if (text)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, text);
	deliver();
}

static void put_server(const struct addr *a, uint8_t state)
{
	mnl_attr_put_u8(nlh, SIPOVER_A_FAMILY, AF_INET);
	mnl_attr_put_u8(nlh, SIPOVER_A_PROTO, IPPROTO_UDP);
	mnl_attr_put(nlh, SIPOVER_A_ADDR4, 4, a->ip);
	mnl_attr_put_u16(nlh, SIPOVER_A_PORT, htons(a->port));
	mnl_attr_put_u8(nlh, SIPOVER_A_STATE, state);
}

static void put_record(const struct addr *a, uint8_t state)
{
	put_server(a, state);
	mnl_attr_put_u32(nlh, SIPOVER_A_WATCHES, 1);
	mnl_attr_put_u32(nlh, SIPOVER_A_RING_SIZE, 32);
	mnl_attr_put_u64(nlh, SIPOVER_A_TX_RECORDED, 5);
	mnl_attr_put_u64(nlh, SIPOVER_A_TX_OVERRUN, 0);
	mnl_attr_put_u64(nlh, SIPOVER_A_MISMATCHED, 0);
}

static void watch(uint32_t seq, const struct addr *a, uint32_t id,
		  uint64_t owner_seq, uint8_t state)
{
	begin(FAMILY_ID, 0, seq, SIPOVER_CMD_WATCH_ADD);
	mnl_attr_put_u32(nlh, SIPOVER_A_WATCH_ID, id);
	mnl_attr_put_u64(nlh, SIPOVER_A_COOKIE, COOKIE);
	mnl_attr_put_u64(nlh, SIPOVER_A_SEQ, owner_seq);
	put_record(a, state);
	deliver();
}

static void event(const struct addr *a, uint64_t cookie, uint64_t seq)
{
	begin(FAMILY_ID, 0, 0, SIPOVER_CMD_EVENT);
	mnl_attr_put_u32(nlh, SIPOVER_A_WATCH_ID, 1);
	mnl_attr_put_u64(nlh, SIPOVER_A_COOKIE, cookie);
	mnl_attr_put_u64(nlh, SIPOVER_A_SEQ, seq);
	mnl_attr_put_u8(nlh, SIPOVER_A_CAUSE, SIPOVER_CAUSE_HEARD);
	mnl_attr_put_u64(nlh, SIPOVER_A_COUNT, 1);
	mnl_attr_put_u64(nlh, SIPOVER_A_TIME, 42);
	put_server(a, SIPOVER_STATE_REACHABLE);
	deliver();
}

static void dump_server(uint32_t seq, const struct addr *a, uint8_t state)
{
	begin(FAMILY_ID, NLM_F_MULTI, seq, SIPOVER_CMD_SERVER_GET);
	put_record(a, state);
	deliver();
}

static void dump_watch(uint32_t seq, const struct addr *a, uint32_t id,
		       uint32_t owner)
{
	begin(FAMILY_ID, NLM_F_MULTI, seq, SIPOVER_CMD_WATCH_GET);
	mnl_attr_put_u32(nlh, SIPOVER_A_WATCH_ID, id);
	mnl_attr_put_u32(nlh, SIPOVER_A_PORTID, owner);
	put_server(a, SIPOVER_STATE_UNKNOWN);
	deliver();
}

static void dump_done(uint32_t seq)
{
	memset(out, 0, sizeof(out));
	nlh = mnl_nlmsg_put_header(out);
	nlh->nlmsg_type = NLMSG_DONE;
	nlh->nlmsg_flags = NLM_F_MULTI;
	nlh->nlmsg_seq = seq;
	*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = 0;
	deliver();
}

static uint32_t asked(void)
{
	return request.nlh.nlmsg_seq;
}

/* The size of the ring in the request, 0: none. */
static uint32_t asked_ring(void)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, &request.nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == SIPOVER_A_RING_SIZE)
			return mnl_attr_get_u32(attr);
	return 0;
}

/* The tests. */

static void test_without_module(void)
{
	if (!ok(!ring_open(&ring, 16), "ring opens"))
		return;
	forget();
	is_int(netlink_open(&netlink, &ring, 4, &ops, NULL), 0,
	       "the kernel's netlink opens");
	is_int(netlink_watch(&netlink, &first, 32), 0, "a server is wanted");
	ok(io_until(&ring, have_module), "the first look is told");
	if (seen.up || seen.refused) {
		printf("# the module is loaded here\n");
	} else {
		io_for(&ring, 20);
		is_int(seen.module, 1, "the module is not there: told once");
		is_int(seen.servers + seen.events + seen.refused, 0,
		       "and nothing else");
	}
	netlink_close(&netlink);
	ring_close(&ring);
	is_int(ring.in_flight, 0, "everything ended");
}

/* So many answers wait that the socket drops ours: ENOBUFS. */
static void test_overrun(void)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK };
	int fd, i, n, small = 1;
	char buf[256];

	if (!ok(!ring_open(&ring, 16), "ring opens"))
		return;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	is_int(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0, "bind");
	n = nl_build_getfamily(buf, sizeof(buf), 4711, "nlctrl");
	for (i = 0; n > 0 && i < 100; i++)
		send(fd, buf, (size_t)n, 0);
	forget();
	netlink_open_on(&netlink, &ring, 4, &ops, NULL, fd);
	netlink_watch(&netlink, &first, 32);
	ok(io_until(&ring, have_module), "the first look is told");
	ok(netlink.stats.enobufs > 0, "after ENOBUFS");
	ok(netlink.stats.stale > 0, "and answers to nobody");
	netlink_close(&netlink);
	ring_close(&ring);
	is_int(ring.in_flight, 0, "everything ended");
}

static void test_adoption(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return;
	kernel = pair[1];
	forget();
	is_int(netlink_open_on(&netlink, &ring, 2, &ops, NULL, pair[0]), 0,
	       "opens on a socket pair");
	is_int(netlink_watch(&netlink, &first, 32), 0, "one server");
	is_int(netlink_watch(&netlink, &first, 32), 0, "once more");
	is_int(netlink_watch(&netlink, &second, 64), 0, "another");
	is_int(netlink_watch(&netlink, &third, 64), -ENOSPC, "but not three");
	is_int(netlink_watch(&netlink, &(struct addr){ 0 }, 64), -EINVAL,
	       "nor none");

	expect(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, "nlctrl");
	family(CTRL_CMD_NEWFAMILY, asked(), "nlctrl", GENL_ID_CTRL);
	expect(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, "the family");
	error(asked(), -ENOENT, NULL);
	ok(io_until(&ring, have_module), "not there");
	ok(!seen.up && !netlink.up, "is told as down");
	expect_silence("no module");

	forget();
	family(CTRL_CMD_NEWFAMILY, 0, "other", 0x77);
	expect_silence("another family");
	family(CTRL_CMD_NEWFAMILY, 0, "sipover", FAMILY_ID);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "the first watch");
	watch(asked(), &first, 1, 0, SIPOVER_STATE_UNREACHABLE);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "the second watch");
	ok(seen.servers == 1 && addr_equal(&seen.server.addr, &first) &&
	   seen.server.state == SIPOVER_STATE_UNREACHABLE,
	   "the first one's record is told");
	is_int(seen.module, 0, "not up before the last one");
	watch(asked(), &second, 2, 0, SIPOVER_STATE_UNKNOWN);
	ok(io_until(&ring, have_module) && seen.up && netlink.up, "up");
	is_int(seen.servers, 2, "both records");
	expect_silence("all watched");
	is_int(seen.module, 1, "once");
}

static void test_events(void)
{
	forget();
	event(&first, COOKIE, 1);
	ok(io_until(&ring, have_event), "an event");
	ok(addr_equal(&seen.event.server, &first) && seen.event.time_ns == 42 &&
	   seen.event.cause == SIPOVER_CAUSE_HEARD, "as sent");
	event(&second, COOKIE, 2);
	event(&third, COOKIE, 3);
	expect_silence("numbered one by one");
	is_int(seen.events, 2, "of wanted servers");
	is_int(netlink.stats.stale, 1, "the other one is counted");

	event(&first, COOKIE, 5);
	expect(FAMILY_ID, SIPOVER_CMD_SERVER_GET, "a dump after a gap");
	is_int(seen.events, 3, "the event is told at once");
	is_int(netlink.stats.gaps, 1, "the gap is counted");
	ok(request.nlh.nlmsg_flags & NLM_F_DUMP, "as a dump");
	forget();
	dump_server(asked(), &first, SIPOVER_STATE_REACHABLE);
	dump_server(asked(), &third, SIPOVER_STATE_REACHABLE);
	dump_server(asked(), &second, SIPOVER_STATE_UNREACHABLE);
	dump_done(asked());
	expect_silence("resynced");
	is_int(seen.servers, 2, "the wanted servers' records");
	ok(addr_equal(&seen.server.addr, &second), "and theirs only");

	event(&first, COOKIE + 1, 6);
	expect(FAMILY_ID, SIPOVER_CMD_SERVER_GET, "a dump for another cookie");
	error(asked(), -EBUSY, NULL);
	expect(FAMILY_ID, SIPOVER_CMD_SERVER_GET, "it again while busy");
	dump_done(asked() - 1);
	expect_silence("another request's end");
	dump_done(asked());
	event(&first, COOKIE + 1, 7);
	expect_silence("going on from there");
	is_int(netlink.stats.resyncs, 2, "two resyncs");
}

static void test_bad(void)
{
	uint64_t bad = netlink.stats.bad;

	forget();
	begin(FAMILY_ID, 0, 0, SIPOVER_CMD_EVENT);
	deliver();
	memset(out, 0x7f, 64);
	send(kernel, out, 64, 0);
	send(kernel, out, 3, 0);
	event(&first, COOKIE + 1, 8);
	ok(io_until(&ring, have_event), "an event after rubbish");
	is_int(netlink.stats.bad, bad + 3, "which is counted");
	expect_silence("rubbish");
}

static void test_reload(void)
{
	forget();
	family(CTRL_CMD_DELFAMILY, 0, "sipover", FAMILY_ID);
	ok(io_until(&ring, have_module) && !seen.up, "the module goes");
	expect_silence("gone");

	forget();
	family(CTRL_CMD_NEWFAMILY, 0, "sipover", FAMILY_ID);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "a watch again");
	error(asked(), -EPERM, "no capability");
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "the other one");
	ok(seen.refused == 1 && seen.error == -EPERM &&
	   addr_equal(&seen.refused_addr, &first), "the first is refused");
	is_str(seen.text, "no capability", "with the kernel's words");
	error(asked(), -ENOSPC, NULL);
	expect_silence("all refused");
	ok(seen.refused == 2 && *seen.text, "words of our own");
	is_int(seen.module, 0, "still down");

	family(CTRL_CMD_DELFAMILY, 0, "sipover", FAMILY_ID);
	family(CTRL_CMD_NEWFAMILY, 0, "sipover", FAMILY_ID);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "it anew after a reload");
	watch(asked(), &first, 11, 0, SIPOVER_STATE_UNKNOWN);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "the other one");
	/* The module goes under the request. */
	family(CTRL_CMD_DELFAMILY, 0, "sipover", FAMILY_ID);
	error(asked(), -ENOENT, NULL);
	expect_silence("gone in between");
	family(CTRL_CMD_NEWFAMILY, 0, "sipover", FAMILY_ID);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "the first");
	watch(asked(), &first, 21, 0, SIPOVER_STATE_UNKNOWN);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "the second");
	/* Its answer was lost once: the watch is there already. */
	error(asked(), -EEXIST, NULL);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_GET, "the watches' numbers");
	dump_watch(asked(), &second, 99, 4711);
	dump_watch(asked(), &second, 22, 0);
	dump_done(asked());
	expect(FAMILY_ID, SIPOVER_CMD_SERVER_GET, "and records");
	forget();
	dump_server(asked(), &second, SIPOVER_STATE_REACHABLE);
	dump_done(asked());
	ok(io_until(&ring, have_module) && seen.up, "up at last");
	is_int(seen.servers, 1, "with the record");
}

static void test_lost(void)
{
	static char large[70000];
	uint64_t bad = netlink.stats.bad;

	forget();
	/* Longer than any buffer: cut, so something is lost. */
	send(kernel, large, sizeof(large), 0);
	expect(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, "the family after a loss");
	is_int(netlink.stats.bad, bad + 1, "which is counted");
	family(CTRL_CMD_NEWFAMILY, asked(), "sipover", FAMILY_ID);
	expect(FAMILY_ID, SIPOVER_CMD_SERVER_GET, "and records");
	dump_done(asked());
	expect_silence("nothing changed");
	is_int(seen.module, 0, "still up");

	send(kernel, large, sizeof(large), 0);
	expect(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, "it again");
	error(asked(), -ENOENT, NULL);
	ok(io_until(&ring, have_module) && !seen.up,
	   "its end was what was lost");
	family(CTRL_CMD_NEWFAMILY, 0, "sipover", FAMILY_ID);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "the first");
	watch(asked(), &first, 31, 0, SIPOVER_STATE_UNKNOWN);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "the second");
	watch(asked(), &second, 32, 0, SIPOVER_STATE_UNKNOWN);
	expect_silence("up");
}

/* More lines use a server: more of what they send is to be kept. */
static void test_ring(void)
{
	forget();
	is_int(netlink_watch(&netlink, &first, 32), 0, "no larger a ring");
	expect_silence("it is that large");
	is_int(netlink_watch(&netlink, &first, 64), 0, "a larger ring");
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_DEL, "the watch ends");
	error(asked(), 0, NULL);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "and begins anew");
	is_int(asked_ring(), 64, "with the ring");
	watch(asked(), &first, 34, 0, SIPOVER_STATE_UNKNOWN);
	expect_silence("that is all");
	is_int(seen.module, 0, "it was up all the time");

	is_int(netlink_watch(&netlink, &first, 256), 0, "larger yet");
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_DEL, "the watch ends");
	error(asked(), 0, NULL);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "and begins anew");
	is_int(asked_ring(), 256, "with the ring");
	error(asked(), -ENOSPC, "limit reached: max_sent");
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "no room: once more");
	is_int(asked_ring(), 64, "with the ring it had");
	watch(asked(), &first, 35, 0, SIPOVER_STATE_UNKNOWN);
	expect_silence("that is all");
	is_int(seen.module, 0, "it was up all the time");
	is_int(seen.refused, 0, "it was not refused");
}

static void test_unwatch(void)
{
	forget();
	netlink_unwatch(&netlink, &third);
	netlink_unwatch(&netlink, &second);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_DEL, "the end of a watch");
	is_int(netlink_watch(&netlink, &third, 8), 0, "room for another");
	error(asked(), 0, NULL);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "that one");
	error(asked(), -ENOSPC, "too many");
	ok(io_until(&ring, have_module) && !seen.up, "refused: down");
	netlink_unwatch(&netlink, &first);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_DEL, "the end of the first");
	error(asked(), 0, NULL);
	expect(FAMILY_ID, SIPOVER_CMD_WATCH_ADD, "it again, there is room");
	forget();
	watch(asked(), &third, 33, 0, SIPOVER_STATE_UNKNOWN);
	ok(io_until(&ring, have_module) && seen.up, "up");
	event(&second, COOKIE, 1);
	expect_silence("an unwatched server's event");
	is_int(seen.events, 0, "is not told");
}

static void test_close(void)
{
	forget();
	seen.close = true;
	event(&third, COOKIE, 2);
	event(&third, COOKIE, 3);
	ok(io_until(&ring, have_event), "closed in event()");
	io_for(&ring, 10);
	is_int(seen.events, 1, "nothing after");
}

int main(void)
{
	log_set_level(LOG_LEVEL_ERROR);
	addr_parse(&first, "192.0.2.1", 5060, TRANSPORT_UDP);
	addr_parse(&second, "192.0.2.2", 5060, TRANSPORT_UDP);
	addr_parse(&third, "192.0.2.3", 5060, TRANSPORT_UDP);
	test_without_module();
	test_overrun();
	if (!ok(!ring_open(&ring, 16), "ring opens"))
		return tap_done();
	test_adoption();
	test_events();
	test_bad();
	test_reload();
	test_lost();
	test_ring();
	test_unwatch();
	test_close();
	ring_close(&ring);
	is_int(ring.in_flight, 0, "everything ended");
	close(kernel);
	return tap_done();
}
