/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The agent glues: completion -> event -> step -> actions -> submission.  No
 * policy here; core/ decides, io/ does, codec/ translates.
 *
 *   agent.c            life, the work queue, deadlines
 *   agent_server.c     servers: flows, kernel events, verdicts, health, probes
 *   agent_pool.c       which servers there are
 *   agent_path.c       the own network: local outages, own addresses
 *   agent_location.c   server entries that are names
 *   agent_list.c       which servers a line has
 *   agent_pulse.c      servers: what is sent only to see that they are there
 *   agent_line.c       lines: failover actions to requests
 *   agent_pace.c       REGISTERs that wait for their turn
 *   agent_keepalive.c  connections: deadline of their start, pings
 *   agent_upsize.c     requests that are too large for a datagram
 *   agent_find.c       servers and lines by what is known of them
 *   agent_tls.c        what TLS needs: context, names of servers
 *   agent_step.c       the steps of core/'s machines, recorded
 *   agent_slot.c       client requests: their slots
 *   agent_request.c    their transactions
 *   agent_build.c      their bytes
 *   agent_receive.c    messages received, server transactions
 *   agent_call.c       calls: actions of core/call
 *   agent_subscription.c  message-waiting subscriptions
 *   agent_overload.c   requests that an overloaded server is spared
 *   agent_dialog.c     requests received within a call's dialog
 *   agent_session.c    our own: session timers, hold
 *   agent_ladder.c     the last messages and events, for ladders
 *   agent_course.c     the last failovers, for timelines
 *   agent_metrics.c    metrics
 *   agent_ctl.c        control methods;  agent_ctl_notify.c  what is told
 *   agent_ctl_config.c  those about the configuration
 *   agent_ctl_status.c  status;  agent_ctl_lists.c  answers with long lists
 *   agent_config.c     another configuration, while all goes on
 *   agent_leave.c      lines that end or become others
 *   agent_room.c       the arrays grow
 *   agent_timers.c     deadlines
 *
 * Everything is numbered, not pointed to: servers, lines, requests, replies
 * (server transactions) and calls are indices into arrays, which only grow when
 * the configuration does (agent_room.c); a line that is removed, and a server that
 * no line uses any more, leaves its index free.  The steps of
 * lines and servers never call each other: what one causes elsewhere is queued
 * (agent_post_*) and carried out by agent_drain() at the end of the callback.
 */
#ifndef SIPOVER_AGENT_H
#define SIPOVER_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/conf.h"
#include "codec/ctl.h"
#include "codec/digest.h"
#include "codec/evlog.h"
#include "codec/sip_build.h"
#include "codec/sip_parse.h"
#include "core/call.h"
#include "core/dialog.h"
#include "core/failover.h"
#include "core/health.h"
#include "core/indialog.h"
#include "core/keepalive.h"
#include "core/pace.h"
#include "core/overload.h"
#include "core/path.h"
#include "core/location.h"
#include "core/mwi.h"
#include "core/measures.h"
#include "core/msgring.h"
#include "core/pulse.h"
#include "core/reliable.h"
#include "core/session.h"
#include "core/subscription.h"
#include "core/tally.h"
#include "core/timeline.h"
#include "core/timerq.h"
#include "core/txn.h"
#include "core/lookup.h"
#include "core/upsize.h"
#include "core/verdict.h"
#include "io/control.h"
#include "io/evlog_file.h"
#include "io/netlink.h"
#include "io/resolver.h"
#include "io/ring.h"
#include "io/rtnl.h"
#include "io/tcp.h"
#include "io/tls.h"
#include "io/udp.h"

#define AGENT_NONE UINT32_MAX
#define AGENT_CALLS_MAX 64
#define AGENT_REPLIES_MAX 128
#define AGENT_DROPPED_MAX 4
#define AGENT_TAG_LEN 16
#define AGENT_BRANCH_LEN 31	/* "z9hG4bK" and 24 hex digits */
#define AGENT_CALL_ID_LEN 32

/* A flow that ended lately: a second report of its end is stale. */
struct dropped_flow {
	struct mono at;
	uint16_t port;
	bool connecting;	/* it never was one */
};

