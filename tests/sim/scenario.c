// SPDX-License-Identifier: BSD-2-Clause
/*
 * Named courses of events.  The message ladder of each is compared with
 * golden/NAME.txt: what the agent does when, message by message.
 */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED 42

struct scenario {
	const char *name;
	const char *top;	/* of the configuration */
	const char *line;
	enum transport transport;
	enum auth auth;
	bool module;
	void (*run)(void);
};

static struct farend_plan answers = {
	.final = 200, .ring_ms = 200, .final_ms = 1000, .trying = true,
	.hold_ms = -1,
};
static struct farend_plan says_nothing = {
	.final = 200, .ring_ms = -1, .final_ms = 9000, .merge = false,
	.hold_ms = -1,
};

void at(double s)
{
	run_until((uint64_t)((1000 + s) * SEC));
}

void mode(struct vserver *s, enum mode m)
{
	server_set_mode(s, m);
	turn();
}

void dial(void)
{
	user_dial(0, -1, -1);
	turn();
}

void hang_up(void)
{
	user_hangup_all();
	turn();
}

/* ---- the line's server fails ---- */

static void dies(enum mode m, double end)
{
	at(10);
	mode(A, m);
	at(end);
}

static void register_closed(void) { dies(CLOSED, 40); }
static void register_host_gone(void) { dies(HOST_GONE, 60); }
static void register_prohibited(void) { dies(PROHIBITED, 40); }
static void register_silent(void) { dies(SILENT, 45); }
static void register_500(void) { dies(BROKEN, 40); }

/* Nobody answers, and nothing but OPTIONS asks (C-06, F-22). */
static void options_silent(void) { dies(SILENT, 45); }

/* Idle: what STUN meets tells of the server's end. */
static void stun_closed(void) { dies(CLOSED, 35); }

/* The NAT takes another port after 35 s. */
static void stun_mapping(void)
{
	W.net.remap_ns = 45 * SEC;
	at(75);
}

/* The same, seen in the Via of an answer to OPTIONS. */
static void nat_seen_changed(void)
{
	W.net.remap_ns = 45 * SEC;
	at(50);
}

/* It answered STUN and does not any more, but lives (sign 11). */
static void stun_silent(void)
{
	at(30);
	A->stun_mute = true;
	at(195);
}

/* A busy server: late, yet before the request's first repetition (sign 20). */
static void answer_late(void)
{
	at(20);
	A->slow_ms = 300;
	at(100);
}

/* Grade MEDIUM: as good as forged, while the server lives and when it is gone. */
static void register_doubted(void)
{
	W.net.nat = true;
	at(10);
	net_forged(A);
	net_forged(A);
	turn();
	at(20);
	mode(A, CLOSED);
	at(60);
}

static void retry_after(void)
{
	at(10);
	A->retry_after = 20;
	mode(A, UNAVAILABLE);
	at(40);
	mode(A, UP);
	at(60);
}

static void failback(void)
{
	at(10);
	mode(A, CLOSED);
	at(40);
	mode(A, UP);
	at(75);
}

/* Dead for two probes (F-47, F-48). */
static void failback_silent(void)
{
	at(10);
	mode(A, SILENT);
	at(175);
	mode(A, UP);
	at(215);
}

/* With the vendor's interval (F-57), which is not the lifetime's. */
static void failback_default(void)
{
	at(10);
	mode(A, CLOSED);
	at(40);
	mode(A, UP);
	at(1840);
}

/* F-56 is 0: A is back, and nobody asks it. */
static void failback_off(void)
{
	at(10);
	mode(A, CLOSED);
	at(40);
	mode(A, UP);
	at(1840);
}

static void all_silent(void)
{
	at(10);
	mode(A, SILENT);
	mode(B, SILENT);
	at(150);
	mode(B, UP);
	at(250);
}

static void register_by_hand(void)
{
	at(10);
	mode(A, CLOSED);
	at(35);
	mode(A, UP);
	user_register(0);
	turn();
	at(40);
}

static void adoption(void)
{
	at(20);
}

static void module_leaves(void)
{
	at(5);
	module_load(false);
	at(10);
	mode(A, CLOSED);
	at(35);
	module_load(true);
	at(40);
}

static void resync(void)
{
	at(5);
	module_lose(1);
	at(10);
	mode(A, CLOSED);
	at(45);
}

