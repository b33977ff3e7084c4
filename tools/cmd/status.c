// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "out.h"
#include "rpc.h"
#include "status_watch.h"

static json_int_t integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* "42 s", "12 min", "5 h 07 min", "3 d 04 h" */
static const char *duration(char buf[32], json_int_t s)
{
	if (s < 120)
		snprintf(buf, 32, "%" JSON_INTEGER_FORMAT " s", s);
	else if (s < 7200)
		snprintf(buf, 32, "%" JSON_INTEGER_FORMAT " min", s / 60);
	else if (s < 172800)
		snprintf(buf, 32, "%" JSON_INTEGER_FORMAT " h %02d min", s / 3600,
			 (int)(s / 60 % 60));
	else
		snprintf(buf, 32, "%" JSON_INTEGER_FORMAT " d %02d h", s / 86400,
			 (int)(s / 3600 % 24));
	return buf;
}

static void print_servers(FILE *to, const json_t *line)
{
	const json_t *server;
	struct out_table t;
	size_t i;

	out_table_init(&t, 5);
	json_array_foreach(json_object_get(line, "servers"), i, server) {
		const char *cause = json_string_value(json_object_get(server, "cause"));
		const char *offender = json_string_value(json_object_get(server, "offender"));
		char buf[32], since[64], why[128] = "";

		if (cause)
			snprintf(why, sizeof(why), "%s%s%s", cause,
				 offender ? " from " : "",
				 offender ? offender : "");
		snprintf(since, sizeof(since), "for %s",
			 duration(buf, integer(server, "since_s")));
		out_table_row(&t, out_string(server, "address"),
			      out_string(server, "health"), since,
			      json_is_true(json_object_get(server, "bound")) ?
				      "bound" : cause ? "-" : "", why);
	}
	out_table_print(&t, to, 4);
}

/* Nothing where the line does not subscribe or nobody has told. */
static void print_mwi(FILE *to, const json_t *mwi)
{
	const json_t *waiting = json_object_get(mwi, "waiting");

	if (!json_is_boolean(waiting))
		return;
	fprintf(to, "    messages %s", json_is_true(waiting) ? "waiting" : "none");
	if (json_object_get(mwi, "new"))
		fprintf(to, ", voice: %" JSON_INTEGER_FORMAT " new, %"
		       JSON_INTEGER_FORMAT " old", integer(mwi, "new"),
		       integer(mwi, "old"));
	fputc('\n', to);
}

static void print_line(FILE *to, const json_t *line)
{
	const json_t *until = json_object_get(line, "registered_until_s");
	const char *working = json_string_value(json_object_get(line, "working"));
	char clean[512], buf[32];

	fprintf(to, "line %s", out_clean(clean, sizeof(clean), out_string(line, "name")));
	fprintf(to, "  %s", out_clean(clean, sizeof(clean), out_string(line, "aor")));
	fputs("  ", to);
	out_state(to, out_clean(clean, sizeof(clean), out_string(line, "state")));
	if (working)
		fprintf(to, " via %s", out_clean(clean, sizeof(clean), working));
	if (json_is_integer(until))
		fprintf(to, ", %s left", duration(buf, json_integer_value(until)));
	fputc('\n', to);
	print_servers(to, line);
	print_mwi(to, json_object_get(line, "mwi"));
}

static void print_calls(FILE *to, const json_t *calls)
{
	const json_t *call;
	struct out_table t;
	size_t i;

	out_table_init(&t, 6);
	json_array_foreach(calls, i, call) {
		const char *server = json_string_value(json_object_get(call, "server"));
		char name[32], via[160] = "", status[32] = "";

		snprintf(name, sizeof(name), "call %" JSON_INTEGER_FORMAT,
			 integer(call, "call"));
		if (server)
			snprintf(via, sizeof(via), "via %s", server);
		if (integer(call, "status"))
			snprintf(status, sizeof(status), "%" JSON_INTEGER_FORMAT,
				 integer(call, "status"));
		out_table_row(&t, name, out_string(call, "line"),
			      out_string(call, "peer"), out_string(call, "state"),
			      *via || !*status ? via : "-", status);
	}
	out_table_print(&t, to, 0);
}

/* Nothing where the daemon is older or all is well. */
static void print_outage(FILE *to, const json_t *local)
{
	char clean[64], buf[32];

	if (!json_is_true(json_object_get(local, "held")))
		return;
	fprintf(to, "local outage: %s for %s\n",
	       out_clean(clean, sizeof(clean), out_string(local, "cause")),
	       duration(buf, integer(local, "since_s")));
}

static void print_status(FILE *to, const json_t *status)
{
	const json_t *line;
	char clean[64], buf[32];
	size_t i;

	fprintf(to, "sipoverd %s", out_clean(clean, sizeof(clean), out_string(status, "version")));
	fprintf(to, ", up %s, module %s, detect %s\n", duration(buf, integer(status, "uptime_s")),
	       json_is_true(json_object_get(status, "module")) ? "loaded" : "absent",
	       out_clean(clean, sizeof(clean), out_string(status, "detect")));
	print_outage(to, json_object_get(status, "local"));
	json_array_foreach(json_object_get(status, "lines"), i, line)
		print_line(to, line);
	print_calls(to, json_object_get(status, "calls"));
}

static int print_once(const struct options *o)
{
	json_t *status;
	struct rpc r;

	if (!rpc_open(&r, o->socket)) {
		rpc_close(&r);
		return r.status;
	}
	status = rpc_call(&r, "status", NULL);
	if (status && o->json)
		out_json(status);
	else if (status)
		print_status(stdout, status);
	json_decref(status);
	rpc_close(&r);
	return r.status;
}

int cmd_status(const struct options *o, int argc, char **argv)
{
	bool live = take_flag(&argc, argv, "--watch");

	if (argc != 1)
		return usage_error("status", "no argument %s", argv[1]);
	return live ? status_watch(o, print_status) : print_once(o);
}
