// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * codec/evlog and replay: what is recorded is read again, however often the ring
 * went round; what was decided is decided again; what was altered or damaged is
 * found.
 */
#include <errno.h>
#include <stdlib.h>

#include "codec/evlog.h"
#include "replay.h"
#include "tap.h"

#define NAMES "server 0 192.0.2.1:5060;udp\nline 0 alice\n"

static _Alignas(8) uint8_t mem[64 * 1024];
static struct evlog log_;
static char text[1 << 20];
static struct replay_result got;
static const char *why;

static void begin(size_t size)
{
	is_int(evlog_begin(&log_, mem, size, NAMES, strlen(NAMES)), 0,
	       "a log of %zu bytes begins", size);
}

static void record_line(struct fo *fo, const struct fo_ev *ev)
{
	struct fo_acts acts;

	evlog_step(&log_, EVLOG_LINE, 0, fo, ev);
	fo_step(fo, ev, &acts);
	evlog_result(&log_, EVLOG_LINE, 0, acts.a,
		     acts.n * sizeof(acts.a[0]));
}

static void record_health(struct health *h, const struct health_ev *ev)
{
	struct health_acts acts;

	evlog_step(&log_, EVLOG_HEALTH, 0, h, ev);
	health_step(h, ev, &acts);
	evlog_result(&log_, EVLOG_HEALTH, 0, acts.a,
		     acts.n * sizeof(acts.a[0]));
}

static struct fo line(void)
{
	struct fo_cfg cfg = { .n_servers = 2, .failback = true,
			      .failback_ms = 60000, .retry_base_ms = 30000,
			      .retry_max_ms = 1800000 };
	struct fo fo;

	fo_init(&fo, &cfg, 1);
	return fo;
}

/* n steps of a line and a server that come and go. */
static void record_much(unsigned int n)
{
	struct fo fo = line();
	struct health h;
	unsigned int i;

	health_init(&h, (struct mono){ 0 }, 30000);
	record_line(&fo, &(struct fo_ev){ .type = FO_EV_START });
	for (i = 1; i < n; i++) {
		struct mono now = { (uint64_t)i * 7000000000 };

		if (i % 3 == 0)
			record_health(&h, &(struct health_ev){
				.now = now,
				.type = (uint8_t)(i % HEALTH_EV_TYPES),
				.retry_after = -1 });
		else
			record_line(&fo, &(struct fo_ev){
				.now = now,
				.type = i % 2 ? FO_EV_RESULT : FO_EV_EXPIRY,
				.req = FO_REQ_REGISTER,
				.attempt = fo.reg.attempt,
				.outcome = (uint8_t)(i % 5) });
	}
}

static int run(size_t size)
{
	FILE *f = fmemopen(text, sizeof(text), "w");
	int ret;

	if (!f)
		abort();
	why = "";
	ret = replay(mem, size, f, &got, &why);
	fclose(f);
	return ret;
}

static void test_replayed(void)
{
	begin(sizeof(mem));
	record_much(100);
	is_int(run(sizeof(mem)), 0, "100 steps are read again");
	is_int(got.steps, 100, "all of them");
	ok(!got.differ && !got.torn && !got.unfinished,
	   "and decided as they were");
	ok(strstr(text, "line 0 (alice) idle") &&
	   strstr(text, ": start -> send register server=0 attempt=1 last") == NULL &&
	   strstr(text, ": start -> send register server=0 attempt=1"),
	   "the text says what happened");
}

