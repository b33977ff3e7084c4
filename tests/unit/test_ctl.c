// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "../tap.h"

#include <stdlib.h>

#include "../../userspace/codec/ctl.h"
#include "../../userspace/core/rng.h"

static struct ctl_request r;
static const char *message;

static int parse(const char *text)
{
	return ctl_parse(&r, text, strlen(text), &message);
}

#define REQ(method, params)						\
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method		\
	"\",\"params\":" params "}"

static void test_methods(void)
{
	static const struct {
		const char *text;
		enum ctl_method method;
	} c[] = {
		{ REQ("hello", "{}"), CTL_HELLO },
		{ REQ("status", "{}"), CTL_STATUS },
		{ REQ("call", "{\"line\":\"a\",\"uri\":\"sip:b@c\"}"),
		  CTL_CALL },
		{ REQ("answer", "{\"call\":3}"), CTL_ANSWER },
		{ REQ("hangup", "{\"call\":3}"), CTL_HANGUP },
		{ REQ("hold", "{\"call\":3}"), CTL_HOLD },
		{ REQ("resume", "{\"call\":3}"), CTL_RESUME },
		{ REQ("register", "{\"line\":\"a\"}"), CTL_REGISTER },
		{ REQ("stats", "{}"), CTL_STATS },
		{ REQ("trace", "{}"), CTL_TRACE },
		{ REQ("failovers", "{}"), CTL_FAILOVERS },
		{ REQ("metrics", "{}"), CTL_METRICS },
		{ REQ("messages", "{}"), CTL_MESSAGES },
		{ REQ("messages", "{\"after\":7}"), CTL_MESSAGES },
		{ REQ("trace", "{\"line\":\"a\"}"), CTL_TRACE },
		{ REQ("subscribe", "{}"), CTL_SUBSCRIBE },
		{ REQ("shutdown", "{}"), CTL_SHUTDOWN },
	};
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(*c); i++) {
		is_int(parse(c[i].text), 0, "%s", c[i].text);
		is_int(r.method, c[i].method, "its method");
		is_int(json_integer_value(r.id), 1, "its id");
		ctl_request_free(&r);
	}
}

static void test_params(void)
{
	is_int(parse(REQ("call", "{\"line\":\"office\","
			 "\"uri\":\"sip:bob@example.org\","
			 "\"sdp\":\"v=0\\r\\no=-\\r\\n\"}")), 0, "call");
	is_str(r.line, "office", "line");
	is_str(r.uri, "sip:bob@example.org", "uri");
	is_int(r.call, -1, "no call");
	is_str(r.sdp ? r.sdp : "", "v=0\r\no=-\r\n", "sdp");
	ctl_request_free(&r);
	ctl_request_free(&r);
	ok(!r.id && !r.sdp, "freed, twice");

	is_int(parse(REQ("answer", "{\"call\":12}")), 0, "answer");
	is_int(r.call, 12, "call");
	ok(!r.sdp && !r.line[0] && !r.uri[0], "nothing else");
	ctl_request_free(&r);

	is_int(parse(REQ("trace", "{\"messages\":500}")), 0, "trace");
	is_int(r.messages, CTL_TRACE_MAX, "messages");
	ctl_request_free(&r);
	is_int(parse(REQ("trace", "{\"line\":\"a\"}")), 0, "of a line");
	ok(r.messages == -1 && strcmp(r.line, "a") == 0, "no messages");
	ctl_request_free(&r);
	is_int(parse(REQ("failovers", "{\"last\":32,\"line\":\"a\"}")), 0,
	       "failovers");
	ok(r.last == CTL_FAILOVERS_MAX && strcmp(r.line, "a") == 0,
	   "so many, of that line");
	ctl_request_free(&r);

	is_int(parse("{\"jsonrpc\":\"2.0\",\"method\":\"stats\"}"), 0,
	       "no params, no id");
	ok(!r.id, "a notification");
	ctl_request_free(&r);
	is_int(parse("{\"jsonrpc\":\"2.0\",\"method\":\"stats\",\"id\":null}"),
	       0, "id null");
	ok(json_is_null(r.id), "is an id");
	ctl_request_free(&r);
	is_int(parse("{\"jsonrpc\":\"2.0\",\"method\":\"stats\",\"id\":\"x\"}"),
	       0, "id a string");
	is_str(json_string_value(r.id), "x", "is an id");
	ctl_request_free(&r);
}

