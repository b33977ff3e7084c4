/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's messages as lines: a word, then key=value. */
#ifndef SELFTESTS_PRINT_H
#define SELFTESTS_PRINT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <linux/genetlink.h>
#include <linux/sipover.h>

#include "attr.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *const states[] = { "unknown", "reachable", "unreachable" };
static const char *const grades[] = {
	"none", "weak", "medium", "strong", "local"
};
static const char *const causes[] = {
	"unspec", "net-unreach", "host-unreach", "proto-unreach",
	"port-unreach", "pkt-too-big", "source-route", "net-unknown",
	"host-unknown", "source-isolated", "admin-prohibited", "tos-unreach",
	"precedence", "source-scope", "source-policy", "ttl-exceeded",
	"reassembly", "param-problem", "icmp-other", "tcp-refused",
	"tcp-reset", "tcp-fin", "tcp-timeout", "tcp-unreach",
	"tcp-retransmit", "tcp-zero-window", "neigh-failed", "unanswered",
	"carrier-lost", "route-lost", "addr-lost", "send-error",
	"flow-timeout", "heard", "tcp-established", "neigh-reachable",
	"tls-failed",
};

_Static_assert(ARRAY_SIZE(causes) == SIPOVER_CAUSE_MAX + 1,
	       "a name for each cause");

static void print_name(const char *key, uint64_t value,
		       const char *const *names, size_t n)
{
	if (value < n)
		printf(" %s=%s", key, names[value]);
	else
		printf(" %s=%llu", key, (unsigned long long)value);
}

static void print_address(const char *key, const struct nlattr *attr)
{
	size_t len = attr_len(attr);
	char text[INET6_ADDRSTRLEN] = "?";

	if (len == 4 || len == 16)
		inet_ntop(len == 4 ? AF_INET : AF_INET6, attr_data(attr), text,
			  sizeof(text));
	printf(" %s=%s", key, text);
}

static void print_hex(const char *key, const struct nlattr *attr)
{
	const unsigned char *data = attr_data(attr);
	size_t i;

	printf(" %s=", key);
	for (i = 0; i < attr_len(attr); i++)
		printf("%02x", data[i]);
}

struct cause_stat {
	uint64_t cause, count;
};

static void visit_stat(const struct nlattr *attr, void *arg)
{
	struct cause_stat *stat = arg;

	if (attr_type(attr) == SIPOVER_A_CAUSE)
		stat->cause = integer(attr);
	else if (attr_type(attr) == SIPOVER_A_COUNT)
		stat->count = integer(attr);
}

static void print_stat(const struct nlattr *attr)
{
	struct cause_stat stat = {0};
	char key[64];

	each_attr(attr_data(attr), attr_len(attr), visit_stat, &stat);
	snprintf(key, sizeof(key), "stat-%s",
		 stat.cause < ARRAY_SIZE(causes) ? causes[stat.cause] : "?");
	printf(" %s=%llu", key, (unsigned long long)stat.count);
}

/* What two attributes make together, or an absent one. */
struct pending {
	uint64_t icmp_type;
	bool grade;
};

static const char *const integer_names[SIPOVER_A_MAX + 1] = {
	[SIPOVER_A_WATCH_ID] = "watch-id",
	[SIPOVER_A_COOKIE] = "cookie",
	[SIPOVER_A_SEQ] = "seq",
	[SIPOVER_A_PORTID] = "portid",
	[SIPOVER_A_FAMILY] = "family",
	[SIPOVER_A_RING_SIZE] = "ring-size",
	[SIPOVER_A_COUNT] = "count",
	[SIPOVER_A_TIME] = "time",
	[SIPOVER_A_QUOTED_LEN] = "quoted-len",
	[SIPOVER_A_WATCHES] = "watches",
	[SIPOVER_A_TX_RECORDED] = "tx-recorded",
	[SIPOVER_A_TX_OVERRUN] = "tx-overrun",
	[SIPOVER_A_MISMATCHED] = "mismatched",
	[SIPOVER_A_LAST_SENT] = "last-sent",
	[SIPOVER_A_LAST_HEARD] = "last-heard",
	[SIPOVER_A_LAST_TIME] = "last-time",
	[SIPOVER_A_UNCOUNTED] = "uncounted",
	[SIPOVER_A_UNANSWERED_MS] = "unanswered-ms",
	[SIPOVER_A_ELAPSED] = "elapsed",
	[SIPOVER_A_RETRANSMITS] = "retransmits",
};

