// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_schema.h"

#include <stdlib.h>
#include <string.h>

#include "../core/sipmsg.h"

/* The vendors' defaults: requirements F-51, F-54..F-58 and C-08; Yealink's
 * retry counts (Y-18), its probe period when registration is successive; the
 * codes of F-11, F-12 and Y-06. */
const struct conf_defaults conf_profiles[] = {
	[CONF_PROFILE_FANVIL] = {
		.register_before_resend = true,
		.failback = true,
		.redundancy_with_reg_fail = false,
		.retry_counts = 3,
		.invite_retry_counts = 3,
		.failback_subscribe = true,
		.failback_interval = 1800,
		.proxy_interval = CONF_INHERIT,
		.expires = 3600,
		.register_codes = { { 500, 503 } },
		.invite_codes = { { 503 } },
		.bye_codes = { { 503 } },
	},
	[CONF_PROFILE_YEALINK] = {
		.register_before_resend = false,
		.failback = true,
		.redundancy_with_reg_fail = false,
		.retry_counts = 3,
		.invite_retry_counts = 3,
		.failback_interval = 120,
		.proxy_interval = 3600,
		.expires = 3600,
		.skip_redundant_failover_addr = true,
		.failback_mode = FO_FAILBACK_REQUESTS,
		.failback_when_idle = true,
		.concurrent = true,
		.register_codes = { { 500, 503 } },
		.invite_codes = { { 503 } },
		.bye_codes = { { 503 } },
	},
};

static const struct conf_choice detects[] = {
	{ "auto", CONF_DETECT_AUTO, NULL },
	{ "module", CONF_DETECT_MODULE, NULL },
	{ "sockets", CONF_DETECT_SOCKETS, NULL },
	{ "timers", CONF_DETECT_TIMERS, NULL },
	{ NULL, 0, NULL },
};

static const struct conf_choice keepalives[] = {
	{ "off", STUNKEEP_OFF, NULL },
	{ "crlf", STUNKEEP_CRLF, NULL },
	{ "stun", STUNKEEP_STUN, NULL },
	{ NULL, 0, NULL },
};

static const struct conf_choice log_levels[] = {
	{ "error", 0, NULL },
	{ "warning", 1, NULL },
	{ "info", 2, NULL },
	{ "debug", 3, NULL },
	{ NULL, 0, NULL },
};

static const struct conf_choice profile_names[] = {
	{ "fanvil", CONF_PROFILE_FANVIL, NULL },
	{ "yealink", CONF_PROFILE_YEALINK, NULL },
	{ NULL, 0, NULL },
};

static const struct conf_choice counts[] = {
	{ "retransmissions", CONF_RETRANSMISSIONS, NULL },
	{ "attempts", CONF_ATTEMPTS, NULL },
	{ NULL, 0, NULL },
};

/* Y-25, Y-29; Yealink's fallback.redundancy_type. */
static const struct conf_choice registrations[] = {
	{ "concurrent", true, NULL },
	{ "0", true, NULL },
	{ "successive", false, NULL },
	{ "1", false, NULL },
	{ NULL, 0, NULL },
};

/* Fanvil's way, and Yealink's four by name and number. */
static const struct conf_choice failbacks[] = {
	{ "probe", FO_FAILBACK_PROBE, NULL },
	{ "newRequests", FO_FAILBACK_REQUESTS, NULL },
	{ "0", FO_FAILBACK_REQUESTS, NULL },
	{ "DNSTTL", FO_FAILBACK_TTL, NULL },
	{ "1", FO_FAILBACK_TTL, NULL },
	{ "registration", FO_FAILBACK_REFRESH, NULL },
	{ "2", FO_FAILBACK_REFRESH, NULL },
	{ "duration", FO_FAILBACK_DURATION, NULL },
	{ "3", FO_FAILBACK_DURATION, NULL },
	{ NULL, 0, NULL },
};

