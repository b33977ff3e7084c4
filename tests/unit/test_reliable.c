// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* core/reliable: which provisional responses get a PRACK. */
#include "../tap.h"

#include "../../userspace/core/reliable.h"

int main(void)
{
	struct reliable r = { .rseq = { 0 } };

	ok(!reliable_seen(&r, 1, 0), "not reliable: none");
	ok(reliable_seen(&r, 1, 4711), "the first may have any number");
	ok(!reliable_seen(&r, 1, 4711), "its repetition gets no second one");
	ok(!reliable_seen(&r, 1, 4713), "one was lost: it comes again");
	ok(reliable_seen(&r, 1, 4712), "in order");
	ok(reliable_seen(&r, 1, 4713), "and the one after it");
	ok(!reliable_seen(&r, 1, 4711), "an old one");
	ok(reliable_seen(&r, 2, 1), "another early dialog counts by itself");
	ok(reliable_seen(&r, 3, 1) && reliable_seen(&r, 4, 1), "and more");
	ok(!reliable_seen(&r, 5, 1), "but not any number of them");
	ok(reliable_seen(&r, 2, 2), "those known go on");
	return tap_done();
}
