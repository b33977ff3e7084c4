/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sipoverd.conf to struct conf, by libconfuse.  A bad file gives messages
 * "file:line: reason" and no struct.
 */
#ifndef SIPOVER_CODEC_CONF_H
#define SIPOVER_CODEC_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/addr.h"
#include "../core/codes.h"
#include "../core/failover.h"
#include "../core/session.h"
#include "../core/sipmsg.h"
#include "dns.h"
#include "../core/stunkeep.h"

#define CONF_NAME_MAX 64
#define CONF_LINES_MAX 10000

enum conf_detect {	/* test-only key "detect" */
	CONF_DETECT_AUTO,	/* the module when it is there, else sockets */
	CONF_DETECT_MODULE,	/* only the module: own socket errors unread */
	CONF_DETECT_SOCKETS,	/* as if there were no module */
	CONF_DETECT_TIMERS,	/* SIP timers only */
};

#define CONF_DNS_MAX 4
#define CONF_STATIC_MAX 256
#define CONF_HOST_NAME_MAX 128
#define CONF_NO_HOST UINT32_MAX
#define CONF_ANY_TRANSPORT 0xff

/* A server entry that is a name: what core/location.h begins with. */
struct conf_host {
	char name[CONF_HOST_NAME_MAX];
	uint16_t port;		/* 0: none given */
	uint8_t transport;	/* CONF_ANY_TRANSPORT: none given */
};

/* C-02: what a count of N means. */
enum conf_counts {
	CONF_RETRANSMISSIONS,	/* N more after the first transmission */
	CONF_ATTEMPTS,		/* N in all */
};

/* A next hop of a line: a registrar, or an outbound proxy before it. */
struct conf_server {
	struct addr addr;	/* family NONE: host is one */
	uint32_t host;		/* in conf.host, CONF_NO_HOST */
	uint32_t expires_s;	/* F-51, F-54: 3600 */
	int16_t retry_counts;	/* F-58, Y-18: 3 */
	int16_t invite_retry_counts;	/* Y-18: 3 */
	char *tls_name;		/* owned; NULL: the line's domain, or addr */
};

struct conf_line {
	char name[CONF_NAME_MAX];
	char user[CONF_NAME_MAX];
	char domain[128];		/* of the AOR */
	char auth_user[CONF_NAME_MAX];	/* default: user */
	char password[128];
	char display[CONF_NAME_MAX];
	bool enabled;			/* register at start */
	bool proxied;			/* Y-24: server is the outbound proxies;
					 * the registrar is only named, by domain */
	bool outbound_proxy_route;	/* a Route names the proxy */
	uint8_t n_servers;
	struct conf_server server[FO_SERVERS_MAX];
	bool register_before_resend;	/* C-08: fanvil true, yealink false */
	bool failback;			/* F-56 */
	uint32_t failback_interval_s;	/* F-57: 1800; 0 or 10..65535 (C-33) */
	bool redundancy_with_reg_fail;
	int16_t invite_retry_counts;	/* default of the servers: 3 */
	uint8_t retry_counts_are;	/* enum conf_counts */
	bool skip_redundant_failover_addr;
	bool only_signal_with_registered;
	/* C-03: answers that move the request to the next server */
	struct codes register_codes, invite_codes, bye_codes;
	uint32_t retry_time_ms;		/* F-26, C-10; 0: by count alone */
	uint32_t expires_overlap_s;	/* refresh so much ahead: 60 */
	uint32_t race_ms;		/* R-69; 0: none */
	uint32_t register_retry_base_s;	/* 30 */
	uint32_t register_retry_max_s;	/* 1800 */
	bool outbound;			/* reg-id and Supported */
	bool session_timer;		/* ask for one */
	bool reliable_provisional;	/* */
	uint8_t session_refresher;	/* enum sip_refresher */
	uint32_t session_expires_s;	/* 1800 */
	uint32_t min_se_s;		/* 90 */
	bool concurrent;		/* Y-26 */
	uint8_t failback_mode;		/* enum fo_failback */
	bool failback_when_idle;
	uint32_t failback_timeout_s;	/* DURATION, and TTL without one: 3600 */
	uint8_t calls_max;		/* 1..FO_CALLS_MAX: 4 */
	bool subscribe_mwi;		/* subscribe to message-summary */
	bool failback_subscribe;	/* C-20: it follows the line at once */
	uint32_t subscribe_mwi_expires_s;	/* 3600 */
	char *text;			/* owned: as written, by conf_json_text() */
	bool applied;			/* by lines.json */
	bool in_file;			/* the file has a line of that name */
};

struct conf {
	char control_path[108];		/* /run/sipover/control.sock */
	char control_group[64];		/* may use it as well; "": none */
	char event_log[256];		/* "events" beside it; "": memory only */
	uint32_t event_log_kib;		/* 1024 */
	struct addr local4, local6;	/* family NONE: that family is not used;
					 * port: UDP and listening TCP */
	uint32_t t1_ms, t2_ms, t4_ms;
	uint32_t probe_interval_s;	/* first pause between OPTIONS probes of a
					 * DOWN server; 0: none */
	uint32_t options_interval_s;	/* OPTIONS as keep-alive (C-07); 0: none */
	uint32_t udp_keepalive_s;	/* longest pause between those of: */
	uint8_t udp_keepalive;		/* enum stunkeep_mode */
	bool nat_contact;		/* Contact as the server sees us */
	uint32_t tcp_above;		/* longer requests to UDP servers go by TCP
					 * 0: none */
	uint32_t suspect_after_ms;	/* floor for late answers; 0: none
					 * is late */
	uint32_t ring_size;		/* 0: from the number of lines */
	uint32_t trace_kib;		/* the last messages: 256; 0: none */
	uint8_t detect;			/* enum conf_detect */
	uint8_t log_level;		/* 0 error .. 3 debug, as in io/log.h */
	char tls_ca[256];		/* file or directory; "": the system's */
	char tls_certificate[256], tls_key[256];	/* "": none */
	bool tls_verify;		/* yes */
	uint32_t keepalive_s;		/* 120: pings on TCP and TLS; 0: none */
	uint32_t startup_jitter_s;	/* before the first REGISTER: 0 */
	uint32_t register_rate;		/* REGISTERs a second that may begin; 0: any
					 * number */
	char state_dir[256];		/* /var/lib/sipover; "": none */
	char instance[40];		/* what is in it; "": none.  Not of
					 * the file, main() puts it in */
	char path[256];			/* of the file; "": not to be read again */
	uint8_t source;			/* enum config_source (config.h), and why */
	char source_error[256];		/* it is not the best one; "": it is */
	uint32_t n_lines;
	struct conf_line *line;		/* owned; text NULL: there is none at
					 * that number */
	uint32_t n_removed;		/* lines of the file that lines.json
					 * takes away */
	char **removed;			/* owned: their names */
	uint32_t n_hosts;
	struct conf_host *host;		/* owned; each is there once */
	uint32_t n_dns;			/* 0: those of resolv.conf */
	struct addr dns[CONF_DNS_MAX];	/* port 0: 53 */
	uint32_t n_static;
	struct dns_static *static_rr;	/* owned: asked before the DNS */
};

/* Reads path (or text, when not NULL, under the name path).  0, or -EINVAL /
 * -errno of the file with err[] = one or more "file:line: reason" lines in the
 * order of their numbers, a newline between them; line 0: the file as a whole.
 * One file at a time: not for two threads. */
int conf_load(struct conf *c, const char *path, const char *text, char *err,
	      size_t err_size);
void conf_free(struct conf *c);

#endif /* SIPOVER_CODEC_CONF_H */