static const struct conf_choice refreshers[] = {
	{ "uac", SIP_REFRESHER_UAC, NULL },
	{ "0", SIP_REFRESHER_UAC, NULL },
	{ "uas", SIP_REFRESHER_UAS, NULL },
	{ "1", SIP_REFRESHER_UAS, NULL },
	{ NULL, 0, NULL },
};

/* F-52.  What 2 and 3 are depends on the line's profile (C-17). */
static const struct conf_choice transports[] = {
	{ "udp", TRANSPORT_UDP, NULL },
	{ "0", TRANSPORT_UDP, NULL },
	{ "tcp", TRANSPORT_TCP, NULL },
	{ "1", TRANSPORT_TCP, NULL },
	{ "tls", TRANSPORT_TLS, NULL },
	{ "2", CONF_TRANSPORT_2, NULL },
	{ "3", CONF_TRANSPORT_3, NULL },
	{ NULL, 0, NULL },
};

static const char *check_ring(const char *value)
{
	unsigned long v = strtoul(value, NULL, 10);

	return v & (v - 1) || (v && v < 8) ? "is neither 0 nor a power of two "
					     "in 8..4096" : NULL;
}

/* The longest message must fit. */
static const char *check_trace(const char *value)
{
	unsigned long v = strtoul(value, NULL, 10);

	return v && v < 128 ? "is neither 0 nor in 128..4096" : NULL;
}

/* less than the kernel's own delays is no sign of anything. */
static const char *check_suspect(const char *value)
{
	unsigned long v = strtoul(value, NULL, 10);

	return v && v < 10 ? "is neither 0 nor in 10..60000" : NULL;
}

/* */
static const char *check_race(const char *value)
{
	unsigned long v = strtoul(value, NULL, 10);

	return v && v < 100 ? "is neither 0 nor in 100..2000" : NULL;
}

/* any path takes 200 bytes. */
static const char *check_above(const char *value)
{
	unsigned long v = strtoul(value, NULL, 10);

	return v && v < 200 ? "is neither 0 nor in 200..65535" : NULL;
}

/* C-33: 0 is "never by time". */
static const char *check_interval(const char *value)
{
	unsigned long v = strtoul(value, NULL, 10);

	return v && v < 10 ? "is neither 0 nor in 10..65535" : NULL;
}

/* A pong has 10 s. */
static const char *check_keepalive(const char *value)
{
	unsigned long v = strtoul(value, NULL, 10);

	return v && v < 15 ? "is neither 0 nor in 15..3600" : NULL;
}

/* The user part of a SIP URI (RFC 3261 25.1), % for escapes. */
static const char *check_user(const char *value)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.!~*'()&=+$,;?/%";

	return value[strspn(value, allowed)] ?
	       "has a character that a SIP URI must escape as %XX" : NULL;
}

static const char *check_domain(const char *value)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ-.[]:";

	return value[strspn(value, allowed)] ? "is no host name or address"
					     : NULL;
}

/* It stands between quotes in Authorization. */
static const char *check_auth_user(const char *value)
{
	return strpbrk(value, "\"\\") ? "must not contain \" or \\" : NULL;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): names and initialisers */
#define FIELD(type, member) \
	.off = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define STRING(key, type, member, shortest, check_, ...) \
	{ .name = key, .kind = CONF_STRING, FIELD(type, member), \
	  .min = shortest, .check = check_, __VA_ARGS__ }
#define NUMBER(key, type, member, min_, max_, ...) \
	{ .name = key, .kind = CONF_NUMBER, FIELD(type, member), \
	  .min = min_, .max = max_, __VA_ARGS__ }
#define NUMBER_CHECKED(key, type, member, min_, max_, check_, ...) \
	{ .name = key, .kind = CONF_NUMBER, FIELD(type, member), \
	  .min = min_, .max = max_, .check = check_, __VA_ARGS__ }
#define NUMBER_INHERITED(key, type, member, min_, max_, ...) \
	{ .name = key, .kind = CONF_NUMBER, FIELD(type, member), \
	  .min = min_, .max = max_, .inherit = true, __VA_ARGS__ }
