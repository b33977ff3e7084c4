/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIP text as the simulator reads it: no library, nothing of codec/, so that
 * a mistake there does not cancel out.
 */
#ifndef SIPOVER_SIM_MESSAGE_H
#define SIPOVER_SIM_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *p;
	int n;
};

#define SLICE(s) (s).n, (s).p		/* for %.*s */

struct msg {
	const char *buf;
	size_t len;
	int status;		/* 0: a request */
	struct slice method;	/* of CSeq in a response */
	struct slice uri, via, branch, from, from_tag, to, to_tag, call_id;
	struct slice contact;	/* the URI */
	struct slice session;	/* Session-Expires */
	struct slice auth;	/* Authorization or Proxy-Authorization */
	bool auth_proxy;
	uint32_t cseq;
	int expires, retry_after, contact_expires;	/* -1: none */
};

/* False: not SIP, or a header is missing that every message has. */
bool msg_parse(struct msg *m, const char *buf, size_t len);
bool slice_is(struct slice s, const char *text);
bool slice_same(struct slice a, struct slice b);
void slice_copy(char *to, size_t size, struct slice s);
bool msg_is(const struct msg *m, const char *method);
/* A quoted or plain parameter of a digest header. */
struct slice msg_param(struct slice header, const char *name);

/* The digest of RFC 7616 over what the header says; hex into out. */
void digest_of(bool sha256, const char *user, const char *realm,
	       const char *password, struct slice auth, struct slice method,
	       char out[65]);

#endif /* SIPOVER_SIM_MESSAGE_H */
