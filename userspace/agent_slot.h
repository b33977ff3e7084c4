/* SPDX-License-Identifier: BSD-2-Clause */
/* Client requests: their slots. */
#ifndef SIPOVER_AGENT_SLOT_H
#define SIPOVER_AGENT_SLOT_H

#include "agent.h"

/* n slots, the first warm of them with their buffers: what answers an event
 * allocates nothing.  0 or -ENOMEM; agent_close() frees what there is. */
int requests_open(struct agent *a, uint32_t n, uint32_t warm);
uint32_t request_new(struct agent *a, uint32_t server);
/* It is the line's (AGENT_NONE: nobody's), once and for all. */
void request_of_line(struct agent *a, uint32_t i, uint32_t l);
/* Its bytes are final: gives back what else its buffer has. */
void request_shrink(struct agent *a, uint32_t i);
/* A branch by which it can be found. */
void request_new_branch(struct agent *a, uint32_t i);
/* Forgets who waits for it. */
void request_detach(struct agent *a, uint32_t i);
void request_free(struct agent *a, uint32_t i);
/* Its state is another: by what it can be found, and whether it can go. */
void request_file(struct agent *a, uint32_t i);
/* method SIP_OTHER: whatever it is. */
uint32_t request_by_branch(const struct agent *a, const char *branch,
			   enum sip_method method);
/* An outstanding UDP request to the server of that UDP length. */
uint32_t request_by_length(const struct agent *a, uint32_t server,
			   uint16_t udp_len);

#endif /* SIPOVER_AGENT_SLOT_H */
