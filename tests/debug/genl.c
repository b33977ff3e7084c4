// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "genl.h"

#define ANSWER_MS 30000

static uint32_t sequence;

void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

bool read_number(const char *path, int base, unsigned long *value)
{
	char text[64];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	*value = strtoul(text, NULL, base);
	return true;
}

int genl_socket(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int fd, on = 1;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    NETLINK_GENERIC);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void msg_begin(struct msg *m, uint16_t type, uint16_t flags, uint8_t cmd)
{
	struct nlmsghdr nlh = {
		.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | flags,
		.nlmsg_seq = ++sequence,
	};
	struct genlmsghdr genl = {
		.cmd = cmd,
		.version = SIPOVER_GENL_VERSION,
	};

	m->len = nlh.nlmsg_len;
	memcpy(m->data, &nlh, sizeof(nlh));
	memcpy(m->data + NLMSG_HDRLEN, &genl, sizeof(genl));
}

void msg_put(struct msg *m, uint16_t type, const void *data, size_t len)
{
	struct nlattr attr = { .nla_len = NLA_HDRLEN + len, .nla_type = type };
	size_t end = m->len + NLA_ALIGN(attr.nla_len);
	uint32_t total = end;

	if (end > sizeof(m->data))
		return;
	memset(m->data + m->len, 0, end - m->len);
	memcpy(m->data + m->len, &attr, sizeof(attr));
	memcpy(m->data + m->len + NLA_HDRLEN, data, len);
	m->len = end;
	memcpy(m->data, &total, sizeof(total));
}

void msg_put_server(struct msg *m, const struct server *server)
{
	uint16_t port = htons(server->port);

	msg_put(m, SIPOVER_A_FAMILY, &server->family, 1);
	msg_put(m, SIPOVER_A_PROTO, &server->proto, 1);
	if (server->family == AF_INET)
		msg_put(m, SIPOVER_A_ADDR4, server->addr, 4);
	else
		msg_put(m, SIPOVER_A_ADDR6, server->addr, 16);
	msg_put(m, SIPOVER_A_PORT, &port, 2);
}

int msg_send(int fd, const struct msg *m)
{
	return send(fd, m->data, m->len, 0) < 0 ? -errno : 0;
}

/* Order of messages, sequence and port do not matter: the same to be said. */
static uint64_t fnv(const unsigned char *data, size_t len)
{
	uint64_t hash = 14695981039346656037U;

	while (len--)
		hash = (hash ^ *data++) * 1099511628211U;
	return hash;
}

/* CAUSE comes before COUNT, in events and in records' statistics. */
static void count_cause(struct answers *got, int type,
			const unsigned char *data, size_t len)
{
	static uint8_t cause;
	uint64_t u64;

	if (type == SIPOVER_A_CAUSE && len == 1)
		cause = *data;
	if (type == SIPOVER_A_COUNT && len == 8 &&
	    cause <= SIPOVER_CAUSE_MAX) {
		memcpy(&u64, data, 8);
		got->causes[cause] += u64;
	}
}

static void attribute(struct answers *got, uint8_t cmd, int type,
		      const unsigned char *data, size_t len)
{
	uint32_t u32;

	count_cause(got, type, data, len);
	if (len != 4)
		return;
	memcpy(&u32, data, 4);
	if (type == SIPOVER_A_WATCH_ID && cmd == SIPOVER_CMD_WATCH_ADD)
		got->watch_id = u32;
	else if (type == SIPOVER_A_RING_SIZE)
		got->ring_size = u32;
	else if (type == SIPOVER_A_UNCOUNTED)
		got->uncounted += u32;
}

/* A nest's attributes are looked at as if they stood behind its header. */
static void attributes(struct answers *got, uint8_t cmd,
		       const unsigned char *at, const unsigned char *end)
{
	struct nlattr attr;
	int type;

	while (at + NLA_HDRLEN <= end) {
		memcpy(&attr, at, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN || attr.nla_len > end - at)
			break;
		type = attr.nla_type & NLA_TYPE_MASK;
		if (type == SIPOVER_A_CAUSE_STATS) {
			at += NLA_HDRLEN;
			continue;
		}
		attribute(got, cmd, type, at + NLA_HDRLEN,
			  attr.nla_len - NLA_HDRLEN);
		at += NLA_ALIGN(attr.nla_len);
	}
}

