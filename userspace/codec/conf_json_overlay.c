// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_json_overlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../core/lookup.h"
#include "conf_json.h"

#define DEPTH_MAX 6		/* jansson recurses */

uint64_t conf_revision(const struct conf *c)
{
	const struct lookup t = { .seed = 0x7369706f766572 };
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < c->n_lines; i++)
		if (c->line[i].text)
			sum += lookup_hash(&t, c->line[i].text,
					   strlen(c->line[i].text));
	return lookup_hash(&t, &sum, sizeof(sum));
}

/* ---- writing ---- */

int conf_overlay_begin(struct conf_overlay_writer *w)
{
	memset(w, 0, sizeof(*w));
	w->f = open_memstream(&w->text, &w->len);
	if (!w->f)
		return -ENOMEM;
	fputs("{\"version\":1,\"lines\":[", w->f);
	return 0;
}

void conf_overlay_line(struct conf_overlay_writer *w, const char *text)
{
	fprintf(w->f, "%s\n%s", w->lines++ ? "," : "", text);
}

void conf_overlay_removed(struct conf_overlay_writer *w, const char *name)
{
	json_t *string = conf_json_string(name);
	size_t len = json_dumpb(string, NULL, 0, JSON_ENCODE_ANY);
	char text[6 * CONF_NAME_MAX + 8];

	if (!w->removed++)
		fputs("\n],\"removed\":[", w->f);
	else
		fputc(',', w->f);
	if (len < sizeof(text) &&
	    json_dumpb(string, text, len, JSON_ENCODE_ANY) == len)
		fwrite(text, 1, len, w->f);
	json_decref(string);
}

int conf_overlay_end(struct conf_overlay_writer *w, char **text, size_t *len)
{
	bool good;

	fputs(w->removed ? "]}\n" : "\n],\"removed\":[]}\n", w->f);
	good = !ferror(w->f);
	good = !fclose(w->f) && good;
	*text = w->text;
	*len = w->len;
	if (good && w->text)
		return 0;
	free(w->text);
	*text = NULL;
	return -ENOMEM;
}

/* ---- reading ---- */

struct overlay {
	struct conf *c;
	struct lookup names;	/* of the lines there are */
	uint32_t room;
	json_t *errors;
	struct conf_overlaid *done;
};

static uint64_t name_hash(const struct overlay *o, const char *name)
{
	return lookup_hash(&o->names, name, strlen(name));
}

static uint32_t find(const struct overlay *o, const char *name)
{
	uint32_t it = LOOKUP_FIRST, i;

	while (lookup_next(&o->names, name_hash(o, name), &it, &i))
		if (strcmp(o->c->line[i].name, name) == 0)
			return i;
	return UINT32_MAX;
}

static int open_names(struct overlay *o, size_t more)
{
	size_t n = o->c->n_lines + more;
	struct conf_line *line;
	struct lookup_cell *cell;
	uint32_t cells, i;

	if (n > CONF_LINES_MAX)
		return conf_json_error(o->errors, "", "more than 10000 lines"),
		       -EINVAL;
	cells = lookup_cells((uint32_t)n + 1);
	line = realloc(o->c->line, (n + 1) * sizeof(*line));
	if (!line)
		return -ENOMEM;
	o->c->line = line;
	cell = calloc(cells, sizeof(*cell));
	if (!cell)
		return -ENOMEM;
	lookup_init(&o->names, cell, cells, 0);
	for (i = 0; i < o->c->n_lines; i++)
		lookup_add(&o->names, name_hash(o, line[i].name), i);
	return 0;
}

static int lay_line(struct overlay *o, json_t *object)
{
	struct conf_reading *in = malloc(sizeof(*in));
	struct conf_line *line;
	uint32_t i;
	int ret;

	if (!in)
		return -ENOMEM;
	ret = conf_json_read(o->c, object, NULL, in, o->errors);
	if (ret) {
		free(in);
		return ret == -EINVAL ? 0 : ret;	/* the next one, too */
	}
	i = find(o, in->in.l.name);
	if (i != UINT32_MAX && o->c->line[i].applied) {
		conf_json_error(o->errors, in->in.l.name, "is there twice");
		conf_line_free(&in->in.l);
		free(in);
		return 0;
	}
	in->in.l.applied = true;
	if (i == UINT32_MAX) {
		i = o->c->n_lines++;
		lookup_add(&o->names, name_hash(o, in->in.l.name), i);
		o->done->added++;
	} else {
		in->in.l.in_file = true;
		conf_line_free(&o->c->line[i]);
		o->done->replaced++;
	}
	line = &o->c->line[i];
	*line = in->in.l;
	free(in);
	return 0;
}

