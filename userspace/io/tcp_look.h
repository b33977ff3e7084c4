/* SPDX-License-Identifier: BSD-2-Clause */
/* What a connection is like, and what the peer has done with what was sent to
 * it, by TCP_INFO. */
#ifndef SIPOVER_IO_TCP_LOOK_H
#define SIPOVER_IO_TCP_LOOK_H

enum tcp_look {
	TCP_LOOK_OPEN,		/* not known: no connection (yet) */
	TCP_LOOK_UNACKED,	/* some of it is not acknowledged */
	TCP_LOOK_SHUT,		/* it acknowledged what its window took, and there
				 * is more (signs table, 8) */
	TCP_LOOK_TAKEN,		/* it has all of it */
};

enum tcp_look tcp_look_at(int fd);

/* Of a connect that the ring says is done: 0, or -errno of what ended it.
 * Linux 6.x says so as well when an ICMP error came while it was begun. */
int tcp_look_connected(int fd);

#endif /* SIPOVER_IO_TCP_LOOK_H */
