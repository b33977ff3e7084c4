// SPDX-License-Identifier: BSD-2-Clause
/*
 * nth: let the n-th allocation of a command fail, for n = 1, 2, ... until the
 * command needs fewer.  TAP on stdout.
 *
 *   nth [-s STRIDE] KO
 *
 * After each failure the namespace must hold what the answers said, no more
 * and no less; whether something was leaked is for kmemleak to say, whether a
 * lock was forgotten for lockdep.  Most allocations of a new namespace come
 * before the module's turn, and the kernel's own ways out of there are not
 * clean: fib4_rules_init() of Linux 6.1, when it fails, walks the routing tables
 * without RTNL ("suspicious RCU usage", fib_get_table(), of lockdep).  Only the
 * last TAIL fail, and with STRIDE every STRIDE-th of the others.  KO: the
 * module's file, which is loaded, and loaded again.
 *
 * It needs a kernel with CONFIG_FAULT_INJECTION, /sys/kernel/debug/failslab
 * set to fail allocations that may sleep, and /sys/module/sipover/parameters/
 * linger_ms 0.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "genl.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define ANSWERED_MS 10000
#define NTH_MAX 20000
#define TAIL 96
#define MANY 64

/* One command, and what is around it. */
struct scene {
	const char *name;
	void (*prepare)(void);
	int (*act)(void);
	const char *(*verify)(int err);
	void (*undo)(void);
	bool may_ignore;	/* it cannot be refused */
};

static const struct server first = {
	AF_INET, IPPROTO_UDP, { 127, 0, 0, 1 }, 5060
};

static const struct server second = {
	AF_INET6, IPPROTO_TCP, { [15] = 1 }, 5061
};

static int family, control, owner, other;
static struct answers got;
static struct msg request;
static uint32_t watch_id;
static unsigned int watches_before;
static uint64_t sum_before;
static int fail_nth;
static unsigned int points;
static bool failed;
static void *image;
static size_t image_size;

static void point(bool ok, const char *name, const char *text)
{
	printf("%s %u - nth: %s%s%s\n", ok ? "ok" : "not ok", ++points, name,
	       *text ? ": " : "", text);
	fflush(stdout);
	if (!ok)
		failed = true;
}

/* ------------------------------------------------------------ injection */

static void arm_at(int fd, unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		die(FAIL_NTH);
}

/* How many more would have been needed; 0: one allocation failed. */
static unsigned int disarm_at(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		die(FAIL_NTH);
	arm_at(fd, 0);
	return strtoul(text, NULL, 10);
}

/* ------------------------------------------------------------- requests */

static unsigned int watches(void)
{
	return genl_dump(control, family, SIPOVER_CMD_WATCH_GET, NULL);
}

static unsigned int servers(void)
{
	return genl_dump(control, family, SIPOVER_CMD_SERVER_GET, NULL);
}

static void request_add(const struct server *server, uint32_t ring,
			uint32_t unanswered_ms)
{
	msg_begin(&request, family, NLM_F_ACK, SIPOVER_CMD_WATCH_ADD);
	msg_put_server(&request, server);
	if (ring)
		msg_put(&request, SIPOVER_A_RING_SIZE, &ring, sizeof(ring));
	if (unanswered_ms)
		msg_put(&request, SIPOVER_A_UNANSWERED_MS, &unanswered_ms,
			sizeof(unanswered_ms));
}

static uint32_t must_add(int fd, const struct server *server, uint32_t ring)
{
	struct answers reply = { 0 };

	request_add(server, ring, 0);
	if (msg_send(fd, &request) < 0)
		die("add");
	answers_read(fd, &reply, ANSWERED_MS);
	if (!reply.watch_id)
		die("no watch");
	return reply.watch_id;
}

static int send_request(void)
{
	return msg_send(owner, &request);
}

/* What the request was answered by; to be called when nothing fails. */
static void read_answers(void)
{
	answers_read(owner, &got, 0);
}

static void open_owner(void)
{
	owner = genl_socket();
	if (owner < 0)
		die("owner");
}

static void close_owner(void)
{
	close(owner);
	owner = -1;
}

/* -------------------------------------------------------- watch-add, -del */

static void new_namespace(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		die("unshare");
	close(control);
	control = genl_socket();
	if (control < 0)
		die("control");
}

static void prepare_first(void)
{
	new_namespace();
	open_owner();
	watches_before = 0;
	request_add(&first, 64, 0);
}

/* Its record is made, and goes again if there is no memory for the silence. */
static void prepare_silent(void)
{
	new_namespace();
	open_owner();
	watches_before = 0;
	request_add(&first, 64, 200);
}

static void prepare_next(void)
{
	open_owner();
	must_add(owner, &first, 8);
	watches_before = 1;
	request_add(&second, 0, 0);
}

static void prepare_grow(void)
{
	open_owner();
	other = genl_socket();
	if (other < 0)
		die("other");
	must_add(other, &first, 8);
	watches_before = 1;
	request_add(&first, 4096, 0);
}

