// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * old_kernel COMMAND [ARG...]: runs a command that finds the io_uring of Linux
 * 5.10, whatever kernel this is; ends with the command's status.
 * old_kernel -e ERRNO COMMAND [ARG...]: one to which io_uring_setup is refused.
 *
 * A seccomp filter refuses what came to io_uring_register (buffer rings, ...)
 * and to io_uring_enter (EXT_ARG) later.  io_uring_setup is done on the
 * command's behalf, by seccomp user notification: newer flags are refused,
 * newer features are not told, and the ring is restricted to the operations and
 * SQE flags of 5.10, the others complete with -EACCES (5.10 says -EINVAL).
 *
 * Not emulated: flags of an operation, since these stand in shared memory.
 * Multishot accept, poll and receive would still work, but a program that asks
 * for buffer rings first does not try them.  Nor are 5.10's ways of doing
 * things: worker threads where newer kernels retry by task work, EBUSY instead
 * of submission while completions overflow (test_io_refused.c does that).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD_SETUP_FLAGS 0x7f	/* to IORING_SETUP_R_DISABLED */
#define OLD_FEATURES 0x7f	/* to IORING_FEAT_POLL_32BITS */
#define OLD_ENTER_FLAGS 0x7	/* to IORING_ENTER_SQ_WAIT */
#define OLD_SQE_FLAGS 0x3f	/* to IOSQE_BUFFER_SELECT */
#define OLD_OP_LAST IORING_OP_TEE
#define OLD_REGISTER_LAST IORING_REGISTER_ENABLE_RINGS

/* Low halves of the arguments; little endian, as everything io_uring here. */
#define ARG(n) offsetof(struct seccomp_data, args[n])

static int filter_install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_register, 0,
			 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG(1)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, OLD_REGISTER_LAST, 3, 4),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_enter, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG(3)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
			 (uint32_t)~OLD_ENTER_FLAGS, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
	};
	struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static int refusal_install(unsigned int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int ring_restrict(int ring)
{
	struct io_uring_restriction all[64];
	unsigned int i, n = 0;

	memset(all, 0, sizeof(all));
	for (i = 0; i <= OLD_OP_LAST; i++) {
		all[n].opcode = IORING_RESTRICTION_SQE_OP;
		all[n++].sqe_op = (uint8_t)i;
	}
	for (i = 0; i <= OLD_REGISTER_LAST; i++) {
		all[n].opcode = IORING_RESTRICTION_REGISTER_OP;
		all[n++].register_op = (uint8_t)i;
	}
	all[n].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
	all[n++].sqe_flags = OLD_SQE_FLAGS;
	if (syscall(__NR_io_uring_register, ring,
		    IORING_REGISTER_RESTRICTIONS, all, n) ||
	    syscall(__NR_io_uring_register, ring, IORING_REGISTER_ENABLE_RINGS,
		    NULL, 0))
		return -errno;
	return 0;
}

/* What 5.10 would do; the ring, or -errno. */
static int setup_as_old(uint32_t entries, struct io_uring_params *p)
{
	uint32_t flags = p->flags;
	int ring, ret;

	if (flags & ~(uint32_t)(OLD_SETUP_FLAGS & ~IORING_SETUP_R_DISABLED))
		return -EINVAL;
	p->flags |= IORING_SETUP_R_DISABLED;
	ring = (int)syscall(__NR_io_uring_setup, entries, p);
	if (ring < 0)
		return -errno;
	ret = ring_restrict(ring);
	if (ret) {
		close(ring);
		return ret;
	}
	p->flags = flags;
	p->features &= OLD_FEATURES;
	return ring;
}

/* Gives the ring to the process that asked; its number there, or -errno. */
static int setup_for(int listener, const struct seccomp_notif *asked)
{
	struct seccomp_notif_addfd give = {
		.id = asked->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.newfd_flags = O_CLOEXEC,
	};
	off_t at = (off_t)asked->data.args[1];
	struct io_uring_params p;
	int mem, ring, ret = -EFAULT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/mem", asked->pid);
	mem = open(path, O_RDWR | O_CLOEXEC);
	if (mem < 0)
		return -errno;
	if (pread(mem, &p, sizeof(p), at) != sizeof(p))
		goto close_mem;
	ret = ring = setup_as_old((uint32_t)asked->data.args[0], &p);
	if (ring < 0)
		goto close_mem;
	give.srcfd = (uint32_t)ring;
	if (pwrite(mem, &p, sizeof(p), at) != sizeof(p))
		ret = -EFAULT;
	else if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &give) < 0)
		ret = -errno;
	close(ring);
