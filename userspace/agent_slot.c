/* SPDX-License-Identifier: BSD-2-Clause */
/* The slots of client requests: a fixed number, found by branch or by length. */
#include "agent_slot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent_timers.h"
#include "io/log.h"
#include "io/random.h"

#define BUF_FIRST 4096

int requests_open(struct agent *a, uint32_t n, uint32_t warm)
{
	struct timerq_entry *heap;
	uint32_t *pos, i;

	/* Zeroed pages that nobody has touched take no memory: those of slots
	 * that were never used stay so. */
	a->request = calloc(n, sizeof(*a->request));
	if (!a->request)
		return -ENOMEM;
	a->n_requests = n;
	heap = calloc(n, sizeof(*heap));
	pos = calloc(n, sizeof(*pos));
	if (!heap || !pos) {
		free(heap);
		free(pos);
		return -ENOMEM;
	}
	timerq_init(&a->answered, heap, pos, n);
	a->warm_requests = warm;
	a->free_request = AGENT_NONE;
	for (i = 0; i < warm && i < n; i++) {
		a->request[i].buf = malloc(BUF_FIRST);
		if (!a->request[i].buf)
			return -ENOMEM;
		a->request[i].size = BUF_FIRST;
	}
	return 0;
}

/* All slots are in use: one whose request was answered, and which only waits
 * for the answer to be repeated (timers D and K), is worth less than a new
 * request.  The one that has the least left to wait. */
static void reclaim(struct agent *a)
{
	uint32_t i;

	if (!timerq_pop_due(&a->answered, MONO_NEVER, &i))
		return;
	a->stats.slots_reclaimed++;
	request_free(a, i);
}

/* A free slot, not yet taken; AGENT_NONE: there is none. */
static uint32_t free_slot(struct agent *a)
{
	bool fresh = a->used_requests < a->n_requests;

	if (a->free_request == AGENT_NONE && !fresh)
		reclaim(a);
	if (a->free_request != AGENT_NONE || !fresh)
		return a->free_request;
	a->request[a->used_requests].next = AGENT_NONE;
	a->free_request = a->used_requests++;
	return a->free_request;
}

uint32_t request_new(struct agent *a, uint32_t server)
{
	struct server *s = &a->server[server];
	struct request *r;
	char *buf;
	uint32_t i;

	i = free_slot(a);
	if (i == AGENT_NONE) {
		a->stats.no_slot++;
		log_warning("request refused: all %u slots are in use",
			    a->n_requests);
		return AGENT_NONE;
	}
	r = &a->request[i];
	buf = r->buf;
	if (!buf) {
		buf = malloc(BUF_FIRST);
		if (!buf) {
			a->stats.no_memory++;
			return AGENT_NONE;
		}
		r->buf = buf;
		r->size = BUF_FIRST;
	}
	a->free_request = r->next;
	a->busy_requests++;
	*r = (struct request){
		.used = true,
		.line = AGENT_NONE,
		.call = AGENT_NONE,
		.server = server,
		.buf = buf,
		.size = r->size,
		.next = s->requests,
		.prev = AGENT_NONE,
		.line_next = AGENT_NONE,
		.line_prev = AGENT_NONE,
	};
	if (s->requests != AGENT_NONE)
		a->request[s->requests].prev = i;
	s->requests = i;
	return i;
}

void request_of_line(struct agent *a, uint32_t i, uint32_t l)
{
	struct request *r = &a->request[i];

	r->line = l;
	if (l == AGENT_NONE)
		return;
	r->line_next = a->line[l].requests;
	if (r->line_next != AGENT_NONE)
		a->request[r->line_next].line_prev = i;
	a->line[l].requests = i;
}

static void leave_line(struct agent *a, const struct request *r)
{
	if (r->line == AGENT_NONE)
		return;
	if (r->line_prev != AGENT_NONE)
		a->request[r->line_prev].line_next = r->line_next;
	else
		a->line[r->line].requests = r->line_next;
	if (r->line_next != AGENT_NONE)
		a->request[r->line_next].line_prev = r->line_prev;
}

void request_shrink(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];
	char *buf;

	if (i < a->warm_requests)
		return;
	buf = realloc(r->buf, r->len);
	if (!buf)
		return;
	r->buf = buf;
	r->size = r->len;
}

void request_new_branch(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];

	memcpy(r->branch, "z9hG4bK", 7);
	random_hex(r->branch + 7, AGENT_BRANCH_LEN - 7);
	r->hash = lookup_hash(&a->requests_by_branch, r->branch,
			      strlen(r->branch));
	lookup_add(&a->requests_by_branch, r->hash, i);
}

/* The 482 of a second copy is told once the first copy can no more answer. */
static void tell_held_482(struct agent *a, const struct request *first)
{
	struct agent_call *k = &a->call[first->call];
	struct fo_ev ev = {
		.type = FO_EV_RESULT,
		.req = FO_REQ_INVITE,
		.call = k->slot,
		.server = k->held_index,
		.outcome = FO_REJECTED,
		.attempt = k->held_attempt,
		.status = k->held_status,
	};

	if (k->number != first->call_number || !k->held_status)
		return;
	k->held_status = 0;
	agent_post_line(a, k->line, &ev);
}

