/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dialog (RFC 3261 12) as a value.  Failover overrides only the transport
 * destination of an in-dialog request; Route and remote target stay as they
 * are (C-09, R-12).
 */
#ifndef SIPOVER_CORE_DIALOG_H
#define SIPOVER_CORE_DIALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "sipmsg.h"

struct dialog {
	char call_id[SIPMSG_TOKEN_MAX];
	char local_tag[SIPMSG_TOKEN_MAX];
	char remote_tag[SIPMSG_TOKEN_MAX];	/* empty: early, not yet known */
	char local_uri[SIPMSG_URI_MAX];
	char remote_uri[SIPMSG_URI_MAX];
	char remote_target[SIPMSG_URI_MAX];
	char route[SIPMSG_ROUTES_MAX][SIPMSG_URI_MAX];	/* in sending order */
	uint8_t n_routes;
	bool uac;
	bool confirmed;	/* UAC: a 2xx came, the remote side is fixed */
	uint32_t local_cseq;	/* last one used */
	uint32_t remote_cseq;	/* last one seen; 0: none */
	uint32_t invite_cseq;	/* of the INVITE, for its ACK and CANCEL */
};

/* Before the INVITE is sent: everything but the remote side is known. */
void dialog_init_uac(struct dialog *d, const char *call_id,
		     const char *local_tag, const char *local_uri,
		     const char *remote_uri, uint32_t cseq);

/* A response with To tag to that INVITE: remote tag, target, reversed route
 * set (12.1.2).  0, or -EINVAL: no To tag, a failure, no Contact in a 2xx;
 * -EEXIST: another fork answered before, ACK and BYE this one in a dialog of
 * its own. */
int dialog_answered(struct dialog *d, const struct sipmsg *response);

/* A NOTIFY received before the 2xx to our SUBSCRIBE: it makes the dialog as that
 * would (RFC 6665 4.4.1).  0, or -EINVAL: there is a dialog, no From tag, no
 * Contact. */
int dialog_notified(struct dialog *d, const struct sipmsg *notify);

/* An INVITE received; local_tag is ours (12.1.1).  0 or -EINVAL: not a first
 * INVITE, no From tag, no Contact. */
int dialog_init_uas(struct dialog *d, const struct sipmsg *invite,
		    const char *local_tag);

/* Whether a request received or a response to our request belongs to the
 * dialog; as long as the remote tag is not known, any is right. */
bool dialog_matches(const struct dialog *d, const struct sipmsg *m);

/* Takes a new in-dialog request's CSeq: false when it is out of order
 * (12.2.2: answer 500). */
bool dialog_request_in(struct dialog *d, const struct sipmsg *request);

/* A target refresh, re-INVITE or UPDATE, that we accept, or the 2xx to one of
 * ours: requests go to its Contact from now on (12.2.1.2, 12.2.2). */
void dialog_refresh(struct dialog *d, const struct sipmsg *m);

#endif /* SIPOVER_CORE_DIALOG_H */