static void prepare_silent_too(void)
{
	prepare_grow();
	request_add(&first, 0, 200);
}

static void undo_grow(void)
{
	close_owner();
	close(other);
}

/* A watch is there if and only if its id was told. */
static const char *verify_add(int err)
{
	unsigned int now;

	read_answers();
	now = watches();
	if (now != watches_before + !!got.watch_id)
		return "watches differ from what was answered";
	if (servers() > now || (now && !servers()))
		return "a server without a watch or a watch without a server";
	if ((err || (got.acked && got.error)) && got.watch_id)
		return "refused, and done";
	if (!err && !got.acked && !got.overrun)
		return "neither answered nor an error of the socket";
	return NULL;
}

static void prepare_del(void)
{
	open_owner();
	watch_id = must_add(owner, &first, 8);
	must_add(owner, &second, 0);
	watches_before = 2;
	msg_begin(&request, family, NLM_F_ACK, SIPOVER_CMD_WATCH_DEL);
	msg_put(&request, SIPOVER_A_WATCH_ID, &watch_id, sizeof(watch_id));
}

static const char *verify_del(int err)
{
	unsigned int now;

	read_answers();
	now = watches();
	if (err || (got.acked && got.error))
		return now == 2 ? NULL : "refused, and done";
	return now == 1 && servers() == 1 ? NULL : "done, and not done";
}

/* --------------------------------------------------------- queries, close */

static void add_many(int fd)
{
	struct server server = first;
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		server.port = 6000 + i;
		must_add(fd, &server, 8);
	}
}

static void prepare_get(void)
{
	open_owner();
	must_add(owner, &first, 8);
	genl_dump(control, family, SIPOVER_CMD_SERVER_GET, &sum_before);
	msg_begin(&request, family, NLM_F_ACK, SIPOVER_CMD_SERVER_GET);
	msg_put_server(&request, &first);
}

static const char *verify_get(int err)
{
	uint64_t sum;

	read_answers();
	genl_dump(control, family, SIPOVER_CMD_SERVER_GET, &sum);
	if (sum != sum_before)
		return "a query changed something";
	if (!err && got.acked && !got.error && got.messages != 1)
		return "success without a record";
	return NULL;
}

static void prepare_dump(uint8_t cmd)
{
	other = genl_socket();
	if (other < 0)
		die("other");
	add_many(other);
	open_owner();
	genl_dump(control, family, cmd, &sum_before);
	msg_begin(&request, family, NLM_F_DUMP, cmd);
}

static void prepare_servers(void) { prepare_dump(SIPOVER_CMD_SERVER_GET); }
static void prepare_watches(void) { prepare_dump(SIPOVER_CMD_WATCH_GET); }

/* The later parts of a dump are made while the earlier ones are read. */
static int act_dump(void)
{
	int err = send_request();

	if (!err)
		answers_read(owner, &got, 0);
	return err;
}

static const char *verify_dump(int err)
{
	if (err)
		return NULL;
	answers_read(owner, &got, 0);
	if (got.done && !got.error && got.sum != sum_before)
		return "a dump that ended well lacks something";
	return got.done || got.acked || got.overrun ? NULL :
						      "a dump without an end";
}

static void prepare_close(void)
{
	open_owner();
	add_many(owner);
}

static int act_close(void)
{
	close_owner();
	return 0;
}

static const char *verify_close(int err)
{
	return !err && !watches() && !servers() ? NULL : "something stayed";
}

static void nothing(void) {}

/* ------------------------------------------------- namespaces, the module */

static unsigned int (*child_result)[2];	/* error; what disarm() said */

/* In a child: it ends, and its namespace with it. */
static void child_namespace(unsigned int n)
{
	int fd = open(FAIL_NTH, O_RDWR), err;
	unsigned int left;

	arm_at(fd, n);
	err = unshare(CLONE_NEWNET) < 0 ? errno : 0;
	left = disarm_at(fd);
	if (!err) {
		owner = genl_socket();
		must_add(owner, &first, 8);
	}
	(*child_result)[0] = err;
	(*child_result)[1] = left;
	_exit(0);
}

static void namespace(unsigned int n)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		child_namespace(n);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		die("child");
}

static void netns(unsigned int stride)
{
	unsigned int n, total, refused = 0, injected = 0;
	char text[128];

	namespace(NTH_MAX);
	total = NTH_MAX - (*child_result)[1];
	n = stride || total <= TAIL ? 1 : total - TAIL;
	for (; n < NTH_MAX;
	     n += stride && n + stride + TAIL < total ? stride : 1) {
		namespace(n);
		if ((*child_result)[1])
			break;
		injected++;
		refused += (*child_result)[0] != 0;
	}
	snprintf(text, sizeof(text),
		 "%u of %u allocations failed, %u refused it", injected, n - 1,
		 refused);
	point(n < NTH_MAX && refused && !(*child_result)[0] &&
	      genl_family() == family, "a new namespace", text);
}

static const char *parameters = "linger_ms=0";

static int act_load(void)
{
	return syscall(SYS_init_module, image, image_size, parameters) < 0 ?
	       -errno : 0;
}