static void message(struct answers *got, const struct nlmsghdr *nlh)
{
	const unsigned char *at = (const unsigned char *)nlh +
				  NLMSG_LENGTH(GENL_HDRLEN);
	const unsigned char *end = (const unsigned char *)nlh + nlh->nlmsg_len;
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);

	if (genl->cmd == SIPOVER_CMD_EVENT)
		got->events++;
	else
		got->messages++;
	if (at < end)
		got->sum += fnv(at, end - at);
	attributes(got, genl->cmd, at, end);
}

static void datagram(struct answers *got, const void *data, size_t len)
{
	const struct nlmsghdr *nlh = data;
	int left = (int)len;

	for (; NLMSG_OK(nlh, (unsigned int)left); nlh = NLMSG_NEXT(nlh, left)) {
		if (nlh->nlmsg_type == NLMSG_DONE) {
			got->done = true;
			if (nlh->nlmsg_len >= NLMSG_LENGTH(sizeof(int)))
				memcpy(&got->error, NLMSG_DATA(nlh),
				       sizeof(int));
		} else if (nlh->nlmsg_type == NLMSG_ERROR) {
			got->acked = true;
			memcpy(&got->error, NLMSG_DATA(nlh), sizeof(int));
		} else {
			message(got, nlh);
		}
	}
}

/*
 * Adds all that is there to @got.  @wait_ms: until an acknowledgment or the
 * end of a dump has come, at most so long; 0: no wait.
 */
void answers_read(int fd, struct answers *got, int wait_ms)
{
	static unsigned char buffer[65536]
		__attribute__((aligned(NLMSG_ALIGNTO)));
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		if (n > 0) {
			datagram(got, buffer, n);
			continue;
		}
		if (n < 0 && errno == ENOBUFS) {
			got->overrun = true;
			continue;
		}
		if (!wait_ms || got->acked || got->done || got->overrun)
			return;
		if (poll(&poll_fd, 1, wait_ms) <= 0)
			return;
	}
}

/*
 * All that the namespace has, from a socket that is used for nothing else.
 * Returns how many; @sum, unless NULL: equal to an earlier one if nothing was
 * changed.
 */
unsigned int genl_dump(int fd, int family, uint8_t cmd, uint64_t *sum)
{
	struct answers got = { 0 };
	struct msg m;

	msg_begin(&m, family, NLM_F_DUMP, cmd);
	if (msg_send(fd, &m) < 0)
		die("dump");
	answers_read(fd, &got, ANSWER_MS);
	if (!got.done)
		die("no end of a dump");
	if (sum)
		*sum = got.sum;
	return got.messages;
}

/* The family's number, -1 if there is none. */
int genl_family(void)
{
	unsigned char *at;
	struct nlattr attr;
	struct msg m;
	int fd, id = -1;
	ssize_t n;

	fd = genl_socket();
	if (fd < 0)
		die("netlink socket");
	msg_begin(&m, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	msg_put(&m, CTRL_ATTR_FAMILY_NAME, SIPOVER_GENL_NAME,
		sizeof(SIPOVER_GENL_NAME));
	if (msg_send(fd, &m) < 0)
		die("family");
	n = recv(fd, m.data, sizeof(m.data), 0);
	close(fd);
	if (n < (ssize_t)NLMSG_LENGTH(GENL_HDRLEN) ||
	    ((struct nlmsghdr *)m.data)->nlmsg_type != GENL_ID_CTRL)
		return -1;
	for (at = m.data + NLMSG_LENGTH(GENL_HDRLEN);
	     at + NLA_HDRLEN <= m.data + n; at += NLA_ALIGN(attr.nla_len)) {
		memcpy(&attr, at, sizeof(attr));
		if (attr.nla_len < NLA_HDRLEN)
			break;
		if (attr.nla_type == CTRL_ATTR_FAMILY_ID) {
			uint16_t u16;

			memcpy(&u16, at + NLA_HDRLEN, sizeof(u16));
			id = u16;
		}
	}
	return id;
}