static int lay_lines(struct overlay *o, json_t *list)
{
	json_t *object;
	size_t i;
	int ret;

	json_array_foreach(list, i, object) {
		ret = lay_line(o, object);
		if (ret)
			return ret;
	}
	return 0;
}

/* Lines of the file; one that it does not have any more is forgotten. */
static int leave_out(struct overlay *o, json_t *list)
{
	struct conf *c = o->c;
	uint32_t from, to = 0;
	json_t *name;
	size_t i;

	if (!json_array_size(list))
		return 0;
	c->removed = calloc(json_array_size(list), sizeof(*c->removed));
	if (!c->removed)
		return -ENOMEM;
	json_array_foreach(list, i, name) {
		uint32_t l;

		if (!conf_json_name(name)) {
			conf_json_error(o->errors, "", "removed: a line's name "
					"expected");
			continue;
		}
		l = find(o, json_string_value(name));
		if (l == UINT32_MAX || c->line[l].applied ||
		    !c->line[l].in_file)
			continue;
		c->line[l].in_file = false;
		c->removed[c->n_removed] = strdup(json_string_value(name));
		if (!c->removed[c->n_removed])
			return -ENOMEM;
		c->n_removed++;
		o->done->removed++;
	}
	for (from = 0; from < c->n_lines; from++)
		if (c->line[from].in_file || c->line[from].applied)
			c->line[to++] = c->line[from];
		else
			conf_line_free(&c->line[from]);
	c->n_lines = to;
	return 0;
}

static int lay(struct overlay *o, json_t *root)
{
	json_t *lines = json_object_get(root, "lines");
	json_t *removed = json_object_get(root, "removed");
	json_t *version = json_object_get(root, "version");
	int ret;

	if (!json_is_integer(version) || json_integer_value(version) != 1)
		return conf_json_error(o->errors, "", "version: 1 expected");
	if (!json_is_array(lines) || (removed && !json_is_array(removed)))
		return conf_json_error(o->errors, "", "lists lines and removed"
				       " expected");
	ret = open_names(o, json_array_size(lines));
	if (!ret)
		ret = lay_lines(o, lines);
	if (!ret)
		ret = leave_out(o, removed);
	return ret;
}

/* Brackets outside of strings; what is no JSON is found out later. */
static bool too_deep(const char *text, size_t len)
{
	bool quoted = false;
	size_t i;
	int n = 0;

	for (i = 0; i < len; i++) {
		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == '{' || text[i] == '['))
			n++;
		else if (!quoted && (text[i] == '}' || text[i] == ']'))
			n--;
		if (n > DEPTH_MAX)
			return true;
	}
	return false;
}

int conf_overlay(struct conf *c, const char *name, const char *text, size_t len,
		 struct conf_overlaid *done, char *err, size_t err_size)
{
	struct overlay o = { .c = c, .errors = json_array(), .done = done };
	json_error_t why = { .line = 0 };
	json_t *root = NULL;
	int ret;

	memset(done, 0, sizeof(*done));
	*err = '\0';
	if (!o.errors)
		return -ENOMEM;
	if (!too_deep(text, len))
		root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (root)
		ret = lay(&o, root);
	else
		ret = conf_json_error(o.errors, "", why.line > 0 ? why.text :
				      "is no JSON of ours");
	if (!ret && json_array_size(o.errors))
		ret = -EINVAL;
	if (ret == -EINVAL)
		conf_json_errors_print(o.errors, name, err, err_size);
	else if (ret)
		snprintf(err, err_size, "%s: %s", name, strerror(-ret));
	free(o.names.cell);
	json_decref(root);
	json_decref(o.errors);
	return ret;
}
