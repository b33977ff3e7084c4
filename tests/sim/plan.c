// SPDX-License-Identifier: BSD-2-Clause
/*
 * No two random numbers in one expression: the compiler chooses their order.
 *
 * A random schedule from its seed: the configuration as text, what the servers
 * are like, and then for 5 to 20 virtual minutes what befalls them, the network,
 * the user and, in one of six, the lists of servers that names stand for
 * (zone.c).
 */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
	char buf[8192];
	size_t n;
};

static void add(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->n += vsnprintf(t->buf + t->n, sizeof(t->buf) - t->n, fmt, ap);
	va_end(ap);
	if (t->n >= sizeof(t->buf))
		abort();
}

static uint32_t one_of(const uint32_t *v, uint32_t n)
{
	return v[pick(n)];
}

#define REPLAY_EVERY 8
#define REPLAY_NAMES 3
#define ONE_OF(...) one_of((const uint32_t[]){ __VA_ARGS__ }, \
	sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* ---- the configuration ---- */

/* By the seed itself; domain says who is behind them (Y-24). */
static const char *hop(void)
{
	return W.seed % 9 == 5 ? "outbound_proxy" : "server";
}

static void server_text(struct text *t, const struct vserver *s)
{
	bool six = s->addr.family == ADDR_V6;
	char host[ADDR_STRLEN];

	/* without brackets */
	addr_print_host(&s->addr, host);
	host[strcspn(host, "]")] = '\0';
	add(t, "%s { address = \"%s\" port = %u transport = %s ", hop(),
	    host + six, s->addr.port, transport_param(s->addr.transport));
	add(t, "expires = %u }\n", ONE_OF(60, 60, 120, 300, 3600));
}

#define NAMED_OF 6	/* schedules of which one has names ... */
#define SPARE 2		/* ... and servers that come into lists later */

static void servers_make(unsigned int n)
{
	double tcp = chance(0.4) ? 0.5 : 0.0, v6 = chance(0.3) ? 0.6 : 0.0;

	for (unsigned int i = 0; i < n; i++) {
		bool six = chance(v6);
		struct vserver *s = &W.server[i];
		struct addr a;
		char ip[40];

		snprintf(ip, sizeof(ip), six ? "2001:db8::%u" : "192.0.2.%u",
			 10 + i);
		addr_parse(&a, ip, 5060, chance(tcp) ? TRANSPORT_TCP :
			   TRANSPORT_UDP);
		server_open(s, &a, (char)('A' + i));
		s->auth = ONE_OF(AUTH_NONE, AUTH_NONE, AUTH_MD5, AUTH_SHA256);
		s->proxy_auth = chance(0.5);
		s->bye_auth = chance(0.3);
		s->options = ONE_OF(200, 200, 200, 404, 405);
		if (chance(0.15))
			s->expires_max = 90;
		if (chance(0.1))
			s->expires_min = 150, s->expires_max = 3600;
	}
	W.n_servers = n;
	W.shared_bindings = tcp == 0.0 && v6 == 0.0 && chance(0.5);
}

/* Also by the seed itself.  Half of all lines have Yealink's values already. */
static void vendor_keys(struct text *t, uint32_t l)
{
	static const char *const keys[] = {
		"failback_mode = probe\n",
		"failback_mode = newRequests\n",
		"failback_mode = registration\n",
		"failback_mode = registration\nfailback_when_idle = true\n",
		"failback_mode = duration\nfailback_timeout = 40\n",
		"failback_mode=3\nfailback_timeout=90\nfailback_when_idle=1\n",
		"only_signal_with_registered = true\n",
		"only_signal_with_registered=1\nregistration=concurrent\n",
		"registration = concurrent\n",
		"registration = successive\n",
		"retry_counts_are = attempts\n",
		"expires_overlap = 10\n",
	};

	if (W.seed % 3 == 1)
		add(t, "%s", keys[(W.seed / 3 + l) %
				  (sizeof(keys) / sizeof(keys[0]))]);
	if (W.seed % 6 == 4)
		add(t, "subscribe_mwi = 1\nsubscribe_mwi_expires = %u\n"
		    "failback_subscribe = %u\n",
		    (unsigned int)(30 + W.seed % 5 * 90),
		    (unsigned int)(W.seed / 6 % 2));
}