static void probe_overtaken(void)
{
	at(10);
	A->slow_ms = 8000;
	at(45);		/* REGISTER timed out at 37.5, a probe is out */
	A->slow_ms = 0;
	user_register(0);
	turn();
	at(65);
}

/* B never answers the UNREGISTER, but the BYE that comes after it. */
static void unregister_overtaken(void)
{
	at(10);
	mode(A, CLOSED);
	user_register(0);
	turn();
	at(12);
	dial();
	at(20);
	mode(A, UP);
	B->slow_ms = 60000;
	at(50);
	B->slow_ms = 0;
	hang_up();
	at(90);
}

/* ---- TCP ---- */

static void tcp_fin(void)
{
	at(10);
	tcp_server_closes(A, false);
	at(20);
}

static void tcp_reset_pending(void)
{
	at(10);
	A->slow_ms = 5000;
	at(31);
	tcp_server_closes(A, true);
	at(36);
	A->slow_ms = 0;
	at(45);
}

static void tcp_refused(void)
{
	at(10);
	mode(A, CLOSED);
	at(20);
}

/* R-45, sign 10: pinged and ponged, then no more. */
static void tcp_no_pong(void)
{
	at(30);
	mode(A, DAWDLING);
	at(75);
}

/* ---- calls ---- */

static void call(void)
{
	at(5);
	dial();
	at(10);
	hang_up();
	at(12);
}

static void call_comes(void)
{
	W.answer_calls = true;
	answers.hold_ms = 3000;
	at(5);
	farend_call(A, "u0", -1);
	at(20);
	answers.hold_ms = -1;
}

/* Its 200 does not arrive, and the phone sleeps past the end of its repetition:
 * the BYE that gives up is not raced by one more copy. */
static void call_in_asleep(void)
{
	W.answer_calls = true;
	at(5);
	farend_call(A, "u0", -1);
	at(5.05);
	mode(A, SILENT);
	at(11);
	phone_slept(43 * SEC);
	mode(A, UP);
	turn();
	at(70);
}

static void call_cancelled(void)
{
	answers.final_ms = 20000;
	at(5);
	dial();
	at(8);
	hang_up();
	at(12);
	answers.final_ms = 1000;
}

static void invite_closed(void)
{
	at(5);
	mode(A, CLOSED);
	dial();
	at(10);
	hang_up();
	at(12);
}

static void invite_silent(void)
{
	at(5);
	mode(A, SILENT);
	dial();
	at(20);
	hang_up();
	at(22);
}

static void bye_closed(void)
{
	at(5);
	dial();
	at(10);
	mode(A, CLOSED);
	hang_up();
	at(12);
}

static void bye_silent(void)
{
	at(5);
	dial();
	at(10);
	mode(A, SILENT);
	hang_up();
	at(25);
}

/* A's copy is answered when B's is up already: R-30. */
static void late_2xx(void)
{
	farend_next = &says_nothing;
	at(5);
	dial();
	at(12);
	farend_next = &answers;
	at(25);
	hang_up();
	at(28);
}

static void late_2xx_challenged(void)
{
	A->bye_auth = true;
	late_2xx();
}

/* A has lost its nonces when two BYEs are on their way: the second one's
 * credentials are of the nonce before as well, and not refused by the new one. */
static void byes_challenged(void)
{
	A->bye_auth = true;
	at(5);
	dial();
	at(7);
	dial();
	at(10);
	A->nonces_lost = 9;
	hang_up();
	at(12);
}

/* A's copy is answered while B's rings: it counts. */
static void first_copy_answers(void)
{
	farend_next = &says_nothing;
	at(5);
	dial();
	at(12);
	farend_next = &answers;
	answers.final_ms = 20000;
	at(25);
	answers.final_ms = 1000;
	hang_up();
	at(28);
}

/* C-29 */
static void merged_482(void)
{
	says_nothing.merge = true;
	farend_next = &says_nothing;
	at(5);
	dial();
	at(25);
	says_nothing.merge = false;
	hang_up();
	at(28);
}

static void invite_503(void)
{
	at(5);
	A->retry_after = 30;
	mode(A, UNAVAILABLE);
	dial();
	at(10);
	hang_up();
	at(12);
}

/* A dies without a word during a call; the refresh finds it, and the call
 * goes on by way of B. */
static void session_silent(void)
{
	dial();
	at(40);
	mode(A, SILENT);
	at(120);
	hang_up();
	at(125);
}

/* It says so: the refresh is at B one round trip later. */
static void session_closed(void)
{
	dial();
	at(40);
	mode(A, CLOSED);
	at(60);
	hang_up();
	at(62);
}

