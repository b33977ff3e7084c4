/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/* What goes out to watched servers. */
#ifndef SIPOVER_OUT_H
#define SIPOVER_OUT_H

#include <linux/netfilter.h>

unsigned int sipover_out4(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state);
unsigned int sipover_out6(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state);

#endif /* SIPOVER_OUT_H */
