/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers: flows, kernel events, verdicts, health, probes. */
#ifndef SIPOVER_AGENT_SERVER_H
#define SIPOVER_AGENT_SERVER_H

#include "agent.h"

extern const struct udp_ops server_udp_ops;
extern const struct tcp_ops server_tcp_ops;
extern const struct netlink_ops server_netlink_ops;
void server_refresh_source(struct agent *a, uint32_t s);
/* Makes sure a TCP server has a flow; 0 or -errno.  UDP: nothing to do. */
int server_ready(struct agent *a, uint32_t s);
int server_send(struct agent *a, uint32_t s, const void *buf, size_t len);
/* host:port of our Via and Contact towards the server. */
void server_own_address(struct agent *a, uint32_t s, struct addr *own);
/* What a Contact names: that, or how the server sees us. */
void server_contact_address(struct agent *a, uint32_t s, struct addr *contact);
void server_health_step(struct agent *a, uint32_t s,
			const struct health_ev *ev);
/* The response to the probe, or (lost) none: after a local outage another one is
 * sent then. */
void server_probe_done(struct agent *a, uint32_t s, bool answered);
void server_probe_lost(struct agent *a, uint32_t s);
bool server_own_socket_errors(const struct agent *a);
/* Gives up a connection from an address that is not ours any more, or (always)
 * any; tells which, 0: none.  Its requests fail when the caller says so. */
tcp_flow server_leave_flow(struct agent *a, uint32_t s, bool always);
void server_fail_flow(struct agent *a, uint32_t s, tcp_flow flow);
/* The server's flow has failed otherwise than by its end. */
void server_flow_failed(struct agent *a, uint32_t s, uint8_t cause);
/* A sign of our own finding against it, no request in particular. */
void server_sign(struct agent *a, uint32_t s, uint8_t cause);

#endif /* SIPOVER_AGENT_SERVER_H */
