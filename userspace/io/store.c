// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_LEN 64

static int read_all(int fd, char *text, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, text + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return -EIO;	/* shorter than it was */
		n += (size_t)got;
	}
	return 0;
}

int store_read(const char *dir, const char *name, size_t max, char **text,
	       size_t *len)
{
	struct stat st;
	char path[PATH_MAX];
	int fd, ret = 0;

	*text = NULL;
	*len = 0;
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		ret = -errno;
	else if (!S_ISREG(st.st_mode))
		ret = -EINVAL;
	else if ((size_t)st.st_size > max)
		ret = -EFBIG;
	if (!ret) {
		*len = (size_t)st.st_size;
		*text = malloc(*len + 1);
		ret = *text ? read_all(fd, *text, *len) : -ENOMEM;
	}
	close(fd);
	if (ret) {
		free(*text);
		*text = NULL;
	} else {
		(*text)[*len] = '\0';
	}
	return ret;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

static int write_new(int at, const char *name, const char *text, size_t len)
{
	int fd, ret;

	/* What a daemon left that was killed meanwhile. */
	if (unlinkat(at, name, 0) && errno != ENOENT)
		return -errno;
	fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, text, len);
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

/* Another name for it, which takes the place of the one before in one step. */
static int keep(int at, const char *name, const char *kept, const char *link)
{
	if (unlinkat(at, link, 0) && errno != ENOENT)
		return -errno;
	if (linkat(at, name, at, link, 0))
		return errno == ENOENT ? 0 : -errno;
	return renameat(at, link, at, kept) ? -errno : 0;
}

int store_write(const char *dir, const char *name, const char *text,
		size_t len)
{
	char kept[NAME_MAX_LEN], fresh[NAME_MAX_LEN], link[NAME_MAX_LEN];
	int at, ret;

	if (snprintf(link, sizeof(link), "%s.old.new", name) >=
	    (int)sizeof(link))
		return -ENAMETOOLONG;
	snprintf(kept, sizeof(kept), "%s.old", name);
	snprintf(fresh, sizeof(fresh), "%s.new", name);
	if (mkdir(dir, 0755) && errno != EEXIST)
		return -errno;
	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return -errno;
	ret = write_new(at, fresh, text, len);
	if (!ret)
		ret = keep(at, name, kept, link);
	if (!ret && renameat(at, fresh, at, name))
		ret = -errno;
	if (ret) {
		unlinkat(at, fresh, 0);
		unlinkat(at, link, 0);
	} else if (fsync(at)) {
		ret = -EINPROGRESS;
	}
	close(at);
	return ret;
}