static void test_refused(void)
{
	static const struct {
		int code;
		const char *text;
	} c[] = {
		{ CTL_E_PARSE, "" },
		{ CTL_E_PARSE, "{" },
		{ CTL_E_PARSE, "hello" },
		{ CTL_E_PARSE, REQ("stats", "{}") " x" },
		{ CTL_E_PARSE, REQ("stats", "{}") REQ("stats", "{}") },
		{ CTL_E_PARSE, REQ("stats", "{\"a\":1,\"a\":2}") },
		{ CTL_E_PARSE, REQ("register", "{\"line\":\"\xff\"}") },
		{ CTL_E_PARSE, REQ("register", "{\"line\":\"\xc0\xaf\"}") },
		{ CTL_E_PARSE, REQ("register", "{\"line\":\"\\ud800\"}") },
		{ CTL_E_PARSE, REQ("register", "{\"line\":\"a\\u0000b\"}") },
		{ CTL_E_PARSE, "{\"jsonrpc\":\"2.0\",\"id\":"
		  "99999999999999999999,\"method\":\"stats\"}" },
		{ CTL_E_REQUEST, "[" REQ("stats", "{}") "]" },
		{ CTL_E_REQUEST, "[]" },
		{ CTL_E_REQUEST, "{}" },
		{ CTL_E_REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":1}" },
		{ CTL_E_REQUEST, "{\"id\":1,\"method\":\"stats\"}" },
		{ CTL_E_REQUEST, "{\"jsonrpc\":\"1.0\",\"id\":1,"
		  "\"method\":\"stats\"}" },
		{ CTL_E_REQUEST, "{\"jsonrpc\":2.0,\"id\":1,"
		  "\"method\":\"stats\"}" },
		{ CTL_E_REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":1,"
		  "\"method\":7}" },
		{ CTL_E_REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":1,"
		  "\"method\":\"stats\",\"parms\":{}}" },
		{ CTL_E_REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":{},"
		  "\"method\":\"stats\"}" },
		{ CTL_E_REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":1.5,"
		  "\"method\":\"stats\"}" },
		{ CTL_E_REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":true,"
		  "\"method\":\"stats\"}" },
		{ CTL_E_REQUEST, REQ("stats", "[[[[[[[[1]]]]]]]]") },
		{ CTL_E_METHOD, REQ("Status", "{}") },
		{ CTL_E_METHOD, REQ("", "{}") },
		{ CTL_E_METHOD, REQ("dial", "{}") },
		{ CTL_E_PARAMS, REQ("stats", "[]") },
		{ CTL_E_PARAMS, REQ("stats", "null") },
		{ CTL_E_PARAMS, REQ("stats", "{\"line\":\"a\"}") },
		{ CTL_E_PARAMS, REQ("call", "{}") },
		{ CTL_E_PARAMS, REQ("call", "{\"line\":\"a\"}") },
		{ CTL_E_PARAMS, REQ("call", "{\"uri\":\"sip:a\"}") },
		{ CTL_E_PARAMS, REQ("call", "{\"line\":1,\"uri\":\"sip:a\"}") },
		{ CTL_E_PARAMS, REQ("call", "{\"line\":\"\","
				    "\"uri\":\"sip:a\"}") },
		{ CTL_E_PARAMS, REQ("call", "{\"line\":\"a\",\"uri\":"
				    "\"sip:a\\r\\nX: y\"}") },
		{ CTL_E_PARAMS, REQ("call", "{\"line\":\"a\",\"uri\":"
				    "\"sip:a>\"}") },
		{ CTL_E_PARAMS, REQ("call", "{\"line\":\"a\",\"uri\":"
				    "\"sip:a b\"}") },
		{ CTL_E_PARAMS, REQ("call", "{\"line\":\"a\",\"uri\":"
				    "\"sip:a\",\"sdp\":7}") },
		{ CTL_E_PARAMS, REQ("call", "{\"line\":\"a\",\"uri\":"
				    "\"sip:a\",\"sdp\":\"\"}") },
		{ CTL_E_PARAMS, REQ("call", "{\"line\":\"a\",\"uri\":"
				    "\"sip:a\",\"call\":1}") },
		{ CTL_E_PARAMS, REQ("call", "{\"line\":\"a\",\"sdp\":\"v=0\","
				    "\"uri\":1}") },
		{ CTL_E_PARAMS, REQ("hangup", "{\"call\":\"3\"}") },
		{ CTL_E_PARAMS, REQ("hangup", "{\"call\":-1}") },
		{ CTL_E_PARAMS, REQ("hangup", "{\"call\":1.0}") },
		{ CTL_E_PARAMS, REQ("hangup", "{}") },
		{ CTL_E_PARAMS, REQ("hold", "{}") },
		{ CTL_E_PARAMS, REQ("trace", "{\"messages\":0}") },
		{ CTL_E_PARAMS, REQ("trace", "{\"messages\":501}") },
		{ CTL_E_PARAMS, REQ("trace", "{\"messages\":\"5\"}") },
		{ CTL_E_PARAMS, REQ("trace", "{\"line\":\"\"}") },
		{ CTL_E_PARAMS, REQ("trace", "{\"call\":1}") },
		{ CTL_E_PARAMS, REQ("stats", "{\"messages\":5}") },
		{ CTL_E_PARAMS, REQ("failovers", "{\"last\":0}") },
		{ CTL_E_PARAMS, REQ("messages", "{\"after\":-1}") },
		{ CTL_E_PARAMS, REQ("messages", "{\"messages\":1}") },
		{ CTL_E_PARAMS, REQ("failovers", "{\"last\":33}") },
		{ CTL_E_PARAMS, REQ("trace", "{\"last\":1}") },
		{ CTL_E_PARAMS, REQ("hangup", "{\"call\":1,\"sdp\":\"v\"}") },
	};
	size_t i;

	for (i = 0; i < sizeof(c) / sizeof(*c); i++) {
		is_int(parse(c[i].text), c[i].code, "refused: %s", c[i].text);
		ok(message && *message, "%s", message);
		if (c[i].code == CTL_E_METHOD || c[i].code == CTL_E_PARAMS)
			is_int(json_integer_value(r.id), 1, "with its id");
		ctl_request_free(&r);
	}
}

