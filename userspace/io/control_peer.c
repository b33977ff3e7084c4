// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "control_peer.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* Of most users; others have as many as the kernel then says. */
#define GROUPS_FIRST 64

/* How many groups the peer has, n of them in list; -errno. */
static int peer_groups(int fd, gid_t *list, size_t n, size_t *have)
{
	socklen_t len = (socklen_t)(n * sizeof(*list));
	int ret = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &len) ?
		  -errno : 0;

	*have = len / sizeof(*list);
	return ret;
}

static bool has_group(const gid_t *list, size_t n, gid_t group)
{
	while (n--)
		if (list[n] == group)
			return true;
	return false;
}

static bool is_supplementary(int fd, gid_t group)
{
	gid_t few[GROUPS_FIRST], *list = few;
	size_t have = 0;
	bool found;
	int ret = peer_groups(fd, few, GROUPS_FIRST, &have);

	if (ret == -ERANGE) {
		list = calloc(have, sizeof(*list));
		ret = list ? peer_groups(fd, list, have, &have) : -ENOMEM;
	}
	found = !ret && has_group(list, have, group);
	if (list != few)
		free(list);
	return found;
}

enum control_peer control_peer_of(int fd, gid_t group)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return CONTROL_PEER_STRANGER;
	if (cred.uid == 0 || cred.uid == geteuid())
		return CONTROL_PEER_OWNER;
	if (group != CONTROL_NO_GROUP &&
	    (cred.gid == group || is_supplementary(fd, group)))
		return CONTROL_PEER_MEMBER;
	return CONTROL_PEER_STRANGER;
}

int control_group_of(const char *name, gid_t *group)
{
	struct group entry, *found = NULL;
	unsigned long n;
	char buf[16384];	/* with its members */
	char *end;
	int ret = getgrnam_r(name, &entry, buf, sizeof(buf), &found);

	if (found) {
		*group = found->gr_gid;
		return 0;
	}
	if (ret == ERANGE)
		return -ERANGE;
	if (*name >= '0' && *name <= '9') {
		n = strtoul(name, &end, 10);
		if (!*end && n < UINT32_MAX) {
			*group = (gid_t)n;
			return 0;
		}
	}
	return -ENOENT;
}