close_mem:
	close(mem);
	return ret;
}

static void answer(int listener)
{
	struct seccomp_notif_resp answer;
	struct seccomp_notif asked;
	int ret;

	memset(&asked, 0, sizeof(asked));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked))
		return;
	ret = setup_for(listener, &asked);
	if (ret >= 0)
		return;		/* answered with the ring */
	memset(&answer, 0, sizeof(answer));
	answer.id = asked.id;
	answer.error = ret;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* The filter's listener crosses from the child, which is filtered. */

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static void message_init(struct msghdr *msg, struct iovec *iov,
			 union control *c)
{
	static char byte;

	memset(msg, 0, sizeof(*msg));
	memset(c, 0, sizeof(*c));
	iov->iov_base = &byte;
	iov->iov_len = 1;
	msg->msg_iov = iov;
	msg->msg_iovlen = 1;
	msg->msg_control = c;
	msg->msg_controllen = sizeof(*c);
}

static void command(int to, char **argv)
{
	struct msghdr msg;
	struct iovec iov;
	union control c;
	int listener;

	listener = filter_install();
	if (listener < 0) {
		perror("old_kernel: seccomp user notification");
		_exit(125);
	}
	message_init(&msg, &iov, &c);
	c.header.cmsg_level = SOL_SOCKET;
	c.header.cmsg_type = SCM_RIGHTS;
	c.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&c.header), &listener, sizeof(int));
	if (sendmsg(to, &msg, 0) != 1) {
		perror("old_kernel: sendmsg");
		_exit(125);
	}
	close(listener);
	close(to);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static int listener_of(int from)
{
	struct msghdr msg;
	struct iovec iov;
	union control c;
	int fd;

	message_init(&msg, &iov, &c);
	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) != 1 ||
	    c.header.cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(&c.header), sizeof(int));
	return fd;
}

/* Until the command has ended, and whatever it left running. */
static int supervise(int listener, pid_t pid)
{
	struct pollfd p[2] = {
		{ .fd = listener, .events = POLLIN },
		{ .fd = (int)syscall(__NR_pidfd_open, pid, 0),
		  .events = POLLIN },
	};
	int status = 125 << 8;

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (p[0].revents & POLLIN)
			answer(listener);
		else if (p[0].revents)
			p[0].fd = -1;	/* nobody is filtered any more */
		if (p[1].revents) {
			waitpid(pid, &status, 0);
			close(p[1].fd);
			p[1].fd = -1;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int pair[2], listener;
	pid_t pid;

	if (argc < 2 || (argv[1][0] == '-' && argc < 4)) {
		fputs("usage: old_kernel [-e ERRNO] COMMAND [ARG...]\n",
		      stderr);
		return 64;
	}
	if (argv[1][0] == '-') {
		if (refusal_install((unsigned int)strtoul(argv[2], NULL, 10))) {
			perror("old_kernel: seccomp");
			return 125;
		}
		execvp(argv[3], argv + 3);
		perror(argv[3]);
		return 127;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		perror("old_kernel");
		return 125;
	}
	pid = fork();
	if (!pid)
		command(pair[1], argv + 1);
	close(pair[1]);
	listener = pid > 0 ? listener_of(pair[0]) : -1;
	close(pair[0]);
	if (listener < 0) {
		fputs("old_kernel: not possible here\n", stderr);
		return 125;
	}
	return supervise(listener, pid);
}
