/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Generic netlink for the programs beside: sockets, messages, answers.  They
 * stop at failures of their own; what the module says is for the caller.
 */
#ifndef DEBUG_GENL_H
#define DEBUG_GENL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <linux/sipover.h>

#define MSG_ROOM 8192

/**
 * struct msg - one netlink message, to be sent as @data[0..@len)
 *
 * @len: bytes used; nlmsg_len says the same unless somebody changed it
 * @data: with room for a receiver's buffer
 */
struct msg {
	size_t len;
	unsigned char data[MSG_ROOM] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/**
 * struct answers - what came back
 *
 * @acked: an NLMSG_ERROR was there
 * @error: its value, or that of NLMSG_DONE: 0 or -errno
 * @done: NLMSG_DONE was there
 * @messages: others, events left out
 * @watch_id: of the last WATCH_ADD reply, 0: none
 * @ring_size: of the last record, 0: none
 * @events: events
 * @causes: the sum of their counts, and of those of records, by cause
 * @uncounted: the sum of what records say is uncounted
 * @overrun: the socket lost something
 * @sum: of all that a dump said of watches and servers, in any order
 */
struct answers {
	bool acked;
	int error;
	bool done;
	unsigned int messages;
	uint32_t watch_id;
	uint32_t ring_size;
	unsigned int events;
	uint64_t causes[SIPOVER_CAUSE_MAX + 1];
	uint64_t uncounted;
	bool overrun;
	uint64_t sum;
};

/**
 * struct server - what a watch names
 *
 * @family: AF_INET or AF_INET6
 * @proto: IPPROTO_UDP or IPPROTO_TCP
 * @addr: network order
 * @port: host order
 */
struct server {
	uint8_t family;
	uint8_t proto;
	uint8_t addr[16];
	uint16_t port;
};

_Noreturn void die(const char *what);
void write_text(const char *path, const char *text);
bool read_number(const char *path, int base, unsigned long *value);

int genl_socket(void);
int genl_family(void);

void msg_begin(struct msg *m, uint16_t type, uint16_t flags, uint8_t cmd);
void msg_put(struct msg *m, uint16_t type, const void *data, size_t len);
void msg_put_server(struct msg *m, const struct server *server);
int msg_send(int fd, const struct msg *m);

void answers_read(int fd, struct answers *got, int wait_ms);
unsigned int genl_dump(int fd, int family, uint8_t cmd, uint64_t *sum);

#endif /* DEBUG_GENL_H */
