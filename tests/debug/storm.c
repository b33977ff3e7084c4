// SPDX-License-Identifier: BSD-2-Clause
/*
 * storm: the module comes and goes while namespaces with owners and traffic
 * do.  TAP on stdout.
 *
 *   storm [-r ROUNDS] [-w WORKERS] KO
 *   storm -n NAMESPACES [-w WORKERS]
 *
 * Each of WORKERS processes makes a namespace with servers (home.h), watches
 * them, makes traffic, and goes on to the next namespace; KEPT of them live at a
 * time, so that what takes a while is told, and the oldest ends.  One more
 * worker does so in the first namespace of all.  Meanwhile the module is
 * unloaded and loaded ROUNDS times, two of four without tracepoints, from the
 * module's file KO: every other time only after watches were added and events
 * told, else at once.  Each time a worker is killed wherever it is, and another
 * started.
 *
 * The module must not be loaded before, and is not afterwards.  With -n it is,
 * and stays: only namespaces come and go, and a worker is killed for each ten.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "genl.h"
#include "home.h"

#define WORKERS_MAX 16
#define ROUND_MS 120000		/* a machine may be slow */
#define KEPT 4
#define UNANSWERED_MS 100
#define PROGRESS 20		/* rounds */

struct tally {
	unsigned long namespaces;
	unsigned long watches;
	unsigned long refused;
	unsigned long events;
	unsigned long causes[SIPOVER_CAUSE_MAX + 1];
};

static struct tally *tally;
static const char *ko;

/* NOLINTNEXTLINE(readability-non-const-parameter): the builtin writes */
static void count(unsigned long *counter, unsigned long n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static unsigned long counted(const unsigned long *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* ---------------------------------------------------------------- workers */

static void read_events(struct home *homes)
{
	struct answers got = { 0 };
	unsigned int i;

	for (i = 0; i < KEPT; i++) {
		if (homes[i].netlink >= 0)
			answers_read(homes[i].netlink, &got, 0);
	}
	count(&tally->events, got.events);
	for (i = 0; i <= SIPOVER_CAUSE_MAX; i++) {
		if (got.causes[i])
			count(&tally->causes[i], got.causes[i]);
	}
}

static _Noreturn void worker(bool lonely)
{
	struct home homes[KEPT];
	unsigned int i, n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < KEPT; i++)
		home_init(&homes[i]);
	for (;; i++) {
		struct home *home = &homes[i % KEPT];

		home_close(home);
		home_open(home, lonely);
		count(&tally->namespaces, lonely);
		n = home_watch(home, genl_family(), UNANSWERED_MS);
		count(&tally->watches, n);
		count(&tally->refused, HOME_SERVERS - n);
		home_traffic(home);
		read_events(homes);
		home_traffic(home);
	}
}

static pid_t start(bool lonely)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		worker(lonely);
	return pid;
}

static void end(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WNOHANG))
		die("a worker ended by itself");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

/* ----------------------------------------------------------------- module */

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void load(const char *parameters)
{
	int fd = open(ko, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0) < 0)
		die("load");
	close(fd);
}

/* A dump in progress holds it for a moment. */
static void unload(void)
{
	long until = now_ms() + ROUND_MS;

	while (syscall(SYS_delete_module, "sipover", O_NONBLOCK) < 0) {
		if ((errno != EAGAIN && errno != EBUSY) || now_ms() > until)
			die("unload");
		poll(NULL, 0, 1);
	}
}

/* Watches and events have come since. */
static bool worked(const struct tally *before)
{
	long until = now_ms() + ROUND_MS;

	while (counted(&tally->watches) < before->watches + HOME_SERVERS ||
	       counted(&tally->events) == before->events) {
		if (now_ms() > until)
			return false;
		poll(NULL, 0, 1);
	}
	return true;
}

static pid_t pids[WORKERS_MAX + 1];
static unsigned long workers = 2;
static unsigned long done;
static long began;

/* The @n-th of all rounds is over for one of them. */
static void another(unsigned long n)
{
	unsigned long i = n % (workers + 1);

	end(pids[i]);
	pids[i] = start(i > 0);
}

static void progress(const char *what)
{
	fprintf(stderr, "# %lu %s after %ld s\n", done, what,
		(now_ms() - began) / 1000);
}

static bool come_and_go(unsigned long rounds)
{
	struct tally before;
	struct stat st;
	bool ok = true;

	while (done < rounds && ok) {
		before = *tally;
		load(done % 4 < 2 ? "linger_ms=50 tracepoints=0" :
				    "linger_ms=50");
		if (done % 2)
			ok = worked(&before);
		another(done);
		unload();
		if (++done % PROGRESS == 0)
			progress("rounds");
	}
	return ok && stat("/sys/module/sipover", &st) < 0;
}

static bool stays(unsigned long namespaces)
{
	long until = now_ms() + ROUND_MS;
	unsigned long n, seen = 0;

	while ((n = counted(&tally->namespaces)) < namespaces) {
		if (n >= seen + 10) {
			another(seen / 10);
			seen += 10;
			until = now_ms() + ROUND_MS;
		}
		if (now_ms() > until)
			return false;
		poll(NULL, 0, 1);
	}
	return counted(&tally->watches) && counted(&tally->events);
}

static void report(void)
{
	int i;

	printf("# %lu namespaces, %lu watches, %lu refused, %lu events; occurrences by cause:",
	       tally->namespaces, tally->watches, tally->refused,
	       tally->events);
	for (i = 0; i <= SIPOVER_CAUSE_MAX; i++) {
		if (tally->causes[i])
			printf(" %d=%lu", i, tally->causes[i]);
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	unsigned long rounds = 100, namespaces = 0, i;
	bool ok;
	int c;

	while ((c = getopt(argc, argv, "n:r:w:")) != -1) {
		if (c == 'n')
			namespaces = strtoul(optarg, NULL, 0);
		else if (c == 'r')
			rounds = strtoul(optarg, NULL, 0);
		else if (c == 'w')
			workers = strtoul(optarg, NULL, 0);
		else
			return 64;
	}
	if (optind + !namespaces != argc || !workers || workers > WORKERS_MAX)
		return 64;
	ko = argv[optind];
	began = now_ms();
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		die("mmap");
	for (i = 0; i <= workers; i++)
		pids[i] = start(i > 0);
	ok = namespaces ? stays(namespaces) : come_and_go(rounds);
	for (i = 0; i <= workers; i++)
		end(pids[i]);
	report();
	printf("%s 1 - storm: %lu rounds of load and unload, %lu namespaces in %ld s\n",
	       ok ? "ok" : "not ok", done, tally->namespaces,
	       (now_ms() - began) / 1000);
	printf("1..1\n");
	return !ok;
}
