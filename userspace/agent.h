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

/* agent_step.c: the only places where the machines of core/ take a step */
void steps_open(struct agent *a);
void steps_close(struct agent *a);
void step_line(struct agent *a, uint32_t l, const struct fo_ev *ev,
	       struct fo_acts *acts);
unsigned int step_session(struct agent *a, uint32_t c,
			  const struct session_ev *ev);
void step_health(struct agent *a, uint32_t s, const struct health_ev *ev,
		 struct health_acts *acts);
unsigned int step_pulse(struct agent *a, uint32_t s, const struct pulse_ev *ev);
unsigned int step_subscription(struct agent *a, uint32_t i,
			       const struct subscription_ev *ev);
unsigned int step_request(struct agent *a, uint32_t i, const struct txn_ev *ev);
unsigned int step_keepalive(struct agent *a, uint32_t s,
			    const struct keepalive_ev *ev);
unsigned int step_reply(struct agent *a, uint32_t i, const struct txn_ev *ev);
unsigned int step_call(struct agent *a, uint32_t c, const struct call_ev *ev,
		       uint32_t timeout_ms);
struct verdict step_verdict(struct agent *a, uint32_t s,
			    const struct verdict_in *in);
/* i: server, or n_servers for the daemon's */
enum path_act step_path(struct agent *a, uint32_t i, struct path *p,
			const struct path_ev *ev);
bool step_tally(struct agent *a, uint32_t s, const struct addr *offender,
		uint64_t count);

/* agent_server.c */
extern const struct udp_ops server_udp_ops;
extern const struct tcp_ops server_tcp_ops;
extern const struct netlink_ops server_netlink_ops;
void server_refresh_source(struct agent *a, uint32_t s);
/* Makes sure a TCP server has a flow; 0 or -errno.  UDP: nothing to do. */
int server_ready(struct agent *a, uint32_t s);
int server_send(struct agent *a, uint32_t s, const void *buf, size_t len);
/* host:port of our Via and Contact towards the server. */
void server_own_address(struct agent *a, uint32_t s, struct addr *own);
/* What a Contact names: that, or how the server sees us. */
void server_contact_address(struct agent *a, uint32_t s, struct addr *contact);
void server_health_step(struct agent *a, uint32_t s,
			const struct health_ev *ev);
/* The response to the probe, or (lost) none: after a local outage another one is
 * sent then. */
void server_probe_done(struct agent *a, uint32_t s, bool answered);
void server_probe_lost(struct agent *a, uint32_t s);
bool server_own_socket_errors(const struct agent *a);
/* Gives up a connection from an address that is not ours any more, or (always)
 * any; tells which, 0: none.  Its requests fail when the caller says so. */
tcp_flow server_leave_flow(struct agent *a, uint32_t s, bool always);
void server_fail_flow(struct agent *a, uint32_t s, tcp_flow flow);

/* agent_find.c: AGENT_NONE: there is none */
/* A table for that many, instead of the one there is; 0 or -ENOMEM. */
int find_table(struct lookup *t, uint32_t slots, uint64_t seed);
/* For servers_max servers, with those that there are; 0 or -ENOMEM. */
int find_servers_open(struct agent *a);
int find_lines_open(struct agent *a);
void find_add_line(struct agent *a, uint32_t l);
void find_del_line(struct agent *a, uint32_t l);
void find_close(struct agent *a);
void find_add_server(struct agent *a, uint32_t s);
void find_del_server(struct agent *a, uint32_t s);
/* of, the server's flow or wide, is f from now on. */
void find_set_flow(struct agent *a, uint32_t s, tcp_flow *of, tcp_flow f);
uint32_t server_find(const struct agent *a, const struct addr *addr);
/* One that need not be believed over TLS only. */
uint32_t server_of_host(const struct agent *a, const struct addr *host);
uint32_t server_of_flow(const struct agent *a, tcp_flow f);
uint32_t server_of_wide(const struct agent *a, tcp_flow f);
/* Whether it lives at that IP address, whatever port and transport. */
bool server_has_host(const struct agent *a, uint32_t s,
		     const struct addr *host);
uint32_t line_find(const struct agent *a, const char *name);
/* The line that a request from server s is for. */
uint32_t line_called(const struct agent *a, const char *uri, uint32_t s,
		     uint8_t *index);

/* agent_pool.c */
/* Its index, a new one if need be, and that the line uses it; AGENT_NONE: no
 * memory, or too many. */
uint32_t server_join(struct agent *a, const struct addr *addr, uint32_t line,
		     uint8_t entry);
/* Sets all deadlines of a server. */
void server_timers(struct agent *a, uint32_t s);
/* The line uses it no more. */
void server_leave(struct agent *a, uint32_t s, uint32_t line);
/* Frees those that nobody uses; whether all that could go are gone. */
bool servers_sweep(struct agent *a);
/* Has the module watch them; those that have come since the last sweep. */
void servers_watch_all(struct agent *a);
void servers_watch_new(struct agent *a);

