// SPDX-License-Identifier: BSD-2-Clause
#include "page.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *ending, *type;
} kinds[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".json", "application/json" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static const char *type_of(const char *name)
{
	const char *ending = strrchr(name, '.');

	for (size_t i = 0; ending && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].ending, ending))
			return kinds[i].type;
	return NULL;
}

/* A changed file has another one; FNV-1a is enough for that. */
static void set_etag(struct page_file *f)
{
	uint64_t h = 14695981039346656037ull;

	for (size_t i = 0; i < f->size; i++)
		h = (h ^ (uint8_t)f->bytes[i]) * 1099511628211ull;
	snprintf(f->etag, sizeof(f->etag), "\"%016llx\"",
		 (unsigned long long)h);
}

static int read_whole(int fd, struct page_file *f)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > PAGE_FILE_MAX)
		return -EFBIG;
	f->bytes = calloc(1, (size_t)st.st_size + 1);
	if (!f->bytes)
		return -ENOMEM;
	while (f->size < (size_t)st.st_size) {
		ssize_t n = read(fd, f->bytes + f->size,
				 (size_t)st.st_size - f->size);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		f->size += (size_t)n;
	}
	return 0;
}

static int load_file(struct page *p, int dir, const char *name)
{
	struct page_file *f = &p->files[p->n];
	int fd, ret;

	if (p->n == PAGE_FILES)
		return -ENFILE;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	memset(f, 0, sizeof(*f));
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->type = type_of(name);
	p->n++;
	ret = read_whole(fd, f);
	close(fd);
	if (!ret)
		set_etag(f);
	return ret;
}

int page_load(struct page *p, const char *directory, const char **what)
{
	static char failed[256];
	struct dirent *entry;
	DIR *dir = opendir(directory);
	int ret = 0;

	memset(p, 0, sizeof(*p));
	*what = directory;
	if (!dir)
		return -errno;
	/* cppcheck-suppress readdirCalled ; there is one thread */
	while (!ret && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || !type_of(entry->d_name) ||
		    strlen(entry->d_name) > PAGE_NAME_MAX)
			continue;
		ret = load_file(p, dirfd(dir), entry->d_name);
		if (ret) {
			snprintf(failed, sizeof(failed), "%s", entry->d_name);
			*what = failed;
		}
	}
	closedir(dir);
	if (!ret && !page_find(p, "/")) {
		*what = "index.html";
		ret = -ENOENT;
	}
	return ret;
}

void page_free(struct page *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->files[i].bytes);
	p->n = 0;
}

const struct page_file *page_find(const struct page *p, const char *path)
{
	if (*path != '/')
		return NULL;
	path++;
	if (!*path)
		path = "index.html";
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->files[i].name, path))
			return &p->files[i];
	return NULL;
}
