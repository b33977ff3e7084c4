/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests received within a call's dialog, and what we say of our media in it:
 * core/indialog decides, codec/sdp describes.  Media are not ours: a client's
 * description is given as it is first, then only its direction and version
 * change.
 */
#include "agent_dialog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent_call.h"
#include "agent_ctl_notify.h"
#include "agent_line.h"
#include "agent_receive.h"
#include "agent_session.h"
#include "codec/sdp.h"
#include "codec/sip_lines.h"
#include "io/random.h"

#define SDP_MORE 256		/* directions and a longer version */
#define LATER_MAX_S 10		/* 14.2 */

static bool is_sdp(const char *content_type)
{
	static const char sdp[] = "application/sdp";
	size_t n = strcspn(content_type, " ;");

	return n == sizeof(sdp) - 1 && strncasecmp(content_type, sdp, n) == 0;
}

static uint8_t body_of(const struct sipmsg *m)
{
	if (!m->body_len)
		return INDIALOG_NO_BODY;
	return is_sdp(m->content_type) ? INDIALOG_SDP : INDIALOG_OTHER_BODY;
}

/* What the far end does from now on, by a description of it in a->rx. */
void call_far_described(struct agent *a, uint32_t c)
{
	if (body_of(&a->rx) == INDIALOG_SDP)
		a->call[c].far = sdp_direction(a->rx_buf + a->rx.body_off,
					       a->rx.body_len);
}

const char *call_hold_name(const struct agent_call *k)
{
	bool far = !(k->far & SDP_RECVONLY);

	if (k->near & SDP_RECVONLY)
		return far ? "far" : "none";
	return far ? "both" : "near";
}

/* Our description for call c, the answer to offer[0..len) or (offer NULL) an
 * offer: one that says the same has the same version (RFC 3264 8).  It is the
 * call's; NULL: refused[0] says how. */
const char *call_describe(struct agent *a, uint32_t c, const char *offer,
			  size_t len, uint16_t *refused)
{
	struct agent_call *k = &a->call[c];
	const char *own = call_own_sdp(a, c, a->line[k->line].server[k->index]);
	size_t size = strlen(own) + len + SDP_MORE;
	char *text = malloc(size);
	uint32_t version = k->said_version;
	int n = -ENOMEM;

	*refused = 500;
	if (!strstr(own, "\nm=")) {
		/* No description that we could change: passed through. */
		free(text);
		return own;
	}
	if (!text)
		a->stats.no_memory++;
	for (; text; version++) {
		n = offer ? sdp_answer(text, size - 1, own, offer, len, k->near,
				       version) :
			    sdp_offer(text, size - 1, own, k->near, version);
		if (n < 0)
			break;
		text[n] = '\0';
		if (!k->said || version > k->said_version ||
		    strcmp(k->said, text) == 0)
			break;
	}
	if (n < 0) {
		/* 13.3.1.3 */
		if (n != -ENOMEM)
			*refused = 488;
		free(text);
		return NULL;
	}
	free(k->said);
	k->said = text;
	k->said_version = version;
	return k->said;
}

/* The body of the INVITE that the call came with, if it is an offer. */
static const char *first_offer(const struct reply *r, size_t *len)
{
	const struct sip_line *type;
	char text[64];
	struct sip_lines l;

	if (sip_lines_scan(&l, r->request, r->request_len) != SIP_OK ||
	    l.head >= r->request_len)
		return NULL;
	type = sip_lines_find(&l, SIP_HDR_CONTENT_TYPE, 0);
	if (!type || !sip_span_copy(text, sizeof(text), r->request,
				    type->value) || !is_sdp(text))
		return NULL;
	*len = r->request_len - l.head;
	return r->request + l.head;
}

/* A client knows what it answers; the default has to fit the offer. */
const char *call_first_answer(struct agent *a, uint32_t c)
{
	struct agent_call *k = &a->call[c];
	uint32_t server = a->line[k->line].server[k->index];
	const char *offer = NULL, *text;
	uint16_t refused;
	size_t len = 0;

	if (!k->sdp)
		offer = first_offer(&a->reply[k->reply], &len);
	if (offer) {
		text = call_describe(a, c, offer, len, &refused);
		if (text)
			return text;
	}
	return call_own_sdp(a, c, server);
}

static struct indialog_in input_of(struct agent *a, uint32_t c)
{
	const struct agent_call *k = &a->call[c];

	return (struct indialog_in){
		.method = a->rx.method,
		.state = k->call.state,
		.body = body_of(&a->rx),
		.in_order = dialog_request_in(&a->call[c].dialog, &a->rx),
		.unacked = !mono_is_never(k->resend_at),
		.ours_out = k->asking != AGENT_NONE &&
			    a->request[k->asking].method == SIP_INVITE,
	};
}

static void refuse(struct agent *a, uint32_t i, const struct indialog *out)
{
	char extra[48] = "";

	if (out->later)
		snprintf(extra, sizeof(extra), "Retry-After: %u\r\n",
			 (unsigned int)(random_u64() % (LATER_MAX_S + 1)));
	else if (out->status == 415)
		snprintf(extra, sizeof(extra), "Accept: application/sdp\r\n");
	reply_send(a, i, out->status, NULL, extra, NULL);
}

void dialog_request(struct agent *a, uint32_t i)
{
	uint32_t c = call_of_dialog(a, &a->rx);
	const char *text = NULL, *offer = NULL;
	char contact[SIPMSG_URI_MAX];
	struct session_grant grant;
	struct indialog_in in;
	struct agent_call *k;
	struct indialog out;
	char extra[160] = "";
	uint8_t held;

	if (c == AGENT_NONE) {
		reply_send(a, i, 481, NULL, NULL, NULL);
		return;
	}
	k = &a->call[c];
	in = input_of(a, c);
	out = indialog_answer(&in);
	if (out.status != 200) {
		refuse(a, i, &out);
		return;
	}
	grant = session_granted(a, a->line[k->line].conf);
	if (out.refresh && grant.refused) {
		session_refusal(&grant, extra, sizeof(extra));
		reply_send(a, i, 422, NULL, extra, NULL);
		return;
	}
	if (in.body == INDIALOG_SDP)
		offer = a->rx_buf + a->rx.body_off;
	if (out.describe) {
		text = call_describe(a, c, offer, a->rx.body_len, &out.status);
		if (!text) {
			refuse(a, i, &out);
			return;
		}
	}
	if (out.refresh)
		dialog_refresh(&k->dialog, &a->rx);
	held = k->far;
	if (offer)
		call_far_described(a, c);
	line_contact(a, k->line, a->line[k->line].server[k->index], contact,
		     sizeof(contact));
	if (out.refresh)
		session_answer_lines(&grant, extra, sizeof(extra));
	if (in.method == SIP_INVITE)
		call_accept_again(a, c, i, contact, text, &grant);
	else
		reply_send(a, i, 200, out.refresh ? contact : NULL, extra,
			   text);
	if (out.refresh)
		session_refreshed(a, c, &grant);
	if (k->far != held)
		notify_call(a, c);
}

bool dialog_known(struct agent *a)
{
	uint32_t c = call_of_dialog(a, &a->rx);

	return c != AGENT_NONE && dialog_request_in(&a->call[c].dialog, &a->rx);
}
