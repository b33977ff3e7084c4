// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "ctl_event.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "ctl.h"

struct head {
	int64_t time_us;
	const char *type, *members;
};

struct note {
	char *buf;
	size_t size, len;
	bool full;
};

static void put(struct note *n, const void *data, size_t len)
{
	if (n->full || len > n->size - n->len) {
		n->full = true;
		return;
	}
	memcpy(n->buf + n->len, data, len);
	n->len += len;
}

static void put_text(struct note *n, const char *text)
{
	char there = text ? 1 : 0;

	put(n, &there, 1);
	if (text)
		put(n, text, strlen(text) + 1);
}

static void put_number(struct note *n, int64_t number)
{
	put(n, &number, sizeof(number));
}

/* The next member; false: there is none. */
static bool member(const char **members, char key[CTL_EVENT_KEY_MAX],
		   char *kind)
{
	const char *m = *members;
	size_t len = strcspn(m, ":");

	if (!*m)
		return false;
	assert(len < CTL_EVENT_KEY_MAX && m[len] && m[len + 1]);
	memcpy(key, m, len);
	key[len] = '\0';
	*kind = m[len + 1];
	*members = m + len + 2;
	*members += **members == ' ';
	return true;
}

size_t ctl_event_note(char *buf, size_t size, int64_t time_us,
		      const char *type, const char *members, va_list ap)
{
	struct head head = { time_us, type, members };
	char key[CTL_EVENT_KEY_MAX], kind;
	struct note n = { .size = size };

	n.buf = buf;
	put(&n, &head, sizeof(head));
	while (member(&members, key, &kind)) {
		switch (kind) {
		case 's':
			put_text(&n, va_arg(ap, const char *));
			break;
		case 'I':
			put_number(&n, va_arg(ap, int64_t));
			break;
		default:
			assert(kind == 'i' || kind == 'b');
			put_number(&n, va_arg(ap, int));
		}
	}
	return n.full ? 0 : n.len;
}

static json_t *take(const char **at, char kind)
{
	const char *text = *at + 1;
	int64_t number;

	if (kind == 's') {
		bool there = **at;

		*at = there ? text + strlen(text) + 1 : text;
		return there ? json_string(text) : json_null();
	}
	memcpy(&number, *at, sizeof(number));
	*at += sizeof(number);
	return kind == 'b' ? json_boolean(number) : json_integer(number);
}

char *ctl_event_text(const void *event, size_t len)
{
	const char *at = event, *end = at + len;
	char key[CTL_EVENT_KEY_MAX], kind;
	json_t *params = json_object();
	struct head head;
	bool good;

	memcpy(&head, at, sizeof(head));
	at += sizeof(head);
	good = !json_object_set_new(params, "time_us",
				    json_integer(head.time_us));
	good = !json_object_set_new(params, "type",
				    json_string(head.type)) && good;
	while (member(&head.members, key, &kind))
		good = !json_object_set_new(params, key, take(&at, kind)) &&
		       good;
	assert(at == end);
	if (good)
		return ctl_notify("event", params);
	json_decref(params);
	return NULL;
}
