// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The daemon's metrics as Prometheus reads them: for a cron job that writes a
 * file for the node exporter, and to look at. */
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "out.h"
#include "prometheus.h"
#include "rpc.h"

int cmd_metrics(const struct options *o, int argc, char **argv)
{
	json_t *result;
	struct rpc r;
	size_t len;
	char *text;

	if (argc != 1)
		return usage_error("metrics", "no argument %s", argv[1]);
	if (!rpc_open(&r, o->socket)) {
		rpc_close(&r);
		return r.status;
	}
	result = rpc_call(&r, "metrics", NULL);
	if (result && o->json) {
		out_json(result);
	} else if (result) {
		text = prometheus_text(result, &len);
		if (text)
			fwrite(text, 1, len, stdout);
		else
			complain("these are no metrics");
		if (!text)
			r.status = EX_PROTOCOL;
		free(text);
	}
	json_decref(result);
	rpc_close(&r);
	return r.status;
}
