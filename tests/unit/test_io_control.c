// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * io/control: who may open it, lines in and out, long answers, clients that are
 * too long, too slow or too many, that none of them comes before a packet, and
 * how it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/ioctl.h>
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
	bool answer, subscribe, end, in_send, owner;
	struct control_source *source;	/* of the answer to the next line */
	char text[CONTROL_LINE_MAX];
} seen;

static uint32_t numbers[CONTROL_CLIENTS_MAX];	/* who sent the lines */

static void on_line(void *ctx, uint32_t client, const char *text, size_t len)
{
	(void)ctx;
	numbers[seen.lines++ % CONTROL_CLIENTS_MAX] = client;
	seen.client = client;
	seen.len = len;
	memcpy(seen.text, text, len);
	seen.text[len] = '\0';
	if (seen.subscribe)
		control_subscribe(&control, client);
	seen.owner = control_is_owner(&control, client);
	if (seen.answer)
		control_send(&control, client, strdup("answer\n"));
	if (seen.source)
		control_answer(&control, client, strdup("<"), seen.source);
	seen.source = NULL;
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
	ok(seen.owner, "%s: of the daemon's own user", mode);
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
	seen.subscribe = true;
	ok(write(fd, "x\n", 2) == 2, "%s: a subscriber", mode);
	io_until(&ring, have_lines);
	seen.in_send = true;
	for (i = 0; i < 10000 && control.stats.too_slow == slow; i++) {
		text = malloc(1002);
		memset(text, 'y', 1000);
		memcpy(text + 1000, "\n", 2);
		control_broadcast(&control, text);
	}
	seen.in_send = false;
	is_int(control.stats.too_slow, slow + 1, "%s: that does not read", mode);
	ok(i > 1000 && i < 1100, "%s: is cut off at 1 MiB (%d lines)", mode, i);
	ok(io_until(&ring, have_gone), "%s: and told", mode);
	is_int(seen.gone_client, seen.client, "%s: which", mode);
	io_for(&ring, 5);
	is_int(seen.gone, 1, "%s: once, and not in the send", mode);
	close(fd);
}

/* A source of pieces, each of one letter, of which the last ends the line. */
static struct pieces {
	struct control_source source;
	unsigned int made, all, freed, fail_at;
} pieces;

static char *pieces_next(struct control_source *s, bool *last)
{
	struct pieces *p = (struct pieces *)s;
	char *text;

	if (p->fail_at && p->made == p->fail_at)
		return NULL;
	text = malloc(CONTROL_PIECE + 3);
	memset(text, 'a' + (char)(p->made % 26), CONTROL_PIECE);
	p->made++;
	*last = p->made == p->all;
	strcpy(text + CONTROL_PIECE, *last ? ">\n" : "");
	return text;
}

static void pieces_free(struct control_source *s)
{
	struct pieces *p = (struct pieces *)s;

	p->freed++;
}

static void pieces_begin(unsigned int all)
{
	memset(&pieces, 0, sizeof(pieces));
	pieces.source.next = pieces_next;
	pieces.source.free = pieces_free;
	pieces.all = all;
	seen.source = &pieces.source;
}

/* What a client has got of it, as far as it is right. */
static struct {
	int fd;
	size_t right, after;
	char rest[64];
} taken;

