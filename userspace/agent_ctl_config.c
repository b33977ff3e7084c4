/* SPDX-License-Identifier: BSD-2-Clause */
/* The control methods config, config_apply and reload. */
#include "agent.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/conf_json.h"
#include "codec/conf_json_overlay.h"

static json_t *revision_json(const struct agent *a)
{
	char text[17];

	snprintf(text, sizeof(text), "%016" PRIx64, conf_revision(a->conf));
	return json_string(text);
}

json_t *config_json(struct agent *a)
{
	json_t *lines = json_array();
	uint32_t i;

	for (i = 0; i < a->conf->n_lines; i++) {
		const struct conf_line *line = &a->conf->line[i];

		if (!line->text)
			continue;
		if (json_array_append_new(lines,
					  conf_json_line(a->conf, line))) {
			json_decref(lines);
			return NULL;
		}
	}
	return json_pack("{s:o, s:o, s:o}", "revision", revision_json(a),
			 "keys", conf_json_keys(), "lines", lines);
}
