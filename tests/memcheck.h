/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comes before everything in userspace/io/ when the daemon is built for
 * valgrind (MEMCHECK=1).  valgrind sees system calls, not what goes through a
 * ring: here it is told what the kernel reads and writes.  So no finding has to
 * be suppressed.
 *
 * What the kernel writes to is malloc'ed and realloc'ed in these files only:
 * such memory counts as initialised.  What it is given to send must be.
 */
#ifndef SIPOVER_TESTS_MEMCHECK_H
#define SIPOVER_TESTS_MEMCHECK_H

#include <liburing.h>
#include <malloc.h>
#include <stdlib.h>
#include <valgrind/memcheck.h>

static inline void *memcheck_written(void *p, size_t size)
{
	if (p)
		(void)VALGRIND_MAKE_MEM_DEFINED(p, size);
	return p;
}

static inline const void *memcheck_sent(const void *p, size_t len)
{
	(void)VALGRIND_CHECK_MEM_IS_DEFINED(p, len);
	return p;
}

static inline const struct msghdr *memcheck_msg(const struct msghdr *msg)
{
	for (size_t i = 0; i < msg->msg_iovlen; i++)
		memcheck_sent(msg->msg_iov[i].iov_base, msg->msg_iov[i].iov_len);
	return msg;
}

#define malloc(size) memcheck_written(malloc(size), size)
#define realloc(p, size) memcheck_written(realloc(p, size), size)
#define io_uring_prep_send(sqe, fd, buf, len, flags) \
	io_uring_prep_send(sqe, fd, memcheck_sent(buf, len), len, flags)
#define io_uring_prep_sendmsg(sqe, fd, msg, flags) \
	io_uring_prep_sendmsg(sqe, fd, memcheck_msg(msg), flags)

#endif /* SIPOVER_TESTS_MEMCHECK_H */
