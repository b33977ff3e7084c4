// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The line that is read. */
struct reader {
	struct conf *c;
	struct conf_errors *e;
	const struct conf_raw *raw;
	bool no_memory;
};

const struct conf_key *conf_hop_keys(bool proxy)
{
	return proxy ? conf_proxy_keys : conf_server_keys;
}

/* Where a key was set, 0: it was not. */
static unsigned int key_at(const struct conf_key *keys, size_t n,
			   const struct conf_value *values, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(keys[i].name, name) == 0)
			return values[i].text ? values[i].at : 0;
	return 0;
}

static unsigned int line_key(const struct conf_raw *raw, const char *name)
{
	return key_at(conf_line_keys, CONF_LINE_KEYS, raw->value, name);
}

static unsigned int hop_key(const struct conf_raw_hop *hop, const char *name)
{
	return key_at(conf_hop_keys(hop->proxy), CONF_SERVER_KEYS, hop->value,
		      name);
}

static void read_key(struct reader *l, const struct conf_key *k,
		     const struct conf_value *v, void *base)
{
	if (v->text)
		conf_key_read(k, base, v->text, v->at, l->e);
}

bool conf_addr_multicast(const struct addr *a)
{
	return a->family == ADDR_V4 ? a->ip[0] >= 224 : a->ip[0] == 0xff;
}

bool conf_addr_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

static void check_server_addr(struct reader *l, const struct conf_server_in *in,
			      const struct conf_line *cl, struct addr *a,
			      unsigned int line)
{
	const struct addr *local;
	uint8_t i;

	if (conf_addr_any(a) || conf_addr_multicast(a)) {
		conf_error(l->e, line, "address: '%s' is no address of "
			   "a host", in->address);
		return;
	}
	local = a->family == ADDR_V4 ? &l->c->local4 : &l->c->local6;
	if (local->family == ADDR_NONE)
		conf_error(l->e, line, "address: '%s' cannot be reached,"
			   " local_v%c is empty", in->address,
			   a->family == ADDR_V4 ? '4' : '6');
	for (i = 0; i < cl->n_servers; i++)
		if (addr_equal(a, &cl->server[i].addr))
			conf_error(l->e, line, "address: the same server"
				   " as number %u of this line", i + 1);
}

uint32_t conf_host_add(struct conf *c, const struct conf_host *host)
{
	struct conf_host *p;
	uint32_t i;

	/* From the end: lines that share their servers stand together. */
	for (i = c->n_hosts; i-- > 0; )
		if (c->host[i].port == host->port &&
		    c->host[i].transport == host->transport &&
		    strcmp(c->host[i].name, host->name) == 0)
			return i;
	if (!(c->n_hosts & (c->n_hosts - 1))) {
		size_t n = c->n_hosts ? 2 * (size_t)c->n_hosts : 1;

		p = realloc(c->host, n * sizeof(*p));
		if (!p)
			return CONF_NO_HOST;
		c->host = p;
	}
	c->host[c->n_hosts] = *host;
	return c->n_hosts++;
}

/* "192.0.2.256" is a mistake, not a name (RFC 3696 2: the last label of a name
 * is not all digits). */
static bool host_name(char out[RR_NAME_MAX], const char *text)
{
	const char *last;

	/* A host's has no "_" (RFC 3261 25.1), which other names may have. */
	if (!dns_name(out, text) || !*out || strchr(out, '_'))
		return false;
	last = strrchr(out, '.');
	last = last ? last + 1 : out;
	return last[strspn(last, "0123456789")] != '\0';
}

static void check_server_name(struct reader *l,
			      const struct conf_raw_hop *hop,
			      const struct conf_server_in *in,
			      const struct conf_line *cl, bool transport,
			      struct conf_server *s)
{
	unsigned int line = hop_key(hop, "address");
	struct conf_host host = { .transport = CONF_ANY_TRANSPORT };
	char name[RR_NAME_MAX];
	uint8_t i;

