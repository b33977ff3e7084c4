/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration file: an accepted one is within all ranges and says the same
 * when it is written out and read again; a refused one leaves nothing behind
 * and says why, in the order of its lines.
 */
#include "fuzz.h"

#include <ctype.h>
#include <errno.h>

#include "codec/conf.h"

#define NAME "fuzz.conf"

int LLVMFuzzerInitialize(int *argc, char ***argv);

/* "${NAME}" is expanded from the environment by the library: it must never be
 * reached. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the library's prototype */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return setenv("A", "expanded", 1);
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);

/* Every other time: another number in the place of one, which chance alone
 * takes long to find. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	static const char *const numbers[] = {
		"0", "1", "8", "9", "10", "20", "21", "3600", "3601", "4096",
		"5000", "5001", "8192", "60000", "60001", "65535", "65536",
		"2147483647", "2147483648", "4294967295", "4294967296",
		"18446744073709551617", "08", "0x10", "-1",
	};
	const char *text = numbers[seed / 2 % (sizeof(numbers) / sizeof(*numbers))];
	size_t n = strlen(text), at, end;

	if (!size || !(seed & 1))
		return LLVMFuzzerMutate(data, size, max_size);
	for (at = seed / 64 % size; at < size && !isdigit(data[at]); at++)
		;
	for (end = at; end < size && isdigit(data[end]); end++)
		;
	if (at == end || size - (end - at) + n > max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	memmove(data + at + n, data + end, size - end);
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): no string */
	memcpy(data + at, text, n);
	return size - (end - at) + n;
}

static bool is_text(const char *s, size_t size)
{
	if (!memchr(s, '\0', size))
		return false;
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
			return false;
	return strstr(s, "expanded") == NULL;
}

#define is_field(s) is_text((s), sizeof(s))

static void check_server(const struct conf *c, const struct conf_server *s)
{
	const struct addr *local = s->addr.family == ADDR_V4 ? &c->local4 :
							       &c->local6;

	must(s->expires_s && s->expires_s <= INT32_MAX);
	must(s->retry_counts >= 0 && s->retry_counts <= 20);
	must(s->invite_retry_counts >= 0 && s->invite_retry_counts <= 20);
	must(!s->tls_name || (is_text(s->tls_name, 128) && *s->tls_name));
	if (s->host != CONF_NO_HOST) {
		const struct conf_host *h;

		must(s->host < c->n_hosts && s->addr.family == ADDR_NONE);
		h = &c->host[s->host];
		must(is_field(h->name) && *h->name &&
		     !strpbrk(h->name, " \t<>\"';:@"));
		must(h->transport <= TRANSPORT_TLS ||
		     h->transport == CONF_ANY_TRANSPORT);
		must(!s->tls_name || (h->transport == TRANSPORT_TLS &&
				      is_text(s->tls_name, 128)));
		return;
	}
	must(s->addr.family == ADDR_V4 || s->addr.family == ADDR_V6);
	must(s->addr.transport == TRANSPORT_UDP ||
	     s->addr.transport == TRANSPORT_TCP ||
	     s->addr.transport == TRANSPORT_TLS);
	must(!s->tls_name || (s->addr.transport == TRANSPORT_TLS &&
			      is_text(s->tls_name, 128) && *s->tls_name));
	must(s->addr.port);
	must(local->family == s->addr.family);
}

static void check_line(const struct conf *c, const struct conf_line *l)
{
	uint8_t i, k;

	must(is_field(l->name) && *l->name && is_field(l->user) && *l->user);
	must(is_field(l->domain) && *l->domain && !strpbrk(l->domain, " <>\""));
	must(is_field(l->auth_user) && *l->auth_user &&
	     !strpbrk(l->auth_user, "\"\\"));
	must(is_field(l->password) && is_field(l->display));
	must(!strpbrk(l->user, " <>\"@:"));
	must(l->n_servers >= 1 && l->n_servers <= FO_SERVERS_MAX);
	must(!l->proxied || !l->concurrent);
	must(l->race_ms <= 2000 && (!l->race_ms || l->concurrent));
	must(!l->failback_interval_s || (l->failback_interval_s >= 10 &&
					 l->failback_interval_s <= 65535));
	must(l->invite_retry_counts >= 0 && l->invite_retry_counts <= 20);
	must(l->failback_mode < FO_FAILBACKS &&
	     l->failback_timeout_s <= 65535 && l->retry_time_ms <= 65535);
	must(l->calls_max >= 1 && l->calls_max <= FO_CALLS_MAX);
	must(l->subscribe_mwi_expires_s && l->subscribe_mwi_expires_s <= 84600);
	must(l->expires_overlap_s && l->expires_overlap_s <= 65535);
	must(l->register_retry_base_s && l->register_retry_max_s &&
	     l->register_retry_max_s <= 86400);
	for (i = 0; i < l->n_servers; i++) {
		check_server(c, &l->server[i]);
		for (k = 0; k < i; k++)
			must(l->server[i].host != l->server[k].host ||
			     !addr_equal(&l->server[i].addr,
					 &l->server[k].addr));
	}
}

