/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls: what core/call decides, carried out. */
#include "agent_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_build.h"
#include "agent_course.h"
#include "agent_ctl_notify.h"
#include "agent_dialog.h"
#include "agent_line.h"
#include "agent_receive.h"
#include "agent_request.h"
#include "agent_server.h"
#include "agent_session.h"
#include "agent_step.h"
#include "agent_timers.h"
#include "codec/sdp.h"
#include "core/pass.h"
#include "io/log.h"
#include "io/random.h"

#define ACK_MAX 4096
#define SDP_MAX 1024
#define RING_MAX_S 180		/* RFC 3261 16.6, timer C: a proxy's limit */
#define MEDIA_PORT 40000	/* of the default offer; media is not ours */

/* How many calls the user has there; the BYE of one that was hung up is no
 * reason to refuse the next (C-09). */
static unsigned int calls_of(const struct agent *a, const struct line *l)
{
	unsigned int n = 0;

	for (int i = 0; i < FO_CALLS_MAX; i++)
		n += l->call[i] != AGENT_NONE &&
		     !call_hung_up(&a->call[l->call[i]].call);
	return n;
}

static uint32_t call_new(struct agent *a, uint32_t line)
{
	struct line *l = &a->line[line];
	struct agent_call *k;
	uint32_t c;
	int slot;

	if (calls_of(a, l) >= l->conf->calls_max)
		return AGENT_NONE;
	for (slot = 0; slot < FO_CALLS_MAX; slot++)
		if (l->call[slot] == AGENT_NONE &&
		    l->fo.call[slot].state == FO_CALL_FREE)
			break;
	for (c = 0; c < AGENT_CALLS_MAX; c++)
		if (a->call[c].call.state == CALL_FREE)
			break;
	if (slot == FO_CALLS_MAX || c == AGENT_CALLS_MAX)
		return AGENT_NONE;
	k = &a->call[c];
	memset(k, 0, sizeof(*k));
	k->line = line;
	k->slot = slot;
	k->invite = k->bye = k->asking = k->reply = AGENT_NONE;
	session_init(&k->session, random_u64());
	k->number = a->next_call_number++;
	k->resend_at = MONO_NEVER;
	k->near = k->far = SDP_SENDRECV;
	l->call[slot] = c;
	return c;
}

static void call_free(struct agent *a, uint32_t c)
{
	struct fo_ev ended = { .type = FO_EV_CALL_ENDED };
	struct agent_call *k = &a->call[c];

	ended.call = k->slot;
	agent_post_line(a, k->line, &ended);
	/* An INVITE without an end listens on for a late 2xx. */
	if (k->invite != AGENT_NONE)
		request_abandon(a, k->invite, a->request[k->invite].attempt);
	if (k->asking != AGENT_NONE)
		request_abandon(a, k->asking,
				a->request[k->asking].attempt);
	if (k->bye != AGENT_NONE)
		a->request[k->bye].what = REQUEST_NOBODY;
	k->invite = k->bye = k->asking = AGENT_NONE;
	if (k->reply != AGENT_NONE)
		a->reply[k->reply].call = AGENT_NONE;
	a->line[k->line].call[k->slot] = AGENT_NONE;
	free(k->sdp);
	free(k->said);
	free(k->ack);
	free(k->credentials);
	k->sdp = k->said = k->ack = k->credentials = NULL;
	k->resend_at = MONO_NEVER;
	k->call.state = CALL_FREE;
	agent_timer_call(a, c);
}

static int set_sdp(struct agent_call *k, const char *sdp)
{
	char *copy;

	if (!sdp)
		return 0;
	copy = strdup(sdp);
	if (!copy)
		return -ENOMEM;
	free(k->sdp);
	k->sdp = copy;
	return 0;
}

/* The client's SDP, or a default offer made for the first server tried and
 * kept, since a retarget sends the identical request. */
const char *call_own_sdp(struct agent *a, uint32_t c, uint32_t server)
{
	struct agent_call *k = &a->call[c];
	char sdp[SDP_MAX];
	struct addr own;
	int len;

	if (k->sdp)
		return k->sdp;
	server_own_address(a, server, &own);
	len = sip_default_sdp(sdp, sizeof(sdp) - 1, &own, MEDIA_PORT + 2 * c,
			      random_u64() >> 1);
	if (len < 0)
		return "";
	sdp[len] = '\0';
	if (set_sdp(k, sdp))
		return "";
	return k->sdp;
}

/* ---- actions ---- */

