/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines: failover actions to requests. */
#ifndef SIPOVER_AGENT_LINE_H
#define SIPOVER_AGENT_LINE_H

#include "agent.h"

int line_open(struct agent *a, uint32_t l);
void line_close(struct agent *a, uint32_t l);
void line_step(struct agent *a, uint32_t l, const struct fo_ev *ev);
void line_result(struct agent *a, const struct request *r, uint8_t outcome,
		 uint16_t status, uint32_t expires_s);
/* sip:user@own-address;transport= of the line towards a server. */
void line_contact(struct agent *a, uint32_t l, uint32_t server, char *buf,
		  size_t size);
void line_contact_at(struct agent *a, uint32_t l, const struct addr *contact,
		     char *buf, size_t size);

#endif /* SIPOVER_AGENT_LINE_H */
