// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Lines as JSON: what is told of a line, and what is made of an object. */
#include <errno.h>
#include <stdlib.h>

#include "codec/conf_json.h"
#include "codec/conf_json_overlay.h"
#include "tap.h"

static void load(struct conf *c, const char *text)
{
	char err[1024];

	ok(!conf_load(c, "f", text, err, sizeof(err)), "%s", text);
}

/* The dump of what the line is told as. */
static char *told(struct conf *c, uint32_t i, const char *member)
{
	json_t *o = conf_json_line(c, &c->line[i]);
	char *text = json_dumps(json_object_get(o, member),
				JSON_COMPACT | JSON_ENCODE_ANY);

	json_decref(o);
	return text;
}

static void tells(struct conf *c, uint32_t i, const char *member,
		  const char *want)
{
	char *text = told(c, i, member);

	is_str(text ? text : "-", want, "%s", member);
	free(text);
}

#define SERVER " server { address = 192.0.2.1 }"

static void test_told(void)
{
	struct conf c;
	json_t *o, *v;

	load(&c, "line a { user = u profile = yealink password = 'geheim' "
	     "failback = yes retry_counts = 2 register_failover_codes = "
	     "'5xx 404' server { address = 192.0.2.1 transport = 2 } server { "
	     "address = pbx.example.com } server { address = 192.0.2.3 "
	     "transport = 3 port = 5070 } }");
	tells(&c, 0, "set", "{\"profile\":\"yealink\",\"user\":\"u\","
	      "\"retry_counts\":2,\"failback\":true,"
	      "\"register_failover_codes\":\"5xx 404\"}");
	tells(&c, 0, "password_set", "true");
	tells(&c, 0, "origin", "\"file\"");
	tells(&c, 0, "servers", "[{\"set\":{\"address\":\"192.0.2.1\","
	      "\"transport\":\"tls\"},\"values\":{\"address\":\"192.0.2.1\","
	      "\"port\":5061,\"transport\":\"tls\",\"expires\":3600,"
	      "\"retry_counts\":2,\"invite_retry_counts\":3}},"
	      "{\"set\":{\"address\":\"pbx.example.com\"},\"values\":{"
	      "\"address\":\"pbx.example.com\",\"expires\":3600,"
	      "\"retry_counts\":2,\"invite_retry_counts\":3}},"
	      "{\"set\":{\"address\":\"192.0.2.3\",\"port\":5070},\"values\":{"
	      "\"address\":\"192.0.2.3\",\"port\":5070,\"transport\":\"udp\","
	      "\"expires\":3600,\"retry_counts\":2,"
	      "\"invite_retry_counts\":3}}]");
	o = conf_json_line(&c, &c.line[0]);
	v = json_object_get(o, "values");
	is_int((int)json_object_size(v), CONF_LINE_KEYS, "every key but the "
	       "password has a value, and profile");
	ok(!json_object_get(v, "password"), "no secret");
	is_str(json_string_value(json_object_get(v, "domain")), "192.0.2.1",
	       "what it comes to");
	is_str(json_string_value(json_object_get(v, "register_failover_codes")),
	       "5xx, 404", "a list of codes");
	is_int(json_integer_value(json_object_get(v, "failback_interval")), 120,
	       "the profile's");
	is_str(json_string_value(json_object_get(v, "registration")),
	       "concurrent", "a choice");
	json_decref(o);
	conf_free(&c);

	load(&c, "line a { user = u display = \"\xff\" domain = d "
	     "outbound_proxy { address = 192.0.2.2 } server { address = r "
	     "retry_counts = 7 } }");
	tells(&c, 0, "outbound_proxies", "[{\"set\":{\"address\":\"192.0.2.2\"}"
	      ",\"values\":{\"address\":\"192.0.2.2\",\"port\":5060,"
	      "\"transport\":\"udp\",\"expires\":3600,\"retry_counts\":7,"
	      "\"invite_retry_counts\":3}}]");
	tells(&c, 0, "password_set", "false");
	ok(strstr(c.line[0].text, "\"display\":\"\xc3\xbf\"") != NULL,
	   "bytes that are no UTF-8");
	conf_free(&c);
}

