// SPDX-License-Identifier: BSD-2-Clause
/*
 * io/tcp.h over the virtual network: a message is the unit, in order on each
 * flow; what cannot pass waits and is tried again until TCP_USER_TIMEOUT.
 */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RTO (400 * MS)
#define FIRST_PORT 33000
#define LISTEN_PORT 5060	/* of flows that the server opened */

struct segment {
	size_t len;
	char bytes[];
};

struct vflow {
	uint32_t id;		/* 0: free */
	bool connected, server_open, armed;
	uint32_t server;
	uint16_t port;		/* the phone's */
	struct addr local;
	uint64_t timeout;	/* ns */
	uint64_t stuck;		/* since when something is not acknowledged */
	uint64_t tx_last, rx_last;
	struct segment **wait;
	unsigned int n_wait, n_lost;
};

static struct vflow flow[SIM_FLOWS_MAX];
static uint32_t generation;
static uint16_t next_port;

static struct vflow *find(uint32_t id)
{
	struct vflow *f = &flow[id & 0xff];

	return id && (id & 0xff) < SIM_FLOWS_MAX && f->id == id ? f : NULL;
}

static void forget(struct vflow *f)
{
	for (unsigned int i = 0; i < f->n_wait; i++)
		free(f->wait[i]);
	free(f->wait);
	memset(f, 0, sizeof(*f));
}

void tcp_all_gone(void)
{
	for (unsigned int i = 0; i < SIM_FLOWS_MAX; i++)
		if (flow[i].id)
			forget(&flow[i]);
}

void tcp_world_reset(void)
{
	tcp_all_gone();
	generation = 0;
	next_port = FIRST_PORT;
}

bool tcp_flow_alive(uint32_t id)
{
	struct vflow *f = find(id);

	return f && f->connected && f->server_open;
}

uint32_t tcp_flow_by_port(const struct vserver *s, uint16_t port)
{
	for (unsigned int i = 0; i < SIM_FLOWS_MAX; i++)
		if (flow[i].id && flow[i].port == port &&
		    &W.server[flow[i].server] == s &&
		    tcp_flow_alive(flow[i].id))
			return flow[i].id;
	return 0;
}

uint16_t tcp_flow_port(uint32_t id)
{
	struct vflow *f = find(id);

	return f ? f->port : 0;
}

static struct vflow *flow_new(void)
{
	for (uint32_t i = 1; i < SIM_FLOWS_MAX; i++) {
		if (flow[i].id)
			continue;
		flow[i] = (struct vflow){ .id = ++generation << 8 | i };
		return &flow[i];
	}
	return NULL;
}

/* ---- the agent's side ---- */

int tcp_grow(struct tcp *t, unsigned int flows_max)
{
	(void)t;
	(void)flows_max;
	return 0;
}

int tcp_open(struct tcp *t, struct ring *r, unsigned int flows_max,
	     const struct tcp_ops *ops, void *ctx)
{
	(void)flows_max;
	memset(t, 0, sizeof(*t));
	t->ring = r;
	t->ops = ops;
	t->ctx = ctx;
	t->p = (struct tcp_private *)t;
	W.tcp = t;
	return 0;
}

void tcp_close(struct tcp *t)
{
	t->p = NULL;
	W.tcp = NULL;
}

int tcp_listen(struct tcp *t, struct addr *local)
{
	(void)t;
	(void)local;
	return 0;
}

static const uint8_t cause_of_connect[MODES] = {
	[CLOSED] = SIPOVER_CAUSE_TCP_REFUSED,
	[HOST_GONE] = SIPOVER_CAUSE_TCP_UNREACH,
	[PROHIBITED] = SIPOVER_CAUSE_TCP_UNREACH,
	[SILENT] = SIPOVER_CAUSE_TCP_TIMEOUT,
};

