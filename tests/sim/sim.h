/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The simulator: the real agent, core and codec over a clock, a network and
 * servers that exist in memory only.  Everything follows from one seed.
 *
 *   io_*.c      userspace/io/ once more, for the virtual network
 *   queue.c     virtual time
 *   net.c       datagrams, ICMP errors, their limits
 *   module.c    what the kernel module would tell of it
 *   message.c   SIP text, on purpose not codec/'s
 *   server.c    registrars and proxies;  farend.c  who calls and is called
 *   keep.c      their answers to CRLF and STUN
 *   user.c      the control socket's client
 *   check.c     what must hold always, end.c what must hold when all is well again
 *   moves.c     what may not come of moves, deadlines without an owner
 *   deeds.c     what users do in them beside
 *   zone.c      what the DNS says of names;  io_resolver.c  its bytes
 *   plan.c      random schedules;  scenario.c  the named ones;
 *   golden.c    what came of these before
 *   icmp.c      each ICMP error in each of its circumstances
 *
 * What must hold, by the name that a violation is told with:
 *   no call is lost without a report      lost-call at every moment, report at
 *                                         the end, ghost at the far end
 *   no registration either                lost-line, lost-probe, truth,
 *                                         registered, reachable
 *   one working server at most            working
 *   nothing inside a Retry-After          retry-after
 *   no ping-pong in the hold-down         hold-down; ping-pong by its rate
 *   as many calls as a line may have      calls
 *   no deadline without an owner, no      orphan, leak, slot, deadline
 *   owner without a deadline
 */
#ifndef SIPOVER_SIM_H
#define SIPOVER_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "core/rng.h"
#include "message.h"

#define MS 1000000ull
#define SEC (1000 * MS)
#define SIM_SERVERS_MAX 9
#define SIM_BINDINGS_MAX 8
#define SIM_FLOWS_MAX 128
#define SIM_USERS_MAX 32	/* calls that the user placed or took */
#define SIM_ZONES_MAX 3
#define ZONE_MEMBERS_MAX 6

/* ---- time ---- */

struct event {
	uint64_t at, order;
	void (*run)(struct event *e);
	void *data;		/* freed after run() */
	uint64_t a, b;
};

/* data is malloc'ed or NULL. */
void after_ns(uint64_t ns, void (*run)(struct event *e), void *data, uint64_t a,
	      uint64_t b);
void queue_clear(void);
/* Runs until that moment; false: an invariant was broken. */
bool run_until(uint64_t at);
/* An input to the agent that is no queued event is over. */
void turn(void);

/* ---- servers ---- */

enum mode {
	UP,
	CLOSED,		/* no process: port unreachable, refused, RST */
	HOST_GONE,	/* a router says host unreachable */
	PROHIBITED,	/* a router says administratively prohibited */
	SILENT,
	UNAVAILABLE,	/* 503 to everything */
	BROKEN,		/* 500 to REGISTER */
	ODD,		/* refusals of all kinds to REGISTER */
	DAWDLING,	/* 100 to REGISTER and OPTIONS, and no more */
	MODES
};

enum auth {
	AUTH_NONE, AUTH_MD5, AUTH_SHA256,
};

struct binding {
	char user[32], contact[160], call_id[64];
	uint32_t cseq;
	uint64_t until;		/* 0: free */
	struct addr from;
	uint32_t flow;
};

struct bucket {			/* of ICMP errors */
	uint64_t at;
	double tokens;
};

struct vserver {
	struct addr addr;
	char letter;
	enum mode mode;
	enum auth auth;
	bool proxy_auth;	/* 407 to INVITE */
	int32_t retry_after;	/* -1: none */
	uint32_t expires_max, expires_min;
	uint32_t slow_ms;	/* before each answer */
	uint64_t register_at;	/* when its last REGISTER is looked at */
	uint32_t forgotten;	/* lines whose binding it forgot */
	bool bye_auth;		/* challenges BYE too */
	unsigned int nonces_lost;	/* so often, and does not say stale */
	bool odd;		/* was ODD: refused credentials */
	int options;		/* its answer to OPTIONS */
	bool stun_mute;		/* it does no STUN */
	struct binding binding[SIM_BINDINGS_MAX];
	struct bucket bucket;
	uint64_t epoch;		/* bindings forgotten so often */
	uint64_t notifies;	/* sent */
	/* what the agent was told of it */
	uint64_t blocked_until;
	bool watched;
	/* the module's record */
	uint8_t state, last_cause;
	uint64_t last_time;
	uint64_t count[SIPOVER_CAUSE_MAX + 1], told[SIPOVER_CAUSE_MAX + 1];
	struct nl_event pending[SIPOVER_CAUSE_MAX + 1];
	uint64_t medium_at;
};

