// SPDX-License-Identifier: BSD-2-Clause
/* hold and resume */
#include "cmd.h"

static int change(const struct options *o, int argc, char **argv)
{
	const char *method = argv[0];
	const char *option = unknown_option(&argc, argv);
	uint64_t call;

	if (option)
		return usage_error(method, "no option %s", option);
	if (argc != 2 || !parse_number(argv[1], 0, INT64_MAX, &call))
		return usage_error(method, "one call's number, please");
	return simple_request(o, method,
			      json_pack("{s:I}", "call", (json_int_t)call));
}

int cmd_hold(const struct options *o, int argc, char **argv)
{
	return change(o, argc, argv);
}

int cmd_resume(const struct options *o, int argc, char **argv)
{
	return change(o, argc, argv);
}
