// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * io/control: who may open it, lines in and out, clients that are too long,
 * too slow or too many, and how it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/control.h"
#include "io_loop.h"
#include "tap.h"

static struct ring ring;
static struct control control;
static struct sockaddr_un name = { .sun_family = AF_UNIX };
static char directory[] = "/tmp/sipover-control-XXXXXX";
static const char *mode;

static struct {
	unsigned int lines, gone, want;
	uint32_t client, gone_client;
	size_t len;
	bool answer, subscribe, end, in_send;
	char text[CONTROL_LINE_MAX];
} seen;

static void on_line(void *ctx, uint32_t client, const char *text, size_t len)
{
	(void)ctx;
	seen.lines++;
	seen.client = client;
	seen.len = len;
	memcpy(seen.text, text, len);
	seen.text[len] = '\0';
	if (seen.subscribe)
		control_subscribe(&control, client);
	if (seen.answer)
		control_send(&control, client, strdup("answer\n"));
	if (seen.end)
		control_close(&control);
}

static void on_gone(void *ctx, uint32_t client)
{
	(void)ctx;
	if (seen.in_send)
		seen.gone += 100;
	seen.gone++;
	seen.gone_client = client;
}

static const struct control_ops ops = { .line = on_line, .gone = on_gone };

static bool have_lines(void)
{
	return seen.lines >= seen.want;
}

static bool have_gone(void)
{
	return seen.gone >= seen.want;
}

static bool have_accepted(void)
{
	return control.stats.accepted >= seen.want;
}

static bool have_refused(void)
{
	return control.stats.refused >= seen.want;
}

static void expect(unsigned int want)
{
	memset(&seen, 0, sizeof(seen));
	seen.want = want;
}

