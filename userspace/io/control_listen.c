// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "control_listen.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A socket file that nobody listens on is left over and removed. */
static int control_unlink_stale(const struct sockaddr_un *name)
{
	struct stat st;
	int fd, ret = 0;

	if (lstat(name->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* EAGAIN: alive, its backlog is full. */
	if (!connect(fd, (const struct sockaddr *)name, sizeof(*name)) ||
	    errno == EAGAIN)
		ret = -EADDRINUSE;
	else if ((errno != ECONNREFUSED && errno != ENOENT) ||
		 (unlink(name->sun_path) && errno != ENOENT))
		ret = -errno;
	close(fd);
	return ret;
}

int control_listen(const struct sockaddr_un *name, int backlog)
{
	mode_t before;
	int fd, ret;

	ret = control_unlink_stale(name);
	if (ret)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* 0660 from the first moment on. */
	before = umask(0117);
	ret = bind(fd, (const struct sockaddr *)name, sizeof(*name)) ? -errno
								     : 0;
	umask(before);
	if (!ret && listen(fd, backlog)) {
		ret = -errno;
		unlink(name->sun_path);
	}
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}
