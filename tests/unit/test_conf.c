// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* codec/conf: defaults, every key, and each mistake with its exact place. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/conf.h"
#include "codec/conf_schema.h"
#include "tap.h"

#define EXAMPLE "docs/sipoverd.conf.example"

static bool load(struct conf *c, const char *text)
{
	char err[1024];
	int r = conf_load(c, "f", text, err, sizeof(err));

	if (r)
		printf("# %s\n", err);
	return !r && !*err;
}

static void fails(const char *text, const char *want, const char *what)
{
	char err[8192];
	struct conf c;
	int r = conf_load(&c, "f", text, err, sizeof(err));

	if (!ok(r == -EINVAL && strcmp(err, want) == 0, "%s", what))
		printf("# got %d '%s'\n# want '%s'\n", r, err, want);
	ok(!c.line && !c.n_lines, "and there is no struct");
	conf_free(&c);
}

#define LINE "line a {\nuser = u\n"
#define SERVER "server { address = 192.0.2.1 }\n"

static void is_addr(const struct addr *a, const char *text,
		    enum transport transport)
{
	char buf[ADDR_STRLEN];

	is_str(addr_print(a, buf), text, "address %s", text);
	is_int(a->transport, transport, "its transport");
}

static void test_defaults(void)
{
	struct conf c;

	ok(load(&c, LINE SERVER "}"), "the least that is a line");
	is_str(c.control_path, "/run/sipover/control.sock", "control");
	is_str(c.control_group, "", "control_group: none");
	is_str(c.event_log, "/run/sipover/events", "event_log: beside it");
	is_int(c.event_log_kib, 1024, "event_log_size");
	is_int(c.trace_kib, 256, "trace_size");
	is_addr(&c.local4, "0.0.0.0:5060", TRANSPORT_UDP);
	is_addr(&c.local6, "[::]:5060", TRANSPORT_UDP);
	ok(c.t1_ms == 500 && c.t2_ms == 4000 && c.t4_ms == 5000,
	   "timers (R-19, R-23)");
	is_int(c.probe_interval_s, 30, "probe_interval (C-07)");
	is_int(c.options_interval_s, 0, "no OPTIONS as keep-alive (C-07)");
	is_int(c.udp_keepalive, STUNKEEP_OFF, "no UDP keep-alive");
	ok(!c.nat_contact, "Contact is the own address");
	is_int(c.tcp_above, 1300, "larger requests go by TCP (R-25)");
	is_int(c.suspect_after_ms, 0, "no suspicion of late answers (R-70)");
	is_int(c.udp_keepalive_s, 29, "its interval (R-46)");
	is_int(c.ring_size, 0, "ring_size");
	is_int(c.detect, CONF_DETECT_AUTO, "detect");
	is_int(c.log_level, 2, "log_level");
	is_int(c.n_lines, 1, "one line");
	is_str(c.line[0].name, "a", "name");
	is_str(c.line[0].user, "u", "user");
	is_str(c.line[0].domain, "192.0.2.1", "domain: the primary");
	is_str(c.line[0].auth_user, "u", "auth_user: user");
	is_str(c.line[0].password, "", "password");
	is_str(c.line[0].display, "", "display");
	ok(c.line[0].enabled, "enabled");
	ok(c.line[0].register_before_resend, "register_before_resend (C-08)");
	ok(c.line[0].failback, "failback (F-56)");
	is_int(c.line[0].failback_interval_s, 1800, "failback_interval (F-57)");
	ok(!c.line[0].redundancy_with_reg_fail, "redundancy_with_reg_fail");
	is_int(c.line[0].invite_retry_counts, 3, "invite_retry_counts");
	is_int(c.line[0].n_servers, 1, "one server");
	is_addr(&c.line[0].server[0].addr, "192.0.2.1:5060", TRANSPORT_UDP);
	is_int(c.line[0].server[0].expires_s, 3600, "expires (F-51)");
	is_int(c.line[0].server[0].retry_counts, 3, "retry_counts (F-58)");
	conf_free(&c);
	ok(!c.line && !c.n_lines, "conf_free");

	ok(load(&c, "") && !c.n_lines, "an empty file");
	conf_free(&c);
	ok(load(&c, "line a { user = u server { address = '[2001:db8::1]' } }"),
	   "IPv6 primary");
	is_str(c.line[0].domain, "[2001:db8::1]", "its domain");
	conf_free(&c);
}