static int ack_by(struct agent *a, uint32_t c, uint8_t index)
{
	struct agent_call *k = &a->call[c];
	uint32_t server = a->line[k->line].server[index];
	int len;

	if (!k->ack)
		k->ack = malloc(ACK_MAX);
	if (!k->ack) {
		a->stats.no_memory++;
		return 0;
	}
	if (!k->ack_len)
		k->acked_at = a->now;
	/* Its Via names us as that server sees us. */
	if (!k->ack_len || k->ack_index != index) {
		len = request_build_ack(a, server, &k->dialog, k->ack_cseq,
					k->credentials, k->ack, ACK_MAX);
		if (len < 0)
			a->stats.build_failed++;
		k->ack_len = len < 0 ? 0 : (size_t)len;
		k->ack_index = index;
	}
	return k->ack_len ? server_send(a, server, k->ack, k->ack_len) : 0;
}

/* the ACK of a 2xx is a request of its own, which may have to go another
 * way than its INVITE. */
void call_send_ack(struct agent *a, uint32_t c, uint8_t index)
{
	const struct line *l = &a->line[a->call[c].line];
	struct pass_servers servers = { l->fo.health, l->n_servers };
	uint8_t tried = 0;

	while (index != FO_NONE && ack_by(a, c, index)) {
		tried |= pass_bit(index);
		index = pass_pick(servers, tried, FO_NONE);
	}
}

bool call_ack_quoted(const struct agent *a, uint32_t s, const uint8_t *quote,
		     size_t len)
{
	char want[SIPMSG_TOKEN_MAX], branch[SIPMSG_TOKEN_MAX];
	uint32_t c;

	if (!quote || !sip_quoted_branch(quote, len, want, sizeof(want)))
		return false;
	for (c = 0; c < AGENT_CALLS_MAX; c++) {
		const struct agent_call *k = &a->call[c];

		if (k->call.state != CALL_FREE && k->ack_len &&
		    a->line[k->line].server[k->ack_index] == s &&
		    sip_quoted_branch(k->ack, k->ack_len, branch,
				      sizeof(branch)) &&
		    strcmp(branch, want) == 0)
			return true;
	}
	return false;
}

/* Server index of line l died: an ACK that went there lately may not have got
 * through, and no 2xx comes by it any more to say so. */
void call_server_down(struct agent *a, uint32_t l, uint8_t index)
{
	const struct line *line = &a->line[l];
	struct pass_servers servers = { line->fo.health, line->n_servers };
	uint8_t next = pass_pick(servers, pass_bit(index), FO_NONE);
	int i;

	for (i = 0; i < FO_CALLS_MAX && next != FO_NONE; i++) {
		uint32_t c = line->call[i];
		const struct agent_call *k;

		if (c == AGENT_NONE)
			continue;
		k = &a->call[c];
		if (k->call.state != CALL_UP || !k->ack_len ||
		    k->ack_index != index ||
		    mono_due(mono_add_ms(k->acked_at, 64 * a->conf->t1_ms),
			     a->now))
			continue;
		log_info("ack again call=%u server=%s", k->number,
			 a->server[line->server[next]].name);
		call_send_ack(a, c, next);
	}
}

static void act_ack(struct agent *a, uint32_t c)
{
	struct agent_call *k = &a->call[c];

	k->ack_len = 0;
	k->ack_cseq = k->dialog.invite_cseq;
	call_send_ack(a, c, k->index);
}

/* 2xx, repeated until its ACK (13.3.1.4). */
static void send_accept(struct agent *a, uint32_t c, const char *contact,
			const char *sdp, const struct session_grant *grant)
{
	struct agent_call *k = &a->call[c];
	char extra[160];

	session_answer_lines(grant, extra, sizeof(extra));
	reply_send(a, k->reply, 200, contact, extra, sdp);
	k->resend_ms = a->conf->t1_ms;
	k->resend_at = mono_add_ms(a->now, k->resend_ms);
}

static void act_accept(struct agent *a, uint32_t c)
{
	struct agent_call *k = &a->call[c];
	uint32_t server = a->line[k->line].server[k->index];
	char contact[SIPMSG_URI_MAX];

	line_contact(a, k->line, server, contact, sizeof(contact));
	send_accept(a, c, contact, call_first_answer(a, c), &k->grant);
}

/* A re-INVITE. */
void call_accept_again(struct agent *a, uint32_t c, uint32_t reply,
		       const char *contact, const char *sdp,
		       const struct session_grant *grant)
{
	struct agent_call *k = &a->call[c];

	if (k->reply != AGENT_NONE)
		a->reply[k->reply].call = AGENT_NONE;
	k->reply = reply;
	k->accept_cseq = a->rx.cseq;
	a->reply[reply].call = c;
	send_accept(a, c, contact, sdp, grant);
	agent_timer_call(a, c);
}

