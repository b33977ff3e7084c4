// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Events noted, and written later as what they were. */
#include "../tap.h"

#include <stdlib.h>
#include <string.h>

#include "../../userspace/codec/ctl_event.h"

static char event[CTL_EVENT_MAX];
static const char *const none;

static size_t note(size_t size, const char *members, ...)
{
	va_list ap;
	size_t len;

	va_start(ap, members);
	len = ctl_event_note(event, size, 1234567, "kind", members, ap);
	va_end(ap);
	return len;
}

static void is_text(size_t len, const char *members, const char *name)
{
	char *text = ctl_event_text(event, len), want[512];

	snprintf(want, sizeof(want),
		 "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":"
		 "{\"time_us\":1234567,\"type\":\"kind\"%s}}\n", members);
	if (ok(text != NULL, "%s: a text", name))
		is_str(text, want, "%s", name);
	free(text);
}

int main(void)
{
	char name[8] = "alice", text[CTL_EVENT_MAX];
	size_t len, whole;

	is_text(note(sizeof(event), ""), "", "no members");
	whole = note(sizeof(event), "line:s none:s n:i big:I yes:b no:b empty:s",
		     name, none, -3, (int64_t)1 << 40, 5, 0, "");
	memset(name, 'x', sizeof(name) - 1);
	is_text(whole, ",\"line\":\"alice\",\"none\":null,\"n\":-3,"
		"\"big\":1099511627776,\"yes\":true,\"no\":false,\"empty\":\"\"",
		"of each kind, as it was");

	len = note(sizeof(event), "a:s", "\"\\\n");
	is_text(len, ",\"a\":\"\\\"\\\\\\n\"", "what JSON escapes");
	len = note(sizeof(event), "a:s", "\xff");
	ok(len && !ctl_event_text(event, len), "no UTF-8: no text");

	for (len = 0; len < whole; len++)
		if (note(len, "line:s none:s n:i big:I yes:b no:b empty:s",
			 "alice", none, -3, (int64_t)1 << 40, 5, 0, ""))
			break;
	is_int(len, whole, "fits in no less than it takes");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	is_int(note(sizeof(event), "a:s", text), 0, "a text that is too long");
	return tap_done();
}