/* The servers as the name of a list that changes. */
static void name_text(struct text *t, uint32_t at, uint32_t n)
{
	static const uint32_t ttl_s[] = { 5, 10, 30, 60, 120, 300 };
	static const uint32_t expires_s[] = { 60, 60, 120, 300, 3600 };
	struct zone *z = &W.dns.zone[0];

	if (!W.dns.n || zone_pick(2)) {
		z = zone_new(ttl_s[zone_pick(6)]);
		for (uint32_t k = 0; k < n; k++)
			zone_come(z, z->n, (at + k) % W.n_servers);
		zone_keep(z);
	}
	add(t, "%s { address = \"%s\" expires = %u }\n", hop(), z->name,
	    expires_s[zone_pick(5)]);
	if (W.seed % 3 != 1 && !zone_pick(4))
		add(t, "failback_mode = DNSTTL\nfailback_timeout = 60\n");
	if (!zone_pick(4))
		server_text(t, &W.server[(at + n) % W.n_servers]);
}

static void line_text(struct text *t, uint32_t l, uint32_t shared)
{
	uint32_t n = ONE_OF(1, 2, 2, 2, 2, 3, 3), at;
	bool yealink = chance(0.5);

	add(t, "line \"l%u\" {\nuser = u%u\ndomain = example.com\n"
	    "password = secret\nprofile = %s\n", l, l,
	    yealink ? "yealink" : "fanvil");
	if (chance(0.4))
		add(t, "register_before_resend = %s\n",
		    chance(0.5) ? "true" : "false");
	if (chance(0.3))
		add(t, "retry_counts = %u\n", ONE_OF(0, 1, 2, 5));
	if (chance(0.3))
		add(t, "invite_retry_counts = %u\n", ONE_OF(0, 1, 2, 6));
	if (chance(0.1))
		add(t, "failback = false\n");
	if (chance(0.7))
		add(t, "failback_interval = %u\n", ONE_OF(0, 10, 30, 60, 120));
	if (chance(0.3))
		add(t, "redundancy_with_reg_fail = true\n");
	vendor_keys(t, l);
	if (W.seed % 5 == 2)
		add(t, "session_timer = true\nsession_expires = 90\n");
	if (deeds_wanted())
		add(t, "calls_max = %u\n", deeds_calls_max());
	if (n > W.n_servers)
		n = W.n_servers;
	at = shared ? 0 : (3 * l) % W.n_servers;
	if (W.dns.named && zone_pick(4))
		name_text(t, at, n);
	else
		for (uint32_t k = 0; k < n; k++)
			server_text(t, &W.server[(at + k) % W.n_servers]);
	add(t, "}\n");
}

/* By the seed itself: the courses of the others stay as they are. */
static void keep_alives(struct text *t)
{
	if (W.seed % 8 == 3)
		add(t, "options_interval = %u\n", W.seed % 16 == 3 ? 10 : 30);
	if (W.seed % 7 == 3)
		add(t, "suspect_after = %u\n", W.seed % 2 ? 10 : 300);
	if (W.seed % 5 == 3)
		add(t, "udp_keepalive = %s\n", W.seed % 2 ? "crlf" : "stun");
	if (W.seed % 13 == 5)
		add(t, "startup_jitter = %u\n", W.seed % 2 ? 5 : 60);
	W.net.remap_ns = W.seed % 30 == 8 ? 200 * SEC : 0;
	for (unsigned int i = 0; i < W.n_servers; i++)
		W.server[i].stun_mute = W.seed % 20 == 8 && i % 2;
}

