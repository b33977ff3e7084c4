/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/* The generic netlink family: requests, dumps, events. */
#ifndef SIPOVER_NETLINK_H
#define SIPOVER_NETLINK_H

#include <net/genetlink.h>

#include "event.h"
#include "watch.h"

/* Highest attribute that a request may carry; policy.c */
#define SIPOVER_WATCH_ADD_MAX SIPOVER_A_UNANSWERED_MS
#define SIPOVER_WATCH_DEL_MAX SIPOVER_A_WATCH_ID
#define SIPOVER_WATCH_GET_MAX SIPOVER_A_PAD
#define SIPOVER_SERVER_GET_MAX SIPOVER_A_PORT

extern const struct nla_policy sipover_watch_add_policy[];
extern const struct nla_policy sipover_watch_del_policy[];
extern const struct nla_policy sipover_watch_get_policy[];
extern const struct nla_policy sipover_server_get_policy[];

/**
 * struct sipover_news - one event for one owner
 *
 * @watch: whose
 * @event: what; with @count > 1 the last occurrence
 * @payload: the quoted datagram or NULL
 * @seq: number among the owner's
 * @count: occurrences since the last one sent
 * @state: enum sipover_state when it is sent
 */
struct sipover_news {
	const struct sipover_watch *watch;
	const struct sipover_event *event;
	const struct sipover_payload *payload;
	u64 seq;
	u64 count;
	u8 state;
};

int sipover_netlink_event(const struct sipover_news *news);
int sipover_netlink_init(void);
void sipover_netlink_exit(void);

#endif /* SIPOVER_NETLINK_H */
