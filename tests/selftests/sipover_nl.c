// SPDX-License-Identifier: BSD-2-Clause
/*
 * sipover_nl: speaks the module's netlink protocol, one line per message.
 *
 *   sipover_nl watch [-r RING] [-u MS] [-n COUNT] [-t SECONDS] [-b BYTES]
 *                    [-a] [-s] [-l N] [-x] PROTO ADDR PORT [PROTO ADDR PORT]...
 *       Watches the servers with one socket.  Prints "READY watch-id=N
 *       cookie=N seq=N ..." and the server record for each, then
 *       "EVENT key=value..." for each event, "OVERRUN" for lost ones.  Ends
 *       after COUNT events, or with status 1 after SECONDS without the next.
 *       -b: receive buffer; -u: UNANSWERED_MS.  -a: an event ends with at=N,
 *       when it was read, CLOCK_BOOTTIME ns.
 *       -s: asks for a dump where it lost something, "RESYNC N"; SIGUSR1: prints
 *       what it knows by now, "PICTURE key=value..." for each server and
 *       "PICTURED servers=N resyncs=N pending=0|1".  -l: loses each Nth event.
 *       -x: does not read, neither answers nor events: all requests at once,
 *       then dumps of the watches, "ASKED N" each time, until killed.
 *   sipover_nl owner FIFO
 *       One owner that does what FIFO says line by line: "add PROTO ADDR PORT
 *       [RING]" (READY..., as above), "del WATCH-ID" (DONE), "server PROTO
 *       ADDR PORT", "servers" and "watches" (as below) or "nobody": go on
 *       without any right (DONE).  It goes on behind a refusal.
 *   sipover_nl deaths ROUNDS SEED PROTO ADDR PORT [PROTO ADDR PORT]...
 *       Makes an owner of the servers ROUNDS times, of several kinds in turn, and
 *       kills it at some time.  Prints "WATCH key=value..." for each watch that
 *       is there right after its end and "DEATH at=PHASE left=N", where the owner
 *       was (enum phase) and how many these are.
 *   sipover_nl server PROTO ADDR PORT     "SERVER key=value..."
 *   sipover_nl servers                    the same for each record
 *   sipover_nl watches                    "WATCH key=value..." for each watch
 *   sipover_nl raw [-d] CMD HEX           any request: HEX is what stands
 *       behind the generic netlink header; -d: as a dump
 *
 * Options stand before or behind the other arguments.  PROTO is udp or tcp.
 * Values are in decimal, QUOTE in hex; "stat-CAUSE=N" is the count of a cause.
 * A refused request prints "ERROR NAME text" and ends with status 1, but for
 * an owner's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sipover.h>

#include "attr.h"
#include "netns.h"
#include "picture.h"
#include "print.h"

#define MESSAGE_MAX 65536
#define NOBODY 65534

static int fd = -1;
static uint16_t family_id;
static uint32_t sequence;
static bool goes_on, refused;

static struct options {
	long long ring, unanswered, count, seconds, buffer, lose;
	bool dump, at, picture, deaf;
} options = { .ring = -1, .unanswered = -1, .count = -1, .seconds = -1, .buffer = -1 };

/* How far an owner has come. */
enum phase {
	PHASE_STARTED,
	PHASE_ASKED,		/* its first WATCH_ADD is on its way */
	PHASE_WATCHES,		/* all are answered */
	PHASE_TOLD,		/* it has read an event */
	PHASE_DUMPS,
	PHASE_RESYNCS,
	PHASE_FULL,		/* it does not read, and its socket is full */
};

static const char *const phases[] = {
	"started", "asked", "watches", "told", "dumps", "resyncs", "full"
};

/* Shared with who waits for its end. */
static volatile enum phase *phase;

/* Told by a byte each, the first time. */
static int phases_told[2] = { -1, -1 };

static void reached(enum phase where)
{
	static unsigned int told;
	char byte = (char)where;

	if (!phase)
		return;
	*phase = where;
	if (!(told & 1u << where))
		(void)!write(phases_told[1], &byte, 1);
	told |= 1u << where;
}

