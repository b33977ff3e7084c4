// SPDX-License-Identifier: BSD-2-Clause
/*
 * fuzz: what the family makes of requests that nobody would send.
 *
 *   fuzz [-s SEED] [-n MESSAGES] [-j JOBS]
 *
 * In a namespace with servers and traffic (home.h), made by one more process,
 * each of JOBS processes sends its share of MESSAGES: right ones, right ones
 * with something changed, and noise, several in a datagram now and then, from
 * sockets that open and close, read what comes or let it pile up, watch, and
 * go in the middle of a dump; now and then one lives in a namespace of its own,
 * which goes with it, or a module parameter changes.  A message that ran a
 * place of the module that none had run before (KCOV) is kept, and changed
 * further.  The same seed gives the same choices but for that.
 *
 * What it finds is found by the kernel.  At the end all sockets are closed,
 * and no watch and, behind the linger, no server may be left.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "genl.h"
#include "home.h"
#include "kcov.h"

#define SOCKETS 12
#define IDS 32
#define JOBS_MAX 16
#define KEPT_MAX 512
#define BATCH_MAX 16
#define FUZZ_LEN 2048		/* longest message */
#define PARAMETERS "/sys/module/sipover/parameters/"
#define ERRNO_MAX 134
#define PROGRESS_MS 30000
#define TRAFFIC_MS 1000
#define LINGER_MS 30000

/* What all jobs did. */
struct tally {
	unsigned long messages;
	unsigned long datagrams;
	unsigned long refused_sends;
	unsigned long sockets;
	unsigned long namespaces;
	unsigned long dumps_cut;
	unsigned long replies;
	unsigned long events;
	unsigned long kept;
	unsigned long answers[ERRNO_MAX];
};

static struct tally *tally;
static time_t began;
static uint64_t state;
static int family;
static int home;		/* the namespace to come back to */
static int fds[SOCKETS];
static uint32_t ids[IDS];	/* of watches told last; one is soon gone */
static struct msg *kept;
static unsigned int n_kept;

/* ------------------------------------------------------------------ chance */