#define BOOL(key, type, member, ...) \
	{ .name = key, .kind = CONF_BOOL, FIELD(type, member), __VA_ARGS__ }
#define CHOICE(key, type, member, choices_, ...) \
	{ .name = key, .kind = CONF_CHOICE, FIELD(type, member), \
	  .choices = choices_, __VA_ARGS__ }
#define CODES(key, type, member, ...) \
	{ .name = key, .kind = CONF_CODES, FIELD(type, member), __VA_ARGS__ }
#define HELP(unit_, rows_, help_) \
	.unit = unit_, .rows = rows_, .help = help_
#define SECRET .secret = true
#define HOST .host = true
/* NOLINTEND(bugprone-macro-parentheses) */

const struct conf_key conf_top_keys[CONF_TOP_KEYS] = {
	STRING("control", struct conf_top_in, c.control_path, 1, NULL),
	STRING("control_group", struct conf_top_in, c.control_group, 0, NULL),
	STRING("event_log", struct conf_top_in, c.event_log, 0, NULL),
	NUMBER("event_log_size", struct conf_top_in, c.event_log_kib, 64,
	       1048576),
	STRING("local_v4", struct conf_top_in, local4, 0, NULL),
	STRING("local_v6", struct conf_top_in, local6, 0, NULL),
	NUMBER("port", struct conf_top_in, port, 0, 65535),
	NUMBER("t1", struct conf_top_in, c.t1_ms, 10, 5000),
	NUMBER("t2", struct conf_top_in, c.t2_ms, 10, 60000),
	NUMBER("t4", struct conf_top_in, c.t4_ms, 10, 60000),
	NUMBER("probe_interval", struct conf_top_in, c.probe_interval_s, 0, 3600),
	NUMBER("options_interval", struct conf_top_in, c.options_interval_s, 0,
	       3600),
	CHOICE("udp_keepalive", struct conf_top_in, c.udp_keepalive,
	       keepalives),
	NUMBER("udp_keepalive_interval", struct conf_top_in,
	       c.udp_keepalive_s, 1, 3600),
	BOOL("nat_contact", struct conf_top_in, c.nat_contact),
	NUMBER_CHECKED("suspect_after", struct conf_top_in,
		       c.suspect_after_ms, 0, 60000, check_suspect),
	NUMBER_CHECKED("tcp_above", struct conf_top_in, c.tcp_above, 0, 65535,
		       check_above),
	NUMBER_CHECKED("ring_size", struct conf_top_in, c.ring_size, 0, 4096,
		       check_ring),
	NUMBER_CHECKED("trace_size", struct conf_top_in, c.trace_kib, 0, 4096,
		       check_trace),
	CHOICE("detect", struct conf_top_in, c.detect, detects),
	CHOICE("log_level", struct conf_top_in, c.log_level, log_levels),
	STRING("tls_ca", struct conf_top_in, c.tls_ca, 0, NULL),
	STRING("tls_certificate", struct conf_top_in, c.tls_certificate, 0, NULL),
	STRING("tls_key", struct conf_top_in, c.tls_key, 0, NULL),
	BOOL("tls_verify", struct conf_top_in, c.tls_verify),
	NUMBER_CHECKED("keepalive_interval", struct conf_top_in, c.keepalive_s,
		       0, 3600, check_keepalive),
	NUMBER("startup_jitter", struct conf_top_in, c.startup_jitter_s, 0, 60),
	NUMBER("register_rate", struct conf_top_in, c.register_rate, 0, 100000),
	STRING("state_dir", struct conf_top_in, c.state_dir, 0, NULL),
};

