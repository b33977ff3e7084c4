/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom the process runs as. */
#ifndef SIPOVER_WEB_USER_H
#define SIPOVER_WEB_USER_H

/* Before anything is read: whether it may run at all, as name (NULL: as it
 * is).  The exit status, what was wrong is said. */
int user_check(const char *name);

/* Becomes that user, for good; never again more rights than now. */
int user_become(const char *name);

#endif /* SIPOVER_WEB_USER_H */
