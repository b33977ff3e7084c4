// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "indialog.h"

#include "call.h"
#include "sipmsg.h"

static struct indialog refuse(uint16_t status)
{
	return (struct indialog){ .status = status };
}

/* 14.2: while one of ours is out there is glare; an INVITE of theirs that is not
 * answered yet comes first. */
static struct indialog invite(const struct indialog_in *in)
{
	if (in->body == INDIALOG_OTHER_BODY)
		return refuse(415);
	if (in->state == CALL_INCOMING)
		return (struct indialog){ .status = 500, .later = true };
	if (in->state != CALL_UP || in->ours_out || in->unacked)
		return refuse(491);
	return (struct indialog){
		.status = 200, .describe = true, .refresh = true,
	};
}

/* RFC 3311 5.2.  The offer of a first INVITE received is answered in its 200, so
 * another one before that has to wait. */
static struct indialog update(const struct indialog_in *in)
{
	bool offer = in->body == INDIALOG_SDP;

	if (in->body == INDIALOG_OTHER_BODY)
		return refuse(415);
	if (offer && in->state == CALL_INCOMING)
		return (struct indialog){ .status = 500, .later = true };
	if (offer && (in->state != CALL_UP || in->ours_out || in->unacked))
		return refuse(491);
	return (struct indialog){
		.status = 200, .describe = offer, .refresh = true,
	};
}

struct indialog indialog_answer(const struct indialog_in *in)
{
	/* 15.1.1: with our BYE the session is over. */
	if (in->state == CALL_FREE || in->state == CALL_ENDING)
		return refuse(481);
	if (!in->in_order)
		return refuse(500);
	switch ((enum sip_method)in->method) {
	case SIP_INVITE:
		return invite(in);
	case SIP_UPDATE:
		return update(in);
	case SIP_INFO:
		/* RFC 6086 4.2.2: a peer asks so whether we are there. */
		return refuse(in->body == INDIALOG_NO_BODY ? 200 : 415);
	case SIP_OPTIONS:
		return refuse(200);
	case SIP_PRACK:
		/* RFC 3262 3: nothing of ours was reliable. */
		return refuse(481);
	case SIP_REGISTER:
	case SIP_SUBSCRIBE:
	case SIP_NOTIFY:
	case SIP_ACK:
	case SIP_CANCEL:
	case SIP_BYE:
	case SIP_OTHER:
		break;
	}
	return refuse(405);
}
