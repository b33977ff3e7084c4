// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "ctl_pieces.h"

#include <stdlib.h>
#include <string.h>

static int append(const char *text, size_t len, void *ctx)
{
	struct ctl_pieces *p = ctx;
	size_t size = p->size ? p->size : 2048;
	char *more;

	while (size - p->len <= len)
		size *= 2;
	if (size > p->size && !p->failed) {
		more = realloc(p->text, size);
		p->failed = !more;
		if (more) {
			p->text = more;
			p->size = size;
		}
	}
	if (p->failed)
		return -1;
	memcpy(p->text + p->len, text, len);
	p->len += len;
	p->text[p->len] = '\0';
	return 0;
}

static void put(struct ctl_pieces *p, const char *text)
{
	append(text, strlen(text), p);
}

static void put_json(struct ctl_pieces *p, const json_t *value)
{
	if (!value || json_dump_callback(value, append, p,
					 JSON_COMPACT | JSON_ENCODE_ANY))
		p->failed = true;
}

void ctl_pieces_begin(struct ctl_pieces *p, json_t *id, json_t *head)
{
	memset(p, 0, sizeof(*p));
	put(p, "{\"jsonrpc\":\"2.0\",\"id\":");
	if (id)
		put_json(p, id);
	else
		put(p, "null");
	put(p, ",\"result\":");
	put_json(p, head);
	json_decref(head);
	/* It goes on. */
	if (!p->failed)
		p->text[--p->len] = '\0';
}

static void end_list(struct ctl_pieces *p)
{
	if (p->in_list)
		put(p, "]");
	p->in_list = false;
}

static void put_name(struct ctl_pieces *p, const char *name)
{
	end_list(p);
	put(p, ",\"");
	put(p, name);
	put(p, "\":");
}

void ctl_pieces_list(struct ctl_pieces *p, const char *name)
{
	put_name(p, name);
	put(p, "[");
	p->in_list = true;
	p->in_item = false;
}

void ctl_pieces_item(struct ctl_pieces *p, json_t *item)
{
	if (p->in_item)
		put(p, ",");
	p->in_item = true;
	put_json(p, item);
	json_decref(item);
}

void ctl_pieces_member(struct ctl_pieces *p, const char *name, json_t *value)
{
	put_name(p, name);
	put_json(p, value);
	json_decref(value);
}

void ctl_pieces_end(struct ctl_pieces *p)
{
	end_list(p);
	put(p, "}}\n");
}

char *ctl_pieces_take(struct ctl_pieces *p)
{
	char *text = p->text;

	if (p->failed)
		return NULL;
	if (!text)
		return strdup("");
	p->text = NULL;
	p->len = p->size = 0;
	return text;
}

void ctl_pieces_free(struct ctl_pieces *p)
{
	free(p->text);
	p->text = NULL;
	p->len = p->size = 0;
}
