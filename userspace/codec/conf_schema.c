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
#define STRING(key, type, member, shortest, check_) \
	{ .name = key, .kind = CONF_STRING, FIELD(type, member), \
	  .min = shortest, .check = check_ }
#define NUMBER(key, type, member, min_, max_) \
	{ .name = key, .kind = CONF_NUMBER, FIELD(type, member), \
	  .min = min_, .max = max_ }
#define NUMBER_CHECKED(key, type, member, min_, max_, check_) \
	{ .name = key, .kind = CONF_NUMBER, FIELD(type, member), \
	  .min = min_, .max = max_, .check = check_ }
#define NUMBER_INHERITED(key, type, member, min_, max_) \
	{ .name = key, .kind = CONF_NUMBER, FIELD(type, member), \
	  .min = min_, .max = max_, .inherit = true }
#define BOOL(key, type, member) \
	{ .name = key, .kind = CONF_BOOL, FIELD(type, member) }
#define CHOICE(key, type, member, choices_) \
	{ .name = key, .kind = CONF_CHOICE, FIELD(type, member), \
	  .choices = choices_ }
#define CODES(key, type, member) \
	{ .name = key, .kind = CONF_CODES, FIELD(type, member) }
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
	STRING("user", struct conf_line_in, l.user, 1, check_user),
	STRING("domain", struct conf_line_in, l.domain, 1, check_domain),
	STRING("auth_user", struct conf_line_in, l.auth_user, 1, check_auth_user),
	STRING("password", struct conf_line_in, l.password, 0, NULL),
	STRING("display", struct conf_line_in, l.display, 0, NULL),
	BOOL("enabled", struct conf_line_in, l.enabled),
	BOOL("register_before_resend", struct conf_line_in,
	     l.register_before_resend),
	NUMBER("retry_counts", struct conf_line_in, retry_counts, 0, 20),
	NUMBER("invite_retry_counts", struct conf_line_in, l.invite_retry_counts, 0,
	       20),
	BOOL("failback", struct conf_line_in, l.failback),
	NUMBER_CHECKED("failback_interval", struct conf_line_in,
		       l.failback_interval_s, 0, 65535, check_interval),
	BOOL("redundancy_with_reg_fail", struct conf_line_in,
	     l.redundancy_with_reg_fail),
	CODES("register_failover_codes", struct conf_line_in, l.register_codes),
	CODES("invite_failover_codes", struct conf_line_in, l.invite_codes),
	CODES("bye_failover_codes", struct conf_line_in, l.bye_codes),
	CHOICE("retry_counts_are", struct conf_line_in, l.retry_counts_are,
	       counts),
	NUMBER("retry_time", struct conf_line_in, l.retry_time_ms, 0, 65535),
	NUMBER("expires_overlap", struct conf_line_in, l.expires_overlap_s, 1,
	       65535),
	BOOL("skip_redundant_failover_addr", struct conf_line_in,
	     l.skip_redundant_failover_addr),
	BOOL("only_signal_with_registered", struct conf_line_in,
	     l.only_signal_with_registered),
	NUMBER_CHECKED("race", struct conf_line_in, l.race_ms, 0, 2000,
		       check_race),
	NUMBER("register_retry_base", struct conf_line_in,
	       l.register_retry_base_s, 1, 1800),
	NUMBER("register_retry_max", struct conf_line_in,
	       l.register_retry_max_s, 1, 86400),
	BOOL("outbound", struct conf_line_in, l.outbound),
	NUMBER("calls_max", struct conf_line_in, l.calls_max, 1, FO_CALLS_MAX),
	BOOL("session_timer", struct conf_line_in, l.session_timer),
	BOOL("reliable_provisional", struct conf_line_in,
	     l.reliable_provisional),
	NUMBER("session_expires", struct conf_line_in, l.session_expires_s,
	       SESSION_MIN_S, 86400),
	NUMBER("min_se", struct conf_line_in, l.min_se_s, SESSION_MIN_S, 86400),
	CHOICE("session_refresher", struct conf_line_in, l.session_refresher,
	       refreshers),
	CHOICE("failback_mode", struct conf_line_in, l.failback_mode, failbacks),
	BOOL("failback_when_idle", struct conf_line_in, l.failback_when_idle),
	NUMBER("failback_timeout", struct conf_line_in, l.failback_timeout_s, 0,
	       65535),
	CHOICE("registration", struct conf_line_in, l.concurrent, registrations),
	NUMBER_INHERITED("outbound_proxy_fallback_interval",
			 struct conf_line_in, proxy_interval, 0, 65535),
	BOOL("outbound_proxy_route", struct conf_line_in,
	     l.outbound_proxy_route),
	BOOL("subscribe_mwi", struct conf_line_in, l.subscribe_mwi),
	NUMBER("subscribe_mwi_expires", struct conf_line_in,
	       l.subscribe_mwi_expires_s, 1, 84600),
	BOOL("failback_subscribe", struct conf_line_in, l.failback_subscribe),
};

const struct conf_key conf_profile_key =
	CHOICE("profile", struct conf_line_in, profile, profile_names);

const struct conf_key conf_server_keys[CONF_SERVER_KEYS] = {
	STRING("address", struct conf_server_in, address, 1, NULL),
	NUMBER("port", struct conf_server_in, port, 1, 65535),
	CHOICE("transport", struct conf_server_in, transport, transports),
	NUMBER("expires", struct conf_server_in, expires, 1, INT32_MAX),
	NUMBER("retry_counts", struct conf_server_in, retry_counts, 0, 20),
	NUMBER("invite_retry_counts", struct conf_server_in,
	       invite_retry_counts, 0, 20),
	STRING("tls_name", struct conf_server_in, tls_name, 1, check_domain),
};

const struct conf_key conf_proxy_keys[CONF_PROXY_KEYS] = {
	STRING("address", struct conf_server_in, address, 1, NULL),
	NUMBER("port", struct conf_server_in, port, 1, 65535),
	CHOICE("transport", struct conf_server_in, transport, transports),
	NUMBER_INHERITED("expires", struct conf_server_in, expires, 1,
			 INT32_MAX),
	NUMBER_INHERITED("retry_counts", struct conf_server_in, retry_counts, 0,
			 20),
	NUMBER_INHERITED("invite_retry_counts", struct conf_server_in,
			 invite_retry_counts, 0, 20),
	STRING("tls_name", struct conf_server_in, tls_name, 1, check_domain),
};