	if (!host_name(name, in->address) || strlen(name) >= sizeof(host.name)) {
		conf_error(l->e, line, "address: '%.60s' is neither an "
			   "address nor a name", in->address);
		return;
	}
	strcpy(host.name, name);
	if (hop_key(hop, "port"))
		host.port = (uint16_t)in->port;
	if (transport)
		host.transport = in->transport;
	s->host = conf_host_add(l->c, &host);
	if (s->host == CONF_NO_HOST)
		l->no_memory = true;
	for (i = 0; i < cl->n_servers; i++)
		if (cl->server[i].host != CONF_NO_HOST &&
		    cl->server[i].host == s->host)
			conf_error(l->e, line, "address: the same server"
				   " as number %u of this line", i + 1);
}

/* C-17: Fanvil's numbers are 0, 1 and 3 for TLS, Yealink's 0, 1, 2 for TLS and 3
 * for what the records of a name say.  Whether one is given is the result. */
static bool take_transport(struct reader *l, unsigned int line, uint8_t profile,
			   struct conf_server_in *in)
{
	bool yealink = profile == CONF_PROFILE_YEALINK;

	if (in->transport == CONF_TRANSPORT_3 && yealink) {
		in->transport = TRANSPORT_UDP;	/* of an address */
		return false;
	}
	if (in->transport == CONF_TRANSPORT_2 && !yealink)
		conf_error(l->e, line, "transport: 2 is no transport (0 "
			   "or udp, 1 or tcp, 3 or tls)");
	if (in->transport == CONF_TRANSPORT_2 ||
	    in->transport == CONF_TRANSPORT_3)
		in->transport = TRANSPORT_TLS;
	return line > 0;
}

/* What is known of a next hop when its keys are read. */
static void read_hop(struct reader *l, const struct conf_raw_hop *hop,
		     struct conf_line_in *line, struct conf_server_in *in)
{
	struct conf_server s = { .host = CONF_NO_HOST };
	unsigned int at = hop_key(hop, "address");
	bool transport = take_transport(l, hop_key(hop, "transport"),
					line->profile, in);

	/* C-18: what was written stays. */
	if (in->transport == TRANSPORT_TLS && !hop_key(hop, "port"))
		in->port = 5061;
	if (*in->tls_name && in->transport != TRANSPORT_TLS)
		conf_error(l->e, hop_key(hop, "tls_name"),
			   "tls_name: the %s's transport is not tls",
			   hop->proxy ? "outbound_proxy" : "server");
	if (*in->address &&
	    addr_parse(&s.addr, in->address, (uint16_t)in->port,
		       (enum transport)in->transport) < 0)
		check_server_name(l, hop, in, &line->l, transport, &s);
	else if (*in->address)
		check_server_addr(l, in, &line->l, &s.addr, at);
	s.expires_s = in->expires;
	s.retry_counts = in->retry_counts;
	s.invite_retry_counts = in->invite_retry_counts;
	if (*in->tls_name) {
		s.tls_name = strdup(in->tls_name);
		l->no_memory |= !s.tls_name;
	}
	line->l.server[line->l.n_servers++] = s;
}

/* Behind outbound proxies: nothing is sent to its address, which may be a name
 * that only the proxies can look up. */
static void read_registrar(struct reader *l, const struct conf_raw_hop *hop,
			   struct conf_line_in *line,
			   const struct conf_server_in *in)
{
	struct conf_server *s = &line->registrar[line->n_registrars++];
	unsigned int at = hop_key(hop, "address");
	char name[RR_NAME_MAX];
	struct addr addr;

	s->expires_s = in->expires;
	s->retry_counts = in->retry_counts;
	s->invite_retry_counts = in->invite_retry_counts;
	if (addr_parse(&addr, in->address, 5060, TRANSPORT_UDP) < 0) {
		if (!host_name(name, in->address) ||
		    strlen(name) >= sizeof(line->l.domain))
			conf_error(l->e, at, "address: '%.60s' is neither"
				   " an address nor a name", in->address);
		else if (!*line->l.domain)
			strcpy(line->l.domain, name);
	} else if (conf_addr_any(&addr) || conf_addr_multicast(&addr)) {
		conf_error(l->e, at, "address: '%s' is no address of "
			   "a host", in->address);
	} else if (!*line->l.domain) {
		addr_print_host(&addr, line->l.domain);
	}
}

