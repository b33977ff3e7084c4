/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What config_apply is given, and lines.json: of the running configuration
 * nothing changes by being asked; what is accepted is written as an overlay that
 * can be read again and comes to the same lines; no error is without its words,
 * and no secret is told.
 */
#include "fuzz.h"

#include <errno.h>

#include "codec/conf_json.h"
#include "codec/conf_json_apply.h"
#include "codec/conf_json_overlay.h"

#define SECRET "geheimnis"

static const char file[] =
	"line a { user = a password = '" SECRET "'\n"
	"server { address = 192.0.2.1 }\nserver { address = pbx.example.com } }\n"
	"line 'b c' { user = b profile = yealink display = x\n"
	"outbound_proxy { address = 192.0.2.2 } server { address = r.example } }\n"
	"line d { user = d server { address = 192.0.2.1 transport = tls } }\n";

static void load(struct conf *c)
{
	char err[256];

	must(!conf_load(c, "f", file, err, sizeof(err)));
}

static uint32_t find(void *ctx, const char *name)
{
	const struct conf *c = ctx;
	uint32_t i;

	for (i = 0; i < c->n_lines; i++)
		if (strcmp(c->line[i].name, name) == 0)
			return i;
	return CONF_NEW;
}

static void check_errors(json_t *errors)
{
	json_t *o;
	size_t i;

	must(json_array_size(errors) > 0);
	json_array_foreach(errors, i, o) {
		const char *said = json_string_value(
			json_object_get(o, "message"));
		json_t *section = json_object_get(o, "section");

		must(json_is_string(json_object_get(o, "line")));
		must(said && *said);
		must(!json_object_get(o, "index") || json_is_string(section));
	}
}

static void check_line(struct conf *c, const struct conf_line *l)
{
	const char *text;
	json_t *told;
	char *dump;

	must(*l->name && *l->user && *l->domain && l->n_servers);
	for (text = l->text; *text; text++)
		must((unsigned char)*text >= ' ');
	told = conf_json_line(c, l);
	must(told != NULL);
	dump = json_dumps(json_object_get(told, "set"), 0);
	must(!*l->password || strcmp(l->password, SECRET) != 0 ||
	     strcmp(l->name, "a") != 0 || strcmp(l->display, SECRET) == 0 ||
	     !strstr(dump, "\"password\""));
	free(dump);
	json_decref(told);
}

/* As the daemon stores it. */
static char *stored(const struct conf_delta *d, size_t *len)
{
	struct conf_overlay_writer w;
	char *text = NULL;
	uint32_t i;

	must(!conf_overlay_begin(&w));
	for (i = 0; i < d->n; i++)
		conf_overlay_line(&w, d->line[i].line.text);
	for (i = 0; i < d->n_removed; i++)
		conf_overlay_removed(&w, d->removed[i]);
	must(!conf_overlay_end(&w, &text, len));
	return text;
}

static void check_delta(struct conf *now, const struct conf_delta *d)
{
	struct conf view = *now, again;
	struct conf_overlaid done;
	char err[1024], *text;
	uint32_t i, at;
	size_t len;

	view.host = d->host;
	view.n_hosts = d->n_hosts;
	for (i = 0; i < d->n; i++)
		check_line(&view, &d->line[i].line);
	must(view.n_hosts == d->n_hosts);
	text = stored(d, &len);
	load(&again);
	if (conf_overlay(&again, "s", text, len, &done, err, sizeof(err))) {
		fprintf(stderr, "%s\n%s\n", err, text);
		must(!"what was accepted can be read again");
	}
	must(again.n_lines == now->n_lines + done.added - done.removed);
	must(done.removed == d->n_gone);
	for (i = 0; i < d->n; i++) {
		at = find(&again, d->line[i].line.name);
		must(at != CONF_NEW);
		must(!strcmp(again.line[at].text, d->line[i].line.text));
		must(!strcmp(again.line[at].password,
			     d->line[i].line.password));
	}
	conf_free(&again);
	free(text);
}

static void apply(struct conf *now, const char *text, size_t size)
{
	json_t *params = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	json_t *errors = json_array();
	uint64_t revision = conf_revision(now);
	uint32_t hosts = now->n_hosts;
	struct conf_apply in;
	struct conf_delta d;
	const char *why;
	int ret;

	if (!params || !json_is_object(params)) {
		json_decref(params);
		json_decref(errors);
		return;
	}
	ret = conf_apply_read(&in, &d, now, params, find, now, errors, &why);
	must(conf_revision(now) == revision && now->n_hosts == hosts);
	if (!ret) {
		must(!json_array_size(errors) && in.revision);
		check_delta(now, &d);
		conf_delta_free(&d);
	} else if (ret == -EINVAL) {
		check_errors(errors);
	} else {
		must(ret == -EPROTO && why && *why);
	}
	json_decref(errors);
	json_decref(params);
}

static void overlay(const char *text, size_t size)
{
	struct conf_overlaid done;
	struct conf c;
	char err[512];
	int ret;

	load(&c);
	ret = conf_overlay(&c, "s", text, size, &done, err, sizeof(err));
	must(ret == 0 || ret == -EINVAL);
	must(!ret == !*err);
	must(ret || c.n_lines == 3 + done.added - done.removed);
	conf_free(&c);
}

/* The first byte says which. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf now;	/* nothing changes it */
	char *text;

	if (!size)
		return 0;
	if (!now.n_lines)
		load(&now);
	text = exact_copy(data + 1, size - 1);
	if (data[0] & 1)
		overlay(text, size - 1);
	else
		apply(&now, text, size - 1);
	free(text);
	return 0;
}