/* Module and socket tell the same thing, either of them first. */
static void ends(struct vflow *f, int error, uint8_t cause)
{
	struct vserver *s = &W.server[f->server];
	bool connecting = !f->connected, early = chance(0.5);
	uint32_t id = f->id;
	uint16_t port = f->port;

	W.counts->tcp_ends++;
	trace("%c > phone  tcp %s error=%d", s->letter,
	      connecting ? "connect failed" : "closed", -error);
	if (early)
		module_sign(s, cause, port);
	f = find(id);
	if (f) {
		forget(f);
		W.tcp->ops->closed(W.tcp->ctx, id, connecting, error);
	}
	if (!early)
		module_sign(s, cause, port);
}

static void flush(struct vflow *f);

static void end_later(struct event *e)
{
	struct vflow *f = find((uint32_t)e->a);

	if (f && W.tcp)
		ends(f, -(int)(e->b >> 8), e->b & 0xff);
}

void tcp_attempt_fails(struct vserver *s)
{
	for (unsigned int i = 0; i < SIM_FLOWS_MAX; i++)
		if (flow[i].id && !flow[i].connected &&
		    &W.server[flow[i].server] == s) {
			/* That may begin the next attempt. */
			ends(&flow[i], -EHOSTUNREACH,
			     SIPOVER_CAUSE_TCP_UNREACH);
			return;
		}
}

static void connect_step(struct event *e)
{
	struct vflow *f = find((uint32_t)e->a);
	struct vserver *s;
	struct udp_icmp icmp = { .now = { W.now } };

	if (!f || !W.tcp)
		return;
	s = &W.server[f->server];
	if (W.link_down && W.no_route) {
		ends(f, -ENETUNREACH, SIPOVER_CAUSE_TCP_UNREACH);
		return;
	}
	if (net_path(s) && s->mode != CLOSED) {
		if (chance(0.5))
			module_sign(s, SIPOVER_CAUSE_TCP_ESTABLISHED, f->port);
		f->connected = f->server_open = true;
		trace("%c > phone  tcp connected", s->letter);
		W.tcp->ops->connected(W.tcp->ctx, f->id);
		f = find((uint32_t)e->a);
		if (f)
			flush(f);
		module_sign(s, SIPOVER_CAUSE_TCP_ESTABLISHED,
			    f ? f->port : 0);
		return;
	}
	if (!net_cut() && s->mode == CLOSED) {
		ends(f, -ECONNREFUSED, cause_of_connect[CLOSED]);
		return;
	}
	if (!net_cut() && s->mode != SILENT && net_icmp_allowed(s)) {
		uint32_t id = f->id;

		icmp.offender = net_router(s);
		net_icmp_numbers(s, &icmp.type, &icmp.code);
		module_icmp(s, &icmp, 0, f->port);
		f = find(id);
		if (f)
			ends(f, -EHOSTUNREACH, cause_of_connect[s->mode]);
		return;
	}
	if (W.now - f->stuck >= f->timeout)
		ends(f, -ETIMEDOUT, SIPOVER_CAUSE_TCP_TIMEOUT);
	else
		after_ns(1 * SEC, connect_step, NULL, e->a, 0);
}

tcp_flow tcp_connect(struct tcp *t, const struct addr *to,
		     const struct addr *local, uint32_t user_timeout_ms)
{
	struct vserver *s = server_at_addr(to);
	struct vflow *f = flow_new();

	(void)local;
	if (!s || !f) {
		errno = ENOBUFS;
		return 0;
	}
	t->stats.connects++;
	W.counts->tcp_connects++;
	f->server = s - W.server;
	f->port = next_port++;
	f->local = W.phone[to->family == ADDR_V6];
	f->timeout = user_timeout_ms * MS;
	f->stuck = W.now;
	trace("phone > %c  tcp connect", s->letter);
	after_ns(2 * net_delay(), connect_step, NULL, f->id, 0);
	return f->id;
}

/* ---- messages to the server ---- */

static bool is_ping(const char *bytes, size_t len)
{
	return len == 4 && memcmp(bytes, "\r\n\r\n", 4) == 0;
}

