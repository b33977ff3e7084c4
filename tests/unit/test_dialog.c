// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <errno.h>

#include "../../userspace/core/dialog.h"

static struct dialog d;
static struct sipmsg m;

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

static void response(uint16_t status, const char *to_tag, const char *contact)
{
	memset(&m, 0, sizeof(m));
	m.response = true;
	m.method = SIP_INVITE;
	m.status = status;
	m.cseq = 7;
	SET(m.call_id, "id@192.0.2.9");
	SET(m.from_tag, "ours");
	SET(m.to_tag, to_tag);
	if (contact) {
		m.n_contacts = 1;
		SET(m.contact[0].uri, contact);
	}
	m.n_routes = 3;
	SET(m.record_route[0], "<sip:p3;lr>");
	SET(m.record_route[1], "<sip:p2;lr>");
	SET(m.record_route[2], "<sip:p1;lr>");
}

static void request(enum sip_method method, uint32_t cseq, const char *to_tag)
{
	memset(&m, 0, sizeof(m));
	m.method = (uint8_t)method;
	m.cseq = cseq;
	SET(m.call_id, "id@192.0.2.9");
	SET(m.from_tag, "theirs");
	SET(m.from_uri, "sip:bob@example.org");
	SET(m.to_uri, "sip:alice@example.org");
	SET(m.to_tag, to_tag);
	m.n_contacts = 1;
	SET(m.contact[0].uri, "sip:bob@192.0.2.50");
	m.n_routes = 2;
	SET(m.record_route[0], "<sip:p1;lr>");
	SET(m.record_route[1], "<sip:p2;lr>");
}

static void uac(void)
{
	dialog_init_uac(&d, "id@192.0.2.9", "ours", "sip:alice@example.org",
			"sip:bob@example.org", 7);
}

static void test_uac(void)
{
	uac();
	ok(d.uac, "UAC");
	is_str(d.remote_tag, "", "no remote tag yet");
	is_str(d.remote_target, "sip:bob@example.org", "target: the callee");
	is_int(d.local_cseq, 7, "CSeq");
	is_int(d.invite_cseq, 7, "of the INVITE");
	is_int(d.remote_cseq, 0, "none seen");

	response(180, "", NULL);
	is_int(dialog_answered(&d, &m), -EINVAL, "180 without To tag");
	response(180, "b", NULL);
	is_int(dialog_answered(&d, &m), 0, "180 without Contact");
	is_str(d.remote_tag, "b", "an early dialog");
	is_str(d.remote_target, "sip:bob@example.org", "same target");
	is_int(d.n_routes, 3, "three routes");
	is_str(d.route[0], "<sip:p1;lr>", "reversed");
	is_str(d.route[1], "<sip:p2;lr>", "reversed");
	is_str(d.route[2], "<sip:p3;lr>", "reversed");

	response(200, "b", NULL);
	is_int(dialog_answered(&d, &m), -EINVAL, "200 without Contact");
	ok(!d.confirmed, "is none");
	response(486, "b", "sip:x");
	is_int(dialog_answered(&d, &m), -EINVAL, "486 makes no dialog");
	response(200, "c", "sip:bob@192.0.2.50");
	m.n_routes = 1;
	is_int(dialog_answered(&d, &m), 0, "200 of another fork");
	is_str(d.remote_tag, "c", "its tag");
	is_str(d.remote_target, "sip:bob@192.0.2.50", "its target");
	is_int(d.n_routes, 1, "its route set (13.2.2.4)");
	is_str(d.route[0], "<sip:p3;lr>", "the one route");

	response(200, "c", "sip:elsewhere");
	is_int(dialog_answered(&d, &m), 0, "200 again");
	is_str(d.remote_target, "sip:bob@192.0.2.50", "changes nothing");
	response(200, "e", "sip:elsewhere");
	is_int(dialog_answered(&d, &m), -EEXIST, "a second fork's 200");
	response(180, "e", "sip:elsewhere");
	is_int(dialog_answered(&d, &m), -EEXIST, "a late 180");
	is_str(d.remote_tag, "c", "changes nothing");
	is_str(d.remote_target, "sip:bob@192.0.2.50", "changes nothing");

	uac();
	request(SIP_INVITE, 7, "ours");
	is_int(dialog_answered(&d, &m), -EINVAL, "a request is no response");
	response(200, "b", "sip:x");
	m.n_routes = 200;
	is_int(dialog_answered(&d, &m), 0, "more routes than there can be");
	is_int(d.n_routes, SIPMSG_ROUTES_MAX, "bounded");
}

