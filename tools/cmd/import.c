// SPDX-License-Identifier: BSD-2-Clause
/*
 * The files in the order in which a phone reads them: a vendor's common file
 * (y0000000000xx.cfg), that of its MAC address, that of its user (-local).
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "import.h"
#include "out.h"

#define FILES_MAX 16
#define FILE_SIZE_MAX (4 << 20)

static unsigned int reports;

static void report(void *ctx, const char *file, unsigned int line,
		   const char *name, const char *why)
{
	char clean[256], reason[512];

	(void)ctx;
	reports++;
	out_clean(clean, sizeof(clean), name);
	out_clean(reason, sizeof(reason), why);
	if (line)
		fprintf(stderr, "%s:%u: %s%s%s\n", file, line, clean,
			*clean ? ": " : "", reason);
	else
		fprintf(stderr, "%s: %s\n", clean, reason);
}

static int print_map(void)
{
	static const struct {
		const char *vendor;
		const struct import_map *map;
	} tables[] = { { "yealink", import_yealink }, { "fanvil", import_fanvil } };
	static const char *const section[] = {
		[IMPORT_TOP] = "top", [IMPORT_LINE] = "line",
		[IMPORT_SERVER] = "server", [IMPORT_PROXY] = "outbound_proxy",
		[IMPORT_SWITCH] = "line", [IMPORT_NOTHING] = "",
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct import_map *m = tables[i].map; m->name; m++)
			printf("%s | %s | %s | %s\n", tables[i].vendor, m->name,
			       m->section == IMPORT_NOTHING ? "" : m->key,
			       m->section == IMPORT_NOTHING ? m->key :
			       section[m->section]);
	return 0;
}

/* 0 the common file, 1 the phone's, 2 its user's. */
static int rank(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t hex = 0;

	if ((name[0] == 'y' || name[0] == 'Y') && strncmp(name + 1, "0000", 4) == 0)
		return 0;
	while (isxdigit((unsigned char)name[hex]))
		hex++;
	return hex == 12 && strncmp(name + hex, "-local", 6) == 0 ? 2 : 1;
}

/* Few, and those of one rank stay as they were given. */
static void put_in_order(char **path, int n)
{
	for (int i = 1; i < n; i++) {
		char *moved = path[i];
		int k = i;

		for (; k && rank(path[k - 1]) > rank(moved); k--)
			path[k] = path[k - 1];
		path[k] = moved;
	}
}

static int read_file(struct import *im, const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(FILE_SIZE_MAX + 1) : NULL;
	const char *why = "";
	int ret = EX_NOINPUT;
	size_t len;

	if (!text) {
		complain("%s: %s", path, strerror(errno));
		goto out;
	}
	len = fread(text, 1, FILE_SIZE_MAX + 1, f);
	if (ferror(f)) {
		complain("%s: %s", path, strerror(errno));
		goto out;
	}
	ret = EX_DATAERR;
	if (len > FILE_SIZE_MAX) {
		complain("%s: over %d bytes", path, FILE_SIZE_MAX);
		goto out;
	}
	switch (import_read(im, path, text, len, &why)) {
	case 0:
		ret = 0;
		break;
	case -EINVAL:
		complain("%s: %s", path, why);
		break;
	default:
		complain("no memory");
		ret = EX_OSERR;
	}
out:
	free(text);
	if (f)
		fclose(f);
	return ret;
}

/* It has passwords: nobody else's to read, and never over another file. */
static int write_file(const char *path, const char *text)
{
	size_t len = strlen(text);
	int fd;
	bool good;

	if (!path)
		return fputs(text, stdout) < 0 ? EX_IOERR : 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		complain("%s: %s", path, strerror(errno));
		return EX_CANTCREAT;
	}
	good = write(fd, text, len) == (ssize_t)len && !fsync(fd);
	if (close(fd) || !good) {
		complain("%s: cannot be written", path);
		unlink(path);
		return EX_IOERR;
	}
	return 0;
}

static int import_all(enum import_vendor vendor, char **path, int n,
		      const char *output)
{
	struct import *im = import_new(vendor, report, NULL);
	unsigned int lines = 0;
	char *text = NULL;
	int ret = im ? 0 : EX_OSERR;

	put_in_order(path, n);
	for (int i = 0; !ret && i < n; i++)
		ret = read_file(im, path[i]);
	if (!ret) {
		text = import_write(im, &lines);
		if (!text) {
			complain("cannot write it: %s", strerror(errno));
			ret = EX_SOFTWARE;
		} else if (!lines) {
			complain("no account in it");
			ret = EX_DATAERR;
		}
	}
	if (!ret)
		ret = write_file(output, text);
	if (!ret)
		fprintf(stderr, "%u line%s, %u not carried over\n", lines,
			lines == 1 ? "" : "s", reports);
	free(text);
	import_free(im);
	return ret;
}

int cmd_import(const struct options *o, int argc, char **argv)
{
	const char *output = NULL, *option;
	enum import_vendor vendor;
	bool map;

	(void)o;
	if (!take_option(&argc, argv, "--output", &output))
		return usage_error("import", "--output needs a file");
	map = take_flag(&argc, argv, "--map");
	option = unknown_option(&argc, argv);
	if (option)
		return usage_error("import", "no option %s", option);
	if (map)
		return print_map();
	if (argc < 3 || argc > 2 + FILES_MAX)
		return usage_error("import", "a vendor and its files, please");
	if (strcmp(argv[1], "yealink") == 0)
		vendor = IMPORT_YEALINK;
	else if (strcmp(argv[1], "fanvil") == 0)
		vendor = IMPORT_FANVIL;
	else
		return usage_error("import", "no vendor %s", argv[1]);
	return import_all(vendor, argv + 2, argc - 2, output);
}