static void test_keys(void)
{
	struct conf c;

	ok(load(&c, "control = x.sock\r\ncontrol_group = voice event_log = '' event_log_size = 64\n"
		"local_v4 = 127.0.0.1 local_v6 = \"\" port = 0\n"
		"t1 = 10 t2 = 10 t4 = 60000 probe_interval = 0\n"
		"ring_size = 4096 detect = timers log_level = debug\n"
		"options_interval = 3600 udp_keepalive = stun\n"
		"udp_keepalive_interval = 1 suspect_after = 60000\n"
		"nat_contact = yes tcp_above = 65535 trace_size = 4096\n"
		"line 'x y' { profile = yealink user = \"%40+1\" domain = a.b\n"
		"auth_user = 'A $ b' password = '$${HOME}\"\\'' display = \"Z\\\"\\\\\"\n"
		"enabled = no invite_retry_counts = 0 retry_counts = 20\n"
		"redundancy_with_reg_fail = 1\n"
		"server { address = 127.0.0.2 port = 65535 transport = 1\n"
		"expires = 2147483647 retry_counts = 0 }\n"
		"server { transport = tcp address = 127.0.0.2 }\n"
		"server { transport = 0 address = 127.0.0.2 } }\n"
		"line z { user = u failback = off failback_interval = 0\n"
		"register_before_resend = true profile = yealink\n" SERVER "}\n"),
	   "every key at its bound");
	is_str(c.control_path, "x.sock", "control");
	is_str(c.control_group, "voice", "control_group");
	is_str(c.event_log, "", "event_log: none");
	is_int(c.event_log_kib, 64, "event_log_size");
	is_int(c.trace_kib, 4096, "trace_size");
	is_addr(&c.local4, "127.0.0.1:0", TRANSPORT_UDP);
	is_int(c.local6.family, ADDR_NONE, "no IPv6");
	ok(c.t1_ms == 10 && c.t2_ms == 10 && c.t4_ms == 60000, "timers");
	is_int(c.probe_interval_s, 0, "no probes");
	is_int(c.options_interval_s, 3600, "options_interval");
	is_int(c.udp_keepalive, STUNKEEP_STUN, "udp_keepalive");
	is_int(c.udp_keepalive_s, 1, "udp_keepalive_interval");
	is_int(c.suspect_after_ms, 60000, "suspect_after");
	ok(c.nat_contact, "nat_contact");
	is_int(c.tcp_above, 65535, "tcp_above");
	is_int(c.ring_size, 4096, "ring_size");
	is_int(c.detect, CONF_DETECT_TIMERS, "detect");
	is_int(c.log_level, 3, "log_level");
	is_int(c.n_lines, 2, "two lines");
	is_str(c.line[0].name, "x y", "name with a space");
	is_str(c.line[0].user, "%40+1", "user");
	is_str(c.line[0].domain, "a.b", "domain");
	is_str(c.line[0].auth_user, "A $ b", "auth_user");
	is_str(c.line[0].password, "$${HOME}\"'", "password is not expanded");
	is_str(c.line[0].display, "Z\"\\", "display");
	ok(!c.line[0].enabled, "not enabled");
	ok(!c.line[0].register_before_resend, "yealink (C-08)");
	is_int(c.line[0].failback_interval_s, 120, "yealink's probe period");
	ok(c.line[0].redundancy_with_reg_fail, "redundancy_with_reg_fail");
	is_int(c.line[0].invite_retry_counts, 0, "invite_retry_counts");
	is_int(c.line[0].n_servers, 3, "same address, other port or transport");
	is_addr(&c.line[0].server[0].addr, "127.0.0.2:65535", TRANSPORT_TCP);
	is_int(c.line[0].server[0].expires_s, 2147483647, "expires");
	is_int(c.line[0].server[0].retry_counts, 0, "the server's retry_counts");
	is_int(c.line[0].server[1].retry_counts, 20, "the line's retry_counts");
	is_addr(&c.line[0].server[2].addr, "127.0.0.2:5060", TRANSPORT_UDP);
	ok(!c.line[1].failback && !c.line[1].failback_interval_s, "no failback");
	ok(c.line[1].register_before_resend, "profile gives only defaults");
	conf_free(&c);
}

/* C-17: both vendors have a 3, and mean different things by it. */
static void test_yealink_transport(void)
{
	struct conf c;

	ok(load(&c, LINE "profile = yealink\n"
		"server { address = 192.0.2.1 transport = 2 }\n"
		"server { address = 192.0.2.2 transport = 3 }\n"
		"server { address = b.example transport = 2 }\n"
		"server { address = b.example transport = 3 }\n"
		"server { address = 192.0.2.3 transport = 1 }\n"
		"server { address = 192.0.2.4 transport = 0 }\n"
		"server { address = 192.0.2.5 transport = tls }\n}"),
	   "Yealink's numbers of transports (C-17)");
	is_addr(&c.line[0].server[0].addr, "192.0.2.1:5061", TRANSPORT_TLS);
	is_addr(&c.line[0].server[1].addr, "192.0.2.2:5060", TRANSPORT_UDP);
	is_int(c.host[0].transport, TRANSPORT_TLS, "2 of a name");
	is_int(c.host[1].transport, CONF_ANY_TRANSPORT, "3: NAPTR tells");
	is_addr(&c.line[0].server[4].addr, "192.0.2.3:5060", TRANSPORT_TCP);
	is_addr(&c.line[0].server[5].addr, "192.0.2.4:5060", TRANSPORT_UDP);
	is_addr(&c.line[0].server[6].addr, "192.0.2.5:5061", TRANSPORT_TLS);
	conf_free(&c);
	fails(LINE "profile = yealink\n"
	      "server { address = 192.0.2.1 transport = 3\n"
	      "tls_name = x.example }\n}",
	      "f:5: tls_name: the server's transport is not tls",
	      "3 is no TLS there");
}

