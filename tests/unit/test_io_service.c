// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * io/service against a manager's socket: messages in order, one at a time, and
 * a watchdog that is fed only while the loop turns.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "io/service.h"
#include "io_loop.h"
#include "tap.h"

#define PERIOD_MS 50		/* half of what the manager is said to give */

static struct ring ring;
static int manager = -1;
static char got[512];
static unsigned int feeds;

/* An abstract name: nothing is left behind. */
static void manager_open(bool watchdog)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	char path[64];
	int n;

	n = snprintf(path, sizeof(path), "@sipover-test-%d", (int)getpid());
	memcpy(name.sun_path + 1, path + 1, (size_t)n - 1);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (manager < 0 ||
	    bind(manager, (struct sockaddr *)&name,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			     (size_t)n)))
		abort();
	setenv("NOTIFY_SOCKET", path, 1);
	unsetenv("WATCHDOG_PID");
	if (watchdog)
		setenv("WATCHDOG_USEC", "100000", 1);
}

static bool told(void)
{
	ssize_t n = recv(manager, got, sizeof(got) - 1, 0);

	got[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static bool fed(void)
{
	while (told())
		feeds += !strncmp(got, "WATCHDOG=1", 10);
	return feeds >= 3;
}

static void status(void *ctx, char *text, size_t size)
{
	snprintf(text, size, "%s", (const char *)ctx);
}

static void start(const char *text)
{
	if (ring_open(&ring, 16))
		abort();
	service_open(&ring, status, (void *)(uintptr_t)text);
}

static void finish(void)
{
	service_close();
	ring_close(&ring);
	if (manager >= 0)
		close(manager);
	manager = -1;
}

static void test_messages(void)
{
	manager_open(false);
	start("2 of 3");
	ok(!getenv("NOTIFY_SOCKET"), "no program inherits the manager");
	ok(!told(), "nothing is told before it is ready");
	service_ready();
	ok(io_until(&ring, told), "ready is told");
	is_str(got, "READY=1\nSTATUS=2 of 3", "with the status");
	service_reloading();
	service_ready();
	ok(io_until(&ring, told) &&
	   !strncmp(got, "RELOADING=1\nMONOTONIC_USEC=", 27),
	   "reloading, and when it began");
	ok(io_until(&ring, told) && !strncmp(got, "READY=1", 7),
	   "then ready again, a message of its own");
	service_stopping();
	ok(told() && !strncmp(got, "STOPPING=1", 10),
	   "stopping goes out at once: the loop may not turn again");
	io_for(&ring, 3ull * PERIOD_MS);
	ok(!told(), "no watchdog where none is asked for");
	finish();
}

static void test_watchdog(void)
{
	int descriptors = io_descriptors();

	manager_open(true);
	start("here");
	ok(!getenv("WATCHDOG_USEC"), "no program inherits the watchdog");
	feeds = 0;
	ok(io_until(&ring, fed), "it is fed again and again while the ring turns");
	/* Hangs, as a handler would. */
	io_for(&ring, 1);
	fed();
	feeds = 0;
	clock_pause(5 * PERIOD_MS);
	fed();
	is_int(feeds, 0, "not while the loop hangs");
	feeds = 0;
	ok(io_until(&ring, fed), "and again when it goes on");
	finish();
	is_int(io_descriptors(), descriptors, "nothing is left open");
}

/* The manager reads nothing: its queue is full, and nothing grows here. */
static void test_full(void)
{
	int n, i = 0;

	manager_open(true);
	start("here");
	/* max_dgram_qlen messages, 10 unless somebody changed it */
	for (n = 0; n < 64; n++) {
		service_ready();
		io_for(&ring, 1);
	}
	feeds = 0;
	while (told())
		i++;
	ok(i < 64, "a full manager has what it took, the rest is one message");
	ok(io_until(&ring, fed), "and is fed when it reads again");
	finish();
}

static void test_refused(void)
{
	/* Longer than a socket's name may be. */
	static const char name[] = "/"
		"ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo"
		"ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo";
	static const char *const bad[] = {
		"", "relative", "@", "/nowhere/at/all", "vsock:2:1", name,
	};
	static const char *const usec[] = { "x", "0", "-5", "1", "1e3",
		"99999999999999999999", "100000000000" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("NOTIFY_SOCKET", bad[i], 1);
		start("here");
		service_ready();
		service_stopping();
		io_for(&ring, 1);
		finish();
		ok(true, "no manager at \"%.20s\": it runs all the same", bad[i]);
	}
	for (i = 0; i < sizeof(usec) / sizeof(usec[0]); i++) {
		manager_open(false);
		setenv("WATCHDOG_USEC", usec[i], 1);
		start("here");
		is_int(io_armed(&ring, IORING_OP_TIMEOUT) > 0, 0,
		       "WATCHDOG_USEC=%s: no watchdog", usec[i]);
		finish();
	}
	manager_open(true);
	setenv("WATCHDOG_PID", "1", 1);
	start("here");
	io_for(&ring, 3ull * PERIOD_MS);
	ok(!told(), "a watchdog that is another process's is not fed");
	finish();
}

int main(void)
{
	test_messages();
	test_watchdog();
	test_full();
	test_refused();
	return tap_done();
}
