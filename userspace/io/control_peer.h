/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the other end of a control connection: root and the daemon's own
 * user, the members of one group, or nobody that we serve.
 */
#ifndef SIPOVER_IO_CONTROL_PEER_H
#define SIPOVER_IO_CONTROL_PEER_H

#include <sys/types.h>

#define CONTROL_NO_GROUP ((gid_t)-1)

enum control_peer {
	CONTROL_PEER_STRANGER,
	CONTROL_PEER_MEMBER,	/* all but shutdown */
	CONTROL_PEER_OWNER,
};

/* As the kernel knew the peer when it connected.  Supplementary groups count
 * where the kernel tells them (SO_PEERGROUPS, 4.13). */
enum control_peer control_peer_of(int fd, gid_t group);

/* A group by its name or number; 0, -ENOENT: there is none, or -errno. */
int control_group_of(const char *name, gid_t *group);

#endif /* SIPOVER_IO_CONTROL_PEER_H */
