/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/store.h"

static int overlay(struct conf *c, const char *dir, const char *name,
		   struct config_read *r, char *err)
{
	char path[sizeof(c->state_dir) + sizeof(CONFIG_STORE_OLD)];
	char *text;
	size_t len;
	int ret;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ret = store_read(dir, name, CONF_OVERLAY_MAX, &text, &len);
	if (ret) {
		if (ret != -ENOENT)
			snprintf(err, CONFIG_ERR_MAX, "%s: %s", path,
				 strerror(-ret));
		return ret;
	}
	ret = conf_overlay(c, path, text, len, &r->done, err, CONFIG_ERR_MAX);
	free(text);
	return ret;
}

/* The first line of why. */
static void tell(struct conf *c, enum config_source source,
		 const struct config_read *r)
{
	c->source = (uint8_t)source;
	snprintf(c->source_error, sizeof(c->source_error), "%.*s",
		 (int)strcspn(r->err, "\n"), r->err);
}

static int load(struct conf *c, const char *path, const char *state_dir,
		bool strict, struct config_read *r)
{
	static const char *const names[] = { CONFIG_STORE, CONFIG_STORE_OLD };
	char err[CONFIG_ERR_MAX] = "";
	const char *dir;
	size_t i;
	int ret;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < 3; i++) {
		/* What a broken one has begun is undone by reading anew. */
		ret = conf_load(c, path, NULL, i ? err : r->err,
				CONFIG_ERR_MAX);
		if (ret) {
			memcpy(r->err, err, i ? sizeof(err) : 0);
			return ret;
		}
		dir = state_dir ? state_dir : c->state_dir;
		if (!*dir)
			return 0;
		if (i == 2) {
			tell(c, CONFIG_STORE_IGNORED, r);
			return 0;
		}
		ret = overlay(c, dir, names[i], r, i ? err : r->err);
		if (!ret) {
			tell(c, i ? CONFIG_STORED_OLD : CONFIG_STORED, r);
			return 0;
		}
		if (!i && ret == -ENOENT)
			return 0;
		conf_free(c);
		if (strict || ret == -ENOMEM)
			return ret == -ENOMEM ? ret : -EINVAL;
	}
	return 0;
}

struct loading {
	struct conf *c;
	const char *path, *state_dir;
	bool strict;
	struct config_read *r;
	int ret;
};

static void *load_apart(void *loading)
{
	struct loading *l = loading;

	l->ret = load(l->c, l->path, l->state_dir, l->strict, l->r);
	return NULL;
}

/*
 * By a thread, which is waited for: glibc's malloc gives it memory of its own.
 * The tree of a large file takes a hundred times what is kept of it, and what
 * is allocated later would lie strewn over its pages: twice as much for a line.
 */
int config_load(struct conf *c, const char *path, const char *state_dir,
		bool strict, struct config_read *r)
{
	struct loading l = { c, path, state_dir, strict, r, 0 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, load_apart, &l))
		load_apart(&l);
	else
		pthread_join(thread, NULL);
	return l.ret;
}

const char *config_source_name(enum config_source source)
{
	switch (source) {
	case CONFIG_FILE:
		return "file";
	case CONFIG_STORED:
		return "lines.json";
	case CONFIG_STORED_OLD:
		return "lines.json.old";
	case CONFIG_STORE_IGNORED:
		return "ignored";
	}
	return "";
}
