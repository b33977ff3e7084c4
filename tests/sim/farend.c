// SPDX-License-Identifier: BSD-2-Clause
/*
 * The far end of calls, behind all servers: one leg for each INVITE that came
 * through one of them, and for each that it sends to the phone.  It repeats its
 * 2xx and requests as RFC 3261 asks, through the server that the leg runs over.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEGS_MAX 128
#define T1 (500 * MS)
#define T2 (4 * SEC)
#define FULL (64 * T1)
#define TIMER_C (185 * SEC)

enum leg_state {
	LEG_FREE,
	LEG_PROCEEDING,		/* INVITE received, no final answer */
	LEG_ANSWERED,		/* 200 sent, no ACK */
	LEG_REFUSED,		/* 3xx-6xx sent, no ACK */
	LEG_CALLING,		/* INVITE sent, nothing heard */
	LEG_HEARD,		/* ... 1xx heard */
	LEG_UP,
	LEG_BYE,		/* BYE sent */
	LEG_OVER,
};

struct leg {
	enum leg_state state;
	uint32_t gen, server, cseq;
	bool from_phone;	/* it called */
	bool bye_lost;
	struct peer peer;
	struct farend_plan plan;
	char call_id[72], phone_tag[72], tag[24], branch[72];
	char target[160], user[32];
	char again[72];		/* branch of the last re-INVITE or UPDATE */
	uint64_t began, interval;
	size_t len;
	char text[2048];	/* what is repeated */
	size_t request_len;
	char request[2048];	/* the INVITE received */
};

static struct leg leg[LEGS_MAX];
static uint32_t legs, tags;
struct farend_plan *farend_next;

void farend_forget(void)
{
	for (uint32_t i = 0; i < LEGS_MAX; i++)
		leg[i].state = LEG_FREE;
	legs = tags = 0;
}

static uint32_t id_of(const struct leg *l)
{
	return (uint32_t)(l - leg);
}

static struct leg *of_event(const struct event *e)
{
	struct leg *l = &leg[e->a];

	return l->state != LEG_FREE && l->gen == e->b ? l : NULL;
}

static struct leg *leg_new(struct vserver *s)
{
	struct leg *l = NULL;

	for (uint32_t i = 0; i < LEGS_MAX && !l; i++)
		if (leg[i].state == LEG_FREE)
			l = &leg[i];
	for (uint32_t i = 0; i < LEGS_MAX && !l; i++)
		if (leg[i].state == LEG_OVER)
			l = &leg[i];
	if (!l)
		return NULL;
	memset(l, 0, offsetof(struct leg, text));
	l->gen = ++legs;
	l->server = s - W.server;
	l->began = W.now;
	l->interval = T1;
	snprintf(l->tag, sizeof(l->tag), "far%u", ++tags);
	return l;
}

static struct leg *by_branch(const struct msg *m)
{
	for (uint32_t i = 0; i < LEGS_MAX; i++)
		if (leg[i].state != LEG_FREE &&
		    slice_is(m->branch, leg[i].branch))
			return &leg[i];
	return NULL;
}

/* far_tag: the tag of our side in that message. */
static struct leg *by_dialog(struct slice call_id, struct slice far_tag)
{
	for (uint32_t i = 0; i < LEGS_MAX; i++)
		if (leg[i].state != LEG_FREE &&
		    slice_is(call_id, leg[i].call_id) &&
		    slice_is(far_tag, leg[i].tag))
			return &leg[i];
	return NULL;
}

static void send_text(struct leg *l)
{
	vserver_send(&W.server[l->server], &l->peer, l->text, l->len);
}

static void repeat(struct event *e);

static void arm_repeat(struct leg *l, uint64_t ns)
{
	after_ns(ns, repeat, NULL, id_of(l), l->gen);
}

static void send_bye(struct leg *l);

