// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* codec/sdp: offers and answers of a phone without media (RFC 3264). */
#include "../tap.h"

#include <errno.h>

#include "../../userspace/codec/sdp.h"

#define OWN \
	"v=0\r\no=- 7 7 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\n" \
	"t=0 0\r\nm=audio 40000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\n" \
	"a=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"
#define HEAD "v=0\r\no=far 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

static char buf[1024];

static const char *text(int len)
{
	static char text[1024];

	snprintf(text, sizeof(text), "%.*s", len < 0 ? 0 : len, buf);
	return text;
}

static int answer(const char *offer, enum sdp_direction mine)
{
	return sdp_answer(buf, sizeof(buf), OWN, offer, strlen(offer), mine, 1);
}

static void is_answer(const char *media, const char *want, const char *what)
{
	char offer[1024];
	const char *m;

	snprintf(offer, sizeof(offer), HEAD "%s", media);
	m = strstr(text(answer(offer, SDP_SENDRECV)), "m=");
	is_str(m ? m : "none", want, "%s", what);
}

static void test_directions(void)
{
	static const char *const want[] = {
		"a=inactive", "a=recvonly", "a=sendonly", "a=sendrecv",
	};
	static const char *const offered[] = {
		"a=inactive", "a=sendonly", "a=recvonly", "a=sendrecv",
	};
	char offer[1024];
	const char *got;
	int i;

	for (i = 0; i < 4; i++) {
		snprintf(offer, sizeof(offer), HEAD
			 "m=audio 9 RTP/AVP 0\r\n%s\r\n", offered[i]);
		got = text(answer(offer, SDP_SENDRECV));
		ok(strstr(got, want[i]) && strstr(got, "m=audio 40000"),
		   "%s is answered by %s (RFC 3264 6.1)", offered[i], want[i]);
		is_int(sdp_direction(offer, strlen(offer)), i, "and read");
		got = text(answer(offer, SDP_SENDONLY));
		ok(strstr(got, i & SDP_RECVONLY ? "a=sendonly" : "a=inactive"),
		   "with our own hold no more than sending");
	}
	is_answer("a=inactive\r\nm=audio 9 RTP/AVP 0\r\n",
		  "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
		  "a=inactive\r\n", "said for the whole session");
	is_answer("m=audio 9 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n",
		  "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
		  "a=recvonly\r\n", "hold by 0.0.0.0 (RFC 3264 8.4)");
}

static void test_media(void)
{
	is_answer("m=audio 9 RTP/AVP 8 0 101\n",
		  "m=audio 40000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\n"
		  "a=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n",
		  "the formats in common, and lines that end with LF");
	is_answer("m=video 7 RTP/AVP 31\r\na=sendonly\r\nm=audio 9 RTP/AVP 8\r\n",
		  "m=video 0 RTP/AVP 31\r\nm=audio 40000 RTP/AVP 8\r\n"
		  "a=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n",
		  "one for each, in their order (RFC 3264 6)");
	is_answer("m=audio 9 RTP/AVP 0\r\nm=audio 11 RTP/AVP 0\r\n",
		  "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
		  "a=sendrecv\r\nm=audio 0 RTP/AVP 0\r\n",
		  "one of ours for one of theirs");
	is_int(answer(HEAD "m=audio 9 RTP/AVP 9\r\n", SDP_SENDRECV), -ENOENT,
	       "no format in common");
	is_int(answer(HEAD "m=audio 9 RTP/SAVP 0\r\n", SDP_SENDRECV), -ENOENT,
	       "nor another protocol");
	is_int(answer(HEAD "m=audio 0 RTP/AVP 0\r\n", SDP_SENDRECV), -ENOENT,
	       "what they do not want themselves");
	is_int(answer(HEAD, SDP_SENDRECV), -ENOENT, "no media at all");
	is_int(answer(HEAD "m=audio\r\n", SDP_SENDRECV), -EINVAL, "a cut m line");
	is_int(sdp_answer(buf, 60, OWN, HEAD "m=audio 9 RTP/AVP 0\r\n",
			  strlen(HEAD "m=audio 9 RTP/AVP 0\r\n"),
			  SDP_SENDRECV, 0), -EMSGSIZE, "no room");
	is_int(sdp_direction("", 0), SDP_SENDRECV, "nothing says nothing");
}

static void test_offer(void)
{
	const char *got = text(sdp_offer(buf, sizeof(buf), OWN, SDP_SENDONLY,
					 3));

	ok(strstr(got, "\r\na=sendonly\r\n") && !strstr(got, "sendrecv"),
	   "hold (RFC 3264 8.4)");
	ok(strstr(got, "o=- 7 10 IN IP4"), "the version grows");
	ok(strstr(got, "m=audio 40000 RTP/AVP 0 8\r\na=rtpmap:0"),
	   "the rest is as it was");
	got = text(sdp_offer(buf, sizeof(buf), OWN, SDP_SENDRECV, 0));
	is_str(got, OWN, "an offer as it is");
	is_int(sdp_offer(buf, sizeof(buf), "v=0\r\n", SDP_SENDRECV, 0), -EINVAL,
	       "nothing to offer");
}

int main(void)
{
	test_directions();
	test_media();
	test_offer();
	return tap_done();
}