static void check_conf(const struct conf *c)
{
	uint32_t i, k;

	must(is_field(c->control_path) && *c->control_path);
	must(is_field(c->control_group));
	must(c->local4.family != ADDR_NONE || c->local6.family != ADDR_NONE);
	must(c->t1_ms >= 10 && c->t1_ms <= 5000 && c->t2_ms >= c->t1_ms &&
	     c->t2_ms <= 60000 && c->t4_ms >= 10 && c->t4_ms <= 60000);
	must(c->probe_interval_s <= 3600 && c->log_level <= 3);
	must(c->options_interval_s <= 3600 &&
	     c->udp_keepalive < STUNKEEP_MODES);
	must(!c->suspect_after_ms || (c->suspect_after_ms >= 10 &&
				      c->suspect_after_ms <= 60000));
	must(!c->tcp_above || (c->tcp_above >= 200 && c->tcp_above <= 65535));
	must(c->udp_keepalive_s >= 1 && c->udp_keepalive_s <= 3600);
	must(c->detect <= CONF_DETECT_TIMERS);
	must(is_field(c->tls_ca) && is_field(c->tls_certificate) &&
	     is_field(c->tls_key));
	must(!*c->tls_certificate == !*c->tls_key);
	must(!c->keepalive_s || (c->keepalive_s >= 15 &&
				 c->keepalive_s <= 3600));
	must(is_field(c->event_log) && is_field(c->state_dir) &&
	     c->event_log_kib >= 64 && c->startup_jitter_s <= 60 &&
	     c->register_rate <= 100000);
	must(c->n_dns <= CONF_DNS_MAX && c->n_static <= CONF_STATIC_MAX);
	must(!(c->ring_size & (c->ring_size - 1)) && c->ring_size <= 4096);
	must(!c->ring_size || c->ring_size >= 8);
	must(!c->trace_kib || (c->trace_kib >= 128 && c->trace_kib <= 4096));
	must(c->n_lines <= CONF_LINES_MAX && !c->n_lines == !c->line);
	for (i = 0; i < c->n_lines; i++) {
		check_line(c, &c->line[i]);
		for (k = 0; k < i; k++)
			must(strcmp(c->line[i].name, c->line[k].name) != 0);
	}
}

/* ---- written again ---- */

static void put_text(FILE *f, const char *key, const char *value)
{
	fprintf(f, "%s'", key);
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			fputc('\\', f);
		fputc(*value, f);
	}
	fputs("'\n", f);
}

static void put_host(FILE *f, const char *key, const struct addr *a)
{
	char text[ADDR_STRLEN];

	put_text(f, key, a->family == ADDR_NONE ? "" :
		 addr_print_host(a, text));
}

static void put_codes(FILE *f, const char *key, const struct codes *set)
{
	fprintf(f, "%s'", key);
	for (unsigned int i = 0; i < CODES_MAX && set->code[i]; i++)
		fprintf(f, set->code[i] < 10 ? " %uxx" : " %u", set->code[i]);
	fputs("'\n", f);
}

static void put_server(FILE *f, const struct conf *c, const char *section,
		       const struct conf_server *s)
{
	const struct conf_host *h = s->host == CONF_NO_HOST ? NULL :
							      &c->host[s->host];
	unsigned int port = h ? h->port : s->addr.port;

	fprintf(f, "%s {\n", section);
	if (h)
		put_text(f, "address = ", h->name);
	else
		put_host(f, "address = ", &s->addr);
	if (port)
		fprintf(f, "port = %u\n", port);
	if (!h || h->transport != CONF_ANY_TRANSPORT)
		fprintf(f, "transport = %s\n",
			transport_param(h ? h->transport : s->addr.transport));
	if (s->tls_name)
		put_text(f, "tls_name = ", s->tls_name);
	fprintf(f, "expires = %u\nretry_counts = %d\n"
		"invite_retry_counts = %d\n}\n", s->expires_s,
		s->retry_counts, s->invite_retry_counts);
}