/* What waits for an ACK or an answer goes out again. */
static void repeat(struct event *e)
{
	struct leg *l = of_event(e);

	if (!l || (l->state != LEG_ANSWERED && l->state != LEG_REFUSED &&
		   l->state != LEG_CALLING && l->state != LEG_BYE))
		return;
	if (W.now - l->began >= FULL) {
		if (l->state == LEG_ANSWERED)
			send_bye(l);	/* 13.3.1.4 */
		else
			l->state = LEG_OVER;
		return;
	}
	send_text(l);
	l->interval *= 2;
	if (l->interval > T2 && l->state != LEG_CALLING)
		l->interval = T2;
	arm_repeat(l, l->interval);
}

static void begin_repeating(struct leg *l, enum leg_state state)
{
	l->state = state;
	l->began = W.now;
	l->interval = T1;
	l->gen = ++legs;	/* timers of the state before are void */
	send_text(l);
	arm_repeat(l, T1);
}

void farend_phone_gone(void)
{
	for (uint32_t i = 0; i < LEGS_MAX; i++)
		leg[i].bye_lost = true;
}

/* ---- called by the phone ---- */

static void answer(struct leg *l, int status)
{
	struct vserver *s = &W.server[l->server];
	char body[] = "v=0\r\no=far 1 1 IN IP4 192.0.2.99\r\ns=-\r\n"
		      "c=IN IP4 192.0.2.99\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
	struct msg m;
	int n;

	if (!msg_parse(&m, l->request, l->request_len))
		return;
	n = snprintf(l->text, sizeof(l->text), "SIP/2.0 %d Status\r\n"
		     "Via: %.*s\r\nFrom: %.*s\r\nTo: %.*s;tag=%s\r\n"
		     "Call-ID: %.*s\r\nCSeq: %u INVITE\r\n", status,
		     SLICE(m.via), SLICE(m.from), SLICE(m.to), l->tag,
		     SLICE(m.call_id), m.cseq);
	if (status < 300)
		n += snprintf(l->text + n, sizeof(l->text) - n,
			      "Contact: <sip:far@192.0.2.99:5060>\r\n"
			      "Allow: INVITE, ACK, CANCEL, BYE, UPDATE\r\n"
			      "%s%.*s%s"
			      "Record-Route: <sip:%c.example.com;lr>\r\n"
			      "Content-Type: application/sdp\r\n"
			      "Content-Length: %zu\r\n\r\n%s",
			      m.session.n ? "Session-Expires: " : "",
			      SLICE(m.session), m.session.n ? "\r\n" : "",
			      s->letter,
			      sizeof(body) - 1, body);
	else
		n += snprintf(l->text + n, sizeof(l->text) - n,
			      "Content-Length: 0\r\n\r\n");
	l->len = n;
	if (status >= 300)
		transaction_cache(s, &m, l->text, n);
	begin_repeating(l, status < 300 ? LEG_ANSWERED : LEG_REFUSED);
}

static void final(struct event *e)
{
	struct leg *l = of_event(e);

	if (l && l->state == LEG_PROCEEDING)
		answer(l, l->plan.final);
}

static void ring(struct event *e)
{
	struct leg *l = of_event(e);
	struct msg m;

	if (l && l->state == LEG_PROCEEDING &&
	    msg_parse(&m, l->request, l->request_len))
		server_answer(&W.server[l->server], &l->peer, &m, 180, l->tag,
			      "");
}

static struct farend_plan random_plan(void)
{
	static const int finals[] = { 200, 200, 200, 200, 200, 486, 404, 480,
				      603, 503, 0 };
	struct farend_plan p;

	p.final = finals[pick(sizeof(finals) / sizeof(finals[0]))];
	p.ring_ms = chance(0.7) ? (int)pick(800) : -1;
	p.final_ms = (int)pick(chance(0.3) ? 20000 : 4000);
	p.trying = chance(0.7);
	p.merge = chance(0.5);
	p.hold_ms = chance(0.5) ? (int)pick(60000) : -1;
	return p;
}

