// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * explore [-l] [-f] [-x NAME], explore -i: every state that the failover
 * machines and the servers' health can reach together within some bounds,
 * breadth first, with every invariant in each.  TAP: two points for each set of
 * bounds.  At a violation the shortest way there is printed.
 *
 *   -l  the long ones too
 *   -x  only the bounds of that name
 *   -f  for a planted fault: no points; "violated: NAME" and status 1
 *   -i  the names of the invariants
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../tap.h"

#include "bounds.h"
#include "invariant.h"
#include "normal.h"
#include "show.h"
#include "store.h"
#include "walk.h"

/* One exploration. */
struct run {
	struct store store;
	uint64_t transitions;
	uint32_t depth;
	bool cut_depth, cut_states;
	/* where it ended with a violation */
	bool wrong;
	enum invariant what;
	char text[200];
	uint32_t state;
	bool in_state;		/* in it already, not by ev */
	struct event ev;
	uint8_t chance;
};

static sigjmp_buf trapped;

static void on_trap(int signal)
{
	siglongjmp(trapped, signal);
}

static void trap_signals(void)
{
	struct sigaction act = { .sa_handler = on_trap,
				 .sa_flags = SA_NODEFER };

	sigaction(SIGILL, &act, NULL);
	sigaction(SIGTRAP, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGABRT, &act, NULL);
}

static void note(struct run *r, enum invariant what, const char *text)
{
	r->wrong = true;
	r->what = what;
	snprintf(r->text, sizeof(r->text), "%s", text);
}

/* The successors of one state, before it is known which are new. */
struct found {
	struct world w;
	uint8_t key[KEY_MAX];
	uint64_t hash;
	struct event ev;
	uint8_t chance;
};

static struct found batch[EVENTS_MAX * 4];
static unsigned int batch_n;

/* One successor; false: it breaks an invariant. */
static bool successor(struct run *r, const struct world *w, struct outcome *o)
{
	struct found *f = &batch[batch_n];
	enum invariant what;
	const char *text;

	violation_clear();
	f->w = *w;
	happen(&f->w, r->ev, r->chance, o);
	r->transitions++;
	if (violation(&what, &text)) {
		note(r, what, text);
		return false;
	}
	normalise(&f->w);
	if (!pack(&f->w, f->key)) {
		note(r, I_KEY, "a time is off the grid");
		return false;
	}
	f->hash = store_hash(&r->store, f->key);
	f->ev = r->ev;
	f->chance = r->chance;
	store_ahead_slot(&r->store, f->hash);
	batch_n++;
	return true;
}

static bool add_batch(struct run *r)
{
	struct world back;
	bool added;

	for (unsigned int i = 0; i < batch_n; i++)
		store_ahead_key(&r->store, batch[i].hash);
	for (unsigned int i = 0; i < batch_n; i++) {
		const struct found *f = &batch[i];
		struct step_from from = { r->state, f->ev, f->chance };

		if (store_add(&r->store, f->key, f->hash, from, &added) ==
		    STORE_NONE) {
			r->cut_states = true;
			return true;
		}
		if (!added)
			continue;
		unpack(f->key, &back);
		/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
		if (memcmp(&back, &f->w, sizeof(back)) != 0) {
			note(r, I_KEY, "a field is not in the key");
			r->ev = f->ev;
			r->chance = f->chance;
			return false;
		}
	}
	return true;
}

/* What is wrong with the state itself. */
static bool wrong_state(struct run *r, const struct world *w,
			void (*try)(const struct world *w))
{
	enum invariant what;
	const char *text;

	r->in_state = true;
	violation_clear();
	try(w);
	if (violation(&what, &text)) {
		note(r, what, text);
		return true;
	}
	r->in_state = false;
	return false;
}

/* All that can come of one state. */
static bool expand(struct run *r)
{
	struct event ev[EVENTS_MAX];
	struct world w;
	unsigned int n;

	unpack(store_key(&r->store, r->state), &w);
	if (wrong_state(r, &w, try_meaningless))
		return false;
	n = events(&w, ev);
	batch_n = 0;
	for (unsigned int i = 0; i < n; i++) {
		unsigned int chances = 1;

		r->ev = ev[i];
		for (unsigned int k = 0; k < chances; k++) {
			struct outcome o;

			r->chance = (uint8_t)k;
			if (!successor(r, &w, &o))
				return false;
			if (o.draws > 2) {
				note(r, I_KEY, "more random numbers than two");
				return false;
			}
			chances = 1u << o.draws;
		}
	}
	return add_batch(r);
}