struct request {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	unsigned char attrs[4096];
};

static void fail(const char *what)
{
	printf("ERROR %s %s\n", strerrorname_np(errno), what);
	exit(1);
}

static void usage(void)
{
	fprintf(stderr,
		"usage: sipover_nl watch [-r RING] [-u MS] [-n COUNT] [-t SECONDS] [-b BYTES] [-a] [-s] [-l N] [-x] PROTO ADDR PORT...\n"
		"       sipover_nl owner FIFO\n"
		"       sipover_nl deaths ROUNDS SEED PROTO ADDR PORT...\n"
		"       sipover_nl server PROTO ADDR PORT\n"
		"       sipover_nl servers | watches\n"
		"       sipover_nl raw [-d] CMD HEX\n");
	exit(64);
}

/* A long has 32 bits on some machines, a ring size as well. */
static long long number(const char *text, long long max)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 0);
	if (errno || *end || end == text || value < 0 || value > max)
		usage();
	return value;
}

/* ------------------------------------------------------------- requests */

static void begin(struct request *req, uint16_t type, uint16_t flags,
		  uint8_t cmd)
{
	memset(req, 0, sizeof(*req));
	req->nlh.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	req->nlh.nlmsg_type = type;
	req->nlh.nlmsg_flags = NLM_F_REQUEST | flags;
	req->nlh.nlmsg_seq = ++sequence;
	req->genl.cmd = cmd;
	req->genl.version = SIPOVER_GENL_VERSION;
}

static void put(struct request *req, uint16_t type, const void *data,
		size_t len)
{
	struct nlattr attr = { .nla_len = NLA_HDRLEN + len, .nla_type = type };
	unsigned char *at = (unsigned char *)req + req->nlh.nlmsg_len;

	memcpy(at, &attr, sizeof(attr));
	memcpy(at + NLA_HDRLEN, data, len);
	req->nlh.nlmsg_len += NLA_ALIGN(attr.nla_len);
}

static void put_server(struct request *req, char **arg)
{
	uint16_t port = htons(number(arg[2], 65535));
	uint8_t proto, family, addr[16];

	if (strcmp(arg[0], "udp") == 0)
		proto = IPPROTO_UDP;
	else if (strcmp(arg[0], "tcp") == 0)
		proto = IPPROTO_TCP;
	else
		proto = number(arg[0], 255);
	family = strchr(arg[1], ':') ? AF_INET6 : AF_INET;
	if (inet_pton(family, arg[1], addr) != 1)
		usage();
	put(req, SIPOVER_A_FAMILY, &family, 1);
	put(req, SIPOVER_A_PROTO, &proto, 1);
	if (family == AF_INET)
		put(req, SIPOVER_A_ADDR4, addr, 4);
	else
		put(req, SIPOVER_A_ADDR6, addr, 16);
	put(req, SIPOVER_A_PORT, &port, 2);
}

static void transmit(const struct request *req)
{
	if (send(fd, req, req->nlh.nlmsg_len, 0) < 0)
		fail("send");
}

/* ------------------------------------------------------------ receiving */

struct extack {
	char text[256];
};

static void visit_extack(const struct nlattr *attr, void *arg)
{
	struct extack *extack = arg;

	if (attr_type(attr) == NLMSGERR_ATTR_MSG)
		snprintf(extack->text, sizeof(extack->text), "%.*s",
			 (int)attr_len(attr), (const char *)attr_data(attr));
}

/*
 * Prints the refusal and ends, or returns for success.  A dump says it in its
 * last message, without quoting the request.
 */
