// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The keys of registration and failover: the profiles' defaults, and that
 * docs/parameters.md says the same as the tables. */
#include <errno.h>
#include <stdlib.h>

#include "codec/conf.h"
#include "codec/conf_codes.h"
#include "codec/conf_schema.h"
#include "tap.h"

#define TABLE "docs/parameters.md"

static bool load(struct conf *c, const char *profile, const char *top,
		 const char *line, const char *server)
{
	char text[1024], err[512];
	int r;

	snprintf(text, sizeof(text), "%s\nline a { user = u profile = %s\n%s\n"
		 "server { address = 192.0.2.1\n%s\n}\n"
		 "server { address = 192.0.2.2 } }\n", top, profile, line,
		 server);
	r = conf_load(c, "f", text, err, sizeof(err));
	if (r)
		printf("# %s\n", err);
	return !r;
}

static void refused(const char *line, const char *want)
{
	char text[512], err[512];
	struct conf c;

	snprintf(text, sizeof(text), "line a { user = u server { address = "
		 "192.0.2.1 } %s }", line);
	is_int(conf_load(&c, "f", text, err, sizeof(err)), -EINVAL, "%s", line);
	is_str(err, want, "says why");
	conf_free(&c);
}

static void test_codes(void)
{
	struct codes set = { { 503 } };

	ok(!conf_codes_parse(&set, "500, 503 6xx,4XX"), "a list");
	ok(set.code[0] == 500 && set.code[1] == 503 && set.code[2] == 6 &&
	   set.code[3] == 4 && set.code[4] == 0, "as it was written");
	ok(codes_have(&set, 500) && codes_have(&set, 503) &&
	   codes_have(&set, 603) && codes_have(&set, 486), "are in it");
	ok(!codes_have(&set, 502) && !codes_have(&set, 301) &&
	   !codes_have(&set, 200) && !codes_have(&set, 0), "are not");
	ok(!conf_codes_parse(&set, " , "), "an empty list");
	ok(!codes_have(&set, 503), "moves nothing");
	ok(!conf_codes_parse(&set, "300 699 3xx 301 302 303 304 305"), "eight");
	ok(codes_have(&set, 699), "the highest");

	refused("register_failover_codes = '299'", "f:1: register_failover_codes"
		": '299' is no list of 300..699 or 3xx..6xx");
	refused("invite_failover_codes = 700", "f:1: invite_failover_codes: "
		"'700' is no list of 300..699 or 3xx..6xx");
	refused("bye_failover_codes = 5030", "f:1: bye_failover_codes: '5030' "
		"is no list of 300..699 or 3xx..6xx");
	refused("bye_failover_codes = 50", "f:1: bye_failover_codes: '50' "
		"is no list of 300..699 or 3xx..6xx");
	refused("bye_failover_codes = 5x3", "f:1: bye_failover_codes: '5x3' "
		"is no list of 300..699 or 3xx..6xx");
	refused("invite_failover_codes = 401", "f:1: invite_failover_codes: "
		"'401' 401, 407 and 423 are answered, they move nothing");
	refused("invite_failover_codes = '300 301 302 303 304 305 306 307 308'",
		"f:1: invite_failover_codes: '300 301 302 303 304 305 306 307"
		" 308' has more than 8 codes");
	refused("retry_counts_are = both", "f:1: retry_counts_are: 'both' is "
		"unknown");
	refused("session_expires = 89", "f:1: session_expires: 89 is not in "
		"90..86400");
	refused("race = 99", "f:1: race: 99 is neither 0 nor in 100..2000");
	refused("expires_overlap = 0", "f:1: expires_overlap: 0 is not in "
		"1..65535");
}