static int client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&name, sizeof(name))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void test_open(void)
{
	struct control other;
	struct ring second;
	struct stat st;
	int fd;

	/* A stale socket file: bound, never listened on. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ok(!bind(fd, (struct sockaddr *)&name, sizeof(name)),
	   "%s: a stale socket file", mode);
	close(fd);
	is_int(control_open(&control, &ring, name.sun_path, &ops, NULL), 0,
	       "%s: is replaced", mode);
	ok(!stat(name.sun_path, &st) && (st.st_mode & 0777) == 0660,
	   "%s: mode 0660", mode);
	if (!ring_open(&second, 8)) {
		is_int(control_open(&other, &second, name.sun_path, &ops,
				    NULL), -EADDRINUSE,
		       "%s: a live one is not", mode);
		ring_close(&second);
	}
	if (!ring_open(&second, 8)) {
		char file[128];

		snprintf(file, sizeof(file), "%s/file", directory);
		close(open(file, O_CREAT | O_WRONLY, 0600));
		is_int(control_open(&other, &second, file, &ops, NULL),
		       -EEXIST, "%s: nor is another file", mode);
		ok(!unlink(file), "%s: which is still there", mode);
		ring_close(&second);
	}
}

static void test_lines(void)
{
	static char line[CONTROL_LINE_MAX + 1];
	uint64_t too_long = control.stats.too_long;
	char got[16] = "";
	int fd = client(), i;

	expect(3);
	ok(write(fd, "one\ntwo\nthree\nfo", 16) == 16, "%s: lines", mode);
	ok(io_until(&ring, have_lines), "%s: arrive", mode);
	is_int(seen.lines, 3, "%s: the whole ones", mode);
	is_str(seen.text, "three", "%s: in order", mode);
	expect(1);
	seen.answer = true;
	ok(write(fd, "ur\n", 3) == 3, "%s: the rest of a line", mode);
	ok(io_until(&ring, have_lines), "%s: arrives", mode);
	is_str(seen.text, "four", "%s: as one", mode);
	io_for(&ring, 2);
	ok(read(fd, got, sizeof(got)) == 7 && !memcmp(got, "answer\n", 7),
	   "%s: an answer", mode);

	memset(line, 'x', sizeof(line));
	line[CONTROL_LINE_MAX - 1] = '\n';
	expect(1);
	for (i = 0; i < CONTROL_LINE_MAX; ) {
		i += (int)write(fd, line + i, (size_t)(CONTROL_LINE_MAX - i) <
				8192 ? (size_t)(CONTROL_LINE_MAX - i) : 8192);
		io_for(&ring, 1);
	}
	ok(io_until(&ring, have_lines), "%s: the longest line", mode);
	is_int(seen.len, CONTROL_LINE_MAX - 1, "%s: is whole", mode);
	expect(1);
	for (i = 0; i < CONTROL_LINE_MAX; ) {
		ssize_t n = send(fd, line + 1, 8192, MSG_NOSIGNAL);

		line[CONTROL_LINE_MAX - 1] = 'x';
		if (n < 0)
			break;
		i += (int)n;
		io_for(&ring, 1);
	}
	ok(io_until(&ring, have_gone), "%s: a longer one ends the client", mode);
	is_int(seen.gone, 1, "%s: once", mode);
	is_int(seen.lines, 0, "%s: undelivered", mode);
	is_int(control.stats.too_long, too_long + 1, "%s: counted", mode);
	close(fd);
	control_send(&control, seen.gone_client, strdup("too late\n"));
	control_send(&control, 0, strdup("nobody\n"));
	control_send(&control, seen.gone_client, NULL);
}

static void test_broadcast(void)
{
	char got[16] = "";
	int a = client(), b = client();

	ok(!control_has_subscribers(&control), "%s: no subscribers", mode);
	control_broadcast(&control, strdup("unheard\n"));
	expect(1);
	seen.subscribe = true;
	ok(write(a, "subscribe\n", 10) == 10, "%s: one subscribes", mode);
	io_until(&ring, have_lines);
	control_subscribe(&control, seen.client);
	ok(control_has_subscribers(&control), "%s: one subscriber", mode);
	control_broadcast(&control, strdup("news\n"));
	io_for(&ring, 2);
	ok(recv(a, got, sizeof(got), MSG_DONTWAIT) == 5 &&
	   !memcmp(got, "news\n", 5), "%s: who hears", mode);
	ok(recv(b, got, sizeof(got), MSG_DONTWAIT) < 0, "%s: who does not",
	   mode);
	expect(2);
	close(a);
	close(b);
	ok(io_until(&ring, have_gone), "%s: both gone", mode);
	ok(!control_has_subscribers(&control), "%s: no subscribers again", mode);
}

static void test_slow(void)
{
	uint64_t slow = control.stats.too_slow;
	char *text;
	int fd = client(), i;

	expect(1);
	ok(write(fd, "x\n", 2) == 2, "%s: a client", mode);
	io_until(&ring, have_lines);
	seen.in_send = true;
	for (i = 0; i < 10000 && control.stats.too_slow == slow; i++) {
		text = malloc(1002);
		memset(text, 'y', 1000);
		memcpy(text + 1000, "\n", 2);
		control_send(&control, seen.client, text);
	}
	seen.in_send = false;
	is_int(control.stats.too_slow, slow + 1, "%s: that does not read", mode);
	ok(i > 1000, "%s: is cut off at 1 MiB (%d lines)", mode, i);
	ok(io_until(&ring, have_gone), "%s: and told", mode);
	is_int(seen.gone_client, seen.client, "%s: which", mode);
	io_for(&ring, 5);
	is_int(seen.gone, 1, "%s: once, and not in the send", mode);
	close(fd);
}

static void test_limit(void)
{
	uint64_t accepted = control.stats.accepted;
	uint64_t refused = control.stats.refused;
	int fd[CONTROL_CLIENTS_MAX + 1], i;
	char c;

	expect((unsigned int)refused + 1);
	for (i = 0; i <= CONTROL_CLIENTS_MAX; i++) {
		fd[i] = client();
		io_for(&ring, 1);
	}
	ok(io_until(&ring, have_refused), "%s: one client too many", mode);
	is_int(control.stats.accepted - accepted, CONTROL_CLIENTS_MAX,
	       "%s: of 64", mode);
	is_int(recv(fd[CONTROL_CLIENTS_MAX], &c, 1, 0), 0, "%s: is closed",
	       mode);
	expect(CONTROL_CLIENTS_MAX);
	for (i = 0; i <= CONTROL_CLIENTS_MAX; i++)
		close(fd[i]);
	ok(io_until(&ring, have_gone), "%s: all gone", mode);
	expect((unsigned int)control.stats.accepted + 1);
	i = client();
	ok(io_until(&ring, have_accepted), "%s: and room again", mode);
	expect(1);
	close(i);
	io_until(&ring, have_gone);
}

/* No descriptor for the next client: it waits, and the ring does not spin.  An
 * accept keeps the limit that it was submitted under, so the first one of the
 * two still succeeds. */
static void test_descriptors(void)
{
	uint64_t enters = ring.stats.enters;
	struct rlimit limit, low;
	int fd = client(), other = client(), next = dup(fd);

	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	low = limit;
	low.rlim_cur = (rlim_t)next;
	expect((unsigned int)control.stats.accepted + 2);
	setrlimit(RLIMIT_NOFILE, &low);
	io_for(&ring, 100);
	is_int(control.stats.accepted, seen.want - 1, "%s: no descriptor", mode);
	ok(ring.stats.enters - enters < 20, "%s: it does not spin", mode);
	setrlimit(RLIMIT_NOFILE, &limit);
	ok(io_until(&ring, have_accepted), "%s: accepted later", mode);
	expect(2);
	close(fd);
	close(other);
	io_until(&ring, have_gone);
}

/* Another user, with the file made accessible to everybody. */
static void test_foreign(void)
{
	uint64_t accepted = control.stats.accepted;
	int status = 0;
	pid_t pid;

	if (geteuid() != 0) {
		ok(true, "%s: another user # SKIP not root", mode);
		return;
	}
	expect((unsigned int)control.stats.refused + 1);
	chmod(directory, 0755);
	chmod(name.sun_path, 0666);
	pid = fork();
	if (!pid) {
		int fd;
		char c;

		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(2);
		fd = client();
		if (fd < 0)
			_exit(3);
		_exit(recv(fd, &c, 1, 0) == 0 ? 0 : 4);
	}
	ok(io_until(&ring, have_refused), "%s: another user is refused", mode);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: and closed",
	   mode);
	is_int(control.stats.accepted, accepted, "%s: not accepted", mode);
}