/* All that is there: else the kernel may not tell that there is room. */
static void take(void)
{
	static char buf[65536];
	size_t end = 1 + (size_t)pieces.all * CONTROL_PIECE + 2;
	ssize_t n, i;

	while ((n = recv(taken.fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		for (i = 0; i < n; i++) {
			size_t at = taken.right;
			int want = !at ? '<' : at == end - 2 ? '>' :
				   at == end - 1 ? '\n' : 'a' +
				   (int)((at - 1) / CONTROL_PIECE % 26);

			if (at < end && buf[i] == want)
				taken.right++;
			else if (at == end &&
				 taken.after < sizeof(taken.rest) - 1)
				taken.rest[taken.after++] = buf[i];
		}
	}
}

static bool have_taken(void)
{
	take();
	return taken.right == 1 + (size_t)pieces.all * CONTROL_PIECE + 2 &&
	       taken.after >= seen.want;
}

static bool have_pieces(void)
{
	return pieces.made > 1;
}

/* Until no more of it is made. */
static void until_full(void)
{
	unsigned int made;

	io_until(&ring, have_pieces);
	do {
		made = pieces.made;
		io_for(&ring, 20);
	} while (made != pieces.made);
}

#define LONG 2000	/* pieces: 8 MB, what may wait for all clients */

/* It costs what its reader has not taken, and nobody else waits. */
static void test_long(void)
{
	uint64_t slow = control.stats.too_slow;
	int other = client();
	unsigned int made;

	memset(&taken, 0, sizeof(taken));
	taken.fd = client();
	expect(1);
	seen.subscribe = true;
	pieces_begin(LONG);
	ok(write(taken.fd, "long\nnext\n", 10) == 10, "%s: a long answer", mode);
	until_full();
	made = pieces.made;
	ok(made > 1 && made < 200, "%s: unread, %u of %u pieces", mode, made,
	   LONG);
	is_int(seen.lines, 1, "%s: the next line waits", mode);
	control_broadcast(&control, strdup("news\n"));
	expect(1);
	seen.answer = true;
	ok(write(other, "other\n", 6) == 6 && io_until(&ring, have_lines),
	   "%s: the other client's does not", mode);
	is_str(seen.text, "other", "%s: it is that one", mode);
	expect(5 + 7);
	seen.answer = true;
	ok(io_until(&ring, have_taken), "%s: read, it comes whole", mode);
	ok(!strcmp(taken.rest, "news\nanswer\n"),
	   "%s: then what was told meanwhile, then the next answer", mode);
	is_int(pieces.freed, 1, "%s: freed", mode);
	is_int(control.stats.too_slow, slow, "%s: nobody was too slow", mode);

	/* Who goes in the middle, and one without an end. */
	expect(1);
	pieces_begin(LONG);
	ok(write(taken.fd, "long\n", 5) == 5, "%s: once more", mode);
	until_full();
	close(taken.fd);
	ok(io_until(&ring, have_gone) && pieces.freed == 1,
	   "%s: it goes in the middle", mode);
	expect(1);
	pieces_begin(LONG);
	pieces.fail_at = 3;
	ok(write(other, "long\nmore\n", 10) == 10, "%s: no memory", mode);
	ok(io_until(&ring, have_gone) && pieces.freed == 1,
	   "%s: the client is cut off", mode);
	is_int(seen.lines, 1, "%s: and asked nothing more", mode);
	close(other);
}

/* Never cut off for it: its lines wait. */
static void test_asks(void)
{
	static char many[2 * 4000], got[4096];
	uint64_t slow = control.stats.too_slow;
	size_t sum = 0, i;
	int fd = client();
	ssize_t n;

	for (i = 0; i < sizeof(many); i++)
		many[i] = i % 2 ? '\n' : 'q';
	expect(4000);
	seen.answer = true;
	/* Answers of 7 bytes: made small, its buffer holds few of them. */
	n = 1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof(int));
	ok(write(fd, many, sizeof(many)) == sizeof(many), "%s: 4000 lines",
	   mode);
	io_for(&ring, 100);
	ok(seen.lines < 4000, "%s: %u are taken from who does not read", mode,
	   seen.lines);
	for (i = 0; i < 100000 && sum < 7 * 4000; i++) {
		io_for(&ring, 0);
		n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
		sum += n > 0 ? (size_t)n : 0;
	}
	is_int(sum, 7 * 4000, "%s: who gets all the answers", mode);
	is_int(control.stats.too_slow, slow, "%s: and is not too slow", mode);
	expect(1);
	close(fd);
	ok(io_until(&ring, have_gone), "%s: it goes", mode);
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
	       "%s: of %d", mode, CONTROL_CLIENTS_MAX);
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

#define CROWD 200

static int crowd[CROWD];

/* Subscribers that do not read. */
static void crowd_comes(void)
{
	unsigned int i;

	expect(CROWD);
	seen.subscribe = true;
	for (i = 0; i < CROWD; i++) {
		crowd[i] = client();
		if (write(crowd[i], "s\n", 2) != 2)
			ok(false, "%s: client %u", mode, i);
		io_for(&ring, 1);
	}
	ok(io_until(&ring, have_lines), "%s: %d subscribers", mode, CROWD);
}

static void crowd_goes(void)
{
	unsigned int gone = seen.gone, i;

	expect(CROWD - gone);
	for (i = 0; i < CROWD; i++)
		close(crowd[i]);
	ok(io_until(&ring, have_gone), "%s: all of them go", mode);
}

static unsigned int crowd_told(void)
{
	unsigned int told = 0, i;
	char c;

	for (i = 0; i < CROWD; i++)
		told += recv(crowd[i], &c, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
	return told;
}

/* Stands for a packet: what is prepared after a broadcast, in the same turn. */
static struct {
	unsigned int turns, first, most;
	bool done;
} packet;

static void packet_send(void)
{
	io_uring_prep_nop(ring_sqe(&ring, ud_pack(RING_OP_DNS_POLL, 0, 0)));
}

/* Behind its own turn's sends and before the next turn's. */
static void on_packet(void *ctx, const struct ring_cqe *cqe)
{
	static unsigned int before;
	unsigned int told = crowd_told();

	(void)ctx;
	(void)cqe;
	if (!packet.turns++)
		packet.first = before = told;
	if (told - before > packet.most)
		packet.most = told - before;
	before = told;
	packet.done = told == CROWD;
	if (!packet.done)
		packet_send();
}

static bool have_packets(void)
{
	return packet.done;
}

static void test_behind_packets(void)
{
	crowd_comes();
	memset(&packet, 0, sizeof(packet));
	ring_on(&ring, RING_OP_DNS_POLL, on_packet, NULL);
	control_broadcast(&control, strdup("news\n"));
	packet_send();
	ok(io_until(&ring, have_packets), "%s: all are told", mode);
	is_int(packet.first, 0, "%s: none before the packet of that turn",
	       mode);
	ok(packet.most && packet.most <= CONTROL_SENDS_A_TURN,
	   "%s: at most %u between two packets", mode, packet.most);
	ring_on(&ring, RING_OP_DNS_POLL, NULL, NULL);
	crowd_goes();
}

/* Both of one line; the number of the second is left in seen. */
static void two_clients(int fd[2], uint32_t number[2])
{
	unsigned int i;

	seen.subscribe = false;
	for (i = 0; i < 2; i++) {
		fd[i] = client();
		expect(1);
		ok(write(fd[i], "s\n", 2) == 2, "%s: client %u", mode, i);
		io_until(&ring, have_lines);
		number[i] = seen.client;
	}
}

/* Events are taken over in a turn, but never past an answer. */
static void test_order(void)
{
	static const char *const want[2] = {
		"news\nanswer\nmore\n", "answer\nmore\n",
	};
	uint32_t number[2];
	char got[64];
	int fd[2], i;

	two_clients(fd, number);
	control_subscribe(&control, number[0]);
	control_broadcast(&control, strdup("news\n"));
	control_subscribe(&control, number[1]);
	for (i = 0; i < 2; i++)
		control_send(&control, number[i], strdup("answer\n"));
	control_broadcast(&control, strdup("more\n"));
	io_for(&ring, 5);
	for (i = 0; i < 2; i++) {
		memset(got, 0, sizeof(got));
		if (recv(fd[i], got, sizeof(got) - 1, MSG_DONTWAIT) < 0)
			got[0] = '\0';
		is_str(got, want[i], "%s: %s", mode, i ?
		       "who comes later hears what comes later" :
		       "an answer stands behind the events before it");
	}
	expect(2);
	close(fd[0]);
	close(fd[1]);
	ok(io_until(&ring, have_gone), "%s: both gone", mode);
}

#define NUMBERS 500

static bool have_numbers(void)
{
	unsigned int i;
	int n;

	for (i = 0; i < CROWD; i++)
		if (ioctl(crowd[i], FIONREAD, &n) || n < 10 * NUMBERS)
			return false;
	return true;
}

static unsigned int hear_numbers(int fd)
{
	static char all[16 * NUMBERS];
	size_t len = 0;
	unsigned int n = 0;
	char *at = all;
	ssize_t got;

	while ((got = recv(fd, all + len, sizeof(all) - 1 - len,
			   MSG_DONTWAIT)) > 0)
		len += (size_t)got;
	all[len] = '\0';
	while (*at && strtoul(at, &at, 10) == n && *at++ == '\n')
		n++;
	return *at ? 0 : n;
}

/* Some are told at once and others turns later: each hears all, once. */
static void test_all_hear(void)
{
	unsigned int i, least = NUMBERS;
	char *text;

	crowd_comes();
	for (i = 0; i < NUMBERS; i++) {
		if (asprintf(&text, "%09u\n", i) < 0)
			abort();
		control_broadcast(&control, text);
		if (i % 7 == 0)
			io_for(&ring, 1);
	}
	io_until(&ring, have_numbers);
	for (i = 0; i < CROWD; i++) {
		unsigned int n = hear_numbers(crowd[i]);

		if (n < least)
			least = n;
	}
	is_int(least, NUMBERS, "%s: each of %d hears all, in order", mode,
	       CROWD);
	crowd_goes();
}

static char *many_y(void)
{
	char *text = malloc(1002);

	memset(text, 'y', 1000);
	memcpy(text + 1000, "\n", 2);
	return text;
}

/* Events wait once for all of them; each is cut off at its own limit. */
static void test_none_hears(void)
{
	uint64_t slow = control.stats.too_slow;
	size_t sum = 0;

	crowd_comes();
	while (control.stats.too_slow == slow && sum < 4 * CONTROL_BACKLOG_MAX) {
		control_broadcast(&control, many_y());
		sum += 1001;
	}
	ok(sum > CONTROL_BACKLOG_MAX && sum <= CONTROL_BACKLOG_MAX + 1001,
	   "%s: cut off when %zu bytes wait for each", mode, sum);
	is_int((long)(control.stats.too_slow - slow), CROWD, "%s: all of them",
	       mode);
	expect(CROWD);
	ok(io_until(&ring, have_gone), "%s: and told", mode);
	crowd_goes();
}

/* What waits for all of them is bounded: who has most of it is cut off. */
static void test_all_slow(void)
{
	uint64_t slow = control.stats.too_slow;
	unsigned int i, n;
	size_t sum = 0;

	crowd_comes();
	for (i = 0; i < 2 * CONTROL_BACKLOG_ALL / (CROWD * 1000) &&
	     control.stats.too_slow == slow; i++)
		for (n = 0; n < CROWD; n++) {
			control_send(&control, numbers[n], many_y());
			sum += 1001;
		}
	ok(control.stats.too_slow > slow && sum <= CONTROL_BACKLOG_ALL +
	   (size_t)CROWD * 1001, "%s: cut off when %zu bytes wait for all",
	   mode, sum);
	expect((unsigned int)(control.stats.too_slow - slow));
	io_until(&ring, have_gone);
	ok(seen.gone && seen.gone < CROWD / 10, "%s: %u of them", mode,
	   seen.gone);
	crowd_goes();
}

/* A thousand requests in one go wait for the one of another client. */
static void test_fair(void)
{
	static char many[2000];
	int greedy = client(), other = client();
	unsigned int i;

	for (i = 0; i < sizeof(many); i++)
		many[i] = i % 2 ? '\n' : 'g';
	expect(1);
	ok(write(greedy, "g\n", 2) == 2, "%s: one line", mode);
	io_until(&ring, have_lines);
	ok(write(greedy, many, sizeof(many)) == sizeof(many) &&
	   write(other, "o\n", 2) == 2, "%s: 1000 lines, and one", mode);
	seen.text[0] = 'g';
	for (i = 0; i < 1000 && seen.text[0] == 'g'; i++)
		io_for(&ring, 0);
	ok(seen.text[0] == 'o' || seen.lines < 100,
	   "%s: the one is taken after %u", mode, seen.lines);
	expect(2);
	close(greedy);
	close(other);
	ok(io_until(&ring, have_gone), "%s: both go", mode);
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

/* Another user who connects, in one group beside its own; the process. */
static pid_t foreigner(gid_t group, size_t n_groups)
{
	gid_t groups[100];
	pid_t pid = fork();
	char c;
	int fd;

	if (pid)
		return pid;
	for (fd = 0; fd < (int)n_groups; fd++)
		groups[fd] = 20000 + (gid_t)fd;
	groups[n_groups - 1] = group;
	if (setgroups(n_groups, groups) || setgid(65534) || setuid(65534))
		_exit(2);
	fd = client();
	if (fd < 0)
		_exit(3);
	if (send(fd, "x\n", 2, MSG_NOSIGNAL) != 2 && errno != EPIPE)
		_exit(4);
	_exit(recv(fd, &c, 1, 0) > 0 ? 1 : 0);
}

static int ended(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define GROUP 12345

/* With the file made accessible to everybody. */
static void test_foreign(void)
{
	uint64_t accepted = control.stats.accepted;
	struct stat st;
	pid_t pid;

	if (geteuid() != 0) {
		ok(true, "%s: another user # SKIP not root", mode);
		return;
	}
	expect((unsigned int)control.stats.refused + 1);
	chmod(directory, 0755);
	chmod(name.sun_path, 0666);
	pid = foreigner(GROUP, 1);
	ok(io_until(&ring, have_refused), "%s: another user is refused", mode);
	is_int(ended(pid), 0, "%s: and closed", mode);
	is_int(control.stats.accepted, accepted, "%s: not accepted", mode);

	is_int(control_admit(&control, "no-such-group"), -ENOENT,
	       "%s: no such group", mode);
	is_int(control_admit(&control, "12345x"), -ENOENT, "%s: no number",
	       mode);
	is_int(control_admit(&control, "12345"), 0, "%s: a group", mode);
	ok(!stat(name.sun_path, &st) && st.st_gid == GROUP,
	   "%s: has the file", mode);
	expect((unsigned int)control.stats.refused + 1);
	pid = foreigner(GROUP + 1, 2);
	ok(io_until(&ring, have_refused), "%s: not of the group", mode);
	ended(pid);
	expect(1);
	seen.answer = true;
	pid = foreigner(GROUP, 100);
	ok(io_until(&ring, have_lines), "%s: its members may ask", mode);
	ok(!control_is_owner(&control, seen.client), "%s: as members", mode);
	io_for(&ring, 2);
	is_int(ended(pid), 1, "%s: and are answered", mode);
	ok(io_until(&ring, have_gone), "%s: and go", mode);
}

static void test_close(void)
{
	char got[16] = "";
	int fd = client();

	expect(1);
	seen.answer = true;
	seen.end = true;
	seen.subscribe = true;
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
	test_long();
	test_asks();
	test_limit();
	test_behind_packets();
	test_order();
	test_all_hear();
	test_none_hears();
	test_all_slow();
	test_fair();
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
