// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* io/control: events that are noted, and written in the pauses of the loop or
 * before what comes behind them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/control.h"
#include "io_loop.h"
#include "tap.h"

static struct ring ring;
static struct control control;
static struct sockaddr_un name = { .sun_family = AF_UNIX };

static struct {
	unsigned int lines, gone, written;
	bool subscribe, answer;
} seen;

static void on_line(void *ctx, uint32_t client, const char *text, size_t len)
{
	(void)ctx;
	(void)text;
	(void)len;
	seen.lines++;
	if (seen.subscribe)
		control_subscribe(&control, client);
	if (seen.answer)
		control_send(&control, client, strdup("answer\n"));
}

static void on_gone(void *ctx, uint32_t client)
{
	(void)ctx;
	(void)client;
	seen.gone++;
}

static char *on_text(void *ctx, const void *event, size_t len)
{
	char *text = NULL;

	(void)ctx;
	seen.written++;
	if (len && asprintf(&text, "%.*s\n", (int)len, (const char *)event) < 0)
		return NULL;
	return text;
}

static const struct control_ops ops = {
	.line = on_line, .gone = on_gone, .text = on_text,
};

static bool have_line(void)
{
	return seen.lines > 0;
}

static bool have_gone(void)
{
	return seen.gone == 2;
}

static int client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&name, sizeof(name))) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool ask(int fd)
{
	seen.lines = 0;
	return write(fd, "x\n", 2) == 2 && io_until(&ring, have_line);
}

static bool subscribe(int fd)
{
	bool done;

	seen.subscribe = true;
	done = ask(fd);
	seen.subscribe = false;
	return done;
}

static void hears(int fd, const char *want, const char *what)
{
	char got[64] = "";
	ssize_t n;

	io_for(&ring, 2);
	n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	got[n > 0 ? n : 0] = '\0';
	is_str(got, want, "%s", what);
}

static void test_order(int a, int b)
{
	ok(control_note(&control, "unheard", 7) && !control_noted(&control),
	   "nobody listens: not noted");
	ok(subscribe(a), "one subscribes");
	control_note(&control, "one", 3);
	control_note(&control, "", 0);
	control_note(&control, "two", 3);
	hears(a, "", "noted is not written yet");
	ok(control_noted(&control), "it waits");
	control_quiet(&control);
	hears(a, "one\ntwo\n", "in a pause it is, but for what has no text");
	ok(!control_noted(&control), "nothing waits");

	control_note(&control, "three", 5);
	control_broadcast(&control, strdup("four\n"));
	hears(a, "three\nfour\n", "before what is told at once");

	seen.answer = true;
	control_note(&control, "five", 4);
	ok(ask(a), "a question");
	seen.answer = false;
	hears(a, "five\nanswer\n", "before an answer");

	control_note(&control, "six", 3);
	ok(subscribe(b), "another one subscribes");
	hears(a, "six\n", "before that");
	hears(b, "", "who does not hear it");
}

static void test_busy(void)
{
	unsigned int i, waited = 0;
	char hundred[100];

	memset(hundred, 'x', sizeof(hundred));
	seen.written = 0;
	for (i = 0; i < 2 * CONTROL_NOTED_MAX / 100; i++) {
		control_note(&control, hundred, sizeof(hundred));
		if (!seen.written)
			waited = i;
	}
	ok(waited > CONTROL_NOTED_MAX / 150 &&
	   waited <= CONTROL_NOTED_MAX / 100,
	   "without a pause %u wait at most", waited);
	seen.written = 0;
	control_quiet(&control);
	ok(seen.written >= CONTROL_NOTED_A_PAUSE / 100 &&
	   seen.written <= CONTROL_NOTED_A_PAUSE / 100 + 1,
	   "some in each pause");
}

int main(void)
{
	char directory[] = "/tmp/sipover-noted-XXXXXX", got[64] = "";
	int a, b;

	if (!ok(mkdtemp(directory) != NULL, "a directory") ||
	    !ok(!ring_open(&ring, 64), "ring opens"))
		return tap_done();
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", directory);
	is_int(control_open(&control, &ring, name.sun_path, &ops, NULL), 0,
	       "opens");
	a = client();
	b = client();
	test_order(a, b);
	test_busy();
	close(a);
	close(b);
	ok(io_until(&ring, have_gone), "both go");
	while (control_noted(&control))
		control_quiet(&control);
	ok(!control_has_subscribers(&control), "nobody listens to what waited");

	a = client();
	ok(subscribe(a), "somebody else does");
	control_note(&control, "last", 4);
	control_close(&control);
	ok(recv(a, got, sizeof(got), MSG_DONTWAIT) == 5 &&
	   !strcmp(got, "last\n"), "the last words, at the close");
	io_for(&ring, 10);
	close(a);
	ring_close(&ring);
	is_int(ring.in_flight, 0, "everything ended");
	rmdir(directory);
	return tap_done();
}
