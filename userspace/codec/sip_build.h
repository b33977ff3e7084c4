/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * struct to SIP bytes, into the caller's buffer; nothing is allocated.
 * Every function returns the length written (no NUL is added), -EMSGSIZE, or
 * -EINVAL: something mandatory is missing, or a string would break out of its
 * place (CR, LF, another control byte; in a Call-ID also space; in URIs, tags
 * and branches space < > ").  Only authorization and extra are whole lines and
 * trusted so far.
 */
#ifndef SIPOVER_CODEC_SIP_BUILD_H
#define SIPOVER_CODEC_SIP_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../core/addr.h"
#include "../core/dialog.h"
#include "../core/sipmsg.h"

/* What the daemon understands (RFC 3261 20.5), without the line's end. */
#define SIP_ALLOW \
	"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY"

/* A request to be; strings are borrowed, NULL or "" leaves the header out. */
struct sip_request {
	enum sip_method method;
	const char *request_uri;
	enum transport transport;
	const char *sent_by;		/* host[:port] for the Via */
	const char *branch;		/* with its z9hG4bK */
	bool keep;			/* offer keep-alives (RFC 6223 4.3) */
	bool overload;			/* offer overload control (RFC 7339) */
	const char *from_display;	/* unquoted */
	const char *from_uri, *from_tag;
	const char *to_uri, *to_tag;
	const char *call_id;
	uint32_t cseq;
	const char *contact;		/* URI without <>, or "*" */
	const char *contact_params;	/* e.g. ";+sip.instance=\"<urn:...>\"" */
	const char *supported;		/* option tags, "path, outbound" */
	const char *event;		/* package of a SUBSCRIBE (RFC 6665) */
	const char *accept;		/* media type of its NOTIFYs */
	int32_t expires;		/* -1: no header */
	const char (*route)[SIPMSG_URI_MAX];	/* n_routes values, with <> */
	uint8_t n_routes;
	const char *authorization;	/* whole header line(s) with CRLF */
	const char *extra;		/* likewise */
	const char *content_type;
	const void *body;
	size_t body_len;
};

int sip_build_request(char *buf, size_t size, const struct sip_request *r);

/* The ACK of a non-2xx and the CANCEL of the INVITE invite[0..invite_len)
 * (17.1.1.3, 9.1): same top Via, Route, From, Call-ID, CSeq number; the ACK's
 * To is the response's. */
int sip_build_ack(char *buf, size_t size, const char *invite,
		  size_t invite_len, const struct sipmsg *response);
int sip_build_cancel(char *buf, size_t size, const char *invite,
		     size_t invite_len);

/* Whether the response has the Call-ID, From tag and CSeq of the request (8.1.1,
 * 8.2.6.2) that its branch names. */
bool sip_response_fits(const struct sipmsg *response, const char *request,
		       size_t len);

/* Response to the request in req[0..req_len): its Vias (top one with
 * received/rport of source, R-54, R-26), From, To (+ to_tag when it had none
 * and status is not 100), Call-ID, CSeq, Record-Route; extra: further whole
 * header lines or NULL.  Allow is added to a 405 and to a 2xx of INVITE,
 * UPDATE or OPTIONS.  source NULL: the top Via stays as it is.  All is taken from the
 * bytes, so that what sip_parse() refused can have its 400; -EINVAL when Via,
 * From, To, Call-ID or CSeq is not there once. */
int sip_build_response(char *buf, size_t size, const char *req, size_t req_len,
		       uint16_t status,
		       const struct addr *source, const char *to_tag,
		       const char *contact, const char *extra,
		       const char *content_type, const void *body,
		       size_t body_len);

/* Puts another top Via branch and sent-by into a finished request of ours:
 * a retarget needs no rebuild.  Returns the new length.  Contact stays:
 * when the transport changes its parameter must be right already. */
int sip_rebranch(char *buf, size_t len, size_t size, enum transport transport,
		 const char *sent_by, const char *branch);

const char *sip_reason(uint16_t status);

/* A plain audio offer for the address local (SDP, RFC 8866): PCMU, PCMA,
 * sendrecv; the media port is the caller's, local's own is not used. */
int sip_default_sdp(char *buf, size_t size, const struct addr *local,
		    uint16_t port, uint64_t session_id);

#endif /* SIPOVER_CODEC_SIP_BUILD_H */
