/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is logged in.  Of a token only its digest is kept, so that who reads this
 * memory cannot use it.  Pure: digests and the time are the caller's.
 */
#ifndef SIPOVER_WEB_SESSION_H
#define SIPOVER_WEB_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/mono.h"

#define SESSION_DIGEST 32
#define SESSION_MAX 64

struct session {
	uint64_t number;	/* 0: this place is free; never used again */
	uint8_t digest[SESSION_DIGEST];
	struct mono idle_until, until;
};

struct sessions {
	uint64_t idle_ms, life_ms;
	uint64_t last;
	struct session s[SESSION_MAX];
};

void sessions_init(struct sessions *ss, uint64_t idle_ms, uint64_t life_ms);

/* A new one; if there are SESSION_MAX, in the place of the one that was used
 * longest ago: whoever knows the password can always log in. */
struct session *sessions_open(struct sessions *ss, const uint8_t *digest,
			      struct mono now);

/* The one of that digest, used now: its idle time begins anew.  NULL: none, or
 * its time is over. */
struct session *sessions_find(struct sessions *ss, const uint8_t *digest,
			      struct mono now);

/* When the session of that number ends if nothing happens: the beginning of
 * time if there is none.  No use of it. */
struct mono sessions_end(const struct sessions *ss, uint64_t number);

/* Full seconds until it ends if nothing happens. */
uint32_t session_left_s(const struct session *s, struct mono now);

void session_close(struct session *s);
/* All but that one (NULL: all): a new password. */
void sessions_close_others(struct sessions *ss, const struct session *keep);

/* Whether two times n bytes are equal, in a time that does not tell where they
 * differ. */
bool session_equal(const uint8_t *a, const uint8_t *b, size_t n);

#endif /* SIPOVER_WEB_SESSION_H */
