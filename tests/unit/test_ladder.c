// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* What the agent keeps for its ladders, and that credentials stay in it. */
#include "agent.h"
#include "agent_ctl_trace.h"
#include "agent_find.h"
#include "agent_ladder.h"
#include "tap.h"

static struct agent a;
static struct conf conf = { .trace_kib = 128 };

static const char secret[] = "REGISTER sip:b SIP/2.0\r\n"
	"Via: SIP/2.0/UDP c;branch=z9hG4bKx\r\nCall-ID: d\r\n"
	"CSeq: 1 REGISTER\r\nAuthorization: Digest response=\"5ec7e7\"\r\n"
	"Proxy-Authorization: Digest response=\"5ec7e7\"\r\n\r\n";

static unsigned int kept(const char *text)
{
	const struct msgring_entry *e = NULL;
	unsigned int n = 0;

	while ((e = msgring_next(&a.ladder, e)) != NULL)
		n += memmem(ladder_read(&a, e), e->len, text,
			    strlen(text)) != NULL;
	return n;
}

static json_t *row(json_t *result, size_t i)
{
	return json_array_get(json_object_get(result, "rows"), i);
}

static const char *member(json_t *result, size_t i, const char *name)
{
	const char *s = json_string_value(json_object_get(row(result, i), name));

	return s ? s : "";
}

int main(void)
{
	struct addr peer;
	json_t *result;

	a.conf = &conf;
	ok(!find_servers_open(&a) && !ladder_open(&a), "the ladder is there");
	addr_parse(&peer, "192.0.2.1", 5060, TRANSPORT_UDP);
	a.now.ns = 1000000;
	ladder_sent(&a, AGENT_NONE, &peer, 0, secret, sizeof(secret) - 1);
	a.rx_from = peer;
	a.rx_buf = secret;
	a.rx_len = sizeof(secret) - 1;
	ladder_received(&a, AGENT_NONE, false);
	is_int(kept("REGISTER sip:b"), 2, "both directions are kept");
	is_int(kept("Authorization: ****"), 2, "and");
	is_int(kept("5ec7e7"), 0, "no credentials are handed out");

	ladder_sent(&a, AGENT_NONE, &peer, 0, "\r\n\r\n", 4);
	ladder_sent(&a, AGENT_NONE, &peer, 0, "\0\1\0\0", 4);
	ladder_sent(&a, AGENT_NONE, &peer, 0, "", 0);
	is_int(kept(""), 2, "what keeps a way open is no message");

	ladder_event(&a, (struct mono){ 500000 }, AGENT_NONE, AGENT_NONE,
		     "local held: %s", "no_route");
	ladder_sent(&a, AGENT_NONE, &peer, 0, secret, sizeof(secret) - 1);
	result = trace_json(&a, AGENT_NONE, 10);
	is_int(json_array_size(json_object_get(result, "rows")), 4, "rows");
	is_str(member(result, 0, "event"), "local",
	       "an event comes by its time");
	is_str(member(result, 0, "text"), "held: no_route", "its text");
	is_str(member(result, 1, "method"), "REGISTER", "then the first");
	is_str(member(result, 1, "server"), "192.0.2.1:5060;udp",
	       "who is no server has his address");
	is_str(member(result, 2, "direction"), "in", "the same bytes");
	ok(json_is_false(json_object_get(row(result, 2), "repeat")),
	   "the other way are no repeat");
	ok(json_is_true(json_object_get(row(result, 3), "repeat")),
	   "the same way are one");
	json_decref(result);

	result = trace_json(&a, AGENT_NONE, 1);
	is_int(json_array_size(json_object_get(result, "rows")), 1, "one row");
	ok(json_is_true(json_object_get(row(result, 0), "repeat")),
	   "the newest, which knows what was before it");
	json_decref(result);
	ladder_close(&a);
	find_close(&a);
	is_int(kept(""), 0, "nothing is left");
	return tap_done();
}