/* nobody answers any more. */
static void session_lost(void)
{
	dial();
	at(40);
	mode(A, SILENT);
	mode(B, SILENT);
	at(95);
}

/* ---- the vendors' parameters ---- */

/* Y-26: B is bound after A and kept so; it takes over, and A comes back. */
static void standby(void)
{
	at(40);
	mode(A, CLOSED);
	at(95);
	mode(A, UP);
	at(130);
}

/* A call finds A dead: B is bound, no REGISTER stands in its way (C-08). */
static void standby_call(void)
{
	at(5);
	mode(A, CLOSED);
	dial();
	at(10);
	hang_up();
	at(12);
}

static void startup_jitter(void) { at(20); }

/* On B; A is back at 40 s. */
static void on_backup(void)
{
	at(10);
	mode(A, CLOSED);
	at(40);
	mode(A, UP);
	at(45);
}

static void mode_requests(void)
{
	on_backup();
	at(45.5);
	dial();
	at(50);
	hang_up();
	at(55);
}

static void mode_registration(void)
{
	on_backup();
	at(95);
}

/* A call is up when the time is over: it is waited for (C-13). */
static void mode_duration(void)
{
	on_backup();
	dial();
	at(95);
	hang_up();
	at(110);
}

#define SESSION " session_timer = 1 session_expires = 90"
#define TWO "failback_interval = 0"
#define NO_PROBES "probe_interval = 0"

/* ---- names (Y-17) ---- */

/* A and B; C comes later. */
static const char *two_hosts(void)
{
	struct zone *z = zone_new(10);

	zone_come(z, 0, 0);
	zone_come(z, 1, 1);
	return z->name;
}

static bool by_name(const struct scenario *s)
{
	return s->run == list_without || s->run == list_moved ||
	       s->run == list_blocked || s->run == list_parting;
}

