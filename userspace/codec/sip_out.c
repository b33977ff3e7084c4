// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "sip_out.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void out_init(struct out *o, char *buf, size_t size)
{
	o->buf = buf;
	o->size = size;
	o->len = 0;
	o->err = 0;
}

void out_bytes(struct out *o, const void *p, size_t len)
{
	if (o->err || !len)
		return;
	if (len > o->size - o->len) {
		o->err = -EMSGSIZE;
		return;
	}
	memcpy(o->buf + o->len, p, len);
	o->len += len;
}

void out_text(struct out *o, const char *text)
{
	out_bytes(o, text, strlen(text));
}

void out_number(struct out *o, uint64_t v)
{
	char text[20];
	size_t at = sizeof(text);

	do
		text[--at] = (char)('0' + v % 10);
	while (v /= 10);
	out_bytes(o, text + at, sizeof(text) - at);
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

void out_line(struct out *o, const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if (is_control(*p) && !o->err)
			o->err = -EINVAL;
	out_text(o, text);
}

void out_word(struct out *o, const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if (((unsigned char)*p <= ' ' || *p == 0x7f || *p == '<' ||
		     *p == '>' || *p == '"') && !o->err)
			o->err = -EINVAL;
	out_bytes(o, text, (size_t)(p - text));
}

void out_call_id(struct out *o, const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if (((unsigned char)*p <= ' ' || *p == 0x7f) && !o->err)
			o->err = -EINVAL;
	out_bytes(o, text, (size_t)(p - text));
}

void out_unfolded(struct out *o, const char *p, size_t len)
{
	size_t i, from = 0;

	for (i = 0; i < len; i++) {
		if (p[i] != '\r' && p[i] != '\n' && p[i] != '\t')
			continue;
		out_bytes(o, p + from, i - from);
		out_text(o, " ");
		from = i + 1;
	}
	out_bytes(o, p + from, len - from);
}

void out_quoted(struct out *o, const char *text)
{
	const char *p;

	out_text(o, "\"");
	for (p = text; *p; p++) {
		if (is_control(*p) && !o->err)
			o->err = -EINVAL;
		if (*p == '"' || *p == '\\')
			out_text(o, "\\");
		out_bytes(o, p, 1);
	}
	out_text(o, "\"");
}

void out_lines(struct out *o, const char *lines)
{
	size_t len = strlen(lines);

	if ((len < 2 || strcmp(lines + len - 2, "\r\n") != 0 ||
	     *lines == '\r' || *lines == '\n' ||
	     strstr(lines, "\n\r") || strstr(lines, "\n\n")) && !o->err)
		o->err = -EINVAL;
	out_bytes(o, lines, len);
}

void out_body(struct out *o, const char *content_type, const void *body,
	      size_t len)
{
	if (len) {
		if (!(content_type && *content_type) && !o->err)
			o->err = -EINVAL;
		out_text(o, "Content-Type: ");
		if (content_type)
			out_line(o, content_type);
		out_text(o, "\r\n");
	}
	out_text(o, "Content-Length: ");
	out_number(o, len);
	out_text(o, "\r\n\r\n");
	out_bytes(o, body, len);
}

int out_len(const struct out *o)
{
	if (o->err)
		return o->err;
	return o->len <= INT_MAX ? (int)o->len : -EMSGSIZE;
}
