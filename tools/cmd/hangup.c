// SPDX-License-Identifier: BSD-2-Clause
#include "cmd.h"

int cmd_hangup(const struct options *o, int argc, char **argv)
{
	const char *option = unknown_option(&argc, argv);
	uint64_t call;

	if (option)
		return usage_error("hangup", "no option %s", option);
	if (argc != 2 || !parse_number(argv[1], 0, INT64_MAX, &call))
		return usage_error("hangup", "one call's number, please");
	return simple_request(o, "hangup",
			      json_pack("{s:I}", "call", (json_int_t)call));
}
