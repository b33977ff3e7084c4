/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module's generic netlink messages to structs and back, with libmnl's
 * buffer helpers; no socket here.  Unknown attributes are ignored, missing
 * required ones, wrong lengths or values out of range make the message -EBADMSG
 * (counted).  Buffers must be aligned as for struct nlmsghdr.
 */
#ifndef SIPOVER_CODEC_NL_H
#define SIPOVER_CODEC_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/sipover.h>

#include "../core/addr.h"

enum nl_kind {
	NL_ACK,			/* error == 0 */
	NL_ERROR,		/* error = -errno, text: extack or "" */
	NL_DONE,		/* end of a dump; error when it failed */
	NL_FAMILY,		/* reply to GETFAMILY: family_id, name in text,
				 * mcast_notify when it is nlctrl */
	NL_FAMILY_NEW,		/* "sipover" has appeared: family_id */
	NL_FAMILY_GONE,
	NL_WATCH,		/* reply to WATCH_ADD: watch, server */
	NL_WATCH_ENTRY,		/* dump of watches */
	NL_SERVER,		/* reply to or dump of SERVER_GET */
	NL_EVENT,
	NL_OTHER,		/* not for us: ignored */
};

struct nl_server {
	struct addr addr;
	uint8_t state;			/* enum sipover_state */
	uint8_t last_cause;		/* 0: none */
	uint32_t watches, ring_size;
	uint32_t uncounted;
	uint64_t tx_recorded, tx_overrun, mismatched;
	uint64_t last_sent, last_heard, last_time;	/* boottime ns, 0: none */
	uint64_t count[SIPOVER_CAUSE_MAX + 1];
};

struct nl_event {
	uint32_t watch_id;
	uint64_t cookie, seq, count, time_ns;
	uint8_t cause, state, grade;
	uint8_t icmp_type, icmp_code;
	bool icmp;			/* type, code, grade are there */
	struct addr server, local, offender;	/* family NONE: absent */
	uint64_t elapsed_ns;		/* 0: absent, as retransmits */
	uint32_t retransmits;
	uint16_t quoted_len;		/* 0: absent */
	const uint8_t *quote;		/* into the received bytes; NULL: none */
	uint16_t quote_len;
};

struct nl_msg {
	enum nl_kind kind;
	uint32_t seq, portid;		/* of the nlmsghdr */
	bool dump_intr;			/* the dump is not one state of things
					 * (NLM_F_DUMP_INTR): ask again */
	int error;
	char text[128];
	uint16_t family_id;
	uint32_t mcast_notify;		/* nlctrl's "notify" group, 0: absent */
	uint32_t watch_id;
	uint32_t owner_portid;		/* WATCH_ENTRY */
	uint64_t cookie, owner_seq;
	struct nl_server server;
	struct nl_event event;
};

/* Decodes the message at buf (len: what is left) and sets *used to its aligned
 * length.  family_id: sipover's, 0: not known yet.  0, -EBADMSG (skip it:
 * *used is set; all that is left when the message is cut), -ENODATA (nothing
 * more).  m->event.quote points into buf. */
int nl_decode(const void *buf, size_t len, uint16_t family_id,
	      struct nl_msg *m, size_t *used);

/* Each writes one request into buf and returns its length, or -EMSGSIZE;
 * -EINVAL for an address that is none.  seq must not be 0, which marks
 * notifications.  Answers: FAMILY, WATCH, SERVER or ERROR; watch_del ACK or
 * ERROR; dumps their entries and DONE, or ERROR.  ring_size 0: the module's
 * default.  TLS is watched as TCP. */
int nl_build_getfamily(void *buf, size_t size, uint32_t seq, const char *name);
int nl_build_watch_add(void *buf, size_t size, uint16_t family_id,
		       uint32_t seq, const struct addr *a, uint32_t ring_size);
int nl_build_watch_del(void *buf, size_t size, uint16_t family_id,
		       uint32_t seq, uint32_t watch_id);
int nl_build_watch_dump(void *buf, size_t size, uint16_t family_id,
			uint32_t seq);
int nl_build_server_get(void *buf, size_t size, uint16_t family_id,
			uint32_t seq, const struct addr *a);
int nl_build_server_dump(void *buf, size_t size, uint16_t family_id,
			 uint32_t seq);

#endif /* SIPOVER_CODEC_NL_H */