static void put_vendor(FILE *f, const struct conf_line *l)
{
	static const char *const modes[] = {
		[FO_FAILBACK_PROBE] = "probe",
		[FO_FAILBACK_REQUESTS] = "newRequests",
		[FO_FAILBACK_TTL] = "DNSTTL",
		[FO_FAILBACK_REFRESH] = "registration",
		[FO_FAILBACK_DURATION] = "duration",
	};

	put_codes(f, "register_failover_codes = ", &l->register_codes);
	put_codes(f, "invite_failover_codes = ", &l->invite_codes);
	put_codes(f, "bye_failover_codes = ", &l->bye_codes);
	fprintf(f, "retry_counts_are = %s\nretry_time = %u\n",
		l->retry_counts_are == CONF_ATTEMPTS ? "attempts" :
		"retransmissions", l->retry_time_ms);
	fprintf(f, "expires_overlap = %u\nskip_redundant_failover_addr = %d\n"
		"only_signal_with_registered = %d\n", l->expires_overlap_s,
		l->skip_redundant_failover_addr,
		l->only_signal_with_registered);
	fprintf(f, "register_retry_base = %u\nregister_retry_max = %u\n"
		"outbound = %d\nrace = %u\n", l->register_retry_base_s,
		l->register_retry_max_s, l->outbound, l->race_ms);
	fprintf(f, "failback_mode = %s\nfailback_when_idle = %d\n"
		"failback_timeout = %u\nregistration = %s\n",
		modes[l->failback_mode], l->failback_when_idle,
		l->failback_timeout_s,
		l->concurrent ? "concurrent" : "successive");
	fprintf(f, "subscribe_mwi = %d\nsubscribe_mwi_expires = %u\n"
		"failback_subscribe = %d\ncalls_max = %u\n", l->subscribe_mwi,
		l->subscribe_mwi_expires_s, l->failback_subscribe,
		l->calls_max);
}

static void put_line(FILE *f, const struct conf *c, const struct conf_line *l)
{
	uint8_t i;

	put_text(f, "line ", l->name);
	fputs("{\n", f);
	put_text(f, "user = ", l->user);
	put_text(f, "domain = ", l->domain);
	put_text(f, "auth_user = ", l->auth_user);
	put_text(f, "password = ", l->password);
	put_text(f, "display = ", l->display);
	fprintf(f, "enabled = %d\nregister_before_resend = %s\n", l->enabled,
		l->register_before_resend ? "yes" : "no");
	fprintf(f, "failback = %s\nfailback_interval = %u\n",
		l->failback ? "on" : "off", l->failback_interval_s);
	fprintf(f, "redundancy_with_reg_fail = %d\ninvite_retry_counts = %d\n",
		l->redundancy_with_reg_fail, l->invite_retry_counts);
	if (l->proxied)
		fprintf(f, "outbound_proxy_fallback_interval = %u\n",
			l->failback_interval_s);
	fprintf(f, "outbound_proxy_route = %s\n",
		l->outbound_proxy_route ? "yes" : "no");
	put_vendor(f, l);
	for (i = 0; i < l->n_servers; i++)
		put_server(f, c, l->proxied ? "outbound_proxy" : "server",
			   &l->server[i]);
	fputs("}\n", f);
}

static void put_name_servers(FILE *f, const struct conf *c)
{
	char text[ADDR_STRLEN];

	if (!c->n_dns)
		return;
	for (uint32_t i = 0; i < c->n_dns; i++) {
		fprintf(f, "%s'%s", i ? ", " : "dns = {",
			addr_print_host(&c->dns[i], text));
		if (c->dns[i].port)
			fprintf(f, ":%u", c->dns[i].port);
		fputc('\'', f);
	}
	fputs("}\n", f);
}

