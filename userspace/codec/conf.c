// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confuse.h>

#include "conf_error.h"
#include "conf_key.h"
#include "conf_schema.h"
#include "conf_text.h"

#define FILE_MAX (16u << 20)

/* Where an option was set, as its section's own line number is wrong. */
struct position {
	const cfg_opt_t *opt;
	size_t order;		/* in the file */
	unsigned int line;
	unsigned int before;	/* the line where it was set before, 0: none */
};

struct load {
	struct conf *c;
	struct conf_errors errors;
	struct conf_text text;
	size_t brace;		/* sections opened so far, in file order */
	struct position *pos;
	size_t n_pos, room;
	bool *proxy;		/* the sections in lines: which kind */
	size_t n_proxy, proxy_room, sections;
	bool no_memory;
	struct conf_top_in top;
};

/* libconfuse's callbacks have no argument of ours; one file is loaded at a
 * time. */
static struct load *loading;

static int set_option(cfg_t *cfg, cfg_opt_t *opt)
{
	struct load *l = loading;

	if (l->n_pos == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct position *p = realloc(l->pos, room * sizeof(*p));

		if (!p) {
			l->no_memory = true;
			return -1;
		}
		l->pos = p;
		l->room = room;
	}
	l->pos[l->n_pos] = (struct position){
		.opt = opt,
		.order = l->n_pos,
		.line = (unsigned int)cfg->line,
	};
	l->n_pos++;
	return 0;
}

/* Called at each value of a list, and at its end. */
static int set_list(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct load *l = loading;

	if (l->n_pos && l->pos[l->n_pos - 1].opt == opt)
		return 0;
	return set_option(cfg, opt);
}

/* Called at the end of a section in a line.  They do not contain each other:
 * that is the order of their beginnings, too. */
static int end_section(cfg_t *cfg, cfg_opt_t *opt)
{
	struct load *l = loading;

	(void)cfg;
	if (l->n_proxy == l->proxy_room) {
		size_t room = l->proxy_room ? 2 * l->proxy_room : 64;
		bool *p = realloc(l->proxy, room * sizeof(*p));

		if (!p) {
			l->no_memory = true;
			return -1;
		}
		l->proxy = p;
		l->proxy_room = room;
	}
	l->proxy[l->n_proxy++] = strcmp(opt->name, "outbound_proxy") == 0;
	return 0;
}

static void library_error(cfg_t *cfg, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void library_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	conf_verror(&loading->errors, (unsigned int)cfg->line, fmt, ap);
}

static int by_option(const void *a, const void *b)
{
	const struct position *x = a, *y = b;

	if (x->opt != y->opt)
		return (uintptr_t)x->opt < (uintptr_t)y->opt ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static int by_order(const void *a, const void *b)
{
	const struct position *x = a, *y = b;

	return x->order < y->order ? -1 : 1;
}

/* The library silently takes the last of two settings.  Told in the order of
 * the file, not of the addresses: there may be more than are kept. */
static void sort_positions(struct load *l)
{
	size_t i;

	if (!l->n_pos)
		return;
	qsort(l->pos, l->n_pos, sizeof(*l->pos), by_option);
	for (i = 1; i < l->n_pos; i++)
		if (l->pos[i].opt == l->pos[i - 1].opt)
			l->pos[i].before = l->pos[i - 1].line;
	qsort(l->pos, l->n_pos, sizeof(*l->pos), by_order);
	for (i = 0; i < l->n_pos; i++)
		if (l->pos[i].before)
			conf_error(&l->errors, l->pos[i].line,
				   "%s: set already on line %u",
				   l->pos[i].opt->name, l->pos[i].before);
	qsort(l->pos, l->n_pos, sizeof(*l->pos), by_option);
}

/* 0: the option was not set. */
static unsigned int position_of(const struct load *l, const cfg_opt_t *opt)
{
	size_t low = 0, high = l->n_pos;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if ((uintptr_t)l->pos[mid].opt < (uintptr_t)opt)
			low = mid + 1;
		else
			high = mid;
	}
	return low < l->n_pos && l->pos[low].opt == opt ? l->pos[low].line : 0;
}

/* The line of a key that was set, else 0. */
static unsigned int key_line(const struct load *l, cfg_t *section,
			     const char *name)
{
	return position_of(l, cfg_getopt(section, name));
}

