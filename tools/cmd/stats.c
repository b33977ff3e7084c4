// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "cmd.h"
#include "out.h"
#include "rpc.h"

int cmd_stats(const struct options *o, int argc, char **argv)
{
	json_t *result, *value;
	const char *key;
	struct rpc r;

	if (argc != 1)
		return usage_error("stats", "no argument %s", argv[1]);
	if (!rpc_open(&r, o->socket)) {
		rpc_close(&r);
		return r.status;
	}
	result = rpc_call(&r, "stats", NULL);
	if (result && o->json) {
		out_json(result);
	} else if (result) {
		struct out_table t;
		char number[32];

		out_table_init(&t, 2);
		json_object_foreach(json_object_get(result, "counters"), key, value) {
			snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
				 json_integer_value(value));
			out_table_row(&t, key, number);
		}
		out_table_print(&t, stdout, 0);
	}
	json_decref(result);
	rpc_close(&r);
	return r.status;
}
