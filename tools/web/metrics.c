// SPDX-License-Identifier: BSD-2-Clause
#include "metrics.h"

#include "answer.h"
#include "body.h"

enum MHD_Result metrics_answer(struct MHD_Connection *c, json_t *result)
{
	json_decref(result);
	return answer_json(c, 501, body_named("method"), NULL);
}
