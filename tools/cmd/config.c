// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "cmd.h"
#include "out.h"
#include "rpc.h"

/* Another change while so many lines were told: again, but not for ever. */
#define TORN_MAX 5

/* Steals params. */
static json_t *ask(const struct options *o, const char *method, json_t *params,
		   int *status)
{
	struct rpc r;
	json_t *result = NULL;
	unsigned int i;

	if (rpc_open(&r, o->socket))
		result = rpc_call(&r, method, json_incref(params));
	for (i = 1; i < TORN_MAX &&
	     json_is_true(json_object_get(result, "torn")); i++) {
		json_decref(result);
		result = rpc_call(&r, method, json_incref(params));
	}
	rpc_close(&r);
	json_decref(params);
	*status = r.status;
	return result;
}

/* A document in any case: it is for programs. */
int cmd_config(const struct options *o, int argc, char **argv)
{
	json_t *params, *result;
	int status;

	if (argc > 2)
		return usage_error("config", "one line at most");
	params = argc == 2 ? json_pack("{s:s}", "line", argv[1]) :
			     json_object();
	if (!params)
		return usage_error("config", "a line's name is UTF-8");
	result = ask(o, "config", params, &status);
	if (result)
		out_json(result);
	json_decref(result);
	return status;
}

static void print_names(const json_t *result, const char *key,
			const char *what)
{
	const json_t *name;
	char clean[128];
	size_t i;

	json_array_foreach(json_object_get(result, key), i, name)
		printf("%s %s\n", what,
		       out_clean(clean, sizeof(clean),
				 json_is_string(name) ? json_string_value(name) :
				 "-"));
}

int cmd_reload(const struct options *o, int argc, char **argv)
{
	json_t *result;
	int status;

	if (argc != 1)
		return usage_error("reload", "no argument %s", argv[1]);
	result = ask(o, "reload", NULL, &status);
	if (result && o->json) {
		out_json(result);
	} else if (result) {
		print_names(result, "changed", "changed");
		print_names(result, "added", "added");
		print_names(result, "removed", "removed");
		print_names(result, "restart", "only after a restart:");
	}
	json_decref(result);
	return status;
}