static void test_profiles(void)
{
	const struct conf_line *l;
	struct conf c;

	ok(load(&c, "fanvil", "", "", ""), "profile fanvil (C-22)");
	l = c.line;
	ok(l->register_before_resend && l->failback &&
	   l->failback_interval_s == 1800 && !l->redundancy_with_reg_fail &&
	   !l->skip_redundant_failover_addr &&
	   l->failback_mode == FO_FAILBACK_PROBE && !l->failback_when_idle &&
	   !l->concurrent && !l->subscribe_mwi && l->failback_subscribe &&
	   l->subscribe_mwi_expires_s == 3600 && l->calls_max == FO_CALLS_MAX,
	   "Fanvil's defaults (F-56, F-57)");
	ok(codes_have(&l->register_codes, 500) &&
	   codes_have(&l->register_codes, 503) &&
	   !codes_have(&l->register_codes, 403), "F-11, F-12");
	ok(!codes_have(&l->invite_codes, 500) &&
	   codes_have(&l->invite_codes, 503) &&
	   !codes_have(&l->bye_codes, 500) && codes_have(&l->bye_codes, 503),
	   "C-03: 503 alone moves INVITE and BYE");
	is_int(l->retry_counts_are, CONF_RETRANSMISSIONS, "C-02");
	conf_free(&c);

	ok(load(&c, "yealink", "", "", ""), "profile yealink (C-22)");
	l = c.line;
	ok(!l->register_before_resend && l->failback_interval_s == 120 &&
	   l->skip_redundant_failover_addr && !l->redundancy_with_reg_fail &&
	   !l->only_signal_with_registered &&
	   l->failback_mode == FO_FAILBACK_REQUESTS &&
	   l->failback_when_idle && l->failback_timeout_s == 3600 &&
	   l->concurrent && !l->subscribe_mwi && !l->failback_subscribe &&
	   l->subscribe_mwi_expires_s == 3600, "Yealink's defaults (C-08, Y-25)");
	ok(!codes_have(&l->invite_codes, 500) && codes_have(&l->invite_codes, 503),
	   "Y-06");
	conf_free(&c);

	ok(load(&c, "yealink", "startup_jitter = 60\nregister_rate = 100000",
		"register_failover_codes = '4xx,503' invite_failover_codes = ''\n"
		"bye_failover_codes = 600 retry_counts_are = attempts\n"
		"retry_time = 65535 expires_overlap = 65535\n"
		"skip_redundant_failover_addr = 0\n"
		"only_signal_with_registered = 1 register_retry_base = 1\n"
		"register_retry_max = 86400 race = 100\n"
		"subscribe_mwi = 1 subscribe_mwi_expires = 84600\n"
		"failback_subscribe = 1 calls_max = 1\n"
		"session_timer = 1 session_expires = 90 min_se = 86400\n"
		"session_refresher = uas reliable_provisional = 1", ""),
	   "every key");
	l = c.line;
	is_int(c.startup_jitter_s, 60, "startup_jitter");
	is_int(c.register_rate, 100000, "register_rate");
	ok(codes_have(&l->register_codes, 404) &&
	   !codes_have(&l->register_codes, 500) &&
	   !codes_have(&l->invite_codes, 503) && codes_have(&l->bye_codes, 600),
	   "the lists");
	is_int(l->retry_counts_are, CONF_ATTEMPTS, "retry_counts_are");
	is_int(l->retry_time_ms, 65535, "retry_time");
	is_int(l->expires_overlap_s, 65535, "expires_overlap");
	ok(!l->skip_redundant_failover_addr && l->only_signal_with_registered,
	   "switches");
	is_int(l->register_retry_base_s, 1, "register_retry_base");
	is_int(l->register_retry_max_s, 86400, "register_retry_max");
	is_int(l->race_ms, 100, "race (R-69)");
	is_int(l->calls_max, 1, "calls_max");
	ok(l->subscribe_mwi && l->failback_subscribe &&
	   l->subscribe_mwi_expires_s == 84600, "message waiting (R-58)");
	ok(l->session_timer && l->session_expires_s == 90 &&
	   l->min_se_s == 86400 && l->reliable_provisional &&
	   l->session_refresher == SIP_REFRESHER_UAS,
	   "session timers (R-56)");
	conf_free(&c);
}

/* By Yealink's numbers. */
static void test_failback_modes(void)
{
	static const uint8_t want[] = {
		FO_FAILBACK_REQUESTS, FO_FAILBACK_TTL, FO_FAILBACK_REFRESH,
		FO_FAILBACK_DURATION,
	};
	char line[32];
	struct conf c;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		snprintf(line, sizeof(line), "failback_mode = %u", i);
		ok(load(&c, "yealink", "", line, ""), "%s", line);
		is_int(c.line[0].failback_mode, want[i], "what it is");
		conf_free(&c);
	}
	refused("failback_mode = 4", "f:1: failback_mode: '4' is unknown");
}

