// SPDX-License-Identifier: BSD-2-Clause
/* The vendors' names and ours: docs/parameters.md has this table as well. */
#include "import.h"

#define TOP(name, key) { name, IMPORT_TOP, key, 0, IMPORT_AS_IT_IS }
#define LINE(name, key) { name, IMPORT_LINE, key, 0, IMPORT_AS_IT_IS }
#define SERVER(name, key) { name, IMPORT_SERVER, key, 0, IMPORT_AS_IT_IS }
#define PROXY(name, key) { name, IMPORT_PROXY, key, 0, IMPORT_AS_IT_IS }
/* Of a server there, of the line here: the first one's. */
#define FIRST(name, key) { name, IMPORT_LINE, key, 1, IMPORT_AS_IT_IS }
#define NOTHING(name, why) { name, IMPORT_NOTHING, why, 0, IMPORT_AS_IT_IS }

#define ACCOUNT "account.X."
#define SIP_SERVER "account.X.sip_server.Y."
#define OUTBOUND "account.X.outbound_proxy.Y."

const struct import_map import_yealink[] = {
	{ "sip.timer_t1", IMPORT_TOP, "t1", 0, IMPORT_MILLISECONDS },
	{ "sip.timer_t2", IMPORT_TOP, "t2", 0, IMPORT_MILLISECONDS },
	{ "sip.timer_t4", IMPORT_TOP, "t4", 0, IMPORT_MILLISECONDS },
	TOP("sip.listen_port", "port"),
	TOP("sip.reg_surge_prevention", "startup_jitter"),
	LINE("sip.skip_redundant_failover_addr", "skip_redundant_failover_addr"),
	LINE(ACCOUNT "enable", "enabled"),
	LINE(ACCOUNT "user_name", "user"),
	LINE(ACCOUNT "auth_name", "auth_user"),
	LINE(ACCOUNT "password", "password"),
	LINE(ACCOUNT "display_name", "display"),
	LINE(ACCOUNT "sip_server_host", "domain"),
	LINE(ACCOUNT "fallback.redundancy_type", "registration"),
	LINE(ACCOUNT "fallback.timeout", "failback_interval"),
	LINE(ACCOUNT "redundancy_with_reg_fail.enable",
	     "redundancy_with_reg_fail"),
	LINE(ACCOUNT "register_expires_overlap", "expires_overlap"),
	LINE(ACCOUNT "100rel_enable", "reliable_provisional"),
	LINE(ACCOUNT "session_timer.enable", "session_timer"),
	LINE(ACCOUNT "session_timer.expires", "session_expires"),
	LINE(ACCOUNT "session_timer.refresher", "session_refresher"),
	LINE(ACCOUNT "subscribe_mwi", "subscribe_mwi"),
	LINE(ACCOUNT "subscribe_mwi_expires", "subscribe_mwi_expires"),
	LINE(ACCOUNT "outbound_proxy_fallback_interval",
	     "outbound_proxy_fallback_interval"),
	SERVER(SIP_SERVER "address", "address"),
	SERVER(SIP_SERVER "port", "port"),
	SERVER(SIP_SERVER "transport_type", "transport"),
	SERVER(SIP_SERVER "expires", "expires"),
	SERVER(SIP_SERVER "retry_counts", "retry_counts"),
	SERVER(SIP_SERVER "invite_retry_counts", "invite_retry_counts"),
	FIRST(SIP_SERVER "failback_mode", "failback_mode"),
	FIRST(SIP_SERVER "failback_timeout", "failback_timeout"),
	FIRST(SIP_SERVER "failback_subscribe.enable", "failback_subscribe"),
	FIRST(SIP_SERVER "register_on_enable", "register_before_resend"),
	FIRST(SIP_SERVER "only_signal_with_registered",
	      "only_signal_with_registered"),
	{ ACCOUNT "outbound_proxy_enable", IMPORT_SWITCH, "outbound_proxy", 0,
	  IMPORT_AS_IT_IS },
	PROXY(OUTBOUND "address", "address"),
	PROXY(OUTBOUND "port", "port"),
	PROXY(OUTBOUND "transport_type", "transport"),
	PROXY(OUTBOUND "retry_counts", "retry_counts"),
	PROXY(OUTBOUND "invite_retry_counts", "invite_retry_counts"),
	NOTHING(ACCOUNT "label", "lines are called by their number"),
	NOTHING(ACCOUNT "naptr_build", "SRV is asked for of every transport"),
	NOTHING(ACCOUNT "dns_cache_type", "records are always kept"),
	NOTHING(ACCOUNT "static_cache_pri", "static records come first"),
	NOTHING(ACCOUNT "subscribe_mwi_to_vm",
		"the subscription is to the line's own address"),
	NOTHING(ACCOUNT "codec.", "about sound"),
	NOTHING("voice.", "about sound"),
	NOTHING("phone_setting.", "about the phone"),
	NOTHING("features.", "about the phone"),
	NOTHING("linekey.", "about the phone"),
	NOTHING("programablekey.", "about the phone"),
	NOTHING("expansion_module.", "about the phone"),
	NOTHING("local_time.", "about the phone"),
	NOTHING("lang.", "about the phone"),
	NOTHING("static.", "about the phone"),
	NOTHING("network.", "about the network"),
	NOTHING("wifi.", "about the network"),
	NOTHING("security.", "about the phone's own page"),
	{ NULL, IMPORT_NOTHING, NULL, 0, IMPORT_AS_IT_IS },
};

#define OF(n, name, section, key) \
	{ "SIPN " name, section, key, n, IMPORT_AS_IT_IS }

const struct import_map import_fanvil[] = {
	TOP("SIP Port", "port"),
	LINE("SIPN Phone Number", "user"),
	LINE("SIPN Display Name", "display"),
	LINE("SIPN Register User", "auth_user"),
	LINE("SIPN Register Pswd", "password"),
	LINE("SIPN Local Domain", "domain"),
	LINE("SIPN Enable Reg", "enabled"),
	LINE("SIPN Enable Failback", "failback"),
	LINE("SIPN Failback Interval", "failback_interval"),
	LINE("SIPN Signal Retry Counts", "retry_counts"),
	OF(1, "Register Addr", IMPORT_SERVER, "address"),
	OF(1, "Register Port", IMPORT_SERVER, "port"),
	OF(1, "Register TTL", IMPORT_SERVER, "expires"),
	OF(1, "Transport", IMPORT_SERVER, "transport"),
	OF(2, "Backup Addr", IMPORT_SERVER, "address"),
	OF(2, "Backup Port", IMPORT_SERVER, "port"),
	OF(2, "Backup TTL", IMPORT_SERVER, "expires"),
	OF(2, "Backup Transport", IMPORT_SERVER, "transport"),
	OF(1, "Proxy Addr", IMPORT_PROXY, "address"),
	OF(1, "Proxy Port", IMPORT_PROXY, "port"),
	OF(2, "BakProxy Addr", IMPORT_PROXY, "address"),
	OF(2, "BakProxy Port", IMPORT_PROXY, "port"),
	NOTHING("SIPN Sip Name", "the realm is told by the server"),
	NOTHING("SIPN Proxy User", "there is one user, that of the registrar"),
	NOTHING("SIPN Proxy Pswd", "there is one user, that of the registrar"),
	NOTHING("SIPN Signal Failback", "failback_mode says it"),
	{ NULL, IMPORT_NOTHING, NULL, 0, IMPORT_AS_IT_IS },
};
