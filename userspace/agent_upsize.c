/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests that are too large for a datagram: to the UDP server's address
 * and port by TCP, and by UDP all the same when that fails.  The connection is a
 * server's own beside its datagrams: nothing that happens to it is evidence.
 */
#include "agent_upsize.h"
#include "agent_find.h"
#include "agent_hold.h"
#include "agent_ladder.h"
#include "agent_request.h"
#include "agent_server.h"
#include "agent_slot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/log.h"

/* A connect that nobody answers must leave time for UDP. */
#define CONNECT_T1 4

static bool may_grow(const struct request *r)
{
	return r->what == REQUEST_LINE || r->what == REQUEST_CALL ||
	       r->what == REQUEST_DIALOG;
}

static bool wide_ready(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	struct addr own, peer;

	if (server->wide && tcp_addresses(&a->tcp, server->wide, &own, &peer))
		return true;
	if (server->local.family == ADDR_NONE)
		return false;
	find_set_flow(a, s, &server->wide,
		      tcp_connect(&a->tcp, &server->addr, &server->local,
				  CONNECT_T1 * a->conf->t1_ms));
	return server->wide;
}

/* Another Via; what else is in the request stays, its CSeq and credentials. */
static bool readdress(struct request *r, const struct addr *own)
{
	char sent_by[ADDR_STRLEN];
	int len = sip_rebranch(r->buf, r->len, r->size, own->transport,
			       addr_print(own, sent_by), r->branch);

	if (len > 0)
		r->len = (size_t)len;
	return len > 0;
}

void upsize_request(struct agent *a, struct request *r)
{
	struct server *server = &a->server[r->server];
	struct addr own, peer;

	if (server->addr.transport != TRANSPORT_UDP || !may_grow(r) ||
	    !upsize_wanted(&server->upsize, a->conf->tcp_above, r->len,
			   a->now) ||
	    !wide_ready(a, r->server) ||
	    !tcp_addresses(&a->tcp, server->wide, &own, &peer))
		return;
	own.transport = TRANSPORT_TCP;
	if (!readdress(r, &own))
		return;
	r->wide = true;
	r->flow = server->wide;
	a->stats.tx_wide++;
	log_debug("request by tcp method=%s server=%s len=%zu",
		  sip_method_name(r->method), server->name, r->len);
}

int upsize_send_by(struct agent *a, uint32_t s, tcp_flow f, const void *buf,
		   size_t len)
{
	int ret = tcp_send(&a->tcp, f, buf, len);

	if (!ret)
		ladder_sent(a, s, &a->server[s].addr, f, buf, len);
	return ret;
}

int upsize_send(struct agent *a, uint32_t s, const void *buf, size_t len)
{
	if (!wide_ready(a, s))
		return -ENOTCONN;
	return upsize_send_by(a, s, a->server[s].wide, buf, len);
}

static bool copy_bytes(struct agent *a, struct request *to,
		       const struct request *from)
{
	if (to->size < from->size) {
		char *buf = realloc(to->buf, from->size);

		if (!buf) {
			a->stats.no_memory++;
			return false;
		}
		to->buf = buf;
		to->size = from->size;
	}
	memcpy(to->buf, from->buf, from->len);
	to->len = from->len;
	return true;
}

uint32_t upsize_undo(struct agent *a, uint32_t i, bool timed_out)
{
	struct request *old = &a->request[i];
	struct server *server = &a->server[old->server];
	struct addr own;
	uint32_t n;

	/* That it was taken and not answered is the server's fault. */
	if (!old->wide || old->abandoned || !may_grow(old) ||
	    (timed_out && tcp_is_connected(&a->tcp, old->flow)))
		return AGENT_NONE;
	if (!a->held)
		upsize_failed(&server->upsize, a->now);
	log_info("request by udp after all method=%s server=%s",
		 sip_method_name(old->method), server->name);
	n = request_successor(a, i);
	if (n == AGENT_NONE)
		return AGENT_NONE;
	a->request[n].challenges = old->challenges;
	request_new_branch(a, n);
	server_own_address(a, old->server, &own);
	if (!copy_bytes(a, &a->request[n], old) ||
	    !readdress(&a->request[n], &own))
		a->request[n].len = 0;	/* cannot be sent: it fails */
	return n;
}

bool upsize_closed(struct agent *a, tcp_flow f)
{
	uint32_t s = server_of_wide(a, f), r, next;

	if (s == AGENT_NONE)
		return false;
	find_set_flow(a, s, &a->server[s].wide, 0);
	for (r = a->server[s].requests; r != AGENT_NONE; r = next) {
		next = a->request[r].next;
		if (a->request[r].flow == f && !a->request[r].abandoned)
			request_flow_ended(a, r);
	}
	return true;
}
