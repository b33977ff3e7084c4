// SPDX-License-Identifier: BSD-2-Clause
#include "sim.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define START_S 1000	/* boot was some time ago */
#define SHOWN_MAX 5	/* failures told in full */
#define STUCK_S 10	/* for one schedule */
#define DNS_STREAM 1	/* no seed that is kept has names by it */

struct world W;
static struct agent agent;
static struct counts counts;

bool chance(double p)
{
	return (double)(rng_next(&W.rng) >> 11) < p * 9007199254740992.0;
}

uint32_t pick(uint32_t below)
{
	return below ? rng_below(&W.rng, below) : 0;
}

uint64_t between(uint64_t a, uint64_t b)
{
	return b > a ? a + rng_next(&W.rng) % (b - a + 1) : a;
}

struct vserver *server_at_addr(const struct addr *a)
{
	for (unsigned int i = 0; i < W.n_servers; i++)
		if (addr_equal(&W.server[i].addr, a))
			return &W.server[i];
	return NULL;
}

struct vserver *line_server(uint32_t line, uint32_t k)
{
	uint32_t s = W.agent->line[line].server[k];

	return server_at_addr(&W.agent->server[s].addr);
}

void world_init(uint64_t seed)
{
	memset(&W, 0, sizeof(W));
	W.now = START_S * SEC;
	W.seed = seed;
	W.rng.state = seed * 0x9e3779b97f4a7c15ull + 1;
	W.agent_rng.state = ~W.rng.state;
	W.dns.rng.state = W.rng.state ^ DNS_STREAM;
	rng_next(&W.rng);
	W.counts = &counts;
	W.net.delay_min = W.net.delay_max = 5 * MS;
	W.net.quote = 520;
	addr_parse(&W.phone[0], "192.0.2.9", 5060, TRANSPORT_UDP);
	addr_parse(&W.phone[1], "2001:db8::9", 5060, TRANSPORT_UDP);
	queue_clear();
	transactions_clear();
	tcp_world_reset();
	module_reset();
	farend_forget();
	check_reset();
	trace_reset();
}

bool world_start(const char *text)
{
	char err[1024];
	bool loaded = W.module;

	if (conf_load(&W.conf, "sim", text, err, sizeof(err))) {
		violated("configuration", "%s", err);
		return false;
	}
	W.agent = &agent;
	if (agent_open(&agent, &W.conf)) {
		violated("open", "the agent does not start");
		return false;
	}
	W.module = false;
	if (W.netlink && loaded)
		module_load(true);
	else if (W.netlink)
		module_load(false);
	W.module = loaded;
	turn();
	return !W.failed;
}

void world_crash(void)
{
	bool loaded = W.module;

	trace("-- the agent is killed");
	W.ending = true;
	agent_close(&agent);
	W.ending = false;
	tcp_all_gone();
	farend_phone_gone();
	W.n_calls = 0;
	check_crash();
	for (unsigned int i = 0; i < W.n_servers; i++)
		W.server[i].blocked_until = 0;
	if (agent_open(&agent, &W.conf)) {
		violated("open", "the agent does not start again");
		return;
	}
	module_load(loaded);
}

void world_stop(void)
{
	if (W.agent) {
		W.ending = true;
		agent_close(&agent);
		W.agent = NULL;
		conf_free(&W.conf);
	}
	queue_clear();
}

/* A step that does not end is an invariant broken too: of processor time, so
 * that a busy machine does not count. */
static char stuck[96];
static size_t stuck_len;

static void on_stuck(int signal)
{
	(void)signal;
	if (write(STDOUT_FILENO, stuck, stuck_len) >= 0)
		_exit(1);
	_exit(2);
}

