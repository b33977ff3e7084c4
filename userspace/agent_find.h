/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers and lines by what is known of them; AGENT_NONE: there is none. */
#ifndef SIPOVER_AGENT_FIND_H
#define SIPOVER_AGENT_FIND_H

#include "agent.h"

/* A table for that many, instead of the one there is; 0 or -ENOMEM. */
int find_table(struct lookup *t, uint32_t slots, uint64_t seed);
/* For servers_max servers, with those that there are; 0 or -ENOMEM. */
int find_servers_open(struct agent *a);
int find_lines_open(struct agent *a);
void find_add_line(struct agent *a, uint32_t l);
void find_del_line(struct agent *a, uint32_t l);
void find_close(struct agent *a);
void find_add_server(struct agent *a, uint32_t s);
void find_del_server(struct agent *a, uint32_t s);
/* of, the server's flow or wide, is f from now on. */
void find_set_flow(struct agent *a, uint32_t s, tcp_flow *of, tcp_flow f);
uint32_t server_find(const struct agent *a, const struct addr *addr);
/* One that need not be believed over TLS only. */
uint32_t server_of_host(const struct agent *a, const struct addr *host);
uint32_t server_of_flow(const struct agent *a, tcp_flow f);
uint32_t server_of_wide(const struct agent *a, tcp_flow f);
/* Whether it lives at that IP address, whatever port and transport. */
bool server_has_host(const struct agent *a, uint32_t s,
		     const struct addr *host);
uint32_t line_find(const struct agent *a, const char *name);
/* The line that a request from server s is for. */
uint32_t line_called(const struct agent *a, const char *uri, uint32_t s,
		     uint8_t *index);

#endif /* SIPOVER_AGENT_FIND_H */
