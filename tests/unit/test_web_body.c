/* SPDX-License-Identifier: BSD-2-Clause */
/* sipover-web: JSON between browser and control socket. */
#include <stdlib.h>

#include "body.h"
#include "tap.h"

static bool strings(const char *body, char (*out)[BODY_PASSWORD_MAX + 1])
{
	static const char *const names[] = { "old", "new" };

	return body_strings(body, strlen(body), names, out, 2);
}

static void passwords(void)
{
	static const char *const wrong[] = {
		"", "{}", "[]", "{\"old\":\"a\"}", "{\"old\":\"a\",\"new\":1}",
		"{\"old\":\"a\",\"new\":\"b\",\"x\":\"c\"}",
		"{\"old\":\"a\",\"old\":\"a\",\"new\":\"b\"}",
		"{\"old\":\"a\",\"new\":\"b\\u0000c\"}",
		"{\"old\":\"a\",\"new\":\"\xff\"}", "{\"old\":\"a\",\"new\":\"b\"}x",
	};
	static char out[2][BODY_PASSWORD_MAX + 1];
	char longest[BODY_PASSWORD_MAX + 64];

	ok(strings("{\"new\":\"b\\u00e4\",\"old\":\"a\"}", out) &&
	   !strcmp(out[0], "a") && !strcmp(out[1], "b\xc3\xa4"),
	   "two strings, in any order");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(!strings(wrong[i], out) && !*out[0] && !*out[1],
		   "refused, nothing left: %s", wrong[i]);
	snprintf(longest, sizeof(longest), "{\"old\":\"%0*d\",\"new\":\"b\"}",
		 BODY_PASSWORD_MAX, 0);
	ok(strings(longest, out) && strlen(out[0]) == BODY_PASSWORD_MAX,
	   "the longest");
	snprintf(longest, sizeof(longest), "{\"old\":\"%0*d\",\"new\":\"b\"}",
		 BODY_PASSWORD_MAX + 1, 0);
	ok(!strings(longest, out), "one longer");
}

/* The params as text, or "refused". */
static const char *params(enum route route, const char *line, const char *body)
{
	static char text[256];
	json_t *p = body_params(route, line, body, strlen(body));
	char *json = p ? json_dumps(p, JSON_COMPACT) : NULL;

	snprintf(text, sizeof(text), "%s", json ? json : "refused");
	free(json);
	json_decref(p);
	return text;
}

static void requests(void)
{
	is_str(params(ROUTE_STATUS, NULL, ""), "{}", "status has none");
	is_str(params(ROUTE_TRACE, NULL, ""), "{}", "trace of all");
	is_str(params(ROUTE_TRACE, "a\"b", ""), "{\"line\":\"a\\\"b\"}",
	       "trace of a line");
	is_str(params(ROUTE_FAILOVERS, "x", ""), "{\"line\":\"x\"}",
	       "failovers of a line");
	is_str(params(ROUTE_CONFIG, "x", ""), "{\"line\":\"x\"}",
	       "configuration of a line");
	is_str(params(ROUTE_TRACE, "\xff", ""), "refused", "no UTF-8");
	is_str(params(ROUTE_APPLY, NULL, "{\"a\":[1]}"), "{\"a\":[1]}",
	       "a configuration as it is");
	is_str(params(ROUTE_APPLY, NULL, "[1]"), "refused", "but an object");
	is_str(params(ROUTE_APPLY, NULL, "{\"a\":1,\"a\":2}"), "refused",
	       "with each member once");
	is_str(params(ROUTE_REGISTER, NULL, "{\"line\":\"a\"}"),
	       "{\"line\":\"a\"}", "register");
	is_str(params(ROUTE_REGISTER, NULL, "{\"line\":1}"), "refused",
	       "a line is a string");
	is_str(params(ROUTE_REGISTER, NULL, "{\"line\":\"a\",\"b\":1}"),
	       "refused", "and nothing else");
	is_str(params(ROUTE_HANGUP, NULL, "{\"call\":3}"), "{\"call\":3}",
	       "hangup");
	is_str(params(ROUTE_HANGUP, NULL, "{\"call\":\"3\"}"), "refused",
	       "a call is a number");
	is_str(params(ROUTE_LOGIN, NULL, "{}"), "refused",
	       "login is no method of the daemon");
}

