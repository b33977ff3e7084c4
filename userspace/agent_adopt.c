/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines that wait for what the module knows of their servers. */
#include "agent_adopt.h"

#include "agent_timers.h"
#include "io/log.h"

static bool told(const struct agent *a, const struct line *line)
{
	uint8_t k;

	for (k = 0; k < line->n_servers; k++)
		if (!a->server[line->server[k]].told)
			return false;
	return true;
}

static void start(struct agent *a, uint32_t l)
{
	struct fo_ev ev = { .type = FO_EV_START };

	adopt_forget(a, l);
	if (a->line[l].conf->enabled && !a->stopping)
		agent_post_line(a, l, &ev);
}

void adopt_begin(struct agent *a, uint32_t l)
{
	struct line *line = &a->line[l];

	if (!a->netlink_open || a->module_absent || told(a, line)) {
		start(a, l);
		return;
	}
	line->awaits = true;
	if (!a->n_awaiting++)
		agent_timer_one(a, TIMER_ADOPT, mono_add_ms(a->now, ADOPT_MS));
}

void adopt_forget(struct agent *a, uint32_t l)
{
	if (!a->line[l].awaits)
		return;
	a->line[l].awaits = false;
	if (!--a->n_awaiting)
		agent_timer_one(a, TIMER_ADOPT, MONO_NEVER);
}

void adopt_told(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	uint32_t i;

	server->told = true;
	for (i = 0; a->n_awaiting && i < server->n_lines; i++) {
		uint32_t l = server->line[i];

		if (a->line[l].awaits && told(a, &a->line[l]))
			start(a, l);
	}
}

void adopt_all(struct agent *a)
{
	uint32_t l;

	for (l = 0; a->n_awaiting && l < a->conf->n_lines; l++)
		if (a->line[l].awaits)
			start(a, l);
}
