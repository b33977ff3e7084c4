// SPDX-License-Identifier: BSD-2-Clause
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t interrupted;
static sigset_t outside;

static void note(int signal)
{
	(void)signal;
	interrupted = 1;
}

void interrupt_init(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = note };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&set, signals[i]);
		sigaction(signals[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &set, &outside);
	/* Started in the background by a shell they may have come blocked. */
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigdelset(&outside, signals[i]);
}

bool interrupt_poll_for(struct pollfd *p, nfds_t n, int ms)
{
	struct timespec limit = { ms / 1000, ms % 1000 * 1000000L };

	while (!interrupted) {
		if (ppoll(p, n, ms < 0 ? NULL : &limit, &outside) >= 0)
			return true;
		if (errno != EINTR)
			return false;
	}
	return false;
}

bool interrupt_poll(struct pollfd *p, nfds_t n)
{
	return interrupt_poll_for(p, n, -1);
}
