// SPDX-License-Identifier: BSD-2-Clause
#include "genl.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/sipover.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "attributes.h"
#include "cmd.h"

static bool failed(struct genl *g, int status)
{
	g->status = status;
	return false;
}

static void take_event(struct genl *g, json_t *event)
{
	uint64_t seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));

	if (g->seq && seq > g->seq + 1 && g->event) {
		json_t *lost = json_pack("{s:O, s:s, s:I}", "time_us",
					 json_object_get(event, "time_us"),
					 "type", "lost", "events",
					 (json_int_t)(seq - g->seq - 1));

		g->event(g->ctx, lost);
		json_decref(lost);
	}
	g->seq = seq;
	if (g->event)
		g->event(g->ctx, event);
}

static int on_message(struct nl_msg *msg, void *ctx)
{
	struct genl *g = ctx;
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	const struct genlmsghdr *gh;
	json_t *o;
	bool event;

	if (nlh->nlmsg_type != g->family || !genlmsg_valid_hdr(nlh, 0))
		return NL_SKIP;
	gh = genlmsg_hdr(nlh);
	event = gh->cmd == SIPOVER_CMD_EVENT;
	o = attributes_json(genlmsg_attrdata(gh, 0), (size_t)genlmsg_attrlen(gh, 0),
			    event ? "module" : NULL);
	if (event) {
		take_event(g, o);
		json_decref(o);
	} else if (g->reply) {
		json_array_append_new(g->reply, o);
	} else {
		json_decref(o);
	}
	return NL_OK;
}

static int on_done(struct nl_msg *msg, void *ctx)
{
	struct genl *g = ctx;

	(void)msg;
	g->done = true;
	return NL_STOP;
}

/* The kernel's words stand behind the error, which quotes the request or only
 * its header. */
static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *ctx)
{
	struct genl *g = ctx;
	const struct nlmsghdr *nlh = (const void *)((const char *)e - NLMSG_HDRLEN);
	size_t used = sizeof(*e), have = nlh->nlmsg_len - NLMSG_HDRLEN;
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];

	(void)from;
	g->done = true;
	g->error = e->error;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len >= NLMSG_HDRLEN)
		used += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || used > have ||
	    nla_parse(tb, NLMSGERR_ATTR_MAX,
		      (struct nlattr *)(void *)((char *)e + used),
		      (int)(have - used), NULL) < 0)
		return NL_STOP;
	if (tb[NLMSGERR_ATTR_MSG])
		snprintf(g->text, sizeof(g->text), "%.*s",
			 nla_len(tb[NLMSGERR_ATTR_MSG]),
			 (const char *)nla_data(tb[NLMSGERR_ATTR_MSG]));
	return NL_STOP;
}

bool genl_open(struct genl *g)
{
	static const int on = 1;

	g->sk = nl_socket_alloc();
	if (!g->sk || genl_connect(g->sk) < 0) {
		complain("cannot open a netlink socket: %s", strerror(errno));
		return failed(g, EX_OSERR);
	}
	g->family = genl_ctrl_resolve(g->sk, SIPOVER_GENL_NAME);
	if (g->family < 0) {
		complain("the kernel module sipover is not loaded: modprobe sipover");
		return failed(g, EX_UNAVAILABLE);
	}
	/* Events come between request and reply, with sequence number 0. */
	nl_socket_disable_seq_check(g->sk);
	nl_socket_modify_cb(g->sk, NL_CB_VALID, NL_CB_CUSTOM, on_message, g);
	nl_socket_modify_cb(g->sk, NL_CB_ACK, NL_CB_CUSTOM, on_done, g);
	nl_socket_modify_cb(g->sk, NL_CB_FINISH, NL_CB_CUSTOM, on_done, g);
	nl_socket_modify_err_cb(g->sk, NL_CB_CUSTOM, on_error, g);
	setsockopt(nl_socket_get_fd(g->sk), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl_socket_get_fd(g->sk), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return true;
}

void genl_close(struct genl *g)
{
	nl_socket_free(g->sk);
	g->sk = NULL;
}

int genl_fd(const struct genl *g)
{
	return nl_socket_get_fd(g->sk);
}

static struct nl_msg *request(const struct genl *g, int flags, uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, g->family, 0,
				 flags, cmd, SIPOVER_GENL_VERSION)) {
		complain("no memory");
		exit(EX_OSERR);
	}
	return msg;
}

