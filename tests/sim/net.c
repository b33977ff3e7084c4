// SPDX-License-Identifier: BSD-2-Clause
/*
 * Datagrams and what answers them: the server, its host, a router, or nobody.
 * ICMP errors have their sender's limit (Linux: six at once, then one a
 * second) and reach the own socket's error queue and the module.
 */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ICMP_BURST 6.0
#define UDP_HEADER 8

struct datagram {
	struct addr from, to;
	size_t len;
	char bytes[];
};

uint64_t net_delay(void)
{
	return between(W.net.delay_min, W.net.delay_max);
}

/* No packet leaves or reaches the phone. */
bool net_cut(void)
{
	return W.net.outage || W.link_down || W.asleep || W.router.silent;
}

/* Whether packets pass between the phone and the server's host. */
bool net_path(const struct vserver *s)
{
	return !net_cut() && s->mode != HOST_GONE &&
	       s->mode != PROHIBITED && s->mode != SILENT;
}

bool net_icmp_allowed(struct vserver *s)
{
	struct bucket *b = &s->bucket;

	b->tokens += (double)(W.now - b->at) / SEC;
	b->at = W.now;
	if (b->tokens > ICMP_BURST)
		b->tokens = ICMP_BURST;
	if (b->tokens < 1.0) {
		W.counts->icmp_limited++;
		return false;
	}
	b->tokens -= 1.0;
	return true;
}

void net_icmp_numbers(const struct vserver *s, uint8_t *type, uint8_t *code)
{
	bool v6 = s->addr.family == ADDR_V6;

	*type = v6 ? 1 : 3;
	if (s->mode == CLOSED)
		*code = v6 ? 4 : 3;
	else if (s->mode == HOST_GONE)
		*code = v6 ? 3 : 1;
	else
		*code = v6 ? 1 : 13;
}

struct addr net_router(const struct vserver *s)
{
	struct addr a = s->addr;

	a.ip[s->addr.family == ADDR_V6 ? 15 : 3] = 254;
	a.port = 0;
	return a;
}

static struct datagram *datagram(const struct addr *from, const struct addr *to,
				 const char *buf, size_t len)
{
	struct datagram *d = malloc(sizeof(*d) + len);

	if (!d)
		abort();
	d->from = *from;
	d->to = *to;
	d->len = len;
	memcpy(d->bytes, buf, len);
	return d;
}

/* ---- to the phone ---- */

static void reaches_phone(struct event *e)
{
	struct datagram *d = e->data;
	struct vserver *s = &W.server[e->a];
	struct udp *u = W.udp[d->from.family == ADDR_V6];
	struct msg m;
	bool sip;

	if (!u)
		return;
	if (!net_path(s)) {
		trace_message(s, false, " lost", d->bytes, d->len);
		W.counts->lost++;
		return;
	}
	trace_message(s, false, "", d->bytes, d->len);
	W.counts->received++;
	u->stats.rx++;
	if (chance(0.5))
		module_heard(s);
	sip = msg_parse(&m, d->bytes, d->len);
	if (sip)
		check_rx(s, &m);
	u->ops->received(u->ctx, u, &d->from, d->bytes, d->len);
	if (sip)
		check_rx_done(s, &m);
	module_heard(s);
}

void net_to_phone(struct vserver *s, const char *buf, size_t len)
{
	unsigned int copies = chance(W.net.dup) ? 2 : 1;

	if (copies > 1)
		W.counts->duplicated++;
	if (!net_path(s) || s->mode == CLOSED || chance(W.net.loss)) {
		trace_message(s, false, " lost", buf, len);
		W.counts->lost++;
		return;
	}
	while (copies--)
		after_ns(net_delay(), reaches_phone,
			 datagram(&s->addr, &s->addr, buf, len), s - W.server,
			 0);
}

/* ---- ICMP errors ---- */