const struct conf_key conf_line_keys[CONF_LINE_KEYS] = {
	STRING("user", struct conf_line_in, l.user, 1, check_user,
	       HELP("", "",
	       "User part of the line's address.")),
	STRING("domain", struct conf_line_in, l.domain, 1, check_domain, HOST,
	       HELP("", "",
	       "Domain of the line's address; without it the first "
	       "server's address.")),
	STRING("auth_user", struct conf_line_in, l.auth_user, 1, check_auth_user,
	       HELP("", "R-53",
	       "User name for digest authentication; without it the "
	       "user.")),
	STRING("password", struct conf_line_in, l.password, 0, NULL, SECRET,
	       HELP("", "R-53",
	       "Password for digest authentication.")),
	STRING("display", struct conf_line_in, l.display, 0, NULL,
	       HELP("", "",
	       "Name shown to the called party.")),
	BOOL("enabled", struct conf_line_in, l.enabled,
	       HELP("", "",
	       "Whether the line registers.")),
	BOOL("register_before_resend", struct conf_line_in,
	     l.register_before_resend,
	       HELP("", "C-08, F-31",
	       "Whether the line registers at the backup before an "
	       "INVITE or BYE is sent again there.")),
	NUMBER("retry_counts", struct conf_line_in, retry_counts, 0, 20,
	       HELP("", "F-58, Y-18",
	       "Retransmissions of a request before the next server "
	       "is tried, unless it is the last one; the default of "
	       "the line's servers.")),
	NUMBER("invite_retry_counts", struct conf_line_in, l.invite_retry_counts, 0,
	       20,
	       HELP("", "Y-18",
	       "The same for INVITE.")),
	BOOL("failback", struct conf_line_in, l.failback,
	       HELP("", "F-56",
	       "Whether the line returns to its primary server by "
	       "itself.")),
	NUMBER_CHECKED("failback_interval", struct conf_line_in,
		       l.failback_interval_s, 0, 65535, check_interval,
	       HELP("s", "F-57, C-33",
	       "Seconds between the REGISTERs that ask the primary "
	       "whether it is back: 10 and more, or 0 for never by "
	       "time.")),
	BOOL("redundancy_with_reg_fail", struct conf_line_in,
	     l.redundancy_with_reg_fail,
	       HELP("", "C-32",
	       "Whether a rejected REGISTER tries the next server "
	       "too.")),
	CODES("register_failover_codes", struct conf_line_in, l.register_codes,
	       HELP("", "C-03, F-11, F-12",
	       "Answers with which a REGISTER goes on to the next "
	       "server: up to 8 of 300..699, or a class (5xx).")),
	CODES("invite_failover_codes", struct conf_line_in, l.invite_codes,
	       HELP("", "C-03, Y-06",
	       "Answers with which an INVITE goes on to the next "
	       "server.")),
	CODES("bye_failover_codes", struct conf_line_in, l.bye_codes,
	       HELP("", "C-03",
	       "Answers with which a BYE goes on to the next server.")),
	CHOICE("retry_counts_are", struct conf_line_in, l.retry_counts_are,
	       counts,
	       HELP("", "C-02",
	       "What a count of N is: N retransmissions after the "
	       "first transmission, or N attempts in all.")),
	NUMBER("retry_time", struct conf_line_in, l.retry_time_ms, 0, 65535,
	       HELP("ms", "F-26, C-10",
	       "Milliseconds after which the next server is tried, "
	       "whatever the counts say; 0 for the counts alone.")),
	NUMBER("expires_overlap", struct conf_line_in, l.expires_overlap_s, 1,
	       65535,
	       HELP("s", "R-08",
	       "Seconds before the end of a registration at which it "
	       "is renewed, but not before half of its time.")),
	BOOL("skip_redundant_failover_addr", struct conf_line_in,
	     l.skip_redundant_failover_addr,
	       HELP("", "Y-33",
	       "Whether a request goes on only to servers with "
	       "another IP address.")),
	BOOL("only_signal_with_registered", struct conf_line_in,
	     l.only_signal_with_registered,
	       HELP("", "Y-33",
	       "Whether requests go only to a server at which the "
	       "line is registered.")),
	NUMBER_CHECKED("race", struct conf_line_in, l.race_ms, 0, 2000,
		       check_race,
	       HELP("ms", "R-69",
	       "When the first server does not answer the first "
	       "REGISTER for so many milliseconds, the second one is "
	       "asked beside it: 100 and more, or 0 for no; with "
	       "concurrent registration and failback.")),
	NUMBER("register_retry_base", struct conf_line_in,
	       l.register_retry_base_s, 1, 1800,
	       HELP("s", "R-47, C-23",
	       "Seconds of the first pause after all servers failed "
	       "to register the line; it doubles.")),
	NUMBER("register_retry_max", struct conf_line_in,
	       l.register_retry_max_s, 1, 86400,
	       HELP("s", "R-47, C-23",
	       "Seconds of the longest pause after all servers "
	       "failed to register the line.")),
	BOOL("outbound", struct conf_line_in, l.outbound,
	       HELP("", "R-43",
	       "Whether the line's registrations are numbered flows "
	       "of RFC 5626 (reg-id); servers that share their "
	       "registrations must know it too.")),
	NUMBER("calls_max", struct conf_line_in, l.calls_max, 1, FO_CALLS_MAX,
	       HELP("", "C-09",
	       "How many calls the line has at once.")),
	BOOL("session_timer", struct conf_line_in, l.session_timer,
	       HELP("", "R-56",
	       "Whether calls ask for a session timer (RFC 4028), "
	       "which finds a server that died during a call.")),
	BOOL("reliable_provisional", struct conf_line_in,
	     l.reliable_provisional,
	       HELP("", "R-57",
	       "Whether the far end may send provisional responses "
	       "that are to be acknowledged (PRACK, RFC 3262).")),
	NUMBER("session_expires", struct conf_line_in, l.session_expires_s,
	       SESSION_MIN_S, 86400,
	       HELP("s", "R-56",
	       "Seconds of the session timer that calls ask for.")),
	NUMBER("min_se", struct conf_line_in, l.min_se_s, SESSION_MIN_S, 86400,
	       HELP("s", "R-56",
	       "The shortest session timer that is accepted.")),
	CHOICE("session_refresher", struct conf_line_in, l.session_refresher,
	       refreshers,
	       HELP("", "R-56",
	       "Who refreshes the session: the caller (uac) or the "
	       "callee (uas).")),
	CHOICE("failback_mode", struct conf_line_in, l.failback_mode, failbacks,
	       HELP("", "Y-33, F-44, C-13",
	       "What else brings the line back than signs that the "
	       "primary is back.")),
	BOOL("failback_when_idle", struct conf_line_in, l.failback_when_idle,
	       HELP("", "C-13",
	       "Whether the return waits until there is no call; "
	       "newRequests does not.")),
	NUMBER("failback_timeout", struct conf_line_in, l.failback_timeout_s, 0,
	       65535,
	       HELP("s", "Y-33",
	       "Seconds for the failback mode duration; 0 for never "
	       "by time, 1 to 59 are 60.")),
	CHOICE("registration", struct conf_line_in, l.concurrent, registrations,
	       HELP("", "Y-25..Y-32",
	       "Registered at one server at a time, or at the second "
	       "one as well while the first works.")),
	NUMBER_INHERITED("outbound_proxy_fallback_interval",
			 struct conf_line_in, proxy_interval, 0, 65535,
	       HELP("s", "Y-24, Y-33, F-57",
	       "With outbound proxies: seconds between the REGISTERs "
	       "that ask the first of them whether it is back; 0 for "
	       "never by time, 1 to 9 are 10, -1 for "
	       "failback_interval.")),
	BOOL("outbound_proxy_route", struct conf_line_in,
	     l.outbound_proxy_route,
	       HELP("", "Y-24",
	       "Whether a Route names the outbound proxy in REGISTER "
	       "and INVITE.")),
	BOOL("subscribe_mwi", struct conf_line_in, l.subscribe_mwi,
	       HELP("", "R-58",
	       "Whether the line subscribes to its mailbox's message "
	       "summary (RFC 3842).")),
	NUMBER("subscribe_mwi_expires", struct conf_line_in,
	       l.subscribe_mwi_expires_s, 1, 84600,
	       HELP("s", "R-58",
	       "Lifetime of that subscription in seconds.")),
	BOOL("failback_subscribe", struct conf_line_in, l.failback_subscribe,
	       HELP("", "C-20",
	       "Whether it subscribes anew at once when the line "
	       "works at another server, and back.")),
};