/* agent_path.c */
void paths_open(struct agent *a);
void paths_close(struct agent *a);
/* Asks the kernel what is the case, and acts on it. */
void paths_check(struct agent *a);
/* The same for what failed just now: no step is taken before the caller is
 * done. */
void paths_doubt(struct agent *a);
/* There may be a server that it has not looked at. */
void paths_new(struct agent *a);
/* Whether the machine was suspended: then what expired meanwhile proves
 * nothing. */
void paths_woke(struct agent *a);

/* The server's flow has failed otherwise than by its end. */
void server_flow_failed(struct agent *a, uint32_t s, uint8_t cause);

/* agent_keepalive.c */
void keepalive_new(struct agent *a, uint32_t s);
void keepalive_event(struct agent *a, uint32_t s, uint8_t type);
void keepalive_pace(struct agent *a, uint32_t s, uint16_t pace_s);
void keepalive_timer(struct agent *a, uint32_t s);

/* agent_pace.c */
void pace_open(struct agent *a);
/* Starts the line's request, when its turn comes if it has to wait. */
void pace_start(struct agent *a, uint32_t l, const struct fo_act *act);
/* Whether it waited; then it does so no more. */
bool pace_abandon(struct agent *a, uint32_t l, const struct fo_act *act);
/* What waits of the line may have become urgent. */
void pace_review(struct agent *a, uint32_t l);
void pace_expired(struct agent *a);
/* Nothing of the line waits any more. */
void pace_forget(struct agent *a, uint32_t l);

/* agent_tls.c: 0 or -errno, told in the log */
int tls_settings_open(struct agent *a, const struct conf *conf, char *why);
/* The same, by conf's own settings, and closed again; why[] may be told without
 * an error: only servers that a name may have need them. */
int tls_settings_check(const struct conf *conf, char *why);
int tls_server_new(struct agent *a, uint32_t s);
int tls_server_claim(struct agent *a, uint32_t s, uint32_t line, uint8_t entry);
void tls_servers_close(struct agent *a);

/* A sign of our own finding against it, no request in particular. */
void server_sign(struct agent *a, uint32_t s, uint8_t cause);

/* agent_pulse.c */
void pulse_new(struct agent *a, uint32_t s);
void pulse_expired(struct agent *a, uint32_t s);
/* The OPTIONS of request_start_pulse() has come to its end. */
void pulse_options_ended(struct agent *a, uint32_t s, bool timed_out);
/* What a request tells of its server's round trip. */
void pulse_sent(struct agent *a, const struct request *r);
void pulse_answered(struct agent *a, const struct request *r);	/* a->rx */
void pulse_given_up(struct agent *a, const struct request *r);
/* Whether a REGISTER there offers keep-alives by Via's keep, and how
 * often its answer a->rx wants them (that, or Flow-Timer: R-44). */
bool pulse_keep_offered(const struct agent *a, uint32_t s);
void pulse_pace(struct agent *a, const struct request *r);
/* Takes note of how the server sees us in the Via of a->rx; whether bindings
 * may name another address now.  Then, with what the response itself brought
 * queued: tells their lines; requester: whose REGISTER it answers, AGENT_NONE. */
bool pulse_seen(struct agent *a, uint32_t s);
void pulse_seen_tell(struct agent *a, uint32_t s, uint32_t requester);
/* Whether the datagram is STUN; then it has been dealt with. */
bool pulse_received(struct agent *a, const struct addr *from, const char *buf,
		    size_t len);
/* Whether an error quotes the STUN request that is out, which it ends. */
bool pulse_quoted(struct agent *a, uint32_t s, const uint8_t *quote,
		  size_t len);

/* agent_line.c */
int line_open(struct agent *a, uint32_t l);

/* agent_list.c: the servers of lines with names come and go */
/* Its configuration is another, which it can go on with. */
void line_configure(struct agent *a, uint32_t l);
/* True: the line's servers are those that it should have.  False: not all that
 * should go can go yet, or the line waits for its names. */
bool line_locate(struct agent *a, uint32_t l);
void registrations_end(struct line *line);
void line_close(struct agent *a, uint32_t l);
void line_step(struct agent *a, uint32_t l, const struct fo_ev *ev);
void line_result(struct agent *a, const struct request *r, uint8_t outcome,
		 uint16_t status, uint32_t expires_s);
/* sip:user@own-address;transport= of the line towards a server. */
void line_contact(struct agent *a, uint32_t l, uint32_t server, char *buf,
		  size_t size);
void line_contact_at(struct agent *a, uint32_t l, const struct addr *contact,
		     char *buf, size_t size);

