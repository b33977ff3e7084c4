/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the name of a server entry to the ordered list of addresses that its
 * requests may go to (RFC 3263 4.1, 4.2; Y-17).  A value without
 * pointers, shared by all lines that name the same entry.
 *
 *   address                     itself, no question
 *   name and port               A, AAAA; UDP unless a transport is given
 *   name and transport          SRV of that transport, else A, AAAA
 *   name                        NAPTR, else SRV of each transport, else A, AAAA
 *
 * Questions are actions, answers are events, their age is time.  Everything in
 * the list is asked for again ahead of its end (with jitter), so that nothing
 * has to be looked up when a server fails.  While nobody answers, what was known
 * goes on to be used for LOC_STALE_S (the idea of RFC 8767); so does the last
 * list when a new one would be empty: there is nowhere else to go.
 *
 * Order: NAPTR by order and preference, SRV by priority and, at random, weight
 * (RFC 2782), the addresses of one target with IPv6 and IPv4 in turn (RFC 7984
 * 4, R-40).  The dice are thrown anew from the same seed each time, so that
 * the same records give the same order: an order that changed at each refresh
 * would have the phone change its servers.
 */
#ifndef SIPOVER_CORE_LOCATION_H
#define SIPOVER_CORE_LOCATION_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "mono.h"
#include "rng.h"
#include "rr.h"

#define LOC_CANDIDATES_MAX 8	/* a line has no more servers */
#define LOC_SERVICES_MAX 4	/* NAPTR, or one for each transport */
#define LOC_TARGETS_MAX 8	/* SRV records used of a service */
#define LOC_HOSTS_MAX 8
#define LOC_IPS_MAX 8		/* of a host, in each family */

#define LOC_TTL_MIN_S 5
#define LOC_TTL_MAX_S 86400
#define LOC_NEGATIVE_MIN_S 5	/* R-41; RFC 2308 would allow hours: a phone */
#define LOC_NEGATIVE_MAX_S 300	/* without a server must not wait that long */
#define LOC_STALE_S 259200	/* three days: RFC 8767 4 */
#define LOC_RETRY_MIN_S 2	/* nobody answered: doubled each time */
#define LOC_RETRY_MAX_S 60
#define LOC_REFRESH_PERCENT 80	/* of the TTL, and up to ten less: jitter */

#define LOC_V4 1
#define LOC_V6 2
#define LOC_ANY_TRANSPORT 0xff	/* as in the configuration */
#define LOC_FOUND_NO_HOST 0xff

struct loc_cfg {
	char name[RR_NAME_MAX];	/* as dns_name() gives it; "": literal */
	struct addr literal;	/* port 0: none given */
	uint16_t port;		/* 0: none given */
	uint8_t transport;	/* enum transport, LOC_ANY_TRANSPORT */
	uint8_t can;		/* bitmap of 1 << enum transport: what the phone
				 * speaks */
	uint8_t families;	/* LOC_V4 | LOC_V6 that the phone has */
	uint64_t seed;
};

enum loc_state {
	LOC_RESOLVING,		/* not all questions were answered even once */
	LOC_READY,
	LOC_STALE,		/* a list, but what it was made of is over, or the
				 * answers have come to nothing */
	LOC_NOTHING,		/* the answers give no server that can be used */
	LOC_NO_ANSWER,		/* nobody answers */
};

struct loc_question {
	bool used;		/* by the plan */
	bool out;
	bool known;		/* answered, with or without records */
	uint8_t failures;	/* since the last answer */
	uint8_t hops;		/* aliases followed by this question */
	uint16_t serial;	/* of the question that is out */
	struct mono ask_at, good_until, stale_until;
};

/* Who is asked about, and another name of his (hops). */
struct loc_name {
	char name[RR_NAME_MAX], alias[RR_NAME_MAX];
};

struct loc_target {
	uint16_t priority, weight, port;
	uint8_t host;		/* in loc.host; LOC_FOUND_NO_HOST: none was free */
	char name[RR_NAME_MAX];
};

struct loc_service {
	struct loc_question q;
	struct loc_name n;
	uint8_t transport;
	bool absent;		/* "." (RFC 2782): there is none, ask no further */
	uint8_t n_targets;	/* in the order to be tried */
	struct loc_target target[LOC_TARGETS_MAX];
};

struct loc_host {
	struct loc_question q[2];	/* A, AAAA */
	struct loc_name n;
	uint8_t n_ips[2];
	uint8_t ip[2][LOC_IPS_MAX][16];
};

struct loc {
	struct loc_cfg cfg;
	struct rng rng;		/* jitter */
	struct loc_question naptr;
	struct loc_name naptr_name;
	uint8_t n_naptr;	/* those that can be used, in order */
	struct {
		uint8_t transport;
		uint16_t order, preference;
		char name[RR_NAME_MAX];
	} found[LOC_SERVICES_MAX];
	uint8_t n_plan;		/* the services in use, in order */
	uint8_t plan[LOC_SERVICES_MAX];	/* in loc.service */
	bool direct;		/* A and AAAA of the name itself: host[0] */
	struct loc_service service[LOC_SERVICES_MAX];
	struct loc_host host[LOC_HOSTS_MAX];
	uint8_t n;
	struct addr list[LOC_CANDIDATES_MAX];
	struct mono keep_until;	/* the list, though the answers give none */
	uint32_t cut;		/* records, targets, addresses that were too many */
	uint32_t refused;	/* of rr_answer */
	uint32_t answers, failures;
};

/* The questions are numbered. */
#define LOC_QUESTIONS (1 + LOC_SERVICES_MAX + 2 * LOC_HOSTS_MAX)

struct loc_acts {
	uint8_t n;
	bool changed;		/* the list */
	struct {
		uint8_t question;
		uint16_t serial;
	} ask[LOC_QUESTIONS];
};

void loc_init(struct loc *l, const struct loc_cfg *cfg);

/* Time: the beginning, and whenever loc_next_expiry() has come. */
void loc_step(struct loc *l, struct mono now, struct loc_acts *acts);

/* The answer to a question that was an action; one to another is ignored. */
void loc_answer(struct loc *l, struct mono now, uint8_t question,
		uint16_t serial, const struct rr_answer *answer,
		struct loc_acts *acts);

struct mono loc_next_expiry(const struct loc *l);

const char *loc_question_name(const struct loc *l, uint8_t question);
enum rr_type loc_question_type(uint8_t question);

/* The list without those that the host has no route to (routed: a bit for each
 * of the list), unless that is all of them; how many (RFC 6724 5, rule 1). */
uint8_t loc_reachable(const struct loc *l, uint8_t routed,
		      struct addr out[LOC_CANDIDATES_MAX]);

/* For how long the records hold that the list is made of, in seconds; 0: they do
 * not any more, or there are none. */
uint32_t loc_ttl_s(const struct loc *l, struct mono now);

enum loc_state loc_state(const struct loc *l, struct mono now);
const char *loc_state_name(enum loc_state state);

#endif /* SIPOVER_CORE_LOCATION_H */