/* Sends msg and gathers the replies; NULL: failed, nothing said yet. */
static json_t *exchange(struct genl *g, struct nl_msg *msg)
{
	json_t *reply = json_array();
	int rc = nl_send_auto(g->sk, msg);

	nlmsg_free(msg);
	g->reply = reply;
	g->done = false;
	g->error = 0;
	g->text[0] = '\0';
	while (rc >= 0 && !g->done) {
		rc = nl_recvmsgs_default(g->sk);
		if (rc == -NLE_INTR || rc == -NLE_AGAIN)
			rc = 0;
	}
	g->reply = NULL;
	if (!g->done) {
		g->error = -EIO;
		snprintf(g->text, sizeof(g->text), "%s", nl_geterror(rc));
	}
	if (g->error == 0)
		return reply;
	json_decref(reply);
	return NULL;
}

static json_t *refused(struct genl *g, const char *what)
{
	int error = -g->error;

	complain("%s: %s%s%s", what, strerror(error), *g->text ? ": " : "", g->text);
	if (error == EPERM || error == EACCES)
		complain("this needs CAP_NET_ADMIN: be root");
	failed(g, error == EPERM || error == EACCES ? EX_NOPERM : 1);
	return NULL;
}

json_t *genl_watch_add(struct genl *g, const struct addr *a, uint32_t ring,
		       uint32_t unanswered_ms)
{
	struct nl_msg *msg = request(g, 0, SIPOVER_CMD_WATCH_ADD);
	char name[ADDR_STRLEN + 8];
	json_t *replies, *reply;

	nla_put_u8(msg, SIPOVER_A_FAMILY, a->family == ADDR_V4 ? AF_INET : AF_INET6);
	nla_put_u8(msg, SIPOVER_A_PROTO,
		   a->transport == TRANSPORT_UDP ? IPPROTO_UDP : IPPROTO_TCP);
	if (a->family == ADDR_V4)
		nla_put(msg, SIPOVER_A_ADDR4, 4, a->ip);
	else
		nla_put(msg, SIPOVER_A_ADDR6, 16, a->ip);
	nla_put_u16(msg, SIPOVER_A_PORT, htons(a->port));
	if (ring)
		nla_put_u32(msg, SIPOVER_A_RING_SIZE, ring);
	if (unanswered_ms)
		nla_put_u32(msg, SIPOVER_A_UNANSWERED_MS, unanswered_ms);
	replies = exchange(g, msg);
	if (!replies) {
		genl_server_name(a, name, sizeof(name));
		return refused(g, name);
	}
	reply = json_incref(json_array_get(replies, 0));
	json_decref(replies);
	if (!reply) {
		complain("the module gave no answer");
		failed(g, EX_PROTOCOL);
	}
	return reply;
}

json_t *genl_watch_list(struct genl *g)
{
	json_t *list = exchange(g, request(g, NLM_F_DUMP, SIPOVER_CMD_WATCH_GET));

	return list ? list : refused(g, "watches");
}

/* The socket's buffer ran over: what was lost is in the records' counters. */
static bool resync(struct genl *g)
{
	json_t *lost = json_pack("{s:s, s:n}", "type", "lost", "events");
	json_t *list, *server;
	size_t i;

	g->event(g->ctx, lost);
	json_decref(lost);
	g->seq = 0;
	list = exchange(g, request(g, NLM_F_DUMP, SIPOVER_CMD_SERVER_GET));
	if (!list) {
		refused(g, "servers");
		return false;
	}
	json_array_foreach(list, i, server) {
		json_object_set_new(server, "type", json_string("server"));
		g->event(g->ctx, server);
	}
	json_decref(list);
	return true;
}

bool genl_read(struct genl *g)
{
	int rc = nl_recvmsgs_default(g->sk);

	/* libnl's name for ENOBUFS. */
	if (rc == -NLE_NOMEM)
		return resync(g);
	if (rc < 0 && rc != -NLE_INTR && rc != -NLE_AGAIN) {
		complain("netlink: %s", nl_geterror(rc));
		return failed(g, EX_IOERR);
	}
	return true;
}

void genl_server_name(const struct addr *a, char *buf, size_t size)
{
	char text[ADDR_STRLEN];

	snprintf(buf, size, "%s;%s", addr_print(a, text),
		 transport_param((enum transport)a->transport));
}

bool genl_server_parse(struct addr *a, const char *name)
{
	const char *transport = strchr(name, ';');
	const char *port = transport ? memrchr(name, ':', (size_t)(transport - name)) : NULL;
	char host[ADDR_STRLEN], number[8];
	uint64_t n;

	if (!port || (size_t)(port - name) >= sizeof(host) ||
	    (size_t)(transport - port) > sizeof(number))
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(port - name), name);
	snprintf(number, sizeof(number), "%.*s", (int)(transport - port - 1), port + 1);
	return parse_number(number, 1, UINT16_MAX, &n) &&
	       addr_parse(a, host, (uint16_t)n, strcmp(transport, ";udp") == 0 ?
			  TRANSPORT_UDP : TRANSPORT_TCP) == 0;
}