static void check_error(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = NLMSG_DATA(nlh);
	struct extack extack = { "" };
	size_t skip = NLMSG_LENGTH(sizeof(err->error));

	if (nlh->nlmsg_len < skip || err->error >= 0)
		return;
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		skip = NLMSG_LENGTH(sizeof(*err));
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			skip += err->msg.nlmsg_len - sizeof(err->msg);
	}
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS && nlh->nlmsg_len > skip)
		each_attr((const char *)nlh + NLMSG_ALIGN(skip),
			  nlh->nlmsg_len - NLMSG_ALIGN(skip), visit_extack,
			  &extack);
	printf("ERROR %s %s\n", strerrorname_np(-err->error), extack.text);
	if (!goes_on)
		exit(1);
	refused = true;
}

static char buffer[MESSAGE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));

static size_t receive(void)
{
	struct sockaddr_nl from = { 0 };
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof(from);
		n = recvfrom(fd, buffer, sizeof(buffer), 0,
			     (struct sockaddr *)&from, &len);
		if (n < 0 && errno == ENOBUFS) {
			printf("OVERRUN\n");
			picture.want_dump = true;
			continue;
		}
		if (n < 0)
			fail("receive");
		/* Only the kernel has the address 0. */
		if (from.nl_pid == 0)
			return n;
	}
}

static unsigned int watches_listed;

/* A message of the family; returns whether it was an event that is told. */
static bool handle_message(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	bool event = genl->cmd == SIPOVER_CMD_EVENT;
	static long long n;

	watches_listed += genl->cmd == SIPOVER_CMD_WATCH_GET;
	if (event)
		reached(PHASE_TOLD);
	if (event && options.lose > 0 && ++n % options.lose == 0)
		return false;
	if (options.picture)
		picture_message(nlh);
	if (!options.picture || genl->cmd != SIPOVER_CMD_SERVER_GET)
		print_message(nlh, options.at);
	return event;
}

/*
 * The end of a dump that a picture needs.  One that found the socket full, or
 * another still going on, is asked for again.
 */
static bool dump_ended(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = NLMSG_DATA(nlh);

	if (!picture.dumping)
		return false;
	picture.dumping = false;
	if (nlh->nlmsg_type == NLMSG_ERROR &&
	    (err->error == -ENOBUFS || err->error == -EBUSY)) {
		picture.want_dump = true;
		return true;
	}
	return nlh->nlmsg_type == NLMSG_DONE;
}

/*
 * Handles what is there until request @seq is answered completely, or, with
 * seq 0, one datagram.  Returns the events printed.
 */
static long handle(uint32_t seq)
{
	const struct nlmsghdr *nlh;
	bool answered = false;
	long events = 0;
	size_t len;

	while (!answered) {
		len = receive();
		for (nlh = (struct nlmsghdr *)buffer; NLMSG_OK(nlh, len);
		     nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type == NLMSG_ERROR ||
			    nlh->nlmsg_type == NLMSG_DONE) {
				if (!dump_ended(nlh))
					check_error(nlh);
				answered = true;
			} else if (nlh->nlmsg_type == family_id) {
				events += handle_message(nlh);
			}
		}
		if (!seq)
			break;
	}
	return events;
}

static void visit_family(const struct nlattr *attr, void *arg)
{
	(void)arg;
	if (attr_type(attr) == CTRL_ATTR_FAMILY_ID)
		family_id = integer(attr);
}

static void resolve(void)
{
	struct request req;
	const struct nlmsghdr *nlh = (struct nlmsghdr *)buffer;
	size_t len;

	begin(&req, GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY);
	put(&req, CTRL_ATTR_FAMILY_NAME, SIPOVER_GENL_NAME,
	    sizeof(SIPOVER_GENL_NAME));
	transmit(&req);
	len = receive();
	if (!NLMSG_OK(nlh, len))
		return;
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		printf("ERROR ENOENT module sipover is not loaded\n");
		exit(1);
	}
	each_attr((const char *)NLMSG_DATA(nlh) + GENL_HDRLEN,
		  nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), visit_family,
		  NULL);
}

static void open_socket(void)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	int on = 1, size;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		fail("socket");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	if (options.buffer >= 0) {
		size = (int)options.buffer;
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	}
	resolve();
}

/* ------------------------------------------------------------- commands */

