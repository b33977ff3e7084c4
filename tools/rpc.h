/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket from the client's side (docs/control.md).  Functions that
 * fail have said why on stderr and leave the exit status in rpc.status.
 */
#ifndef SIPOVER_TOOLS_RPC_H
#define SIPOVER_TOOLS_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define RPC_TIMEOUT_MS 10000
/* An answer, not a request: ten thousand lines' config fits. */
#define RPC_LINE_MAX (64 << 20)

struct rpc {
	int fd;
	int status;		/* exit status of what failed */
	int64_t last_id;
	char *buf;		/* received, not yet taken */
	size_t len, size;
	size_t scanned;		/* no end of a line in these */
	bool answered;		/* at least one line came */
	json_t *events;		/* array: notifications met while waiting */
};

bool rpc_open(struct rpc *r, const char *path);
void rpc_close(struct rpc *r);

/* The result, a new reference; NULL: failed.  Steals params (NULL: none). */
json_t *rpc_call(struct rpc *r, const char *method, json_t *params);

/* The params of the next event, a new reference; NULL: failed, or with
 * status 0 nothing within timeout_ms (-1: wait). */
json_t *rpc_event(struct rpc *r, int timeout_ms);

#endif /* SIPOVER_TOOLS_RPC_H */