/* splitmix64 */
static uint64_t chance(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

static unsigned int below(unsigned int n)
{
	return chance() % n;
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

static void noise(void *at, size_t len)
{
	unsigned char *p = at;

	while (len--)
		*p++ = chance();
}

/* ---------------------------------------------------------- right messages */

/*
 * What takes time in a kernel that notes the stack of each allocation is
 * allocations: few large rings, few acknowledgments of success, few dumps, each
 * of which is as much work as a hundred other requests.
 */

/* Those of home.h have traffic, and others are beside them. */
static void any_server(struct server *server)
{
	*server = home_servers[below(HOME_SERVERS)];
	if (one_in(3)) {
		server->addr[3] = below(8);
		server->port = 5060 + below(64);
	}
}

static void put_u32(struct msg *m, uint16_t type, uint32_t value)
{
	msg_put(m, type, &value, sizeof(value));
}

static void right_message(struct msg *m)
{
	uint16_t flags = one_in(4) ? NLM_F_ACK : 0;
	struct server server;
	unsigned int n = below(128);

	any_server(&server);
	switch (n) {
	default:
		if (n < 75) {
			msg_begin(m, family, flags, SIPOVER_CMD_WATCH_ADD);
			msg_put_server(m, &server);
			if (one_in(2))
				put_u32(m, SIPOVER_A_RING_SIZE,
					8U << below(one_in(8) ? 10 : 4));
			/* Also what is too short and too long. */
			if (one_in(2))
				put_u32(m, SIPOVER_A_UNANSWERED_MS, one_in(2) ?
					98 + below(8) : below(60500));
		} else if (n < 104) {
			msg_begin(m, family, flags, SIPOVER_CMD_WATCH_DEL);
			put_u32(m, SIPOVER_A_WATCH_ID, one_in(8) ?
				below(64) : ids[below(IDS)]);
		} else {
			msg_begin(m, family, flags, SIPOVER_CMD_SERVER_GET);
			msg_put_server(m, &server);
		}
		break;
	case 0:
		msg_begin(m, family, flags | NLM_F_DUMP,
			  SIPOVER_CMD_WATCH_GET);
		break;
	case 1:
		msg_begin(m, family, flags | NLM_F_DUMP,
			  SIPOVER_CMD_SERVER_GET);
		break;
	case 2:
		msg_begin(m, GENL_ID_CTRL, flags | (one_in(2) ? NLM_F_DUMP : 0),
			  one_in(2) ? CTRL_CMD_GETPOLICY : CTRL_CMD_GETFAMILY);
		msg_put(m, CTRL_ATTR_FAMILY_ID, &family, 2);
		break;
	}
}

/* ------------------------------------------------------------- wrong ones */

static void set_length(struct msg *m, uint32_t len)
{
	memcpy(m->data, &len, sizeof(len));
}

static void any_attribute(struct msg *m)
{
	unsigned char data[300];
	size_t len = one_in(4) ? below(sizeof(data)) : 1U << below(5);
	uint16_t type = below(one_in(4) ? 65536 : SIPOVER_A_MAX + 4);

	if (m->len + sizeof(data) + 16 > FUZZ_LEN)
		return;
	if (one_in(8))
		type |= NLA_F_NESTED;
	if (one_in(16))
		type |= NLA_F_NET_BYTEORDER;
	noise(data, len);
	if (one_in(3))
		memset(data, one_in(2) ? 0 : 255, len);
	msg_put(m, type, data, len);
}

/* All attributes into one, as deep as asked. */
static void nest(struct msg *m, unsigned int depth)
{
	const size_t head = NLMSG_LENGTH(GENL_HDRLEN);
	struct nlattr attr;

	while (depth-- && m->len + NLA_HDRLEN < FUZZ_LEN && m->len >= head) {
		attr.nla_len = m->len - head + NLA_HDRLEN;
		attr.nla_type = below(SIPOVER_A_MAX + 2) |
				(one_in(2) ? NLA_F_NESTED : 0);
		memmove(m->data + head + NLA_HDRLEN, m->data + head,
			m->len - head);
		memcpy(m->data + head, &attr, sizeof(attr));
		m->len += NLA_HDRLEN;
	}
	set_length(m, m->len);
}

/* One attribute's header says something else; or its value does. */
static void bend_attribute(struct msg *m)
{
	size_t at = NLMSG_LENGTH(GENL_HDRLEN), chosen = 0;
	struct nlattr attr;
	unsigned int n = 0;

	while (at + NLA_HDRLEN <= m->len) {
		memcpy(&attr, m->data + at, sizeof(attr));
		if (one_in(++n))
			chosen = at;
		if (attr.nla_len < NLA_HDRLEN)
			break;
		at += NLA_ALIGN(attr.nla_len);
	}
	if (!chosen)
		return;
	memcpy(&attr, m->data + chosen, sizeof(attr));
	switch (below(5)) {
	case 0:
		attr.nla_len += (int)below(9) - 4;
		break;
	case 1:
		attr.nla_len = chance();
		break;
	case 2:
		attr.nla_type = below(SIPOVER_A_MAX + 2);
		break;
	case 3:
		attr.nla_type ^= one_in(2) ? NLA_F_NESTED :
					     NLA_F_NET_BYTEORDER;
		break;
	default:
		if (chosen + NLA_HDRLEN + 4 <= m->len)
			m->data[chosen + NLA_HDRLEN + below(4)] = chance();
		return;
	}
	memcpy(m->data + chosen, &attr, sizeof(attr));
}

static void bend_header(struct msg *m)
{
	struct nlmsghdr nlh;

	memcpy(&nlh, m->data, sizeof(nlh));
	switch (below(7)) {
	case 0:
		nlh.nlmsg_flags = chance();
		break;
	case 1:
		nlh.nlmsg_flags ^= 1U << below(12);
		break;
	case 2:
		/* No other family's: this is not about them. */
		nlh.nlmsg_type = below(GENL_ID_CTRL + 1);
		break;
	case 3:
		nlh.nlmsg_pid = chance();
		nlh.nlmsg_seq = chance();
		break;
	case 4:
		m->data[NLMSG_HDRLEN] = one_in(4) ? chance() :
						    below(SIPOVER_CMD_MAX + 2);
		return;
	case 5:
		m->data[NLMSG_HDRLEN + 1 + below(3)] = chance();
		return;
	default:
		nlh.nlmsg_len += (int)below(33) - 16;
	}
	memcpy(m->data, &nlh, sizeof(nlh));
}

static void change(struct msg *m)
{
	uint32_t len;

	switch (below(8)) {
	case 0:
		bend_header(m);
		break;
	case 1: case 2:
		bend_attribute(m);
		break;
	case 3:
		any_attribute(m);
		break;
	case 4:
		nest(m, 1 + below(16));
		break;
	case 5:
		m->data[below(m->len)] ^= 1U << below(8);
		break;
	case 6:
		len = NLMSG_HDRLEN + below(m->len - NLMSG_HDRLEN + 1);
		m->len = NLMSG_ALIGN(len);
		set_length(m, len);
		break;
	default:
		noise(m->data + NLMSG_HDRLEN,
		      one_in(8) ? m->len - NLMSG_HDRLEN : 4);
	}
}

static void message(struct msg *m)
{
	unsigned int n;

	if (n_kept && one_in(4)) {
		*m = kept[below(n_kept)];
		n = below(3);
	} else {
		right_message(m);
		n = one_in(4) ? 0 : 1 + below(4);
	}
	while (n--)
		change(m);
	/* Mostly to the right door. */
	if (one_in(2))
		memcpy(m->data + offsetof(struct nlmsghdr, nlmsg_type), &family,
		       sizeof(uint16_t));
}

/* --------------------------------------------------------------- sockets */

static void plain_socket(int *fd)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int on = 1, size = 1;

	*fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		     NETLINK_GENERIC);
	if (*fd < 0)
		return;
	tally->sockets++;
	if (one_in(2))
		setsockopt(*fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	if (one_in(4))
		setsockopt(*fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (one_in(4))
		setsockopt(*fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on,
			   sizeof(on));
	if (one_in(8))
		setsockopt(*fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on,
			   sizeof(on));
	if (one_in(4))
		setsockopt(*fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	/* Few port ids, so that one is soon another's. */
	if (one_in(2))
		addr.nl_pid = 100 + below(8);
	if (bind(*fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 &&
	    addr.nl_pid) {
		addr.nl_pid = 0;
		(void)bind(*fd, (struct sockaddr *)&addr, sizeof(addr));
	}
}

/* Its namespace ends with it. */
static void lonely_socket(int *fd)
{
	if (unshare(CLONE_NEWNET) < 0)
		die("unshare");
	tally->namespaces++;
	plain_socket(fd);
	if (setns(home, CLONE_NEWNET) < 0)
		die("setns");
}

/* The id comes first. */
static void note_id(const struct nlmsghdr *nlh)
{
	const size_t at = NLMSG_LENGTH(GENL_HDRLEN) + NLA_HDRLEN;

	if (((const struct genlmsghdr *)NLMSG_DATA(nlh))->cmd ==
	    SIPOVER_CMD_WATCH_ADD && nlh->nlmsg_len >= at + sizeof(uint32_t))
		memcpy(&ids[below(IDS)], (const char *)nlh + at,
		       sizeof(uint32_t));
}

static void count_answers(const unsigned char *data, size_t size)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)data;
	int len = (int)size, error;

	for (; NLMSG_OK(nlh, (unsigned int)len); nlh = NLMSG_NEXT(nlh, len)) {
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			memcpy(&error, NLMSG_DATA(nlh), sizeof(error));
			if (error <= 0 && error > -ERRNO_MAX)
				tally->answers[-error]++;
		} else if (nlh->nlmsg_type == family &&
			   ((struct genlmsghdr *)NLMSG_DATA(nlh))->cmd ==
			   SIPOVER_CMD_EVENT) {
			tally->events++;
		} else {
			tally->replies++;
			if (nlh->nlmsg_type == family)
				note_id(nlh);
		}
	}
}

static void read_some(int fd)
{
	static unsigned char buffer[32768]
		__attribute__((aligned(NLMSG_ALIGNTO)));
	unsigned int n = 1 + below(32);
	ssize_t len;

	while (n--) {
		len = recv(fd, buffer, sizeof(buffer), 0);
		if (len < 0 && errno != ENOBUFS)
			return;
		if (len > 0)
			count_answers(buffer, len);
	}
}

static void replace_socket(void)
{
	int *fd = &fds[below(SOCKETS)];
	struct msg m;

	if (*fd >= 0) {
		if (one_in(2)) {
			msg_begin(&m, family, NLM_F_DUMP, one_in(2) ?
				  SIPOVER_CMD_WATCH_GET :
				  SIPOVER_CMD_SERVER_GET);
			if (msg_send(*fd, &m) == 0) {
				tally->messages++;
				tally->dumps_cut++;
			}
		}
		close(*fd);
		kcov_collect();
	}
	if (one_in(64))
		lonely_socket(fd);
	else
		plain_socket(fd);
}

static void change_parameter(void)
{
	static const struct {
		const char *path;
		const char *values[4];
	} parameters[] = {
		{ PARAMETERS "linger_ms", { "0", "1", "20", "200" } },
		{ PARAMETERS "max_servers", { "0", "8", "64", "1024" } },
		{ PARAMETERS "max_sent", { "0", "256", "4096", "65536" } },
		{ PARAMETERS "max_owners", { "2", "8", "64", "1024" } },
		{ PARAMETERS "max_watches", { "0", "4", "64", "1024" } },
		{ PARAMETERS "max_watchers", { "1", "4", "64", "64" } },
	};
	unsigned int i = below(sizeof(parameters) / sizeof(*parameters));

	write_text(parameters[i].path, parameters[i].values[below(4)]);
}

/* ------------------------------------------------------------------- jobs */

static void keep(const struct msg *m)
{
	tally->kept++;
	if (n_kept < KEPT_MAX)
		kept[n_kept++] = *m;
	else
		kept[below(KEPT_MAX)] = *m;
}

/* A datagram of messages; only the last one's length may be a lie. */
static unsigned int send_some(void)
{
	static struct msg m, all;
	unsigned int n = one_in(2) ? 2 + below(BATCH_MAX - 1) : 1, i;
	int fd = fds[below(SOCKETS)];
	uint32_t len;

	all.len = 0;
	for (i = 0; i < n; i++) {
		message(&m);
		if (all.len + m.len > sizeof(all.data))
			break;
		memcpy(all.data + all.len, m.data, m.len);
		len = m.len;
		if (i + 1 < n)
			memcpy(all.data + all.len, &len, sizeof(len));
		all.len += NLMSG_ALIGN(m.len);
	}
	if (fd < 0)
		return 0;
	tally->datagrams++;
	if (msg_send(fd, &all) < 0)
		tally->refused_sends++;
	if (kcov_collect())
		keep(&m);
	return i;
}

static void job(uint64_t seed, unsigned long messages)
{
	unsigned long done = 0;
	unsigned int i;

	state = seed;
	kept = calloc(KEPT_MAX, sizeof(*kept));
	home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (!kept || home < 0)
		die("job");
	kcov_start();
	for (i = 0; i < SOCKETS; i++)
		plain_socket(&fds[i]);
	while (done < messages) {
		unsigned int n = below(100);

		if (n < 3)
			replace_socket();
		else if (n < 13)
			read_some(fds[below(SOCKETS)]);
		else if (n < 14 && one_in(16))
			change_parameter();
		else {
			n = send_some();
			done += n;
			__atomic_fetch_add(&tally->messages, n,
					   __ATOMIC_RELAXED);
		}
	}
	for (i = 0; i < SOCKETS; i++)
		close(fds[i]);
	kcov_collect();
	_exit(0);
}

/* So seldom that it takes little of the machine from the others. */
static _Noreturn void traffic(struct home *home)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		home_traffic(home);
		poll(NULL, 0, TRAFFIC_MS);
		if (home->n_calls > HOME_SERVERS)
			home_hang_up(home);
	}
}

