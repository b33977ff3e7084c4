/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections to servers: the limit of their start, pings and pongs. */
#include "agent_keepalive.h"

#include <stdio.h>

#include "agent_ctl_notify.h"
#include "agent_server.h"
#include "agent_step.h"
#include "agent_timers.h"
#include "io/log.h"
#include "io/random.h"

/* Connect and handshake: more than TCP_USER_TIMEOUT, less than 64*T1. */
#define TLS_START_T1 30

void keepalive_new(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];

	keepalive_init(&server->keepalive, a->conf->keepalive_s * 1000,
		       server->addr.transport == TRANSPORT_TLS ?
		       TLS_START_T1 * a->conf->t1_ms : 0, random_u64());
}

static void send_ping(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];

	a->stats.pings++;
	log_debug("ping server=%s", server->name);
	if (tcp_send(&a->tcp, server->flow, "\r\n\r\n", 4))
		server_flow_failed(a, s, SIPOVER_CAUSE_SEND_ERROR);
}

static void not_up(struct agent *a, uint32_t s)
{
	char why[TLS_WHY_MAX];

	snprintf(why, sizeof(why), "handshake: not through after %u ms",
		 a->server[s].keepalive.start_ms);
	notify_tls(a, s, why);
	server_flow_failed(a, s, SIPOVER_CAUSE_TLS_FAILED);
}

void keepalive_pace(struct agent *a, uint32_t s, uint16_t pace_s)
{
	struct keepalive_ev ev = {
		.now = a->now, .type = KEEPALIVE_EV_PACE, .pace_s = pace_s,
	};

	step_keepalive(a, s, &ev);
	keepalive_timer(a, s);
}

void keepalive_event(struct agent *a, uint32_t s, uint8_t type)
{
	struct keepalive_ev ev = { .now = a->now, .type = type };

	switch ((enum keepalive_act)step_keepalive(a, s, &ev)) {
	case KEEPALIVE_ACT_NONE:
	case KEEPALIVE_ACTS:
		break;
	case KEEPALIVE_ACT_PING:
		send_ping(a, s);
		break;
	case KEEPALIVE_ACT_NOT_UP:
		not_up(a, s);
		break;
	case KEEPALIVE_ACT_NO_PONG:
		a->stats.flow_timeouts++;
		server_flow_failed(a, s, SIPOVER_CAUSE_FLOW_TIMEOUT);
		break;
	}
	keepalive_timer(a, s);
}