struct server {
	struct addr addr;	/* family NONE: this index is free */
	struct addr local;	/* own address towards it; NONE: no route */
	bool sourceless;	/* a message was built without one */
	char name[ADDR_STRLEN + 8];	/* "192.0.2.1:5060;udp" */
	struct health health;
	struct tally tally;
	struct pulse pulse;
	struct overload overload;
	uint8_t stun_id[12];	/* of the Binding request that is out */
	struct mono answered;	/* any request, provisionally or not; the last time */
	uint32_t *line;		/* the lines that use it */
	uint32_t n_lines;
	uint32_t changed_next;
	bool changed;		/* it is on agent.changed_servers */
	uint32_t ring_size;		/* asked of the module; 0: no watch */
	uint32_t requests;	/* list of client requests there */
	uint32_t probe;		/* the OPTIONS that is out, AGENT_NONE */
	uint32_t probe_cseq;
	char probe_call_id[AGENT_CALL_ID_LEN + 1];
	char probe_tag[AGENT_TAG_LEN + 1];
	struct keepalive keepalive;	/* of flow */
	struct tls_peer *tls;		/* NULL: not TLS */
	tcp_flow flow;
	tcp_flow wide;		/* UDP server: for what is too large */
	struct upsize upsize;
	tcp_flow left;		/* given up, requests by it have not failed yet */
	uint16_t flow_port;	/* its own port, kept when it has ended */
	struct dropped_flow dropped[AGENT_DROPPED_MAX];
	uint8_t n_dropped;	/* running index */
	uint8_t fact;		/* enum path_fact: the way there, as last seen */
	uint8_t sign;		/* enum sipover_cause: the last one of it */
	struct addr offender;	/* who told of offence; family NONE: no sender */
	uint8_t offence;	/* enum sipover_cause: the last one judged */
	struct course_sign found;	/* that it failed, as last told */
	uint32_t evidence[MEASURES_CAUSES];
	bool gateway;		/* it begins with a router */
	bool told;		/* the module has said what it knows of it */
	bool probe_again;	/* its probe ended by a local outage */
	struct path path;
};

/* A line's registration at one of its servers: one Call-ID and CSeq space per
 * server (C-15, R-06), nonce per server. */
struct registration {
	char call_id[AGENT_CALL_ID_LEN + 1];
	char tag[AGENT_TAG_LEN + 1];
	uint32_t cseq;
	uint32_t min_expires;	/* of a 423 */
	tcp_flow flow;		/* its Contact names this flow */
	struct addr contact;	/* it named this address */
	bool no_outbound;	/* a 439: its first hop cannot do it */
	uint32_t reg_id;	/* its flow's number, whatever its place */
	/* The registrar's challenges (401) and the proxy's (407): servers that
	 * send both take an answer only in its own header (22.3).  Owned; NULL
	 * before the first, and most send only one kind. */
	struct digest_state *www, *proxy;
	/* enum request_answers: what a REGISTER, another request had to carry */
	uint8_t asked[2];
};

/* What a line's servers should be. */
struct line_wish {
	uint8_t n;
	uint8_t entry[FO_SERVERS_MAX];	/* of the line's configuration */
	struct addr addr[FO_SERVERS_MAX];
};

/* A REGISTER of a line that waits for its turn, numbered LINE_WAITS * line +
 * fo_req. */
#define LINE_WAITS (FO_REQ_PROBE + 1)
#define LINE_PLACES (FO_SERVERS_MAX + 2) /* two for those that have left */

struct line_wait {
	struct fo_act act;
	uint32_t next, prev;	/* in its queue */
	bool queued;
	uint8_t queue;		/* of agent.waits */
};

struct wait_queue {
	uint32_t first, last;	/* AGENT_NONE: empty */
};

struct line {
	const struct conf_line *conf;
	bool asked;		/* the user waits for its REGISTER (C-25) */
	bool begun;		/* has servers; else they are being resolved */
	bool awaits;		/* the module's word, with its start */
	uint8_t n_servers;
	uint8_t entry[LINE_PLACES];	/* into conf->server */
	struct fo fo;
	uint32_t server[FO_SERVERS_MAX];	/* into agent.server */
	struct registration *reg;	/* n_servers; with names LINE_PLACES */
	uint32_t reg_ids;	/* given so far: none is given again */
	uint32_t call[FO_CALLS_MAX];		/* into agent.call */
	uint32_t request[FO_REQ_UNREGISTER + 1];/* out for fo_req, AGENT_NONE */
	uint32_t requests;	/* list of all of its requests */
	struct line_wait wait[LINE_WAITS];
	uint32_t subscription;	/* into agent.subscription, AGENT_NONE */
	struct course course;	/* from its server to the next */
	char *aor;		/* "sip:user@domain" */
	uint8_t leaving;	/* enum line_leaving */
	struct conf_line *old;	/* then: conf, owned, what it was */
	struct mono leave_by;
	uint32_t leaving_next;	/* on agent.leaving */
};

