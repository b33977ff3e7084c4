// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/upsize: what is too large for a datagram. */
#include "../tap.h"

#include "../../userspace/core/upsize.h"

static struct mono at(uint64_t ms)
{
	return (struct mono){ ms * 1000000 };
}

int main(void)
{
	struct upsize u = { { 0 } };

	ok(!upsize_wanted(&u, 1300, 1300, at(0)), "1300 bytes: a datagram");
	ok(upsize_wanted(&u, 1300, 1301, at(0)), "one more: TCP");
	ok(!upsize_wanted(&u, 0, 65535, at(0)), "off: never");
	upsize_failed(&u, at(5000));
	ok(!upsize_wanted(&u, 1300, 2000, at(5000)), "no TCP there: UDP");
	ok(!upsize_wanted(&u, 1300, 2000, at(5000 + UPSIZE_FORGET_MS - 1)),
	   "for a while");
	ok(upsize_wanted(&u, 1300, 2000, at(5000 + UPSIZE_FORGET_MS)),
	   "then it is tried again");
	return tap_done();
}