bool farend_has(const struct msg *m)
{
	const struct leg *l = msg_is(m, "INVITE") ? by_branch(m) : NULL;

	return l && (l->state == LEG_PROCEEDING || l->state == LEG_ANSWERED ||
		     l->state == LEG_UP);
}

static bool other_copy_lives(const struct msg *m)
{
	for (uint32_t i = 0; i < LEGS_MAX; i++)
		if (leg[i].from_phone &&
		    (leg[i].state == LEG_PROCEEDING ||
		     leg[i].state == LEG_ANSWERED || leg[i].state == LEG_UP) &&
		    slice_is(m->call_id, leg[i].call_id) &&
		    slice_is(m->from_tag, leg[i].phone_tag) &&
		    leg[i].cseq == m->cseq)
			return true;
	return false;
}

void farend_invite(struct vserver *s, const struct peer *from,
		   const struct msg *m)
{
	struct leg *l = by_branch(m);
	bool merged;

	if (l)
		return;		/* the 1xx or final answer is on its way */
	if (m->to_tag.n) {
		farend_update(s, from, m);	/* re-INVITE */
		return;
	}
	merged = other_copy_lives(m);
	l = leg_new(s);
	if (!l || m->len > sizeof(l->request)) {
		server_answer(s, from, m, 486, "full", "");
		return;
	}
	l->from_phone = true;
	l->state = LEG_PROCEEDING;
	l->cseq = m->cseq;
	l->peer = *from;
	slice_copy(l->call_id, sizeof(l->call_id), m->call_id);
	slice_copy(l->phone_tag, sizeof(l->phone_tag), m->from_tag);
	slice_copy(l->branch, sizeof(l->branch), m->branch);
	slice_copy(l->target, sizeof(l->target), m->contact);
	memcpy(l->request, m->buf, m->len);
	l->request_len = m->len;
	l->plan = farend_next ? *farend_next : random_plan();
	if (merged && l->plan.merge) {
		W.counts->merged++;
		answer(l, 482);
		return;
	}
	if (l->plan.trying)
		server_answer(s, from, m, 100, NULL, "");
	if (l->plan.ring_ms >= 0)
		after_ns(l->plan.ring_ms * MS, ring, NULL, id_of(l), l->gen);
	if (l->plan.final)
		after_ns(l->plan.final_ms * MS, final, NULL, id_of(l), l->gen);
}

void farend_cancel(struct vserver *s, const struct peer *from,
		   const struct msg *m)
{
	struct leg *l = by_branch(m);

	W.counts->cancels++;
	server_answer(s, from, m, l ? 200 : 481, "cancel", "");
	if (l && l->state == LEG_PROCEEDING)
		answer(l, 487);
}

static void hang_up(struct event *e)
{
	struct leg *l = of_event(e);

	if (l && l->state == LEG_UP)
		send_bye(l);
}

static void up(struct leg *l)
{
	l->state = LEG_UP;
	l->gen = ++legs;
	if (l->plan.hold_ms >= 0)
		after_ns(l->plan.hold_ms * MS, hang_up, NULL, id_of(l), l->gen);
}

void farend_ack(struct vserver *s, const struct msg *m)
{
	struct leg *l = by_dialog(m->call_id, m->to_tag);

	(void)s;
	if (!l)
		return;
	if (l->state == LEG_REFUSED && slice_is(m->branch, l->branch))
		l->state = LEG_OVER;
	else if (l->state == LEG_ANSWERED)
		up(l);
}