static void test_tls(void)
{
	struct conf c;

	ok(load(&c, LINE SERVER "}"), "no word about TLS");
	ok(!*c.tls_ca && !*c.tls_certificate && !*c.tls_key, "no files");
	ok(c.tls_verify, "tls_verify");
	is_int(c.keepalive_s, 120, "keepalive_interval (R-45)");
	ok(!c.line[0].server[0].tls_name, "tls_name");
	conf_free(&c);
	ok(load(&c, "tls_ca = /ca tls_certificate = /c tls_key = /k\n"
		"tls_verify = no keepalive_interval = 15\n" LINE
		"server { address = 192.0.2.1 transport = tls }\n"
		"server { address = 192.0.2.1 transport = 3 port = 5060\n"
		"tls_name = sip.example.com }\n"
		"server { address = 192.0.2.1 transport = udp }\n}"),
	   "every key of TLS");
	is_str(c.tls_ca, "/ca", "tls_ca");
	is_str(c.tls_certificate, "/c", "tls_certificate");
	is_str(c.tls_key, "/k", "tls_key");
	ok(!c.tls_verify, "tls_verify");
	is_int(c.keepalive_s, 15, "keepalive_interval");
	is_addr(&c.line[0].server[0].addr, "192.0.2.1:5061", TRANSPORT_TLS);
	is_addr(&c.line[0].server[1].addr, "192.0.2.1:5060", TRANSPORT_TLS);
	is_str(c.line[0].server[1].tls_name, "sip.example.com", "tls_name");
	is_addr(&c.line[0].server[2].addr, "192.0.2.1:5060", TRANSPORT_UDP);
	conf_free(&c);
	fails("tls_certificate = /c\n" LINE SERVER "}",
	      "f:1: tls_certificate and tls_key: one without the other",
	      "a certificate without key");
	fails("t1 = 500\ntls_key = /k\n" LINE SERVER "}",
	      "f:2: tls_certificate and tls_key: one without the other",
	      "a key without certificate");
	fails("keepalive_interval = 14\n" LINE SERVER "}",
	      "f:1: keepalive_interval: 14 is neither 0 nor in 15..3600",
	      "pings faster than their pongs");
	fails(LINE "server { address = 192.0.2.1\ntls_name = a.b }\n}",
	      "f:4: tls_name: the server's transport is not tls",
	      "tls_name without TLS");
	fails(LINE "server { address = 192.0.2.1 transport = tls\n"
	      "tls_name = '*.a.b' }\n}",
	      "f:4: tls_name: is no host name or address",
	      "a wildcard as tls_name");
}

