/* SPDX-License-Identifier: BSD-2-Clause */
/* What TLS needs: context, names of servers.  0 or -errno, told in the log. */
#ifndef SIPOVER_AGENT_TLS_H
#define SIPOVER_AGENT_TLS_H

#include "agent.h"

int tls_settings_open(struct agent *a, const struct conf *conf, char *why);
/* The same, by conf's own settings, and closed again; why[] may be told without
 * an error: only servers that a name may have need them. */
int tls_settings_check(const struct conf *conf, char *why);
int tls_server_new(struct agent *a, uint32_t s);
int tls_server_claim(struct agent *a, uint32_t s, uint32_t line, uint8_t entry);
void tls_servers_close(struct agent *a);

#endif /* SIPOVER_AGENT_TLS_H */