static volatile sig_atomic_t asked;

static void ask_for_picture(int sig)
{
	(void)sig;
	asked = 1;
}

static void request_watch(char **server)
{
	struct request req;

	begin(&req, family_id, NLM_F_ACK, SIPOVER_CMD_WATCH_ADD);
	put_server(&req, server);
	if (options.ring >= 0) {
		uint32_t ring = options.ring;

		put(&req, SIPOVER_A_RING_SIZE, &ring, sizeof(ring));
	}
	if (options.unanswered >= 0) {
		uint32_t ms = options.unanswered;

		put(&req, SIPOVER_A_UNANSWERED_MS, &ms, sizeof(ms));
	}
	reached(PHASE_ASKED);
	transmit(&req);
}

static _Noreturn void ask_only(void)
{
	struct request req;
	unsigned long n;

	for (n = 1;; n++) {
		begin(&req, family_id, NLM_F_DUMP, SIPOVER_CMD_WATCH_GET);
		/* Refused while one goes on. */
		(void)!send(fd, &req, req.nlh.nlmsg_len, 0);
		reached(PHASE_DUMPS);
		printf("ASKED %lu\n", n);
		poll(NULL, 0, 1);
	}
}

/* Asks for the dump that is wanted, behind all that can be read by now. */
static void resync(void)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct request req;

	if (!options.picture || !picture.want_dump || picture.dumping ||
	    poll(&poll_fd, 1, 0) != 0)
		return;
	picture_dump_begins();
	reached(PHASE_RESYNCS);
	printf("RESYNC %u\n", picture.resyncs);
	begin(&req, family_id, NLM_F_DUMP, SIPOVER_CMD_SERVER_GET);
	transmit(&req);
}

static int watch(int argc, char **argv)
{
	struct pollfd poll_fd = { .events = POLLIN };
	long events = 0;
	int timeout = options.seconds < 0 ? -1 : (int)options.seconds * 1000;

	if (!argc || argc % 3)
		usage();
	if (options.picture)
		(void)signal(SIGUSR1, ask_for_picture);
	for (; argc; argc -= 3, argv += 3) {
		request_watch(argv);
		if (!options.deaf)
			events += handle(sequence);
	}
	reached(PHASE_WATCHES);
	if (options.deaf)
		ask_only();
	poll_fd.fd = fd;
	while (options.count < 0 || events < options.count) {
		int n;

		resync();
		n = poll(&poll_fd, 1, timeout);
		if (asked) {
			asked = 0;
			picture_print(states, causes);
		}
		if (n == 0)
			return 1;
		if (n > 0)
			events += handle(0);
	}
	return 0;
}

static void do_line(char *line)
{
	struct request req;
	char *words[5], *rest = NULL;
	uint32_t value;
	int n = 0;

	for (line = strtok_r(line, " ", &rest); line && n < 5;
	     line = strtok_r(NULL, " ", &rest))
		words[n++] = line;
	if (n >= 4 && strcmp(words[0], "add") == 0) {
		begin(&req, family_id, NLM_F_ACK, SIPOVER_CMD_WATCH_ADD);
		put_server(&req, words + 1);
		if (n == 5) {
			value = number(words[4], UINT32_MAX);
			put(&req, SIPOVER_A_RING_SIZE, &value, sizeof(value));
		}
	} else if (n == 2 && strcmp(words[0], "del") == 0) {
		begin(&req, family_id, NLM_F_ACK, SIPOVER_CMD_WATCH_DEL);
		value = number(words[1], UINT32_MAX);
		put(&req, SIPOVER_A_WATCH_ID, &value, sizeof(value));
	} else if (n == 4 && strcmp(words[0], "server") == 0) {
		begin(&req, family_id, NLM_F_ACK, SIPOVER_CMD_SERVER_GET);
		put_server(&req, words + 1);
	} else if (n == 1 && strcmp(words[0], "servers") == 0) {
		begin(&req, family_id, NLM_F_DUMP, SIPOVER_CMD_SERVER_GET);
	} else if (n == 1 && strcmp(words[0], "watches") == 0) {
		begin(&req, family_id, NLM_F_DUMP, SIPOVER_CMD_WATCH_GET);
	} else if (n == 1 && strcmp(words[0], "nobody") == 0) {
		if (setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
		    setresuid(NOBODY, NOBODY, NOBODY) < 0)
			fail("nobody");
		printf("DONE\n");
		return;
	} else {
		usage();
	}
	refused = false;
	transmit(&req);
	handle(sequence);
	if (req.genl.cmd == SIPOVER_CMD_WATCH_DEL && !refused)
		printf("DONE\n");
}