void farend_bye(struct vserver *s, const struct peer *from,
		const struct msg *m)
{
	struct leg *l = by_dialog(m->call_id, m->to_tag);
	bool known = l && (l->state == LEG_ANSWERED || l->state == LEG_UP ||
			   l->state == LEG_BYE);

	W.counts->byes++;
	server_answer(s, from, m, known ? 200 : 481, NULL, "");
	if (known)
		l->state = LEG_OVER;
	/* By another way it may overtake the 200, for which nobody sent an ACK
	 * in 64*T1: the call was reported as failed. */
	else if (l && !l->from_phone && s != &W.server[l->server] &&
		 (l->state == LEG_CALLING || l->state == LEG_HEARD))
		l->bye_lost = true;
}

/* A refresh of the session (RFC 4028). */
void farend_update(struct vserver *s, const struct peer *from,
		   const struct msg *m)
{
	struct leg *l = by_dialog(m->call_id, m->to_tag);
	char extra[128] = "";

	if (m->session.n)
		snprintf(extra, sizeof(extra), "Session-Expires: %.*s\r\n",
			 SLICE(m->session));
	if (l && msg_is(m, "INVITE"))
		strcat(extra, "Contact: <sip:far@192.0.2.99:5060>\r\n");
	server_answer(s, from, m, l && (l->state == LEG_ANSWERED ||
					l->state == LEG_UP) ? 200 : 481, NULL,
		      extra);
}

void farend_bye_lost(struct slice call_id)
{
	for (uint32_t i = 0; i < LEGS_MAX; i++)
		if (leg[i].state != LEG_FREE &&
		    slice_is(call_id, leg[i].call_id))
			leg[i].bye_lost = true;
}

/* ---- calling the phone ---- */

static void request(struct leg *l, const char *method, uint32_t cseq,
		    const char *branch, bool in_dialog)
{
	const struct vserver *s = &W.server[l->server];
	char host[ADDR_STRLEN];

	l->len = snprintf(l->text, sizeof(l->text), "%s %s SIP/2.0\r\n"
		"Via: SIP/2.0/%s %s;branch=%s\r\nMax-Forwards: 70\r\n"
		"From: <sip:far@example.com>;tag=%s\r\n"
		"To: <sip:%s@example.com>%s%s\r\nCall-ID: %s\r\n"
		"CSeq: %u %s\r\nContact: <sip:far@192.0.2.99:5060>\r\n"
		"Allow: INVITE, ACK, CANCEL, BYE, UPDATE\r\n"
		"Content-Length: 0\r\n\r\n", method, l->target,
		transport_via(s->addr.transport), addr_print(&s->addr, host),
		branch, l->tag, l->user, in_dialog ? ";tag=" : "",
		in_dialog ? l->phone_tag : "", l->call_id, cseq, method);
}

/* A re-INVITE or UPDATE of one of the calls that are up, sent once. */
void farend_modify(uint32_t which, bool update, uint32_t direction)
{
	static const char *const directions[] = {
		"sendonly", "inactive", "recvonly", "sendrecv",
	};
	const char *method = update ? "UPDATE" : "INVITE";
	char body[256], text[sizeof(leg[0].text)];
	int n;

	for (uint32_t i = 0; i < LEGS_MAX; i++) {
		struct leg *l = &leg[(i + which) % LEGS_MAX];
		size_t len = l->len;

		if (l->state != LEG_UP)
			continue;
		W.counts->modified++;
		snprintf(l->again, sizeof(l->again), "z9hG4bKagain%u", ++tags);
		if (l->from_phone)
			snprintf(l->user, sizeof(l->user), "caller");
		memcpy(text, l->text, len);
		request(l, method, ++l->cseq, l->again, true);
		n = snprintf(body, sizeof(body), "v=0\r\no=far 1 %u IN IP4 "
			     "192.0.2.99\r\ns=-\r\nc=IN IP4 192.0.2.99\r\n"
			     "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=%s\r\n",
			     l->cseq, directions[direction & 3]);
		l->len -= strlen("Content-Length: 0\r\n\r\n");
		l->len += snprintf(l->text + l->len, sizeof(l->text) - l->len,
				   "Content-Type: application/sdp\r\n"
				   "Content-Length: %d\r\n\r\n%s", n, body);
		send_text(l);
		memcpy(l->text, text, len);
		l->len = len;
		return;
	}
}