/* A line's subscription to its message summary. */
struct line_subscription {
	struct subscription sub;
	struct dialog dialog;
	struct mwi mwi;
	uint32_t line;
	uint32_t at;		/* server of the dialog */
	uint32_t request;	/* SUBSCRIBE that is out, AGENT_NONE */
	uint32_t min_expires;	/* of a 423 there */
	struct addr contact;	/* the last SUBSCRIBE named this address */
	uint32_t works;		/* what it was told of the line last */
	bool fallback;
	uint16_t status;	/* of the last refusal, 0: none since a 2xx */
};

enum request_for {
	REQUEST_LINE,		/* fo_req REGISTER, PROBE, UNREGISTER */
	REQUEST_CALL,		/* fo_req INVITE, BYE */
	REQUEST_DIALOG,		/* within a call that is up: core/session's */
	REQUEST_CANCEL,
	REQUEST_OPTIONS,	/* health probe of a server */
	REQUEST_PULSE,		/* OPTIONS as keep-alive */
	REQUEST_SUBSCRIBE,	/* of a line's subscription */
	REQUEST_NOBODY,		/* result not wanted: late BYE, answered before */
};

/* Whose challenges a request answers: bits. */
enum request_answers {
	ANSWERS_WWW = 1,
	ANSWERS_PROXY = 2,
};

/* A client request and its transaction. */
struct request {
	bool used;
	uint8_t what;		/* enum request_for */
	uint8_t req;		/* enum fo_req, LINE and CALL */
	uint8_t method;		/* enum sip_method */
	bool last;
	bool abandoned;		/* INVITE: only a late 2xx matters */
	bool cancelled;		/* INVITE: its CANCEL is out */
	bool held;		/* waits for the end of a local outage */
	bool wide;		/* by TCP to a UDP server */
	bool in_hand;		/* its transaction's acts are being carried out */
	uint8_t challenges;	/* 401/407 and 423 answered so far */
	uint8_t answers;	/* enum request_answers: what it carries */
	bool asked;		/* that was asked for; else it is a guess */
	uint32_t carries[2];	/* www, proxy: the nonce's series; 0: nothing */
	uint16_t attempt;
	uint32_t line, call, server;
	uint32_t line_next, line_prev;	/* in the line's list */
	uint32_t call_number;	/* its call's: the slot may be used again */
	uint8_t index;		/* of server in the line */
	uint32_t expires_s;
	uint32_t cseq;
	struct mono started;
	uint64_t refused;	/* INVITE: hash of the To tag whose 2xx was hung up */
	struct txn txn;
	char branch[AGENT_BRANCH_LEN + 1];
	uint64_t hash;
	tcp_flow flow;
	char *buf;
	size_t len, size;
	uint32_t asks_len;	/* by which an error may find it; 0: none does */
	uint32_t ask_next, ask_prev;	/* ring of those of that length */
	uint32_t next, prev;	/* on server.requests; next: on the free list */
};

/* A server transaction. */
struct reply {
	bool used;
	struct txn txn;
	uint8_t method;
	uint64_t hash;
	char branch[SIPMSG_TOKEN_MAX];
	char sent_by[SIPMSG_TOKEN_MAX];
	char to_tag[AGENT_TAG_LEN + 1];
	struct addr source;
	tcp_flow flow;
	uint32_t call;
	char *request;		/* the bytes received */
	size_t request_len;
	char *buf;		/* the last response */
	size_t len, size;
};