/* The example names every key, and means what its comments say. */
static void test_example(void)
{
	static const struct {
		const struct conf_key *keys;
		size_t n;
	} tables[] = {
		{ conf_top_keys, CONF_TOP_KEYS },
		{ conf_line_keys, CONF_LINE_KEYS },
		{ &conf_profile_key, 1 },
		{ conf_server_keys, CONF_SERVER_KEYS },
	};
	char err[1024], *text, find[64];
	struct conf c, defaults;
	FILE *f = fopen(EXAMPLE, "r");
	unsigned int i, k;
	size_t len;

	ok(f != NULL, "open " EXAMPLE);
	if (!f)
		return;
	text = calloc(1, 65536);
	len = fread(text + 1, 1, 65534, f);
	fclose(f);
	ok(len > 0, "read it");
	text[0] = '\n';
	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		for (k = 0; k < tables[i].n; k++) {
			const char *tabs = i == 0 ? "" : i == 3 ? "\t\t" : "\t";

			snprintf(find, sizeof(find), "\n%s%s = ", tabs,
				 tables[i].keys[k].name);
			ok(strstr(text, find) != NULL, "example has %s",
			   tables[i].keys[k].name);
		}
	}
	free(text);
	is_int(conf_load(&c, EXAMPLE, NULL, err, sizeof(err)), 0,
	       "the example loads");
	is_str(err, "", "without a message");
	load(&defaults, LINE SERVER "}");
	is_str(c.control_path, defaults.control_path, "default control");
	is_str(c.event_log, defaults.event_log, "default event_log");
	ok(addr_equal(&c.local4, &defaults.local4) &&
	   addr_equal(&c.local6, &defaults.local6), "default addresses");
	ok(c.t1_ms == defaults.t1_ms && c.t2_ms == defaults.t2_ms &&
	   c.t4_ms == defaults.t4_ms &&
	   c.probe_interval_s == defaults.probe_interval_s &&
	   c.options_interval_s == defaults.options_interval_s &&
	   c.udp_keepalive == defaults.udp_keepalive &&
	   c.suspect_after_ms == defaults.suspect_after_ms &&
	   c.tcp_above == defaults.tcp_above &&
	   c.nat_contact == defaults.nat_contact &&
	   c.udp_keepalive_s == defaults.udp_keepalive_s &&
	   c.ring_size == defaults.ring_size && c.detect == defaults.detect &&
	   c.event_log_kib == defaults.event_log_kib &&
	   c.trace_kib == defaults.trace_kib &&
	   c.log_level == defaults.log_level &&
	   c.keepalive_s == defaults.keepalive_s, "default numbers");
	ok(!*c.tls_ca && !*c.tls_certificate && !*c.tls_key && c.tls_verify,
	   "default TLS");
	ok(c.line[0].register_before_resend == defaults.line[0].register_before_resend &&
	   c.line[0].failback == defaults.line[0].failback &&
	   c.line[0].failback_interval_s == defaults.line[0].failback_interval_s &&
	   c.line[0].invite_retry_counts == defaults.line[0].invite_retry_counts &&
	   c.line[0].enabled == defaults.line[0].enabled &&
	   c.line[0].server[0].expires_s == defaults.line[0].server[0].expires_s &&
	   c.line[0].server[0].retry_counts == defaults.line[0].server[0].retry_counts,
	   "default line");
	is_str(c.line[0].password, "pa$$word", "password in single quotes");
	is_str(c.line[0].display, "Front \"desk\"", "display");
	is_int(c.line[0].n_servers, 4, "four servers");
	is_addr(&c.line[0].server[1].addr, "[2001:db8::10]:5060", TRANSPORT_TCP);
	conf_free(&c);
	conf_free(&defaults);
}

static void test_text(void)
{
	fails("# c\n/* two\nlines */ t1 = x", "f:3: t1: 'x' is not a number",
	      "lines behind comments");
	fails("// t1 = 1\n\n\tt1 = 1 # x\n", "f:3: t1: 1 is not in 10..5000",
	      "// comment");
	fails("t1 = 500\n/* open\n\n", "f:2: comment is not closed",
	      "open comment");
	fails("control = \"a\nb\"\n", "f:1: string is not closed on its line\n"
	      "f:2: string is not closed on its line", "string over two lines");
	fails("\ncontrol = 'a\n", "f:2: string is not closed on its line",
	      "open '");
	fails("control = \"${HOME}\"", "f:1: '$' is allowed only between single "
	      "quotes", "expansion in \"\"");
	fails("\n\ncontrol = ${HOME}", "f:3: '$' is allowed only between single "
	      "quotes", "expansion without quotes");
	fails("control = \"a\\0b\"", "f:1: only \\\" and \\\\ are known in \"\"",
	      "a string cut by \\0");
	fails("control = \"a\\x00b\"", "f:1: only \\\" and \\\\ are known in \"\"",
	      "a string cut by \\x00");
	fails("line a { user = +49\n" SERVER "}",
	      "f:1: '+' is allowed only between quotes", "+ dropped");
	fails("control = *a", "f:1: '*' is allowed only between quotes",
	      "* dropped");
	fails("control = \x01", "f:1: control character", "control character");
	fails("control = \"a\x01\"", "f:1: control character in a string",
	      "control character in a string");
	fails("control = a\rb", "f:1: control character", "a lone CR");
	fails("control = \"a\rb\"", "f:1: control character in a string",
	      "a lone CR in a string");
}