/* The answer to a re-INVITE: ACKed, whatever it is. */
static bool modified(const struct msg *m);

/* Sent once; farend_response() ACKs the answer to it. */
void farend_hold(void)
{
	char branch[64];

	for (uint32_t i = 0; i < LEGS_MAX; i++) {
		struct leg *l = &leg[i];

		if (l->state != LEG_UP || l->from_phone)
			continue;
		snprintf(branch, sizeof(branch), "z9hG4bKhold%u", ++tags);
		l->cseq++;
		request(l, "INVITE", l->cseq, branch, true);
		snprintf(l->branch, sizeof(l->branch), "%s", branch);
		send_text(l);
		return;
	}
}

static void send_cancel(struct event *e)
{
	struct leg *l = of_event(e);
	size_t len;
	char text[sizeof(l->text)];

	if (l && l->state == LEG_CALLING)	/* 9.1: not before a 1xx */
		after_ns(SEC, send_cancel, NULL, id_of(l), l->gen);
	if (!l || l->state != LEG_HEARD)
		return;
	len = l->len;
	memcpy(text, l->text, len);
	request(l, "CANCEL", l->cseq, l->branch, false);
	send_text(l);
	memcpy(l->text, text, len);
	l->len = len;
	if (W.now - l->began < TIMER_C + FULL)
		after_ns(2 * SEC, send_cancel, NULL, id_of(l), l->gen);
	else
		l->state = LEG_OVER;
}

/* Where a Contact leads: by UDP to the phone's socket, by TCP to the flow
 * that has its port. */
static bool resolve(struct vserver *s, const struct binding *b,
		    struct peer *to)
{
	const char *host = strchr(b->contact, '@');
	char own[ADDR_STRLEN];
	struct addr phone = W.phone[s->addr.family == ADDR_V6];

	if (!host)
		return false;
	*to = (struct peer){ b->from, 0 };
	if (s->addr.transport == TRANSPORT_TCP && !W.golden &&
	    !W.lifted && chance(0.2)) {
		/* Some open a connection of their own. */
		to->flow = tcp_server_connects(s);
		return to->flow;
	}
	if (s->addr.transport == TRANSPORT_TCP) {
		to->flow = tcp_flow_by_port(s, (uint16_t)
				strtoul(strrchr(host, ':') + 1, NULL, 10));
		phone.port = tcp_flow_port(to->flow);
	}
	addr_print(&phone, own);
	return strncmp(host + 1, own, strlen(own)) == 0;
}

bool farend_call(struct vserver *s, const char *user, int give_up_ms)
{
	struct binding *b = server_binding(s, user);
	struct peer to;
	struct leg *l = b && resolve(s, b, &to) ? leg_new(s) : NULL;

	if (!l)
		return false;
	snprintf(l->call_id, sizeof(l->call_id), "far-call-%u", l->gen);
	snprintf(l->branch, sizeof(l->branch), "z9hG4bKfar%u", l->gen);
	snprintf(l->target, sizeof(l->target), "%s", b->contact);
	snprintf(l->user, sizeof(l->user), "%s", user);
	l->peer = to;
	l->cseq = 1;
	l->plan = farend_next ? *farend_next : random_plan();
	request(l, "INVITE", 1, l->branch, false);
	begin_repeating(l, LEG_CALLING);
	after_ns(give_up_ms >= 0 ? give_up_ms * MS : TIMER_C, send_cancel,
		 NULL, id_of(l), l->gen);
	return true;
}

static void send_bye(struct leg *l)
{
	char branch[64];

	snprintf(branch, sizeof(branch), "z9hG4bKbye%u", l->gen);
	if (l->from_phone)
		snprintf(l->user, sizeof(l->user), "caller");
	request(l, "BYE", l->cseq + 1, branch, true);
	snprintf(l->branch, sizeof(l->branch), "%s", branch);
	begin_repeating(l, LEG_BYE);
}

