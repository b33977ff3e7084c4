/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the process may do.  The daemon needs CAP_NET_ADMIN, to speak to the
 * module, and nothing else: its ports are above 1023.
 */
#ifndef SIPOVER_IO_PRIVILEGE_H
#define SIPOVER_IO_PRIVILEGE_H

/*
 * Becomes that user, with its groups and, of root's capabilities, CAP_NET_ADMIN
 * alone; before anything is opened.  0, or -errno with a message on the log:
 * -ENOENT if there is no such user, -EPERM if this process is another one than
 * root and him.
 */
int privilege_drop(const char *user);

/* Nothing more can be gained by a program that it starts, and nobody but root
 * may look into its memory, which holds passwords; 0 or -errno. */
int privilege_seal(void);

#endif /* SIPOVER_IO_PRIVILEGE_H */