/* agent_slot.c */
/* n slots, the first warm of them with their buffers: what answers an event
 * allocates nothing.  0 or -ENOMEM; agent_close() frees what there is. */
int requests_open(struct agent *a, uint32_t n, uint32_t warm);
uint32_t request_new(struct agent *a, uint32_t server);
/* It is the line's (AGENT_NONE: nobody's), once and for all. */
void request_of_line(struct agent *a, uint32_t i, uint32_t l);
/* Its bytes are final: gives back what else its buffer has. */
void request_shrink(struct agent *a, uint32_t i);
/* A branch by which it can be found. */
void request_new_branch(struct agent *a, uint32_t i);
/* Forgets who waits for it. */
void request_detach(struct agent *a, uint32_t i);
void request_free(struct agent *a, uint32_t i);
/* Its state is another: by what it can be found, and whether it can go. */
void request_file(struct agent *a, uint32_t i);
/* method SIP_OTHER: whatever it is. */
uint32_t request_by_branch(const struct agent *a, const char *branch,
			   enum sip_method method);
/* An outstanding UDP request to the server of that UDP length. */
uint32_t request_by_length(const struct agent *a, uint32_t server,
			   uint16_t udp_len);

/* agent_request.c */
void request_start_line(struct agent *a, uint32_t l, const struct fo_act *act);
void request_start_call(struct agent *a, uint32_t c, const struct fo_act *act);
void request_start_options(struct agent *a, uint32_t s);
void request_start_pulse(struct agent *a, uint32_t s);
void request_start_cancel(struct agent *a, uint32_t invite);
/* A request whose fate nobody waits for, in the dialog d: the BYE of a 2xx that
 * nobody wants (C-29), a PRACK, the end of a subscription.  extra: header lines
 * or NULL. */
void request_start_detached(struct agent *a, enum sip_method method,
			    uint32_t server, uint32_t line, uint8_t index,
			    struct dialog *d, const char *extra);
/* Builds what slot i is for and starts it; a request that cannot be built or
 * has no way out ends as a transport error, so that its owner moves on. */
void request_begin(struct agent *a, uint32_t i);
void request_response(struct agent *a, uint32_t i);	/* a->rx */
void request_step(struct agent *a, uint32_t i, const struct txn_ev *ev);
void request_event(struct agent *a, uint32_t i, uint8_t type);
/* The TU does not wait for request i any more, if it still is that attempt. */
void request_abandon(struct agent *a, uint32_t i, uint16_t attempt);

/* The slot that goes on for request i at the same server: its owner waits for
 * that one, and i ends by itself.  AGENT_NONE: there is none. */
uint32_t request_successor(struct agent *a, uint32_t i);

/* agent_upsize.c */
/* Makes a request that has just been built one by TCP if it must be. */
void upsize_request(struct agent *a, struct request *r);
/* The same by UDP, for one that ended without an answer; AGENT_NONE: not to be.
 * To be started. */
uint32_t upsize_undo(struct agent *a, uint32_t i, bool timed_out);
/* By that connection, which is opened if need be; 0 or -errno. */
int upsize_send(struct agent *a, uint32_t s, const void *buf, size_t len);
/* By that connection to it. */
int upsize_send_by(struct agent *a, uint32_t s, tcp_flow f, const void *buf,
		   size_t len);
/* Whether the flow that ended was such a one; then that is dealt with. */
bool upsize_closed(struct agent *a, tcp_flow f);

/* agent_build.c: 0 or -errno, the bytes in r->buf */
int request_build(struct agent *a, struct request *r);
int request_build_in_dialog(struct agent *a, struct request *r,
			    const struct dialog *d, const char *extra);
/* ACK for a 2xx in the dialog (13.2.2.4), with the INVITE's credentials (NULL:
 * none), into buf; length or -errno. */
int request_build_ack(struct agent *a, uint32_t server, const struct dialog *d,
		      uint32_t cseq, const char *credentials, char *buf,
		      size_t size);
/* The (Proxy-)Authorization line that r was sent with; NULL: none.  The
 * caller's to free. */
char *request_credentials(const struct request *r);

/* agent_receive.c */
void receive_message(struct agent *a, const struct addr *from, tcp_flow flow,
		     const char *buf, size_t len);
void reply_expired(struct agent *a, uint32_t i);
/* Answers the request of a reply slot. */
void reply_send(struct agent *a, uint32_t i, uint16_t status,
		const char *contact, const char *extra, const char *sdp);
/* Its last response once more. */
void reply_transmit(struct agent *a, uint32_t i);

/* agent_call.c */
int call_dial(struct agent *a, uint32_t line, const char *uri, const char *sdp,
	      uint32_t *number);