/* Where a message came from or goes to: a datagram's peer or a flow. */
struct peer {
	struct addr addr;
	uint32_t flow;
};

void server_open(struct vserver *s, const struct addr *addr, char letter);
void server_receive(struct vserver *s, const struct peer *from,
		    const char *buf, size_t len);
void server_set_mode(struct vserver *s, enum mode mode);
void server_forget(struct vserver *s);	/* restarted without its memory */
void vserver_send(struct vserver *s, const struct peer *to, const char *text,
		 size_t len);
struct binding *server_binding(struct vserver *s, const char *user);
/* A SUBSCRIBE to its voice mail. */
void mailbox_subscribe(struct vserver *s, const struct peer *from,
		       const struct msg *m);
/* A response without body; extra: whole header lines. */
void server_answer(struct vserver *s, const struct peer *to,
		   const struct msg *request, int status, const char *to_tag,
		   const char *extra);
void server_challenge(struct vserver *s, const struct peer *to,
		      const struct msg *m);
bool server_authorised(struct vserver *s, const struct msg *m);
void transactions_clear(void);
void transaction_cache(struct vserver *s, const struct msg *request,
		       const char *text, size_t len);

/* Whether a datagram is CRLF or STUN; what it is called. */
bool keep_is(const char *buf, size_t len);
const char *keep_name(const char *buf);
/* Its port as a NAT shows it. */
uint16_t keep_port(const struct addr *from);
void keep_receive(struct vserver *s, const struct addr *from, const char *buf);

/* ---- the far end ---- */

struct farend_plan {
	int final;		/* status; 0: never */
	int ring_ms, final_ms;	/* ring_ms < 0: no 180 */
	bool trying;
	bool merge;		/* 482 to a second copy */
	int hold_ms;		/* then it hangs up; < 0: never */
};

/* What calls meet from now on; NULL: whatever comes. */
extern struct farend_plan *farend_next;

void farend_invite(struct vserver *s, const struct peer *from,
		   const struct msg *m);
/* An INVITE that was taken already and is not refused. */
bool farend_has(const struct msg *m);
void farend_cancel(struct vserver *s, const struct peer *from,
		   const struct msg *m);
void farend_update(struct vserver *s, const struct peer *from,
		   const struct msg *m);
void farend_bye(struct vserver *s, const struct peer *from,
		const struct msg *m);
void farend_ack(struct vserver *s, const struct msg *m);
void farend_response(struct vserver *s, const struct msg *m);
/* A re-INVITE in a call that is up. */
void farend_hold(void);
void farend_modify(uint32_t which, bool update, uint32_t direction);
/* Calls the user at its binding; false: there is none. */
bool farend_call(struct vserver *s, const char *user, int give_up_ms);
void farend_forget(void);
void farend_phone_gone(void);	/* nobody will say BYE for it */
/* A BYE of that call was lost on the way. */
void farend_bye_lost(struct slice call_id);
/* Legs that are up at the far end though the agent knows nothing of them. */
bool farend_ghosts(char *why, size_t size);
unsigned int farend_pending(void);
void farend_describe(char *why, size_t size);

/* ---- network ---- */

struct network {
	double loss, dup;
	uint64_t delay_min, delay_max;	/* ns, one way */
	bool outage;			/* nothing passes, nobody says so */
	uint32_t quote;			/* bytes of a datagram that ICMP quotes */
	bool nat;			/* checksums are rewritten: grade medium */
	uint64_t remap_ns;		/* so long a NAT keeps a port; 0: ever */
	uint8_t grade;			/* of each error; 0: as the above has it */
};

