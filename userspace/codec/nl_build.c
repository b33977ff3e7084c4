// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The requests of nl.h. */
#include "nl.h"

#include <errno.h>
#include <string.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <netinet/in.h>

/* More than the longest request has. */
#define REQUEST_MAX 256

/* libmnl writes headers unasked: a request is made here and copied. */
struct request {
	union {
		struct nlmsghdr nlh;
		char bytes[REQUEST_MAX];
	};
};

static void begin(struct request *r, uint16_t type, uint16_t flags,
		  uint32_t seq, uint8_t cmd, uint8_t version)
{
	struct genlmsghdr *genl;

	memset(r, 0, sizeof(*r));
	mnl_nlmsg_put_header(r->bytes);
	r->nlh.nlmsg_type = type;
	r->nlh.nlmsg_flags = NLM_F_REQUEST | flags;
	r->nlh.nlmsg_seq = seq;
	genl = mnl_nlmsg_put_extra_header(&r->nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
}

static int end(const struct request *r, void *buf, size_t size)
{
	if (r->nlh.nlmsg_len > size)
		return -EMSGSIZE;
	memcpy(buf, r->bytes, r->nlh.nlmsg_len);
	return (int)r->nlh.nlmsg_len;
}

static int put_server(struct request *r, const struct addr *a)
{
	bool v4 = a->family == ADDR_V4;

	if ((!v4 && a->family != ADDR_V6) || !a->port)
		return -EINVAL;
	mnl_attr_put_u8(&r->nlh, SIPOVER_A_FAMILY, v4 ? AF_INET : AF_INET6);
	mnl_attr_put_u8(&r->nlh, SIPOVER_A_PROTO,
			a->transport == TRANSPORT_UDP ? IPPROTO_UDP :
							IPPROTO_TCP);
	mnl_attr_put(&r->nlh, v4 ? SIPOVER_A_ADDR4 : SIPOVER_A_ADDR6,
		     v4 ? 4 : 16, a->ip);
	mnl_attr_put_u16(&r->nlh, SIPOVER_A_PORT, htons(a->port));
	return 0;
}

int nl_build_getfamily(void *buf, size_t size, uint32_t seq, const char *name)
{
	struct request r;

	if (strlen(name) >= GENL_NAMSIZ)
		return -EMSGSIZE;
	begin(&r, GENL_ID_CTRL, 0, seq, CTRL_CMD_GETFAMILY, 1);
	mnl_attr_put_strz(&r.nlh, CTRL_ATTR_FAMILY_NAME, name);
	return end(&r, buf, size);
}

int nl_build_watch_add(void *buf, size_t size, uint16_t family_id,
		       uint32_t seq, const struct addr *a, uint32_t ring_size)
{
	struct request r;

	begin(&r, family_id, 0, seq, SIPOVER_CMD_WATCH_ADD,
	      SIPOVER_GENL_VERSION);
	if (put_server(&r, a))
		return -EINVAL;
	if (ring_size)
		mnl_attr_put_u32(&r.nlh, SIPOVER_A_RING_SIZE, ring_size);
	return end(&r, buf, size);
}

int nl_build_watch_del(void *buf, size_t size, uint16_t family_id,
		       uint32_t seq, uint32_t watch_id)
{
	struct request r;

	/* It has no reply of its own. */
	begin(&r, family_id, NLM_F_ACK, seq, SIPOVER_CMD_WATCH_DEL,
	      SIPOVER_GENL_VERSION);
	mnl_attr_put_u32(&r.nlh, SIPOVER_A_WATCH_ID, watch_id);
	return end(&r, buf, size);
}

int nl_build_watch_dump(void *buf, size_t size, uint16_t family_id,
			uint32_t seq)
{
	struct request r;

	begin(&r, family_id, NLM_F_DUMP, seq, SIPOVER_CMD_WATCH_GET,
	      SIPOVER_GENL_VERSION);
	return end(&r, buf, size);
}

int nl_build_server_get(void *buf, size_t size, uint16_t family_id,
			uint32_t seq, const struct addr *a)
{
	struct request r;

	begin(&r, family_id, 0, seq, SIPOVER_CMD_SERVER_GET,
	      SIPOVER_GENL_VERSION);
	if (put_server(&r, a))
		return -EINVAL;
	return end(&r, buf, size);
}

int nl_build_server_dump(void *buf, size_t size, uint16_t family_id,
			 uint32_t seq)
{
	struct request r;

	begin(&r, family_id, NLM_F_DUMP, seq, SIPOVER_CMD_SERVER_GET,
	      SIPOVER_GENL_VERSION);
	return end(&r, buf, size);
}