/* All but the static records, whose text is not kept. */
static char *write_again(const struct conf *c)
{
	static const char *const detect[] = {
		"auto", "module", "sockets", "timers",
	};
	static const char *const level[] = {
		"error", "warning", "info", "debug",
	};
	static const char *const keepalive[] = { "off", "crlf", "stun" };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	uint32_t i;

	must(f != NULL);
	put_text(f, "control = ", c->control_path);
	put_text(f, "control_group = ", c->control_group);
	put_host(f, "local_v4 = ", &c->local4);
	put_host(f, "local_v6 = ", &c->local6);
	fprintf(f, "port = %u\nt1 = %u\nt2 = %u\nt4 = %u\n",
		(unsigned int)(c->local4.family != ADDR_NONE ?
			       c->local4.port : c->local6.port),
		c->t1_ms, c->t2_ms, c->t4_ms);
	fprintf(f, "probe_interval = %u\nring_size = %u\ndetect = %s\n",
		c->probe_interval_s, c->ring_size, detect[c->detect]);
	fprintf(f, "options_interval = %u\nudp_keepalive = %s\n"
		"udp_keepalive_interval = %u\nsuspect_after = %u\n"
		"nat_contact = %s\ntcp_above = %u\n", c->options_interval_s,
		keepalive[c->udp_keepalive], c->udp_keepalive_s,
		c->suspect_after_ms, c->nat_contact ? "yes" : "no",
		c->tcp_above);
	fprintf(f, "log_level = %s\ntrace_size = %u\n", level[c->log_level],
		c->trace_kib);
	put_text(f, "event_log = ", c->event_log);
	put_text(f, "state_dir = ", c->state_dir);
	fprintf(f, "event_log_size = %u\nstartup_jitter = %u\n"
		"register_rate = %u\n", c->event_log_kib, c->startup_jitter_s,
		c->register_rate);
	put_name_servers(f, c);
	put_text(f, "tls_ca = ", c->tls_ca);
	put_text(f, "tls_certificate = ", c->tls_certificate);
	put_text(f, "tls_key = ", c->tls_key);
	fprintf(f, "tls_verify = %s\nkeepalive_interval = %u\n",
		c->tls_verify ? "yes" : "no", c->keepalive_s);
	for (i = 0; i < c->n_lines; i++)
		put_line(f, c, &c->line[i]);
	must(fclose(f) == 0);
	return text;
}

static void check_same_vendor(const struct conf_line *a,
			      const struct conf_line *b)
{
	must(!memcmp(&a->register_codes, &b->register_codes,
		     sizeof(a->register_codes)));
	must(!memcmp(&a->invite_codes, &b->invite_codes,
		     sizeof(a->invite_codes)));
	must(!memcmp(&a->bye_codes, &b->bye_codes, sizeof(a->bye_codes)));
	must(a->retry_counts_are == b->retry_counts_are &&
	     a->retry_time_ms == b->retry_time_ms);
	must(a->skip_redundant_failover_addr ==
	     b->skip_redundant_failover_addr);
	must(a->only_signal_with_registered == b->only_signal_with_registered);
	must(a->expires_overlap_s == b->expires_overlap_s);
	must(a->register_retry_base_s == b->register_retry_base_s &&
	     a->register_retry_max_s == b->register_retry_max_s);
	must(a->outbound == b->outbound && a->concurrent == b->concurrent &&
	     a->race_ms == b->race_ms);
	must(a->failback_mode == b->failback_mode &&
	     a->failback_when_idle == b->failback_when_idle &&
	     a->failback_timeout_s == b->failback_timeout_s);
	must(a->subscribe_mwi == b->subscribe_mwi &&
	     a->subscribe_mwi_expires_s == b->subscribe_mwi_expires_s &&
	     a->failback_subscribe == b->failback_subscribe &&
	     a->calls_max == b->calls_max);
}

static void check_same_line(const struct conf_line *a, const struct conf_line *b)
{
	uint8_t i;

	must(!strcmp(a->name, b->name) && !strcmp(a->user, b->user));
	must(!strcmp(a->domain, b->domain) && !strcmp(a->display, b->display));
	must(!strcmp(a->auth_user, b->auth_user));
	must(!strcmp(a->password, b->password));
	must(a->enabled == b->enabled && a->failback == b->failback);
	must(a->register_before_resend == b->register_before_resend);
	must(a->failback_interval_s == b->failback_interval_s);
	must(a->redundancy_with_reg_fail == b->redundancy_with_reg_fail);
	must(a->invite_retry_counts == b->invite_retry_counts);
	must(a->proxied == b->proxied && a->n_servers == b->n_servers &&
	     a->outbound_proxy_route == b->outbound_proxy_route);
	check_same_vendor(a, b);
	for (i = 0; i < a->n_servers; i++) {
		must(addr_equal(&a->server[i].addr, &b->server[i].addr));
		must(a->server[i].host == b->server[i].host);
		must(a->server[i].expires_s == b->server[i].expires_s);
		must(a->server[i].retry_counts == b->server[i].retry_counts);
		must(a->server[i].invite_retry_counts ==
		     b->server[i].invite_retry_counts);
		must(!a->server[i].tls_name == !b->server[i].tls_name);
		must(!a->server[i].tls_name || !strcmp(a->server[i].tls_name,
						       b->server[i].tls_name));
	}
}

