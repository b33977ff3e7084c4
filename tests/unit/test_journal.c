// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * Messages to the journal: their fields, and their way there by the ring, with a
 * journal that is slow, or is started anew.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "codec/journal.h"
#include "io/journal.h"
#include "io/log_queue.h"
#include "io_loop.h"
#include "tap.h"

static struct ring ring;
static char path[] = "/tmp/sipover-journal-XXXXXX/socket";
static int listener = -1;
static unsigned int got, wanted;
static char last[4096];
static bool in_order = true;

static void test_encode(void)
{
	struct journal_about about = { "failover", "alice", "192.0.2.1:5060;udp",
				       "port_unreach" };
	char buf[512], want[512];
	size_t n;

	n = journal_encode(buf, sizeof(buf) - 1, 6, 1234567, &about,
			   "failover line=alice");
	buf[n] = '\0';
	snprintf(want, sizeof(want),
		 "PRIORITY=6\nSYSLOG_IDENTIFIER=sipoverd\n"
		 "SIPOVER_TIME_USEC=1234567\nMESSAGE_ID=%s\n"
		 "SIPOVER_EVENT=failover\nSIPOVER_LINE=alice\n"
		 "SIPOVER_SERVER=192.0.2.1:5060;udp\n"
		 "SIPOVER_CAUSE=port_unreach\nMESSAGE=failover line=alice\n",
		 journal_message_id("failover"));
	is_str(buf, want, "every field");
	n = journal_encode(buf, sizeof(buf) - 1, 3, 5, NULL, "a\nPRIORITY=0\r\x7f");
	buf[n] = '\0';
	is_str(buf, "PRIORITY=3\nSYSLOG_IDENTIFIER=sipoverd\n"
	       "SIPOVER_TIME_USEC=5\nMESSAGE=a?PRIORITY=0??\n",
	       "no line break of a peer makes a field");
	for (n = 0; n < 60; n++)
		if (journal_encode(buf, n, 3, 5, NULL, "text"))
			break;
	is_int(n, 60, "what has no room is nothing");
	ok(!journal_message_id("nothing") && !journal_message_id(NULL) &&
	   strlen(journal_message_id("health")) == 32, "MESSAGE_ID of events");
}

static void test_stream(void)
{
	char text[64];
	struct stat st;
	int fd[2];

	if (pipe(fd) || fstat(fd[1], &st))
		abort();
	snprintf(text, sizeof(text), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	ok(journal_is_stream(fd[1], text), "JOURNAL_STREAM names it");
	ok(!journal_is_stream(fd[1], "1:2") && !journal_is_stream(fd[1], NULL) &&
	   !journal_is_stream(fd[1], ""), "or something else");
	close(fd[0]);
	close(fd[1]);
	ok(!journal_is_stream(fd[1], text), "or is closed");
}

/* ---- the way there ---- */

static void listen_at(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	strcpy(to.sun_path, path);
	unlink(path);
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&to, sizeof(to)))
		abort();
}

static void take(void)
{
	ssize_t n;

	while (listener >= 0 &&
	       (n = recv(listener, last, sizeof(last) - 1, 0)) > 0) {
		last[n] = '\0';
		in_order = in_order && strtoul(last, NULL, 10) == got;
		got++;
	}
}

static void turn(void *ctx)
{
	(void)ctx;
	take();
	if (got >= wanted)
		ring_stop(&ring);
	else
		log_queue_submit();
}

static void late(void *ctx, struct mono now)
{
	(void)ctx;
	(void)now;
	ring_stop(&ring);
}

static bool turns_until(unsigned int n, uint64_t ms)
{
	wanted = n;
	ring.batch_end = turn;
	ring.expired = late;
	ring_set_deadline(&ring, mono_add_ms(clock_now(), ms));
	log_queue_submit();
	ring_run(&ring);
	ring_set_deadline(&ring, MONO_NEVER);
	return got >= n;
}

static void push(unsigned int from, unsigned int to)
{
	char text[64];
	int n;

	for (; from < to; from++) {
		n = snprintf(text, sizeof(text), "%u datagram", from);
		log_queue_push(text, (size_t)n);
	}
}

static void test_order(void)
{
	uint64_t before = ring.stats.enters;

	push(0, 300);
	ok(turns_until(300, 5000) && got == 300 && in_order,
	   "300 messages in order, though the socket holds a few at a time");
	ok(ring.stats.enters - before < 250, "several in one system call (%llu)",
	   (unsigned long long)(ring.stats.enters - before));
}

static void test_restart(void)
{
	close(listener);
	listen_at();
	push(300, 310);
	ok(turns_until(310, 5000) && in_order,
	   "a journal that was started anew gets them all");
}

static void test_gone(void)
{
	close(listener);
	unlink(path);
	listener = -1;
	push(0, 5);
	ok(!turns_until(315, 50), "without one they are given up");
	listen_at();
	got = 0;
	push(0, 3);
	ok(turns_until(3, 5000) && in_order, "until there is one again");
}

static void test_flush(void)
{
	got = 0;
	push(0, 3);
	log_queue_flush();
	take();
	ok(got == 3 && in_order, "an error goes at once, with all before it");
}

static void test_lost(void)
{
	unsigned int i;

	got = 0;
	in_order = true;
	for (i = 0; i < 10000; i++)
		push(i, i + 1);
	turns_until(10000, 200);
	ok(got > 1000 && got < 10000 && in_order, "a storm loses the end of it");
	push(got, got + 1);
	turns_until(got + 1, 2000);
	push(10000, 10001);
	turns_until(10000, 200);
	ok(strstr(last, "datagram") || strstr(last, "lost"), "and goes on");
}

static void test_close(void)
{
	got = 0;
	push(0, 2);
	log_queue_stop();
	ring_close(&ring);
	log_queue_close();
	take();
	ok(got >= 2, "what is left goes out at the end");
}

int main(void)
{
	int fd;

	test_encode();
	test_stream();
	path[strlen(path) - 7] = '\0';
	if (!mkdtemp(path))
		abort();
	path[strlen(path)] = '/';
	is_int(journal_open("/nonexistent/journal"), -ENOENT, "no journal");
	listen_at();
	fd = journal_open(path);
	ok(fd >= 0, "its socket");
	if (ring_open(&ring, 64))
		abort();
	log_queue_open(&ring);
	log_queue_journal(fd, path);
	test_order();
	test_restart();
	test_gone();
	test_flush();
	test_lost();
	test_close();
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	return tap_done();
}
