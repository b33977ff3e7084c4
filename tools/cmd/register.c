// SPDX-License-Identifier: BSD-2-Clause
#include "cmd.h"

int cmd_register(const struct options *o, int argc, char **argv)
{
	const char *option = unknown_option(&argc, argv);

	if (option)
		return usage_error("register", "no option %s", option);
	if (argc != 2)
		return usage_error("register", "one line, please");
	return simple_request(o, "register", json_pack("{s:s}", "line", argv[1]));
}
