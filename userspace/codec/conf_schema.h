/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sipoverd.conf may hold: the key tables of its four kinds of section,
 * the structs they are read into, and the vendors' defaults.
 */
#ifndef SIPOVER_CODEC_CONF_SCHEMA_H
#define SIPOVER_CODEC_CONF_SCHEMA_H

#include "conf.h"
#include "conf_key.h"

/* What the keys of a section are read into, before it is checked. */
struct conf_top_in {
	struct conf c;
	char local4[64], local6[64];
	uint32_t port;
};

struct conf_line_in {
	struct conf_line l;
	uint8_t profile;
	int16_t retry_counts;	/* default of the line's servers */
	uint32_t proxy_interval;	/* CONF_INHERIT: failback_interval */
	uint8_t n_registrars;	/* the servers of a line with proxies */
	struct conf_server registrar[FO_SERVERS_MAX];
};

#define CONF_INHERIT UINT32_MAX	/* -1 */
/* Numbers that the vendors use differently (C-17), beside enum transport. */
#define CONF_TRANSPORT_2 0xf2
#define CONF_TRANSPORT_3 0xf3

struct conf_server_in {
	char address[128];
	uint32_t port, expires;
	int16_t retry_counts, invite_retry_counts;
	uint8_t transport;
	char tls_name[128];
};

enum conf_profile {
	CONF_PROFILE_FANVIL,
	CONF_PROFILE_YEALINK,
};

struct conf_defaults {
	bool register_before_resend, failback, redundancy_with_reg_fail;
	bool skip_redundant_failover_addr;
	bool failback_when_idle, concurrent, failback_subscribe;
	uint8_t failback_mode;
	struct codes register_codes, invite_codes, bye_codes;
	int16_t retry_counts, invite_retry_counts;
	uint32_t failback_interval, proxy_interval, expires;
};

extern const struct conf_defaults conf_profiles[];

#define CONF_TOP_KEYS 29
#define CONF_LINE_KEYS 39
#define CONF_SERVER_KEYS 7
#define CONF_PROXY_KEYS 7

extern const struct conf_key conf_top_keys[CONF_TOP_KEYS];
extern const struct conf_key conf_line_keys[CONF_LINE_KEYS];
extern const struct conf_key conf_server_keys[CONF_SERVER_KEYS];
extern const struct conf_key conf_proxy_keys[CONF_PROXY_KEYS];

/* Of a line, read before the others: it is where their defaults come from. */
extern const struct conf_key conf_profile_key;

#endif /* SIPOVER_CODEC_CONF_SCHEMA_H */