static void test_uas(void)
{
	request(SIP_INVITE, 4711, "");
	is_int(dialog_init_uas(&d, &m, "ours"), 0, "INVITE received");
	ok(!d.uac, "UAS");
	is_str(d.local_tag, "ours", "our tag");
	is_str(d.remote_tag, "theirs", "their tag");
	is_str(d.local_uri, "sip:alice@example.org", "To is us");
	is_str(d.remote_uri, "sip:bob@example.org", "From is they");
	is_str(d.remote_target, "sip:bob@192.0.2.50", "Contact");
	is_int(d.n_routes, 2, "two routes");
	is_str(d.route[0], "<sip:p1;lr>", "in the order received");
	is_str(d.route[1], "<sip:p2;lr>", "in the order received");
	is_int(d.remote_cseq, 4711, "their CSeq");
	is_int(d.invite_cseq, 4711, "of the INVITE");
	is_int(d.local_cseq, 0, "ours is not used yet");

	request(SIP_INVITE, 1, "ours");
	is_int(dialog_init_uas(&d, &m, "x"), -EINVAL, "a re-INVITE");
	request(SIP_BYE, 1, "");
	is_int(dialog_init_uas(&d, &m, "x"), -EINVAL, "a BYE");
	request(SIP_INVITE, 1, "");
	is_int(dialog_init_uas(&d, &m, ""), -EINVAL, "no tag of ours");
	m.n_contacts = 0;
	is_int(dialog_init_uas(&d, &m, "x"), -EINVAL, "no Contact");
	request(SIP_INVITE, 1, "");
	m.from_tag[0] = '\0';
	is_int(dialog_init_uas(&d, &m, "x"), -EINVAL, "no From tag");
	request(SIP_INVITE, 1, "");
	m.call_id[0] = '\0';
	is_int(dialog_init_uas(&d, &m, "x"), -EINVAL, "no Call-ID");
	response(200, "x", "sip:x");
	is_int(dialog_init_uas(&d, &m, "x"), -EINVAL, "a response");
	is_str(d.local_tag, "ours", "a refused one changes nothing");
}

static void test_matches(void)
{
	struct dialog none = { .uac = true };

	uac();
	response(180, "any", NULL);
	ok(dialog_matches(&d, &m), "early: any remote tag");
	request(SIP_BYE, 1, "ours");
	ok(dialog_matches(&d, &m), "early: a request too");
	response(200, "theirs", "sip:x");
	dialog_answered(&d, &m);
	ok(dialog_matches(&d, &m), "its own response");
	SET(m.to_tag, "other");
	ok(!dialog_matches(&d, &m), "another fork's");
	SET(m.to_tag, "theirs");
	SET(m.from_tag, "hers");
	ok(!dialog_matches(&d, &m), "another caller's");
	SET(m.from_tag, "ours");
	SET(m.call_id, "other");
	ok(!dialog_matches(&d, &m), "another Call-ID");

	request(SIP_BYE, 1, "ours");
	ok(dialog_matches(&d, &m), "a request: tags the other way round");
	request(SIP_BYE, 1, "theirs");
	SET(m.from_tag, "ours");
	ok(!dialog_matches(&d, &m), "our own request come back");
	request(SIP_BYE, 1, "");
	ok(!dialog_matches(&d, &m), "no To tag: none");
	request(SIP_BYE, 1, "");
	m.call_id[0] = m.from_tag[0] = '\0';
	ok(!dialog_matches(&none, &m), "an unused dialog has nothing");
}

