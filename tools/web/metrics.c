// SPDX-License-Identifier: BSD-2-Clause
#include "metrics.h"

#include <stdlib.h>

#include "answer.h"
#include "body.h"
#include "prometheus.h"

enum MHD_Result metrics_answer(struct MHD_Connection *c, json_t *result)
{
	size_t len;
	char *text = prometheus_text(result, &len);
	enum MHD_Result ret;

	json_decref(result);
	if (!text)
		return answer_json(c, 502, body_named("daemon"), NULL);
	ret = answer_text(c, 200, PROMETHEUS_TYPE, text);
	free(text);
	return ret;
}