const struct conf_key conf_profile_key =
	CHOICE("profile", struct conf_line_in, profile, profile_names,
	       HELP("", "C-22",
	       "Whose phone it is like: the defaults of the other "
	       "keys."));

const struct conf_key conf_server_keys[CONF_SERVER_KEYS] = {
	STRING("address", struct conf_server_in, address, 1, NULL, HOST,
	       HELP("", "F-49, F-53",
	       "IPv4 or IPv6 address, or a name that stands for all "
	       "its addresses.")),
	NUMBER("port", struct conf_server_in, port, 1, 65535,
	       HELP("", "F-50, F-54",
	       "Port of the server; without it 5060, with TLS 5061, "
	       "of a name what its records say.")),
	CHOICE("transport", struct conf_server_in, transport, transports,
	       HELP("", "F-52, F-55, C-17",
	       "How messages are sent to it; without it udp, of a "
	       "name what its records say.")),
	NUMBER("expires", struct conf_server_in, expires, 1, INT32_MAX,
	       HELP("s", "F-51, F-54",
	       "Lifetime of a registration asked for there, in "
	       "seconds.")),
	NUMBER("retry_counts", struct conf_server_in, retry_counts, 0, 20,
	       HELP("", "Y-18, F-58",
	       "Retransmissions of a request there before the next "
	       "server is tried; without it the line's.")),
	NUMBER("invite_retry_counts", struct conf_server_in,
	       invite_retry_counts, 0, 20,
	       HELP("", "Y-18",
	       "The same for INVITE.")),
	STRING("tls_name", struct conf_server_in, tls_name, 1, check_domain, HOST,
	       HELP("", "R-38",
	       "The name that its certificate must have; without it "
	       "the line's domain, or the address.")),
};