static void read_key(struct load *l, cfg_t *section, const struct conf_key *k,
		     void *base)
{
	cfg_opt_t *opt = cfg_getopt(section, k->name);
	unsigned int line = position_of(l, opt), errors = l->errors.n;
	const char *value, *wrong;

	if (!line)
		return;
	value = cfg_opt_getnstr(opt, 0);
	conf_key_set(k, base, value, line, &l->errors);
	if (k->kind != CONF_NUMBER || !k->check || l->errors.n != errors)
		return;
	wrong = k->check(value);
	if (wrong)
		conf_error(&l->errors, line, "%s: %s %s", k->name, value,
			   wrong);
}

static void read_keys(struct load *l, cfg_t *section,
		      const struct conf_key *keys, size_t n, void *base)
{
	size_t i;

	for (i = 0; i < n; i++)
		read_key(l, section, &keys[i], base);
}

static bool is_multicast(const struct addr *a)
{
	return a->family == ADDR_V4 ? a->ip[0] >= 224 : a->ip[0] == 0xff;
}

static bool is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

static void read_local(struct load *l, cfg_t *root, const char *key,
		       const char *text, enum addr_family family,
		       struct addr *a)
{
	unsigned int line = key_line(l, root, key);

	memset(a, 0, sizeof(*a));
	if (!*text)
		return;
	if (addr_parse(a, text, (uint16_t)l->top.port, TRANSPORT_UDP) < 0 ||
	    a->family != family || is_multicast(a)) {
		conf_error(&l->errors, line, "%s: '%s' is no IPv%c address of "
			   "a host", key, text,
			   family == ADDR_V4 ? '4' : '6');
		a->family = (uint8_t)family;
	}
}

/* Beside the control socket: a directory that is the daemon's. */
static void default_event_log(struct conf *c)
{
	const char *slash = strrchr(c->control_path, '/');
	int dir = slash ? (int)(slash + 1 - c->control_path) : 0;

	snprintf(c->event_log, sizeof(c->event_log), "%.*sevents", dir,
		 c->control_path);
}

static void read_top(struct load *l, cfg_t *root)
{
	struct conf_top_in *t = &l->top;
	unsigned int line;

	*t = (struct conf_top_in){
		.c = {
			.control_path = "/run/sipover/control.sock",
			.event_log_kib = 1024,
			.trace_kib = 256,
			.state_dir = "/var/lib/sipover",
			.t1_ms = 500,
			.t2_ms = 4000,
			.t4_ms = 5000,
			.probe_interval_s = 30,
			.udp_keepalive_s = 29,
			.tcp_above = 1300,
			.log_level = 2,
			.tls_verify = true,
			.keepalive_s = 120,
			.register_rate = 500,
		},
		.local4 = "0.0.0.0",
		.local6 = "::",
		.port = 5060,
	};
	read_keys(l, root, conf_top_keys, CONF_TOP_KEYS, t);
	if (!key_line(l, root, "event_log"))
		default_event_log(&t->c);
	read_local(l, root, "local_v4", t->local4, ADDR_V4, &t->c.local4);
	read_local(l, root, "local_v6", t->local6, ADDR_V6, &t->c.local6);
	if (!*t->local4 && !*t->local6)
		conf_error(&l->errors, key_line(l, root, "local_v6"),
			   "local_v4 and local_v6 are both empty");
	if (!*t->c.tls_certificate != !*t->c.tls_key)
		conf_error(&l->errors, key_line(l, root, *t->c.tls_key ?
			   "tls_key" : "tls_certificate"),
			   "tls_certificate and tls_key: one without the other");
	line = key_line(l, root, "t2");
	if (t->c.t2_ms < t->c.t1_ms)
		conf_error(&l->errors, line ? line : key_line(l, root, "t1"),
			   "t2: %u is less than t1 (%u)", t->c.t2_ms,
			   t->c.t1_ms);
	*l->c = t->c;
}

static void check_server_addr(struct load *l, const struct conf_server_in *in,
			      const struct conf_line *cl, struct addr *a,
			      unsigned int line)
{
	const struct addr *local;
	uint8_t i;

	if (is_any(a) || is_multicast(a)) {
		conf_error(&l->errors, line, "address: '%s' is no address of "
			   "a host", in->address);
		return;
	}
	local = a->family == ADDR_V4 ? &l->c->local4 : &l->c->local6;
	if (local->family == ADDR_NONE)
		conf_error(&l->errors, line, "address: '%s' cannot be reached,"
			   " local_v%c is empty", in->address,
			   a->family == ADDR_V4 ? '4' : '6');
	for (i = 0; i < cl->n_servers; i++)
		if (addr_equal(a, &cl->server[i].addr))
			conf_error(&l->errors, line, "address: the same server"
				   " as number %u of this line", i + 1);
}