struct agent_call {
	struct call call;
	struct dialog dialog;
	struct session session;
	uint32_t line;
	uint8_t slot;		/* fo_call of the line */
	uint8_t index;		/* server of the line it runs over */
	uint32_t invite;	/* request that is out, AGENT_NONE */
	struct reliable reliable;	/* provisional responses to it */
	uint32_t bye;		/* likewise */
	uint32_t asking;	/* REQUEST_DIALOG, likewise */
	struct session_grant grant;	/* to the INVITE that it came with */
	uint32_t min_se;	/* of a 422 to our INVITE */
	/* Why it failed (F-43): outcome of its INVITE at server index, and the
	 * phrase of the answer that it had. */
	bool failed;
	uint8_t outcome;	/* enum fo_outcome */
	char reason[64];
	bool takes_update;
	bool was_up;
	uint32_t bye_cseq;	/* one for all copies of it; 0: none */
	uint32_t reply;		/* INVITE received, AGENT_NONE */
	uint32_t number;	/* what clients call it */
	char *sdp;		/* our first offer or answer, NUL-terminated */
	char *said;		/* as it was given last; NULL: as it is */
	uint32_t said_version;	/* how much higher than its own (RFC 3264 8) */
	uint8_t near, far;	/* enum sdp_direction: what we want, they do */
	uint8_t near_before;	/* a change that is not answered yet */
	uint32_t accept_cseq;	/* of the INVITE that our 2xx answers */
	char *credentials;	/* of the INVITE that was answered, for its ACK */
	char *ack;		/* the last ACK, sent again on a repeated 2xx */
	size_t ack_len;
	uint32_t ack_cseq;	/* the INVITE's that it is for */
	uint8_t ack_index;	/* the server that it was made for */
	struct mono acked_at;	/* the first time */
	uint16_t held_status;	/* 482 after failover: told when the abandoned
				 * copy has ended (C-29); 0: none */
	uint16_t held_attempt;
	uint8_t held_index;
	struct mono resend_at;	/* our 2xx until its ACK (13.3.1.4) */
	uint32_t resend_ms;
};

/* A server entry that is a name, of all lines. */
struct location {
	struct loc loc;
	uint8_t told;		/* enum loc_state */
	uint8_t routed;		/* bitmap of loc.list: there is a route */
	bool behind;		/* not all lines have its servers yet */
	uint32_t *line;		/* the lines that name it */
	uint32_t n_lines;
	uint32_t answers;	/* loc.answers when lines last heard its TTL */
};

enum work_kind {
	WORK_LINE,		/* fo_step of line i */
	WORK_HEALTH,		/* health_step of server i */
	WORK_SUBSCRIPTION,	/* subscription_step of subscription i */
};

struct work {
	uint8_t kind;
	uint32_t i;
	union {
		struct fo_ev fo;
		struct health_ev health;
		struct subscription_ev subscription;
	};
};

/* Evidence and its verdict, to be told. */
struct notice {
	bool kernel, judged;	/* which of the two */
	bool icmp;
	uint8_t cause, grade, type, code;
	uint32_t server;
	struct addr offender;	/* family NONE: unknown */
	uint64_t count;
	struct mono at;
	const char *source;	/* "module", "socket" */
	struct verdict verdict;
	const char *method;	/* of the request it is about; NULL: none */
};

/* What "sipoverctl stats" shows; one name per counter in agent_ctl.c. */
struct agent_stats {
	uint64_t rx_bad[SIP_PARSE_RESULTS];
	uint64_t rx_keepalive, rx_foreign, rx_unmatched, rx_wrong_source;
	uint64_t rx_misfit;
	uint64_t rx_stun, rx_stun_bad, tx_keepalive;
	uint64_t rx_requests, rx_responses, tx_requests, tx_responses;
	uint64_t tx_wide, responses_lost, retransmits, txn_timeouts, txn_errors;
	uint64_t tls_failed, pings, pongs, flow_timeouts;
	uint64_t kernel_events, kernel_unknown_server, kernel_stale;
	uint64_t icmp_unmatched, verdict_failed;
	uint64_t failovers, failbacks, slots_reclaimed, no_slot, no_memory;
	uint64_t build_failed;
	uint64_t local_outages, address_changes;
	uint64_t registers_paced, mwi_bad, overload_left_out;
	uint64_t dns_bad, dns_refused, dns_cut;
};

/* Why a message was refused; told once in a while each, or a flood of them would
 * fill the log. */
enum refused_why {
	REFUSED_MALFORMED,
	REFUSED_STRANGER,	/* a request of somebody who is no server */
	REFUSED_SOURCE,		/* a response from elsewhere */
	REFUSED_UNMATCHED,	/* a response to no request of ours */
	REFUSED_MISFIT,		/* its branch is a request's, the rest is not */
	REFUSALS
};

