/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a row of a ladder tells of a message, read without a parser from bytes
 * that may be any; and the same bytes without what must stay in the daemon.
 */
#ifndef SIPOVER_CODEC_SIP_BRIEF_H
#define SIPOVER_CODEC_SIP_BRIEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIP_BRIEF_MAX 128

/* Text is cut to its field; what is not printable ASCII became '?'. */
struct sip_brief {
	bool response;
	uint16_t status;
	uint32_t cseq;
	int64_t expires;	/* the header, seconds; -1: absent, no number */
	char method[32];	/* of CSeq in a response */
	char reason[64];	/* response */
	char call_id[SIP_BRIEF_MAX];
	char branch[SIP_BRIEF_MAX];	/* of the top Via; "": none */
};

/* false: no SIP message; b is empty then. */
bool sip_brief_read(struct sip_brief *b, const char *buf, size_t len);

/* Overwrites the values of Authorization and Proxy-Authorization with '*', in
 * place, wherever a line begins with them: in a body (message/sipfrag) and in
 * what is no whole message as well. */
void sip_blank(char *buf, size_t len);

#endif /* SIPOVER_CODEC_SIP_BRIEF_H */