/* ---- outbound proxies ---- */

#define REGISTRAR "server { address = pbx.example.com }"
#define PROXY_A "outbound_proxy { address = 192.0.2.8 }"

static bool load_line(struct conf *c, const char *line)
{
	char text[1024], err[512];
	int r;

	snprintf(text, sizeof(text), "line a {\nuser = u\n%s\n}\n", line);
	r = conf_load(c, "f", text, err, sizeof(err));
	if (r)
		printf("# %s\n", err);
	return !r;
}

static void test_proxies(void)
{
	const struct conf_line *l;
	char text[ADDR_STRLEN];
	struct conf c;

	ok(load_line(&c, PROXY_A REGISTRAR "outbound_proxy {\naddress = "
		     "edge.example.com transport = tls tls_name = e.test }"),
	   "a registrar behind two proxies (Y-24)");
	l = c.line;
	ok(l->proxied && l->n_servers == 2 && l->outbound_proxy_route,
	   "the proxies are where requests go");
	is_str(addr_print(&l->server[0].addr, text), "192.0.2.8:5060", "one");
	ok(c.n_hosts == 1 && l->server[1].host == 0 &&
	   !strcmp(c.host[0].name, "edge.example.com") &&
	   c.host[0].transport == TRANSPORT_TLS,
	   "the other; the registrar is not looked up");
	is_str(l->server[1].tls_name, "e.test", "tls_name");
	is_str(l->domain, "pbx.example.com", "the domain is the registrar's");
	is_int(l->failback_interval_s, 1800, "F-57: the same for proxies");
	conf_free(&c);

	ok(load_line(&c, PROXY_A "profile = yealink domain = d.test"),
	   "a domain is enough");
	l = c.line;
	is_str(l->domain, "d.test", "that is it");
	ok(!l->concurrent, "Y-24: successive in spite of the profile");
	is_int(l->failback_interval_s, 3600, "Yealink's interval for proxies");
	conf_free(&c);

	ok(load_line(&c, PROXY_A REGISTRAR "profile = yealink\n"
		     "outbound_proxy_fallback_interval = 1 outbound_proxy_route"
		     " = no registration = successive"), "the line's keys");
	is_int(c.line[0].failback_interval_s, 10, "1..9 are 10");
	ok(!c.line[0].outbound_proxy_route, "outbound_proxy_route");
	conf_free(&c);
	ok(load_line(&c, PROXY_A REGISTRAR "failback_interval = 77 profile = "
		     "yealink outbound_proxy_fallback_interval = -1"),
	   "-1 for the interval");
	is_int(c.line[0].failback_interval_s, 77, "is the line's");
	conf_free(&c);
	ok(load_line(&c, PROXY_A REGISTRAR
		     "outbound_proxy_fallback_interval = 0"), "0 for it");
	is_int(c.line[0].failback_interval_s, 0, "is never (C-33)");
	conf_free(&c);
	ok(load_line(&c, REGISTRAR "profile = yealink"), "without proxies");
	ok(c.line[0].concurrent && !c.line[0].proxied &&
	   c.line[0].failback_interval_s == 120, "nothing of this");
	conf_free(&c);
}

/* -1: sip_server.Y's value for outbound_proxy.Y. */
static void test_inherit(void)
{
	const struct conf_server *s;
	struct conf c;

	ok(load_line(&c, "retry_counts = 9 invite_retry_counts = 8\n"
		     "outbound_proxy { address = 192.0.2.8 retry_counts = 2 }\n"
		     "server { address = 192.0.2.1 expires = 100 }\n"
		     "outbound_proxy { address = 192.0.2.7 expires = -1\n"
		     "retry_counts = -1 invite_retry_counts = -1 }\n"
		     "server { address = 192.0.2.2 expires = 200 retry_counts ="
		     " 7\ninvite_retry_counts = 6 }\n"
		     "outbound_proxy { address = 192.0.2.6 "
		     "invite_retry_counts = 0 }"), "three of two");
	s = c.line[0].server;
	ok(s[0].expires_s == 100 && s[0].retry_counts == 2 &&
	   s[0].invite_retry_counts == 8, "own, and the first server's");
	ok(s[1].expires_s == 200 && s[1].retry_counts == 7 &&
	   s[1].invite_retry_counts == 6, "the second server's");
	ok(s[2].expires_s == 200 && s[2].retry_counts == 7 &&
	   s[2].invite_retry_counts == 0, "and the last one's again");
	conf_free(&c);
	ok(load_line(&c, PROXY_A "domain = d retry_counts = 9"), "no server");
	s = c.line[0].server;
	ok(s[0].expires_s == 3600 && s[0].retry_counts == 9 &&
	   s[0].invite_retry_counts == 3, "the line's");
	conf_free(&c);
}

