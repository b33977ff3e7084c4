/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Refuses io_uring system calls of this thread: a seccomp filter hands them to
 * another thread, which answers the next few with an error.  The kernel's own
 * way through the library's and our code, with nothing replaced in either.
 */
#ifndef SIPOVER_TESTS_REFUSE_H
#define SIPOVER_TESTS_REFUSE_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	int pipe[2];		/* the listener's number goes to the thread */
	pthread_t thread;
	_Atomic int nr, opcode, error, times;
	_Atomic int pass;	/* so many calls are let through before */
	_Atomic int refused;
	bool (*when)(void);	/* only then; NULL: always */
} refusal;

static int refuse_answer(const struct seccomp_data *d)
{
	if (d->nr != refusal.nr || !refusal.times)
		return 0;
	if (d->nr == __NR_io_uring_register &&
	    (int)d->args[1] != refusal.opcode)
		return 0;
	if (refusal.when && !refusal.when())
		return 0;
	if (refusal.pass) {
		refusal.pass--;
		return 0;
	}
	refusal.times--;
	refusal.refused++;
	return -refusal.error;
}

static void *refuse_thread(void *arg)
{
	struct seccomp_notif_resp answer;
	struct seccomp_notif asked;
	int listener;

	(void)arg;
	if (read(refusal.pipe[0], &listener, sizeof(listener)) !=
	    sizeof(listener))
		return NULL;
	for (;;) {
		memset(&asked, 0, sizeof(asked));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked)) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			return NULL;
		}
		memset(&answer, 0, sizeof(answer));
		answer.id = asked.id;
		answer.error = refuse_answer(&asked.data);
		if (!answer.error)
			answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

/* Once, by the thread that uses the ring; false: not possible here. */
static inline bool refuse_open(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, __NR_io_uring_setup, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, __NR_io_uring_register, 1,
			 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};
	int listener;

	/* Before the filter, which a new thread would inherit. */
	if (pipe(refusal.pipe) ||
	    pthread_create(&refusal.thread, NULL, refuse_thread, NULL) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return false;
	listener = (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
				SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return listener >= 0 &&
	       write(refusal.pipe[1], &listener, sizeof(listener)) ==
	       sizeof(listener);
}

/* The next calls with that number fail with error, times times. */
static inline void refuse(int nr, int error, int times)
{
	refusal.times = 0;
	refusal.nr = nr;
	refusal.error = error;
	refusal.pass = 0;
	refusal.refused = 0;
	refusal.times = times;
}

#endif /* SIPOVER_TESTS_REFUSE_H */