static pid_t start_traffic(void)
{
	struct home home;
	pid_t pid;

	home_init(&home);
	home_open(&home, true);
	close(home.netlink);
	home.netlink = -1;
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		traffic(&home);
	home_close(&home);
	return pid;
}

/* It goes on until nobody is left who is told of it. */
static void end_traffic(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WNOHANG))
		die("no traffic");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

/* All sockets are closed, and records linger no longer than they may. */
static bool left(void)
{
	unsigned int watches, servers, ms = 0;
	int fd = genl_socket();

	if (fd < 0)
		die("netlink socket");
	for (;;) {
		watches = genl_dump(fd, family, SIPOVER_CMD_WATCH_GET, NULL);
		servers = genl_dump(fd, family, SIPOVER_CMD_SERVER_GET, NULL);
		if ((!watches && !servers) || ms > LINGER_MS)
			break;
		poll(NULL, 0, 100);
		ms += 100;
	}
	close(fd);
	printf("# left: %u watches, %u servers\n", watches, servers);
	return watches || servers;
}

static void report(unsigned long messages)
{
	int i;

	printf("# %lu messages in %lu datagrams and %ld s (%lu refused at once), %lu sockets, %lu namespaces, %lu dumps cut short\n",
	       tally->messages, tally->datagrams, (long)(time(NULL) - began), tally->refused_sends,
	       tally->sockets, tally->namespaces, tally->dumps_cut);
	printf("# %lu replies, %lu events; kept %lu, places of the module %u\n",
	       tally->replies, tally->events, tally->kept, kcov_places());
	printf("# answered:");
	for (i = 0; i < ERRNO_MAX; i++) {
		if (tally->answers[i])
			printf(" %s=%lu", i ? strerrorname_np(i) : "0",
			       tally->answers[i]);
	}
	printf("\n");
	if (tally->messages < messages)
		die("too few messages");
}

