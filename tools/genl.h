/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module's generic netlink family, by libnl.  Every message becomes a JSON
 * object with the attributes it carries: server, cause, state, ...  Functions
 * that fail have said why on stderr and leave the exit status in genl.status.
 */
#ifndef SIPOVER_TOOLS_GENL_H
#define SIPOVER_TOOLS_GENL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/addr.h"

struct nl_sock;

struct genl {
	struct nl_sock *sk;
	int family;
	int status;		/* exit status of what failed */
	uint64_t seq;		/* of the last event; 0: none yet */
	/* An event of a watch of ours; type "module", or "lost" and then one
	 * "server" for each record.  Borrowed. */
	void (*event)(void *ctx, json_t *event);
	void *ctx;
	/* While a request is out: */
	json_t *reply;		/* array of what came */
	bool done;
	int error;		/* 0 or -errno */
	char text[160];		/* the kernel's own words, or "" */
};

bool genl_open(struct genl *g);
void genl_close(struct genl *g);
int genl_fd(const struct genl *g);

/* The reply, a new reference; NULL: failed.  ring 0: the module's default;
 * unanswered_ms 0: no such event. */
json_t *genl_watch_add(struct genl *g, const struct addr *a, uint32_t ring,
		       uint32_t unanswered_ms);

/* An array of all owners' watches in this network namespace. */
json_t *genl_watch_list(struct genl *g);

/* Takes what has come and calls event(); false: failed. */
bool genl_read(struct genl *g);

/* "10.0.0.1:5060;udp", as everywhere in the control protocol. */
void genl_server_name(const struct addr *a, char *buf, size_t size);
bool genl_server_parse(struct addr *a, const char *name);

#endif /* SIPOVER_TOOLS_GENL_H */
