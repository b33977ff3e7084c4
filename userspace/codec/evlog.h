/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event log: every step that a machine of core/ takes, as bytes in a ring.
 * A record holds the machine's state before the step and the event; a second one
 * behind it what came of them.  So each step can be taken again from the log
 * alone ("sipoverd --replay"), wherever the ring begins; and a step without a
 * result at the end of the log is the one that the daemon died in.
 *
 * The memory is the caller's, usually a mapped file (io/evlog_file): it holds
 * whatever the process wrote, however the process ends.  One writer; a reader
 * takes a copy or a log whose writer is gone.
 */
#ifndef SIPOVER_CODEC_EVLOG_H
#define SIPOVER_CODEC_EVLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/addr.h"
#include "../core/call.h"
#include "../core/failover.h"
#include "../core/health.h"
#include "../core/keepalive.h"
#include "../core/path.h"
#include "../core/pulse.h"
#include "../core/session.h"
#include "../core/subscription.h"
#include "../core/tally.h"
#include "../core/txn.h"
#include "../core/verdict.h"

/* Whose step: the record's number i counts these. */
enum evlog_kind {
	EVLOG_HEALTH,		/* server: struct health, health_ev -> health_act[] */
	EVLOG_LINE,		/* line: struct fo, fo_ev -> fo_act[] */
	EVLOG_REQUEST,		/* slot: struct txn, txn_ev -> uint32_t acts */
	EVLOG_REPLY,		/* slot: the same, server transactions */
	EVLOG_CALL,		/* slot: struct call, evlog_call -> uint32_t acts */
	EVLOG_VERDICT,		/* server: no state, verdict_in -> verdict */
	EVLOG_TALLY,		/* server: struct tally, evlog_tally -> uint32_t */
	EVLOG_KEEPALIVE,	/* server: struct keepalive, keepalive_ev -> uint32_t */
	EVLOG_PATH,		/* server, or after the last one the daemon:
				 * struct path, path_ev -> uint32_t act */
	EVLOG_PULSE,		/* server: struct pulse, pulse_ev -> uint32_t acts */
	EVLOG_SUBSCRIPTION,	/* line: struct subscription, subscription_ev ->
				 * uint32_t acts */
	EVLOG_SESSION,		/* call slot: struct session, session_ev -> uint32_t
				 * acts */
	EVLOG_KINDS
};

struct evlog_call {
	struct call_ev ev;
	uint32_t timeout_ms;
	uint32_t pad;
};

struct evlog_tally {
	struct addr offender;
	uint32_t pad;
	uint64_t count;
	struct mono now;
};

struct evlog_header;

struct evlog {
	struct evlog_header *header;	/* NULL: nothing is recorded */
	uint8_t *area;
};

#define EVLOG_NAMES_MAX (1u << 20)
/* Smallest memory for a log with that many bytes of names. */
size_t evlog_min(size_t names_len);

/* Begins an empty log in mem (8-aligned; what it held is lost).  names: the text
 * that tells a reader which server and line each number is.  0 or -EINVAL. */
int evlog_begin(struct evlog *log, void *mem, size_t size, const char *names,
		size_t names_len);

/* The step that is about to be taken; state NULL where the kind has none. */
void evlog_step(struct evlog *log, enum evlog_kind kind, uint32_t i,
		const void *state, const void *ev);
/* What came of it. */
void evlog_result(struct evlog *log, enum evlog_kind kind, uint32_t i,
		  const void *acts, size_t len);

/* ---- reading ---- */

struct evlog_reader {
	const struct evlog_header *header;
	const uint8_t *area;
	uint64_t at, head;
};

/* One step, copied out: aligned and checked, every index and enumeration in its
 * range, so that it can be given to its machine whoever wrote the file. */
struct evlog_entry {
	uint8_t kind;		/* enum evlog_kind */
	bool finished;		/* has a result */
	uint32_t i;
	uint64_t number;	/* counts all steps since the log began */
	union {
		struct health health;
		struct fo fo;
		struct txn txn;
		struct call call;
		struct tally tally;
		struct keepalive keepalive;
		struct path path;
		struct pulse pulse;
		struct subscription subscription;
		struct session session;
	} state;
	union {
		struct health_ev health;
		struct fo_ev fo;
		struct txn_ev txn;
		struct evlog_call call;
		struct verdict_in verdict;
		struct evlog_tally tally;
		struct keepalive_ev keepalive;
		struct path_ev path;
		struct pulse_ev pulse;
		struct subscription_ev subscription;
		struct session_ev session;
	} ev;
	union {
		struct health_act health[HEALTH_ACTS_MAX];
		struct fo_act fo[FO_ACTS_MAX];
		uint32_t acts;
		struct verdict verdict;
	} result;
	uint32_t result_len;
};

/* 0; or -EPROTO with *why: not a log, of another layout, damaged. */
int evlog_open(struct evlog_reader *r, const void *mem, size_t size,
	       const char **why);
/* The names given to evlog_begin(). */
const char *evlog_names(const struct evlog_reader *r, size_t *len);
/* The program's version that wrote it, NUL-terminated. */
const char *evlog_version(const struct evlog_reader *r);

/* 1: *e is the next step; 0: there is none; -EPROTO with *why: damaged. */
int evlog_next(struct evlog_reader *r, struct evlog_entry *e, const char **why);

/* Bytes of state and event of a kind. */
size_t evlog_state_len(uint8_t kind);
size_t evlog_ev_len(uint8_t kind);
const char *evlog_kind_name(uint8_t kind);

#endif /* SIPOVER_CODEC_EVLOG_H */