/* An ACK of an answer to our INVITE; of a 2xx with a branch of its own. */
static void send_ack_of(struct leg *l, const struct msg *m, uint32_t cseq)
{
	size_t len = l->len;
	char text[sizeof(l->text)], branch[64];

	memcpy(text, l->text, len);
	snprintf(branch, sizeof(branch), "z9hG4bKack%u", l->gen);
	request(l, "ACK", cseq, m->status < 300 ? branch : l->branch, true);
	send_text(l);
	memcpy(l->text, text, len);
	l->len = len;
}

static void send_ack(struct leg *l, const struct msg *m)
{
	send_ack_of(l, m, l->cseq);
}

static bool modified(const struct msg *m)
{
	for (uint32_t i = 0; i < LEGS_MAX; i++) {
		struct leg *l = &leg[i];
		char branch[sizeof(l->branch)];

		if (l->state == LEG_FREE || !*l->again ||
		    !slice_is(m->branch, l->again))
			continue;
		if (m->status < 200 || !msg_is(m, "INVITE"))
			return true;
		memcpy(branch, l->branch, sizeof(branch));
		memcpy(l->branch, l->again, sizeof(l->branch));
		send_ack_of(l, m, m->cseq);
		memcpy(l->branch, branch, sizeof(branch));
		return true;
	}
	return false;
}

void farend_response(struct vserver *s, const struct msg *m)
{
	struct leg *l = by_branch(m);
	enum leg_state state;

	(void)s;
	if (modified(m))
		return;
	if (!l || l->from_phone) {
		if (l && msg_is(m, "BYE") && m->status >= 200)
			l->state = LEG_OVER;
		return;
	}
	state = l->state;
	if (msg_is(m, "CANCEL") || state == LEG_FREE)
		return;
	if (msg_is(m, "BYE")) {
		if (m->status >= 200)
			l->state = LEG_OVER;
		return;
	}
	if (m->status < 200) {
		if (state == LEG_CALLING)
			l->state = LEG_HEARD;
		return;
	}
	slice_copy(l->phone_tag, sizeof(l->phone_tag), m->to_tag);
	if (m->status < 300 && m->contact.n)
		slice_copy(l->target, sizeof(l->target), m->contact);
	send_ack(l, m);
	if (state != LEG_CALLING && state != LEG_HEARD)
		return;
	if (m->status < 300)
		up(l);
	else
		l->state = LEG_OVER;
}

/* ---- for the checks ---- */

bool farend_ghosts(char *why, size_t size)
{
	for (uint32_t i = 0; i < LEGS_MAX; i++) {
		const struct leg *l = &leg[i];

		if (l->state != LEG_UP || l->bye_lost)
			continue;
		snprintf(why, size, "leg %s at %c is up%s", l->tag,
			 W.server[l->server].letter,
			 l->from_phone ? "" : ", called from there");
		return true;
	}
	return false;
}

unsigned int farend_pending(void)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < LEGS_MAX; i++)
		n += leg[i].state != LEG_FREE && leg[i].state != LEG_OVER &&
		     !(leg[i].state == LEG_UP && leg[i].bye_lost) &&
		     !(leg[i].state == LEG_PROCEEDING && !leg[i].plan.final);
	return n;
}

void farend_describe(char *why, size_t size)
{
	static const char *const name[] = {
		"free", "proceeding", "answered", "refused", "calling", "heard",
		"up", "bye", "over",
	};

	for (uint32_t i = 0; i < LEGS_MAX; i++)
		if (leg[i].state != LEG_FREE && leg[i].state != LEG_OVER)
			snprintf(why, size, "leg %s at %c is %s, %s", leg[i].tag,
				 W.server[leg[i].server].letter,
				 name[leg[i].state], leg[i].call_id);
}