static void test_syntax(void)
{
	fails("t1 = 500\nt9 = 1\n", "f:2: no such option 't9'", "unknown key");
	fails(LINE SERVER "\nt1 = 1 }", "f:5: no such option 't1'",
	      "key of another section");
	fails(LINE "server {\n user = 1 } }", "f:4: no such option 'user'",
	      "unknown key of a server");
	fails("queue a { }", "f:1: no such option 'queue'", "unknown section");
	fails("t1\n500", "f:2: missing equal sign after option 't1'", "no =");
	fails("t1 = \n= 5", "f:2: unexpected token '='", "no value");
	fails("t1 = { 5 }", "f:1: unexpected token '{'", "a list");
	fails("t1 += 5", "f:1: '+' is allowed only between quotes", "+=");
	fails("}", "f:1: unexpected closing brace", "} without {");
	fails("line { user = u }", "f:1: missing title for section 'line'",
	      "line without a name");
	fails(LINE SERVER, "f:1: section is not closed", "{ without }");
	fails(LINE "server { address = ::1\n", "f:3: section is not closed",
	      "{ without } inside another");
	fails("t1 = ", "f:1: premature end of file", "= without a value");
	fails("t1 = 500\nt2 = 5000\nt1 = 600\n", "f:3: t1: set already on line 1",
	      "key set twice");
	fails(LINE SERVER "user = u }", "f:4: user: set already on line 2",
	      "key of a line set twice");
	fails(LINE SERVER "}\n\n" LINE SERVER "}",
	      "f:6: found duplicate title 'a'", "two lines of one name");
	fails("include(x)", "f:1: no such option 'include'", "include");
}

static void test_top(void)
{
	fails("t1 = 9", "f:1: t1: 9 is not in 10..5000", "t1 too small");
	fails("t1 = 5001 t2 = 6000", "f:1: t1: 5001 is not in 10..5000",
	      "t1 too large");
	fails("t1 = -5", "f:1: t1: '-5' is not a number", "t1 negative");
	fails("t1 = 0x100", "f:1: t1: '0x100' is not a number", "t1 hexadecimal");
	fails("t1 = 99999999999999999999",
	      "f:1: t1: 99999999999999999999 is not in 10..5000", "t1 huge");
	fails("t1 = 1000\nt2 = 999", "f:2: t2: 999 is less than t1 (1000)",
	      "t2 below t1");
	fails("\nt1 = 4500", "f:2: t2: 4000 is less than t1 (4500)",
	      "t1 above the default t2");
	fails("t4 = 60001", "f:1: t4: 60001 is not in 10..60000", "t4");
	fails("port = 65536", "f:1: port: 65536 is not in 0..65535", "port");
	fails("options_interval = 3601",
	      "f:1: options_interval: 3601 is not in 0..3600", "options_interval");
	fails("udp_keepalive = ping",
	      "f:1: udp_keepalive: 'ping' is unknown", "udp_keepalive");
	fails("tcp_above = 199",
	      "f:1: tcp_above: 199 is neither 0 nor in 200..65535",
	      "tcp_above");
	fails("suspect_after = 9",
	      "f:1: suspect_after: 9 is neither 0 nor in 10..60000",
	      "suspect_after");
	fails("udp_keepalive_interval = 0",
	      "f:1: udp_keepalive_interval: 0 is not in 1..3600",
	      "udp_keepalive_interval");
	fails("probe_interval = 3601",
	      "f:1: probe_interval: 3601 is not in 0..3600", "probe_interval");
	fails("ring_size = 4", "f:1: ring_size: 4 is neither 0 nor a power of "
	      "two in 8..4096", "ring_size too small");
	fails("ring_size = 24", "f:1: ring_size: 24 is neither 0 nor a power of "
	      "two in 8..4096", "ring_size no power of two");
	fails("ring_size = 8192", "f:1: ring_size: 8192 is not in 0..4096",
	      "ring_size too large");
	fails("trace_size = 127", "f:1: trace_size: 127 is neither 0 nor in "
	      "128..4096", "too small for a message");
	fails("trace_size = 4097", "f:1: trace_size: 4097 is not in 0..4096",
	      "trace too large");
	fails("event_log_size = 63",
	      "f:1: event_log_size: 63 is not in 64..1048576", "event log too small");
	fails("event_log_size = 1048577",
	      "f:1: event_log_size: 1048577 is not in 64..1048576",
	      "event log too large");
	fails("detect = maybe", "f:1: detect: 'maybe' is unknown", "detect");
	fails("log_level = 3", "f:1: log_level: '3' is unknown", "log_level");
	fails("control = ''", "f:1: control: is empty", "control empty");
	fails("local_v4 = ::1", "f:1: local_v4: '::1' is no IPv4 address of a "
	      "host", "IPv6 as local_v4");
	fails("local_v6 = 127.0.0.1", "f:1: local_v6: '127.0.0.1' is no IPv6 "
	      "address of a host", "IPv4 as local_v6");
	fails("local_v4 = eth0", "f:1: local_v4: 'eth0' is no IPv4 address of a "
	      "host", "a name as local_v4");
	fails("local_v6 = ff02::1", "f:1: local_v6: 'ff02::1' is no IPv6 address"
	      " of a host", "multicast as local_v6");
	fails("local_v4 = ''\nlocal_v6 = ''",
	      "f:2: local_v4 and local_v6 are both empty", "no family");
}

