// SPDX-License-Identifier: BSD-2-Clause
#include "metrics.h"

#include <stdlib.h>

#include "answer.h"
#include "body.h"

#if __has_include("prometheus.h")
#include "prometheus.h"
#else
/* As long as nothing makes the text. */
#define PROMETHEUS_TYPE "text/plain"
static char *prometheus_text(const json_t *metrics, size_t *len)
{
	(void)metrics;
	(void)len;
	return NULL;
}
#endif

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