/* Every server knows RFC 5626 4.4.1, but one that hangs. */
static void pinged(struct vserver *s, uint32_t id)
{
	W.counts->pings++;
	if (s->mode != DAWDLING)
		tcp_to_phone(s, id, "\r\n", 2);
}

static void at_server(struct event *e)
{
	struct vflow *f = find((uint32_t)e->a);
	struct segment *g = e->data;
	struct peer from = { .flow = (uint32_t)e->a };
	struct vserver *s;

	/* The phone has closed its end since: what was sent still arrives. */
	s = &W.server[f ? f->server : e->b];
	if (!net_path(s) && f) {
		/* Lost on the way: retransmitted by the queue. */
		if (!f->stuck)
			f->stuck = W.now;
		f->wait = realloc(f->wait, (f->n_wait + 1) * sizeof(struct segment *));
		if (!f->wait)
			abort();
		/* Behind those that were lost before it. */
		memmove(f->wait + f->n_lost + 1, f->wait + f->n_lost,
			(f->n_wait - f->n_lost) * sizeof(struct segment *));
		f->wait[f->n_lost++] = g;
		f->n_wait++;
		e->data = NULL;
		flush(f);
		return;
	}
	if (!net_path(s) || s->mode == CLOSED || (f && !f->server_open)) {
		struct msg m;

		trace_message(s, true, " lost", g->bytes, g->len);
		if (msg_parse(&m, g->bytes, g->len) && msg_is(&m, "BYE"))
			farend_bye_lost(m.call_id);
		if (f)
			after_ns(net_delay(), end_later, NULL, f->id,
				 ECONNRESET << 8 | SIPOVER_CAUSE_TCP_RESET);
		return;
	}
	if (is_ping(g->bytes, g->len))
		pinged(s, from.flow);
	else
		server_receive(s, &from, g->bytes, g->len);
}

static void retry(struct event *e)
{
	struct vflow *f = find((uint32_t)e->a);

	if (!f)
		return;
	f->armed = false;
	if (f->stuck && W.now - f->stuck >= f->timeout)
		ends(f, -ETIMEDOUT, SIPOVER_CAUSE_TCP_TIMEOUT);
	else
		flush(f);
}

static void flush(struct vflow *f)
{
	struct vserver *s = &W.server[f->server];

	if (!f->connected)
		return;
	if (!net_path(s)) {
		if (!f->n_wait)
			return;
		if (!f->stuck)
			f->stuck = W.now;
		if (!f->armed)
			after_ns(RTO, retry, NULL, f->id, 0);
		f->armed = true;
		return;
	}
	f->stuck = 0;
	for (unsigned int i = 0; i < f->n_wait; i++) {
		uint64_t at = W.now + net_delay();

		if (chance(W.net.loss))
			at += RTO;
		f->tx_last = at > f->tx_last ? at : f->tx_last + 1;
		after_ns(f->tx_last - W.now, at_server, f->wait[i], f->id,
			 f->server);
	}
	f->n_wait = f->n_lost = 0;
}

int tcp_send(struct tcp *t, tcp_flow number, const void *buf, size_t len)
{
	struct vflow *f = find(number);
	struct segment *g;

	(void)t;
	if (!f)
		return -ENOTCONN;
	W.counts->sent++;
	if (!is_ping(buf, len))
		check_tx(&W.server[f->server], buf, len);
	trace_message(&W.server[f->server], true, "", buf, len);
	g = malloc(sizeof(*g) + len);
	f->wait = realloc(f->wait, (f->n_wait + 1) * sizeof(struct segment *));
	if (!g || !f->wait)
		abort();
	g->len = len;
	memcpy(g->bytes, buf, len);
	f->wait[f->n_wait++] = g;
	flush(f);
	return 0;
}

void tcp_drop(struct tcp *t, tcp_flow number)
{
	struct vflow *f = find(number);

	(void)t;
	if (!f)
		return;
	trace("phone > %c  tcp drop", W.server[f->server].letter);
	for (unsigned int i = 0; i < f->n_wait; i++) {
		struct msg m;

		if (msg_parse(&m, f->wait[i]->bytes, f->wait[i]->len) &&
		    msg_is(&m, "BYE"))
			farend_bye_lost(m.call_id);
	}
	forget(f);
}

