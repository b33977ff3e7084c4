// SPDX-License-Identifier: BSD-2-Clause
#include "session.h"

#include <string.h>

void sessions_init(struct sessions *ss, uint64_t idle_ms, uint64_t life_ms)
{
	memset(ss, 0, sizeof(*ss));
	ss->idle_ms = idle_ms;
	ss->life_ms = life_ms;
}

bool session_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
	volatile uint8_t differ = 0;

	for (size_t i = 0; i < n; i++)
		differ |= a[i] ^ b[i];
	return differ == 0;
}

static bool over(const struct session *s, struct mono now)
{
	return mono_due(s->until, now) || mono_due(s->idle_until, now);
}

static void touch(const struct sessions *ss, struct session *s,
		  struct mono now)
{
	s->idle_until = mono_add_ms(now, ss->idle_ms);
}

struct session *sessions_open(struct sessions *ss, const uint8_t *digest,
			      struct mono now)
{
	struct session *place = &ss->s[0];

	for (size_t i = 0; i < SESSION_MAX; i++) {
		struct session *s = &ss->s[i];

		if (s->number && over(s, now))
			session_close(s);
		if (!s->number) {
			place = s;
			break;
		}
		if (s->idle_until.ns < place->idle_until.ns)
			place = s;
	}
	place->number = ++ss->last;
	memcpy(place->digest, digest, SESSION_DIGEST);
	place->until = mono_add_ms(now, ss->life_ms);
	touch(ss, place, now);
	return place;
}

struct session *sessions_find(struct sessions *ss, const uint8_t *digest,
			      struct mono now)
{
	for (size_t i = 0; i < SESSION_MAX; i++) {
		struct session *s = &ss->s[i];

		if (!s->number ||
		    !session_equal(s->digest, digest, SESSION_DIGEST))
			continue;
		if (over(s, now)) {
			session_close(s);
			return NULL;
		}
		touch(ss, s, now);
		return s;
	}
	return NULL;
}

struct mono sessions_end(const struct sessions *ss, uint64_t number)
{
	for (size_t i = 0; i < SESSION_MAX; i++)
		if (number && ss->s[i].number == number)
			return mono_min(ss->s[i].until, ss->s[i].idle_until);
	return (struct mono){ 0 };
}

uint32_t session_left_s(const struct session *s, struct mono now)
{
	struct mono end = mono_min(s->until, s->idle_until);

	return (uint32_t)(mono_us_since(now, end) / 1000000);
}

void session_close(struct session *s)
{
	memset(s, 0, sizeof(*s));
}

void sessions_close_others(struct sessions *ss, const struct session *keep)
{
	for (size_t i = 0; i < SESSION_MAX; i++)
		if (&ss->s[i] != keep)
			session_close(&ss->s[i]);
}
