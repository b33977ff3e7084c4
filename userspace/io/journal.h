/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to systemd's journal: its datagram socket, when standard error is the
 * journal's stream anyway.
 */
#ifndef SIPOVER_IO_JOURNAL_H
#define SIPOVER_IO_JOURNAL_H

#include <stdbool.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* Whether "device:inode" (JOURNAL_STREAM of sd-daemon; NULL: not set) is what
 * fd is. */
bool journal_is_stream(int fd, const char *device_inode);

/* The socket, or -errno. */
int journal_open(const char *path);
/* The journal may have been started anew; 0 or -errno. */
int journal_connect(int fd, const char *path);

#endif /* SIPOVER_IO_JOURNAL_H */
