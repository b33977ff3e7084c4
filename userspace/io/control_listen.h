/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of the control socket. */
#ifndef SIPOVER_IO_CONTROL_LISTEN_H
#define SIPOVER_IO_CONTROL_LISTEN_H

#include <sys/un.h>

/* A listening socket with that name, mode 0660; in place of one that is left
 * over.  -EADDRINUSE: somebody listens on it; -EEXIST: it is another file;
 * -errno. */
int control_listen(const struct sockaddr_un *name, int backlog);

#endif /* SIPOVER_IO_CONTROL_LISTEN_H */