static void configuration(struct text *t)
{
	static const char *const detect[] = {
		"auto", "auto", "auto", "auto", "sockets", "module", "timers",
	};
	uint32_t lines = ONE_OF(1, 1, 2, 3), shared = chance(0.6);
	uint32_t servers = shared ? 1 + pick(3) : 3 * lines;

	W.dns.named = !zone_pick(NAMED_OF);
	if (W.dns.named)
		servers += SPARE;
	servers_make(servers < SIM_SERVERS_MAX ? servers : SIM_SERVERS_MAX);
	add(t, "control = \"/sim\"\nlocal_v4 = \"192.0.2.9\"\n"
	    "local_v6 = \"2001:db8::9\"\nport = 5060\ndetect = %s\n",
	    detect[pick(sizeof(detect) / sizeof(detect[0]))]);
	if (chance(0.1))
		add(t, "t1 = 200\nt2 = 1600\n");
	add(t, "probe_interval = %u\n", ONE_OF(0, 5, 30, 30, 60));
	keep_alives(t);
	for (uint32_t l = 0; l < lines; l++)
		line_text(t, l, shared);
}

static void network(void)
{
	W.net.delay_min = between(1, 20) * MS;
	W.net.loss = chance(0.3) ? 0.02 : 0;
	W.net.dup = chance(0.2) ? 0.05 : 0;
	W.net.quote = ONE_OF(0, 520, 520, 520, 65535);
	W.net.nat = chance(0.1);
	W.net.delay_max = W.net.delay_min +
			  (chance(0.3) ? between(0, 400) : between(0, 10)) * MS;
	W.timer_lag = chance(0.3) ? between(0, 4) * MS : 0;
	W.module = chance(0.6);
}

/* ---- what befalls ---- */

static void revive(struct event *e)
{
	if (!W.lifted)
		server_set_mode(&W.server[e->a], UP);
}

static void fall(struct event *e)
{
	struct vserver *s = &W.server[e->a];
	enum mode mode = 1 + pick(MODES - 1);

	if (W.lifted)
		return;
	s->retry_after = chance(0.5) ? -1 : (int32_t)ONE_OF(0, 1, 5, 30, 100);
	server_set_mode(s, mode);
	if (mode == CLOSED && chance(0.3))
		server_forget(s);
	after_ns(between(200 * MS, (chance(0.3) ? 200 : 40) * SEC), revive,
		 NULL, e->a, 0);
}

static void better(struct event *e)
{
	(void)e;
	if (!W.lifted)
		W.net.loss = 0;
	W.net.outage = false;
}

static void worse(struct event *e)
{
	(void)e;
	if (W.lifted)
		return;
	W.counts->faults++;
	if (chance(0.5)) {
		W.net.loss = 0.05 + pick(50) / 100.0;
		trace("-- loss %.2f", W.net.loss);
	} else {
		W.net.outage = true;
		trace("-- outage");
	}
	after_ns(between(100 * MS, 60 * SEC), better, NULL, 0, 0);
}

static void plugged(struct event *e)
{
	(void)e;
	link_set(true, false);
}

/* The phone's own link: not what any server is to be blamed for. */
static void unplugged(struct event *e)
{
	if (W.lifted || W.conf.detect == CONF_DETECT_TIMERS)
		return;
	W.counts->faults++;
	W.counts->local++;
	link_set(false, chance(0.5));
	after_ns(chance(0.3) ? between(10 * MS, SEC) :
		 between(100 * MS, (chance(0.2) ? 400 : 60) * SEC), plugged,
		 NULL, e->a, 0);
}