/* A job's end; meanwhile the impatient are told where it is. */
static int wait_for(pid_t which)
{
	int status, ms = 0;
	pid_t pid;

	while ((pid = waitpid(which, &status, WNOHANG)) == 0) {
		poll(NULL, 0, 100);
		ms += 100;
		if (ms % PROGRESS_MS == 0)
			fprintf(stderr, "# %lu messages after %ld s\n",
				__atomic_load_n(&tally->messages,
						__ATOMIC_RELAXED),
				(long)(time(NULL) - began));
	}
	return pid < 0 || status;
}

int main(int argc, char **argv)
{
	unsigned long messages = 1000000, seed = 1, jobs = 2, i;
	pid_t pids[JOBS_MAX], traffic_pid;
	int c, bad = 0;

	while ((c = getopt(argc, argv, "s:n:j:")) != -1) {
		switch (c) {
		case 's':
			seed = strtoul(optarg, NULL, 0);
			break;
		case 'n':
			messages = strtoul(optarg, NULL, 0);
			break;
		case 'j':
			jobs = strtoul(optarg, NULL, 0);
			break;
		default:
			return 64;
		}
	}
	if (!jobs || jobs > JOBS_MAX || optind != argc)
		return 64;
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	began = time(NULL);
	family = genl_family();
	if (tally == MAP_FAILED || family < 0 || !kcov_open())
		die("no module, or no KCOV");
	write_text(PARAMETERS "linger_ms", "200");
	traffic_pid = start_traffic();
	for (i = 0; i < jobs; i++) {
		fflush(stdout);
		pids[i] = fork();
		if (pids[i] < 0)
			die("fork");
		if (pids[i] == 0)
			job((seed << 8) + i, (messages + jobs - 1) / jobs);
	}
	for (i = 0; i < jobs; i++)
		bad |= wait_for(pids[i]);
	end_traffic(traffic_pid);
	report(messages);
	bad |= left();
	return bad;
}