static void post_fo(struct agent *a, const struct agent_call *k, uint8_t type)
{
	struct fo_ev ev = { .type = type, .call = k->slot, .server = k->index };

	agent_post_line(a, k->line, &ev);
}

static void act_reply(struct agent *a, uint32_t c, uint16_t status)
{
	struct agent_call *k = &a->call[c];
	char contact[SIPMSG_URI_MAX];

	line_contact(a, k->line, a->line[k->line].server[k->index], contact,
		     sizeof(contact));
	reply_send(a, k->reply, status, contact, NULL, NULL);
}

/* Not before a 1xx to this very INVITE: the call may have heard one of the copy
 * before (a challenge, a 503 that moved it). */
void call_cancel_invite(struct agent *a, uint32_t c)
{
	uint32_t i = a->call[c].invite;

	if (a->call[c].call.state != CALL_CANCELLING || i == AGENT_NONE ||
	    !a->request[i].txn.provisional || a->request[i].cancelled)
		return;
	a->request[i].cancelled = true;
	request_start_cancel(a, i);
}

/* How long the INVITE received may ring. */
static uint32_t ring_ms(const struct agent *a)
{
	if (a->rx.expires > 0 && a->rx.expires < RING_MAX_S)
		return a->rx.expires * 1000;
	return RING_MAX_S * 1000;
}

void call_event(struct agent *a, uint32_t c, uint8_t type, uint16_t status)
{
	struct agent_call *k = &a->call[c];
	struct call_ev ev = { .now = a->now, .type = type, .status = status };
	unsigned int acts;

	acts = step_call(a, c, &ev, type == CALL_EV_INVITE ?
			 ring_ms(a) : 64 * a->conf->t1_ms);
	if (acts & CALL_ACT_INVITE)
		post_fo(a, k, FO_EV_CALL);
	if (acts & CALL_ACT_ACK)
		act_ack(a, c);
	if (acts & CALL_ACT_CANCEL)
		call_cancel_invite(a, c);
	if ((acts & CALL_ACT_RING) && k->reply != AGENT_NONE)
		act_reply(a, c, 180);
	if ((acts & CALL_ACT_ACCEPT) && k->reply != AGENT_NONE)
		act_accept(a, c);
	if ((acts & CALL_ACT_REJECT) && k->reply != AGENT_NONE)
		act_reply(a, c, k->call.reply);
	if (k->call.state != CALL_UP)
		session_end(a, c);
	if (acts & CALL_ACT_BYE) {
		k->resend_at = MONO_NEVER;
		post_fo(a, k, FO_EV_CALL_UP);
		post_fo(a, k, FO_EV_BYE);
	}
	if (acts & CALL_ACT_REPORT)
		notify_call(a, c);
	if (acts & CALL_ACT_FREE) {
		courses_call_over(a, c);
		call_free(a, c);
	} else {
		agent_timer_call(a, c);
	}
}

/* ---- from the user ---- */

int call_dial(struct agent *a, uint32_t line, const char *uri, const char *sdp,
	      uint32_t *number)
{
	char call_id[AGENT_CALL_ID_LEN + 1], tag[AGENT_TAG_LEN + 1];
	uint32_t c = call_new(a, line);
	struct agent_call *k;

	if (c == AGENT_NONE)
		return calls_of(a, &a->line[line]) >=
		       a->line[line].conf->calls_max ? -EDQUOT : -EBUSY;
	k = &a->call[c];
	if (set_sdp(k, sdp)) {
		a->line[line].call[k->slot] = AGENT_NONE;
		return -ENOMEM;
	}
	dialog_init_uac(&k->dialog, random_hex(call_id, AGENT_CALL_ID_LEN),
			random_hex(tag, AGENT_TAG_LEN), a->line[line].aor, uri,
			1);
	*number = k->number;
	call_event(a, c, CALL_EV_DIAL, 0);
	return 0;
}

uint32_t call_find(const struct agent *a, int64_t number)
{
	uint32_t c;

	for (c = 0; c < AGENT_CALLS_MAX; c++)
		if (a->call[c].call.state != CALL_FREE &&
		    a->call[c].number == number)
			return c;
	return AGENT_NONE;
}

int call_answer(struct agent *a, uint32_t c, const char *sdp)
{
	if (a->call[c].call.state != CALL_INCOMING)
		return -EINVAL;
	if (set_sdp(&a->call[c], sdp))
		return -ENOMEM;
	call_event(a, c, CALL_EV_ANSWER, 0);
	return 0;
}

