/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS resource records as values: what an answer says once codec/dns.c has
 * read it, or what the operator's static records say.
 */
#ifndef SIPOVER_CORE_RR_H
#define SIPOVER_CORE_RR_H

#include <stdint.h>

#define RR_NAME_MAX 256		/* RFC 1035 2.3.4: 255 bytes, as text; its NUL */
#define RR_ANSWER_MAX 32	/* records kept of one answer */
#define RR_SERVICE_MAX 16	/* "SIPS+D2T" and its NUL, with room */
#define RR_ALIASES_MAX 8	/* CNAMEs followed in one answer */

/* The record types' own numbers. */
enum rr_type {
	RR_A = 1,
	RR_AAAA = 28,
	RR_SRV = 33,
	RR_NAPTR = 35,
};

/* Names are lower case, without the dot at the end; "": the root, which for a
 * target means that the service is not there (RFC 2782). */
struct rr {
	uint8_t type;		/* enum rr_type */
	uint8_t ip[16];		/* A (the first four), AAAA */
	uint16_t priority;	/* SRV; NAPTR: order */
	uint16_t weight;	/* SRV; NAPTR: preference */
	uint16_t port;		/* SRV */
	char flags;		/* NAPTR: 's', 'a' ...; 0: none */
	char service[RR_SERVICE_MAX];	/* NAPTR, upper case; "": too long */
	char target[RR_NAME_MAX];	/* SRV, NAPTR (its replacement) */
};

enum rr_result {
	RR_OK,			/* n records */
	RR_NO_DATA,		/* the name has none of that type */
	RR_NO_NAME,		/* nor any other: there is no such name */
	RR_ALIAS,		/* an alias alone: ask for target */
	RR_FAILED,		/* no answer, or none that can be believed */
};

struct rr_answer {
	uint8_t result;		/* enum rr_result */
	uint8_t n;
	uint16_t refused;	/* records that no server can have: addresses of
				 * loopback, multicast ..., names out of shape */
	uint16_t cut;		/* records beyond RR_ANSWER_MAX */
	uint32_t ttl_s;		/* the least of the records' (and aliases');
				 * without data: the SOA's (RFC 2308 5) */
	char alias[RR_NAME_MAX];
	struct rr rr[RR_ANSWER_MAX];
};

#endif /* SIPOVER_CORE_RR_H */
