// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/indialog: what a request within a dialog is answered. */
#include "../tap.h"

#include "../../userspace/core/call.h"
#include "../../userspace/core/indialog.h"
#include "../../userspace/core/sipmsg.h"

static struct indialog_in in;

static struct indialog answer(uint8_t method, uint8_t state, uint8_t body)
{
	in = (struct indialog_in){
		.method = method, .state = state, .body = body,
		.in_order = true,
	};
	return indialog_answer(&in);
}

static void test_invite(void)
{
	struct indialog r = answer(SIP_INVITE, CALL_UP, INDIALOG_SDP);

	ok(r.status == 200 && r.describe && r.refresh, "re-INVITE (14.2)");
	r = answer(SIP_INVITE, CALL_UP, INDIALOG_NO_BODY);
	ok(r.status == 200 && r.describe, "without an offer: ours");
	in.ours_out = true;
	is_int(indialog_answer(&in).status, 491, "glare (14.2)");
	in.ours_out = false;
	in.unacked = true;
	is_int(indialog_answer(&in).status, 491, "before the ACK of the last");
	in.unacked = false;
	in.in_order = false;
	is_int(indialog_answer(&in).status, 500, "out of order (12.2.2)");
	r = answer(SIP_INVITE, CALL_INCOMING, INDIALOG_SDP);
	ok(r.status == 500 && r.later,
	   "before the first is answered: 500 with Retry-After (14.2)");
	is_int(answer(SIP_INVITE, CALL_ANSWERING, INDIALOG_SDP).status, 491,
	       "before its ACK");
	is_int(answer(SIP_INVITE, CALL_RINGING, INDIALOG_SDP).status, 491,
	       "while ours rings");
	is_int(answer(SIP_INVITE, CALL_ENDING, INDIALOG_SDP).status, 481,
	       "after our BYE there is no dialog (15.1.1)");
	is_int(answer(SIP_INVITE, CALL_UP, INDIALOG_OTHER_BODY).status, 415,
	       "a body that is no SDP");
}

static void test_update(void)
{
	struct indialog r = answer(SIP_UPDATE, CALL_UP, INDIALOG_NO_BODY);

	ok(r.status == 200 && !r.describe && r.refresh,
	   "UPDATE without an offer");
	in.ours_out = true;
	is_int(indialog_answer(&in).status, 200, "that is no glare");
	r = answer(SIP_UPDATE, CALL_UP, INDIALOG_SDP);
	ok(r.status == 200 && r.describe, "with an offer: our answer");
	in.ours_out = true;
	is_int(indialog_answer(&in).status, 491, "glare (RFC 3311 5.2)");
	r = answer(SIP_UPDATE, CALL_INCOMING, INDIALOG_SDP);
	ok(r.status == 500 && r.later, "an offer before the first is answered");
	is_int(answer(SIP_UPDATE, CALL_INCOMING, INDIALOG_NO_BODY).status, 200,
	       "in an early dialog");
	is_int(answer(SIP_UPDATE, CALL_UP, INDIALOG_OTHER_BODY).status, 415,
	       "a body that is no SDP");
}

static void test_others(void)
{
	is_int(answer(SIP_INFO, CALL_UP, INDIALOG_NO_BODY).status, 200, "INFO");
	is_int(answer(SIP_INFO, CALL_UP, INDIALOG_OTHER_BODY).status, 415,
	       "INFO with what we do not know");
	is_int(answer(SIP_OPTIONS, CALL_UP, INDIALOG_NO_BODY).status, 200,
	       "OPTIONS");
	is_int(answer(SIP_PRACK, CALL_INCOMING, INDIALOG_NO_BODY).status, 481,
	       "PRACK of nothing");
	is_int(answer(SIP_OTHER, CALL_UP, INDIALOG_NO_BODY).status, 405,
	       "what is not in Allow");
	is_int(answer(SIP_INFO, CALL_FREE, INDIALOG_NO_BODY).status, 481,
	       "no call");
}

int main(void)
{
	test_invite();
	test_update();
	test_others();
	return tap_done();
}
