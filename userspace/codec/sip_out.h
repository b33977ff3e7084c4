/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded writer of text.  The first failure stays: nothing is written after
 * it, and out_len() reports it.
 */
#ifndef SIPOVER_CODEC_SIP_OUT_H
#define SIPOVER_CODEC_SIP_OUT_H

#include <stddef.h>
#include <stdint.h>

struct out {
	char *buf;
	size_t size, len;
	int err;	/* 0, -EMSGSIZE or -EINVAL */
};

void out_init(struct out *o, char *buf, size_t size);

/* Bytes as they are, e.g. a body or our own literals. */
void out_bytes(struct out *o, const void *p, size_t len);
void out_text(struct out *o, const char *text);
void out_number(struct out *o, uint64_t v);

/* Somebody else's text: -EINVAL when it has a control byte other than TAB, as
 * a CR or LF would begin a header of its own. */
void out_line(struct out *o, const char *text);

/* The same for what must be one word (tag, branch) or stands in <> (URI): no
 * spaces, and no < > " either. */
void out_word(struct out *o, const char *text);

/* A Call-ID may be the peer's, and may have < > " (RFC 3261 25.1, word). */
void out_call_id(struct out *o, const char *text);

/* Received bytes with their folds made spaces. */
void out_unfolded(struct out *o, const char *p, size_t len);

/* A display name: quoted, with its escapes (RFC 3261 25.1). */
void out_quoted(struct out *o, const char *text);

/* Whole header lines: -EINVAL unless each ends with CRLF and none is empty. */
void out_lines(struct out *o, const char *lines);

/* Content-Type (when there is a body; -EINVAL without a type), Content-Length,
 * the empty line, the body. */
void out_body(struct out *o, const char *content_type, const void *body,
	      size_t len);

/* The length, or the first failure. */
int out_len(const struct out *o);

#endif /* SIPOVER_CODEC_SIP_OUT_H */
