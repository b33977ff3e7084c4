// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* A file is the old one or the new one, whole, at whichever step its writer
 * ends or is refused: the functions below come before libc's. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/store.h"
#include "tap.h"

#define OLD "the old one\n"
#define NEW "the new one, which is longer\n"
#define STEPS_MAX 40

static char dir[] = "/tmp/storeXXXXXX";
static int countdown;		/* 0: nothing happens */
static int refusal;		/* errno; 0: the process ends at once */

/* Whether this step is refused; at its beginning, or in the middle of a write. */
static bool step(void)
{
	if (!countdown || --countdown)
		return false;
	if (!refusal)
		_exit(9);
	errno = refusal;
	return true;
}

#define REAL(name) \
	__typeof__(&(name)) real = (__typeof__(&(name)))dlsym(RTLD_NEXT, #name)

int fsync(int fd)
{
	REAL(fsync);

	return step() ? -1 : real(fd);
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the library's
 * names of its parameters are its own. */
int renameat(int a, const char *from, int b, const char *to)
{
	REAL(renameat);

	return step() ? -1 : real(a, from, b, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
	REAL(linkat);

	return step() ? -1 : real(a, from, b, to, flags);
}

int unlinkat(int at, const char *name, int flags)
{
	REAL(unlinkat);

	return step() ? -1 : real(at, name, flags);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

/* By bytes: half of it may be there. */
ssize_t write(int fd, const void *buf, size_t n)
{
	REAL(write);
	size_t half = n > 1 ? n / 2 : n;

	if (!countdown)
		return real(fd, buf, n);
	if (step())
		return -1;
	return real(fd, buf, half);
}

static char *content(const char *name)
{
	size_t len;
	char *text;

	if (store_read(dir, name, 1000, &text, &len))
		return NULL;
	if (strlen(text) != len)
		*text = '?';
	return text;
}

static bool is(const char *name, const char *want)
{
	char *text = content(name);
	bool good = text ? strcmp(text, want) == 0 : !*want;

	free(text);
	return good;
}

static void clear(void)
{
	static const char *const names[] = {
		"f", "f.old", "f.new", "f.old.new",
	};
	char path[600];
	size_t i;

	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
}

static void test_plain(void)
{
	struct stat st;
	char path[600], *text;
	size_t len;

	is_int(store_read(dir, "f", 10, &text, &len), -ENOENT, "there is none");
	is_int(store_write(dir, "f", OLD, strlen(OLD)), 0, "the first one");
	ok(is("f", OLD) && is("f.old", ""), "there is no older one");
	is_int(store_write(dir, "f", NEW, strlen(NEW)), 0, "the second one");
	ok(is("f", NEW) && is("f.old", OLD), "the one before is kept");
	is_int(store_write(dir, "f", "", 0), 0, "an empty one");
	ok(is("f.old", NEW), "and again");
	snprintf(path, sizeof(path), "%s/f", dir);
	ok(!stat(path, &st) && (st.st_mode & 0777) == 0600, "its owner's alone");
	store_write(dir, "f", OLD, strlen(OLD));
	is_int(store_read(dir, "f", strlen(OLD) - 1, &text, &len), -EFBIG,
	       "too long");
	is_int(store_read("/nonexistent", "f", 9, &text, &len), -ENOENT,
	       "no directory");
	is_int(store_read(dir, ".", 9, &text, &len), -EINVAL, "no file");
	ok(store_write("/proc/none/x", "f", "", 0) < 0, "nowhere to be put");
	clear();
	is_int(symlink("/etc/passwd", path), 0, "a link in its place");
	ok(store_read(dir, "f", 1 << 20, &text, &len) < 0, "is not followed");
	clear();
}

/* The writer ends at its nth step; true: it came to its end. */
static bool ends_at(int n)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		countdown = n;
		refusal = 0;
		_exit(store_write(dir, "f", NEW, strlen(NEW)) ? 1 : 0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_killed(bool first)
{
	unsigned int wrong = 0, news = 0;
	bool done = false;
	int n;

	for (n = 1; !done && n < STEPS_MAX; n++) {
		clear();
		if (!first) {
			store_write(dir, "f", "older", 5);
			store_write(dir, "f", OLD, strlen(OLD));
		}
		done = ends_at(n);
		if (is("f", NEW))
			news++;
		else if (!is("f", first ? "" : OLD))
			wrong++;
		if (done && !is("f", NEW))
			wrong++;
		if (!first && !is("f.old", "older") && !is("f.old", OLD))
			wrong++;
		/* What it left does not stand in the way. */
		if (store_write(dir, "f", NEW, strlen(NEW)) || !is("f", NEW))
			wrong++;
	}
	ok(done && n > 8, "it has %d steps", n - 1);
	is_int(wrong, 0, "ended at any of them it is the old or the new one");
	ok(news >= 2, "the new one after the last rename");
	clear();
}

static void test_refused(void)
{
	unsigned int wrong = 0;
	int n, ret = -1;

	for (n = 1; ret && n < STEPS_MAX; n++) {
		clear();
		store_write(dir, "f", OLD, strlen(OLD));
		countdown = n;
		refusal = ENOSPC;
		ret = store_write(dir, "f", NEW, strlen(NEW));
		countdown = 0;
		if (ret == -EINPROGRESS || !ret) {
			wrong += !is("f", NEW);
		} else {
			wrong += ret != -ENOSPC || !is("f", OLD) ||
				 !is("f.new", "") || !is("f.old.new", "");
		}
	}
	ok(!ret && n > 8, "some %d steps", n - 1);
	is_int(wrong, 0, "refused at any of them nothing has changed");
	clear();
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	test_plain();
	test_killed(false);
	test_killed(true);
	test_refused();
	rmdir(dir);
	return tap_done();
}