static int act_unload(void)
{
	return syscall(SYS_delete_module, "sipover", O_NONBLOCK) < 0 ?
	       -errno : 0;
}

static bool loaded(void)
{
	struct stat st;

	return stat("/sys/module/sipover", &st) == 0;
}

static const char *verify_load(int err)
{
	bool there = genl_family() >= 0;

	if (err && (there || loaded()))
		return "refused, and loaded";
	return err || there ? NULL : "loaded without its family";
}

static void undo_load(void)
{
	if (loaded() && act_unload())
		die("unload");
}

static void prepare_unload(void)
{
	if (act_load())
		die("load");
	family = genl_family();
	open_owner();
	must_add(owner, &first, 8);
}

static const char *verify_unload(int err)
{
	if (err || loaded() || genl_family() >= 0)
		return "not unloaded";
	close_owner();
	return NULL;
}

/* -------------------------------------------------------------------- */

static const struct scene scenes[] = {
	{ "the first watch of a namespace", prepare_first, send_request,
	  verify_add, close_owner, false },
	{ "the first watch, which asks for silence", prepare_silent,
	  send_request, verify_add, close_owner, false },
	{ "another watch, IPv6 and TCP", prepare_next, send_request,
	  verify_add, close_owner, false },
	{ "a watch that makes the ring larger", prepare_grow, send_request,
	  verify_add, undo_grow, false },
	{ "another owner's watch, which asks for silence", prepare_silent_too,
	  send_request, verify_add, undo_grow, false },
	{ "a watch less", prepare_del, send_request, verify_del, close_owner, false },
	{ "one server", prepare_get, send_request, verify_get, close_owner, false },
	{ "all servers", prepare_servers, act_dump, verify_dump, undo_grow, false },
	{ "all watches", prepare_watches, act_dump, verify_dump, undo_grow, false },
	{ "an owner's end", prepare_close, act_close, verify_close, nothing, true },
};

/* Where hooks take the tracepoints' part. */
static const struct scene scenes_without_tracepoints[] = {
	{ "the first watch of a namespace, without tracepoints", prepare_first,
	  send_request, verify_add, close_owner, false },
	{ "an owner's end, without tracepoints", prepare_close, act_close,
	  verify_close, nothing, true },
};

static const struct scene module_scenes[] = {
	{ "the module is loaded", nothing, act_load, verify_load, undo_load, false },
	{ "the module goes", prepare_unload, act_unload, verify_unload, nothing, true },
};

static void play(const struct scene *scene)
{
	unsigned int n, left, refused = 0;
	const char *wrong = NULL;
	char text[160];
	int err = 0;

	for (n = 1; n < NTH_MAX; n++) {
		scene->prepare();
		memset(&got, 0, sizeof(got));
		arm_at(fail_nth, n);
		err = scene->act();
		left = disarm_at(fail_nth);
		wrong = scene->verify(err);
		scene->undo();
		if (wrong || left)
			break;
		refused += err || got.overrun || got.error;
	}
	if (wrong)
		snprintf(text, sizeof(text), "allocation %u, error %d: %s", n,
			 err, wrong);
	else
		snprintf(text, sizeof(text), "%u allocations failed, %u told of it",
			 n - 1, refused);
	point(!wrong && n < NTH_MAX && (refused || scene->may_ignore),
	      scene->name, text);
}

static void reload(const char *with)
{
	undo_load();
	parameters = with;
	if (act_load())
		die("load");
	family = genl_family();
}

static void read_image(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	image_size = st.st_size;
	image = malloc(image_size);
	if (!image || read(fd, image, image_size) != (ssize_t)image_size)
		die(path);
	close(fd);
}

int main(int argc, char **argv)
{
	unsigned int stride = 0;
	size_t i;
	int c;

	while ((c = getopt(argc, argv, "s:")) != -1) {
		if (c != 's')
			return 64;
		stride = strtoul(optarg, NULL, 0);
	}
	if (optind + 1 != argc)
		return 64;
	read_image(argv[optind]);
	fail_nth = open(FAIL_NTH, O_RDWR);
	child_result = mmap(NULL, sizeof(*child_result), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fail_nth < 0 || child_result == MAP_FAILED)
		die(FAIL_NTH);
	family = genl_family();
	control = genl_socket();
	if (family < 0 || control < 0)
		die("no module");
	for (i = 0; i < sizeof(scenes) / sizeof(*scenes); i++)
		play(&scenes[i]);
	netns(stride);
	reload("linger_ms=0 tracepoints=0");
	for (i = 0; i < sizeof(scenes_without_tracepoints) /
			sizeof(*scenes_without_tracepoints); i++)
		play(&scenes_without_tracepoints[i]);
	undo_load();
	parameters = "linger_ms=0";
	for (i = 0; i < sizeof(module_scenes) / sizeof(*module_scenes); i++)
		play(&module_scenes[i]);
	if (act_load())
		die("load");
	printf("1..%u\n", points);
	return failed;
}
