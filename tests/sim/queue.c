// SPDX-License-Identifier: BSD-2-Clause
/* Virtual time: what is to happen, in order, and the agent's one deadline. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define SPIN_MAX 2000	/* expiries and events at one moment */

static struct {
	struct event *heap;
	size_t n, size;
	uint64_t order;
} queue;

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(size_t a, size_t b)
{
	struct event e = queue.heap[a];

	queue.heap[a] = queue.heap[b];
	queue.heap[b] = e;
}

void after_ns(uint64_t ns, void (*run)(struct event *e), void *data, uint64_t a,
	      uint64_t b)
{
	size_t i = queue.n;

	if (queue.n == queue.size) {
		queue.size = queue.size ? 2 * queue.size : 256;
		queue.heap = realloc(queue.heap,
				     queue.size * sizeof(*queue.heap));
		if (!queue.heap)
			abort();
	}
	queue.n++;
	queue.heap[i] = (struct event){ W.now + ns, queue.order++, run, data,
					a, b };
	while (i && before(&queue.heap[i], &queue.heap[(i - 1) / 2])) {
		swap(i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
}

static struct event take(void)
{
	struct event e = queue.heap[0];
	size_t i = 0, least;

	queue.heap[0] = queue.heap[--queue.n];
	for (;;) {
		least = i;
		for (size_t c = 2 * i + 1; c <= 2 * i + 2; c++)
			if (c < queue.n &&
			    before(&queue.heap[c], &queue.heap[least]))
				least = c;
		if (least == i)
			return e;
		swap(i, least);
		i = least;
	}
}

void queue_clear(void)
{
	for (size_t i = 0; i < queue.n; i++)
		free(queue.heap[i].data);
	queue.n = 0;
	queue.order = 0;
}

/* What the ring does after a batch of completions. */
void turn(void)
{
	if (W.ring && W.ring->batch_end)
		W.ring->batch_end(W.ring->agent);
	check_turn();
}

static uint64_t agent_due(void)
{
	struct mono at = W.ring ? W.ring->deadline : MONO_NEVER;

	return mono_is_never(at) || W.asleep ? UINT64_MAX :
					       at.ns + W.timer_lag;
}

bool run_until(uint64_t until)
{
	uint64_t spins = 0, last = 0;

	while (!W.failed && !(W.ring && W.ring->stop)) {
		uint64_t timer = agent_due();
		uint64_t next = queue.n ? queue.heap[0].at : UINT64_MAX;

		if ((timer < next ? timer : next) > until) {
			W.now = until > W.now ? until : W.now;
			break;
		}
		if (next <= timer) {
			struct event e = take();

			W.now = e.at > W.now ? e.at : W.now;
			e.run(&e);
			free(e.data);
		} else if (timer > W.now) {
			W.now = timer;
		}
		spins = W.now == last ? spins + 1 : 0;
		last = W.now;
		if (spins > SPIN_MAX) {
			violated("spin", "%d steps without time going on",
				 SPIN_MAX);
			break;
		}
		if (W.ring && agent_due() <= W.now) {
			W.ring->deadline = MONO_NEVER;
			W.ring->expired(W.ring->agent,
					(struct mono){ W.now });
		}
		turn();
	}
	return !W.failed;
}
