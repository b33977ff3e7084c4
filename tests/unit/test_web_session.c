/* SPDX-License-Identifier: BSD-2-Clause */
/* sipover-web: sessions, the limit on passwords, the events that are kept. */
#include <stdlib.h>

#include "feed.h"
#include "limiter.h"
#include "listen.h"
#include "session.h"
#include "tap.h"

static struct mono at_ms(uint64_t ms)
{
	return (struct mono){ (1000000 + ms) * 1000000 };
}

static const uint8_t *digest_of(unsigned int n)
{
	static uint8_t digest[SESSION_DIGEST];

	memset(digest, 0, sizeof(digest));
	memcpy(digest + 20, &n, sizeof(n));
	return digest;
}

static void sessions(void)
{
	static struct sessions ss;
	struct session *s;
	uint64_t number;

	sessions_init(&ss, 10000, 60000);
	ok(!sessions_find(&ss, digest_of(0), at_ms(0)),
	   "a digest of zeroes finds no free place");
	s = sessions_open(&ss, digest_of(1), at_ms(0));
	number = s->number;
	ok(sessions_find(&ss, digest_of(1), at_ms(9999)) == s, "found");
	ok(!sessions_find(&ss, digest_of(2), at_ms(9999)), "by its digest");
	is_int(session_left_s(s, at_ms(9999)), 10, "its idle time begins anew");
	ok(sessions_find(&ss, digest_of(1), at_ms(19998)), "each time");
	ok(sessions_end(&ss, number).ns == at_ms(29998).ns, "and ends then");
	ok(!sessions_find(&ss, digest_of(1), at_ms(29998)),
	   "over after its idle time");
	ok(sessions_end(&ss, number).ns == 0 && sessions_end(&ss, 0).ns == 0,
	   "its number is nobody");

	s = sessions_open(&ss, digest_of(1), at_ms(0));
	for (uint64_t ms = 0; ms < 60000; ms += 5000)
		sessions_find(&ss, digest_of(1), at_ms(ms));
	is_int(session_left_s(s, at_ms(59000)), 1, "its life is not longer");
	ok(!sessions_find(&ss, digest_of(1), at_ms(60000)),
	   "over after its life, used or not");

	for (unsigned int n = 0; n < SESSION_MAX; n++)
		sessions_open(&ss, digest_of(100 + n), at_ms(100 + n));
	sessions_find(&ss, digest_of(100), at_ms(300));
	sessions_open(&ss, digest_of(999), at_ms(400));
	ok(sessions_find(&ss, digest_of(100), at_ms(500)) &&
	   sessions_find(&ss, digest_of(999), at_ms(500)) &&
	   !sessions_find(&ss, digest_of(101), at_ms(500)),
	   "one too many takes the place of the least used");
	s = sessions_find(&ss, digest_of(999), at_ms(500));
	sessions_close_others(&ss, s);
	ok(sessions_find(&ss, digest_of(999), at_ms(500)) &&
	   !sessions_find(&ss, digest_of(100), at_ms(500)),
	   "all others are closed");
	session_close(s);
	ok(!sessions_find(&ss, digest_of(999), at_ms(500)), "and this one");
	ok(session_equal((const uint8_t *)"abc", (const uint8_t *)"abc", 3) &&
	   !session_equal((const uint8_t *)"abc", (const uint8_t *)"abd", 3) &&
	   !session_equal((const uint8_t *)"bbc", (const uint8_t *)"abc", 3),
	   "equal is equal in each byte");
}

static struct limiter_who who(unsigned int n, bool known)
{
	struct limiter_who w = { .known = known };

	memcpy(w.key, &n, sizeof(n));
	return w;
}

static void one_source(void)
{
	static struct limiter l;
	struct limiter_who a = who(1, true), b = who(2, true);
	uint64_t now = 0;
	uint32_t want = 1;

	limiter_init(&l, at_ms(0));
	for (int i = 0; i < LIMITER_FREE; i++) {
		ok(!limiter_wait_s(&l, &a, at_ms(now)), "wrong one %d", i + 1);
		limiter_failed(&l, &a, at_ms(now));
	}
	ok(!limiter_wait_s(&l, &a, at_ms(now)), "and one more without wait");
	for (int i = 0; i < 8; i++) {
		limiter_failed(&l, &a, at_ms(now));
		is_int(limiter_wait_s(&l, &a, at_ms(now)), want,
		       "then a wait of %u s", want);
		ok(limiter_wait_s(&l, &a, at_ms(now + want * 1000 - 1)) == 1,
		   "that does not end early");
		ok(!limiter_wait_s(&l, &b, at_ms(now)), "for nobody else");
		now += want * 1000ull;
		ok(!limiter_wait_s(&l, &a, at_ms(now)), "but ends");
		want = want * 2 > 32 ? LIMITER_WAIT_MAX_S : want * 2;
	}
	limiter_passed(&l, &a);
	limiter_failed(&l, &a, at_ms(now));
	ok(!limiter_wait_s(&l, &a, at_ms(now)), "the right one forgives all");
	for (int i = 0; i < 20; i++)
		limiter_failed(&l, &a, at_ms(now));
	ok(limiter_wait_s(&l, &a, at_ms(now)), "waits again");
	now += LIMITER_FORGET_MS;
	ok(!limiter_wait_s(&l, &a, at_ms(now)), "until it is forgotten");
	limiter_failed(&l, &a, at_ms(now));
	ok(!limiter_wait_s(&l, &a, at_ms(now)), "wholly");
}

