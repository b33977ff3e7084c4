// SPDX-License-Identifier: BSD-2-Clause
/* The user: a client of the control socket (docs/control.md), who reads the
 * events and acts on them. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t asks;

/* A member's value as text, strings without their quotes. */
static bool member(const char *text, const char *key, char *out, size_t size)
{
	char want[40];
	const char *at, *end;

	snprintf(want, sizeof(want), "\"%s\":", key);
	at = strstr(text, want);
	if (!at)
		return false;
	at += strlen(want);
	while (*at == ' ')
		at++;
	end = *at == '"' ? strchr(++at, '"') : at + strcspn(at, ",}");
	slice_copy(out, size, (struct slice){ at, (int)(end - at) });
	return true;
}

static long number(const char *text, const char *key)
{
	char value[32];

	return member(text, key, value, sizeof(value)) ?
	       strtol(value, NULL, 10) : -1;
}

static const char *ask(const char *method, const char *params)
{
	char text[512];

	W.reply[0] = '\0';
	if (!W.control)
		return "";
	snprintf(text, sizeof(text),
		 "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"%s\",\"params\":{%s}}",
		 ++asks, method, params);
	W.control->ops->line(W.control->ctx, 0, text, strlen(text));
	if (!W.reply[0])
		violated("control", "no answer to %s", text);
	return W.reply;
}

struct user_call *user_find(long n)
{
	for (unsigned int i = 0; i < W.n_calls; i++)
		if (W.call[i].number == n)
			return &W.call[i];
	return NULL;
}

static struct user_call *user_new(long n, uint32_t line, bool incoming)
{
	struct user_call *c;
	unsigned int i;

	/* The oldest that is over makes room. */
	if (W.n_calls == SIM_USERS_MAX) {
		for (i = 0; i < W.n_calls && !W.call[i].over; i++)
			;
		if (i == W.n_calls)
			return NULL;
		memmove(&W.call[i], &W.call[i + 1],
			(W.n_calls - i - 1) * sizeof(W.call[0]));
		W.n_calls--;
	}
	c = &W.call[W.n_calls++];
	*c = (struct user_call){ .number = n, .line = line,
				 .incoming = incoming, .hangup_ms = -1 };
	return c;
}

void user_hangup(long n)
{
	char params[32];

	trace("user: hang up");
	snprintf(params, sizeof(params), "\"call\":%ld", n);
	ask("hangup", params);
}

static void hangup_later(struct event *e)
{
	struct user_call *c = user_find((long)e->a);

	if (c && !c->over)
		user_hangup(c->number);
}

static void answer_later(struct event *e)
{
	struct user_call *c = user_find((long)e->a);
	char params[32];

	if (!c || c->over)
		return;
	trace("user: answer");
	snprintf(params, sizeof(params), "\"call\":%ld", c->number);
	ask("answer", params);
}

/* The user has so many there; a BYE or CANCEL on its way is none (C-09). */
static unsigned int calls_there(uint32_t line)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < W.n_calls; i++)
		n += W.call[i].line == line && !W.call[i].over &&
		     !W.call[i].hung_up;
	return n;
}

bool user_dial(uint32_t line, int hangup_ms, int talk_ms)
{
	char params[96];
	struct user_call *c;
	const char *reply;
	long n;

	snprintf(params, sizeof(params),
		 "\"line\":\"l%u\",\"uri\":\"sip:far@example.com\"", line);
	trace("user: dial on l%u", line);
	reply = ask("call", params);
	n = number(reply, "call");
	if (n < 0) {
		if (strstr(reply, "calls_max") &&
		    calls_there(line) < W.conf.line[line].calls_max)
			violated("calls", "l%u with %u calls has no more", line,
				 calls_there(line));
		return false;
	}
	W.counts->dials++;
	c = user_find(n);
	if (!c)
		c = user_new(n, line, false);
	if (!c)
		return false;
	c->hangup_ms = talk_ms;
	if (hangup_ms >= 0)
		after_ns(hangup_ms * MS, hangup_later, NULL, n, 0);
	return true;
}

/* One of those that are up, or none. */
void user_hold(uint32_t which, bool hold)
{
	char params[32];

	for (unsigned int i = 0; i < W.n_calls; i++) {
		const struct user_call *c =
			&W.call[(i + which) % W.n_calls];

		if (!c->up || c->over)
			continue;
		trace("user: %s", hold ? "hold" : "resume");
		W.counts->holds++;
		snprintf(params, sizeof(params), "\"call\":%ld", c->number);
		ask(hold ? "hold" : "resume", params);
		return;
	}
}

void user_hangup_all(void)
{
	for (unsigned int i = 0; i < W.n_calls; i++)
		if (!W.call[i].over)
			user_hangup(W.call[i].number);
}