static void oddity(struct event *e)
{
	struct vserver *s = &W.server[e->a];

	if (W.lifted)
		return;
	W.counts->faults++;
	switch (pick(9)) {
	case 0:
		module_load(!W.module);
		break;
	case 1:
		module_lose(1 + pick(3));
		break;
	case 2:
		/* What was given up there would be carried out after all, on
		 * bindings that others made since. */
		if (W.shared_bindings)
			break;
		s->slow_ms = s->slow_ms ? 0 : pick(chance(0.3) ? 9000 : 800);
		trace("-- %c answers after %u ms", s->letter, s->slow_ms);
		break;
	case 3:
		trace("-- %c closes its flows", s->letter);
		tcp_server_closes(s, chance(0.5));
		break;
	case 4:
		server_forget(s);
		break;
	case 5:
		net_forged(s);
		break;
	case 6:
		farend_hold();
		break;
	case 8:
		phone_slept(between(SEC, (chance(0.3) ? 7200 : 90) * SEC));
		break;
	case 7:
		/* Nobody knows what of the dead one still arrives, and an
		 * UNREGISTER takes the new one's binding where it is shared. */
		if (!W.shared_bindings)
			world_crash();
		break;
	}
}

static void user_acts(struct event *e)
{
	uint32_t l = (uint32_t)e->a;
	const struct line *line = &W.agent->line[l];

	if (W.lifted)
		return;
	if (chance(0.55)) {
		int hangup_ms = chance(0.5) ? (int)pick(20000) : -1;

		user_dial(l, hangup_ms, chance(0.8) ? (int)pick(60000) : -1);
	} else if (chance(0.7)) {
		uint32_t k = pick(line->n_servers);

		if (line->begun)
			farend_call(line_server(l, k), line->conf->user,
				    chance(0.5) ? (int)pick(20000) : -1);
	} else {
		user_register(l);
	}
}

static uint64_t befall(void)
{
	uint64_t end = between(300 * SEC, 1200 * SEC);
	uint32_t faults = 2 + pick(12), deeds = pick(12), i;
	uint64_t fault = 0;

	for (i = 0; i < faults; i++) {
		uint64_t at = between(0, end);
		uint32_t s = pick(W.n_servers);

		/* Several at once are no accident. */
		if (fault && chance(0.3))
			at = fault + between(0, 2 * SEC);
		fault = at;
		if (chance(0.65))
			after_ns(at, fall, NULL, chance(0.5) ? 0 : s, 0);
		else if (chance(0.3))
			after_ns(at, unplugged, NULL, 0, 0);
		else if (chance(0.5))
			after_ns(at, worse, NULL, 0, 0);
		else
			after_ns(at, oddity, NULL, s, 0);
	}
	/* Deeds come near to faults: that is when they are interesting. */
	for (i = 0; i < deeds; i++) {
		uint64_t at = between(0, end), odd;

		if (fault && chance(0.6))
			at = fault + between(0, 8 * SEC);
		after_ns(at, user_acts, NULL, pick(W.conf.n_lines), 0);
		odd = at + between(0, 20 * SEC);
		if (chance(0.2))
			after_ns(odd, oddity, NULL, pick(W.n_servers), 0);
	}
	return end;
}

bool schedule_run(uint64_t seed, bool tracing)
{
	struct text text = { .n = 0 };
	uint64_t end, begin;

	world_init(seed);
	W.tracing = tracing;
	configuration(&text);
	network();
	if (tracing)
		trace("seed %llu\n%s", (unsigned long long)seed, text.buf);
	/* Adoption: a module that has seen them before. */
	for (unsigned int i = 0; i < W.n_servers && W.module; i++)
		if (chance(0.1)) {
			W.server[i].state = SIPOVER_STATE_UNREACHABLE;
			W.server[i].last_cause = SIPOVER_CAUSE_PORT_UNREACH;
			W.server[i].last_time = W.now - SEC;
		}
	begin = W.now;
	if (world_start(text.buf)) {
		end = W.now + befall();
		zones_befall(end - W.now);
		deeds_befall(end - W.now);
		if (run_until(end))
			end_settle();
	}
	W.counts->virtual_s += (W.now - begin) / SEC;
	mix(W.now);
	/* Lists that change renumber whole states. */
	if (seed % (W.dns.n ? REPLAY_NAMES : REPLAY_EVERY) == 0)
		check_replay();
	world_stop();
	return !W.failed;
}