static void test_proxies_refused(void)
{
	refused(PROXY_A "registration = concurrent", "f:1: registration: "
		"concurrent is not for outbound proxies");
	refused(PROXY_A PROXY_A, "f:1: address: the same server as number 1 of "
		"this line");
	refused("\noutbound_proxy { port = 1 }\nserver { address = ::1 }\n"
		"server { port = 1 }", "f:2: outbound_proxy: address is missing\n"
		"f:4: server: address is missing");
	refused(PROXY_A "server { address = 192.0.2.256 }", "f:1: address: "
		"'192.0.2.256' is neither an address nor a name");
	refused(PROXY_A "server { address = 0.0.0.0 }", "f:1: address: "
		"'0.0.0.0' is no address of a host");
	refused("outbound_proxy { address = p retry_counts = 21 }", "f:1: "
		"retry_counts: 21 is not in -1, 0..20");
	refused("outbound_proxy { address = p retry_counts = -2 }", "f:1: "
		"retry_counts: '-2' is not a number");
	refused("outbound_proxy { address = p tls_name = x }", "f:1: tls_name: "
		"the outbound_proxy's transport is not tls");
	refused("retry_counts = -1", "f:1: retry_counts: '-1' is not a number");
}

/* ---- docs/parameters.md ---- */

enum section { TOP, LINE, SERVER, PROXY, SECTIONS };

static const struct {
	const char *name;
	const struct conf_key *keys;
	size_t n;
} sections[] = {
	[TOP] = { "top", conf_top_keys, CONF_TOP_KEYS },
	[LINE] = { "line", conf_line_keys, CONF_LINE_KEYS },
	[SERVER] = { "server", conf_server_keys, CONF_SERVER_KEYS },
	[PROXY] = { "outbound_proxy", conf_proxy_keys, CONF_PROXY_KEYS },
};

/* | parameter | `key` | section | fanvil | yealink | range | rows | */
struct row {
	char cell[7][160];
};

static bool read_row(struct row *r, const char *text)
{
	size_t i;

	for (i = 0; i < 7; i++) {
		const char *end;

		if (strncmp(text, "| ", 2) != 0)
			return false;
		text += 2;
		end = strstr(text, " |");
		if (!end || (size_t)(end - text) >= sizeof(r->cell[0]))
			return false;
		memcpy(r->cell[i], text, (size_t)(end - text));
		r->cell[i][end - text] = '\0';
		text = end + 1;
	}
	return r->cell[1][0] == '`';
}

static const struct conf_key *key_of(const struct row *r, enum section *where)
{
	size_t s, k;

	for (s = 0; s < SECTIONS; s++) {
		if (strcmp(r->cell[2], sections[s].name) != 0)
			continue;
		for (k = 0; k < sections[s].n; k++) {
			const char *name = sections[s].keys[k].name;

			if (strncmp(r->cell[1] + 1, name, strlen(name)) == 0 &&
			    r->cell[1][strlen(name) + 1] == '`') {
				*where = (enum section)s;
				return &sections[s].keys[k];
			}
		}
	}
	return NULL;
}

