/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent's change of configuration, included by agent.h. */
#ifndef SIPOVER_AGENT_CONFIG_H
#define SIPOVER_AGENT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/conf_delta.h"
#include "codec/ctl.h"

struct agent;

#define REQUESTS_MIN 64

/* agent_room.c: what the arrays are sized by */
struct room {
	uint32_t lines, hosts, servers, subscriptions;
};

uint32_t room_requests(uint32_t lines, uint32_t subscriptions);
uint32_t room_flows(uint32_t servers);
/* Room for so many at least, never less than there is.  Not while a step is
 * taken: arrays move.  0 or -ENOMEM: then nothing is lost. */
int room_grow(struct agent *a, const struct room *want);

/* agent_leave.c */
enum line_leaving {
	LINE_STAYS,
	LINE_LEAVES_CALLS,	/* until its calls have ended */
	LINE_LEAVES_SERVERS,	/* until it is unregistered */
};

/* Ends its calls, its subscription and its registrations, then begins as what
 * conf->line[l] is by then, if there is one.  old: allocated, takes what
 * line[l].conf is. */
void line_leave(struct agent *a, uint32_t l, struct conf_line *old);
/* A free slot becomes what conf->line[l] is. */
void line_enter(struct agent *a, uint32_t l);
void leave_expired(struct agent *a);
void leave_free(struct agent *a, uint32_t l);

/* agent_config.c */
/* Of its line by name, also of one that is leaving; CONF_NEW: there is none. */
uint32_t config_find(void *agent, const char *name);
/* Makes room for it; 0, -ENOMEM, or -EINVAL: why[] (TLS cannot be opened). */
int config_prepare(struct agent *a, struct conf_delta *d, char *why);
/* The same for nothing: whether it would succeed, memory apart. */
int config_try(struct agent *a, const struct conf_delta *d, char *why);
/* It cannot fail any more.  Takes d's lines and names; d is still to be freed. */
void config_commit(struct agent *a, struct conf_delta *d);
bool config_changes(const struct conf_delta *d);

/* agent_ctl_config.c: NULL: no memory, or *error is the answer's */
struct config_error {
	int code;		/* 0: no memory */
	const char *message;
	json_t *data;		/* owned; NULL: none */
	char text[1024];
};

/* agent_ctl_notify.c: result is config_apply()'s */
void notify_config(struct agent *a, json_t *result);
json_t *config_apply(struct agent *a, json_t *params, struct config_error *e);
json_t *config_reload(struct agent *a, struct config_error *e);
/* The same by a signal: told in the log. */
void config_hangup(struct agent *a);

#endif /* SIPOVER_AGENT_CONFIG_H */