void request_detach(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];

	if (r->what == REQUEST_LINE && a->line[r->line].request[r->req] == i)
		a->line[r->line].request[r->req] = AGENT_NONE;
	if (r->what == REQUEST_SUBSCRIBE) {
		uint32_t s = a->line[r->line].subscription;

		if (a->subscription[s].request == i)
			a->subscription[s].request = AGENT_NONE;
	}
	if (r->what == REQUEST_CALL && a->call[r->call].invite == i)
		a->call[r->call].invite = AGENT_NONE;
	if (r->what == REQUEST_CALL && a->call[r->call].bye == i)
		a->call[r->call].bye = AGENT_NONE;
	if (r->what == REQUEST_DIALOG && a->call[r->call].asking == i)
		a->call[r->call].asking = AGENT_NONE;
}

void request_free(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];

	if (r->hash)
		lookup_del(&a->requests_by_branch, r->hash, i);
	if (r->prev != AGENT_NONE)
		a->request[r->prev].next = r->next;
	else
		a->server[r->server].requests = r->next;
	if (r->next != AGENT_NONE)
		a->request[r->next].prev = r->prev;
	leave_line(a, r);
	request_detach(a, i);
	r->used = false;
	request_file(a, i);
	if (i >= a->warm_requests) {
		free(r->buf);
		r->buf = NULL;
		a->trim = true;
	}
	a->busy_requests--;
	/* Last in, first out: its buffer is there and warm. */
	r->next = a->free_request;
	a->free_request = i;
	agent_timer_request(a, i);
	if (r->what == REQUEST_CALL && r->abandoned)
		tell_held_482(a, r);
}

uint32_t request_by_branch(const struct agent *a, const char *branch,
			   enum sip_method method)
{
	uint64_t hash = lookup_hash(&a->requests_by_branch, branch,
				    strlen(branch));
	uint32_t it = LOOKUP_FIRST, i;

	while (lookup_next(&a->requests_by_branch, hash, &it, &i))
		if (strcmp(a->request[i].branch, branch) == 0 &&
		    (method == SIP_OTHER || a->request[i].method == method))
			return i;
	return AGENT_NONE;
}

/* ---- what state it is in ---- */

static uint64_t length_hash(uint32_t server, uint32_t len)
{
	return lookup_hash_number((uint64_t)server << 32 | len);
}

/* The first of the ring of those to the server that have that length. */
static uint32_t first_of_length(const struct agent *a, uint32_t server,
				uint32_t len)
{
	uint64_t hash = length_hash(server, len);
	uint32_t it = LOOKUP_FIRST, i;

	while (lookup_next(&a->requests_by_length, hash, &it, &i))
		if (a->request[i].server == server &&
		    a->request[i].asks_len == len)
			return i;
	return AGENT_NONE;
}

/* At its end: the first is the oldest. */
static void length_add(struct agent *a, uint32_t i, uint32_t len)
{
	struct request *r = &a->request[i], *first;
	uint32_t f = first_of_length(a, r->server, len);

	r->asks_len = len;
	r->ask_next = r->ask_prev = i;
	if (f == AGENT_NONE) {
		lookup_add(&a->requests_by_length, length_hash(r->server, len),
			   i);
		return;
	}
	first = &a->request[f];
	r->ask_next = f;
	r->ask_prev = first->ask_prev;
	a->request[first->ask_prev].ask_next = i;
	first->ask_prev = i;
}

static void length_del(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];
	uint64_t hash = length_hash(r->server, r->asks_len);

	if (first_of_length(a, r->server, r->asks_len) == i) {
		lookup_del(&a->requests_by_length, hash, i);
		if (r->ask_next != i)
			lookup_add(&a->requests_by_length, hash, r->ask_next);
	}
	a->request[r->ask_next].ask_prev = r->ask_prev;
	a->request[r->ask_prev].ask_next = r->ask_next;
	r->asks_len = 0;
}

void request_file(struct agent *a, uint32_t i)
{
	struct request *r = &a->request[i];
	bool asks = r->used && r->txn.state == TXN_CALLING && !r->wide;
	bool answered = r->used && r->txn.state == TXN_COMPLETED && !r->in_hand;
	uint32_t len = asks ? (uint32_t)r->len : 0;

	if (r->asks_len && r->asks_len != len)
		length_del(a, i);
	if (len && !r->asks_len)
		length_add(a, i, len);
	timerq_set(&a->answered, i, answered ? r->txn.end_at : MONO_NEVER);
}

uint32_t request_by_length(const struct agent *a, uint32_t server,
			   uint16_t udp_len)
{
	return udp_len > 8 ? first_of_length(a, server, udp_len - 8u) :
			     AGENT_NONE;
}