static void test_all_kinds(void)
{
	struct txn_cfg cfg = { 500, 4000, 5000, .retries = 3 };
	struct txn_ev start = { .type = TXN_EV_START };
	struct evlog_call dial = { .ev = { .type = CALL_EV_DIAL },
				   .timeout_ms = 32000 };
	struct evlog_tally hint = { .count = 3, .offender.family = ADDR_V4 };
	struct verdict_in in = { .cause = SIPOVER_CAUSE_PORT_UNREACH,
				 .grade = SIPOVER_GRADE_STRONG };
	struct path_ev cut = { .fact = PATH_NO_CARRIER };
	struct tally tally = { .n = 0 };
	struct path path;
	struct call call = { .state = CALL_FREE };
	struct keepalive_ev due = { .type = KEEPALIVE_EV_EXPIRY };
	struct keepalive quiet = { .state = KEEPALIVE_QUIET };
	struct verdict v;
	struct txn t;
	struct pulse_cfg pulse_cfg = { .options_ms = 1 };
	struct pulse_ev late = { .type = PULSE_EV_EXPIRY, .working = true,
				 .now = { 1000000000 } };
	struct pulse pulse;
	struct subscription_cfg sub_cfg = { .timer_n_ms = 32000 };
	struct subscription_ev works = { .type = SUBSCRIPTION_EV_WORKING };
	struct subscription sub;
	struct session_ev up = { .type = SESSION_EV_UP, .n_servers = 1 };
	struct session session;
	uint32_t acts;

	begin(sizeof(mem));
	txn_init(&t, TXN_CLIENT, &cfg);
	evlog_step(&log_, EVLOG_REQUEST, 7, &t, &start);
	acts = txn_step(&t, &start);
	evlog_result(&log_, EVLOG_REQUEST, 7, &acts, sizeof(acts));
	evlog_step(&log_, EVLOG_CALL, 0, &call, &dial);
	acts = call_step(&call, &dial.ev, dial.timeout_ms);
	evlog_result(&log_, EVLOG_CALL, 0, &acts, sizeof(acts));
	evlog_step(&log_, EVLOG_VERDICT, 0, NULL, &in);
	v = verdict_of(&in);
	evlog_result(&log_, EVLOG_VERDICT, 0, &v, sizeof(v));
	evlog_step(&log_, EVLOG_TALLY, 0, &tally, &hint);
	acts = tally_add(&tally, &hint.offender, hint.count, hint.now);
	evlog_result(&log_, EVLOG_TALLY, 0, &acts, sizeof(acts));
	evlog_step(&log_, EVLOG_KEEPALIVE, 0, &quiet, &due);
	acts = keepalive_step(&quiet, &due);
	evlog_result(&log_, EVLOG_KEEPALIVE, 0, &acts, sizeof(acts));
	path_init(&path, 0);
	evlog_step(&log_, EVLOG_PATH, 0, &path, &cut);
	acts = path_step(&path, &cut);
	evlog_result(&log_, EVLOG_PATH, 0, &acts, sizeof(acts));
	pulse_init(&pulse, &pulse_cfg, (struct mono){ 0 }, 1);
	evlog_step(&log_, EVLOG_PULSE, 0, &pulse, &late);
	acts = pulse_step(&pulse, &late);
	evlog_result(&log_, EVLOG_PULSE, 0, &acts, sizeof(acts));
	subscription_init(&sub, &sub_cfg, 1);
	evlog_step(&log_, EVLOG_SUBSCRIPTION, 0, &sub, &works);
	acts = subscription_step(&sub, &works);
	evlog_result(&log_, EVLOG_SUBSCRIPTION, 0, &acts, sizeof(acts));
	session_init(&session, 1);
	evlog_step(&log_, EVLOG_SESSION, 0, &session, &up);
	acts = session_step(&session, &up);
	evlog_result(&log_, EVLOG_SESSION, 0, &acts, sizeof(acts));
	is_int(run(sizeof(mem)), 0, "each kind of step is read again");
	ok(got.steps == 9 && !got.differ && !got.torn, "and decided again");
	ok(strstr(text, "request 7 client idle sends=0: start -> send"),
	   "a transaction's step as text");
	ok(strstr(text, "call 0 free: dial -> invite report"),
	   "a call's step as text");
	ok(strstr(text, "tally 0 (192.0.2.1:5060;udp) n=0: count=3 offender=") &&
	   strstr(text, "-> enough"), "a tally's step as text");
	ok(strstr(text, "keepalive 0 (192.0.2.1:5060;udp) quiet: expiry -> ping"),
	   "a connection's step as text");
	ok(strstr(text, "session 0 none home=0: up server=0 interval_s=0 -> -"),
	   "a session's step as text");
	ok(strstr(text, "path 0 (192.0.2.1:5060;udp) there: fact no_carrier"
		  " -> lost"), "a path's step as text");
	ok(strstr(text, "pulse 0 (192.0.2.1:5060;udp) sends=0: expiry -> "
		  "options"), "a pulse's step as text");
	ok(strstr(text, " off: working -> begin report"),
	   "a subscription's step as text");
}