static void test_line(void)
{
	fails("line a {\n" SERVER "}", "f:1: line: user is missing", "no user");
	fails("\nline a\n{ user = u }", "f:3: line: has no server", "no server");
	fails("line '' { user = u\n" SERVER "}",
	      "f:1: line: its name must have 1..63 bytes", "no name");
	fails("line a { user = ''\n" SERVER "}", "f:1: user: is empty",
	      "user empty");
	fails("line a {\n\nuser = 'a@b'\n" SERVER "}", "f:3: user: has a "
	      "character that a SIP URI must escape as %XX", "user with @");
	fails(LINE "domain = 'a b'\n" SERVER "}",
	      "f:3: domain: is no host name or address", "domain");
	fails(LINE "auth_user = 'a\"b'\n" SERVER "}",
	      "f:3: auth_user: must not contain \" or \\", "auth_user");
	fails(LINE "enabled = maybe\n" SERVER "}",
	      "f:3: enabled: 'maybe' is neither true nor false", "bool");
	fails(LINE "profile = acme\n" SERVER "}",
	      "f:3: profile: 'acme' is unknown", "profile");
	fails(LINE "retry_counts = 21\n" SERVER "}",
	      "f:3: retry_counts: 21 is not in 0..20", "retry_counts (Y-18)");
	fails(LINE "invite_retry_counts = 21\n" SERVER "}",
	      "f:3: invite_retry_counts: 21 is not in 0..20",
	      "invite_retry_counts");
	fails(LINE "failback_interval = 9\n" SERVER "}", "f:3: failback_interval:"
	      " 9 is neither 0 nor in 10..65535", "failback_interval (C-33)");
	fails(LINE "failback_interval = 65536\n" SERVER "}",
	      "f:3: failback_interval: 65536 is not in 0..65535",
	      "failback_interval too large");
	fails("line a { user = 0123456789012345678901234567890123456789012345678"
	      "901234567890123\n" SERVER "}", "f:1: user: longer than 63 bytes",
	      "user of 64 bytes");
}

static void test_names(void)
{
	struct conf c;

	ok(load(&c, "dns = {127.0.0.1, \"[2001:db8::53]:5353\"}\n"
		"static = {\n'a.example A 127.0.0.1',\n"
		"'a.example NAPTR 1 1 \"s\" \"SIP+D2U\" \"\" b.example' }\n"
		LINE "server { address = Sip.Example.com }\n"
		"server { address = sip.example.com\ntransport = tcp }\n"
		"server { address = b.example port = 5060 }\n}\n"
		"line b {\nuser = u\nserver { address = b.example port = 5060 }\n"
		"}"), "names, name servers, static records");
	is_int(c.n_dns, 2, "dns");
	is_addr(&c.dns[0], "127.0.0.1:0", TRANSPORT_UDP);
	is_addr(&c.dns[1], "[2001:db8::53]:5353", TRANSPORT_UDP);
	ok(c.n_static == 2 && c.static_rr[1].rr.type == RR_NAPTR, "static");
	is_int(c.n_hosts, 3, "each name once, in all lines");
	is_str(c.host[0].name, "sip.example.com", "a name (F-49)");
	ok(!c.host[0].port && c.host[0].transport == CONF_ANY_TRANSPORT,
	   "neither port nor transport is given");
	ok(!c.host[1].port && c.host[1].transport == TRANSPORT_TCP,
	   "a transport is");
	ok(c.host[2].port == 5060 && c.host[2].transport == CONF_ANY_TRANSPORT,
	   "a port is");
	ok(c.line[0].server[0].addr.family == ADDR_NONE &&
	   c.line[1].server[0].host == 2, "and who has it");
	is_str(c.line[0].domain, "sip.example.com", "the domain's default");
	conf_free(&c);

	fails("dns = {x}\n" LINE SERVER "}",
	      "f:1: dns: 'x' is no address of a name server", "dns: a name");
	fails("dns = {\"127.0.0.1:0\"}\n" LINE SERVER "}",
	      "f:1: dns: '127.0.0.1:0' is no address of a name server",
	      "dns: port 0");
	fails("dns = {\"2001:db8::1:99999\"}\n" LINE SERVER "}",
	      "f:1: dns: '2001:db8::1:99999' is no address of a name server",
	      "dns: no port");
	fails("dns = {1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4, 1.1.1.5}\n"
	      LINE SERVER "}", "f:1: dns: more than 4 name servers", "dns: 5");
	fails("static = {'a.example MX b.example'}\n" LINE SERVER "}",
	      "f:1: static: 'a.example MX b.example' is of another type than "
	      "A, AAAA, SRV and NAPTR", "static: MX");
}

