/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/* What comes in: ICMP errors, and packets from watched servers. */
#ifndef SIPOVER_ICMP_H
#define SIPOVER_ICMP_H

#include <linux/netfilter.h>

unsigned int sipover_in4(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state);
unsigned int sipover_in6(void *priv, struct sk_buff *skb,
			 const struct nf_hook_state *state);

#endif /* SIPOVER_ICMP_H */
