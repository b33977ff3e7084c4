/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the page, read once at the start.  Afterwards a path is only a
 * name in this list: nothing that a browser asks for reaches the file system.
 */
#ifndef SIPOVER_WEB_PAGE_H
#define SIPOVER_WEB_PAGE_H

#include <stddef.h>

#define PAGE_FILES 64
#define PAGE_FILE_MAX (512 << 10)
#define PAGE_NAME_MAX 63

struct page_file {
	char name[PAGE_NAME_MAX + 1];
	const char *type;
	char etag[20];		/* with its quotes */
	char *bytes;
	size_t size;
};

struct page {
	struct page_file files[PAGE_FILES];
	size_t n;
};

/* Regular files of the directory itself, of the kinds that a page is made of;
 * others are passed over.  0, or -errno with *what the file's name. */
int page_load(struct page *p, const char *directory, const char **what);
void page_free(struct page *p);

/* "/" is index.html; NULL: none of that name. */
const struct page_file *page_find(const struct page *p, const char *path);

#endif /* SIPOVER_WEB_PAGE_H */