uint64_t net_delay(void);
bool net_cut(void);
bool net_path(const struct vserver *s);
void net_from_phone(struct udp *u, const struct addr *to, const char *buf,
		    size_t len);
void net_to_phone(struct vserver *s, const char *buf, size_t len);
bool net_icmp_allowed(struct vserver *s);
/* A stranger's error about nothing that was sent. */
void net_forged(struct vserver *s);
void net_icmp_numbers(const struct vserver *s, uint8_t *type, uint8_t *code);
struct addr net_router(const struct vserver *s);

void tcp_world_reset(void);
void tcp_all_gone(void);	/* the phone's process has ended */
void tcp_server_closes(struct vserver *s, bool reset);
/* The stack gives up connecting to it. */
void tcp_attempt_fails(struct vserver *s);
void tcp_to_phone(struct vserver *s, uint32_t id, const char *buf, size_t len);
bool tcp_flow_alive(uint32_t flow);
uint32_t tcp_flow_by_port(const struct vserver *s, uint16_t port);
uint16_t tcp_flow_port(uint32_t id);
/* The server opens a connection to the phone; 0: it did not come up. */
uint32_t tcp_server_connects(struct vserver *s);

/* ---- the DNS ---- */

enum dns_mode {
	DNS_WELL,
	DNS_SILENT,
	DNS_FAILS,	/* an answer that is none */
	DNS_DENIES,	/* no such name, whatever the name */
	DNS_MODES
};

/* A name that lines have for their servers: SRV records of hosts. */
struct zone {
	char name[16];
	uint32_t ttl_s;
	uint8_t n, n_home;
	uint32_t hosts;		/* named so far */
	struct zone_member {
		uint32_t server, host;
	} member[ZONE_MEMBERS_MAX], home[ZONE_MEMBERS_MAX];
};

struct zone_record {
	uint16_t priority, port;
	char target[32];	/* SRV */
	uint8_t ip[16];
};

struct zone_answer {
	bool failed, known;	/* known: there is such a name */
	uint32_t ttl_s;
	uint8_t n;
	struct zone_record record[ZONE_MEMBERS_MAX];
};

uint32_t zone_pick(uint32_t below);	/* of the DNS's own random stream */
struct zone *zone_new(uint32_t ttl_s);
bool zone_has(const struct zone *z, uint32_t server);
void zone_come(struct zone *z, uint8_t at, uint32_t server);
void zone_go(struct zone *z, uint8_t at);
void zone_move(struct zone *z, uint8_t at, uint32_t server);
void zone_keep(struct zone *z);	/* zones_well() may go back to this */
/* False: nobody answers. */
bool zone_answer(const char *name, enum rr_type type, struct zone_answer *out);
void zones_befall(uint64_t end);
void zones_well(void);
/* The line has the servers that its names stand for, in their order. */
bool zone_settled(uint32_t l, char *why, size_t size);

/* ---- the phone's own network ---- */

void link_set(bool up, bool no_route);
void link_address(const char *ip);	/* IPv4 */
void router_set(bool silent);
void phone_sleeps(uint64_t ns);
void phone_slept(uint64_t ns);

/* ---- the module ---- */

void module_load(bool loaded);
void module_lose(unsigned int n);	/* the next events are lost */
/* udp_len 0: it quotes a segment of the flow from local_port. */
void module_icmp(struct vserver *s, const struct udp_icmp *icmp,
		 uint16_t udp_len, uint16_t local_port);
void module_sign(struct vserver *s, uint8_t cause, uint16_t local_port);
void module_heard(struct vserver *s);
void module_watch(struct vserver *s, bool on);
void module_reset(void);

/* ---- the user ---- */

struct user_call {
	long number;
	uint32_t line;
	bool incoming, up, over;	/* as told by events */
	bool hung_up;		/* no call of the user's any more (calls_max) */
	bool wants_answer;
	int hangup_ms;		/* after it is up; < 0: never */
};

/* hangup_ms: after dialling; < 0: not before it is up. */
bool user_dial(uint32_t line, int hangup_ms, int talk_ms);
void user_hangup(long number);
void user_hangup_all(void);
void user_hold(uint32_t which, bool hold);
void user_register(uint32_t line);
void user_shutdown(void);
void user_event(const char *text);
struct user_call *user_find(long number);

