/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines that end or become others. */
#ifndef SIPOVER_AGENT_LEAVE_H
#define SIPOVER_AGENT_LEAVE_H

#include "agent.h"

enum line_leaving {
	LINE_STAYS,
	LINE_LEAVES_CALLS,	/* until its calls have ended */
	LINE_LEAVES_SERVERS,	/* until it is unregistered */
};

/* Ends its calls, its subscription and its registrations, then begins as what
 * conf->line[l] is by then, if there is one.  old: allocated, takes what
 * line[l].conf is. */
void line_leave(struct agent *a, uint32_t l, struct conf_line *old);
/* A free slot becomes what conf->line[l] is. */
void line_enter(struct agent *a, uint32_t l);
void leave_expired(struct agent *a);
void leave_free(struct agent *a, uint32_t l);

#endif /* SIPOVER_AGENT_LEAVE_H */
