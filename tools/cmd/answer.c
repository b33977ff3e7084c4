// SPDX-License-Identifier: BSD-2-Clause
#include "cmd.h"

int cmd_answer(const struct options *o, int argc, char **argv)
{
	const char *sdp = NULL, *option;
	uint64_t call;
	json_t *params;
	int status;

	if (!take_option(&argc, argv, "--sdp", &sdp))
		return usage_error("answer", "--sdp needs a file");
	option = unknown_option(&argc, argv);
	if (option)
		return usage_error("answer", "no option %s", option);
	if (argc != 2 || !parse_number(argv[1], 0, INT64_MAX, &call))
		return usage_error("answer", "one call's number, please");
	params = json_pack("{s:I}", "call", (json_int_t)call);
	status = sdp ? add_sdp(params, sdp) : 0;
	if (status != 0) {
		json_decref(params);
		return status;
	}
	return simple_request(o, "answer", params);
}
