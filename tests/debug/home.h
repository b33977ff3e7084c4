/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A network namespace with servers of every temper, and traffic to them that
 * makes each kind of evidence that this host can make alone.
 */
#ifndef DEBUG_HOME_H
#define DEBUG_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "genl.h"

/**
 * enum home_server - the servers
 *
 * @HOME_REFUSES4: nobody is there, nor at the next three
 * @HOME_SILENT: says nothing
 * @HOME_MOODY: answers at times, and is not there at others; the next as well
 * @HOME_CLOSES: closes or resets what it accepts
 * @HOME_FULL: accepts no more
 * @HOME_LOST: its link address is nowhere to be found; the next as well
 * @HOME_SERVERS: how many
 */
enum home_server {
	HOME_REFUSES4,
	HOME_REFUSES6,
	HOME_REFUSES_TCP4,
	HOME_REFUSES_TCP6,
	HOME_SILENT,
	HOME_MOODY,
	HOME_MOODY_TCP,
	HOME_CLOSES,
	HOME_FULL,
	HOME_LOST,
	HOME_LOST_TCP,
	HOME_SERVERS
};

extern const struct server home_servers[HOME_SERVERS];

/**
 * struct home - what a process has in a namespace; -1: nothing
 *
 * @netlink: to the module
 * @link: the device, a file
 * @sockets: the servers'
 * @calls: connections under way
 * @n_calls: how many
 */
struct home {
	int netlink;
	int link;
	int sockets[HOME_SERVERS];
	int calls[2 * HOME_SERVERS];
	unsigned int n_calls;
};

void home_init(struct home *home);
void home_open(struct home *home, bool lonely);
void home_close(struct home *home);
unsigned int home_watch(struct home *home, int family, uint32_t unanswered_ms);
void home_traffic(struct home *home);
void home_hang_up(struct home *home);

#endif /* DEBUG_HOME_H */
