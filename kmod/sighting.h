/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * Verdicts on TCP connections without tracepoints.  A RST, FIN or SYN-ACK in a
 * packet is a sighting; whether the stack accepted it is read, a little later,
 * from the socket.  So is what became of a segment that is being repeated, and
 * of a connect when the module doubts an error that the stack may believe.
 */
#ifndef SIPOVER_SIGHTING_H
#define SIPOVER_SIGHTING_H

#include <linux/skbuff.h>
#include <linux/tcp.h>

#include "netns.h"
#include "parse.h"
#include "tcp.h"

struct sipover_sightings;

struct sipover_sightings *sipover_sightings_alloc(struct sipover_net *sn);
void sipover_sightings_free(struct sipover_sightings *all);
void sipover_sighting_packet(struct sipover_sightings *all, struct sk_buff *skb,
			     u8 family, const union nf_inet_addr *saddr,
			     const struct tcphdr *th);
void sipover_sighting_error(struct sipover_sightings *all, struct sk_buff *skb,
			    const struct sipover_quote *q);
void sipover_sighting_repeated(struct sipover_sightings *all, struct sock *sk);

#endif /* SIPOVER_SIGHTING_H */