static void test_server(void)
{
	fails(LINE "server { port = 5060 }\n}", "f:3: server: address is missing",
	      "no address");
	fails(LINE "server {\naddress = 'sip example.com' }\n}",
	      "f:4: address: 'sip example.com' is neither an address nor a name",
	      "no name");
	fails(LINE "server { address = 192.0.2.256 }\n}",
	      "f:3: address: '192.0.2.256' is neither an address nor a name",
	      "no address");
	fails(LINE "server { address = sip_a.example.com }\n}",
	      "f:3: address: 'sip_a.example.com' is neither an address nor a name",
	      "an underscore in a name");
	fails(LINE "server { address = a.example }\nserver { address = b.example }"
	      "\nserver { address = A.example. }\n}",
	      "f:5: address: the same server as number 1 of this line",
	      "the same name twice");
	fails(LINE "server { address = 0.0.0.0 }\n}",
	      "f:3: address: '0.0.0.0' is no address of a host", "0.0.0.0");
	fails(LINE "server { address = 224.0.1.75 }\n}",
	      "f:3: address: '224.0.1.75' is no address of a host", "multicast");
	fails(LINE "server { address = 192.0.2.1 port = 0 }\n}",
	      "f:3: port: 0 is not in 1..65535", "port 0");
	fails(LINE "server { address = 192.0.2.1\ntransport = 2 }\n}",
	      "f:4: transport: 2 is no transport (0 or udp, 1 or tcp, 3 or tls)",
	      "transport 2 (C-17)");
	fails(LINE "server { address = 192.0.2.1\ntransport = sctp }\n}",
	      "f:4: transport: 'sctp' is unknown", "sctp");
	fails(LINE "server { address = 192.0.2.1 expires = 0 }\n}",
	      "f:3: expires: 0 is not in 1..2147483647", "expires");
	fails(LINE SERVER SERVER "}",
	      "f:4: address: the same server as number 1 of this line",
	      "a server twice");
	fails("local_v6 = ''\n" LINE "server { address = ::1 }\n}",
	      "f:4: address: '::1' cannot be reached, local_v6 is empty",
	      "IPv6 server without IPv6");
	fails("local_v4 = ''\n" LINE SERVER "}",
	      "f:4: address: '192.0.2.1' cannot be reached, local_v4 is empty",
	      "IPv4 server without IPv4");
	fails(LINE "server { address = 192.0.2.1 }\nserver { address = 192.0.2.2 }\n"
	      "server { address = 192.0.2.3 }\nserver { address = 192.0.2.4 }\n"
	      "server { address = 192.0.2.5 }\nserver { address = 192.0.2.6 }\n"
	      "server { address = 192.0.2.7 }\nserver { address = 192.0.2.8 }\n"
	      "server { address = 192.0.2.9 }\n}",
	      "f:11: server: more than 8 in a line", "nine servers");
}

/* The second section's places are not those of the first. */
static void test_several(void)
{
	char small[40];
	struct conf c;

	fails(LINE SERVER "}\n"
	      "line b {\n"
	      "	user = u\n"
	      "	server {\n"
	      "		address = x_\n"
	      "		transport = x\n"
	      "	}\n"
	      "	server {\n"
	      "	}\n"
	      "}\n"
	      "line c {\n"
	      "}\n"
	      "t1 = 1\n",
	      "f:8: address: 'x_' is neither an address nor a name\n"
	      "f:9: transport: 'x' is unknown\n"
	      "f:11: server: address is missing\n"
	      "f:14: line: user is missing\n"
	      "f:14: line: has no server\n"
	      "f:16: t1: 1 is not in 10..5000", "several mistakes");
	is_int(conf_load(&c, "f", "t1 = 1\nt2 = x\n", small, sizeof(small)),
	       -EINVAL, "messages that do not fit");
	is_str(small, "f:1: t1: 1 is not in 10..5000", "end with a whole one");
	is_int(conf_load(&c, "f", "t1 = 1", NULL, 0), -EINVAL, "none wanted");
	ok(load(&c, LINE SERVER "}"), "a good file after bad ones");
	conf_free(&c);
}

/* More than are kept: the first ones, whatever was allocated where. */
static void test_many(void)
{
	char text[2048] = "", err[8192];
	const char *last;
	struct conf c;
	size_t at = 0;
	int i;

	for (i = 0; i < 20; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "log_level = info\n");
	for (i = 0; i < 20; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "control = x\n");
	is_int(conf_load(&c, "f", text, err, sizeof(err)), -EINVAL,
	       "38 mistakes");
	last = strrchr(err, '\n');
	is_str(last ? last + 1 : err, "f:34: control: set already on line 33",
	       "the first 32 are told");
}