static void test_bounds(void)
{
	static char text[CTL_LINE_MAX + 100];
	size_t n;
	int i;

	for (i = 63; i <= 64; i++) {
		snprintf(text, sizeof(text), REQ("register",
			 "{\"line\":\"%0*d\"}"), i, 0);
		is_int(parse(text), i == 63 ? 0 : CTL_E_PARAMS,
		       "a name of %d bytes", i);
		ctl_request_free(&r);
	}
	for (i = 255; i <= 256; i++) {
		snprintf(text, sizeof(text), REQ("call",
			 "{\"line\":\"a\",\"uri\":\"%0*d\"}"), i, 0);
		is_int(parse(text), i == 255 ? 0 : CTL_E_PARAMS,
		       "a URI of %d bytes", i);
		ctl_request_free(&r);
	}
	n = (size_t)snprintf(text, sizeof(text), "%s", REQ("stats", "{}"));
	memset(text + n, ' ', sizeof(text) - n);
	is_int(ctl_parse(&r, text, CTL_LINE_MAX, &message), 0, "longest line");
	ctl_request_free(&r);
	is_int(ctl_parse(&r, text, CTL_LINE_MAX + 1, &message), CTL_E_REQUEST,
	       "one more byte");
	ctl_request_free(&r);
	memset(text, '[', CTL_LINE_MAX);
	is_int(ctl_parse(&r, text, CTL_LINE_MAX, &message), CTL_E_REQUEST,
	       "65536 brackets");
	ctl_request_free(&r);
	is_int(parse(REQ("register", "{\"line\":\"[[[[[[[[[{{{{\\\"[[\"}")), 0,
	       "brackets in a string are none");
	ctl_request_free(&r);
}

