// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Every row of the ICMP table and of the signs table, all three columns. */
#include "../tap.h"

#include "../../userspace/core/verdict.h"

static const char *letters(struct verdict v)
{
	static const char txn[] = "CFM", health[] = "0NSBDRA";
	static char buf[4];

	snprintf(buf, sizeof(buf), "%c/%c", v.txn < 3 ? txn[v.txn] : '?',
		 v.health < 7 ? health[v.health] : '?');
	return buf;
}

static const char *of(uint8_t cause, uint8_t grade, uint8_t context,
		      bool from_server, bool can_remedy)
{
	struct verdict_in in = {
		.cause = cause, .grade = grade, .context = context,
		.offender_is_server = from_server, .can_remedy = can_remedy,
		.repeats = 2,
	};

	return letters(verdict_of(&in));
}

static const char *const context_names[] = { "udp", "connecting", "established" };

struct expected {
	uint8_t cause;
	const char *name, *v[3];
};

/* N is "counted", R "ask by a new connection", A "alive". */
static const struct expected icmp[] = {
	{ SIPOVER_CAUSE_NET_UNREACH, "net_unreach", { "F/S", "F/S", "C/S" } },
	{ SIPOVER_CAUSE_HOST_UNREACH, "host_unreach", { "F/S", "F/S", "C/S" } },
	{ SIPOVER_CAUSE_PROTO_UNREACH, "proto_unreach", { "F/D", "F/D", "C/S" } },
	{ SIPOVER_CAUSE_PORT_UNREACH, "port_unreach", { "F/D", "F/D", "C/S" } },
	{ SIPOVER_CAUSE_PKT_TOO_BIG, "pkt_too_big", { "M/0", "M/0", "M/0" } },
	{ SIPOVER_CAUSE_SOURCE_ROUTE, "source_route", { "C/0", "C/0", "C/0" } },
	{ SIPOVER_CAUSE_NET_UNKNOWN, "net_unknown", { "F/S", "F/S", "C/S" } },
	{ SIPOVER_CAUSE_HOST_UNKNOWN, "host_unknown", { "F/D", "F/D", "C/S" } },
	{ SIPOVER_CAUSE_SOURCE_ISOLATED, "source_isolated", { "M/0", "M/0", "C/0" } },
	{ SIPOVER_CAUSE_ADMIN_PROHIBITED, "admin_prohibited", { "F/B", "F/B", "C/S" } },
	{ SIPOVER_CAUSE_TOS_UNREACH, "tos_unreach", { "F/S", "F/S", "C/S" } },
	{ SIPOVER_CAUSE_PRECEDENCE, "precedence", { "F/0", "F/0", "C/0" } },
	{ SIPOVER_CAUSE_SOURCE_SCOPE, "source_scope", { "F/S", "F/S", "C/0" } },
	{ SIPOVER_CAUSE_SOURCE_POLICY, "source_policy", { "F/B", "F/B", "C/S" } },
	{ SIPOVER_CAUSE_TTL_EXCEEDED, "ttl_exceeded", { "C/N", "C/N", "C/0" } },
	{ SIPOVER_CAUSE_REASSEMBLY, "reassembly", { "M/0", "C/0", "C/0" } },
	{ SIPOVER_CAUSE_PARAM_PROBLEM, "param_problem", { "F/0", "C/0", "C/0" } },
	{ SIPOVER_CAUSE_ICMP_OTHER, "icmp_other", { "C/N", "C/0", "C/0" } },
};

static const struct expected signs[] = {
	{ SIPOVER_CAUSE_UNSPEC, "unspec", { "C/0", "C/0", "C/0" } },
	{ SIPOVER_CAUSE_TCP_REFUSED, "tcp_refused", { "F/D", "F/D", "F/D" } },
	{ SIPOVER_CAUSE_TCP_RESET, "tcp_reset", { "F/R", "F/R", "F/R" } },
	{ SIPOVER_CAUSE_TCP_FIN, "tcp_fin", { "F/R", "F/R", "F/R" } },
	{ SIPOVER_CAUSE_TCP_TIMEOUT, "tcp_timeout", { "F/D", "F/D", "F/D" } },
	{ SIPOVER_CAUSE_TCP_UNREACH, "tcp_unreach", { "F/S", "F/S", "F/S" } },
	{ SIPOVER_CAUSE_TCP_RETRANSMIT, "tcp_retransmit", { "C/S", "C/S", "C/S" } },
	{ SIPOVER_CAUSE_TCP_ZERO_WINDOW, "tcp_zero_window", { "C/S", "C/S", "C/S" } },
	{ SIPOVER_CAUSE_NEIGH_FAILED, "neigh_failed", { "C/S", "C/S", "C/S" } },
	{ SIPOVER_CAUSE_UNANSWERED, "unanswered", { "C/S", "C/S", "C/S" } },
	{ SIPOVER_CAUSE_CARRIER_LOST, "carrier_lost", { "M/0", "M/0", "M/0" } },
	{ SIPOVER_CAUSE_ROUTE_LOST, "route_lost", { "M/0", "M/0", "M/0" } },
	{ SIPOVER_CAUSE_ADDR_LOST, "addr_lost", { "M/0", "M/0", "M/0" } },
	{ SIPOVER_CAUSE_SEND_ERROR, "send_error", { "F/S", "F/S", "F/S" } },
	{ SIPOVER_CAUSE_FLOW_TIMEOUT, "flow_timeout", { "C/S", "F/R", "F/R" } },
	{ SIPOVER_CAUSE_HEARD, "heard", { "C/A", "C/A", "C/A" } },
	{ SIPOVER_CAUSE_TCP_ESTABLISHED, "tcp_established", { "C/A", "C/A", "C/A" } },
	{ SIPOVER_CAUSE_NEIGH_REACHABLE, "neigh_reachable", { "C/A", "C/A", "C/A" } },
	{ SIPOVER_CAUSE_TLS_FAILED, "tls_failed", { "C/0", "F/D", "F/R" } },
};

