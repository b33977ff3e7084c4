/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an owner can know of its servers: state and counters, kept up to date
 * by the events it reads.  Where it lost some (a gap in the numbers, ENOBUFS)
 * it asks for a dump of the records, as the contract says.
 *
 * The queue may hold an event and a record in either order of their making.
 * An event that a record counts already has no later time than the record's
 * counter; a count that reaches back over the record is told from one that
 * does not only by another dump.
 */
#ifndef SELFTESTS_PICTURE_H
#define SELFTESTS_PICTURE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/genetlink.h>
#include <linux/sipover.h>

#include "attr.h"

#define PICTURE_SERVERS 512

/* @fresh: nothing told since the record; @asked: an event's, since the dump
 * was asked for.
 */
struct picture_count {
	uint64_t count, time, asked;
	bool fresh;
};

struct picture_server {
	uint8_t family, proto, addr[16], state;
	uint16_t port;
	struct picture_count causes[SIPOVER_CAUSE_MAX + 1];
};

/* One message, as far as it matters here. */
struct picture_news {
	struct picture_server server;
	uint64_t cause, count, time, seq;
};

static struct picture {
	struct picture_server servers[PICTURE_SERVERS];
	unsigned int n, resyncs;
	uint64_t seq;
	bool want_dump, dumping;
} picture;

static void picture_visit_stat(const struct nlattr *attr, void *arg)
{
	struct picture_news *stat = arg;

	if (attr_type(attr) == SIPOVER_A_CAUSE)
		stat->cause = integer(attr);
	else if (attr_type(attr) == SIPOVER_A_COUNT)
		stat->count = integer(attr);
	else if (attr_type(attr) == SIPOVER_A_TIME)
		stat->time = integer(attr);
}

static void picture_visit(const struct nlattr *attr, void *arg)
{
	struct picture_news *news = arg, stat = { .cause = 0 };
	struct picture_server *server = &news->server;

	switch (attr_type(attr)) {
	case SIPOVER_A_FAMILY: server->family = (uint8_t)integer(attr); break;
	case SIPOVER_A_PROTO: server->proto = (uint8_t)integer(attr); break;
	case SIPOVER_A_PORT: server->port = (uint16_t)integer(attr); break;
	case SIPOVER_A_STATE: server->state = (uint8_t)integer(attr); break;
	case SIPOVER_A_ADDR4:
	case SIPOVER_A_ADDR6:
		if (attr_len(attr) <= sizeof(server->addr))
			memcpy(server->addr, attr_data(attr), attr_len(attr));
		break;
	case SIPOVER_A_SEQ: news->seq = integer(attr); break;
	case SIPOVER_A_CAUSE_STATS:
		each_attr(attr_data(attr), attr_len(attr), picture_visit_stat,
			  &stat);
		if (stat.cause <= SIPOVER_CAUSE_MAX) {
			server->causes[stat.cause].count = stat.count;
			server->causes[stat.cause].time = stat.time;
		}
		break;
	default:
		picture_visit_stat(attr, news);
	}
}

static struct picture_server *picture_find(const struct picture_server *like)
{
	struct picture_server *server;
	unsigned int i;

	for (i = 0; i < picture.n; i++) {
		server = &picture.servers[i];
		if (server->family == like->family &&
		    server->proto == like->proto &&
		    server->port == like->port &&
		    memcmp(server->addr, like->addr, sizeof(like->addr)) == 0)
			return server;
	}
	return NULL;
}

/* A record counts from its own time on, unless an event has been read that
 * was made later.
 */
static void picture_record(struct picture_server *server,
			   const struct picture_server *record)
{
	unsigned int i;

	for (i = 0; i <= SIPOVER_CAUSE_MAX; i++) {
		if (server->causes[i].asked > record->causes[i].time) {
			picture.want_dump = true;
			return;
		}
	}
	*server = *record;
	for (i = 0; i <= SIPOVER_CAUSE_MAX; i++)
		server->causes[i].fresh = true;
}

static void picture_event(struct picture_server *server,
			  const struct picture_news *news)
{
	struct picture_count *cause = &server->causes[news->cause];

	server->state = news->server.state;
	cause->asked = news->time;
	if (cause->fresh && news->time <= cause->time)
		return;
	if (cause->fresh && cause->count && news->count > 1)
		picture.want_dump = true;
	cause->fresh = false;
	cause->count += news->count;
	cause->time = news->time;
}

/* A record of a dump or of a new watch, or an event. */
static void picture_message(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	struct picture_news news = { .cause = 0 };
	struct picture_server *server;

	each_attr((const char *)genl + GENL_HDRLEN,
		  nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), picture_visit,
		  &news);
	server = picture_find(&news.server);
	switch (genl->cmd) {
	case SIPOVER_CMD_WATCH_ADD:
		if (!server && picture.n < PICTURE_SERVERS)
			server = &picture.servers[picture.n++];
		if (server)
			picture_record(server, &news.server);
		break;
	case SIPOVER_CMD_SERVER_GET:
		if (server)
			picture_record(server, &news.server);
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			picture.want_dump = true;
		break;
	case SIPOVER_CMD_EVENT:
		if (news.seq != picture.seq + 1) {
			printf("GAP seq=%llu\n", (unsigned long long)news.seq);
			picture.want_dump = true;
		}
		picture.seq = news.seq;
		if (server && news.cause <= SIPOVER_CAUSE_MAX)
			picture_event(server, &news);
		break;
	}
}

static void picture_dump_begins(void)
{
	unsigned int i, j;

	for (i = 0; i < picture.n; i++) {
		for (j = 0; j <= SIPOVER_CAUSE_MAX; j++)
			picture.servers[i].causes[j].asked = 0;
	}
	picture.resyncs++;
	picture.want_dump = false;
	picture.dumping = true;
}

static void picture_print(const char *const *states, const char *const *causes)
{
	const struct picture_server *s;
	char addr[INET6_ADDRSTRLEN];
	unsigned int i, j;

	for (i = 0; i < picture.n; i++) {
		s = &picture.servers[i];
		inet_ntop(s->family, s->addr, addr, sizeof(addr));
		printf("PICTURE addr=%s port=%u state=%s", addr, ntohs(s->port),
		       s->state <= SIPOVER_STATE_UNREACHABLE ?
		       states[s->state] : "?");
		for (j = 0; j <= SIPOVER_CAUSE_MAX; j++) {
			if (s->causes[j].count)
				printf(" stat-%s=%llu", causes[j],
				       (unsigned long long)s->causes[j].count);
		}
		putchar('\n');
	}
	printf("PICTURED servers=%u resyncs=%u pending=%d\n", picture.n,
	       picture.resyncs, picture.want_dump || picture.dumping);
}

#endif