/* The number of a host, which is new if none is the same; CONF_NO_HOST: no
 * memory. */
static uint32_t add_host(struct conf *c, const struct conf_host *host)
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

static void check_server_name(struct load *l, cfg_t *section,
			      const struct conf_server_in *in,
			      const struct conf_line *cl, bool transport,
			      struct conf_server *s)
{
	unsigned int line = key_line(l, section, "address");
	struct conf_host host = { .transport = CONF_ANY_TRANSPORT };
	char name[RR_NAME_MAX];
	uint8_t i;

	if (!host_name(name, in->address) || strlen(name) >= sizeof(host.name)) {
		conf_error(&l->errors, line, "address: '%.60s' is neither an "
			   "address nor a name", in->address);
		return;
	}
	strcpy(host.name, name);
	if (key_line(l, section, "port"))
		host.port = (uint16_t)in->port;
	if (transport)
		host.transport = in->transport;
	s->host = add_host(l->c, &host);
	if (s->host == CONF_NO_HOST)
		l->no_memory = true;
	for (i = 0; i < cl->n_servers; i++)
		if (cl->server[i].host != CONF_NO_HOST &&
		    cl->server[i].host == s->host)
			conf_error(&l->errors, line, "address: the same server"
				   " as number %u of this line", i + 1);
}

/* C-17: Fanvil's numbers are 0, 1 and 3 for TLS, Yealink's 0, 1, 2 for TLS and 3
 * for what the records of a name say.  Whether one is given is the result. */
static bool take_transport(struct load *l, unsigned int line, uint8_t profile,
			   struct conf_server_in *in)
{
	bool yealink = profile == CONF_PROFILE_YEALINK;

	if (in->transport == CONF_TRANSPORT_3 && yealink) {
		in->transport = TRANSPORT_UDP;	/* of an address */
		return false;
	}
	if (in->transport == CONF_TRANSPORT_2 && !yealink)
		conf_error(&l->errors, line, "transport: 2 is no transport (0 "
			   "or udp, 1 or tcp, 3 or tls)");
	if (in->transport == CONF_TRANSPORT_2 ||
	    in->transport == CONF_TRANSPORT_3)
		in->transport = TRANSPORT_TLS;
	return line > 0;
}

/* What is known of a next hop when its section's keys are read. */
static void read_hop(struct load *l, cfg_t *section, const char *what,
		     struct conf_line_in *line, struct conf_server_in *in)
{
	struct conf_server s = { .host = CONF_NO_HOST };
	unsigned int at = key_line(l, section, "address");
	bool transport = take_transport(l, key_line(l, section, "transport"),
					line->profile, in);

	/* C-18: what was written stays. */
	if (in->transport == TRANSPORT_TLS && !key_line(l, section, "port"))
		in->port = 5061;
	if (*in->tls_name && in->transport != TRANSPORT_TLS)
		conf_error(&l->errors, key_line(l, section, "tls_name"),
			   "tls_name: the %s's transport is not tls", what);
	if (*in->address &&
	    addr_parse(&s.addr, in->address, (uint16_t)in->port,
		       (enum transport)in->transport) < 0)
		check_server_name(l, section, in, &line->l, transport,
				  &s);
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
static void read_registrar(struct load *l, cfg_t *section,
			   struct conf_line_in *line,
			   const struct conf_server_in *in)
{
	struct conf_server *s = &line->registrar[line->n_registrars++];
	unsigned int at = key_line(l, section, "address");
	char name[RR_NAME_MAX];
	struct addr addr;

	s->expires_s = in->expires;
	s->retry_counts = in->retry_counts;
	s->invite_retry_counts = in->invite_retry_counts;
	if (addr_parse(&addr, in->address, 5060, TRANSPORT_UDP) < 0) {
		if (!host_name(name, in->address) ||
		    strlen(name) >= sizeof(line->l.domain))
			conf_error(&l->errors, at, "address: '%.60s' is neither"
				   " an address nor a name", in->address);
		else if (!*line->l.domain)
			strcpy(line->l.domain, name);
	} else if (is_any(&addr) || is_multicast(&addr)) {
		conf_error(&l->errors, at, "address: '%s' is no address of "
			   "a host", in->address);
	} else if (!*line->l.domain) {
		addr_print_host(&addr, line->l.domain);
	}
}

static void read_server(struct load *l, cfg_t *section, unsigned int brace,
			struct conf_line_in *line)
{
	struct conf_server_in in = {
		.port = 5060,
		.expires = conf_profiles[line->profile].expires,
		.retry_counts = line->retry_counts,
		.invite_retry_counts = line->l.invite_retry_counts,
		.transport = TRANSPORT_UDP,
	};

