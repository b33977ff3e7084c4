// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The course of a line from one server to the next, and the last of them. */
#include <stdio.h>
#include <string.h>

#include <linux/sipover.h>

#include "core/timeline.h"
#include "tap.h"

#define A 7u			/* numbers of servers */
#define B 3u
#define C 12u
#define REGISTER 0
#define INVITE 1

static struct mono us(uint64_t n)
{
	return (struct mono){ 1000000000000ull + n * 1000 };
}

static void send(struct course *c, uint64_t at, uint32_t server,
		 uint32_t working, const struct course_sign *sign)
{
	struct course_request r = { .now = us(at), .server = server,
				    .working = working, .method = REGISTER };

	course_sent(c, &r, sign);
}

static void answer(struct course *c, uint64_t at, uint32_t server,
		   uint16_t status)
{
	course_answered(c, server, REGISTER, status, us(at));
}

/* "asked@0 verdict@10 ..." */
static const char *brief(const struct course *from)
{
	static char text[512];
	struct course c = *from;
	size_t n = 0;
	uint8_t i;

	course_sort(&c);
	*text = '\0';
	for (i = 0; i < c.n && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%c@%d",
				      i ? " " : "",
				      course_what_name(c.step[i].what),
				      c.step[i].server == COURSE_SERVERS ? '-' :
				      c.server[c.step[i].server] == A ? 'A' :
				      c.server[c.step[i].server] == B ? 'B' :
									'C',
				      c.step[i].us);
	return text;
}

static void test_evidence(void)
{
	struct course_sign sign = { us(120), us(180), SIPOVER_CAUSE_PORT_UNREACH,
				    COURSE_MODULE, { 0 } };
	struct timeline_entry *e;
	static struct timeline t;
	struct course c = { .n = 0 };
	uint64_t took = 0;

	send(&c, 0, A, A, NULL);
	is_str(brief(&c), "askedA@0", "a request to the working server");
	send(&c, 200, B, A, &sign);
	answer(&c, 500, B, 401);
	send(&c, 510, B, A, NULL);
	answer(&c, 800, B, 200);
	e = timeline_finish(&t, &c, B, us(801));
	is_str(brief(&e->course),
	       "askedA@0 evidenceA@120 verdictA@180 sentB@200 answeredB@500 sentB@510 answeredB@800 movedB@801",
	       "every step of a failover, by time");
	is_int(course_find(&e->course, COURSE_VERDICT)->cause,
	       SIPOVER_CAUSE_PORT_UNREACH, "why");
	is_int(course_find(&e->course, COURSE_ANSWERED)->status, 401,
	       "the first answer");
	ok(course_time(&e->course, COURSE_VERDICT, &took) && took == 60,
	   "detected 60 us after the packet");
	ok(course_time(&e->course, COURSE_SENT, &took) && took == 80,
	   "the next server asked after 80 us");
	ok(course_time(&e->course, COURSE_MOVED, &took) && took == 681,
	   "over after 681 us");
	ok(!c.n && c.finished == e->id, "the line's course is empty again");

	ok(timeline_open(&t, &c, us(900)) == e, "open for what follows");
	course_add(&e->course, COURSE_UP, B, us(950));
	is_int(e->course.step[e->course.n - 1].us, 950, "and that is added");
	ok(!timeline_open(&t, &c, us(950 + TIMELINE_AFTER_MS * 1000)),
	   "not for ever");
}

static void test_silence(void)
{
	struct course c = { .n = 0 };
	uint64_t took;

	send(&c, 0, A, A, NULL);
	send(&c, 3500000, B, A, NULL);
	is_str(brief(&c), "askedA@0 verdictA@3500000 sentB@3500000",
	       "no answer: that is the verdict");
	is_int(c.step[1].source, COURSE_TIMER, "by the timer");
	ok(course_time(&c, COURSE_VERDICT, &took) && took == 3500000,
	   "counted from the request that had no answer");
	send(&c, 7000000, C, A, NULL);
	is_str(brief(&c),
	       "askedA@0 verdictA@3500000 sentB@3500000 verdictB@7000000 sentC@7000000",
	       "nor does the second one answer");
	send(&c, 9000000, A, A, NULL);
	is_str(brief(&c), "askedA@0", "back where it works: another course");
}

static void test_refused(void)
{
	struct course c = { .n = 0 };

	send(&c, 0, A, A, NULL);
	answer(&c, 40, A, 503);
	send(&c, 50, B, A, NULL);
	is_str(brief(&c), "askedA@0 answeredA@40 verdictA@50 sentB@50",
	       "a server that refuses");
	ok(c.step[2].source == COURSE_RESPONSE && c.step[2].status == 503,
	   "the verdict is its own");
}

