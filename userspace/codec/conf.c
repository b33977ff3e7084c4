// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confuse.h>

#include "conf_error.h"
#include "conf_json_text.h"
#include "conf_key.h"
#include "conf_line.h"
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

static void read_keys(struct load *l, cfg_t *section,
		      const struct conf_key *keys, size_t n, void *base)
{
	size_t i;

	for (i = 0; i < n; i++) {
		cfg_opt_t *opt = cfg_getopt(section, keys[i].name);
		unsigned int line = position_of(l, opt);

		if (line)
			conf_key_read(&keys[i], base, cfg_opt_getnstr(opt, 0),
				      line, &l->errors);
	}
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
	    a->family != family || conf_addr_multicast(a)) {
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

		if (!name_server(a, text) || conf_addr_any(a) || conf_addr_multicast(a))
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

static struct conf_value value_of(const struct load *l, cfg_t *section,
				  const struct conf_key *k)
{
	cfg_opt_t *opt = cfg_getopt(section, k->name);
	struct conf_value v = { .at = position_of(l, opt) };

	if (v.at)
		v.text = cfg_opt_getnstr(opt, 0);
	return v;
}

static void hop_of(const struct load *l, cfg_t *section, bool proxy,
		   unsigned int brace, struct conf_raw *raw)
{
	struct conf_raw_hop *hop = &raw->hop[raw->n_hops];
	const struct conf_key *keys = conf_hop_keys(proxy);
	unsigned int same = 0, i;

	/* The first one that is too many is told, those behind it are not. */
	for (i = 0; i < raw->n_hops; i++)
		same += raw->hop[i].proxy == proxy;
	if (same > FO_SERVERS_MAX)
		return;
	hop->proxy = proxy;
	hop->at = brace;
	for (i = 0; i < CONF_SERVER_KEYS; i++)
		hop->value[i] = value_of(l, section, &keys[i]);
	raw->n_hops++;
}

/* In the file servers and proxies may stand in any order, and so do their
 * braces. */
static void raw_of(struct load *l, cfg_t *section, struct conf_raw *raw)
{
	unsigned int n = cfg_size(section, "server") +
			 cfg_size(section, "outbound_proxy");
	unsigned int i, server = 0, proxy = 0;

	memset(raw, 0, sizeof(*raw));
	raw->at = l->text.brace[l->brace++];
	raw->name = cfg_title(section);
	raw->profile = value_of(l, section, &conf_profile_key);
	for (i = 0; i < CONF_LINE_KEYS; i++)
		raw->value[i] = value_of(l, section, &conf_line_keys[i]);
	for (i = 0; i < n; i++) {
		bool is_proxy = l->proxy[l->sections++];
		unsigned int brace = l->text.brace[l->brace++];

		hop_of(l, cfg_getnsec(section, is_proxy ? "outbound_proxy" :
				      "server", is_proxy ? proxy++ : server++),
		       is_proxy, brace, raw);
	}
}

static int read_line(struct load *l, cfg_t *section, struct conf_line *out)
{
	struct conf_reading reading;
	struct conf_raw raw;
	int ret;

	raw_of(l, section, &raw);
	ret = conf_line_read(l->c, &raw, &reading, &l->errors);
	*out = reading.in.l;
	out->in_file = true;
	if (!ret)
		out->text = conf_json_text(&raw);
	return out->text ? ret : -ENOMEM;
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
		if (read_line(l, cfg_getnsec(root, "line", i),
			      &l->c->line[i]))
			return -ENOMEM;
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
	bool given = text != NULL;
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
	if (!ret && !given && strlen(path) < sizeof(c->path))
		strcpy(c->path, path);
	if (err_size)
		conf_errors_print(&l.errors, path, err, err_size);
	return ret;
}

void conf_free(struct conf *c)
{
	uint32_t i;

	for (i = 0; c->line && i < c->n_lines; i++)
		conf_line_free(&c->line[i]);
	for (i = 0; i < c->n_removed; i++)
		free(c->removed[i]);
	free(c->removed);
	free(c->line);
	free(c->host);
	free(c->static_rr);
	memset(c, 0, sizeof(*c));
}
