/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a line came from one server to another, moment by moment: the request
 * that had no answer, the packet that told why, what that meant, the first
 * packet to the next server and its answer.  A value, one for each line; it is
 * told what happened after that has happened and decides nothing.
 *
 * The finished ones are kept in core/timeline.
 */
#ifndef SIPOVER_CORE_COURSE_H
#define SIPOVER_CORE_COURSE_H

#include <stdbool.h>
#include <stdint.h>

#include "mono.h"

#define COURSE_STEPS 16
#define COURSE_SERVERS 8
#define COURSE_KEPT 4		/* steps that only the end of a course gets */
#define COURSE_GAP_MS 40000	/* what is older belongs to another course */
#define COURSE_NONE UINT32_MAX

enum course_what {
	COURSE_ASKED,		/* a request to the server that is left then */
	COURSE_EVIDENCE,	/* the packet came that speaks against it */
	COURSE_VERDICT,		/* the daemon knows what that means, or has
				 * waited long enough */
	COURSE_SENT,		/* a request to the next server */
	COURSE_ANSWERED,	/* its answer */
	COURSE_MOVED,		/* the line works there */
	COURSE_REGISTERED,
	COURSE_UP,		/* a call */
	COURSE_WHATS
};

/* Who said that a server is gone. */
enum course_source {
	COURSE_NOBODY,		/* nobody: the line came back, or was told to */
	COURSE_MODULE,
	COURSE_SOCKET,		/* the daemon's own */
	COURSE_TIMER,		/* nobody: there was no answer */
	COURSE_RESPONSE,	/* the server: 503 */
	COURSE_SOURCES
};

struct course_step {
	int32_t us;		/* from the course's begin */
	uint8_t what;		/* enum course_what */
	uint8_t server;		/* into course.server; COURSE_SERVERS: none */
	uint8_t cause;		/* enum sipover_cause; a request: its method */
	uint8_t source;		/* enum course_source */
	uint16_t status;	/* of an answer */
	uint16_t pad;
};

/* What was found out about a server last, one for each server. */
struct course_sign {
	struct mono evidence;	/* the packet's time; 0: there was none */
	struct mono verdict;	/* 0: nothing yet */
	uint8_t cause;		/* enum sipover_cause */
	uint8_t source;		/* enum course_source */
	uint8_t pad[6];
};

struct course {
	struct mono begin;
	struct mono last;	/* its latest step */
	uint32_t server[COURSE_SERVERS];
	uint32_t finished;	/* number of the one before, in the timeline */
	uint8_t n, n_servers;
	uint8_t at;		/* who was asked last */
	uint8_t left_out;	/* steps that had no room */
	bool moving;		/* it left for another server */
	bool waiting;		/* who was asked last has not answered */
	bool granted;		/* the last answer was a 2xx */
	uint8_t pad;
	struct course_step step[COURSE_STEPS];
};

/* A request that has gone out for the first time. */
struct course_request {
	struct mono now;
	uint32_t server;
	uint32_t working;	/* the line's server then; COURSE_NONE: none */
	uint8_t method;
	bool probe;		/* beside what the line does otherwise */
};

/* Whose sign course_sent() wants to have: the server that this request leaves,
 * COURSE_NONE: none. */
uint32_t course_leaves(const struct course *c, const struct course_request *r);

/* sign: of that server, valid as long as the server did not answer afterwards;
 * NULL: there is none. */
void course_sent(struct course *c, const struct course_request *r,
		 const struct course_sign *sign);
void course_answered(struct course *c, uint32_t server, uint8_t method,
		     uint16_t status, struct mono now);

/* A step more at the end. */
void course_add(struct course *c, enum course_what what, uint32_t server,
		struct mono now);

/* The first such step; NULL: none. */
const struct course_step *course_find(const struct course *c,
				      enum course_what what);

/* Where it began to go wrong: the packet that told, else the request that had
 * no answer; NULL: nothing went wrong. */
const struct course_step *course_trouble(const struct course *c);

/* Microseconds from that to the first such step; false: one of the two is not
 * there. */
bool course_time(const struct course *c, enum course_what what, uint64_t *us);

/* By time, those of one moment as they came. */
void course_sort(struct course *c);

const char *course_what_name(uint8_t what);
const char *course_source_name(uint8_t source);

#endif /* SIPOVER_CORE_COURSE_H */