bool tcp_is_connected(const struct tcp *t, tcp_flow id)
{
	struct vflow *f = find(id);

	(void)t;
	return f && f->connected;
}

/* Its connections take what is sent. */
enum tcp_look tcp_look(const struct tcp *t, tcp_flow number)
{
	(void)t;
	(void)number;
	return TCP_LOOK_TAKEN;
}

bool tcp_addresses(const struct tcp *t, tcp_flow id, struct addr *local,
		   struct addr *peer)
{
	struct vflow *f = find(id);

	(void)t;
	if (!f)
		return false;
	*peer = W.server[f->server].addr;
	if (f->port == LISTEN_PORT)
		peer->port = 40000 + (id & 0xff);
	*local = f->local;
	local->transport = TRANSPORT_TCP;
	local->port = f->port;
	return true;
}

/* ---- the server's side ---- */

static void at_phone(struct event *e)
{
	struct vflow *f = find((uint32_t)e->a);
	struct segment *g = e->data;
	struct vserver *s;
	struct msg m;

	if (!f || !W.tcp)
		return;
	s = &W.server[f->server];
	if (!net_path(s)) {
		if (W.now - e->b < 10 * SEC) {
			after_ns(RTO, at_phone, g, e->a, e->b);
			e->data = NULL;
		} else {
			f->server_open = false;	/* it gave up */
		}
		return;
	}
	trace_message(s, false, "", g->bytes, g->len);
	W.counts->received++;
	module_heard(s);
	f = find((uint32_t)e->a);
	if (!f || !W.tcp)
		return;
	if (g->len == 2) {
		trace("%c > phone  pong", s->letter);
		W.tcp->ops->pong(W.tcp->ctx, f->id);
		return;
	}
	if (msg_parse(&m, g->bytes, g->len))
		check_rx(s, &m);
	W.tcp->ops->received(W.tcp->ctx, f->id, g->bytes, g->len);
	check_rx_done(s, &m);
}

void tcp_to_phone(struct vserver *s, uint32_t id, const char *buf, size_t len)
{
	struct vflow *f = find(id);
	struct segment *g;
	uint64_t at;

	if (!f || !f->server_open || s->mode == CLOSED) {
		trace_message(s, false, " lost", buf, len);
		return;
	}
	g = malloc(sizeof(*g) + len);
	if (!g)
		abort();
	g->len = len;
	memcpy(g->bytes, buf, len);
	at = W.now + net_delay();
	f->rx_last = at > f->rx_last ? at : f->rx_last + 1;
	after_ns(f->rx_last - W.now, at_phone, g, id, W.now);
}

void tcp_server_closes(struct vserver *s, bool reset)
{
	for (unsigned int i = 0; i < SIM_FLOWS_MAX; i++) {
		struct vflow *f = &flow[i];

		if (!f->id || !f->connected || !f->server_open ||
		    &W.server[f->server] != s)
			continue;
		f->server_open = false;
		if (net_path(s))
			after_ns(net_delay(), end_later, NULL, f->id, reset ?
				 ECONNRESET << 8 | SIPOVER_CAUSE_TCP_RESET :
				 SIPOVER_CAUSE_TCP_FIN);
	}
}

uint32_t tcp_server_connects(struct vserver *s)
{
	struct vflow *f;
	uint32_t id;

	if (!W.tcp || !net_path(s))
		return 0;
	f = flow_new();
	if (!f)
		return 0;
	f->connected = f->server_open = true;
	f->server = s - W.server;
	f->port = LISTEN_PORT;
	f->local = W.phone[s->addr.family == ADDR_V6];
	f->timeout = 10 * SEC;
	id = f->id;
	W.tcp->ops->accepted(W.tcp->ctx, id);
	return find(id) ? id : 0;
}
