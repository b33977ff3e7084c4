// SPDX-License-Identifier: BSD-2-Clause
/*
 * traffic: is all told that happens while memory fails?
 *
 *   traffic [-r ROUNDS]
 *
 * Watches the servers of home.h and makes ROUNDS of traffic; then, behind a
 * line on stderr and one on stdin, compares what the events said with what the
 * records say: they may differ by what the records say is uncounted, and no
 * more.  TAP on stdout.  It makes a namespace of its own.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "genl.h"
#include "home.h"

#define UNANSWERED_MS 100
#define PAUSE_MS 50
#define QUIET_MS 3000		/* nothing is on its way any more */

static void read_for(int fd, struct answers *got, int ms)
{
	unsigned int before;

	do {
		before = got->events;
		poll(NULL, 0, ms);
		answers_read(fd, got, 0);
	} while (got->events != before);
}

int main(int argc, char **argv)
{
	unsigned long rounds = 40, r, i, told = 0, kept = 0;
	struct answers events = { 0 }, records = { 0 };
	struct home home;
	struct msg m;
	int c, family;
	bool ok;

	while ((c = getopt(argc, argv, "r:")) != -1) {
		if (c != 'r')
			return 64;
		rounds = strtoul(optarg, NULL, 0);
	}
	family = genl_family();
	home_init(&home);
	home_open(&home, true);
	if (home_watch(&home, family, UNANSWERED_MS) != HOME_SERVERS)
		die("watch");
	fprintf(stderr, "READY\n");
	(void)getchar();
	for (r = 0; r < rounds; r++) {
		home_traffic(&home);
		poll(NULL, 0, PAUSE_MS);
		answers_read(home.netlink, &events, 0);
		if (home.n_calls > HOME_SERVERS)
			home_hang_up(&home);
	}
	home_hang_up(&home);
	fprintf(stderr, "DONE\n");
	(void)getchar();
	read_for(home.netlink, &events, QUIET_MS);
	msg_begin(&m, family, NLM_F_DUMP, SIPOVER_CMD_SERVER_GET);
	if (msg_send(home.netlink, &m) < 0)
		die("dump");
	answers_read(home.netlink, &records, QUIET_MS);
	printf("# told and kept, by cause:");
	for (i = 0; i <= SIPOVER_CAUSE_MAX; i++) {
		told += events.causes[i];
		kept += records.causes[i];
		if (events.causes[i] || records.causes[i])
			printf(" %lu=%lu,%lu", i, (unsigned long)events.causes[i],
			       (unsigned long)records.causes[i]);
	}
	ok = records.done && told && !events.overrun &&
	     labs((long)told - (long)kept) <= (long)records.uncounted;
	printf("\n%s 1 - traffic: %lu rounds, %u events tell of %lu occurrences, records of %lu, %lu uncounted\n",
	       ok ? "ok" : "not ok", rounds, events.events, told, kept,
	       (unsigned long)records.uncounted);
	printf("1..1\n");
	return !ok;
}
