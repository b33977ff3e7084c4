/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A SIP message as the rest of the program sees it: bounded values, no
 * library types.  codec/sip_parse fills it, codec/sip_build writes bytes from
 * it.  Strings longer than their field are refused by the parser (counted,
 * answered 400 where a request can be answered), but for four: reason is
 * cut, content_type loses its parameters, a REGISTER's long contacts are left
 * out, a challenge becomes DIGEST_UNSUPPORTED.  Contacts and challenges over
 * their number are left out, Record-Routes over theirs refused.
 */
#ifndef SIPOVER_CORE_SIPMSG_H
#define SIPOVER_CORE_SIPMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "overload.h"

#define SIPMSG_URI_MAX 256
#define SIPMSG_TOKEN_MAX 128	/* Call-ID, tags, branch */
#define SIPMSG_ROUTES_MAX 8
#define SIPMSG_CHALLENGES_MAX 4
#define SIPMSG_CONTACTS_MAX 8
#define SIPMSG_RAW_MAX 65536

enum sip_method {
	SIP_REGISTER,
	SIP_INVITE,
	SIP_ACK,
	SIP_CANCEL,
	SIP_BYE,
	SIP_OPTIONS,
	SIP_SUBSCRIBE,
	SIP_NOTIFY,
	SIP_UPDATE,	/* RFC 3311 */
	SIP_INFO,	/* RFC 6086 */
	SIP_PRACK,	/* RFC 3262 */
	SIP_OTHER,	/* known by name in method_name only */
};

/* What a NOTIFY says of its subscription (RFC 6665 8.2.3).  A state that is not
 * known counts as active: it is not terminated. */
enum sip_substate {
	SIP_SUBSTATE_NONE,	/* no Subscription-State */
	SIP_SUBSTATE_ACTIVE,
	SIP_SUBSTATE_PENDING,
	SIP_SUBSTATE_TERMINATED,
};

/* Why it is terminated (RFC 6665 4.1.3). */
enum sip_subreason {
	SIP_SUBREASON_NONE,	/* none, or one that is not known */
	SIP_SUBREASON_DEACTIVATED,
	SIP_SUBREASON_PROBATION,
	SIP_SUBREASON_REJECTED,
	SIP_SUBREASON_TIMEOUT,
	SIP_SUBREASON_GIVEUP,
	SIP_SUBREASON_NORESOURCE,
	SIP_SUBREASON_INVARIANT,
	SIP_SUBREASONS
};

enum digest_algorithm {
	DIGEST_MD5,
	DIGEST_SHA256,
	DIGEST_SHA512_256,
	DIGEST_UNSUPPORTED,
};

/* One WWW-Authenticate or Proxy-Authenticate (RFC 7616, RFC 8760). */
struct sip_challenge {
	uint8_t algorithm;	/* enum digest_algorithm */
	bool proxy;		/* 407: answered by Proxy-Authorization */
	bool qop_auth;		/* offers qop=auth */
	bool stale;
	char realm[SIPMSG_TOKEN_MAX];
	char nonce[SIPMSG_URI_MAX];
	char opaque[SIPMSG_TOKEN_MAX];
};

/* Option tags that mean something to us (RFC 3261 19.2): bits. */
enum sip_tag {
	SIP_TAG_TIMER = 1,	/* RFC 4028 */
	SIP_TAG_100REL = 2,	/* RFC 3262 */
};

/* Who refreshes a session (RFC 4028 4). */
enum sip_refresher {
	SIP_REFRESHER_NONE,	/* not said */
	SIP_REFRESHER_UAC,
	SIP_REFRESHER_UAS,
};

struct sip_contact {
	char uri[SIPMSG_URI_MAX];
	int32_t expires;	/* seconds; -1: no parameter */
};

struct sipmsg {
	bool response;
	uint8_t method;			/* enum sip_method, of CSeq in a response */
	uint16_t status;		/* 100..699 in a response */
	uint32_t cseq;
	int32_t expires;		/* seconds; -1: absent */
	int32_t min_expires;		/* seconds; -1: absent */
	int32_t retry_after;		/* seconds; -1: absent (C-34) */
	char method_name[32];
	char reason[64];
	char request_uri[SIPMSG_URI_MAX];
	char branch[SIPMSG_TOKEN_MAX];	/* of the top Via */
	char sent_by[SIPMSG_TOKEN_MAX];	/* host:port of the top Via */
	char call_id[SIPMSG_TOKEN_MAX];
	char from_uri[SIPMSG_URI_MAX];
	char from_tag[SIPMSG_TOKEN_MAX];
	char to_uri[SIPMSG_URI_MAX];
	char to_tag[SIPMSG_TOKEN_MAX];	/* empty: none */
	int32_t flow_timer;		/* seconds; -1: absent */
	int32_t keep;			/* top Via's keep=; -1: no value */
	char received[64];		/* top Via received=, rport= (R-54) */
	uint16_t rport;
	struct overload_word overload;	/* of a response's top Via */
	uint8_t n_contacts, n_routes, n_challenges;
	struct sip_contact contact[SIPMSG_CONTACTS_MAX];
	/* Record-Route values in message order, each "<uri;lr>" as received. */
	char record_route[SIPMSG_ROUTES_MAX][SIPMSG_URI_MAX];
	struct sip_challenge challenge[SIPMSG_CHALLENGES_MAX];
	/* All Via headers, joined by CRLF with their names, to be copied into a
	 * response unchanged but for received/rport (RFC 3261 8.2.6.2). */
	uint32_t via_off, via_len;	/* unused when a response */
	uint32_t body_off, body_len;	/* within the received bytes */
	char content_type[64];
	char require[SIPMSG_TOKEN_MAX];	/* "tag, tag" of a request: those that
					 * we do not know */
	uint8_t supported, required;	/* enum sip_tag */
	uint8_t refresher;		/* enum sip_refresher */
	uint16_t allow;			/* bits of enum sip_method; 0: not said */
	int32_t session_expires;	/* seconds; -1: absent or unreadable */
	int32_t min_se;			/* likewise */
	uint32_t rseq;			/* of a reliable 1xx; 0: none */
	uint32_t rack_rseq, rack_cseq;	/* of a PRACK; 0: none */
	/* Of a NOTIFY alone. */
	char event[64];			/* the package; empty: no Event */
	bool event_id;			/* it has an id parameter */
	uint8_t substate;		/* enum sip_substate */
	uint8_t subreason;		/* enum sip_subreason */
	int32_t sub_expires;		/* seconds; -1: absent */
	int32_t sub_retry_after;	/* seconds; -1: absent */
};

#endif /* SIPOVER_CORE_SIPMSG_H */
