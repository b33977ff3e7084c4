// SPDX-License-Identifier: BSD-2-Clause
/* io/resolver.h: no phone of the simulator has a name to look up. */
#include "sim.h"

#include <errno.h>

int resolver_open(struct resolver *r, struct ring *ring,
		  const struct addr *server, unsigned int n,
		  const struct resolver_ops *ops, void *ctx)
{
	(void)r;
	(void)ring;
	(void)server;
	(void)n;
	(void)ops;
	(void)ctx;
	return 0;
}

void resolver_close(struct resolver *r)
{
	(void)r;
}

int resolver_ask(struct resolver *r, uint64_t id, const char *name,
		 enum rr_type type)
{
	(void)r;
	(void)id;
	(void)name;
	(void)type;
	return -EBUSY;
}

struct mono resolver_next_expiry(const struct resolver *r, struct mono now)
{
	(void)r;
	(void)now;
	return MONO_NEVER;
}

void resolver_expire(struct resolver *r)
{
	(void)r;
}