/* ---- from the network ---- */

uint32_t call_of_dialog(const struct agent *a, const struct sipmsg *m)
{
	uint32_t c;

	for (c = 0; c < AGENT_CALLS_MAX; c++)
		if (a->call[c].call.state != CALL_FREE &&
		    dialog_matches(&a->call[c].dialog, m))
			return c;
	return AGENT_NONE;
}

void call_in(struct agent *a, uint32_t reply, uint32_t line, uint8_t index)
{
	struct session_grant grant = session_granted(a, a->line[line].conf);
	struct agent_call *k;
	char min_se[32];
	uint32_t c;

	if (grant.refused) {
		session_refusal(&grant, min_se, sizeof(min_se));
		reply_send(a, reply, 422, NULL, min_se, NULL);
		return;
	}
	c = call_new(a, line);
	if (c == AGENT_NONE) {
		reply_send(a, reply, 486, NULL, NULL, NULL);
		return;
	}
	k = &a->call[c];
	if (dialog_init_uas(&k->dialog, &a->rx, a->reply[reply].to_tag)) {
		a->line[line].call[k->slot] = AGENT_NONE;
		reply_send(a, reply, 400, NULL, NULL, NULL);
		return;
	}
	k->index = index;
	k->reply = reply;
	k->accept_cseq = a->rx.cseq;
	a->reply[reply].call = c;
	call_far_described(a, c);
	session_invited(a, c, &grant);
	post_fo(a, k, FO_EV_CALL_IN);
	call_event(a, c, CALL_EV_INVITE, 0);
}

static bool same_remote(const struct agent *a, const struct agent_call *k)
{
	return strcmp(k->dialog.remote_tag, a->rx.to_tag) == 0;
}

/* ACK and BYE a 2xx that nobody wants (C-29, R-30): its dialog is all in the
 * response.  Repeated, it is only ACKed: its BYE is on its way. */
static void refuse_answer(struct agent *a, const struct request *r)
{
	uint64_t tag = lookup_hash(&a->requests_by_branch, a->rx.to_tag,
				   strlen(a->rx.to_tag));
	struct dialog d;
	char ack[ACK_MAX];
	int len;

	dialog_init_uac(&d, a->rx.call_id, a->rx.from_tag, a->rx.from_uri,
			a->rx.to_uri, a->rx.cseq);
	if (dialog_answered(&d, &a->rx))
		return;
	len = request_build_ack(a, r->server, &d, d.invite_cseq, NULL, ack,
				sizeof(ack));
	if (len > 0)
		server_send(a, r->server, ack, len);
	if (r->refused == tag)
		return;
	a->request[r - a->request].refused = tag;
	request_start_detached(a, SIP_BYE, r->server, r->line, r->index, &d,
			       NULL);
}

/* It goes where the INVITE went: its dialog is that server's so far, and
 * not the call's before a 2xx has come. */
void call_provisional(struct agent *a, uint32_t c, const struct request *r)
{
	struct agent_call *k = &a->call[c];
	uint64_t tag = lookup_hash(&a->requests_by_branch, a->rx.to_tag,
				   strlen(a->rx.to_tag));
	struct dialog d;
	char rack[64];

	if (a->rx.status == 100 || !(a->rx.required & SIP_TAG_100REL) ||
	    !a->rx.to_tag[0] || !a->rx.n_contacts ||
	    !reliable_seen(&k->reliable, tag, a->rx.rseq))
		return;
	dialog_init_uac(&d, a->rx.call_id, a->rx.from_tag, a->rx.from_uri,
			a->rx.to_uri, k->dialog.local_cseq);
	if (dialog_answered(&d, &a->rx))
		return;
	snprintf(rack, sizeof(rack), "RAck: %u %u INVITE\r\n", a->rx.rseq,
		 a->rx.cseq);
	request_start_detached(a, SIP_PRACK, r->server, r->line, r->index, &d,
			       rack);
	k->dialog.local_cseq = d.local_cseq;
}

/* The 2xx of before a re-INVITE that has been acknowledged since (13.2.2.4). */
static void ack_old_copy(struct agent *a, uint32_t c, const struct request *r)
{
	char *credentials = request_credentials(r);
	char ack[ACK_MAX];
	int len = request_build_ack(a, r->server, &a->call[c].dialog,
				    a->rx.cseq, credentials, ack, sizeof(ack));

	free(credentials);
	if (len > 0)
		server_send(a, r->server, ack, (size_t)len);
}

