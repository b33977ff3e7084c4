// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* io/instance: one name for ever. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/instance.h"
#include "tap.h"

static char top[] = "/tmp/sipover-instance-XXXXXX";
static char dir[64], path[96];

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f)
		abort();
	fputs(text, f);
	fclose(f);
}

static void test_made_once(void)
{
	char first[INSTANCE_LEN + 1], again[INSTANCE_LEN + 1];
	struct stat st;

	is_int(instance_load(dir, first), 0, "made, with its directory");
	is_int(strlen(first), INSTANCE_LEN, "a UUID");
	ok(first[14] == '4' && strchr("89ab", first[19]), "a random one: %s",
	   first);
	ok(stat(path, &st) == 0 && (st.st_mode & 022) == 0,
	   "others cannot write it");
	is_int(instance_load(dir, again), 0, "read");
	is_str(again, first, "the same at the next start");
	unlink(path);
	instance_load(dir, again);
	ok(strcmp(again, first) != 0, "another phone has another");
}

static void test_wrong(void)
{
	static const char *const wrong[] = {
		"", "\n", "f81d4fae-7dec-11d0-a765-00a0c91e6bf\n",
		"f81d4fae-7dec-11d0-a765-00a0c91e6bf66\n",
		"f81d4fae-7dec-11d0-a765-00a0c91e6bfG\n",
		"f81d4fae.7dec.11d0.a765.00a0c91e6bf6\n",
		"f81d4fae-7dec-11d0-a765-00a0c91e\r\n..",
	};
	char uuid[INSTANCE_LEN + 1], text[64];
	size_t i;
	FILE *f;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		put(wrong[i]);
		is_int(instance_load(dir, uuid), -EBADMSG, "no UUID, %zu", i);
		is_str(uuid, "", "is not used");
	}
	f = fopen(path, "r");
	ok(f && fgets(text, sizeof(text), f) &&
	   strncmp(text, wrong[i - 1], 30) == 0, "nor overwritten");
	if (f)
		fclose(f);
	put("f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
	is_int(instance_load(dir, uuid), 0, "without a line end");
	is_str(uuid, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "it is that one");
}

static void test_no_place(void)
{
	char uuid[INSTANCE_LEN + 1], *deep;

	is_int(instance_load("/proc/no/such", uuid), -ENOENT, "no directory");
	is_str(uuid, "", "no name");
	is_int(instance_load(path, uuid), -ENOTDIR, "a file in its place");
	deep = malloc(8192);
	memset(deep, 'x', 8191);
	deep[8191] = '\0';
	is_int(instance_load(deep, uuid), -ENAMETOOLONG, "a path too long");
	free(deep);
}

int main(void)
{
	if (!mkdtemp(top))
		abort();
	snprintf(dir, sizeof(dir), "%s/sipover", top);
	snprintf(path, sizeof(path), "%s/instance-id", dir);
	test_made_once();
	test_wrong();
	test_no_place();
	unlink(path);
	ok(rmdir(dir) == 0, "no other file was left behind");
	rmdir(top);
	return tap_done();
}