void conf_hop_defaults(struct conf_server_in *in,
		       const struct conf_line_in *line, bool proxy)
{
	*in = (struct conf_server_in){
		.port = 5060,
		.expires = CONF_INHERIT,
		.retry_counts = -1,
		.invite_retry_counts = -1,
		.transport = TRANSPORT_UDP,
	};
	if (proxy)
		return;
	in->expires = conf_profiles[line->profile].expires;
	in->retry_counts = line->retry_counts;
	in->invite_retry_counts = line->l.invite_retry_counts;
}

static void read_hop_keys(struct reader *l, const struct conf_raw_hop *hop,
			  struct conf_server_in *in)
{
	const struct conf_key *keys = conf_hop_keys(hop->proxy);
	size_t i;

	for (i = 0; i < CONF_SERVER_KEYS; i++)
		read_key(l, &keys[i], &hop->value[i], in);
	if (!hop_key(hop, "address"))
		conf_error(l->e, hop->at, "%s: address is missing",
			   hop->proxy ? "outbound_proxy" : "server");
}

static void read_server(struct reader *l, const struct conf_raw_hop *hop,
			struct conf_line_in *line, struct conf_server_in *in)
{
	conf_hop_defaults(in, line, false);
	read_hop_keys(l, hop, in);
	if (line->l.n_servers + line->n_registrars == FO_SERVERS_MAX)
		conf_error(l->e, hop->at, "server: more than %u in a line",
			   FO_SERVERS_MAX);
	else if (!line->l.proxied)
		read_hop(l, hop, line, in);
	else if (*in->address)
		read_registrar(l, hop, line, in);
}

/* Of proxy Y those numbers that are -1 are of server Y, and where there are
 * fewer servers of the last one. */
static void inherit(const struct conf_line_in *line, struct conf_server_in *in)
{
	uint8_t y = line->l.n_servers, last = line->n_registrars;
	struct conf_server from = {
		.expires_s = conf_profiles[line->profile].expires,
		.retry_counts = line->retry_counts,
		.invite_retry_counts = line->l.invite_retry_counts,
	};

	if (last)
		from = line->registrar[y < last ? y : last - 1];
	if (in->expires == CONF_INHERIT)
		in->expires = from.expires_s;
	if (in->retry_counts < 0)
		in->retry_counts = from.retry_counts;
	if (in->invite_retry_counts < 0)
		in->invite_retry_counts = from.invite_retry_counts;
}

static void read_proxy(struct reader *l, const struct conf_raw_hop *hop,
		       struct conf_line_in *line, struct conf_server_in *in)
{
	conf_hop_defaults(in, line, true);
	read_hop_keys(l, hop, in);
	if (line->l.n_servers == FO_SERVERS_MAX) {
		conf_error(l->e, hop->at, "outbound_proxy: more than %u in a "
			   "line", FO_SERVERS_MAX);
		return;
	}
	inherit(line, in);
	read_hop(l, hop, line, in);
}

/* The servers, then the proxies, which inherit from them; they may have been
 * written in any order. */
static void read_hops(struct reader *l, struct conf_reading *out)
{
	const struct conf_raw *raw = l->raw;
	uint8_t i;

	for (i = 0; i < raw->n_hops; i++)
		if (!raw->hop[i].proxy)
			read_server(l, &raw->hop[i], &out->in, &out->hop[i]);
	for (i = 0; i < raw->n_hops; i++)
		if (raw->hop[i].proxy)
			read_proxy(l, &raw->hop[i], &out->in, &out->hop[i]);
}

/* Y-24: the next proxy only after the one before it; their own interval. */
static void settle_proxied(struct reader *l, struct conf_line_in *in)
{
	unsigned int at = line_key(l->raw, "registration");

	if (in->l.concurrent && at)
		conf_error(l->e, at, "registration: concurrent is not "
			   "for outbound proxies");
	in->l.concurrent = false;
	if (in->proxy_interval == CONF_INHERIT)
		return;
	in->l.failback_interval_s = in->proxy_interval;
	/* C-33: shorter is no use; as 1..59 of failback_timeout are 60 */
	if (in->proxy_interval && in->proxy_interval < 10)
		in->l.failback_interval_s = 10;
}