/* A 2xx to the INVITE r of call c: the first, its repetition, or another
 * branch's. */
void call_answered(struct agent *a, uint32_t c, const struct request *r)
{
	struct agent_call *k = &a->call[c];
	struct fo_ev ev = {
		.type = FO_EV_RESULT,
		.req = FO_REQ_INVITE,
		.call = k->slot,
		.server = r->index,
		.outcome = FO_OK,
		.attempt = r->attempt,
		.status = a->rx.status,
	};

	if (k->call.state == CALL_UP || k->call.state == CALL_ENDING) {
		if (!same_remote(a, k))
			refuse_answer(a, r);
		else if (k->ack_len && k->ack_cseq == a->rx.cseq)
			call_send_ack(a, c, r->index);
		else if (k->ack_len)
			ack_old_copy(a, c, r);
		return;
	}
	if (dialog_answered(&k->dialog, &a->rx)) {
		log_warning("call answer without usable Contact call=%u",
			    k->number);
		call_event(a, c, CALL_EV_FAILED, 502);
		return;
	}
	k->dialog.invite_cseq = a->rx.cseq;
	k->index = r->index;
	free(k->credentials);
	k->credentials = request_credentials(r);
	call_far_described(a, c);
	agent_post_line(a, k->line, &ev);
	post_fo(a, k, FO_EV_CALL_UP);
	call_event(a, c, CALL_EV_ACCEPTED, a->rx.status);
	if (k->call.state == CALL_UP)
		session_up(a, c);
}

/* A 2xx to a copy of an INVITE that failover had given up: it counts while the
 * call still waits, else it is hung up. */
void call_late_answer(struct agent *a, const struct request *r)
{
	struct agent_call *k;
	uint32_t c;

	for (c = 0; c < AGENT_CALLS_MAX; c++) {
		k = &a->call[c];
		if (k->call.state != CALL_FREE && k->call.outgoing &&
		    strcmp(k->dialog.call_id, a->rx.call_id) == 0)
			break;
	}
	if (c == AGENT_CALLS_MAX) {
		refuse_answer(a, r);
		return;
	}
	if (k->invite != AGENT_NONE)
		request_abandon(a, k->invite, a->request[k->invite].attempt);
	call_answered(a, c, r);
}

void call_acked(struct agent *a, uint32_t c)
{
	struct agent_call *k = &a->call[c];
	uint8_t was = k->far;

	/* Of an INVITE before: the last one's 2xx still waits. */
	if (a->rx.cseq != k->accept_cseq)
		return;
	k->resend_at = MONO_NEVER;
	/* The answer to an offer in our 2xx. */
	call_far_described(a, c);
	post_fo(a, k, FO_EV_CALL_UP);
	call_event(a, c, CALL_EV_ACK, 0);
	if (k->call.state != CALL_UP)
		return;
	if (k->session.state == SESSION_NONE)
		session_up(a, c);
	if (k->far != was)
		notify_call(a, c);
}

/* The 2xx again, over any transport (13.3.1.4). */
static void repeat_accept(struct agent *a, struct agent_call *k)
{
	reply_transmit(a, k->reply);
	k->resend_ms *= 2;
	if (k->resend_ms > a->conf->t2_ms)
		k->resend_ms = a->conf->t2_ms;
	k->resend_at = mono_add_ms(a->now, k->resend_ms);
}

void call_expired(struct agent *a, uint32_t c)
{
	struct agent_call *k = &a->call[c];

	if (k->call.state == CALL_FREE)
		return;
	/* After a sleep both may be due: what is given up in the same moment is
	 * not said once more, the two could overtake each other. */
	if (mono_due(k->resend_at, a->now) &&
	    !mono_due(call_next_expiry(&k->call), a->now)) {
		k->resend_at = MONO_NEVER;
		if (k->reply != AGENT_NONE)
			repeat_accept(a, k);
		else if (k->call.state == CALL_UP)
			/* No ACK to our 2xx of a re-INVITE within 64*T1: the
			 * dialog goes on, the session does not (14.2). */
			call_event(a, c, CALL_EV_HANGUP, 408);
		if (k->call.state == CALL_FREE)
			return;
	}
	if (mono_due(session_next_expiry(&k->session), a->now))
		session_expired(a, c);
	if (k->call.state == CALL_FREE)
		return;
	if (mono_due(call_next_expiry(&k->call), a->now))
		call_event(a, c, CALL_EV_EXPIRY, 0);
	else
		agent_timer_call(a, c);
}