/* The default written out makes no difference. */
static void same_default(const struct conf_key *k, enum section where,
			 const char *profile, const char *value)
{
	char set[256], proxy[512] = "";
	struct conf plain, with;
	bool good;

	if (strcmp(value, "–") == 0)
		return;
	snprintf(set, sizeof(set), "%s = '%s'", k->name, value);
	if (where == PROXY)
		strcpy(proxy, "outbound_proxy { address = 192.0.2.9 }");
	if (!load(&plain, profile, "", proxy, ""))
		return;
	if (where == PROXY)
		snprintf(proxy, sizeof(proxy),
			 "outbound_proxy { address = 192.0.2.9 %s }", set);
	else if (where == LINE)
		strcpy(proxy, set);
	good = load(&with, profile, where == TOP ? set : "", proxy,
		    where == SERVER ? set : "");
	if (good) {
		struct conf a = plain, b = with;
		struct conf_line line = with.line[0];

		a.line = b.line = NULL;
		line.text = plain.line[0].text;
		/* NOLINTNEXTLINE(*-memory-comparison,cert-*): all of it */
		good = memcmp(&a, &b, sizeof(a)) == 0 &&
		       /* NOLINTNEXTLINE(*-memory-comparison,cert-*) */
		       memcmp(plain.line, &line, sizeof(line)) == 0;
	}
	ok(good, "%s: default of %s is %s", k->name, profile, value);
	conf_free(&plain);
	conf_free(&with);
}

static void same_range(const struct conf_key *k, const char *cell)
{
	char min[24], max[24];
	const struct conf_choice *c;
	bool good = true;

	snprintf(min, sizeof(min), "%u", k->min);
	snprintf(max, sizeof(max), "..%u", k->max);
	switch (k->kind) {
	case CONF_NUMBER:
		if (k->inherit && strncmp(cell, "-1, ", 4) == 0)
			cell += 4;
		else if (k->inherit)
			good = false;
		good &= strncmp(cell, min, strlen(min)) == 0 &&
			strstr(cell, max);
		break;
	case CONF_BOOL:
		good = strcmp(cell, "0, 1") == 0;
		break;
	case CONF_CHOICE:
		for (c = k->choices; c->text; c++)
			if (!c->refused && !strstr(cell, c->text))
				good = false;
		break;
	case CONF_CODES:
		good = strcmp(cell, "300..699, 3xx..6xx") == 0;
		break;
	case CONF_STRING:
		break;
	}
	ok(good, "%s: range %s", k->name, cell);
}

/* What a client may show beside the field. */
static void has_help(const struct conf_key *k, const char *rows,
		     const char *range)
{
	const char *unit = strrchr(range, ' ');
	size_t len = k->help ? strlen(k->help) : 0;

	ok(k->unit && k->rows && len > 10 && k->help[len - 1] == '.',
	   "%s: has help", k->name);
	is_str(k->rows && *k->rows ? k->rows : "–", rows, "%s: rows", k->name);
	if (k->kind == CONF_NUMBER && unit && strspn(unit + 1, "ms") &&
	    strspn(unit + 1, "ms") == strlen(unit + 1))
		is_str(k->unit, unit + 1, "%s: unit", k->name);
	else
		is_str(k->unit ? k->unit : "", "", "%s: no unit", k->name);
}

static void test_table(void)
{
	bool told[SECTIONS][64] = { { false } };
	FILE *f = fopen(TABLE, "r");
	char text[1024];
	struct row r;
	size_t s, k;

	ok(f != NULL, "open " TABLE);
	while (f && fgets(text, sizeof(text), f)) {
		const struct conf_key *key;
		enum section where = TOP;

		if (!read_row(&r, text))
			continue;
		if (strcmp(r.cell[1], "`profile`") == 0) {
			has_help(&conf_profile_key, r.cell[6], r.cell[5]);
			continue;
		}
		key = key_of(&r, &where);
		if (!ok(key != NULL, "%s is a key of %s", r.cell[1], r.cell[2]))
			continue;
		told[where][key - sections[where].keys] = true;
		same_default(key, where, "fanvil", r.cell[3]);
		same_default(key, where, "yealink", r.cell[4]);
		same_range(key, r.cell[5]);
		if (where != TOP)
			has_help(key, r.cell[6], r.cell[5]);
	}
	if (f)
		fclose(f);
	for (s = 0; s < SECTIONS; s++)
		for (k = 0; k < sections[s].n; k++)
			ok(told[s][k], "%s: in " TABLE,
			   sections[s].keys[k].name);
}

int main(void)
{
	test_codes();
	test_profiles();
	test_failback_modes();
	test_proxies();
	test_inherit();
	test_proxies_refused();
	test_table();
	return tap_done();
}
