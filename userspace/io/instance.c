// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "random.h"

static bool is_uuid(const char *s, size_t len)
{
	size_t i;

	if (len != INSTANCE_LEN)
		return false;
	for (i = 0; i < len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !strchr("0123456789abcdef", s[i]))
			return false;
	}
	return true;
}

/* A random one (RFC 9562 5.4). */
static void make_uuid(char uuid[INSTANCE_LEN + 1])
{
	char hex[33];

	random_hex(hex, 32);
	hex[12] = '4';
	hex[16] = "89ab"[hex[16] & 3];
	snprintf(uuid, INSTANCE_LEN + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
		 hex + 8, hex + 12, hex + 16, hex + 20);
}

static int read_uuid(const char *path, char uuid[INSTANCE_LEN + 1])
{
	char text[INSTANCE_LEN + 2];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text));
	if (n < 0) {
		n = -errno;
		close(fd);
		return (int)n;
	}
	close(fd);
	if (n && text[n - 1] == '\n')
		n--;
	if (!is_uuid(text, (size_t)n))
		return -EBADMSG;
	memcpy(uuid, text, INSTANCE_LEN);
	uuid[INSTANCE_LEN] = '\0';
	return 0;
}

static int write_new(const char *path, const char *uuid)
{
	char text[INSTANCE_LEN + 2];
	int fd, ret = 0, n;
	ssize_t done;

	n = snprintf(text, sizeof(text), "%s\n", uuid);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		  0644);
	if (fd < 0)
		return -errno;
	done = write(fd, text, (size_t)n);
	if (done != n)
		ret = done < 0 ? -errno : -ENOSPC;
	if (!ret && fsync(fd))
		ret = -errno;
	close(fd);
	return ret;
}

/* The whole file or none, and never another one's place: a phone that loses its
 * power meanwhile, or another daemon, must not make two names of one. */
static int create(const char *path, const char *uuid)
{
	char temporary[PATH_MAX + 16];
	int ret;

	snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)getpid());
	ret = write_new(temporary, uuid);
	if (!ret && link(temporary, path))
		ret = -errno;
	unlink(temporary);
	return ret;
}

int instance_load(const char *dir, char uuid[INSTANCE_LEN + 1])
{
	char path[PATH_MAX];
	int ret;

	uuid[0] = '\0';
	if ((size_t)snprintf(path, sizeof(path), "%s/instance-id", dir) >=
	    sizeof(path))
		return -ENAMETOOLONG;
	ret = read_uuid(path, uuid);
	if (ret != -ENOENT)
		return ret;
	if (mkdir(dir, 0755) && errno != EEXIST)
		return -errno;
	make_uuid(uuid);
	ret = create(path, uuid);
	if (ret == -EEXIST)
		ret = read_uuid(path, uuid);
	if (ret)
		uuid[0] = '\0';
	return ret;
}