/* Every length that a ring can have, to meet its end in every way. */
static void test_wrapped(void)
{
	unsigned int bad = 0, shortest = UINT32_MAX;
	size_t size;

	for (size = evlog_min(strlen(NAMES)); size < 12000; size += 8) {
		evlog_begin(&log_, mem, size, NAMES, strlen(NAMES));
		record_much(400);
		if (run(size) || got.differ || got.torn || got.unfinished)
			bad++;
		if (got.steps < shortest)
			shortest = got.steps;
	}
	is_int(bad, 0, "a ring that went round replays, whatever its size");
	ok(shortest >= 20 && shortest < 400,
	   "it holds the last steps: at least %u", shortest);
	ok(strstr(text, "line 0 (alice)"), "names are not overwritten");
}

static void test_altered(void)
{
	struct fo fo = line();
	struct fo_act *act;
	struct fo_acts acts;
	struct fo_ev ev = { .type = FO_EV_START };

	begin(sizeof(mem));
	evlog_step(&log_, EVLOG_LINE, 0, &fo, &ev);
	fo_step(&fo, &ev, &acts);
	act = &acts.a[0];
	act->server = 1;
	evlog_result(&log_, EVLOG_LINE, 0, acts.a,
		     acts.n * sizeof(acts.a[0]));
	is_int(run(sizeof(mem)), 0, "a decision that is not ours is read");
	is_int(got.differ, 1, "and found");
	ok(strstr(text, "-> send register server=1 attempt=1\n"
		  "\tnow: send register server=0 attempt=1\n"),
	   "both are shown");

	begin(sizeof(mem));
	fo = line();
	record_line(&fo, &ev);
	fo.working = 1;		/* behind the machine's back */
	record_line(&fo, &(struct fo_ev){ .type = FO_EV_EXPIRY });
	is_int(run(sizeof(mem)), 0, "a state changed outside a step is read");
	ok(got.torn == 1 && strstr(text, "changed outside a step"),
	   "and found");
}

static void test_died(void)
{
	struct fo fo = line();

	begin(sizeof(mem));
	record_line(&fo, &(struct fo_ev){ .type = FO_EV_START });
	evlog_step(&log_, EVLOG_LINE, 0, &fo,
		   &(struct fo_ev){ .type = FO_EV_STOP });
	is_int(run(sizeof(mem)), 0, "a log that ends in a step is read");
	is_int(got.unfinished, 1, "that step has no result");
	ok(strstr(text, ": stop -> (no result"), "it is shown, not taken");
}

static void test_refused(void)
{
	size_t size = sizeof(mem);
	static uint8_t saved[sizeof(mem)];
	unsigned int i, refused = 0, bit;

	begin(size);
	record_much(30);
	memcpy(saved, mem, size);
	is_int(run(10), -EPROTO, "a file shorter than a header");
	mem[0] ^= 1;
	is_int(run(size), -EPROTO, "another file");
	is_str(why, "this is no event log", "it says so");
	mem[0] ^= 1;
	mem[8]++;
	is_int(run(size), -EPROTO, "another version");
	mem[8]--;
	is_int(run(size / 2), -EPROTO, "a file cut short");
	/* Whatever bit is wrong: no crash (under the sanitizers), and either
	 * refused or read. */
	for (i = 0; i < 6000; i++) {
		bit = i * 7;
		memcpy(mem, saved, size);
		mem[bit / 8 % 4096] ^= (uint8_t)(1 << bit % 8);
		refused += run(size) == -EPROTO;
	}
	ok(refused > 100 && refused < 6000,
	   "a wrong bit is refused (%u of 6000) or read", refused);
	memcpy(mem, saved, size);
	is_int(evlog_begin(&log_, mem, 100, "", 0), -EINVAL, "too little memory");
	is_int(evlog_begin(&log_, mem + 1, size - 8, "", 0), -EINVAL,
	       "memory at an odd address");
}

int main(void)
{
	test_replayed();
	test_all_kinds();
	test_wrapped();
	test_altered();
	test_died();
	test_refused();
	return tap_done();
}