static int owner(const char *fifo)
{
	struct pollfd fds[2] = {
		{ .fd = open(fifo, O_RDONLY | O_CLOEXEC), .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	char text[1024], *line, *rest;
	ssize_t n;

	if (fds[0].fd < 0)
		fail("open");
	goes_on = true;
	for (;;) {
		poll(fds, 2, -1);
		if (fds[1].revents)
			handle(0);
		if (!fds[0].revents)
			continue;
		n = read(fds[0].fd, text, sizeof(text) - 1);
		if (n <= 0)
			return 0;
		text[n] = 0;
		for (line = strtok_r(text, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest))
			do_line(line);
	}
}

static int ask(int argc, char **argv, uint8_t cmd, uint16_t flags)
{
	struct request req;

	begin(&req, family_id, flags, cmd);
	if (argc == 3)
		put_server(&req, argv);
	else if (argc)
		usage();
	transmit(&req);
	handle(sequence);
	return 0;
}

/* ENOBUFS is an error of the socket, which is not taken from it here. */
static _Noreturn void stand_still(int argc, char **argv)
{
	struct pollfd poll_fd;

	for (; argc; argc -= 3, argv += 3) {
		request_watch(argv);
		handle(sequence);
	}
	poll_fd = (struct pollfd){ .fd = fd };
	poll(&poll_fd, 1, -1);
	if (poll_fd.revents & POLLERR)
		reached(PHASE_FULL);
	for (;;)
		pause();
}

/*
 * Kinds of owners, and what they come to.  Each is killed some time after it has
 * come to one of these, however long that takes on this machine.
 */
#define PHASES_MAX 5
static const struct {
	size_t n;
	enum phase phase[PHASES_MAX];
} lives[] = {
	{ 4, { PHASE_STARTED, PHASE_ASKED, PHASE_WATCHES, PHASE_TOLD } },
	{ 4, { PHASE_STARTED, PHASE_ASKED, PHASE_WATCHES, PHASE_DUMPS } },
	{ 5, { PHASE_STARTED, PHASE_ASKED, PHASE_WATCHES, PHASE_TOLD,
	       PHASE_RESYNCS } },
	{ 3, { PHASE_STARTED, PHASE_ASKED, PHASE_FULL } },
};

#define PHASE_MS_MAX 20000
/* Log-uniform: some phases are over in microseconds. */
#define LIFE_US_BITS 16

static _Noreturn void live(size_t kind, int argc, char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!freopen("/dev/null", "w", stdout))
		fail("/dev/null");
	switch (kind) {
	case 1:
		options.deaf = true;
		break;
	case 2:
		options.picture = true;
		options.lose = 2;
		/* fall through */
	case 3:
		options.buffer = 4096;
		break;
	}
	open_socket();
	if (kind == 3)
		stand_still(argc, argv);
	exit(watch(argc, argv));
}

static void await_phase(enum phase wanted)
{
	struct pollfd told = { .fd = phases_told[0], .events = POLLIN };
	char byte;

	while (poll(&told, 1, PHASE_MS_MAX) == 1 &&
	       read(phases_told[0], &byte, 1) == 1 &&
	       (enum phase)byte != wanted)
		;
}

/* An owner begins, and ends; tells where. */
static enum phase death(size_t kind, int argc, char **argv)
{
	struct timespec life = { 0 };
	pid_t pid;

	if (pipe(phases_told))
		fail("pipe");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		reached(PHASE_STARTED);
		live(kind, argc, argv);
	}
	close(phases_told[1]);
	await_phase(lives[kind].phase[(size_t)random() % lives[kind].n]);
	life.tv_nsec = random() % (1L << random() % (LIFE_US_BITS + 1)) * 1000;
	ppoll(NULL, 0, &life, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(phases_told[0]);
	return *phase;
}

static int deaths(int argc, char **argv)
{
	long long round, rounds = number(argv[0], INT32_MAX);
	struct request req;
	enum phase at;

	srandom((unsigned int)number(argv[1], UINT32_MAX));
	phase = mmap(NULL, sizeof(*phase), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (phase == MAP_FAILED)
		fail("mmap");
	for (round = 0; round < rounds; round++) {
		at = death((size_t)round % ARRAY_SIZE(lives), argc - 2,
			   argv + 2);
		watches_listed = 0;
		begin(&req, family_id, NLM_F_DUMP, SIPOVER_CMD_WATCH_GET);
		transmit(&req);
		handle(sequence);
		printf("DEATH at=%s left=%u\n", phases[at], watches_listed);
	}
	return 0;
}

static int raw(int argc, char **argv)
{
	struct request req;
	char pair[3] = "", *end;
	size_t i, len;

	if (argc != 2)
		usage();
	begin(&req, family_id, options.dump ? NLM_F_DUMP : NLM_F_ACK,
	      number(argv[0], 255));
	len = strlen(argv[1]);
	if (len % 2 || len / 2 > sizeof(req.attrs))
		usage();
	for (i = 0; i < len / 2; i++) {
		memcpy(pair, argv[1] + 2 * i, 2);
		req.attrs[i] = (unsigned char)strtoul(pair, &end, 16);
		if (end != pair + 2)
			usage();
	}
	req.nlh.nlmsg_len += len / 2;
	transmit(&req);
	handle(sequence);
	printf("DONE\n");
	return 0;
}

int main(int argc, char **argv)
{
	const char *command;
	int opt;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((opt = getopt(argc, argv, "r:u:n:t:b:dasl:x")) != -1) {
		switch (opt) {
		case 'r':
			options.ring = number(optarg, UINT32_MAX);
			break;
		case 'u':
			options.unanswered = number(optarg, UINT32_MAX);
			break;
		case 'n':
			options.count = number(optarg, INT32_MAX);
			break;
		case 't':
			options.seconds = number(optarg, 86400);
			break;
		case 'b':
			options.buffer = number(optarg, INT32_MAX);
			break;
		case 'd':
			options.dump = true;
			break;
		case 'a':
			options.at = true;
			break;
		case 's':
			options.picture = true;
			break;
		case 'l':
			options.lose = number(optarg, INT32_MAX);
			break;
		case 'x':
			options.deaf = true;
			break;
		default:
			usage();
		}
	}
	if (optind == argc)
		usage();
	command = argv[optind];
	argc -= optind + 1;
	argv += optind + 1;

	enter_netns();
	open_socket();
	if (strcmp(command, "watch") == 0)
		return watch(argc, argv);
	if (strcmp(command, "owner") == 0 && argc == 1)
		return owner(argv[0]);
	if (strcmp(command, "deaths") == 0 && argc > 2)
		return deaths(argc, argv);
	if (strcmp(command, "server") == 0 && argc == 3)
		return ask(argc, argv, SIPOVER_CMD_SERVER_GET, NLM_F_ACK);
	if (strcmp(command, "servers") == 0 && !argc)
		return ask(argc, argv, SIPOVER_CMD_SERVER_GET, NLM_F_DUMP);
	if (strcmp(command, "watches") == 0 && !argc)
		return ask(argc, argv, SIPOVER_CMD_WATCH_GET, NLM_F_DUMP);
	if (strcmp(command, "raw") == 0)
		return raw(argc, argv);
	usage();
}
