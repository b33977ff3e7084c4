/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One WWW-Authenticate or Proxy-Authenticate value to struct sip_challenge.
 * Ours, because libosipparser2 refuses an unquoted qop and forgets an empty
 * opaque.
 */
#ifndef SIPOVER_CODEC_SIP_CHALLENGE_H
#define SIPOVER_CODEC_SIP_CHALLENGE_H

#include "sip_lines.h"

/* 1: *c is set (proxy is left to the caller); 0: another scheme than Digest;
 * -EINVAL: malformed.  What cannot be answered (another algorithm, no qop=auth
 * among those offered, a field over its bound) is DIGEST_UNSUPPORTED, so that
 * another challenge of the same response can be. */
int sip_challenge_parse(struct sip_challenge *c, const char *buf,
			struct sip_span value);

#endif /* SIPOVER_CODEC_SIP_CHALLENGE_H */
