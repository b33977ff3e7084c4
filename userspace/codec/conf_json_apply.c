// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_json_apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf_json.h"

struct apply {
	struct conf_delta *d;
	const struct conf *now;
	conf_find_fn *find;
	void *ctx;
	json_t *errors;
	uint32_t left;		/* lines there will be */
};

static bool is_given(const struct apply *p, const char *name)
{
	uint32_t i;

	for (i = 0; i < p->d->n; i++)
		if (strcmp(p->d->line[i].line.name, name) == 0)
			return true;
	return false;
}

static bool is_removed(const struct conf *c, const char *name)
{
	uint32_t i;

	for (i = 0; i < c->n_removed; i++)
		if (strcmp(c->removed[i], name) == 0)
			return true;
	return false;
}

/* What a slot holds now; NULL: nothing, or a line that is on its way out. */
static const struct conf_line *line_at(const struct apply *p, uint32_t slot)
{
	return slot == CONF_NEW || !p->now->line[slot].text ? NULL :
	       &p->now->line[slot];
}

static int take_line(struct apply *p, json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "name"));
	uint32_t slot = conf_json_name(json_object_get(o, "name")) ?
			p->find(p->ctx, name) : CONF_NEW;
	const struct conf_line *before = line_at(p, slot);
	struct conf_reading *in = malloc(sizeof(*in));
	/* The hosts are d's, everything else is the running one's. */
	struct conf c = *p->now;
	int ret;

	if (!in)
		return -ENOMEM;
	c.host = p->d->host;
	c.n_hosts = p->d->n_hosts;
	ret = conf_json_read(&c, o, before ? before->text : NULL, in,
			     p->errors);
	p->d->host = c.host;
	p->d->n_hosts = c.n_hosts;
	if (!ret && is_given(p, in->in.l.name)) {
		conf_json_error(p->errors, in->in.l.name, "is there twice");
		conf_line_free(&in->in.l);
		ret = -EINVAL;
	}
	if (!ret) {
		in->in.l.applied = true;
		in->in.l.in_file = before ? before->in_file :
				   is_removed(p->now, in->in.l.name);
		p->left += !before;
		ret = conf_delta_add(p->d, p->now, &in->in.l, slot);
	}
	free(in);
	return ret == -EINVAL ? 0 : ret;
}

static int take_lines(struct apply *p, json_t *list)
{
	json_t *o;
	size_t i;
	int ret;

	json_array_foreach(list, i, o) {
		ret = take_line(p, o);
		if (ret)
			return ret;
	}
	return 0;
}

static int take_removals(struct apply *p, json_t *list)
{
	json_t *v;
	size_t i;

	p->d->gone = calloc(json_array_size(list) + 1, sizeof(*p->d->gone));
	if (!p->d->gone)
		return -ENOMEM;
	json_array_foreach(list, i, v) {
		const char *name = json_string_value(v);
		const struct conf_line *line;
		uint32_t slot, k;

		if (!conf_json_name(v)) {
			conf_json_error(p->errors, "", "remove: a line's name "
					"expected");
			continue;
		}
		slot = p->find(p->ctx, name);
		line = line_at(p, slot);
		for (k = 0; k < p->d->n_gone && p->d->gone[k] != slot; k++)
			;
		if (!line || is_given(p, name) || k < p->d->n_gone) {
			conf_json_error(p->errors, name, line ?
					"is there twice" : "there is no such "
					"line to remove");
			continue;
		}
		p->d->gone[p->d->n_gone++] = slot;
		p->left--;
		if (line->in_file && conf_delta_remove_name(p->d, name))
			return -ENOMEM;
	}
	return 0;
}

/* Those that are back are removed no more. */
static int keep_removed(struct apply *p)
{
	uint32_t i;

	for (i = 0; i < p->now->n_removed; i++)
		if (!is_given(p, p->now->removed[i]) &&
		    conf_delta_remove_name(p->d, p->now->removed[i]))
			return -ENOMEM;
	return 0;
}

static const char *check_form(struct conf_apply *apply, json_t *params)
{
	const char *name;
	json_t *v;

	json_object_foreach(params, name, v) {
		if (strcmp(name, "revision") == 0) {
			if (!json_is_string(v))
				return "revision: a string expected";
			apply->revision = json_string_value(v);
		} else if (strcmp(name, "dry_run") == 0) {
			if (!json_is_boolean(v))
				return "dry_run: true or false expected";
			apply->dry_run = json_is_true(v);
		} else if (strcmp(name, "lines") == 0) {
			if (!json_is_array(v))
				return "lines: a list expected";
		} else if (strcmp(name, "remove") == 0) {
			if (!json_is_array(v))
				return "remove: a list of names expected";
		} else {
			return "params: unknown member for this method";
		}
	}
	return apply->revision ? NULL : "params: revision is missing";
}

static uint32_t count(const struct conf *c)
{
	uint32_t i, n = 0;

	for (i = 0; i < c->n_lines; i++)
		n += c->line[i].text != NULL;
	return n;
}

int conf_apply_read(struct conf_apply *apply, struct conf_delta *d,
		    const struct conf *now, json_t *params,
		    conf_find_fn *find, void *ctx, json_t *errors,
		    const char **why)
{
	struct apply p = {
		.d = d, .now = now, .find = find, .ctx = ctx, .errors = errors,
		.left = count(now),
	};
	int ret;

	memset(apply, 0, sizeof(*apply));
	memset(d, 0, sizeof(*d));
	*why = check_form(apply, params);
	if (*why)
		return -EPROTO;
	ret = conf_delta_open(d, now);
	if (!ret)
		ret = take_lines(&p, json_object_get(params, "lines"));
	if (!ret)
		ret = take_removals(&p, json_object_get(params, "remove"));
	if (!ret)
		ret = keep_removed(&p);
	if (!ret && p.left > CONF_LINES_MAX)
		ret = conf_json_error(errors, "", "more than 10000 lines");
	if (!ret && json_array_size(errors))
		ret = -EINVAL;
	if (ret)
		conf_delta_free(d);
	return ret;
}