static void test_all_well(void)
{
	struct course_sign old = { us(10), us(20), SIPOVER_CAUSE_TCP_FIN,
				   COURSE_SOCKET, { 0 } };
	struct course c = { .n = 0 };

	send(&c, 0, A, A, NULL);
	answer(&c, 9, A, 401);
	is_int(c.n, 0, "a challenge is no trouble");
	send(&c, 10, A, A, NULL);
	answer(&c, 19, A, 200);
	is_int(c.n, 0, "nor is success");
	send(&c, 30, B, A, &old);
	is_str(brief(&c), "evidenceA@0 verdictA@10 sentB@20",
	       "an idle line moves by what was found out");
	c = (struct course){ .n = 0 };
	send(&c, 0, A, COURSE_NONE, NULL);
	answer(&c, 5, A, 401);
	send(&c, 6, A, COURSE_NONE, NULL);
	ok(!c.moving, "the first server of all is nobody's successor");
	send(&c, 7, B, COURSE_NONE, NULL);
	is_str(brief(&c), "askedA@0 verdictA@1 sentB@1",
	       "the second one is");
}

static void test_probe(void)
{
	struct course_request r = { .now = us(0), .server = A, .working = B,
				    .probe = true };
	struct course c = { .n = 0 };

	send(&c, 0, B, B, NULL);
	is_int(course_leaves(&c, &r), COURSE_NONE, "a probe leaves nobody");
	course_sent(&c, &r, NULL);
	is_str(brief(&c), "sentA@0", "nor does it say that B is silent");
	answer(&c, 30, A, 200);
	r.now = us(60000000);
	course_sent(&c, &r, NULL);
	is_str(brief(&c), "sentA@0", "each one is a course of its own");
	ok(!course_trouble(&c), "nothing is wrong");
}

static void test_age(void)
{
	struct course c = { .n = 0 };

	send(&c, 0, A, A, NULL);
	send(&c, 100, B, A, NULL);
	send(&c, COURSE_GAP_MS * 1000 + 200, C, A, NULL);
	is_str(brief(&c), "sentC@0", "what is long past is another course");
}

static void test_full(void)
{
	struct timeline_entry *e;
	static struct timeline t;
	struct course c = { .n = 0 };
	uint32_t i;

	send(&c, 0, A, A, NULL);
	for (i = 0; i < 40; i++) {
		send(&c, 10 + 2 * i, 20 + i, A, NULL);
		answer(&c, 11 + 2 * i, 20 + i, 503);
	}
	is_int(c.n, COURSE_STEPS - COURSE_KEPT, "full but for the end");
	ok(c.left_out > 20, "what was left out is counted");
	is_int(c.n_servers, COURSE_SERVERS, "so many servers at most");
	send(&c, 200, B, A, NULL);
	e = timeline_finish(&t, &c, B, us(300));
	is_int(e->course.step[e->course.n - 1].what, COURSE_MOVED,
	       "the end has its place");
	for (i = 0; i < 40; i++)
		course_add(&e->course, COURSE_UP, B, us(301));
	is_int(e->course.n, COURSE_STEPS, "and no more than there is room");
}

static void test_last_ones(void)
{
	const struct timeline_entry *e = NULL;
	static struct timeline t;
	struct course c = { .n = 0 };
	bool in_order = true;
	uint32_t i, n = 0;

	ok(!timeline_before(&t, 0), "none yet");
	ok(!timeline_open(&t, &c, us(0)), "nothing to add to");
	for (i = 0; i < 100; i++) {
		send(&c, i, B, A, NULL);
		timeline_finish(&t, &c, B, us(i));
	}
	while ((e = timeline_before(&t, e ? e->id : 0)) != NULL)
		in_order = in_order && e->id == 100 - n++;
	is_int(n, TIMELINE_MAX, "the last ones are there");
	ok(in_order, "the newest first");
	c.finished = 1;
	ok(!timeline_open(&t, &c, us(1)), "one that was overwritten is closed");
	t.newest = UINT32_MAX;
	c.n = 0;
	is_int(timeline_finish(&t, &c, B, us(0))->id, 1,
	       "the numbers begin anew");
}

static void test_names(void)
{
	bool named = true;
	unsigned int i;

	for (i = 0; i < COURSE_WHATS; i++)
		named = named && *course_what_name((uint8_t)i);
	for (i = 0; i < COURSE_SOURCES; i++)
		named = named && *course_source_name((uint8_t)i);
	ok(named && !*course_what_name(COURSE_WHATS) &&
	   !*course_source_name(COURSE_SOURCES), "everything has its name");
}

int main(void)
{
	test_names();
	test_evidence();
	test_silence();
	test_refused();
	test_all_well();
	test_probe();
	test_age();
	test_full();
	test_last_ones();
	return tap_done();
}
