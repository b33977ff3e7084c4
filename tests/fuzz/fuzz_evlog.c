/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event log from anybody: a whole file, or a well-formed one whose states and
 * events are arbitrary bytes.  Replaying it does no harm, and twice the same.
 */
#include "fuzz.h"

#include <errno.h>

#include "codec/evlog.h"
#include "replay.h"

#define LOG_SIZE 16384

static FILE *nowhere;

static int play(const void *mem, size_t size, struct replay_result *r)
{
	const char *why = NULL;
	int ret = replay(mem, size, nowhere, r, &why);

	must(ret == 0 || (ret == -EPROTO && why && *why));
	must(r->differ <= r->steps && r->torn <= r->steps &&
	     r->unfinished <= r->steps);
	return ret;
}

static void feed_bytes(struct feed *f, void *to, size_t size)
{
	uint8_t *p = to;

	while (size--)
		*p++ = feed_u8(f);
}

/* Machines as they begin, with some bytes overwritten: whole ones from chance
 * are refused too soon. */
static void begin_state(struct feed *f, uint8_t kind, struct evlog_entry *e)
{
	struct fo_cfg fo = { .n_servers = 1 + feed_u8(f) % FO_SERVERS_MAX,
			     .register_before_resend = feed_u8(f) & 1,
			     .failback = true, .failback_ms = 60000,
			     .retry_base_ms = 30000, .retry_max_ms = 1800000 };
	struct txn_cfg txn = { 500, 4000, 5000, .retries = 3 };
	struct pulse_cfg pulse = { .stun = { .interval_ms = 29000,
					     .rto_ms = 500,
					     .mode = STUNKEEP_STUN },
				   .options_ms = 30000 };
	struct subscription_cfg sub = { .timer_n_ms = 32000, .follow = true };
	size_t len = evlog_state_len(kind);
	uint8_t n = feed_u8(f) % 6;

	memset(e, 0, sizeof(*e));
	if (kind == EVLOG_LINE)
		fo_init(&e->state.fo, &fo, 1);
	else if (kind == EVLOG_HEALTH)
		health_init(&e->state.health, (struct mono){ 0 }, 30000);
	else if (kind == EVLOG_REQUEST || kind == EVLOG_REPLY)
		txn_init(&e->state.txn, feed_u8(f) % TXN_KINDS, &txn);
	else if (kind == EVLOG_KEEPALIVE)
		keepalive_init(&e->state.keepalive, 120000, 15000, 1);
	else if (kind == EVLOG_PULSE)
		pulse_init(&e->state.pulse, &pulse, (struct mono){ 0 }, 1);
	else if (kind == EVLOG_SUBSCRIPTION)
		subscription_init(&e->state.subscription, &sub, 1);
	while (n-- && len) {
		size_t at = feed_u16(f) % len;

		((uint8_t *)&e->state)[at] = feed_u8(f);
	}
	feed_bytes(f, &e->ev, evlog_ev_len(kind));
}

static void build_and_play(struct feed *f)
{
	static _Alignas(8) uint8_t mem[LOG_SIZE];
	struct replay_result once, twice;
	struct evlog log;
	int ret;

	must(evlog_begin(&log, mem, sizeof(mem), "line 0 a\n", 9) == 0);
	while (f->left) {
		uint8_t kind = feed_u8(f) % EVLOG_KINDS, i = feed_u8(f) % 3;
		uint8_t result[64];
		struct evlog_entry e;
		size_t n;

		begin_state(f, kind, &e);
		evlog_step(&log, kind, i, evlog_state_len(kind) ? &e.state :
			   NULL, &e.ev);
		n = feed_u8(f) % sizeof(result);
		if (n == 63)
			continue;	/* it died there */
		feed_bytes(f, result, n);
		evlog_result(&log, kind, i, result, n);
	}
	ret = play(mem, sizeof(mem), &once);
	must(play(mem, sizeof(mem), &twice) == ret);
	must(memcmp(&once, &twice, sizeof(once)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	struct replay_result r;
	void *copy;

	if (!nowhere)
		nowhere = fopen("/dev/null", "we");
	must(nowhere);
	if (!size)
		return 0;
	if (feed_u8(&f) & 1) {
		build_and_play(&f);
		return 0;
	}
	copy = exact_copy(data + 1, size - 1);
	play(copy, size - 1, &r);
	free(copy);
	return 0;
}