static void all_sources(void)
{
	static struct limiter l;
	struct limiter_who right = who(7, true), stranger = who(8, false);
	struct limiter_who w;
	unsigned int n;

	limiter_init(&l, at_ms(0));
	for (n = 0; n < 1000; n++) {
		w = who(1000 + n, false);
		if (limiter_wait_s(&l, &w, at_ms(0)))
			break;
		limiter_failed(&l, &w, at_ms(0));
	}
	is_int(n, LIMITER_BURST, "so many wrong ones of many strangers");
	is_int(limiter_wait_s(&l, &stranger, at_ms(0)),
	       LIMITER_REFILL_MS / 1000, "then another has to wait");
	ok(!limiter_wait_s(&l, &right, at_ms(0)), "who is known has not");
	ok(!limiter_wait_s(&l, &stranger, at_ms(LIMITER_REFILL_MS)),
	   "then one more");
	limiter_failed(&l, &stranger, at_ms(LIMITER_REFILL_MS));
	ok(limiter_wait_s(&l, &stranger, at_ms(LIMITER_REFILL_MS + 1)) == 2,
	   "only one");
	ok(!limiter_wait_s(&l, &stranger, at_ms(1000000)), "all come back");
	/* More sources than places: the table holds, and so does the limit. */
	for (n = 0; n < 3 * LIMITER_SOURCES; n++) {
		w = who(5000 + n, false);
		limiter_failed(&l, &w, at_ms(1000000 + n));
	}
	ok(limiter_wait_s(&l, &stranger, at_ms(1001000)),
	   "more sources than places: all wait");
}

static void kept(void)
{
	static struct feed f;
	const char *text;
	char *big;
	size_t len;

	ok(feed_get(&f, 0, &text, &len) == FEED_NOTHING, "nothing yet");
	for (unsigned int n = 0; n < FEED_EVENTS + 2; n++) {
		char s[16];

		snprintf(s, sizeof(s), "%u", n);
		feed_add(&f, strdup(s));
	}
	ok(feed_get(&f, 1, &text, &len) == FEED_LOST, "the oldest are lost");
	ok(feed_get(&f, 2, &text, &len) == FEED_TEXT && len == 1 &&
	   !strcmp(text, "2"), "the others are there");
	ok(feed_get(&f, FEED_EVENTS + 2, &text, &len) == FEED_NOTHING,
	   "the next is not");
	big = malloc(FEED_BYTES - 9);
	memset(big, 'x', FEED_BYTES - 10);
	big[FEED_BYTES - 10] = '\0';
	feed_add(&f, big);
	ok(f.bytes <= FEED_BYTES && feed_get(&f, f.next - 1, &text, &len) ==
	   FEED_TEXT && len == FEED_BYTES - 10, "a big one pushes others out");
	big = malloc(FEED_BYTES + 2);
	memset(big, 'x', FEED_BYTES + 1);
	big[FEED_BYTES + 1] = '\0';
	feed_add(&f, big);
	ok(feed_get(&f, f.next - 1, &text, &len) == FEED_LOST && !f.bytes,
	   "one too big is lost");
	feed_free(&f);
}

static bool key_is(const char *at, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	struct listen_at a;
	uint8_t key[16];

	if (!listen_parse(&a, at))
		return false;
	listen_key((struct sockaddr *)&a.sa, key);
	for (int i = 0; i < 16; i++)
		if (text[2 * i] != digits[key[i] >> 4] ||
		    text[2 * i + 1] != digits[key[i] & 15])
			return false;
	return true;
}

static void addresses(void)
{
	static const char *const wrong[] = {
		"", ":", "1", "localhost:1", "127.0.0.1", "127.0.0.1:",
		"127.0.0.1:65536", "127.0.0.1:x", "127.0.0.1:1x", "::1:80",
		"[::1]", "[::1]:", "[127.0.0.1]:1", "127.0.0.1:-1", "[]:1",
		"127.0.0.1:000080", "[::1:80", "::1]:80",
	};
	struct listen_at a;
	char text[64];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(!listen_parse(&a, wrong[i]), "'%s' is no address",
		   wrong[i]);
	ok(listen_parse(&a, "192.0.2.1:443") &&
	   listen_port((struct sockaddr *)&a.sa) == 443 &&
	   !listen_is_loopback((struct sockaddr *)&a.sa), "IPv4");
	ok(listen_parse(&a, "127.3.2.1:0") &&
	   listen_is_loopback((struct sockaddr *)&a.sa), "loopback");
	ok(listen_parse(&a, "[::1]:8080") &&
	   listen_is_loopback((struct sockaddr *)&a.sa), "loopback, IPv6");
	ok(listen_parse(&a, "[::ffff:127.0.0.1]:1") &&
	   listen_is_loopback((struct sockaddr *)&a.sa), "mapped loopback");
	listen_text((struct sockaddr *)&a.sa, text, sizeof(text));
	is_str(text, "127.0.0.1", "is written as what it is");
	ok(listen_parse(&a, "0.0.0.0:1") &&
	   !listen_is_loopback((struct sockaddr *)&a.sa), "not every address");
	ok(listen_parse(&a, "[::]:1") &&
	   !listen_is_loopback((struct sockaddr *)&a.sa), "nor of IPv6");
	ok(key_is("192.0.2.1:5", "00000000000000000000ffffc0000201"),
	   "a source is its IPv4 address");
	ok(key_is("[::ffff:192.0.2.1]:5", "00000000000000000000ffffc0000201"),
	   "mapped or not");
	ok(key_is("[2001:db8:1:2:3:4:5:6]:5",
		  "20010db8000100020000000000000000"),
	   "or 64 bits of its IPv6 address");
}

int main(void)
{
	sessions();
	one_source();
	all_sources();
	kept();
	addresses();
	return tap_done();
}