static void test_files(void)
{
	char err[256];
	struct conf c;

	is_int(conf_load(&c, "/nonexistent/x", NULL, err, sizeof(err)), -ENOENT,
	       "no file");
	is_str(err, "/nonexistent/x:0: No such file or directory", "says so");
	is_int(conf_load(&c, "/", NULL, err, sizeof(err)), -EISDIR,
	       "a directory");
	is_str(err, "/:0: Is a directory", "says so");
}

/* What an operator may hand over by mistake: some other, huge file. */
static void test_too_large(void)
{
	char name[] = "/tmp/sipover-conf-XXXXXX", err[256], want[256];
	int fd = mkstemp(name);
	struct conf c;

	ok(fd >= 0 && !ftruncate(fd, (16 << 20) + 1), "a file over 16 MiB");
	is_int(conf_load(&c, name, NULL, err, sizeof(err)), -EFBIG, "is refused");
	snprintf(want, sizeof(want), "%s:0: File too large", name);
	is_str(err, want, "says so");
	close(fd);
	unlink(name);
}

static void test_too_long(void)
{
	char text[2048];

	memset(text, 'x', sizeof(text));
	strcpy(text, "t1 = ");
	text[5] = 'x';
	strcpy(text + 1500, "\n");
	fails(text, "f:1: word is too long", "a word of 1500 bytes");
	text[5] = text[1499] = '"';
	fails(text, "f:1: string is too long", "a string of 1500 bytes");
}

/* The first 32 mistakes are told, the rest is not lost on the result. */
static void test_many_mistakes(void)
{
	char err[8192], text[2048] = "";
	unsigned int lines = 1;
	struct conf c;
	const char *at;
	int i, n = 0;

	for (i = 0; i < 40; i++)
		n += sprintf(text + n, "control = \x01\n");
	is_int(conf_load(&c, "f", text, err, sizeof(err)), -EINVAL, "40 mistakes");
	for (at = err; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	is_int(lines, 32, "32 are told");
	ok(!strncmp(err, "f:1: ", 5) && strstr(err, "\nf:32: "), "in order");
}

static void test_many_lines(void)
{
	char *text = malloc(1 << 20), err[256];
	unsigned int i;
	struct conf c;
	int n = 0;

	for (i = 0; i < 3000; i++)
		n += sprintf(text + n, "line l%u {\nuser = u%u\nserver { address ="
			     " 192.0.2.1 }\nserver { address = 192.0.2.2 }\n}\n",
			     i, i);
	is_int(conf_load(&c, "f", text, err, sizeof(err)), 0, "3000 lines");
	ok(c.n_lines == 3000 && strcmp(c.line[2999].user, "u2999") == 0,
	   "all are there");
	conf_free(&c);
	sprintf(text + n, "line x {\n}\n");
	is_int(conf_load(&c, "f", text, err, sizeof(err)), -EINVAL, "and a bad one");
	is_str(err, "f:15001: line: user is missing\n"
	       "f:15001: line: has no server", "at its place");
	free(text);
}

static void test_too_many_lines(void)
{
	char *text = malloc(1 << 20), err[256];
	unsigned int i;
	struct conf c;
	int n = 0;

	for (i = 0; i <= CONF_LINES_MAX; i++)
		n += sprintf(text + n, "line l%u { }\n", i);
	is_int(conf_load(&c, "f", text, err, sizeof(err)), -EINVAL,
	       "a line more than there may be");
	is_str(err, "f:0: more than 10000 lines", "says so");
	free(text);
}

/* Any cut of a file that uses everything is refused or loads; none crashes. */
static void test_truncated(void)
{
	static const char text[] = "t1 = 600 # c\n/* c */ line \"a b\" {\n"
		"user = 'u' server { address = ::1 transport = tcp }\n"
		"display = \"x\\\"y\" }\nlog_level = info\n";
	size_t i, good = 0;
	char err[1024];
	struct conf c;

	for (i = 0; i < sizeof(text); i++) {
		char *cut = strndup(text, i);
		int r = conf_load(&c, "f", cut, err, sizeof(err));

		if (!r)
			good++;
		else if (r != -EINVAL || strncmp(err, "f:", 2) != 0)
			ok(false, "cut at %zu: %d %s", i, r, err);
		conf_free(&c);
		free(cut);
	}
	ok(good > 10 && good < sizeof(text) / 2, "%zu of %zu cuts load", good,
	   sizeof(text));
}

int main(void)
{
	test_defaults();
	test_keys();
	test_tls();
	test_yealink_transport();
	test_example();
	test_text();
	test_syntax();
	test_top();
	test_line();
	test_names();
	test_server();
	test_several();
	test_many();
	test_files();
	test_too_large();
	test_too_long();
	test_many_mistakes();
	test_many_lines();
	test_too_many_lines();
	test_truncated();
	return tap_done();
}
