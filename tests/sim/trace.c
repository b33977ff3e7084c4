// SPDX-License-Identifier: BSD-2-Clause
/* What happened, as a message ladder: virtual milliseconds, and branches,
 * Call-IDs and tags by the order in which they appear. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 8192
#define TEXT_MAX (8u << 20)

static struct {
	char *text;
	size_t len, size;
	uint64_t start;
	char kind[NAMES_MAX];
	char *name[NAMES_MAX];
	unsigned int n_names;
} record;

void trace_reset(void)
{
	for (unsigned int i = 0; i < record.n_names; i++)
		free(record.name[i]);
	record.n_names = 0;
	record.len = 0;
	record.start = W.now;
	W.hash = 14695981039346656037ull;
}

const char *trace_text(void)
{
	return record.len ? record.text : "";
}

void mix(uint64_t v)
{
	W.hash = (W.hash ^ v) * 1099511628211ull;
}

void trace(const char *fmt, ...)
{
	va_list ap;
	int n;

	if (!W.tracing)
		return;
	if (record.size - record.len < 2048) {
		if (record.size > TEXT_MAX)
			return;
		record.size = record.size ? 2 * record.size : 65536;
		record.text = realloc(record.text, record.size);
		if (!record.text)
			abort();
	}
	record.len += sprintf(record.text + record.len, "%8llu  ",
			      (unsigned long long)((W.now - record.start) / MS));
	va_start(ap, fmt);
	n = vsnprintf(record.text + record.len, 1024, fmt, ap);
	va_end(ap);
	record.len += n < 1023 ? n : 1023;
	record.len += sprintf(record.text + record.len, "\n");
}

/* "b3": the third branch seen. */
static const char *name(char kind, struct slice s, char out[16])
{
	unsigned int i, n = 0;

	if (!s.n)
		return "-";
	for (i = 0; i < record.n_names; i++) {
		n += record.kind[i] == kind;
		if (record.kind[i] == kind && slice_is(s, record.name[i]))
			break;
	}
	if (i == record.n_names && i < NAMES_MAX) {
		record.kind[i] = kind;
		record.name[i] = strndup(s.p, s.n);
		record.n_names++;
		n++;
	}
	snprintf(out, 16, "%c%u", kind, n);
	return out;
}

void trace_message(const struct vserver *s, bool from_phone, const char *fate,
		   const char *buf, size_t len)
{
	char b[16], i[16], t[16], way[32], what[48], rest[96] = "";
	struct msg m;
	int n = 0;

	mix(W.now);
	mix(len << 8 | (uint64_t)(s - W.server) << 1 | from_phone);
	if (!W.tracing)
		return;
	if (from_phone)
		snprintf(way, sizeof(way), "phone > %c", s->letter);
	else
		snprintf(way, sizeof(way), "%c > phone", s->letter);
	if (keep_is(buf, len)) {
		trace("%s  %s%s", way, keep_name(buf), fate);
		return;
	}
	if (!msg_parse(&m, buf, len))
		return;
	if (m.status)
		snprintf(what, sizeof(what), "%d %.*s", m.status,
			 SLICE(m.method));
	else
		snprintf(what, sizeof(what), "%.*s", SLICE(m.method));
	if (m.expires >= 0)
		n += snprintf(rest + n, sizeof(rest) - n, " expires=%d",
			      m.expires);
	if (m.contact_expires >= 0)
		n += snprintf(rest + n, sizeof(rest) - n, " granted=%d",
			      m.contact_expires);
	if (m.retry_after >= 0)
		n += snprintf(rest + n, sizeof(rest) - n, " retry-after=%d",
			      m.retry_after);
	if (m.auth.n)
		snprintf(rest + n, sizeof(rest) - n, " auth");
	trace("%s  %-14s %s cseq=%u %s to=%s%s%s", way, what,
	      name('i', m.call_id, i), m.cseq, name('b', m.branch, b),
	      name('t', m.to_tag, t), rest, fate);
}