struct agent {
	struct conf *conf;
	struct ring ring;
	struct udp udp[2];	/* 0: IPv4, 1: IPv6 */
	bool udp_open[2];
	struct tcp tcp;
	struct tls_context *tls;	/* NULL: no server asks for it */
	struct netlink netlink;
	bool netlink_open;
	bool module;		/* the module watches for us */
	bool module_absent;	/* it was asked for, and does not */
	uint32_t n_awaiting;	/* lines that wait for its word */
	struct rtnl rtnl;
	bool rtnl_open;
	struct path path;	/* to any server */
	bool held;		/* local outage: there is none */
	struct mono held_at;
	bool path_dirty;	/* changed since path_checked */
	struct mono path_checked;
	struct mono router_at;	/* then a silent router is asked for again */
	struct mono slept;	/* clock_slept(), as last seen */
	bool stopping;
	uint32_t awaited;	/* then: the request that the end waited for */
	struct control control;
	struct mono now;	/* of the callback that runs */
	struct mono started;
	uint32_t n_servers;	/* indices in use are below */
	uint32_t free_server;	/* none below is free */
	uint32_t changed_servers;	/* list, in order */
	uint32_t servers_max, n_requests;
	uint32_t free_request;	/* list of unused slots */
	uint32_t used_requests;	/* those behind have never been used */
	uint32_t warm_requests;	/* those before keep their buffers */
	uint32_t busy_requests;
	bool trim;		/* buffers were freed */
	struct server *server;
	uint32_t lines_max, hosts_max, subscriptions_max;	/* there is room */
	uint32_t free_line;	/* none below is free */
	uint32_t leaving;	/* list of lines */
	uint32_t changes;	/* of the configuration, counted */
	struct line *line;	/* conf->n_lines of them are in use or free */
	struct location *location;	/* conf->n_hosts of them */
	uint32_t n_subscriptions;	/* indices in use are below */
	uint32_t free_subscription;	/* none below is free */
	struct line_subscription *subscription;
	struct resolver resolver;
	struct request *request;
	struct reply reply[AGENT_REPLIES_MAX];
	struct agent_call call[AGENT_CALLS_MAX];
	uint32_t next_call_number;
	struct lookup requests_by_branch, replies_by_key;
	struct lookup requests_by_length;	/* the oldest of each */
	struct timerq answered;	/* requests that wait for nothing but repeats */
	struct lookup servers_by_addr, servers_by_host, servers_by_flow;
	struct lookup lines_by_name, lines_by_user;
	struct timerq timers;
	struct pace pace;
	struct wait_queue waits[2];	/* of lines with calls, of the others */
	struct work *work;
	uint32_t work_head, work_n, work_size;
	bool draining;
	bool urgent;		/* the next message answers an event: it goes
				 * out before the rest of the turn is done */
	struct notice notice;
	struct sipmsg rx;	/* the message being handled: too big for a stack */
	const char *rx_buf;
	size_t rx_len;
	struct mono refused_at[REFUSALS];	/* told last; 0: never */
	uint64_t refused[REFUSALS];		/* since then */
	struct addr rx_from;
	tcp_flow rx_flow;	/* 0: it came by UDP */
	struct agent_stats stats;
	uint64_t control_lost;
	struct msgring ladder;
	char *ladder_bytes;	/* one message of it, to be told */
	struct mono sent_at;	/* the newest message has gone out */
	struct timeline timeline;
	struct measures measures;
	struct evlog evlog;
	struct evlog_file evlog_file;
};

int agent_open(struct agent *a, struct conf *conf);
int agent_run(struct agent *a);
void agent_close(struct agent *a);
/* Unregister what can be, then stop. */
void agent_stop(struct agent *a);

/* agent.c: work */
void agent_post_line(struct agent *a, uint32_t line, const struct fo_ev *ev);
void agent_post_health(struct agent *a, uint32_t server, uint8_t type,
		       uint8_t cause, int32_t retry_after);
void agent_post_subscription(struct agent *a, uint32_t i,
			     const struct subscription_ev *ev);
void agent_drain(struct agent *a);

#endif /* SIPOVER_AGENT_H */
