/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of requests.  0 or -errno, the bytes in r->buf. */
#ifndef SIPOVER_AGENT_BUILD_H
#define SIPOVER_AGENT_BUILD_H

#include "agent.h"

int request_build(struct agent *a, struct request *r);
int request_build_in_dialog(struct agent *a, struct request *r,
			    const struct dialog *d, const char *extra);
/* ACK for a 2xx in the dialog (13.2.2.4), with the INVITE's credentials (NULL:
 * none), into buf; length or -errno. */
int request_build_ack(struct agent *a, uint32_t server, const struct dialog *d,
		      uint32_t cseq, const char *credentials, char *buf,
		      size_t size);
/* The (Proxy-)Authorization line that r was sent with; NULL: none.  The
 * caller's to free. */
char *request_credentials(const struct request *r);

#endif /* SIPOVER_AGENT_BUILD_H */