static void check_again(const struct conf *c)
{
	char *text = write_again(c), err[1024];
	struct conf again;
	uint32_t i;

	if (conf_load(&again, NAME, text, err, sizeof(err)) != 0) {
		fprintf(stderr, "%s\n%s", err, text);
		must(!"what was accepted can be written again");
	}
	must(!strcmp(again.control_path, c->control_path));
	must(!strcmp(again.control_group, c->control_group));
	must(addr_equal(&again.local4, &c->local4));
	must(addr_equal(&again.local6, &c->local6));
	must(again.t1_ms == c->t1_ms && again.t2_ms == c->t2_ms &&
	     again.t4_ms == c->t4_ms && again.ring_size == c->ring_size);
	must(again.probe_interval_s == c->probe_interval_s);
	must(!strcmp(again.tls_ca, c->tls_ca));
	must(!strcmp(again.tls_certificate, c->tls_certificate));
	must(!strcmp(again.tls_key, c->tls_key));
	must(again.tls_verify == c->tls_verify &&
	     again.keepalive_s == c->keepalive_s);
	must(again.options_interval_s == c->options_interval_s &&
	     again.udp_keepalive == c->udp_keepalive &&
	     again.udp_keepalive_s == c->udp_keepalive_s &&
	     again.suspect_after_ms == c->suspect_after_ms &&
	     again.tcp_above == c->tcp_above &&
	     again.nat_contact == c->nat_contact);
	must(again.detect == c->detect && again.log_level == c->log_level);
	must(!strcmp(again.event_log, c->event_log) &&
	     !strcmp(again.state_dir, c->state_dir));
	must(again.trace_kib == c->trace_kib);
	must(again.event_log_kib == c->event_log_kib &&
	     again.startup_jitter_s == c->startup_jitter_s &&
	     again.register_rate == c->register_rate);
	must(again.n_dns == c->n_dns && again.n_hosts == c->n_hosts);
	for (i = 0; i < c->n_dns; i++)
		must(addr_equal(&again.dns[i], &c->dns[i]));
	must(!c->n_hosts || (c->host && again.host));
	for (i = 0; i < c->n_hosts; i++)
		must(!strcmp(again.host[i].name, c->host[i].name) &&
		     again.host[i].port == c->host[i].port &&
		     again.host[i].transport == c->host[i].transport);
	must(again.n_lines == c->n_lines);
	for (i = 0; i < c->n_lines; i++)
		check_same_line(&again.line[i], &c->line[i]);
	conf_free(&again);
	free(text);
}

/* ---- refused ---- */

/* "fuzz.conf:LINE: reason" lines in order; the last may be cut away. */
static void check_errors(const char *err, size_t size, unsigned int lines)
{
	unsigned long last = 0;
	const char *p = err;

	must(memchr(err, '\0', size) && *err);
	while (*p) {
		unsigned long line;
		char *end;

		must(strncmp(p, NAME ":", strlen(NAME ":")) == 0);
		p += strlen(NAME ":");
		must(isdigit((unsigned char)*p));
		line = strtoul(p, &end, 10);
		must(end[0] == ':' && end[1] == ' ' && end[2]);
		must(line >= last && line <= lines);
		last = line;
		p = end + strcspn(end, "\n");
		if (*p)
			p++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), err[1024], small[64];
	static const struct conf nothing;
	struct conf c;
	unsigned int lines = 1;
	size_t i;
	int r;

	memcpy(text, data, size);
	text[size] = '\0';
	for (i = 0; i < strlen(text); i++)
		lines += text[i] == '\n';
	memset(&c, 0xa5, sizeof(c));
	err[0] = '\0';
	r = conf_load(&c, NAME, text, err, sizeof(err));
	if (r == 0) {
		must(!*err);
		check_conf(&c);
		check_again(&c);
		conf_free(&c);
	} else {
		must(r == -EINVAL);
		/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
		must(memcmp(&c, &nothing, sizeof(c)) == 0);
		check_errors(err, sizeof(err), lines);
		/* Into little room the same, cut. */
		must(conf_load(&c, NAME, text, small, sizeof(small)) == r);
		must(strncmp(small, err, strlen(small)) == 0);
	}
	free(text);
	return 0;
}
