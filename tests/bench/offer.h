/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The offer in the INVITEs of those that bring no media layer: of the size that
 * sipoverd's own has.
 */
#ifndef SIPOVER_BENCH_OFFER_H
#define SIPOVER_BENCH_OFFER_H

#define OFFER \
	"v=0\r\n" \
	"o=- 1 1 IN IP4 192.0.2.1\r\n" \
	"s=-\r\n" \
	"c=IN IP4 192.0.2.1\r\n" \
	"t=0 0\r\n" \
	"m=audio 9 RTP/AVP 0 8 101\r\n" \
	"a=rtpmap:101 telephone-event/8000\r\n" \
	"a=sendrecv\r\n"

#endif
