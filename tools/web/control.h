/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket (docs/control.md) from a process that does not wait: one
 * connection, on which the answers find their requests by id, and the events
 * come.  Lost, it is tried again each CONTROL_RETRY_MS.
 */
#ifndef SIPOVER_WEB_CONTROL_H
#define SIPOVER_WEB_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include <jansson.h>

#include "core/mono.h"

#define CONTROL_PENDING 64
#define CONTROL_ANSWER_MS 10000
#define CONTROL_RETRY_MS 500
#define CONTROL_RX_MAX (32 << 20)	/* one line: ten thousand lines' config */
#define CONTROL_TX_MAX (1 << 20)

/* The answer to one request, borrowed: one of both; both NULL: the daemon is
 * away, or too late. */
typedef void control_done(void *of, json_t *result, json_t *error);

struct control_request {
	int64_t id;		/* 0: free */
	struct mono until;
	control_done *done;
	void *of;
};

struct control {
	struct sockaddr_un to;
	int fd;			/* -1: away */
	struct mono retry;
	int64_t last_id;
	bool listens;		/* somebody wants the events */
	bool subscribed;
	bool told;		/* why it is away: once, not at each try */
	char *rx, *tx;
	size_t rx_len, rx_size, scanned, tx_len, tx_size;
	struct control_request pending[CONTROL_PENDING];

	void (*event)(void *of, json_t *params);
	void (*state)(void *of, bool here);
	void *of;
};

/* false: the path is too long. */
bool control_init(struct control *c, const char *path);
void control_close(struct control *c);
/* Nobody waits any longer: each done() is called. */
void control_abandon(struct control *c);

/* Sends; done() comes later, once, unless it is cancelled.  Steals params.
 * 0; -ENOTCONN: away; -EBUSY: CONTROL_PENDING wait already; -EMSGSIZE: longer
 * than the daemon takes; -ENOMEM. */
int control_call(struct control *c, const char *method, json_t *params,
		 control_done *done, void *of, struct mono now);
void control_cancel(struct control *c, const void *of);

/* From now on events are wanted. */
void control_listen(struct control *c, struct mono now);

static inline bool control_here(const struct control *c)
{
	return c->fd >= 0;
}

/* For poll(): what to wait for, what came, and what is due without anything
 * coming. */
short control_wants(const struct control *c);
void control_ready(struct control *c, short revents, struct mono now);
void control_tick(struct control *c, struct mono now);
struct mono control_due(const struct control *c);

#endif /* SIPOVER_WEB_CONTROL_H */