	read_keys(l, section, conf_server_keys, CONF_SERVER_KEYS, &in);
	if (!key_line(l, section, "address"))
		conf_error(&l->errors, brace, "server: address is missing");
	if (line->l.n_servers + line->n_registrars == FO_SERVERS_MAX)
		conf_error(&l->errors, brace, "server: more than %u in a line",
			   FO_SERVERS_MAX);
	else if (!line->l.proxied)
		read_hop(l, section, "server", line, &in);
	else if (*in.address)
		read_registrar(l, section, line, &in);
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

static void read_proxy(struct load *l, cfg_t *section, unsigned int brace,
		       struct conf_line_in *line)
{
	struct conf_server_in in = {
		.port = 5060,
		.expires = CONF_INHERIT,
		.retry_counts = -1,
		.invite_retry_counts = -1,
		.transport = TRANSPORT_UDP,
	};

	read_keys(l, section, conf_proxy_keys, CONF_PROXY_KEYS, &in);
	if (!key_line(l, section, "address"))
		conf_error(&l->errors, brace,
			   "outbound_proxy: address is missing");
	if (line->l.n_servers == FO_SERVERS_MAX) {
		conf_error(&l->errors, brace,
			   "outbound_proxy: more than %u in a line",
			   FO_SERVERS_MAX);
		return;
	}
	inherit(line, &in);
	read_hop(l, section, "outbound_proxy", line, &in);
}

/* The servers, then the proxies, which inherit from them; in the file they may
 * stand in any order, and so do their braces. */
static void read_hops(struct load *l, cfg_t *section, struct conf_line_in *line)
{
	unsigned int n_servers = cfg_size(section, "server");
	unsigned int n = n_servers + cfg_size(section, "outbound_proxy");
	unsigned int i, server = 0, next = 0;

	for (i = 0; i < n; i++)
		if (!l->proxy[l->sections + i])
			read_server(l, cfg_getnsec(section, "server", server++),
				    l->text.brace[l->brace + i], line);
	for (i = 0; i < n; i++)
		if (l->proxy[l->sections + i])
			read_proxy(l, cfg_getnsec(section, "outbound_proxy",
						  next++),
				   l->text.brace[l->brace + i], line);
	l->brace += n;
	l->sections += n;
}

/* Y-24: the next proxy only after the one before it; their own interval. */
static void settle_proxied(struct load *l, cfg_t *section,
			   struct conf_line_in *in)
{
	unsigned int at = key_line(l, section, "registration");

	if (in->l.concurrent && at)
		conf_error(&l->errors, at, "registration: concurrent is not "
			   "for outbound proxies");
	in->l.concurrent = false;
	if (in->proxy_interval == CONF_INHERIT)
		return;
	in->l.failback_interval_s = in->proxy_interval;
	/* C-33: shorter is no use; as 1..59 of failback_timeout are 60 */
	if (in->proxy_interval && in->proxy_interval < 10)
		in->l.failback_interval_s = 10;
}

static void set_line_defaults(struct load *l, cfg_t *section,
			      struct conf_line_in *in)
{
	const struct conf_defaults *p;

