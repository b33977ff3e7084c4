/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/* From an occurrence to the owners' messages. */
#ifndef SIPOVER_EVENT_H
#define SIPOVER_EVENT_H

#include <linux/skbuff.h>
#include <linux/workqueue.h>

#include "server.h"

/**
 * struct sipover_payload - where in a packet the quoted SIP message is
 *
 * @skb: packet, lasts as long as the call it is given to
 * @off: offset in it
 * @len: bytes, at most SIPOVER_QUOTE_MAX
 */
struct sipover_payload {
	const struct sk_buff *skb;
	unsigned int off;
	unsigned int len;
};

void sipover_event_post(struct sipover_server *srv,
			const struct sipover_event *ev,
			const struct sipover_payload *payload);
void sipover_event_recovered(struct sipover_server *srv,
			     enum sipover_cause cause, u64 now);
void sipover_event_flush_work(struct work_struct *work);

#endif /* SIPOVER_EVENT_H */
