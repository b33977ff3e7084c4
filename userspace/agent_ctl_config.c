/* SPDX-License-Identifier: BSD-2-Clause */
/* The control methods config, config_apply and reload. */
#include "agent_ctl_config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_config.h"
#include "agent_ctl_notify.h"
#include "codec/conf_json.h"
#include "codec/conf_json_apply.h"
#include "config.h"
#include "io/log.h"
#include "io/service.h"
#include "io/store.h"

#define RESTART_MAX (CONF_TOP_KEYS + 2)

static void print_revision(const struct agent *a, char text[17])
{
	snprintf(text, 17, "%016" PRIx64, conf_revision(a->conf));
}

json_t *config_json(struct agent *a)
{
	char revision[17];

	print_revision(a, revision);
	return json_pack("{s:s, s:o}", "revision", revision, "keys",
			 conf_json_keys());
}

json_t *config_line_json(struct agent *a, uint32_t i, bool *there)
{
	const struct conf_line *line = &a->conf->line[i];

	*there = line->text != NULL;
	return *there ? conf_json_line(a->conf, line) : NULL;
}

static json_t *wrong(struct config_error *e, int code, const char *message,
		     json_t *data)
{
	e->code = code;
	e->message = message;
	e->data = data;
	return NULL;
}

/* ---- what it comes to ---- */

/* Before it is carried out. */
static json_t *names_json(const struct agent *a, const struct conf_delta *d)
{
	json_t *changed = json_array(), *added = json_array();
	json_t *removed = json_array();
	uint32_t i;

	for (i = 0; i < d->n; i++) {
		const struct conf_delta_line *l = &d->line[i];
		bool new = l->slot == CONF_NEW || !a->conf->line[l->slot].text;

		if (!l->same)
			json_array_append_new(new ? added : changed,
				conf_json_string(l->line.name));
	}
	for (i = 0; i < d->n_gone; i++)
		json_array_append_new(removed, conf_json_string(
				a->conf->line[d->gone[i]].name));
	return json_pack("{s:o, s:o, s:o}", "changed", changed, "added", added,
			 "removed", removed);
}

static void commit(struct agent *a, struct conf_delta *d, json_t *result,
		   const char *by)
{
	bool changes = config_changes(d);
	char revision[17];

	log_info("config %s changed=%zu added=%zu removed=%zu", by,
		 json_array_size(json_object_get(result, "changed")),
		 json_array_size(json_object_get(result, "added")),
		 json_array_size(json_object_get(result, "removed")));
	config_commit(a, d);
	print_revision(a, revision);
	json_object_set_new(result, "revision", json_string(revision));
	if (changes)
		notify_config(a, result);
}

/* ---- apply ---- */

/* lines.json as it will be. */
static int overlay_text(const struct agent *a, const struct conf_delta *d,
			char **text, size_t *len)
{
	bool *other = calloc(a->conf->n_lines + 1, sizeof(*other));
	struct conf_overlay_writer w;
	uint32_t i;

	if (!other || conf_overlay_begin(&w)) {
		free(other);
		return -ENOMEM;
	}
	for (i = 0; i < d->n_gone; i++)
		other[d->gone[i]] = true;
	for (i = 0; i < d->n; i++)
		if (d->line[i].slot != CONF_NEW)
			other[d->line[i].slot] = true;
	for (i = 0; i < a->conf->n_lines; i++)
		if (!other[i] && a->conf->line[i].text &&
		    a->conf->line[i].applied)
			conf_overlay_line(&w, a->conf->line[i].text);
	for (i = 0; i < d->n; i++)
		conf_overlay_line(&w, d->line[i].line.text);
	for (i = 0; i < d->n_removed; i++)
		conf_overlay_removed(&w, d->removed[i]);
	free(other);
	return conf_overlay_end(&w, text, len);
}

static json_t *store(struct agent *a, const struct conf_delta *d,
		     struct config_error *e, json_t *result)
{
	const char *dir = a->conf->state_dir;
	char *text = NULL;
	size_t len;
	int ret;

	if (!*dir) {
		json_decref(result);
		return wrong(e, CTL_E_STORE, "state_dir is empty: nothing can "
			     "be stored", NULL);
	}
	ret = overlay_text(a, d, &text, &len);
	if (!ret)
		ret = store_write(dir, CONFIG_STORE, text, len);
	free(text);
	if (ret == -EINPROGRESS) {
		log_warning("config path=%s/" CONFIG_STORE ": it may be the old"
			    " one after a loss of power", dir);
		ret = 0;
	}
	if (!ret) {
		a->conf->source = CONFIG_STORED;
		*a->conf->source_error = '\0';
		return result;
	}
	json_decref(result);
	snprintf(e->text, sizeof(e->text), "%s/" CONFIG_STORE ": %s", dir,
		 strerror(-ret));
	log_error("config not stored path=%s", e->text);
	return wrong(e, CTL_E_STORE, e->text, NULL);
}

static json_t *apply(struct agent *a, struct conf_delta *d, bool dry_run,
		     struct config_error *e)
{
	json_t *result = names_json(a, d);
	char why[TLS_WHY_MAX] = "", revision[17];
	int ret;

