/* SPDX-License-Identifier: BSD-2-Clause */
/* The control methods about the configuration. */
#ifndef SIPOVER_AGENT_CTL_CONFIG_H
#define SIPOVER_AGENT_CTL_CONFIG_H

#include "agent.h"

/* NULL: no memory, or *error is the answer's. */
struct config_error {
	int code;		/* 0: no memory */
	const char *message;
	json_t *data;		/* owned; NULL: none */
	char text[1024];
};

/* Without its lines, and one of those; *there: whether there is one at that
 * number.  NULL: no memory. */
json_t *config_json(struct agent *a);
json_t *config_line_json(struct agent *a, uint32_t i, bool *there);
json_t *config_apply(struct agent *a, json_t *params, struct config_error *e);
json_t *config_reload(struct agent *a, struct config_error *e);
/* The same by a signal: told in the log. */
void config_hangup(struct agent *a);

#endif /* SIPOVER_AGENT_CTL_CONFIG_H */