#define N_ICMP (sizeof(icmp) / sizeof(icmp[0]))
#define N_SIGNS (sizeof(signs) / sizeof(signs[0]))

static void rows(void)
{
	is_int(N_ICMP + N_SIGNS, SIPOVER_CAUSE_MAX + 1,
	       "each cause of the contract has a row here");

	for (size_t i = 0; i < N_ICMP; i++) {
		is_str(cause_name(icmp[i].cause), icmp[i].name, "name of %s",
		       icmp[i].name);
		for (uint8_t c = 0; c < 3; c++) {
			is_str(of(icmp[i].cause, SIPOVER_GRADE_STRONG, c, true,
				  false), icmp[i].v[c], "%s %s", icmp[i].name,
			       context_names[c]);
			is_str(of(icmp[i].cause, SIPOVER_GRADE_WEAK, c, true,
				  false), "C/0", "weak %s %s", icmp[i].name,
			       context_names[c]);
			is_str(of(icmp[i].cause, SIPOVER_GRADE_MEDIUM, c, true,
				  false), strpbrk(icmp[i].v[c], "SBD") ?
			       "C/R" : "C/0", "medium %s %s", icmp[i].name,
			       context_names[c]);
			is_str(of(icmp[i].cause, SIPOVER_GRADE_NONE, c, true,
				  false), "C/0", "ungraded %s %s",
			       icmp[i].name, context_names[c]);
		}
	}
	for (size_t i = 0; i < N_SIGNS; i++) {
		is_str(cause_name(signs[i].cause), signs[i].name, "name of %s",
		       signs[i].name);
		for (uint8_t c = 0; c < 3; c++)
			is_str(of(signs[i].cause, SIPOVER_GRADE_NONE, c, false,
				  false), signs[i].v[c], "%s %s",
			       signs[i].name, context_names[c]);
	}
}

