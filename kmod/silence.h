/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * A UDP server that is sent to and says nothing.  A black hole sends no error:
 * silence is all there is to be seen of it.
 */
#ifndef SIPOVER_SILENCE_H
#define SIPOVER_SILENCE_H

#include <linux/workqueue.h>

#include "server.h"

/**
 * struct sipover_silence - of one server
 *
 * @srv: server
 * @ms: how long it may last; under sipover_server.lock, as what follows
 * @local: our address in @since's datagram
 * @local_port: our port in it
 * @since: first datagram that got no answer, CLOCK_BOOTTIME ns; 0: none
 * @told: the owners know; nothing more until the server is heard
 * @ended: the record goes
 * @check: looks when it may have lasted long enough
 */
struct sipover_silence {
	struct sipover_server *srv;
	u32 ms;
	union nf_inet_addr local;
	__be16 local_port;
	u64 since;
	bool told;
	bool ended;
	struct delayed_work check;
};

int sipover_silence_want(struct sipover_server *srv, u32 ms);
void sipover_silence_end(struct sipover_silence *silence);
void sipover_silence_free(struct sipover_silence *silence);
void sipover_silence_sent(struct sipover_silence *silence,
			  const struct sipover_sent *sent);
void sipover_silence_heard(struct sipover_silence *silence);

#endif /* SIPOVER_SILENCE_H */
