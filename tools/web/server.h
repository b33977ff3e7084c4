/* SPDX-License-Identifier: BSD-2-Clause */
/* The listening sockets, their connections and the limits on them. */
#ifndef SIPOVER_WEB_SERVER_H
#define SIPOVER_WEB_SERVER_H

#include "web.h"

/* Binds what the options say and reads certificate, key and token: what may
 * need more rights than the rest.  The exit status, what was wrong is said. */
int server_open(struct web *w, int fds[OPTIONS_LISTEN + 1]);
/* Answers on them. */
int server_start(struct web *w, const int fds[OPTIONS_LISTEN + 1]);
void server_stop(struct web *w);

/* Whatever the sockets have; connections whose time is over. */
void server_run(struct web *w, struct mono now);

/* When again, at the latest. */
struct mono server_due(const struct web *w, struct mono now);

#endif /* SIPOVER_WEB_SERVER_H */
