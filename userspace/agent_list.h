/* SPDX-License-Identifier: BSD-2-Clause */
/* Which servers a line has: those of lines with names come and go. */
#ifndef SIPOVER_AGENT_LIST_H
#define SIPOVER_AGENT_LIST_H

#include "agent.h"

/* Its configuration is another, which it can go on with. */
void line_configure(struct agent *a, uint32_t l);
/* True: the line's servers are those that it should have.  False: not all that
 * should go can go yet, or the line waits for its names. */
bool line_locate(struct agent *a, uint32_t l);
void registrations_end(struct line *line);

#endif /* SIPOVER_AGENT_LIST_H */
