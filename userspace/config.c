/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/store.h"

static int overlay(struct conf *c, const char *name, struct config_read *r,
		   char *err)
{
	char path[sizeof(c->state_dir) + sizeof(CONFIG_STORE_OLD)];
	char *text;
	size_t len;
	int ret;

	snprintf(path, sizeof(path), "%s/%s", c->state_dir, name);
	ret = store_read(c->state_dir, name, CONF_OVERLAY_MAX, &text, &len);
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

int config_load(struct conf *c, const char *path, bool strict,
		struct config_read *r)
{
	static const char *const names[] = { CONFIG_STORE, CONFIG_STORE_OLD };
	char err[CONFIG_ERR_MAX];
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
		if (!*c->state_dir)
			return 0;
		if (i == 2) {
			r->source = CONFIG_STORE_IGNORED;
			return 0;
		}
		ret = overlay(c, names[i], r, i ? err : r->err);
		if (!ret) {
			r->source = i ? CONFIG_STORED_OLD : CONFIG_STORED;
			return 0;
		}
		/* Not one that was never there, or cannot be yet. */
		if (!i && ret == -ENOENT) {
			r->source = CONFIG_FILE;
			*r->err = '\0';
			return 0;
		}
		conf_free(c);
		if (strict || ret == -ENOMEM)
			return ret == -ENOMEM ? ret : -EINVAL;
	}
	return 0;
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
