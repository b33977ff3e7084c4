/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests name a network namespace in SIPOVER_NETNS: entering it here costs
 * a fraction of what `ip netns exec` does, which mounts a /sys for it.
 */
#ifndef SELFTESTS_NETNS_H
#define SELFTESTS_NETNS_H

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void enter_netns(void)
{
	const char *path = getenv("SIPOVER_NETNS");
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET)) {
		perror(path);
		exit(1);
	}
	close(fd);
}

#endif
