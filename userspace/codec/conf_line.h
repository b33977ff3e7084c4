/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line as it was written, key by key, to what it means: the same for a section
 * of sipoverd.conf and for an object of lines.json.
 */
#ifndef SIPOVER_CODEC_CONF_LINE_H
#define SIPOVER_CODEC_CONF_LINE_H

#include "conf.h"
#include "conf_error.h"
#include "conf_schema.h"

/* One more than a line may have of each kind: which one is too many is told. */
#define CONF_HOPS_MAX (2 * (FO_SERVERS_MAX + 1))

/* A key's text; at: what conf_error() is told of it. */
struct conf_value {
	const char *text;	/* NULL: it is not set */
	unsigned int at;
};

/* A server or an outbound proxy. */
struct conf_raw_hop {
	bool proxy;
	unsigned int at;
	struct conf_value value[CONF_SERVER_KEYS];	/* by its table */
};

struct conf_raw {
	const char *name;
	unsigned int at;
	struct conf_value profile;
	struct conf_value value[CONF_LINE_KEYS];	/* by conf_line_keys */
	uint8_t n_hops;
	struct conf_raw_hop hop[CONF_HOPS_MAX];	/* as written */
};

_Static_assert(CONF_SERVER_KEYS == CONF_PROXY_KEYS, "one array for both");

/* The table of a hop's keys. */
const struct conf_key *conf_hop_keys(bool proxy);

/* What a line means, before it is checked and after. */
struct conf_reading {
	struct conf_line_in in;
	struct conf_server_in hop[CONF_HOPS_MAX];	/* by raw->hop */
};

/* The line in out->in.l, whose tls_names are owned; hosts are added to c.  What
 * is wrong is added to e.  0 or -ENOMEM. */
int conf_line_read(struct conf *c, const struct conf_raw *raw,
		   struct conf_reading *out, struct conf_errors *e);
void conf_line_free(struct conf_line *l);

/* What the vendor's profile has for keys that are not set. */
void conf_line_defaults(struct conf_line_in *in, uint8_t profile);
void conf_hop_defaults(struct conf_server_in *in, const struct conf_line_in *line,
		       bool proxy);

/* The number of a host, which is new if none is the same; CONF_NO_HOST: no
 * memory. */
uint32_t conf_host_add(struct conf *c, const struct conf_host *host);

bool conf_addr_multicast(const struct addr *a);
bool conf_addr_any(const struct addr *a);

#endif /* SIPOVER_CODEC_CONF_LINE_H */
