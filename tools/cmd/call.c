// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "out.h"
#include "rpc.h"

/* F-43: "call 4 failed: 486 Busy Here", "call 4 failed: 503 not reachable
 * (192.0.2.2:5060;udp port_unreach)". */
static void say_why(const json_t *event, json_int_t call, json_int_t status)
{
	const char *reason = json_string_value(json_object_get(event, "reason"));
	const char *server = json_string_value(json_object_get(event, "server"));
	const char *cause = json_string_value(json_object_get(event, "cause"));
	char number[24] = "no server answered", clean[2][160], where[340] = "";

	if (status)
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, status);
	if (server && cause)
		snprintf(where, sizeof(where), " (%s %s)",
			 out_clean(clean[0], sizeof(clean[0]), server), cause);
	complain("call %" JSON_INTEGER_FORMAT " failed: %s%s%s%s", call, number,
		 reason ? " " : "", reason ? out_clean(clean[1], sizeof(clean[1]),
						       reason) : "", where);
}

/* Until the call is up (0) or over (1). */
static int wait_for(struct rpc *r, const struct options *o, json_int_t call)
{
	json_t *event;

	while ((event = rpc_event(r, -1))) {
		const char *state = out_string(event, "state");
		bool ours = !strcmp(out_string(event, "type"), "call") &&
			    json_integer_value(json_object_get(event, "call")) == call;
		bool up = ours && !strcmp(state, "up");
		bool over = ours && (!strcmp(state, "ending") || !strcmp(state, "free"));
		json_int_t status = json_integer_value(json_object_get(event, "status"));

		if (ours && o->json)
			out_event(event, NULL, true);
		else if (up)
			printf("call %" JSON_INTEGER_FORMAT " up\n", call);
		else if (over)
			say_why(event, call, status);
		json_decref(event);
		if (up || over)
			return over;
	}
	return r->status;
}

static int place(struct rpc *r, const struct options *o, json_t *params, bool wait)
{
	json_t *result;
	json_int_t call;

	if (wait) {
		/* First, so that no event is missed. */
		result = rpc_call(r, "subscribe", NULL);
		if (!result) {
			json_decref(params);
			return r->status;
		}
		json_decref(result);
	}
	result = rpc_call(r, "call", params);
	if (!result)
		return r->status;
	call = json_integer_value(json_object_get(result, "call"));
	if (o->json) {
		json_dumpf(result, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		printf("call %" JSON_INTEGER_FORMAT "\n", call);
	}
	json_decref(result);
	return wait ? wait_for(r, o, call) : 0;
}

int cmd_call(const struct options *o, int argc, char **argv)
{
	const char *sdp = NULL, *option;
	bool wait;
	struct rpc r;
	json_t *params;
	int status;

	if (!take_option(&argc, argv, "--sdp", &sdp))
		return usage_error("call", "--sdp needs a file");
	wait = take_flag(&argc, argv, "--wait");
	option = unknown_option(&argc, argv);
	if (option)
		return usage_error("call", "no option %s", option);
	if (argc != 3)
		return usage_error("call", "a line and a URI, please");
	params = json_pack("{s:s, s:s}", "line", argv[1], "uri", argv[2]);
	if (!params)
		return usage_error("call", "line and URI must be UTF-8");
	status = sdp ? add_sdp(params, sdp) : 0;
	if (status != 0) {
		json_decref(params);
		return status;
	}
	if (rpc_open(&r, o->socket)) {
		status = place(&r, o, params, wait);
	} else {
		json_decref(params);
		status = r.status;
	}
	rpc_close(&r);
	return status;
}