const struct conf_key conf_proxy_keys[CONF_PROXY_KEYS] = {
	STRING("address", struct conf_server_in, address, 1, NULL, HOST,
	       HELP("", "Y-24",
	       "IPv4 or IPv6 address of the outbound proxy, or its "
	       "name.")),
	NUMBER("port", struct conf_server_in, port, 1, 65535,
	       HELP("", "Y-24",
	       "Port of the outbound proxy; without it 5060, with "
	       "TLS 5061, of a name what its records say.")),
	CHOICE("transport", struct conf_server_in, transport, transports,
	       HELP("", "Y-24",
	       "How messages are sent to it; without it udp, of a "
	       "name what its records say.")),
	NUMBER_INHERITED("expires", struct conf_server_in, expires, 1,
			 INT32_MAX,
	       HELP("s", "Y-24",
	       "Lifetime of a registration in seconds; -1 for that "
	       "of the server of the same number, or of the last "
	       "one.")),
	NUMBER_INHERITED("retry_counts", struct conf_server_in, retry_counts, 0,
			 20,
	       HELP("", "Y-24, Y-33",
	       "Retransmissions of a request before the next proxy "
	       "is tried; -1 as of the server.")),
	NUMBER_INHERITED("invite_retry_counts", struct conf_server_in,
			 invite_retry_counts, 0, 20,
	       HELP("", "Y-24, Y-33",
	       "The same for INVITE; -1 as of the server.")),
	STRING("tls_name", struct conf_server_in, tls_name, 1, check_domain, HOST,
	       HELP("", "R-38",
	       "The name that its certificate must have; without it "
	       "the proxy's own name or address.")),
};