/* ---- the world ---- */

struct counts {
	uint64_t sent, received, lost, duplicated, icmp, icmp_limited;
	uint64_t module_events, failovers, failbacks, registered, unregistered;
	uint64_t dials, ups, incoming, late_byes_refused, merged, faults, tcp_connects,
		 pings, tcp_ends, retransmissions, challenges, unavailable, byes,
		 cancels, user_registers, local, subscribed, dns_answers,
		 dns_changes, called, holds, modified, virtual_s;
};

struct world {
	bool shared_bindings;	/* all servers are one system (F-02) */
	uint64_t now, seed;
	struct rng rng, agent_rng;
	struct ring *ring;
	struct agent *agent;
	struct conf conf;
	struct network net;
	uint64_t timer_lag;
	unsigned int n_servers;
	struct vserver server[SIM_SERVERS_MAX];
	struct udp *udp[2];
	struct tcp *tcp;
	struct netlink *netlink;
	struct rtnl *rtnl;
	bool link_down, no_route;	/* the phone's own */
	uint64_t link_at;		/* since then */
	struct {
		bool there;		/* all servers are behind it */
		bool silent, failed;	/* failed: its neighbour entry */
	} router;
	uint32_t outages;
	uint64_t slept;
	bool asleep;
	struct {
		struct rng rng;
		enum dns_mode mode;
		bool named;	/* a random schedule with names */
		uint32_t n;
		struct zone zone[SIM_ZONES_MAX];
	} dns;
	struct control *control;
	struct addr phone[2];
	bool module;		/* it is loaded */
	struct user_call call[SIM_USERS_MAX];
	unsigned int n_calls;
	bool answer_calls;
	bool lifted;		/* the faults are over */
	bool ending;
	char reply[512];	/* of the control socket */
	const struct msg *delivering;	/* to the agent, now */
	struct counts *counts;
	bool failed;
	char invariant[32], why[512];
	bool tracing;
	bool golden;
	uint64_t hash;
};

extern struct world W;

bool chance(double p);
uint32_t pick(uint32_t below);
uint64_t between(uint64_t a, uint64_t b);
struct vserver *server_at_addr(const struct addr *a);
/* Number k of the line, as its list is now. */
struct vserver *line_server(uint32_t line, uint32_t k);

/* ---- the record ---- */

void trace_reset(void);
void trace(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void trace_message(const struct vserver *s, bool from_phone, const char *fate,
		   const char *buf, size_t len);
const char *trace_text(void);
void mix(uint64_t v);

/* ---- invariants ---- */

/* At the end; costs as much as the schedule. */
void check_replay(void);
void violated(const char *invariant, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void check_reset(void);
void check_slept(void);	/* time has jumped */
void check_crash(void);	/* what was sent before is forgotten */
/* A message leaves the agent; TCP: is queued. */
void check_tx(struct vserver *s, const char *buf, size_t len);
/* A message is about to be given to the agent, and was. */
void check_rx(struct vserver *s, const struct msg *m);
void check_rx_done(struct vserver *s, const struct msg *m);
void check_turn(void);
void check_user_register(uint32_t line);
void check_working(uint32_t line);
/* deeds.c */
bool deeds_wanted(void);
unsigned int deeds_calls_max(void);
void deeds_befall(uint64_t end);
/* moves.c */
void moves_reset(void);
void moves_told(uint32_t line, char from, char to);
void moves_none(uint32_t line);
void moves_down(char server);
void moves_turn(void);
void moves_asked(void);
void check_timers(void);
bool end_settle(void);	/* the faults are over: all must become well */

/* ---- runs ---- */

/* Builds the configuration of text and starts the agent on it. */
bool world_start(const char *text);
void world_stop(void);
/* The agent is killed and started again: what servers, module and far end know
 * of it stays. */
void world_crash(void);
void world_init(uint64_t seed);
bool schedule_run(uint64_t seed, bool tracing);
int scenarios_run(const char *only, bool update, const char *dir);
/* The record against dir/name.txt, or into it (update). */
bool golden_compare(const char *name, const char *dir, bool update);
int icmp_run(void);

#endif /* SIPOVER_SIM_H */