	if (!result)
		return NULL;
	ret = dry_run ? config_try(a, d, why) : config_prepare(a, d, why);
	if (ret) {
		json_decref(result);
		if (ret == -ENOMEM)
			return NULL;
		snprintf(e->text, sizeof(e->text), "%s", *why ? why :
			 strerror(-ret));
		return wrong(e, CTL_E_STATE, e->text, NULL);
	}
	if (!dry_run)
		result = store(a, d, e, result);
	if (!result)
		return NULL;
	if (!dry_run) {
		commit(a, d, result, "applied");
	} else {
		print_revision(a, revision);
		json_object_set_new(result, "revision", json_string(revision));
	}
	return result;
}

json_t *config_apply(struct agent *a, json_t *params, struct config_error *e)
{
	json_t *errors = json_array(), *result = NULL;
	const char *why = "";
	char revision[17];
	struct conf_apply in;
	struct conf_delta d;
	int ret;

	if (a->stopping) {
		json_decref(errors);
		return wrong(e, CTL_E_STATE, "the daemon is ending", NULL);
	}
	ret = conf_apply_read(&in, &d, a->conf, params, config_find, a, errors,
			      &why);
	print_revision(a, revision);
	/* Who saw something else is told so first: what is wrong may not be
	 * the mistake. */
	if ((!ret || ret == -EINVAL) && strcmp(in.revision, revision) != 0) {
		wrong(e, CTL_E_CONFLICT, "the configuration has changed",
		      json_pack("{s:s}", "revision", revision));
		if (!ret)
			conf_delta_free(&d);
	} else if (ret == -EINVAL) {
		wrong(e, CTL_E_INVALID, "the configuration is wrong",
		      json_pack("{s:O}", "errors", errors));
	} else if (ret == -EPROTO) {
		wrong(e, CTL_E_PARAMS, why, NULL);
	} else if (!ret) {
		result = apply(a, &d, in.dry_run, e);
		conf_delta_free(&d);
	}
	json_decref(errors);
	return result;
}

/* ---- reload ---- */

static json_t *restart_json(const struct conf *now, const struct conf *next)
{
	const char *name[RESTART_MAX];
	unsigned int n = conf_top_differs(now, next, name, RESTART_MAX), i;
	json_t *list = json_array();

	for (i = 0; i < n; i++) {
		log_warning("config key=%s needs a restart", name[i]);
		json_array_append_new(list, json_string(name[i]));
	}
	return list;
}

static json_t *reload(struct agent *a, struct conf *next,
		      struct config_error *e)
{
	char why[TLS_WHY_MAX] = "";
	json_t *result = NULL;
	struct conf_delta d;
	int ret;

	ret = conf_delta_open(&d, a->conf);
	if (!ret)
		ret = conf_delta_reload(&d, a->conf, next, config_find, a);
	if (!ret)
		ret = config_prepare(a, &d, why);
	if (!ret)
		result = names_json(a, &d);
	if (result) {
		if (next->log_level != a->conf->log_level) {
			a->conf->log_level = next->log_level;
			log_set_level((enum log_level)next->log_level);
		}
		a->conf->source = next->source;
		*a->conf->source_error = '\0';
		commit(a, &d, result, "reloaded");
		json_object_set_new(result, "restart",
				    restart_json(a->conf, next));
	} else if (ret && ret != -ENOMEM) {
		snprintf(e->text, sizeof(e->text), "%s", *why ? why :
			 strerror(-ret));
		wrong(e, CTL_E_STATE, e->text, NULL);
	}
	conf_delta_free(&d);
	return result;
}

static json_t *read_again(struct agent *a, struct config_error *e)
{
	struct config_read *r;
	struct conf next;
	json_t *result;
	int ret;

	r = malloc(sizeof(*r));
	if (!r)
		return NULL;
	ret = config_load(&next, a->conf->path, a->conf->state_dir, true, r);
	if (ret == -ENOMEM) {
		free(r);
		return NULL;
	}
	if (ret) {
		char *line, *save = NULL;

		wrong(e, CTL_E_INVALID, "the configuration is wrong",
		      json_pack("{s:o}", "text", conf_json_string(r->err)));
		for (line = strtok_r(r->err, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			log_error("config refused %s", line);
		free(r);
		return NULL;
	}
	free(r);
	result = reload(a, &next, e);
	conf_free(&next);
	return result;
}

json_t *config_reload(struct agent *a, struct config_error *e)
{
	json_t *result;

	if (a->stopping)
		return wrong(e, CTL_E_STATE, "the daemon is ending", NULL);
	if (!*a->conf->path)
		return wrong(e, CTL_E_STATE, "there is no file to be read",
			     NULL);
	/* "systemctl reload" ends when it is over, whatever came of it. */
	service_reloading();
	result = read_again(a, e);
	service_ready();
	return result;
}

void config_hangup(struct agent *a)
{
	struct config_error e = { .code = 0 };
	json_t *result = config_reload(a, &e);

	if (!result && e.code != CTL_E_INVALID)
		log_error("config not reloaded: %s", e.code ? e.message :
			  "out of memory");
	json_decref(e.data);
	json_decref(result);
}
