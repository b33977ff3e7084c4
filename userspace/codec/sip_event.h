/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Event notification: what a NOTIFY says of its subscription (RFC 6665 8.2), and
 * the message summary that it may bring (RFC 3842 5.2).
 */
#ifndef SIPOVER_CODEC_SIP_EVENT_H
#define SIPOVER_CODEC_SIP_EVENT_H

#include <stddef.h>

#include "../core/mwi.h"
#include "../core/sipmsg.h"
#include "sip_lines.h"

#define SIP_EVENT_MWI "message-summary"
#define SIP_EVENT_MWI_TYPE "application/simple-message-summary"

/* Lines of a summary that are read; more are a mistake of the sender. */
#define SIP_EVENT_MWI_LINES 64

/* Event and Subscription-State of a NOTIFY; other messages have none.  SIP_OK,
 * SIP_TOO_LONG, SIP_DUPLICATE or SIP_BAD_VALUE. */
enum sip_parse_result sip_event_read(struct sipmsg *m, const char *buf,
				     const struct sip_lines *lines);

/* A message summary: 0, or -EBADMSG and *mwi is as it was.  Counts that do not
 * fit saturate; accounts and other classes than voice are skipped. */
int sip_event_mwi(struct mwi *mwi, const char *body, size_t len);

#endif /* SIPOVER_CODEC_SIP_EVENT_H */