	memset(in, 0, sizeof(*in));
	in->profile = CONF_PROFILE_FANVIL;
	read_key(l, section, &conf_profile_key, in);
	p = &conf_profiles[in->profile];
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

static void read_line(struct load *l, cfg_t *section, struct conf_line *out)
{
	unsigned int brace = l->text.brace[l->brace++];
	const char *name = cfg_title(section);
	struct conf_line_in in;

	set_line_defaults(l, section, &in);
	if (!*name || strlen(name) >= sizeof(in.l.name))
		conf_error(&l->errors, brace,
			   "line: its name must have 1..%zu bytes",
			   sizeof(in.l.name) - 1);
	else
		strcpy(in.l.name, name);
	read_keys(l, section, conf_line_keys, CONF_LINE_KEYS, &in);
	if (!key_line(l, section, "user"))
		conf_error(&l->errors, brace, "line: user is missing");
	in.l.proxied = cfg_size(section, "outbound_proxy") > 0;
	read_hops(l, section, &in);
	if (in.l.proxied)
		settle_proxied(l, section, &in);
	if (!in.l.n_servers)
		conf_error(&l->errors, brace, "line: has no server");
	else if (in.l.proxied && !in.n_registrars && !*in.l.domain)
		conf_error(&l->errors, brace, "line: has neither domain nor "
			   "server behind its outbound proxies");
	if (!*in.l.auth_user)
		strcpy(in.l.auth_user, in.l.user);
	if (!*in.l.domain && in.l.n_servers && !in.l.proxied) {
		const struct conf_server *s = &in.l.server[0];

		if (s->host != CONF_NO_HOST)
			strcpy(in.l.domain, l->c->host[s->host].name);
		else
			addr_print_host(&s->addr, in.l.domain);
	}
	*out = in.l;
}

/* "127.0.0.1", "127.0.0.1:5353", "2001:db8::1", "[2001:db8::1]:5353" */
static bool name_server(struct addr *a, const char *text)
{
	const char *colon = strrchr(text, ':');
	char ip[64];
	size_t n;
	long port;
	char *end;

	if (!addr_parse(a, text, 0, TRANSPORT_UDP))
		return true;
	n = colon ? (size_t)(colon - text) : sizeof(ip);
	if (n >= sizeof(ip) || !colon[1] ||
	    colon[1 + strspn(colon + 1, "0123456789")])
		return false;
	port = strtol(colon + 1, &end, 10);
	memcpy(ip, text, n);
	ip[n] = '\0';
	return port > 0 && port < 65536 &&
	       (!strchr(ip, ':') || *ip == '[') &&
	       !addr_parse(a, ip, (uint16_t)port, TRANSPORT_UDP);
}

static void read_dns(struct load *l, cfg_t *root)
{
	unsigned int n = cfg_size(root, "dns"), i;
	unsigned int line = key_line(l, root, "dns");

	if (n > CONF_DNS_MAX)
		conf_error(&l->errors, line, "dns: more than %u name servers",
			   CONF_DNS_MAX);
	for (i = 0; i < n && i < CONF_DNS_MAX; i++) {
		const char *text = cfg_getnstr(root, "dns", i);
		struct addr *a = &l->c->dns[l->c->n_dns++];

		if (!name_server(a, text) || is_any(a) || is_multicast(a))
			conf_error(&l->errors, line, "dns: '%.60s' is no "
				   "address of a name server", text);
	}
}

static int read_static(struct load *l, cfg_t *root)
{
	unsigned int n = cfg_size(root, "static"), i;
	unsigned int line = key_line(l, root, "static");
	const char *why;

	if (n > CONF_STATIC_MAX) {
		conf_error(&l->errors, line, "static: more than %u records",
			   CONF_STATIC_MAX);
		return 0;
	}
	if (!n)
		return 0;
	l->c->static_rr = calloc(n, sizeof(*l->c->static_rr));
	if (!l->c->static_rr)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		const char *text = cfg_getnstr(root, "static", i);

		if (dns_static_parse(&l->c->static_rr[l->c->n_static++], text,
				     &why))
			conf_error(&l->errors, line, "static: '%.60s' %s", text,
				   why);
	}
	return 0;
}

static int read_all(struct load *l, cfg_t *root)
{
	unsigned int n = cfg_size(root, "line"), i;

	sort_positions(l);
	read_top(l, root);
	read_dns(l, root);
	if (read_static(l, root))
		return -ENOMEM;
	if (n > CONF_LINES_MAX) {
		conf_error(&l->errors, 0, "more than %u lines", CONF_LINES_MAX);
		return -EINVAL;
	}
	if (n) {
		l->c->line = calloc(n, sizeof(*l->c->line));
		if (!l->c->line)
			return -ENOMEM;
	}
	l->c->n_lines = n;
	for (i = 0; i < n; i++)
		read_line(l, cfg_getnsec(root, "line", i), &l->c->line[i]);
	return l->errors.n ? -EINVAL : 0;
}

static void add_options(cfg_opt_t *opts, const struct conf_key *keys, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		opts[i] = (cfg_opt_t)CFG_STR(keys[i].name, NULL,
					     CFGF_NODEFAULT);
		opts[i].validcb = set_option;
	}
}

static int parse(struct load *l)
{
	cfg_opt_t server[CONF_SERVER_KEYS + 1];
	cfg_opt_t proxy[CONF_PROXY_KEYS + 1];
	cfg_opt_t line[CONF_LINE_KEYS + 4];
	cfg_opt_t top[CONF_TOP_KEYS + 4];
	cfg_t *root;
	int err;

	add_options(server, conf_server_keys, CONF_SERVER_KEYS);
	server[CONF_SERVER_KEYS] = (cfg_opt_t)CFG_END();
	add_options(proxy, conf_proxy_keys, CONF_PROXY_KEYS);
	proxy[CONF_PROXY_KEYS] = (cfg_opt_t)CFG_END();
	add_options(line, conf_line_keys, CONF_LINE_KEYS);
	add_options(line + CONF_LINE_KEYS, &conf_profile_key, 1);
	line[CONF_LINE_KEYS + 1] =
		(cfg_opt_t)CFG_SEC("server", server, CFGF_MULTI);
	line[CONF_LINE_KEYS + 1].validcb = end_section;
	line[CONF_LINE_KEYS + 2] =
		(cfg_opt_t)CFG_SEC("outbound_proxy", proxy, CFGF_MULTI);
	line[CONF_LINE_KEYS + 2].validcb = end_section;
	line[CONF_LINE_KEYS + 3] = (cfg_opt_t)CFG_END();
	add_options(top, conf_top_keys, CONF_TOP_KEYS);
	top[CONF_TOP_KEYS] = (cfg_opt_t)
		CFG_SEC("line", line,
			CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
	top[CONF_TOP_KEYS + 1] =
		(cfg_opt_t)CFG_STR_LIST("dns", NULL, CFGF_NODEFAULT);
	top[CONF_TOP_KEYS + 1].validcb = set_list;
	top[CONF_TOP_KEYS + 2] =
		(cfg_opt_t)CFG_STR_LIST("static", NULL, CFGF_NODEFAULT);
	top[CONF_TOP_KEYS + 2].validcb = set_list;
	top[CONF_TOP_KEYS + 3] = (cfg_opt_t)CFG_END();

	root = cfg_init(top, CFGF_NONE);
	if (!root)
		return -ENOMEM;
	cfg_set_error_function(root, library_error);
	err = cfg_parse_buf(root, l->text.text);
	if (err == CFG_SUCCESS)
		err = read_all(l, root);
	else
		err = -EINVAL;
	cfg_free(root);
	if (l->no_memory)
		return -ENOMEM;
	if (err == -EINVAL && !l->errors.n)
		conf_error(&l->errors, 0, "cannot be read");
	return err;
}

/* The whole file; malloc'ed. */
static int read_file(const char *path, char **text, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *p = NULL;
	size_t room = 0;
	int err = 0;

	*len = 0;
	*text = NULL;
	if (!f)
		return -errno;
	do {
		if (*len == room) {
			room = room ? 2 * room : 65536;
			p = room > FILE_MAX ? NULL : realloc(*text, room);
			if (!p) {
				err = room > FILE_MAX ? -EFBIG : -ENOMEM;
				break;
			}
			*text = p;
		}
		errno = 0;
		*len += fread(*text + *len, 1, room - *len, f);
		if (ferror(f))
			err = errno ? -errno : -EIO;
	} while (!err && !feof(f));
	fclose(f);
	return err;
}

static int load_text(struct load *l, const char *text, size_t len)
{
	int err;

	err = conf_text_clean(&l->text, text, len, &l->errors);
	if (!err) {
		loading = l;
		err = parse(l);
		loading = NULL;
	}
	conf_text_release(&l->text);
	free(l->pos);
	free(l->proxy);
	return err;
}

int conf_load(struct conf *c, const char *path, const char *text, char *err,
	      size_t err_size)
{
	struct load l = { .c = c };
	char *owned = NULL;
	size_t len;
	int ret = 0;

	memset(c, 0, sizeof(*c));
	if (text) {
		len = strlen(text);
	} else {
		ret = read_file(path, &owned, &len);
		text = owned;
	}
	if (!ret)
		ret = load_text(&l, text, len);
	free(owned);
	if (ret && !l.errors.n)
		conf_error(&l.errors, 0, "%s", strerror(-ret));
	if (ret)
		conf_free(c);
	if (err_size)
		conf_errors_print(&l.errors, path, err, err_size);
	return ret;
}

void conf_free(struct conf *c)
{
	uint32_t i;
	uint8_t k;

	for (i = 0; c->line && i < c->n_lines; i++)
		for (k = 0; k < c->line[i].n_servers; k++)
			free(c->line[i].server[k].tls_name);
	free(c->line);
	free(c->host);
	free(c->static_rr);
	memset(c, 0, sizeof(*c));
}