static void is_line(char *line, const char *want, const char *what)
{
	is_str(line ? line : "(null)", want, "%s", what);
	free(line);
}

static void is_json_text(const char *text, const char *want, const char *what)
{
	json_t *string = ctl_text(text);

	is_str(string ? json_string_value(string) : "none", want, "%s", what);
	json_decref(string);
}

static void test_build(void)
{
	json_t *id = json_integer(7);

	is_line(ctl_result(id, json_pack("{s:i}", "call", 3)),
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"call\":3}}\n",
		"result");
	is_line(ctl_error(id, CTL_E_BUSY, "two\nlines"),
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32003,"
		"\"message\":\"two\\nlines\"}}\n", "error, still one line");
	is_int(id->refcount, 1, "the id is not taken");
	json_decref(id);
	is_line(ctl_error(NULL, CTL_E_PARSE, "not JSON"),
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"
		"\"message\":\"not JSON\"}}\n", "error without id");
	is_line(ctl_notify("event", json_pack("{s:s}", "type", "tx")),
		"{\"jsonrpc\":\"2.0\",\"method\":\"event\","
		"\"params\":{\"type\":\"tx\"}}\n", "notification");
	is_line(ctl_notify("event", NULL),
		"{\"jsonrpc\":\"2.0\",\"method\":\"event\"}\n",
		"without params");
	is_line(ctl_call(1, "register", json_pack("{s:s}", "line", "a")),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"register\","
		"\"params\":{\"line\":\"a\"}}\n", "request");
	is_line(ctl_call(2, "stats", NULL),
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"stats\"}\n",
		"without params");
	ok(!ctl_result(NULL, NULL), "no result, no line");
	is_json_text("sip:M\xc3\xbcller@y", "sip:M\xc3\xbcller@y", "UTF-8 stays");
	is_json_text("sip:M\xfcller@\xff", "sip:M?ller@?", "what is none does not");
	ok(!ctl_error(NULL, 1, "\xff"), "no UTF-8, no line");
}

static void test_round_trip(void)
{
	json_t *params = json_pack("{s:s, s:s}", "line", "a", "uri", "sip:b");
	char *line = ctl_call(5, "call", params);

	is_int(ctl_parse(&r, line, strlen(line) - 1, &message), 0,
	       "what ctl_call writes");
	is_str(r.uri, "sip:b", "is what ctl_parse reads");
	ctl_request_free(&r);
	free(line);
}

static void test_random(void)
{
	static const char good[] = REQ("call",
		"{\"line\":\"office\",\"uri\":\"sip:b@c\",\"sdp\":\"v=0\"}");
	struct rng rng = { .state = 11 };
	unsigned int accepted = 0, odd = 0;
	char text[sizeof(good)];
	int i, k;

	for (i = 0; i < 50000; i++) {
		size_t len = sizeof(good) - 1;
		int ret;

		memcpy(text, good, sizeof(good));
		for (k = (int)rng_below(&rng, 4); k >= 0; k--)
			text[rng_below(&rng, (uint32_t)len)] =
				(char)rng_below(&rng, 256);
		if (rng_below(&rng, 8) == 0)
			len = rng_below(&rng, (uint32_t)len);
		ret = ctl_parse(&r, text, len, &message);
		accepted += ret == 0;
		odd += ret != 0 && (ret > CTL_E_NOT_FOUND || !*message);
		ctl_request_free(&r);
	}
	is_int(odd, 0, "every refusal has a code and a reason");
	ok(accepted > 300 && accepted < 10000, "%u of 50000 accepted",
	   accepted);
}

int main(void)
{
	test_methods();
	test_params();
	test_refused();
	test_bounds();
	test_build();
	test_round_trip();
	test_random();
	return tap_done();
}
