// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "evlog_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define OLD ".old"

/* Opened, emptied and of the size; -errno. */
static int make(const char *path, size_t size)
{
	char *old;
	int fd, ret;

	if (asprintf(&old, "%s" OLD, path) < 0)
		return -ENOMEM;
	/* NOLINTNEXTLINE(readability-suspicious-call-argument): from, to */
	ret = rename(path, old) && errno != ENOENT ? -errno : 0;
	free(old);
	if (ret)
		return ret;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return -errno;
	/* Its blocks now: later a full file system would be a SIGBUS.  tmpfs
	 * gives up when the ring's work is due in this thread. */
	do
		ret = posix_fallocate(fd, 0, (off_t)size);
	while (ret == EINTR);
	if (!ret)
		return fd;
	close(fd);
	unlink(path);
	return -ret;
}

int evlog_file_open(struct evlog_file *f, const char *path, size_t size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS, fd = -1;
	void *mem;

	if (*path) {
		fd = make(path, size);
		if (fd < 0)
			log_warning("event log not kept path=%s: %s", path,
				    strerror(-fd));
		else
			flags = MAP_SHARED;
	}
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, flags,
		   fd < 0 ? -1 : fd, 0);
	if (fd >= 0)
		close(fd);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	f->mem = mem;
	f->size = size;
	return 0;
}

int evlog_file_read(struct evlog_file *f, const char *path)
{
	struct stat st;
	void *mem;
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = fstat(fd, &st) ? -errno : st.st_size ? 0 : -ENODATA;
	mem = ret ? MAP_FAILED : mmap(NULL, (size_t)st.st_size, PROT_READ,
				      MAP_PRIVATE, fd, 0);
	if (!ret && mem == MAP_FAILED)
		ret = -errno;
	close(fd);
	if (ret)
		return ret;
	f->mem = mem;
	f->size = (size_t)st.st_size;
	return 0;
}

void evlog_file_close(struct evlog_file *f)
{
	if (f->mem)
		munmap(f->mem, f->size);
	f->mem = NULL;
}