static void icmp_reaches_phone(struct event *e)
{
	struct datagram *d = e->data;
	struct vserver *s = &W.server[e->a];
	struct udp *u = W.udp[d->to.family == ADDR_V6];
	struct udp_icmp icmp = {
		.now = { W.now },
		.server = d->to,
		.offender = d->from,
		.type = e->b >> 8,
		.code = e->b & 0xff,
		.error = ECONNREFUSED,
		.quote = (const uint8_t *)d->bytes,
		.quote_len = d->len < W.net.quote ? d->len : W.net.quote,
	};

	if (!u || net_cut())
		return;
	W.counts->icmp++;
	trace("%c > phone  icmp %u/%u%s", s->letter, icmp.type, icmp.code,
	      icmp.quote_len ? "" : " short");
	if (!icmp.quote_len)
		icmp.quote = NULL;
	module_icmp(s, &icmp, (uint16_t)(d->len + UDP_HEADER), 0);
	if (u->recverr && W.udp[d->to.family == ADDR_V6])
		u->ops->icmp(u->ctx, u, &icmp);
}

void net_forged(struct vserver *s)
{
	static const char text[] = "OPTIONS sip:x SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKnobody\r\n\r\n";
	struct addr from = chance(0.5) ? s->addr : net_router(s);
	uint8_t type = s->addr.family == ADDR_V6 ? 1 : 3;

	if (s->addr.transport == TRANSPORT_UDP)
		after_ns(0, icmp_reaches_phone,
			 datagram(&from, &s->addr, text, sizeof(text) - 1),
			 s - W.server, (uint64_t)type << 8 | pick(5));
}

static void bounce(struct vserver *s, const struct datagram *d)
{
	uint64_t wait = net_delay();
	struct addr from = s->addr;
	uint8_t type, code;

	if (s->mode == SILENT || net_cut() || !net_icmp_allowed(s))
		return;
	net_icmp_numbers(s, &type, &code);
	if (s->mode != CLOSED) {
		from = net_router(s);
		if (s->mode == HOST_GONE && chance(0.5))
			wait += between(500 * MS, 3 * SEC);	/* ARP */
	}
	if (chance(W.net.loss))
		return;
	after_ns(wait, icmp_reaches_phone,
		 datagram(&from, &s->addr, d->bytes, d->len), s - W.server,
		 (uint64_t)type << 8 | code);
}

/* ---- from the phone ---- */

static void lost_from_phone(struct vserver *s, const char *buf, size_t len)
{
	struct msg m;

	trace_message(s, true, " lost", buf, len);
	W.counts->lost++;
	if (msg_parse(&m, buf, len) && msg_is(&m, "BYE") && !m.status)
		farend_bye_lost(m.call_id);
}

static void reaches_server(struct event *e)
{
	struct datagram *d = e->data;
	struct vserver *s = &W.server[e->a];
	struct peer from = { d->from, 0 };

	if (!net_path(s) || s->mode == CLOSED) {
		lost_from_phone(s, d->bytes, d->len);
		bounce(s, d);
		return;
	}
	if (keep_is(d->bytes, d->len))
		keep_receive(s, &d->from, d->bytes);
	else
		server_receive(s, &from, d->bytes, d->len);
}

/* What the own stack says at once. */
static void send_fails(struct event *e)
{
	struct datagram *d = e->data;
	struct udp *u = W.udp[d->to.family == ADDR_V6];

	if (u)
		u->ops->send_failed(u->ctx, u, &d->to, -ENETUNREACH, d->bytes,
				    d->len);
}

void net_from_phone(struct udp *u, const struct addr *to, const char *buf,
		    size_t len)
{
	unsigned int copies = chance(W.net.dup) ? 2 : 1;
	struct vserver *s = server_at_addr(to);
	struct addr from = u->local;

	if (!s)
		return;
	memcpy(from.ip, W.phone[u->family == ADDR_V6].ip, sizeof(from.ip));
	W.counts->sent++;
	if (!keep_is(buf, len))
		check_tx(s, buf, len);
	trace_message(s, true, "", buf, len);
	if (W.link_down || chance(W.net.loss)) {
		lost_from_phone(s, buf, len);
		if (W.link_down && W.no_route)
			after_ns(0, send_fails, datagram(&from, to, buf, len),
				 0, 0);
		return;
	}
	while (copies--)
		after_ns(net_delay(), reaches_server,
			 datagram(&from, to, buf, len), s - W.server, 0);
}
