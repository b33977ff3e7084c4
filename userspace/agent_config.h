/* SPDX-License-Identifier: BSD-2-Clause */
/* Another configuration, while all goes on. */
#ifndef SIPOVER_AGENT_CONFIG_H
#define SIPOVER_AGENT_CONFIG_H

#include "agent.h"
#include "codec/conf_delta.h"

/* Of its line by name, also of one that is leaving; CONF_NEW: there is none. */
uint32_t config_find(void *agent, const char *name);
/* Makes room for it; 0, -ENOMEM, or -EINVAL: why[] (TLS cannot be opened). */
int config_prepare(struct agent *a, struct conf_delta *d, char *why);
/* The same for nothing: whether it would succeed, memory apart. */
int config_try(struct agent *a, const struct conf_delta *d, char *why);
/* It cannot fail any more.  Takes d's lines and names; d is still to be freed. */
void config_commit(struct agent *a, struct conf_delta *d);
bool config_changes(const struct conf_delta *d);

#endif /* SIPOVER_AGENT_CONFIG_H */