static uint64_t revision(const char *text)
{
	struct conf c;
	uint64_t r;

	load(&c, text);
	r = conf_revision(&c);
	conf_free(&c);
	return r;
}

static void test_revision(void)
{
	uint64_t r = revision("line a { user = u enabled = yes" SERVER " }");

	ok(r == revision("line a {" SERVER " enabled = 1\nuser = 'u' }"),
	   "what means the same has the same revision");
	ok(r != revision("line a { user = u enabled = no" SERVER " }"),
	   "another value, another revision");
	ok(r != revision("line a { user = u" SERVER " }"), "so has a default "
	   "that is written out");
	ok(r != revision("line b { user = u enabled = yes" SERVER " }"),
	   "another name");
	ok(revision("line a { user = u" SERVER " } line b { user = v" SERVER
		    " }") ==
	   revision("line b { user = v" SERVER " } line a { user = u" SERVER
		    " }"), "the order makes none");
	ok(revision("line a { user = u password = x" SERVER " }") !=
	   revision("line a { user = u password = y" SERVER " }"),
	   "a password does");
}

static void test_keys(void)
{
	json_t *keys = conf_json_keys(), *k;
	size_t i;

	is_int((int)json_array_size(json_object_get(keys, "line")),
	       CONF_LINE_KEYS + 1, "the keys of a line");
	is_int((int)json_array_size(json_object_get(keys, "server")),
	       CONF_SERVER_KEYS, "of a server");
	is_int((int)json_array_size(json_object_get(keys, "outbound_proxy")),
	       CONF_PROXY_KEYS, "of a proxy");
	json_array_foreach(json_object_get(keys, "line"), i, k) {
		const char *name = json_string_value(json_object_get(k, "name"));
		char *text = json_dumps(k, JSON_COMPACT);

		ok(json_object_get(k, "help"), "%s", text);
		if (strcmp(name, "failback_interval") == 0)
			ok(strstr(text, "\"min\":0,\"max\":65535,\"unit\":\"s\"")
			   && strstr(text, "{\"fanvil\":1800,\"yealink\":120}"),
			   "a number");
		if (strcmp(name, "failback_mode") == 0)
			ok(strstr(text, "\"choices\":[\"probe\",\"newRequests\","
				  "\"DNSTTL\",\"registration\",\"duration\"]"),
			   "a choice in its spelled form");
		if (strcmp(name, "password") == 0)
			ok(strstr(text, "\"type\":\"secret\""), "a secret");
		free(text);
	}
	json_decref(keys);
}

/* ---- objects to lines ---- */

static const char head[] = "line a { user = u password = old" SERVER " }";

/* The errors of an object, one a line. */
static void wrong(const char *object, const char *want)
{
	json_t *o = json_loads(object, 0, NULL), *errors = json_array();
	struct conf_reading *in = malloc(sizeof(*in));
	char err[2048];
	struct conf c;

	load(&c, head);
	is_int(conf_json_read(&c, o, NULL, in, errors), *want ? -EINVAL : 0,
	       "%s", object);
	conf_json_errors_print(errors, "j", err, sizeof(err));
	is_str(err, want, "says why");
	conf_line_free(&in->in.l);
	free(in);
	json_decref(errors);
	json_decref(o);
	conf_free(&c);
}

#define L "{\"name\":\"x\",\"set\":{\"user\":\"u\""
#define S "},\"servers\":[{\"address\":\"192.0.2.1\"}]}"

