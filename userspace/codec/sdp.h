/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Session descriptions as far as a phone without media needs them (RFC 3264,
 * RFC 8866): our own, which a client gave or which is the default one, is
 * offered again with another direction, or made the answer to an offer.
 */
#ifndef SIPOVER_CODEC_SDP_H
#define SIPOVER_CODEC_SDP_H

#include <stddef.h>
#include <stdint.h>

/* What the describing side does: bits. */
enum sdp_direction {
	SDP_INACTIVE = 0,
	SDP_SENDONLY = 1,
	SDP_RECVONLY = 2,
	SDP_SENDRECV = 3,
};

/* What all media of a description together do; SENDRECV when it has none.  An
 * address 0.0.0.0 cannot receive: how hold was said before RFC 3264 (8.4). */
enum sdp_direction sdp_direction(const char *sdp, size_t len);

/* own[] as an offer: its media do what mine says, its version is so much
 * higher.  Length (no NUL), -EMSGSIZE or -EINVAL. */
int sdp_offer(char *buf, size_t size, const char *own, enum sdp_direction mine,
	      uint32_t version);

/* own[] as the answer to offer[0..len): a medium for each one offered, in that
 * order, refused (port 0) where we have none of the kind or no format in
 * common; the direction fits the one offered and is no more than mine
 * (RFC 3264 6, 6.1).  Length, -ENOENT: all would be refused, -EMSGSIZE or
 * -EINVAL. */
int sdp_answer(char *buf, size_t size, const char *own, const char *offer,
	       size_t len, enum sdp_direction mine, uint32_t version);

#endif /* SIPOVER_CODEC_SDP_H */
