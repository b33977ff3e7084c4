// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The last failovers, each with its steps and how many microseconds after the
 * first one they came. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "codec/ctl.h"
#include "out.h"
#include "rpc.h"

#define TEXT_MAX 256

static json_int_t integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *clean(char buf[TEXT_MAX], const json_t *object,
			 const char *key)
{
	return out_clean(buf, TEXT_MAX, out_string(object, key));
}

static void print_step(const json_t *step, json_int_t before)
{
	char what[TEXT_MAX], text[TEXT_MAX], server[TEXT_MAX];
	json_int_t at = integer(step, "at_us");

	printf("%12" JSON_INTEGER_FORMAT " us  ", at);
	if (at == before)
		printf("%12s", "");
	else
		printf("%+9" JSON_INTEGER_FORMAT " us", at - before);
	printf("  %-10s  %-24s  %s\n", clean(what, step, "what"),
	       clean(server, step, "server"), clean(text, step, "text"));
}

static void print_failover(const json_t *f)
{
	const json_t *steps = json_object_get(f, "steps"), *step;
	char line[TEXT_MAX], from[TEXT_MAX], to[TEXT_MAX];
	char request[TEXT_MAX], cause[TEXT_MAX], source[TEXT_MAX];
	json_int_t before = 0;
	size_t i;

	printf("%s %" JSON_INTEGER_FORMAT "  line %s  %s -> %s\n",
	       json_is_true(json_object_get(f, "failback")) ? "failback" :
							      "failover",
	       integer(f, "id"), clean(line, f, "line"), clean(from, f, "from"),
	       clean(to, f, "to"));
	printf("  request %s  cause %s  found by %s\n",
	       clean(request, f, "request"), clean(cause, f, "cause"),
	       clean(source, f, "source"));
	json_array_foreach(steps, i, step) {
		print_step(step, before);
		before = integer(step, "at_us");
	}
}

static int ask(const struct options *o, json_t *params)
{
	const json_t *list, *f;
	json_t *result;
	struct rpc r;
	size_t i;

	if (!rpc_open(&r, o->socket)) {
		json_decref(params);
		rpc_close(&r);
		return r.status;
	}
	result = rpc_call(&r, "failovers", params);
	if (result && o->json) {
		out_json(result);
	} else if (result) {
		list = json_object_get(result, "failovers");
		json_array_foreach(list, i, f) {
			if (i)
				putchar('\n');
			print_failover(f);
		}
	}
	json_decref(result);
	rpc_close(&r);
	return r.status;
}

int cmd_failovers(const struct options *o, int argc, char **argv)
{
	const char *last = NULL, *bad;
	json_t *params;
	uint64_t n = 0;

	if (!take_option(&argc, argv, "--last", &last))
		return usage_error("failovers", "--last needs a number");
	bad = unknown_option(&argc, argv);
	if (bad)
		return usage_error("failovers", "no option %s", bad);
	if (argc > 2)
		return usage_error("failovers", "one line at most");
	if (last && !parse_number(last, 1, CTL_FAILOVERS_MAX, &n))
		return usage_error("failovers", "--last is 1 to %d",
				   CTL_FAILOVERS_MAX);
	params = argc == 2 ? json_pack("{s:s}", "line", argv[1]) :
			     json_object();
	if (!params)
		return usage_error("failovers", "a line's name is UTF-8");
	if (last)
		json_object_set_new(params, "last",
				    json_integer((json_int_t)n));
	return ask(o, params);
}
