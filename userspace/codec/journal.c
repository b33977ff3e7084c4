// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "journal.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *event, *id;
} ids[] = {
	{ "kernel", "525828c580bd40c1962734449e570b23" },
	{ "verdict", "c66bd4bcaa6348be8faaaf55bad31979" },
	{ "tls", "07cb9953d7374a97917fa045e05c0aae" },
	{ "health", "3794cbd3e5024cd59e1a2ec00b6f9d92" },
	{ "local", "06e57e7ee3dc4369abf076fc506423fe" },
	{ "path", "9b531de08b8141179e0f38dae5cc01ca" },
	{ "address", "5c180034bab74997973c571be85f8a55" },
	{ "failover", "e8fb13894617495d9743af63e00c2465" },
	{ "tx", "7df9d1c9819e427486df394de2e2b1c1" },
	{ "rx", "18ef089b18d24197874f1ad049919021" },
	{ "call", "49c697bcc4c745c6bbe00fb9d7fd971c" },
	{ "registered", "a2642ffb943145ecb3748d6d1f591607" },
	{ "unregistered", "ac59177e65bf40859042f90f2feadada" },
	{ "overload", "500acebc1a0c48c2b7db4dfe73f2b7ad" },
	{ "mwi", "e4bd268135de40ea84ea01c1e82306a2" },
	{ "failed", "e777633ce0c049b6887d78d5087015da" },
};

const char *journal_message_id(const char *event)
{
	size_t i;

	for (i = 0; event && i < sizeof(ids) / sizeof(*ids); i++)
		if (!strcmp(ids[i].event, event))
			return ids[i].id;
	return NULL;
}

/* A field's end is a line break: what has one would forge another field. */
static size_t put(char *buf, size_t size, size_t n, const char *field,
		  const char *value)
{
	size_t i;
	int len;

	if (!value || n >= size)
		return n;
	len = snprintf(buf + n, size - n, "%s=%s\n", field, value);
	if (len < 0 || (size_t)len >= size - n)
		return size;	/* and it stays so */
	for (i = n; i < n + (size_t)len - 1; i++)
		if ((unsigned char)buf[i] < 0x20 || buf[i] == 0x7f)
			buf[i] = '?';
	return n + (size_t)len;
}

size_t journal_encode(char *buf, size_t size, int priority, uint64_t boot_us,
		      const struct journal_about *about, const char *message)
{
	static const struct journal_about nothing;
	char number[32];
	size_t n;

	if (!about)
		about = &nothing;
	snprintf(number, sizeof(number), "%d", priority);
	n = put(buf, size, 0, "PRIORITY", number);
	n = put(buf, size, n, "SYSLOG_IDENTIFIER", "sipoverd");
	snprintf(number, sizeof(number), "%llu", (unsigned long long)boot_us);
	n = put(buf, size, n, "SIPOVER_TIME_USEC", number);
	n = put(buf, size, n, "MESSAGE_ID", journal_message_id(about->event));
	n = put(buf, size, n, "SIPOVER_EVENT", about->event);
	n = put(buf, size, n, "SIPOVER_LINE", about->line);
	n = put(buf, size, n, "SIPOVER_SERVER", about->server);
	n = put(buf, size, n, "SIPOVER_CAUSE", about->cause);
	n = put(buf, size, n, "MESSAGE", message);
	return n < size ? n : 0;
}
