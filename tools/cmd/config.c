// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>

#include "cmd.h"
#include "out.h"
#include "rpc.h"

static json_t *ask(const struct options *o, const char *method, int *status)
{
	struct rpc r;
	json_t *result = NULL;

	if (rpc_open(&r, o->socket))
		result = rpc_call(&r, method, NULL);
	rpc_close(&r);
	*status = r.status;
	return result;
}

/* A document in any case: it is for programs. */
int cmd_config(const struct options *o, int argc, char **argv)
{
	json_t *result;
	int status;

	if (argc != 1)
		return usage_error("config", "no argument %s", argv[1]);
	result = ask(o, "config", &status);
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
	result = ask(o, "reload", &status);
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
