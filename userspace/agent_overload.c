/* SPDX-License-Identifier: BSD-2-Clause */
/* Overload control: what servers ask for, and what is left out. */
#include "agent_overload.h"

#include "agent_ctl_notify.h"
#include "io/random.h"

void overload_heard(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	const struct overload_word *w = &a->rx.overload;

	if (w->percent < 0)
		return;
	if (overload_told(&server->overload, w, a->now,
			  server->overload.rng.state ? 0 : random_u64()))
		notify_overload(a, s);
}

bool overload_refuses(struct agent *a, uint32_t s)
{
	if (!overload_leaves_out(&a->server[s].overload, a->now))
		return false;
	a->stats.overload_left_out++;
	return true;
}

/* A binding that there is is kept: what is left out then comes back as calls
 * that reach nobody. */
bool overload_refuses_line(struct agent *a, uint32_t l,
			   const struct fo_act *act)
{
	const struct line *line = &a->line[l];

	return act->req != FO_REQ_UNREGISTER && act->req != FO_REQ_BYE &&
	       (act->req == FO_REQ_INVITE ||
		!(line->fo.bound & 1 << act->server)) &&
	       overload_refuses(a, line->server[act->server]);
}
