// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "io/clock.h"
#include "say.h"
#include "server.h"
#include "stream.h"
#include "terminal.h"
#include "user.h"

static struct web web;

/* Where a service manager would be told. */
static void tell_ready(void)
{
	say(SAY_INFO, "ready version=%s", SIPOVER_VERSION);
}

static void tell_stopping(void)
{
	say(SAY_INFO, "stopping");
}

static void control_event(void *of, json_t *params)
{
	stream_event(of, params);
}

static void control_state(void *of, bool here)
{
	stream_state(of, here);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int poll_ms(const struct web *w, struct mono now)
{
	struct mono due = mono_min(control_due(&w->control),
				   mono_min(server_due(w, now),
					    stream_due(w)));
	uint64_t ms;

	if (mono_is_never(due))
		return -1;
	/* Rounded up, or the last millisecond is spent turning round. */
	ms = (mono_us_since(now, due) + 999) / 1000;
	return ms > 60000 ? 60000 : (int)ms;
}

static int loop(struct web *w, int signals)
{
	struct pollfd p[2 + OPTIONS_LISTEN + 1];
	struct mono now = clock_now();
	nfds_t n;

	for (;;) {
		control_tick(&w->control, now);
		stream_tick(w, now);
		server_run(w, now);
		p[0] = (struct pollfd){ signals, POLLIN, 0 };
		p[1] = (struct pollfd){ w->control.fd,
					control_wants(&w->control), 0 };
		for (n = 0; n < w->n_listeners; n++)
			p[2 + n] = (struct pollfd){ w->listeners[n].epoll,
						    POLLIN, 0 };
		now = clock_now();
		if (poll(p, 2 + n, poll_ms(w, now)) < 0 && errno != EINTR) {
			say(SAY_ERROR, "poll: %s", strerror(errno));
			return EX_OSERR;
		}
		if (p[0].revents)
			return EX_OK;
		now = clock_now();
		control_ready(&w->control, p[1].revents, now);
	}
}

/* Suspended connections must have been resumed before the library ends. */
static void finish(struct web *w)
{
	struct mono now = clock_now();

	tell_stopping();
	stream_end_all(w);
	control_abandon(&w->control);
	server_run(w, now);
	server_stop(w);
	control_close(&w->control);
	feed_free(&w->feed);
	page_free(&w->page);
}

static int serve(struct web *w)
{
	int fds[OPTIONS_LISTEN + 1], signals, ret;
	const char *what;

	ret = server_open(w, fds);
	if (ret)
		return ret;
	ret = page_load(&w->page, w->o.page, &what);
	if (ret) {
		complain("the page in %s: %s: %s", w->o.page, what,
			 strerror(-ret));
		return EX_NOINPUT;
	}
	ret = user_become(w->o.user);
	if (ret)
		return ret;
	if (!control_init(&w->control, w->o.control)) {
		complain("--control %s: longer than a socket's path may be",
			 w->o.control);
		return EX_USAGE;
	}
	w->control.event = control_event;
	w->control.state = control_state;
	w->control.of = w;
	sessions_init(&w->sessions, w->o.idle_s * 1000, w->o.life_s * 1000);
	limiter_init(&w->limiter, clock_now());
	signals = open_signals();
	if (signals < 0) {
		complain("signalfd: %s", strerror(errno));
		return EX_OSERR;
	}
	ret = server_start(w, fds);
	if (!ret) {
		if (secret_stamp(w->o.password_file, &w->stamp) != 0)
			say(SAY_WARNING, "no password set command=\"sipover-web --set-password\"");
		tell_ready();
		ret = loop(w, signals);
		finish(w);
	}
	close(signals);
	return ret;
}

int main(int argc, char **argv)
{
	int ret = options_read(&web.o, argc, argv);

	if (ret >= 0)
		return ret;
	if (!secret_init()) {
		complain("libsodium does not start");
		return EX_OSERR;
	}
	if (web.o.set_password)
		return terminal_set_password(web.o.password_file);
	if (web.o.debug)
		say_debug_on();
	ret = user_check(web.o.user);
	return ret ? ret : serve(&web);
}