static void watch(uint64_t seed)
{
	struct itimerval limit = { .it_value.tv_sec = STUCK_S };

	stuck_len = (size_t)snprintf(stuck, sizeof(stuck),
		"# seed %" PRIu64 ": spin: no end\nnot ok 1 - schedules\n1..1\n",
		seed);
	(void)signal(SIGVTALRM, on_stuck);
	fflush(stdout);
	setitimer(ITIMER_VIRTUAL, &limit, NULL);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void show(uint64_t seed)
{
	printf("# seed %" PRIu64 ": %s: %s\n", seed, W.invariant, W.why);
	if (!schedule_run(seed, true))
		fputs(trace_text(), stdout);
	else
		puts("# and not a second time: the simulator is not deterministic");
}

static void show_counts(uint64_t n, double took)
{
	printf("# %" PRIu64 " schedules in %.1f s, %.2f ms each, %.1f virtual days\n",
	       n, took, took * 1000 / (double)(n ? n : 1),
	       (double)counts.virtual_s / 86400);
#define SHOW(name) printf("#   %-16s %12" PRIu64 "\n", #name, counts.name)
	SHOW(faults);
	SHOW(sent);
	SHOW(received);
	SHOW(lost);
	SHOW(duplicated);
	SHOW(retransmissions);
	SHOW(icmp);
	SHOW(icmp_limited);
	SHOW(module_events);
	SHOW(tcp_connects);
	SHOW(pings);
	SHOW(tcp_ends);
	SHOW(registered);
	SHOW(unregistered);
	SHOW(challenges);
	SHOW(unavailable);
	SHOW(failovers);
	SHOW(failbacks);
	SHOW(user_registers);
	SHOW(dials);
	SHOW(incoming);
	SHOW(ups);
	SHOW(byes);
	SHOW(cancels);
	SHOW(merged);
	SHOW(late_byes_refused);
	SHOW(subscribed);
	SHOW(called);
	SHOW(holds);
	SHOW(modified);
	SHOW(local);
	SHOW(dns_answers);
	SHOW(dns_changes);
#undef SHOW
}

static int run_schedules(uint64_t seed, uint64_t n, unsigned int most)
{
	double begin = seconds();
	unsigned int failed = 0;
	uint64_t i;

	printf("# seeds %" PRIu64 "..%" PRIu64 "\n", seed, seed + n - 1);
	for (i = 0; i < n && failed < most; i++) {
		watch(seed + i);
		if (schedule_run(seed + i, false))
			continue;
		if (failed++ < SHOWN_MAX)
			show(seed + i);
	}
	show_counts(i, seconds() - begin);
	printf("%s 1 - %" PRIu64 " schedules from seed %" PRIu64
	       " keep every invariant\n1..1\n", failed ? "not ok" : "ok", i,
	       seed);
	return failed != 0;
}

static int run_one(uint64_t seed, bool tracing)
{
	bool ok;
	uint64_t hash;

	watch(seed);
	ok = schedule_run(seed, tracing);
	hash = W.hash;

	fputs(trace_text(), stdout);
	printf("# seed %" PRIu64 " hash %016" PRIx64 " %s %s\n", seed, hash,
	       ok ? "ok" : W.invariant, ok ? "" : W.why);
	return !ok;
}

static int usage(FILE *f, int status)
{
	fputs("usage: sim --schedules N [--seed S] [--most FAILURES]\n"
	      "       sim --seed S [--trace]\n"
	      "       sim --seeds FILE\n"
	      "       sim --scenarios DIR [--only NAME] [--update]\n"
	      "       sim --icmp\n", f);
	return status;
}

/* "SEED  # why it is kept" */
static int run_kept(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned int n = 0, bad = 0;
	char line[256];

	if (!f) {
		perror(path);
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		char *end;
		uint64_t seed = strtoull(line, &end, 10);
		uint64_t hash;
		bool ok;

		if (end == line)
			continue;
		watch(seed);
		ok = schedule_run(seed, false);
		hash = W.hash;
		if (!ok) {
			show(seed);
		} else if (!schedule_run(seed, true) || W.hash != hash) {
			puts("# another course the second time");
			ok = false;
		}
		bad += !ok;
		end += strspn(end, " #");
		end[strcspn(end, "\n")] = '\0';
		printf("%s %u - seed %" PRIu64 ": %s\n", ok ? "ok" : "not ok",
		       ++n, seed, end);
	}
	fclose(f);
	printf("1..%u\n", n);
	return bad != 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "schedules", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "most", required_argument, NULL, 'm' },
		{ "seeds", required_argument, NULL, 'k' },
		{ "scenarios", required_argument, NULL, 'g' },
		{ "only", required_argument, NULL, 'o' },
		{ "update", no_argument, NULL, 'u' },
		{ "icmp", no_argument, NULL, 'i' },
		{ "trace", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t n = 0, seed = 1;
	const char *kept = NULL, *dir = NULL, *only = NULL;
	bool one = false, tracing = false, update = false;
	unsigned int most = 1;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			n = strtoull(optarg, NULL, 10);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 10);
			one = true;
			break;
		case 'm':
			most = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'k':
			kept = optarg;
			break;
		case 'g':
			dir = optarg;
			break;
		case 'o':
			only = optarg;
			break;
		case 'u':
			update = true;
			break;
		case 't':
			tracing = true;
			break;
		case 'i':
			return icmp_run();
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 64);
		}
	}
	if (kept)
		return run_kept(kept);
	if (dir)
		return scenarios_run(only, update, dir);
	if (n)
		return run_schedules(seed, n, most);
	if (one)
		return run_one(seed, tracing);
	return usage(stderr, 64);
}