uint32_t call_find(const struct agent *a, int64_t number);
uint32_t call_of_dialog(const struct agent *a, const struct sipmsg *m);
int call_answer(struct agent *a, uint32_t c, const char *sdp);
void call_event(struct agent *a, uint32_t c, uint8_t type, uint16_t status);
void call_in(struct agent *a, uint32_t reply, uint32_t line, uint8_t index);
void call_accept_again(struct agent *a, uint32_t c, uint32_t reply,
		       const char *contact, const char *sdp,
		       const struct session_grant *grant);
void call_answered(struct agent *a, uint32_t c, const struct request *r);
void call_expired(struct agent *a, uint32_t c);
void call_acked(struct agent *a, uint32_t c);
/* CANCELs the INVITE that is out as soon as 9.1 allows it. */
void call_cancel_invite(struct agent *a, uint32_t c);
void call_late_answer(struct agent *a, const struct request *r);
const char *call_own_sdp(struct agent *a, uint32_t c, uint32_t server);

/* agent_overload.c */
/* The response a->rx of server s. */
void overload_heard(struct agent *a, uint32_t s);
/* Whether this new request, or what the line asks for, is left out. */
bool overload_refuses(struct agent *a, uint32_t s);
bool overload_refuses_line(struct agent *a, uint32_t l,
			   const struct fo_act *act);
/* The ACK of the last 2xx, by that server of its line or, if that cannot be,
 * another one. */
void call_send_ack(struct agent *a, uint32_t c, uint8_t index);
void call_server_down(struct agent *a, uint32_t l, uint8_t index);
/* Whether an error quotes an ACK of a 2xx that went to server s. */
bool call_ack_quoted(const struct agent *a, uint32_t s, const uint8_t *quote,
		     size_t len);

/* A provisional response a->rx to the INVITE r of call c: PRACK it if it is
 * reliable. */
void call_provisional(struct agent *a, uint32_t c, const struct request *r);

/* agent_session.c */
void session_expired(struct agent *a, uint32_t c);
void session_end(struct agent *a, uint32_t c);
void session_server_down(struct agent *a, uint32_t l, uint8_t index);
void session_bound(struct agent *a, uint32_t l);
void session_moved(struct agent *a, uint32_t l, uint8_t from, uint8_t to);
/* What a->rx asks for is granted. */
struct session_grant session_granted(const struct agent *a,
				     const struct conf_line *conf);
/* Header lines of a 422, of a 2xx, of a request. */
void session_refusal(const struct session_grant *g, char *buf, size_t size);
void session_answer_lines(const struct session_grant *g, char *buf,
			  size_t size);
void session_request_lines(const struct agent *a, uint32_t c, char *buf,
			   size_t size);
/* a->rx, a 422 to our INVITE: whether that can be asked for. */
bool session_too_brief(struct agent *a, uint32_t c);
/* a->rx is the INVITE of call c. */
void session_invited(struct agent *a, uint32_t c,
		     const struct session_grant *grant);
/* The call is up; a->rx: the 2xx, or the ACK. */
void session_up(struct agent *a, uint32_t c);
void session_refreshed(struct agent *a, uint32_t c,
		       const struct session_grant *g);
/* 0, -EALREADY, or -EBUSY: not up, or a change is on its way. */
int session_hold(struct agent *a, uint32_t c, bool hold);
void session_ask(struct agent *a, uint32_t c);
/* contact: SIPMSG_URI_MAX bytes */
int session_build(struct agent *a, struct request *r, struct sip_request *sip,
		  char *contact, char *extra, size_t extra_size);
void session_result(struct agent *a, const struct request *r, uint8_t outcome,
		    uint16_t status);
void session_answered(struct agent *a, uint32_t i, uint8_t outcome);
/* a->rx, a 2xx to a re-INVITE that was given up. */
void session_ack(struct agent *a, const struct request *r);

/* agent_dialog.c */
/* A request received within a dialog, not BYE; i: its reply slot. */
void dialog_request(struct agent *a, uint32_t i);
/* Whether a->rx, which has no slot, is a request of a call's dialog. */
bool dialog_known(struct agent *a);
void call_far_described(struct agent *a, uint32_t c);
/* Who holds the call: "none", "near" (we), "far", "both". */
const char *call_hold_name(const struct agent_call *k);
const char *call_describe(struct agent *a, uint32_t c, const char *offer,
			  size_t len, uint16_t *refused);
/* The description in the 200 to the INVITE that the call came with. */
const char *call_first_answer(struct agent *a, uint32_t c);

#include "agent_config.h"
#include "agent_adopt.h"
#include "agent_course.h"
#include "agent_ctl.h"
#include "agent_ladder.h"
#include "agent_location.h"
#include "agent_metrics.h"
#include "agent_notify.h"
#include "agent_subscription.h"
#include "agent_timers.h"

#endif /* SIPOVER_AGENT_H */