static const struct scenario scenarios[] = {
	{ "register_closed", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  register_closed },
	{ "register_closed_sockets", "detect = sockets " NO_PROBES, TWO,
	  TRANSPORT_UDP, AUTH_NONE, false, register_closed },
	{ "register_closed_timers", "detect = timers " NO_PROBES, TWO,
	  TRANSPORT_UDP, AUTH_NONE, false, register_closed },
	{ "register_host_gone", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  register_host_gone },
	{ "register_prohibited", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE,
	  true, register_prohibited },
	{ "register_silent", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  register_silent },
	{ "options_silent", "options_interval = 10 " NO_PROBES, TWO,
	  TRANSPORT_UDP, AUTH_NONE, true, options_silent },
	{ "answer_late", "suspect_after = 100 " NO_PROBES, TWO,
	  TRANSPORT_UDP, AUTH_NONE, true, answer_late },
	{ "stun_closed", "udp_keepalive = stun " NO_PROBES,
	  TWO, TRANSPORT_UDP, AUTH_NONE, false, stun_closed },
	{ "stun_mapping", "udp_keepalive = stun " NO_PROBES, TWO,
	  TRANSPORT_UDP, AUTH_NONE, true, stun_mapping },
	{ "nat_changed", "options_interval = 10 " NO_PROBES, TWO,
	  TRANSPORT_UDP, AUTH_NONE, true, nat_seen_changed },
	{ "stun_silent", "udp_keepalive = stun " NO_PROBES, TWO,
	  TRANSPORT_UDP, AUTH_NONE, true, stun_silent },
	{ "register_500", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  register_500 },
	{ "register_challenged", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_SHA256,
	  true, register_closed },
	{ "register_doubted", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  register_doubted },
	{ "retry_after", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  retry_after },
	{ "failback", NO_PROBES, "failback_interval = 30", TRANSPORT_UDP,
	  AUTH_NONE, true, failback },
	{ "failback_silent", NO_PROBES, "failback_interval = 60", TRANSPORT_UDP,
	  AUTH_NONE, false, failback_silent },
	{ "failback_default", NO_PROBES, "", TRANSPORT_UDP, AUTH_NONE, false,
	  failback_default },
	{ "failback_off", NO_PROBES, "failback = 0", TRANSPORT_UDP, AUTH_NONE,
	  false, failback_off },
	{ "subscription", NO_PROBES, "failback_interval = 30 "
	  "subscribe_mwi = 1", TRANSPORT_UDP, AUTH_MD5, true, failback },
	{ "subscription_stays", NO_PROBES, "failback_interval = 30 "
	  "subscribe_mwi = 1 subscribe_mwi_expires = 90 failback_subscribe = 0",
	  TRANSPORT_UDP, AUTH_NONE, true, failback },
	{ "subscription_silent", NO_PROBES, "failback_interval = 30 "
	  "subscribe_mwi = 1 subscribe_mwi_expires = 30", TRANSPORT_UDP,
	  AUTH_NONE, true, register_silent },
	{ "all_silent", "probe_interval = 30", TWO, TRANSPORT_UDP, AUTH_NONE,
	  true, all_silent },
	{ "register_by_hand", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  register_by_hand },
	{ "adoption", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  adoption },
	{ "module_leaves", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  module_leaves },
	{ "resync", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true, resync },
	{ "probe_overtaken", "probe_interval = 5", TWO, TRANSPORT_TCP,
	  AUTH_NONE, false, probe_overtaken },
	{ "unregister_overtaken", NO_PROBES, "failback_interval = 30",
	  TRANSPORT_UDP, AUTH_NONE, true, unregister_overtaken },
	{ "tcp_fin", NO_PROBES, TWO, TRANSPORT_TCP, AUTH_NONE, true, tcp_fin },
	{ "tcp_reset_pending", NO_PROBES, TWO, TRANSPORT_TCP, AUTH_NONE, true,
	  tcp_reset_pending },
	{ "tcp_refused", NO_PROBES, TWO, TRANSPORT_TCP, AUTH_NONE, true,
	  tcp_refused },
	{ "tcp_no_pong", NO_PROBES " keepalive_interval = 15", TWO,
	  TRANSPORT_TCP, AUTH_NONE, true, tcp_no_pong },
	{ "call", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_MD5, true, call },
	{ "call_in", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true, call_comes },
	{ "call_in_asleep", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  call_in_asleep },
	{ "call_cancelled", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  call_cancelled },
	{ "invite_closed", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_MD5, true,
	  invite_closed },
	{ "invite_closed_yealink", NO_PROBES,
	  TWO " register_before_resend = false", TRANSPORT_UDP, AUTH_NONE,
	  true, invite_closed },
	{ "invite_silent", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  invite_silent },
	{ "invite_503", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  invite_503 },
	{ "bye_closed", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  bye_closed },
	{ "bye_silent", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  bye_silent },
	{ "late_2xx", NO_PROBES, TWO " register_before_resend = false",
	  TRANSPORT_UDP, AUTH_NONE, true, late_2xx },
	{ "late_2xx_challenged", NO_PROBES,
	  TWO " register_before_resend = false", TRANSPORT_UDP, AUTH_MD5, true,
	  late_2xx_challenged },
	{ "byes_challenged", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_MD5, true,
	  byes_challenged },
	{ "first_copy_answers", NO_PROBES,
	  TWO " register_before_resend = false", TRANSPORT_UDP, AUTH_NONE,
	  true, first_copy_answers },
	{ "merged_482", NO_PROBES, TWO " register_before_resend = false",
	  TRANSPORT_UDP, AUTH_NONE, true, merged_482 },
	{ "session_silent", NO_PROBES, TWO SESSION, TRANSPORT_UDP, AUTH_MD5,
	  true, session_silent },
	{ "session_closed", NO_PROBES, TWO SESSION, TRANSPORT_UDP, AUTH_NONE,
	  true, session_closed },
	{ "session_closed_tcp", NO_PROBES, TWO SESSION, TRANSPORT_TCP,
	  AUTH_NONE, true, session_closed },
	{ "session_lost", NO_PROBES, TWO SESSION, TRANSPORT_UDP, AUTH_NONE,
	  true, session_lost },
	{ "local_outage", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  local_outage },
	{ "local_outage_tcp", NO_PROBES, TWO, TRANSPORT_TCP, AUTH_NONE, true,
	  local_outage_call },
	{ "local_outage_call", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  local_outage_call },
	{ "local_outage_probe", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE,
	  true, local_outage_probe },
	{ "local_flapping", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  local_flapping },
	{ "local_at_start", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  local_at_start },
	{ "local_at_start_call", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE,
	  true, local_at_start_call },
	{ "standby", NO_PROBES, "failback_interval = 30 "
	  "registration = concurrent", TRANSPORT_UDP, AUTH_NONE, true, standby },
	{ "standby_call", NO_PROBES, TWO " registration = concurrent",
	  TRANSPORT_UDP, AUTH_MD5, true, standby_call },
	{ "startup_jitter", NO_PROBES " startup_jitter = 10", TWO,
	  TRANSPORT_UDP, AUTH_NONE, true, startup_jitter },
	{ "only_registered", NO_PROBES, TWO " register_before_resend = false "
	  "only_signal_with_registered = true", TRANSPORT_UDP, AUTH_NONE,
	  true, invite_closed },
	{ "failback_requests", "probe_interval = 5", TWO " failback_mode = newRequests",
	  TRANSPORT_UDP, AUTH_NONE, true, mode_requests },
	{ "failback_registration", NO_PROBES,
	  TWO " failback_mode = registration", TRANSPORT_UDP, AUTH_NONE, true,
	  mode_registration },
	{ "failback_duration", NO_PROBES, TWO " failback_mode = duration "
	  "failback_timeout = 60 failback_when_idle = true", TRANSPORT_UDP,
	  AUTH_NONE, true, mode_duration },
	{ "own_address", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  own_address },
	{ "own_address_tcp", NO_PROBES, TWO, TRANSPORT_TCP, AUTH_NONE, true,
	  own_address },
	{ "suspended_tcp", NO_PROBES, TWO, TRANSPORT_TCP, AUTH_NONE, true,
	  suspended },
	{ "suspended", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  suspended },
	{ "no_gateway", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  no_gateway },
	{ "list_without", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  list_without },
	{ "list_without_mwi", NO_PROBES, TWO " subscribe_mwi = 1",
	  TRANSPORT_UDP, AUTH_NONE, true, list_without },
	{ "list_moved", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  list_moved },
	{ "list_parting", NO_PROBES, TWO, TRANSPORT_UDP, AUTH_NONE, true,
	  list_parting },
	{ "list_blocked", NO_PROBES, "failback_interval = 10", TRANSPORT_UDP,
	  AUTH_NONE, true, list_blocked },
};

