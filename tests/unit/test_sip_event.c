// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Event notification: what a NOTIFY says, message summaries. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec/sip_build.h"
#include "codec/sip_event.h"
#include "codec/sip_parse.h"
#include "tap.h"

static struct sipmsg m;

static enum sip_parse_result parse(const char *method, const char *headers)
{
	char text[2048], *copy;
	enum sip_parse_result r;
	int len;

	len = snprintf(text, sizeof(text),
		       "%s sip:alice@192.0.2.9 SIP/2.0\r\n"
		       "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKn\r\n"
		       "From: <sip:alice@example.com>;tag=f\r\n"
		       "To: <sip:alice@example.com>;tag=t\r\n"
		       "Call-ID: c\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
		       method, method, headers);
	copy = memcpy(malloc((size_t)len), text, (size_t)len);
	r = sip_parse(copy, (size_t)len, &m);
	free(copy);
	return r;
}

static enum sip_parse_result notify(const char *headers)
{
	return parse("NOTIFY", headers);
}

static void test_event(void)
{
	is_int(notify("Event: message-summary\r\n"), SIP_OK, "an Event");
	is_str(m.event, "message-summary", "its package");
	ok(!m.event_id, "without an id");
	is_int(notify("o: message-summary ; id=7\r\n"), SIP_OK, "compact");
	is_str(m.event, "message-summary", "the package without parameters");
	ok(m.event_id, "it has an id");
	is_int(notify(""), SIP_OK, "none");
	is_str(m.event, "", "no package");
	is_int(notify("Event: ;id=1\r\n"), SIP_BAD_VALUE, "no token");
	is_int(notify("Event: a b\r\n"), SIP_BAD_VALUE, "two tokens");
	is_int(notify("Event: a\r\no: a\r\n"), SIP_DUPLICATE, "twice");
	is_int(notify("Event: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		      "aaaaaaaaaaaaaaa\r\n"), SIP_TOO_LONG, "too long");
	is_int(parse("OPTIONS", "Event: a b\r\n"), SIP_OK,
	       "not read in another request");
}

static void test_state(void)
{
	static const struct {
		const char *value;
		uint8_t state, reason;
		int32_t expires, retry_after;
	} good[] = {
		{ "active", SIP_SUBSTATE_ACTIVE, SIP_SUBREASON_NONE, -1, -1 },
		{ "Active;expires=599", SIP_SUBSTATE_ACTIVE, 0, 599, -1 },
		{ "pending ; expires = 5", SIP_SUBSTATE_PENDING, 0, 5, -1 },
		{ "parked;expires=9", SIP_SUBSTATE_ACTIVE, 0, 9, -1 },
		{ "terminated;reason=deactivated", SIP_SUBSTATE_TERMINATED,
		  SIP_SUBREASON_DEACTIVATED, -1, -1 },
		{ "terminated;reason=probation;retry-after=30",
		  SIP_SUBSTATE_TERMINATED, SIP_SUBREASON_PROBATION, -1, 30 },
		{ "terminated;reason=rejected", SIP_SUBSTATE_TERMINATED,
		  SIP_SUBREASON_REJECTED, -1, -1 },
		{ "terminated;reason=TimeOut", SIP_SUBSTATE_TERMINATED,
		  SIP_SUBREASON_TIMEOUT, -1, -1 },
		{ "terminated;reason=giveup", SIP_SUBSTATE_TERMINATED,
		  SIP_SUBREASON_GIVEUP, -1, -1 },
		{ "terminated;reason=noresource", SIP_SUBSTATE_TERMINATED,
		  SIP_SUBREASON_NORESOURCE, -1, -1 },
		{ "terminated;reason=invariant", SIP_SUBSTATE_TERMINATED,
		  SIP_SUBREASON_INVARIANT, -1, -1 },
		{ "terminated;reason=whim;retry-after=99999999999",
		  SIP_SUBSTATE_TERMINATED, SIP_SUBREASON_NONE, -1, INT32_MAX },
	};
	static const char *const bad[] = {
		"", ";expires=1", "active expires=1", "active;expires=",
		"active;expires=-1", "active;expires=1x",
		"terminated;retry-after=soon",
	};
	char header[128];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		snprintf(header, sizeof(header), "Subscription-State: %s\r\n",
			 good[i].value);
		is_int(notify(header), SIP_OK, "%s", good[i].value);
		ok(m.substate == good[i].state &&
		   m.subreason == good[i].reason &&
		   m.sub_expires == good[i].expires &&
		   m.sub_retry_after == good[i].retry_after, "what it says");
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(header, sizeof(header), "Subscription-State: %s\r\n",
			 bad[i]);
		is_int(notify(header), SIP_BAD_VALUE, "refused: '%s'", bad[i]);
	}
	is_int(notify("Subscription-State: active\r\n"
		      "Subscription-State: active\r\n"), SIP_DUPLICATE, "twice");
	is_int(notify(""), SIP_OK, "none");
	is_int(m.substate, SIP_SUBSTATE_NONE, "no state");
	is_int(m.sub_expires, -1, "no expires");
}

/* In memory of its own, so that a byte too far is found. */
static int summary(struct mwi *mwi, const char *text)
{
	size_t n = strlen(text);
	char *copy = malloc(n + !n);
	int ret;

	memcpy(copy, text, n);	/* NOLINT(bugprone-not-null-terminated-result) */
	ret = sip_event_mwi(mwi, copy, n);
	free(copy);
	return ret;
}

static void test_summary(void)
{
	struct mwi w = { .known = false };

	is_int(summary(&w, "Messages-Waiting: yes\r\n"
			   "Message-Account: sip:alice@vm.example.com\r\n"
			   "Voice-Message: 2/8 (1/3)\r\n"
			   "Fax-Message: 4/0\r\n\r\nTo: x\r\nrubbish\r\n"), 0,
	       "a summary, and headers of messages behind it");
	ok(w.known && w.waiting && w.counted && w.fresh == 2 && w.old == 8 &&
	   w.urgent_fresh == 1 && w.urgent_old == 3, "all its counts");
	is_int(summary(&w, "messages-waiting:NO"), 0, "without an end of line");
	ok(w.known && !w.waiting && !w.counted && !w.fresh && !w.urgent_old,
	   "nothing stays of the one before");
	is_int(summary(&w, "Messages-Waiting: yes \n"
			   "Voice-Message : 99999999999 / 0\n"), 0,
	       "bare line feeds, spaces");
	ok(w.waiting && w.fresh == INT32_MAX && !w.old,
	   "a count that does not fit saturates");
}

static void test_bad_summary(void)
{
	static const char *const bad[] = {
		"", "\r\n", "Messages-Waiting", "Messages-Waiting: maybe\r\n",
		"Voice-Message: 1/2\r\nMessages-Waiting: yes\r\n",
		"Messages-Waiting: yes\r\nMessages-Waiting: no\r\n",
		"Messages-Waiting: yes\r\nVoice-Message: 1\r\n",
		"Messages-Waiting: yes\r\nVoice-Message: /2\r\n",
		"Messages-Waiting: yes\r\nVoice-Message: 1/\r\n",
		"Messages-Waiting: yes\r\nVoice-Message: 1/2 (\r\n",
		"Messages-Waiting: yes\r\nVoice-Message: 1/2 (3/4\r\n",
		"Messages-Waiting: yes\r\nVoice-Message: 1/2 x\r\n",
		"Messages-Waiting: yes\r\nVoice-Message: -1/2\r\n",
		"Messages-Waiting: yes\r\nVoice-Message: 1/2\r\nVoice-Message: 1/2",
		"Messages-Waiting: yes\r\n: x\r\n",
	};
	struct mwi w = { .known = true, .fresh = 7 };
	char many[2048] = "Messages-Waiting: yes\r\n";
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_int(summary(&w, bad[i]), -EBADMSG, "refused: %zu", i);
	for (i = 0; i < SIP_EVENT_MWI_LINES - 1; i++)
		strcat(many, "X: y\r\n");
	strcat(many, "\r\n");
	ok(w.known && w.fresh == 7, "and what was known stays");
	is_int(summary(&w, many), 0, "as many lines as are read");
	many[strlen(many) - 2] = '\0';
	strcat(many, "X: y\r\n");
	is_int(summary(&w, many), -EBADMSG, "one more");
}

static void test_build(void)
{
	struct sip_request r = {
		.method = SIP_SUBSCRIBE, .request_uri = "sip:alice@example.com",
		.sent_by = "192.0.2.9", .branch = "z9hG4bK1",
		.from_uri = "sip:alice@example.com", .from_tag = "f",
		.to_uri = "sip:alice@example.com", .call_id = "c", .cseq = 1,
		.contact = "sip:alice@192.0.2.9", .expires = 3600,
		.event = SIP_EVENT_MWI, .accept = SIP_EVENT_MWI_TYPE,
	};
	char text[1024];
	int len = sip_build_request(text, sizeof(text) - 1, &r);

	if (!ok(len > 0, "a SUBSCRIBE is built"))
		return;
	text[len] = '\0';
	ok(strstr(text, "CSeq: 1 SUBSCRIBE\r\n") &&
	   strstr(text, "\r\nEvent: message-summary\r\n"
			"Accept: application/simple-message-summary\r\n"
			"Expires: 3600\r\n") && strstr(text, "\r\nAllow: "),
	   "with Event, Accept, Expires and Allow");
	r.event = "a\r\nb: c";
	is_int(sip_build_request(text, sizeof(text), &r), -EINVAL,
	       "nothing breaks out of Event");
}

int main(void)
{
	is_int(sip_parse_init(), 0, "parser initialised");
	test_event();
	test_state();
	test_summary();
	test_bad_summary();
	test_build();
	return tap_done();
}