static void test_close(void)
{
	char got[16] = "";
	int fd = client();

	expect(1);
	seen.answer = true;
	seen.end = true;
	ok(write(fd, "stop\nstop\n", 10) == 10, "%s: closed in line()", mode);
	io_until(&ring, have_lines);
	io_for(&ring, 5);
	is_int(seen.lines, 1, "%s: nothing after", mode);
	ok(read(fd, got, sizeof(got)) == 7 && !memcmp(got, "answer\n", 7),
	   "%s: the last answer is sent", mode);
	ok(access(name.sun_path, F_OK) && errno == ENOENT,
	   "%s: the file is gone", mode);
	is_int(seen.gone, 0, "%s: silently", mode);
	close(fd);
}

static void test_mode(bool multishot)
{
	mode = multishot ? "multishot" : "single";
	if (!ok(!ring_open(&ring, 64), "%s: ring opens", mode))
		return;
	ring.multishot = ring.multishot && multishot;
	memset(&control, 0, sizeof(control));
	test_open();
	test_lines();
	test_broadcast();
	test_slow();
	test_limit();
	if (!ring.multishot)
		test_descriptors();
	test_foreign();
	test_close();
	ring_close(&ring);
	is_int(ring.in_flight, 0, "%s: everything ended", mode);
}

int main(void)
{
	if (!ok(mkdtemp(directory) != NULL, "a directory"))
		return tap_done();
	snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", directory);
	test_mode(true);
	test_mode(false);
	rmdir(directory);
	return tap_done();
}
