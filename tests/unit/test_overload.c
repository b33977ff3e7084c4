// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/overload and codec/sip_overload. */
#include <stdlib.h>
#include <string.h>

#include "codec/sip_build.h"
#include "codec/sip_overload.h"
#include "codec/sip_parse.h"
#include "core/overload.h"
#include "tap.h"

static struct overload o;
static struct mono now = { 5000000000 };

static bool told(int32_t percent, int32_t validity_ms, uint64_t seq)
{
	struct overload_word w = {
		.percent = percent, .validity_ms = validity_ms, .seq = seq,
	};

	return overload_told(&o, &w, now, 7);
}

static unsigned int left_out(unsigned int of)
{
	unsigned int n = 0;

	while (of--)
		n += overload_leaves_out(&o, now);
	return n;
}

static void test_share(void)
{
	unsigned int n;

	ok(!left_out(100), "told nothing: none is left out");
	ok(!told(-1, 5000, 1), "no word");
	ok(told(100, 5000, 2) && left_out(100) == 100, "all");
	ok(told(20, 5000, 3), "another share");
	n = left_out(10000);
	ok(n > 1800 && n < 2200, "a fifth (%u of 10000)", n);
	ok(!told(20, 5000, 4), "the same again");
	ok(told(0, 5000, 5) && !left_out(100), "0: over");
	told(100, 5000, 6);
	now = mono_add_ms(now, 4999);
	is_int((int)overload_share(&o, now), 100, "as long as told");
	now = mono_add_ms(now, 1);
	ok(!overload_share(&o, now) && !left_out(100), "no longer");
	told(100, -1, 7);
	now = mono_add_ms(now, OVERLOAD_VALIDITY_MS - 1);
	is_int((int)overload_share(&o, now), 100, "500 ms when not told");
	now = mono_add_ms(now, 1);
	is_int((int)overload_share(&o, now), 0, "no longer");
	told(100, INT32_MAX, 8);
	now = mono_add_ms(now, OVERLOAD_VALIDITY_MAX_MS);
	is_int((int)overload_share(&o, now), 0, "not for ever");
	told(50, 5000, 9);
	ok(told(50, 0, 10) && !overload_share(&o, now), "validity 0: over");
	told(400, 5000, 11);
	is_int((int)overload_share(&o, now), 100, "no more than all");
}

static void test_order(void)
{
	memset(&o, 0, sizeof(o));
	ok(told(10, 5000, 0) && told(30, 5000, 0), "without numbers: the last");
	ok(told(40, 5000, 9), "numbers begin");
	ok(!told(50, 5000, 9) && !told(50, 5000, 8) && !told(50, 5000, 0),
	   "an older one, and one without, is overtaken (5.3)");
	is_int((int)overload_share(&o, now), 40, "the newest counts");
}

/* The word in a response with that top Via. */
static struct overload_word word(const char *params, enum sip_parse_result *r)
{
	static struct sipmsg m;
	char text[1024], *copy;
	int len;

	len = snprintf(text, sizeof(text),
		       "SIP/2.0 200 OK\r\n"
		       "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKo%s, "
		       "SIP/2.0/UDP x;oc=99;branch=z9hG4bKp\r\n"
		       "From: <sip:a@b>;tag=f\r\nTo: <sip:a@b>;tag=t\r\n"
		       "Call-ID: c\r\nCSeq: 1 REGISTER\r\n"
		       "Content-Length: 0\r\n\r\n", params);
	copy = memcpy(malloc((size_t)len), text, (size_t)len);
	*r = sip_parse(copy, (size_t)len, &m);
	free(copy);
	return m.overload;
}

static void test_read(void)
{
	static const struct {
		const char *params;
		int32_t percent, validity_ms;
		uint64_t seq;
	} all[] = {
		{ "", -1, -1, 0 },
		{ ";oc;oc-algo=\"loss\"", -1, -1, 0 },
		{ ";oc=20;oc-algo=\"loss\";oc-validity=500;oc-seq=1282321615.782",
		  20, 500, 128232161578200 },
		{ ";OC = 7 ;oc-algo=loss", 7, -1, 0 },
		{ ";oc=0", 0, -1, 0 },
		{ ";oc=100;oc-seq=999999999999.99999", 100, -1,
		  99999999999999999 },
		{ ";oc=101", -1, -1, 0 },
		{ ";oc=-1", -1, -1, 0 },
		{ ";oc=x", -1, -1, 0 },
		{ ";oc=20;oc-algo=\"rate\"", -1, -1, 0 },
		{ ";oc=20;oc-validity=x", -1, -1, 0 },
		{ ";oc=20;oc-validity=9999999999", -1, -1, 0 },
		{ ";oc=20;oc-seq=12", -1, -1, 0 },
		{ ";oc=20;oc-seq=1.123456", -1, -1, 100 },
		{ ";oc=20;oc-seq=.5", -1, -1, 0 },
	};
	enum sip_parse_result r;
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct overload_word w = word(all[i].params, &r);

		is_int(r, SIP_OK, "'%s'", all[i].params);
		is_int(w.percent, all[i].percent, "its share");
		if (w.percent >= 0)
			ok(w.validity_ms == all[i].validity_ms &&
			   w.seq == all[i].seq, "how long, its number");
	}
	ok(word(";oc=1;oc-seq=5.1", &r).seq > word(";oc=1;oc-seq=5.09", &r).seq,
	   "a fraction is no whole number");
}

static void test_offer(void)
{
	struct sip_request r = {
		.method = SIP_OPTIONS, .request_uri = "sip:a",
		.sent_by = "192.0.2.9", .branch = "z9hG4bK1", .keep = true,
		.from_uri = "sip:a", .from_tag = "f", .to_uri = "sip:a",
		.call_id = "c", .cseq = 1, .expires = -1, .overload = true,
	};
	char text[1024];
	int len = sip_build_request(text, sizeof(text) - 1, &r);

	if (!ok(len > 0, "a request is built"))
		return;
	text[len] = '\0';
	ok(strstr(text, ";rport;branch=z9hG4bK1;keep;oc;oc-algo=\"loss\"\r\n"),
	   "it offers the algorithm behind the branch");
	r.overload = false;
	len = sip_build_request(text, sizeof(text) - 1, &r);
	text[len > 0 ? len : 0] = '\0';
	ok(!strstr(text, ";oc"), "or not");
}

int main(void)
{
	is_int(sip_parse_init(), 0, "parser initialised");
	test_share();
	test_order();
	test_read();
	test_offer();
	return tap_done();
}