void user_register(uint32_t line)
{
	char params[32];

	trace("user: register l%u", line);
	W.counts->user_registers++;
	snprintf(params, sizeof(params), "\"line\":\"l%u\"", line);
	check_user_register(line);
	ask("register", params);
}

void user_shutdown(void)
{
	trace("user: shutdown");
	ask("shutdown", "");
}

/* ---- events ---- */

static void rings(struct user_call *c)
{
	W.counts->incoming++;
	c->wants_answer = W.answer_calls || chance(0.7);
	if (c->wants_answer)
		after_ns(between(0, 4 * SEC), answer_later, NULL, c->number, 0);
	else if (chance(0.5))
		after_ns(between(0, 20 * SEC), hangup_later, NULL, c->number,
			 0);
	if (c->wants_answer && chance(0.5))
		c->hangup_ms = (int)pick(30000);
}

static void call_event_told(const char *text, uint32_t line)
{
	struct user_call *c = user_find(number(text, "call"));
	char state[24];

	member(text, "state", state, sizeof(state));
	trace("    call l%u %s %ld", line, state, number(text, "status"));
	if (!c)
		c = user_new(number(text, "call"), line,
			     strcmp(state, "incoming") == 0);
	if (!c)
		return;
	if (strcmp(state, "incoming") == 0)
		rings(c);
	if (strcmp(state, "up") == 0) {
		W.counts->ups += !c->up;
		c->up = true;
		if (c->hangup_ms >= 0)
			after_ns(c->hangup_ms * MS, hangup_later, NULL,
				 c->number, 0);
	}
	/* "ending": over for the user already. */
	if (strcmp(state, "free") == 0 || strcmp(state, "ending") == 0 ||
	    strcmp(state, "bye_wait") == 0)
		c->over = true;
	c->hung_up = strncmp(state, "cancel", 6) == 0;
	if (calls_there(line) > W.conf.line[line].calls_max)
		violated("calls", "l%u has %u", line, calls_there(line));
}

static char letter(const char *text, const char *key)
{
	char name[ADDR_STRLEN + 8];

	if (!member(text, key, name, sizeof(name)))
		return '-';
	for (unsigned int i = 0; W.agent && i < W.agent->n_servers; i++)
		if (strcmp(W.agent->server[i].name, name) == 0)
			return server_at_addr(&W.agent->server[i].addr)->letter;
	return '-';
}

static void failover_told(const char *text, uint32_t line)
{
	char from = letter(text, "old"), to = letter(text, "new");

	trace("    working l%u %c > %c", line, from, to);
	moves_told(line, from, to);
	if (from == '-')
		return;
	check_working(line);
	if (to < from)
		W.counts->failbacks++;
	else
		W.counts->failovers++;
}

/* It was reported: the far end's leg may stay. */
static void bye_failed(uint32_t line)
{
	for (uint32_t i = 0; i < AGENT_CALLS_MAX; i++) {
		const struct agent_call *k = &W.agent->call[i];

		if (k->call.state == CALL_ENDING && k->line == line)
			farend_bye_lost((struct slice){
				k->dialog.call_id,
				(int)strlen(k->dialog.call_id) });
	}
}

void user_event(const char *text)
{
	char type[16], name[CONF_NAME_MAX], why[32];
	uint32_t line = UINT32_MAX;

	if (!member(text, "type", type, sizeof(type)))
		return;
	if (member(text, "line", name, sizeof(name)))
		line = (uint32_t)strtoul(name + 1, NULL, 10);
	if (strcmp(type, "call") == 0) {
		call_event_told(text, line);
	} else if (strcmp(type, "failover") == 0) {
		failover_told(text, line);
	} else if (strcmp(type, "registered") == 0) {
		trace("    registered l%u %c %ld s", line,
		      letter(text, "server"), number(text, "expires_s"));
	} else if (strcmp(type, "unregistered") == 0) {
		trace("    unregistered l%u", line);
		moves_none(line);
	} else if (strcmp(type, "failed") == 0) {
		member(text, "request", name, sizeof(name));
		member(text, "outcome", why, sizeof(why));
		trace("    failed l%u %s %s %ld", line, name, why,
		      number(text, "status"));
		if (strcmp(name, "bye") == 0)
			bye_failed(line);
	} else if (strcmp(type, "local") == 0) {
		member(text, "state", name, sizeof(name));
		trace("    local outage %s", name);
	} else if (strcmp(type, "address") == 0) {
		member(text, "new", name, sizeof(name));
		trace("    address towards %c %s", letter(text, "server"),
		      name);
	} else if (strcmp(type, "health") == 0) {
		member(text, "old", name, sizeof(name));
		member(text, "new", why, sizeof(why));
		trace("    health %c %s > %s", letter(text, "server"), name,
		      why);
		if (strcmp(why, "down") == 0)
			moves_down(letter(text, "server"));
	}
}
