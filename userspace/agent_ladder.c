// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * The last messages and what happened between them, for ladders (docs/ladders.md):
 * filled from where messages come in, from where they go out, and from where
 * events are told.
 *
 * On the way of a message that is one copy (core/msgring.h), and of one that
 * answers an event it is done after that was handed to the kernel.
 */
#include "agent_ladder.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_call.h"
#include "agent_ctl_notify.h"
#include "codec/sip_brief.h"
#include "io/clock.h"

#define EVENT_MAX 256

_Static_assert(AGENT_NONE == MSGRING_NO_LINE, "one name for no line");

int ladder_open(struct agent *a)
{
	size_t size = (size_t)a->conf->trace_kib * 1024;
	void *mem = NULL;

	if (size) {
		mem = malloc(size);
		a->ladder_bytes = malloc(SIPMSG_RAW_MAX);
		if (!mem || !a->ladder_bytes) {
			free(mem);
			return -ENOMEM;
		}
	}
	msgring_init(&a->ladder, mem, size);
	return 0;
}

void ladder_close(struct agent *a)
{
	free(a->ladder.mem);
	free(a->ladder_bytes);
	a->ladder_bytes = NULL;
	msgring_init(&a->ladder, NULL, 0);
}

/* The own end of it.  Of a server's datagrams the address that the route gives,
 * else the socket's, which may be any. */
static struct addr own_end(const struct agent *a, uint32_t server,
			   const struct addr *peer, tcp_flow flow)
{
	const struct udp *udp = &a->udp[peer->family == ADDR_V6];
	struct addr own = { .family = ADDR_NONE }, other;

	if (flow) {
		tcp_addresses(&a->tcp, flow, &own, &other);
	} else {
		own = udp->local;
		if (server != AGENT_NONE &&
		    a->server[server].local.family != ADDR_NONE)
			memcpy(own.ip, a->server[server].local.ip,
			       sizeof(own.ip));
	}
	own.transport = peer->transport;
	return own;
}

/* A request of a dialog is its call's; others are told later. */
static uint32_t line_of_dialog(const struct agent *a)
{
	uint32_t c = a->rx.response || !*a->rx.to_tag ? AGENT_NONE :
		     call_of_dialog(a, &a->rx);

	return c == AGENT_NONE ? MSGRING_NO_LINE : a->call[c].line;
}

void ladder_received(struct agent *a, uint32_t server, bool parsed)
{
	struct msgring_entry e = {
		.at = a->now,
		.line = parsed ? line_of_dialog(a) : MSGRING_NO_LINE,
		.len = (uint32_t)a->rx_len,
		.peer = a->rx_from,
		.kind = MSGRING_RECEIVED,
	};

	if (!a->ladder.size)
		return;
	if (!a->rx_flow)
		e.peer.transport = TRANSPORT_UDP;
	e.own = own_end(a, server, &e.peer, a->rx_flow);
	msgring_put(&a->ladder, &e, a->rx_buf);
}

/* Empty lines and STUN are none. */
static bool is_message(const char *buf, size_t len)
{
	return len && *buf >= 'A' && *buf <= 'Z';
}

void ladder_sent(struct agent *a, uint32_t server, const struct addr *to,
		 tcp_flow flow, const char *buf, size_t len)
{
	struct msgring_entry e = {
		.at = a->now,
		.line = MSGRING_NO_LINE,
		.len = (uint32_t)len,
		.peer = *to,
		.kind = MSGRING_SENT,
	};

	a->sent_at = clock_now();
	if (!a->ladder.size || !is_message(buf, len))
		return;
	/* A large one to a server of UDP. */
	if (flow && to->transport == TRANSPORT_UDP)
		e.peer.transport = TRANSPORT_TCP;
	e.own = own_end(a, server, &e.peer, flow);
	notify_pending(a);	/* what it answers comes before it */
	msgring_put(&a->ladder, &e, buf);
}

void ladder_event(struct agent *a, struct mono at, uint32_t line,
		  uint32_t server, const char *fmt, ...)
{
	struct msgring_entry e = {
		.at = at,
		.line = line,
		.kind = MSGRING_EVENT,
	};
	char text[EVENT_MAX];
	va_list ap;
	int n;

	if (!a->ladder.size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e.len = n < 0 ? 0 : n < EVENT_MAX ? (uint32_t)n : EVENT_MAX - 1;
	if (server != AGENT_NONE)
		e.peer = a->server[server].addr;
	msgring_put(&a->ladder, &e, text);
}

void ladder_received_is(struct agent *a, uint32_t line)
{
	msgring_set_line(&a->ladder, MSGRING_RECEIVED, line);
}

void ladder_sent_is(struct agent *a, uint32_t line)
{
	msgring_set_line(&a->ladder, MSGRING_SENT, line);
}

const char *ladder_read(struct agent *a, const struct msgring_entry *e)
{
	memcpy(a->ladder_bytes, msgring_bytes(e), e->len);
	if (e->kind != MSGRING_EVENT)
		sip_blank(a->ladder_bytes, e->len);
	return a->ladder_bytes;
}