static void error(enum route route, const char *text, int status,
		  const char *want)
{
	json_t *in = json_loads(text, 0, NULL), *body = NULL;
	int got = body_error(route, in, &body);
	char *json = body ? json_dumps(body, JSON_COMPACT) : NULL;

	is_int(got, status, "%s", text);
	is_str(json ? json : "", want, "its body");
	free(json);
	json_decref(body);
	json_decref(in);
}

static void errors(void)
{
	error(ROUTE_APPLY, "{\"code\":-32004,\"message\":\"m\",\"data\":{\"revision\":\"r\"}}",
	      409, "{\"error\":\"conflict\",\"revision\":\"r\"}");
	error(ROUTE_APPLY, "{\"code\":-32004}", 409, "{\"error\":\"conflict\",\"revision\":null}");
	error(ROUTE_APPLY, "{\"code\":-32005,\"data\":{\"errors\":[1]}}", 422,
	      "{\"error\":\"invalid\",\"errors\":[1]}");
	error(ROUTE_APPLY, "{\"code\":-32005,\"message\":\"m\"}", 422,
	      "{\"error\":\"invalid\",\"errors\":[],\"message\":\"m\"}");
	error(ROUTE_APPLY, "{\"code\":-32602,\"message\":\"m\"}", 422,
	      "{\"error\":\"invalid\",\"errors\":[],\"message\":\"m\"}");
	error(ROUTE_APPLY, "{\"code\":-32006,\"message\":\"m\"}", 507,
	      "{\"error\":\"store\",\"message\":\"m\"}");
	error(ROUTE_TRACE, "{\"code\":-32602,\"message\":\"m\"}", 400,
	      "{\"error\":\"params\",\"message\":\"m\"}");
	error(ROUTE_HANGUP, "{\"code\":-32001,\"message\":\"m\"}", 404,
	      "{\"error\":\"not_found\",\"message\":\"m\"}");
	error(ROUTE_REGISTER, "{\"code\":-32002,\"message\":\"m\"}", 409,
	      "{\"error\":\"state\",\"message\":\"m\"}");
	error(ROUTE_REGISTER, "{\"code\":-32003,\"message\":\"m\"}", 409,
	      "{\"error\":\"limit\",\"message\":\"m\"}");
	error(ROUTE_CONFIG, "{\"code\":-32601,\"message\":\"m\"}", 501,
	      "{\"error\":\"method\",\"message\":\"m\"}");
	error(ROUTE_CONFIG, "{\"code\":-32600}", 502,
	      "{\"error\":\"daemon\",\"message\":\"\"}");
	error(ROUTE_CONFIG, "{}", 502, "{\"error\":\"daemon\",\"message\":\"\"}");
}

static const char *event(const char *text)
{
	static char out[256];
	json_t *in = json_loads(text, 0, NULL);
	char *got = body_event(in);

	snprintf(out, sizeof(out), "%s", got ? got : "none");
	free(got);
	json_decref(in);
	return out;
}

static void events(void)
{
	is_str(event("{\"time_us\":1,\"type\":\"health\"}"),
	       "event: health\ndata: {\"time_us\":1,\"type\":\"health\"}\n\n",
	       "an event");
	is_str(event("{\"type\":\"x\",\"a\":\"1\\n2\\r\\n\"}"),
	       "event: x\ndata: {\"type\":\"x\",\"a\":\"1\\n2\\r\\n\"}\n\n",
	       "ends no line before its end");
	is_str(event("{\"type\":\"x\\ny\"}"), "none", "by a name of ours");
	is_str(event("{\"type\":\"\"}"), "none", "which it must have");
	is_str(event("{\"type\":1}"), "none", "as text");
	is_str(event("{}"), "none", "at all");
}

int main(void)
{
	passwords();
	requests();
	errors();
	events();
	return tap_done();
}
