// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Slots of requests: the right one is found by its length, and given up when all
 * are in use, as by a walk through all. */
#include "../tap.h"

#include <stdlib.h>
#include <string.h>

#include "../../userspace/agent.h"
#include "../../userspace/agent_find.h"
#include "../../userspace/agent_slot.h"
#include "../../userspace/core/rng.h"

#define SLOTS 48
#define SERVERS 3

static struct agent agent;
static struct conf conf;
static struct rng rng = { .state = 11 };
static unsigned int born[SLOTS], births;	/* when it began to ask */

static void open_all(void)
{
	uint32_t s;

	agent.conf = &conf;
	agent.server = calloc(SERVERS, sizeof(*agent.server));
	if (!agent.server || requests_open(&agent, SLOTS, 4) ||
	    find_table(&agent.requests_by_branch, SLOTS, 1) ||
	    find_table(&agent.requests_by_length, SLOTS, 0))
		abort();
	for (s = 0; s < SERVERS; s++)
		agent.server[s].requests = AGENT_NONE;
	timerq_init(&agent.timers, calloc(SLOTS, sizeof(struct timerq_entry)),
		    calloc(SLOTS, sizeof(uint32_t)), SLOTS);
}

static void close_all(void)
{
	uint32_t i;

	for (i = 0; i < SLOTS; i++)
		free(agent.request[i].buf);
	free(agent.request);
	free(agent.server);
	free(agent.timers.heap);
	free(agent.timers.pos);
	free(agent.answered.heap);
	free(agent.answered.pos);
	free(agent.requests_by_branch.cell);
	free(agent.requests_by_length.cell);
}

static bool asks(const struct request *r)
{
	return r->used && r->txn.state == TXN_CALLING && !r->wide;
}

static uint32_t walk_length(uint32_t server, size_t len)
{
	uint32_t i, found = AGENT_NONE;

	for (i = 0; i < SLOTS; i++)
		if (asks(&agent.request[i]) && agent.request[i].len == len &&
		    agent.request[i].server == server &&
		    (found == AGENT_NONE || born[i] < born[found]))
			found = i;
	return found;
}

static uint32_t walk_worthless(void)
{
	uint32_t i, best = AGENT_NONE;

	for (i = 0; i < SLOTS; i++) {
		const struct request *r = &agent.request[i];

		if (r->used && r->txn.state == TXN_COMPLETED && !r->in_hand &&
		    (best == AGENT_NONE || r->txn.end_at.ns <
					   agent.request[best].txn.end_at.ns))
			best = i;
	}
	return best;
}

static unsigned int differ(void)
{
	unsigned int wrong = 0;
	uint32_t s, len;

	for (s = 0; s < SERVERS; s++)
		for (len = 500; len < 504; len++)
			wrong += request_by_length(&agent, s,
						   (uint16_t)(len + 8)) !=
				 walk_length(s, len);
	return wrong;
}

static void change(uint32_t i)
{
	struct request *r = &agent.request[i];
	bool asked = asks(r);

	if (!r->used)
		return;
	switch (rng_below(&rng, 6)) {
	case 0:
		r->txn.state = TXN_CALLING;
		break;
	case 1:
		r->txn.state = TXN_PROCEEDING;
		break;
	case 2:
		r->txn.state = TXN_COMPLETED;
		r->txn.end_at.ns = 100 + rng_below(&rng, 20);
		break;
	case 3:
		r->in_hand = !r->in_hand;
		break;
	case 4:
		r->wide = !r->wide;
		break;
	default:
		request_free(&agent, i);
		return;
	}
	if (!asked)
		born[i] = ++births;
	request_file(&agent, i);
}

static void test_walk(void)
{
	unsigned int i, wrong = 0, reclaimed = 0, refused = 0, odd = 0;

	for (i = 0; i < 20000; i++) {
		bool full = agent.busy_requests == SLOTS;
		uint32_t worthless = walk_worthless(), n;

		if (i % 3 == 0) {
			change(rng_below(&rng, SLOTS));
			wrong += differ();
			continue;
		}
		n = request_new(&agent, rng_below(&rng, SERVERS));
		if (full) {
			odd += n != worthless;
			reclaimed += n != AGENT_NONE;
			refused += n == AGENT_NONE;
		}
		if (n == AGENT_NONE)
			continue;
		agent.request[n].what = REQUEST_NOBODY;
		agent.request[n].len = 500 + rng_below(&rng, 4);
		born[n] = ++births;
		request_file(&agent, n);
		wrong += differ();
	}
	is_int(wrong, 0, "found by length: the oldest that waits for an answer");
	is_int(odd, 0, "given up: who has the least to wait for");
	ok(reclaimed > 100 && refused > 100, "%u given up, %u times none was",
	   reclaimed, refused);
	is_int(agent.stats.slots_reclaimed, reclaimed, "and counted");
	is_int(request_by_length(&agent, 0, 0), AGENT_NONE, "no length");
	is_int(request_by_length(&agent, 0, 8), AGENT_NONE, "an empty one");
	for (i = 0; i < SLOTS; i++)
		if (agent.request[i].used)
			request_free(&agent, i);
	is_int(agent.requests_by_length.used + agent.answered.n, 0,
	       "nothing is left behind");
}

int main(void)
{
	open_all();
	test_walk();
	close_all();
	return tap_done();
}