static void print_attr(const struct nlattr *attr, void *arg)
{
	struct pending *pending = arg;
	int type = attr_type(attr);
	uint64_t value = integer(attr);

	switch (type) {
	case SIPOVER_A_PAD:
		break;
	case SIPOVER_A_PROTO:
		printf(" proto=%s", value == IPPROTO_UDP ? "udp" : "tcp");
		break;
	case SIPOVER_A_ADDR4:
	case SIPOVER_A_ADDR6:
		print_address("addr", attr);
		break;
	case SIPOVER_A_LOCAL4:
	case SIPOVER_A_LOCAL6:
		print_address("local", attr);
		break;
	case SIPOVER_A_OFFENDER4:
	case SIPOVER_A_OFFENDER6:
		print_address("offender", attr);
		break;
	case SIPOVER_A_PORT:
		printf(" port=%u", ntohs((uint16_t)value));
		break;
	case SIPOVER_A_LOCAL_PORT:
		printf(" local-port=%u", ntohs((uint16_t)value));
		break;
	case SIPOVER_A_STATE:
		print_name("state", value, states, ARRAY_SIZE(states));
		break;
	case SIPOVER_A_CAUSE:
		print_name("cause", value, causes, ARRAY_SIZE(causes));
		break;
	case SIPOVER_A_LAST_CAUSE:
		print_name("last-cause", value, causes, ARRAY_SIZE(causes));
		break;
	case SIPOVER_A_GRADE:
		pending->grade = true;
		print_name("grade", value, grades, ARRAY_SIZE(grades));
		break;
	case SIPOVER_A_ICMP_TYPE:
		pending->icmp_type = value;
		break;
	case SIPOVER_A_ICMP_CODE:
		printf(" icmp=%llu/%llu",
		       (unsigned long long)pending->icmp_type,
		       (unsigned long long)value);
		break;
	case SIPOVER_A_QUOTE:
		print_hex("quote", attr);
		break;
	case SIPOVER_A_CAUSE_STATS:
		print_stat(attr);
		break;
	default:
		if (type <= SIPOVER_A_MAX && integer_names[type])
			printf(" %s=%llu", integer_names[type],
			       (unsigned long long)value);
		else
			printf(" attr-%d=?", type);
	}
}

static void print_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	printf(" at=%lld%09ld", (long long)now.tv_sec, now.tv_nsec);
}

/* @at: an event ends with when it was read */
static void print_message(const struct nlmsghdr *nlh, bool at)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	struct pending pending = {0};

	switch (genl->cmd) {
	case SIPOVER_CMD_WATCH_ADD:
		printf("READY");
		break;
	case SIPOVER_CMD_WATCH_GET:
		printf("WATCH");
		break;
	case SIPOVER_CMD_SERVER_GET:
		printf("SERVER");
		break;
	case SIPOVER_CMD_EVENT:
		printf("EVENT");
		break;
	default:
		printf("MESSAGE cmd=%u", genl->cmd);
	}
	each_attr((const char *)genl + GENL_HDRLEN,
		  nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), print_attr,
		  &pending);
	if (genl->cmd == SIPOVER_CMD_EVENT && !pending.grade)
		printf(" grade=none");
	if (genl->cmd == SIPOVER_CMD_EVENT && at)
		print_now();
	putchar('\n');
}

#endif