void conf_line_defaults(struct conf_line_in *in, uint8_t profile)
{
	const struct conf_defaults *p = &conf_profiles[profile];

	memset(in, 0, sizeof(*in));
	in->profile = profile;
	in->l.enabled = true;
	in->l.register_before_resend = p->register_before_resend;
	in->l.failback = p->failback;
	in->l.failback_interval_s = p->failback_interval;
	in->l.redundancy_with_reg_fail = p->redundancy_with_reg_fail;
	in->l.invite_retry_counts = p->invite_retry_counts;
	in->l.skip_redundant_failover_addr = p->skip_redundant_failover_addr;
	in->l.register_codes = p->register_codes;
	in->l.invite_codes = p->invite_codes;
	in->l.bye_codes = p->bye_codes;
	in->l.concurrent = p->concurrent;
	in->l.failback_mode = p->failback_mode;
	in->l.failback_when_idle = p->failback_when_idle;
	in->l.failback_timeout_s = 3600;
	in->l.calls_max = FO_CALLS_MAX;
	in->l.subscribe_mwi_expires_s = 3600;
	in->l.failback_subscribe = p->failback_subscribe;
	in->l.expires_overlap_s = FO_REFRESH_AHEAD_S;
	in->l.register_retry_base_s = 30;
	in->l.session_expires_s = 1800;
	in->l.min_se_s = SESSION_MIN_S;
	in->l.session_refresher = SIP_REFRESHER_UAC;
	in->l.register_retry_max_s = 1800;
	in->retry_counts = p->retry_counts;
	in->proxy_interval = p->proxy_interval;
	in->l.outbound_proxy_route = true;
}

static void settle_domain(const struct reader *l, struct conf_line_in *in)
{
	const struct conf_server *s = &in->l.server[0];

	if (*in->l.domain || !in->l.n_servers || in->l.proxied)
		return;
	if (s->host != CONF_NO_HOST)
		strcpy(in->l.domain, l->c->host[s->host].name);
	else
		addr_print_host(&s->addr, in->l.domain);
}

static bool is_proxied(const struct conf_raw *raw)
{
	uint8_t i;

	for (i = 0; i < raw->n_hops; i++)
		if (raw->hop[i].proxy)
			return true;
	return false;
}

int conf_line_read(struct conf *c, const struct conf_raw *raw,
		   struct conf_reading *out, struct conf_errors *e)
{
	struct reader l = { .c = c, .e = e, .raw = raw };
	struct conf_line_in *in = &out->in;
	size_t i;

	in->profile = CONF_PROFILE_FANVIL;
	read_key(&l, &conf_profile_key, &raw->profile, in);
	conf_line_defaults(in, in->profile);
	if (!*raw->name || strlen(raw->name) >= sizeof(in->l.name))
		conf_error(e, raw->at, "line: its name must have 1..%zu bytes",
			   sizeof(in->l.name) - 1);
	else
		strcpy(in->l.name, raw->name);
	for (i = 0; i < CONF_LINE_KEYS; i++)
		read_key(&l, &conf_line_keys[i], &raw->value[i], in);
	if (!line_key(raw, "user"))
		conf_error(e, raw->at, "line: user is missing");
	in->l.proxied = is_proxied(raw);
	read_hops(&l, out);
	if (in->l.proxied)
		settle_proxied(&l, in);
	if (!in->l.n_servers)
		conf_error(e, raw->at, "line: has no server");
	else if (in->l.proxied && !in->n_registrars && !*in->l.domain)
		conf_error(e, raw->at, "line: has neither domain nor "
			   "server behind its outbound proxies");
	if (!*in->l.auth_user)
		strcpy(in->l.auth_user, in->l.user);
	/* A host may be missing. */
	if (!l.no_memory)
		settle_domain(&l, in);
	return l.no_memory ? -ENOMEM : 0;
}

void conf_line_free(struct conf_line *l)
{
	uint8_t k;

	for (k = 0; k < l->n_servers; k++)
		free(l->server[k].tls_name);
	free(l->text);
	memset(l, 0, sizeof(*l));
}