static void first_state(struct run *r)
{
	uint8_t key[KEY_MAX];
	struct world w;
	bool added;

	world_init(&w);
	normalise(&w);
	if (!store_open(&r->store, pack(&w, key), bounds->states_max)) {
		printf("Bail out! no memory for %u states\n",
		       bounds->states_max);
		exit(2);
	}
	store_add(&r->store, key, store_hash(&r->store, key),
		  (struct step_from){ .state = STORE_NONE }, &added);
}

#define RECOVERY_EACH 8	/* from one state in so many: it is long */

/* Last, so that what is broken on the way is found there first. */
static void recover(struct run *r)
{
	struct world w;

	for (r->state = 0; r->state < r->store.n && !r->wrong;
	     r->state += RECOVERY_EACH) {
		unpack(store_key(&r->store, r->state), &w);
		if (wrong_state(r, &w, try_recovery))
			return;
	}
}

static void explore(struct run *r)
{
	uint32_t level_end = 1;

	for (r->state = 0; r->state < r->store.n; r->state++) {
		if (r->state == level_end) {
			if (bounds->depth_max && r->depth + 1 >= bounds->depth_max) {
				r->cut_depth = true;
				break;
			}
			r->depth++;
			level_end = r->store.n;
		}
		if (!expand(r) || r->cut_states)
			break;
	}
	if (!r->wrong)
		recover(r);
}

/* A trap of the code explored, or a wild pointer, is a violation too. */
static void explore_trapped(struct run *r)
{
	int signal = sigsetjmp(trapped, 1);

	if (!signal)
		explore(r);
	else
		note(r, signal == SIGSEGV ? I_TOTAL : I_FITS,
		     signal == SIGSEGV ? "bad address" : "trap");
}

static void show_violation(const struct run *r)
{
	printf("# violated: %s (%s): %s\n", invariant_name(r->what),
	       invariant_text(r->what), r->text);
	fflush(stdout);
	if (sigsetjmp(trapped, 1)) {
		printf("# here it ends by a signal\n");
		return;
	}
	show_run(&r->store, r->state, r->in_state ? NULL : &r->ev, r->chance);
}

static void tell_extent(const struct run *r, double s)
{
	printf("# %u states of %u bytes, %llu transitions, depth %u, %.1f s; at most: queue %u, actions of a line %u of %d, of a server %u of %d, random numbers %u\n",
	       r->store.n, r->store.key_size,
	       (unsigned long long)r->transitions, r->depth, s, extent.queue,
	       extent.line_acts, FO_ACTS_MAX, extent.health_acts,
	       HEALTH_ACTS_MAX, extent.draws);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

/* Whether an invariant was broken. */
static bool run_one(const struct bounds *b, bool fault)
{
	static struct run r;
	double start = seconds();
	unsigned int steps;
	bool wrong, good;
	char end[40];

	memset(&r, 0, sizeof(r));
	memset(&extent, 0, sizeof(extent));
	bounds = b;
	first_state(&r);
	explore_trapped(&r);
	if (r.wrong)
		show_violation(&r);
	else
		tell_extent(&r, seconds() - start);
	if (fault) {
		if (r.wrong)
			printf("violated: %s\n", invariant_name(r.what));
	} else {
		snprintf(end, sizeof(end), r.cut_depth ?
			 "every path of %u steps" : "closed", r.depth + 1);
		ok(!r.wrong && !r.cut_states,
		   "%s: %u line%s, %u server%s, %u call%s; %u states, %s",
		   b->name, b->lines, plural(b->lines), b->servers,
		   plural(b->servers), b->calls, plural(b->calls), r.store.n,
		   r.wrong ? "a violation" : r.cut_states ? "too many" : end);
		good = walk_check(&steps);
		ok(good, "%s: normalising loses nothing in %u steps of walks",
		   b->name, steps);
	}
	wrong = r.wrong;
	store_close(&r.store);
	return wrong;
}

static bool wanted(const struct listed_bounds *l, const char *only,
		   bool long_ones)
{
	if (only)
		return strcmp(only, l->b.name) == 0;
	return l->when == IN_GATE || (l->when == LONG && long_ones);
}

int main(int argc, char **argv)
{
	bool long_ones = false, fault = false, wrong = false;
	const char *only = NULL;
	int c;

	while ((c = getopt(argc, argv, "filx:")) != -1) {
		switch (c) {
		case 'f':
			fault = true;
			break;
		case 'i':
			for (int i = 0; i < INVARIANTS; i++)
				puts(invariant_name(i));
			return 0;
		case 'l':
			long_ones = true;
			break;
		case 'x':
			only = optarg;
			break;
		default:
			return 64;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	trap_signals();
	for (unsigned int i = 0; i < n_bounds; i++)
		if (wanted(&all_bounds[i], only, long_ones))
			wrong |= run_one(&all_bounds[i].b, fault);
	return fault ? wrong : tap_done();
}
