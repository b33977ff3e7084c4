/* SPDX-License-Identifier: BSD-2-Clause */
/* sipover-web --set-password. */
#ifndef SIPOVER_WEB_TERMINAL_H
#define SIPOVER_WEB_TERMINAL_H

/* Asks twice without showing it, or takes the first line of standard input if
 * that is no terminal; writes the hash.  The exit status. */
int terminal_set_password(const char *path);

#endif /* SIPOVER_WEB_TERMINAL_H */
