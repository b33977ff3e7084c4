// SPDX-License-Identifier: BSD-2-Clause
/*
 * storm: the module comes and goes while namespaces with owners and traffic
 * do.  TAP on stdout.
 *
 *   storm [-r ROUNDS] [-w WORKERS] KO
 *   storm -n NAMESPACES [-w WORKERS]
 *
 * Each of WORKERS processes makes a namespace, watches servers on its loopback
 * device, sends to them, connects to them, reads what it is told, and goes on
 * to the next namespace, which ends the one before; one more does so in the
 * first namespace of all.  Meanwhile the module is unloaded and loaded ROUNDS
 * times, from the module's file KO: three times of four only after watches
 * were added and events told, else at once.  Each time a worker is killed
 * wherever it is, and another started.
 *
 * The module must not be loaded before, and is not afterwards.  With -n it is,
 * and stays: only namespaces come and go, and a worker is killed for each ten.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "genl.h"

#define WORKERS_MAX 16
#define ROUND_MS 120000		/* a machine may be slow */
#define SERVERS 4
#define DATAGRAMS 8

struct tally {
	unsigned long namespaces;
	unsigned long watches;
	unsigned long refused;
	unsigned long events;
	unsigned long connects;
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

static const struct server servers[SERVERS] = {
	{ AF_INET, IPPROTO_UDP, { 127, 0, 0, 1 }, 5060 },
	{ AF_INET6, IPPROTO_UDP, { [15] = 1 }, 5060 },
	{ AF_INET, IPPROTO_TCP, { 127, 0, 0, 1 }, 5061 },
	{ AF_INET6, IPPROTO_TCP, { [15] = 1 }, 5061 },
};

/* ---------------------------------------------------------------- workers */

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		die("lo");
	close(fd);
}

/* Nobody listens: errors and refusals come back. */
static void traffic(const struct server *server)
{
	bool udp = server->proto == IPPROTO_UDP;
	struct sockaddr_in6 addr6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(server->port),
	};
	struct sockaddr_in addr4 = {
		.sin_family = AF_INET,
		.sin_port = htons(server->port),
	};
	bool v6 = server->family == AF_INET6;
	int fd = socket(server->family, SOCK_CLOEXEC |
			(udp ? SOCK_DGRAM : SOCK_STREAM), 0);
	int n = udp ? DATAGRAMS : 1;

	if (fd < 0)
		die("socket");
	memcpy(&addr4.sin_addr, server->addr, 4);
	memcpy(&addr6.sin6_addr, server->addr, 16);
	while (n--) {
		if (udp)
			sendto(fd, "OPTIONS", 7, MSG_DONTWAIT,
			       v6 ? (struct sockaddr *)&addr6 :
				    (struct sockaddr *)&addr4,
			       v6 ? sizeof(addr6) : sizeof(addr4));
		else if (connect(fd, v6 ? (struct sockaddr *)&addr6 :
					  (struct sockaddr *)&addr4,
				 v6 ? sizeof(addr6) : sizeof(addr4)) < 0)
			count(&tally->connects, 1);
	}
	close(fd);
}

/* A module that is not there, or goes, refuses in many ways. */
static void watch_all(int fd, int family)
{
	struct answers got;
	struct msg m;
	int i;

	for (i = 0; family >= 0 && i < SERVERS; i++) {
		memset(&got, 0, sizeof(got));
		msg_begin(&m, family, NLM_F_ACK, SIPOVER_CMD_WATCH_ADD);
		msg_put_server(&m, &servers[i]);
		if (msg_send(fd, &m) < 0)
			return;
		answers_read(fd, &got, 0);
		count(got.watch_id ? &tally->watches : &tally->refused, 1);
	}
}

static _Noreturn void worker(bool lonely)
{
	struct answers got;
	int fd = -1, i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (lonely) {
			if (unshare(CLONE_NEWNET) < 0)
				die("unshare");
			count(&tally->namespaces, 1);
			loopback_up();
		}
		/* The one before ends in the midst of this one. */
		if (fd >= 0)
			close(fd);
		fd = genl_socket();
		if (fd < 0)
			die("netlink socket");
		watch_all(fd, genl_family());
		memset(&got, 0, sizeof(got));
		for (i = 0; i < SERVERS; i++) {
			traffic(&servers[i]);
			answers_read(fd, &got, 0);
		}
		count(&tally->events, got.events);
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

static void load(void)
{
	int fd = open(ko, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "linger_ms=50", 0) < 0)
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

	while (counted(&tally->watches) < before->watches + SERVERS ||
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

/* The @n-th of all rounds is over for one of them. */
static void another(unsigned long n)
{
	unsigned long i = n % (workers + 1);

	end(pids[i]);
	pids[i] = start(i > 0);
}

static bool come_and_go(unsigned long rounds)
{
	struct tally before;
	struct stat st;
	bool ok = true;

	for (; done < rounds && ok; done++) {
		before = *tally;
		load();
		if (done % 4)
			ok = worked(&before);
		another(done);
		unload();
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
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		die("mmap");
	for (i = 0; i <= workers; i++)
		pids[i] = start(i > 0);
	ok = namespaces ? stays(namespaces) : come_and_go(rounds);
	for (i = 0; i <= workers; i++)
		end(pids[i]);
	printf("%s 1 - storm: %lu rounds of load and unload, %lu namespaces, %lu watches, %lu refused, %lu events, %lu connects refused\n",
	       ok ? "ok" : "not ok", done, tally->namespaces, tally->watches,
	       tally->refused, tally->events, tally->connects);
	printf("1..1\n");
	return !ok;
}