static void offender(void)
{
	static const struct {
		uint8_t cause, grade, context;
		bool from_server;
		const char *want, *why;
	} t[] = {
		{ SIPOVER_CAUSE_PORT_UNREACH, SIPOVER_GRADE_STRONG, VERDICT_UDP,
		  false, "F/S", "port unreachable from elsewhere" },
		{ SIPOVER_CAUSE_PORT_UNREACH, SIPOVER_GRADE_STRONG,
		  VERDICT_TCP_CONNECTING, false, "F/S",
		  "the same while connecting" },
		{ SIPOVER_CAUSE_PORT_UNREACH, SIPOVER_GRADE_LOCAL, VERDICT_UDP,
		  false, "F/D", "port unreachable by the own stack" },
		{ SIPOVER_CAUSE_HOST_UNREACH, SIPOVER_GRADE_LOCAL, VERDICT_UDP,
		  false, "F/D", "own neighbour discovery failed" },
		{ SIPOVER_CAUSE_HOST_UNREACH, SIPOVER_GRADE_LOCAL,
		  VERDICT_TCP_CONNECTING, false, "F/D",
		  "the same while connecting" },
		{ SIPOVER_CAUSE_HOST_UNREACH, SIPOVER_GRADE_LOCAL,
		  VERDICT_TCP_ESTABLISHED, false, "C/S",
		  "established connections only get suspicious" },
		{ SIPOVER_CAUSE_HOST_UNREACH, SIPOVER_GRADE_STRONG, VERDICT_UDP,
		  true, "F/S", "a router's host unreachable" },
		{ SIPOVER_CAUSE_PROTO_UNREACH, SIPOVER_GRADE_STRONG, VERDICT_UDP,
		  false, "F/D", "guard 3 is for ports only" },
		{ SIPOVER_CAUSE_NET_UNREACH, SIPOVER_GRADE_LOCAL, VERDICT_UDP,
		  false, "F/S", "own net unreachable is still a hint" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		is_str(of(t[i].cause, t[i].grade, t[i].context,
			  t[i].from_server, false), t[i].want, "%s", t[i].why);
}

/* R-71 */
static void gateway(void)
{
	struct verdict_in in = {
		.cause = SIPOVER_CAUSE_HOST_UNREACH,
		.grade = SIPOVER_GRADE_LOCAL, .context = VERDICT_UDP,
		.by_gateway = true,
	};
	struct verdict v = verdict_of(&in);

	ok(v.txn == VERDICT_FAIL && v.health == VERDICT_SUSPECT,
	   "a router that does not answer is no server that is gone");
	in.cause = SIPOVER_CAUSE_PORT_UNREACH;
	in.grade = SIPOVER_GRADE_STRONG;
	in.offender_is_server = true;
	v = verdict_of(&in);
	is_int(v.health, VERDICT_DOWN, "what it lets through counts in full");
}

static void remedies(void)
{
	for (size_t i = 0; i < N_ICMP; i++) {
		bool then = icmp[i].cause == SIPOVER_CAUSE_TOS_UNREACH ||
			    icmp[i].cause == SIPOVER_CAUSE_PRECEDENCE ||
			    icmp[i].cause == SIPOVER_CAUSE_SOURCE_SCOPE ||
			    icmp[i].cause == SIPOVER_CAUSE_SOURCE_POLICY;

		for (uint8_t c = 0; c < 3; c++)
			is_str(of(icmp[i].cause, SIPOVER_GRADE_STRONG, c, true,
				  true), then && c < 2 ? "M/0" : icmp[i].v[c],
			       "%s %s with a remedy at hand", icmp[i].name,
			       context_names[c]);
	}
}

/* C-12: only a soft error, only on UDP, only for the last server's request. */
static void last_server(void)
{
	static const struct {
		uint8_t cause, grade, context;
		const char *want;
	} t[] = {
		{ SIPOVER_CAUSE_HOST_UNREACH, SIPOVER_GRADE_STRONG,
		  VERDICT_UDP, "C/S" },
		{ SIPOVER_CAUSE_PORT_UNREACH, SIPOVER_GRADE_STRONG,
		  VERDICT_UDP, "F/D" },
		{ SIPOVER_CAUSE_HOST_UNREACH, SIPOVER_GRADE_LOCAL,
		  VERDICT_UDP, "F/D" },
		{ SIPOVER_CAUSE_HOST_UNREACH, SIPOVER_GRADE_STRONG,
		  VERDICT_TCP_CONNECTING, "F/S" },
		{ SIPOVER_CAUSE_ADMIN_PROHIBITED, SIPOVER_GRADE_STRONG,
		  VERDICT_UDP, "F/B" },
		{ SIPOVER_CAUSE_SEND_ERROR, SIPOVER_GRADE_NONE, VERDICT_UDP,
		  "F/S" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct verdict_in in = {
			.cause = t[i].cause, .grade = t[i].grade,
			.context = t[i].context, .offender_is_server = true,
			.last = true,
		};

		is_str(letters(verdict_of(&in)), t[i].want,
		       "%s, %s: from the last server", cause_name(t[i].cause),
		       context_names[t[i].context]);
	}
}

/* Row 6 of the signs table: one lost segment says nothing. */
static void repeated(void)
{
	struct verdict_in in = {
		.cause = SIPOVER_CAUSE_TCP_RETRANSMIT,
		.context = VERDICT_TCP_ESTABLISHED, .repeats = 1,
	};

	is_str(letters(verdict_of(&in)), "C/0", "repeated once");
	in.repeats = 255;
	is_str(letters(verdict_of(&in)), "C/S", "repeated for long");
}

static void strange(void)
{
	is_str(of(SIPOVER_CAUSE_MAX + 1, SIPOVER_GRADE_STRONG, 0, true, false),
	       "C/0", "a cause of a newer module does nothing");
	is_str(of(255, 255, 255, true, true), "C/0", "garbage does nothing");
	is_str(of(SIPOVER_CAUSE_TCP_REFUSED, 0, 3, true, false), "C/0",
	       "an unknown context does nothing");
	is_str(of(SIPOVER_CAUSE_PORT_UNREACH, 5, 0, true, false), "C/0",
	       "an unknown grade proves nothing");
	is_str(cause_name(255), "unknown", "name of an unknown cause");
}

int main(void)
{
	rows();
	offender();
	gateway();
	remedies();
	last_server();
	repeated();
	strange();
	return tap_done();
}