static void test_wrong(void)
{
	wrong(L S, "");
	wrong(L ",\"retry_counts\":null" S, "");
	wrong(L ",\"retry_counts\":21" S,
	      "j: line x, retry_counts: 21 is not in 0..20");
	wrong(L ",\"retry_counts\":\"3\"" S,
	      "j: line x, retry_counts: a number expected");
	wrong(L ",\"retry_counts\":9223372036854775807" S, "j: line x, "
	      "retry_counts: 9223372036854775807 is not in 0..20");
	wrong(L ",\"failback\":1" S,
	      "j: line x, failback: true or false expected");
	wrong(L ",\"profile\":\"snom\"" S,
	      "j: line x, profile: 'snom' is unknown");
	wrong(L ",\"failback_interval\":5" S, "j: line x, failback_interval: 5 "
	      "is neither 0 nor in 10..65535");
	wrong(L ",\"display\":\"a\\r\\nVia: b\"" S,
	      "j: line x, display: has a control character");
	wrong(L ",\"colour\":1" S, "j: line x, colour: there is no such key");
	wrong(L ",\"auth_user\":\"\\\"\"" S,
	      "j: line x, auth_user: must not contain \" or \\");
	wrong("{\"name\":\"x\",\"set\":{" S, "j: line x, user: user is missing");
	wrong(L "}}", "j: line x: has no server");
	wrong(L "},\"servers\":[{},{\"address\":\"192.0.2.1\",\"port\":0}]}",
	      "j: line x, server 1, address: address is missing\n"
	      "j: line x, server 2, port: 0 is not in 1..65535");
	wrong(L "},\"servers\":[{\"address\":\"192.0.2.1\"}],"
	      "\"outbound_proxies\":[{\"address\":\"192.0.2.256\"}]}",
	      "j: line x, outbound_proxy 1, address: '192.0.2.256' is neither "
	      "an address nor a name");
	wrong(L "},\"servers\":{}}", "j: line x: a list expected");
	wrong(L "},\"servers\":[7]}", "j: line x, server 1: an object expected");
	wrong(L S "", "");
	wrong("{\"name\":\"\"}", "j: the file: a line's name must be a string of"
	      " 1 to 63 bytes without control characters");
	wrong("7", "j: the file: a line's name must be a string of 1 to 63 bytes"
	      " without control characters");
	wrong(L "},\"servers\":[{\"address\":\"192.0.2.1\"}],\"more\":1}",
	      "j: line x, more: there is no such member of a line");
	wrong(L "},\"servers\":[{\"address\":\"a1\"},{\"address\":\"a2\"},"
	      "{\"address\":\"a3\"},{\"address\":\"a4\"},{\"address\":\"a5\"},"
	      "{\"address\":\"a6\"},{\"address\":\"a7\"},{\"address\":\"a8\"},"
	      "{\"address\":\"a9\"},{\"address\":\"a10\"}]}",
	      "j: line x, server 9: more than 8 in a line");
}

static void password(const char *set, const char *want)
{
	json_t *o, *errors = json_array();
	struct conf_reading *in = malloc(sizeof(*in));
	char text[256];
	struct conf c;

	load(&c, head);
	snprintf(text, sizeof(text), L "%s" S, set);
	o = json_loads(text, 0, NULL);
	is_int(conf_json_read(&c, o, c.line[0].text, in, errors), 0, "%s", text);
	is_str(in->in.l.password, want, "its password");
	conf_line_free(&in->in.l);
	free(in);
	json_decref(errors);
	json_decref(o);
	conf_free(&c);
}

static void test_password(void)
{
	password("", "old");
	password(",\"password\":\"new\"", "new");
	password(",\"password\":null", "");
	password(",\"password\":\"\"", "");
}

/* A text goes through JSON as it is. */
static void test_again(void)
{
	json_t *o, *errors = json_array();
	struct conf_reading *in = malloc(sizeof(*in));
	struct conf c;

	load(&c, "line 'a b' { user = u password = '\"\\x' profile = yealink "
	     "failback = off race = 100 outbound_proxy { address = p.example "
	     "expires = -1 } server { address = r.example transport = 2 } }");
	o = json_loads(c.line[0].text, 0, NULL);
	is_int(conf_json_read(&c, o, NULL, in, errors), 0, "%s",
	       c.line[0].text);
	is_str(in->in.l.text, c.line[0].text, "the same again");
	is_str(in->in.l.password, "\"\\x", "with its password");
	is_int(c.n_hosts, 1, "no host is there twice");
	conf_line_free(&in->in.l);
	free(in);
	json_decref(errors);
	json_decref(o);
	conf_free(&c);
}

int main(void)
{
	test_told();
	test_revision();
	test_keys();
	test_wrong();
	test_password();
	test_again();
	return tap_done();
}