static void test_request_in(void)
{
	request(SIP_INVITE, 100, "");
	dialog_init_uas(&d, &m, "ours");
	request(SIP_BYE, 99, "ours");
	ok(!dialog_request_in(&d, &m), "older: out of order");
	is_int(d.remote_cseq, 100, "and not taken");
	request(SIP_ACK, 100, "ours");
	ok(dialog_request_in(&d, &m), "ACK of the INVITE");
	request(SIP_CANCEL, 99, "");
	ok(dialog_request_in(&d, &m), "CANCEL is not ordered");
	is_int(d.remote_cseq, 100, "nor counted");
	request(SIP_INVITE, 105, "ours");
	SET(m.contact[0].uri, "sip:bob@192.0.2.51");
	ok(dialog_request_in(&d, &m), "re-INVITE, gaps are allowed");
	is_int(d.remote_cseq, 105, "taken");
	ok(strcmp(d.remote_target, "sip:bob@192.0.2.51") != 0,
	   "the target stays until it is accepted (12.2.2)");
	dialog_refresh(&d, &m);
	is_str(d.remote_target, "sip:bob@192.0.2.51", "target refreshed");
	request(SIP_OPTIONS, 106, "ours");
	ok(dialog_request_in(&d, &m), "OPTIONS");
	dialog_refresh(&d, &m);
	is_str(d.remote_target, "sip:bob@192.0.2.51", "refreshes no target");
	request(SIP_UPDATE, 107, "ours");
	SET(m.contact[0].uri, "sip:bob@192.0.2.52");
	ok(dialog_request_in(&d, &m), "UPDATE");
	dialog_refresh(&d, &m);
	is_str(d.remote_target, "sip:bob@192.0.2.52", "does");
	request(SIP_INVITE, 108, "ours");
	m.n_contacts = 0;
	ok(dialog_request_in(&d, &m), "re-INVITE without Contact");
	dialog_refresh(&d, &m);
	is_str(d.remote_target, "sip:bob@192.0.2.52", "keeps the target");

	uac();
	request(SIP_BYE, 1, "ours");
	ok(dialog_request_in(&d, &m), "first request to a UAC: any number");
	is_int(d.remote_cseq, 1, "taken");
	is_int(d.invite_cseq, 7, "our INVITE's is another");
}

/* RFC 6665 4.4.1 */
static void test_notified(void)
{
	uac();
	request(SIP_NOTIFY, 5, "ours");
	ok(dialog_matches(&d, &m), "a NOTIFY before the 2xx");
	is_int(dialog_notified(&d, &m), 0, "makes the dialog");
	is_str(d.remote_tag, "theirs", "its tag");
	is_str(d.remote_target, "sip:bob@192.0.2.50", "its Contact");
	ok(d.n_routes == 2 && strcmp(d.route[0], "<sip:p1;lr>") == 0,
	   "its route set as received");
	is_int(dialog_notified(&d, &m), -EINVAL, "once");
	response(200, "theirs", "sip:bob@192.0.2.60");
	is_int(dialog_answered(&d, &m), 0, "the 2xx behind it");
	is_str(d.remote_target, "sip:bob@192.0.2.50", "changes nothing");
	response(200, "fork", "sip:bob@192.0.2.60");
	is_int(dialog_answered(&d, &m), -EEXIST, "another fork's neither");
	request(SIP_NOTIFY, 6, "ours");
	SET(m.contact[0].uri, "sip:bob@192.0.2.70");
	ok(dialog_request_in(&d, &m), "the next one");
	dialog_refresh(&d, &m);
	is_str(d.remote_target, "sip:bob@192.0.2.70", "refreshes the target");
	uac();
	request(SIP_NOTIFY, 5, "ours");
	m.n_contacts = 0;
	is_int(dialog_notified(&d, &m), -EINVAL, "none without Contact");
}

int main(void)
{
	test_notified();
	test_uac();
	test_uas();
	test_matches();
	test_request_in();
	return tap_done();
}
