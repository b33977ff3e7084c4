/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A DNS answer's bytes to records.  It is read by the system's resolver library
 * (ns_initparse), since c-ares' own structs have no TTL of SRV and NAPTR and
 * nothing of a negative answer.  Additional records are not looked at: they are
 * what a liar would put his addresses in.
 */
#ifndef SIPOVER_CODEC_DNS_H
#define SIPOVER_CODEC_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/rr.h"

#define DNS_ANSWER_MAX 65535

/* Of an answer without data and without a SOA. */
#define DNS_NEGATIVE_TTL_S 60

/* The answer to the question (name, type).  0, or -EBADMSG with result FAILED:
 * garbage, cut, or the answer to something else. */
int dns_parse(const uint8_t *buf, size_t len, const char *name,
	      enum rr_type type, struct rr_answer *out);

/* True for an address that a server can have: no loopback, multicast,
 * unspecified, link-local IPv6 (no scope comes with it) or mapped one. */
bool dns_address_usable(enum rr_type type, const uint8_t *ip);

/* A record of the operator's. */
struct dns_static {
	char name[RR_NAME_MAX];
	uint32_t ttl_s;
	struct rr rr;
};

/* What the records say to a question; false: they do not know the name.  A name
 * that has a record is answered by them alone, and so are its services. */
bool dns_static_answer(const struct dns_static *table, size_t n,
		       const char *name, enum rr_type type,
		       struct rr_answer *out);

/* "name [ttl] TYPE data" as in a zone file; all addresses are allowed here.  0
 * or -EINVAL with *why. */
int dns_static_parse(struct dns_static *s, const char *text, const char **why);

bool dns_static_equal(const struct dns_static *a, const struct dns_static *b);

/* "" or the name in lower case without its last dot; false: no name that a
 * question may have. */
bool dns_name(char out[RR_NAME_MAX], const char *in);

/* Of ASCII, whatever the locale. */
char dns_lower(char c);
char dns_upper(char c);

#endif /* SIPOVER_CODEC_DNS_H */