static void play(const struct scenario *s)
{
	const char *transport = transport_param(s->transport);
	char text[1024];
	int n;

	world_init(SEED);
	W.tracing = W.golden = true;
	W.module = s->module;
	W.n_servers = by_name(s) ? 3 : 2;
	for (unsigned int i = 0; i < W.n_servers; i++) {
		char ip[20];
		struct addr addr;

		snprintf(ip, sizeof(ip), "192.0.2.%u", 10 + i);
		addr_parse(&addr, ip, 5060, s->transport);
		server_open(&W.server[i], &addr, (char)('A' + i));
		W.server[i].auth = s->auth;
	}
	if (s->run == adoption) {
		A->state = SIPOVER_STATE_UNREACHABLE;
		A->last_cause = SIPOVER_CAUSE_PORT_UNREACH;
		A->last_time = W.now - SEC;
		mode(A, CLOSED);
	}
	n = snprintf(text, sizeof(text),
		     "control = \"/sim\"\nlocal_v4 = \"%s\"\n"
		     "local_v6 = \"\"\n%s\nline \"l0\" {\nuser = u0\n"
		     "domain = example.com\npassword = secret\n%s\n",
		     s->run == own_address ? "0.0.0.0" : "192.0.2.9", s->top,
		     s->line);
	if (by_name(s))
		snprintf(text + n, sizeof(text) - (size_t)n, "server { "
			 "address = %s expires = 60 }\n}\n", two_hosts());
	else
		snprintf(text + n, sizeof(text) - (size_t)n, "server { "
			 "address = 192.0.2.10 transport = %s expires = 60 }\n"
			 "server { address = 192.0.2.11 transport = %s "
			 "expires = 60 }\n}\n", transport, transport);
	farend_next = &answers;
	if (s->run == local_at_start || s->run == local_at_start_call)
		link_set(false, true);
	if (world_start(text))
		s->run();
	farend_next = NULL;
	check_replay();
	world_stop();
}

int scenarios_run(const char *only, bool update, const char *dir)
{
	unsigned int n = 0, bad = 0;

	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		const struct scenario *s = &scenarios[i];
		bool ok;

		if (only && strcmp(only, s->name) != 0)
			continue;
		play(s);
		ok = golden_compare(s->name, dir, update);
		if (W.failed)
			printf("# %s: %s\n", W.invariant, W.why);
		ok = ok && !W.failed;
		bad += !ok;
		printf("%s %u - golden %s\n", ok ? "ok" : "not ok", ++n,
		       s->name);
	}
	printf("1..%u\n", n);
	return bad || !n;
}
