// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_codes.h"
#include "conf_json_text.h"

/* Where a value stands, as conf_error() is told: section and key.  Section 0 is
 * the line itself, then its hops. */
#define SECTION 64
#define WHOLE 1			/* the section */
#define KEY(i) ((unsigned int)(i) + 2)
#define PROFILE KEY(CONF_LINE_KEYS)

_Static_assert(PROFILE < SECTION, "all keys have a place");

/* ---- errors ---- */

static int error_at(json_t *errors, const char *line, const char *section,
		    int index, const char *key, const char *message)
{
	json_t *o = json_object();
	bool good;

	good = !json_object_set_new(o, "line", conf_json_string(line));
	if (section)
		good = !json_object_set_new(o, "section",
					    json_string(section)) && good;
	if (index >= 0)
		good = !json_object_set_new(o, "index", json_integer(index)) &&
		       good;
	if (key)
		good = !json_object_set_new(o, "key", conf_json_string(key)) &&
		       good;
	good = !json_object_set_new(o, "message", conf_json_string(message)) &&
	       good;
	return json_array_append_new(errors, o) || !good ? -ENOMEM : 0;
}

int conf_json_error(json_t *errors, const char *line, const char *message)
{
	return error_at(errors, line, NULL, -1, NULL, message);
}

/* What conf_line_read() found, without the name of the key before it. */
static int take_errors(json_t *errors, const struct conf_raw *raw,
		       const struct conf_errors *e)
{
	unsigned int i, n = e->n < CONF_ERRORS_MAX ? e->n : CONF_ERRORS_MAX;
	int ret = 0;

	for (i = 0; !ret && i < n; i++) {
		unsigned int section = e->error[i].line / SECTION;
		unsigned int place = e->error[i].line % SECTION, h;
		const char *message = e->error[i].text, *key = NULL;
		const char *kind = "line";
		int index = -1;
		size_t len;

		if (section) {
			bool proxy = raw->hop[section - 1].proxy;

			kind = proxy ? "outbound_proxy" : "server";
			for (h = 0; h < section; h++)
				index += raw->hop[h].proxy == proxy;
		}
		if (place == PROFILE && !section)
			key = conf_profile_key.name;
		else if (place >= KEY(0))
			key = section ? conf_hop_keys(raw->hop[section - 1].proxy)
				[place - KEY(0)].name :
				conf_line_keys[place - KEY(0)].name;
		len = key ? strlen(key) : strlen(kind);
		if (strncmp(message, key ? key : kind, len) == 0 &&
		    strncmp(message + len, ": ", 2) == 0)
			message += len + 2;
		/* It belongs at its field. */
		if (!key && strcmp(message, "user is missing") == 0)
			key = "user";
		if (!key && strcmp(message, "address is missing") == 0)
			key = "address";
		ret = error_at(errors, raw->name, kind, index, key, message);
	}
	return ret;
}

void conf_json_errors_print(json_t *errors, const char *name, char *err,
			    size_t size)
{
	json_t *o;
	size_t i, at = 0;
	int len;

	*err = '\0';
	json_array_foreach(errors, i, o) {
		const char *line = json_string_value(json_object_get(o, "line"));
		const char *section = json_string_value(
			json_object_get(o, "section"));
		json_t *index = json_object_get(o, "index");
		const char *key = json_string_value(json_object_get(o, "key"));
		char where[48] = "";

		if (index)
			snprintf(where, sizeof(where), ", %.20s %d", section,
				 (int)json_integer_value(index) + 1);
		len = snprintf(err + at, size - at, "%s%s: %s%s%s%s%s: %s",
			       i ? "\n" : "", name,
			       line && *line ? "line " : "",
			       line && *line ? line : "the file", where,
			       key ? ", " : "", key ? key : "",
			       json_string_value(json_object_get(o, "message")));
		if (len < 0 || (size_t)len >= size - at) {
			err[at] = '\0';
			return;
		}
		at += (size_t)len;
	}
}

/* ---- JSON to a line ---- */

static bool is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

bool conf_json_name(const json_t *name)
{
	const char *s = json_string_value(name);

	return s && *s && strlen(s) < CONF_NAME_MAX && is_plain(s);
}

/* What the value of a key is as text; NULL with *wrong. */
static const char *text_of(struct conf_json_raw *r, const struct conf_key *k,
			   const json_t *v, const char **wrong)
{
	char *number;

	switch (k->kind) {
	case CONF_NUMBER:
		*wrong = "a number expected";
		if (!json_is_integer(v) || r->n_numbers == CONF_JSON_NUMBERS)
			return NULL;
		number = r->number[r->n_numbers++];
		snprintf(number, sizeof(r->number[0]), "%lld",
			 (long long)json_integer_value(v));
		return number;
	case CONF_BOOL:
		*wrong = "true or false expected";
		if (!json_is_boolean(v))
			return NULL;
		return json_is_true(v) ? "true" : "false";
	case CONF_STRING:
	case CONF_CHOICE:
	case CONF_CODES:
		break;
	}
	*wrong = "a string expected";
	if (!json_is_string(v))
		return NULL;
	*wrong = "has a control character";
	return is_plain(json_string_value(v)) ? json_string_value(v) : NULL;
}

struct section {
	const char *line, *name;
	int index;
	unsigned int at;	/* of the section */
	const struct conf_key *keys;
	size_t n;
	struct conf_value *value;
};

static const struct conf_key *find_key(const struct section *s,
				       const char *name, size_t *i)
{
	for (*i = 0; *i < s->n; ++*i)
		if (strcmp(s->keys[*i].name, name) == 0)
			return &s->keys[*i];
	return NULL;
}

static int read_section(struct conf_json_raw *r, const struct section *s,
			json_t *o, json_t *errors)
{
	const char *name, *wrong = NULL;
	json_t *v;
	int ret = 0;

	if (!json_is_object(o))
		return error_at(errors, s->line, s->name, s->index, NULL,
				"an object expected");
	json_object_foreach(o, name, v) {
		const struct conf_key *k;
		struct conf_value *value;
		unsigned int at;
		size_t i;

		k = find_key(s, name, &i);
		value = &s->value[i];
		at = s->at + KEY(i);
		if (!k && !s->at && strcmp(name, conf_profile_key.name) == 0) {
			k = &conf_profile_key;
			value = &r->raw.profile;
			at = PROFILE;
		}
		if (k && json_is_null(v))
			continue;
		if (k)
			value->text = text_of(r, k, v, &wrong);
		if (k && value->text)
			value->at = at;
		else
			ret = error_at(errors, s->line, s->name, s->index,
				       name, k ? wrong : "there is no such key");
		if (ret)
			return ret;
	}
	return 0;
}

static int read_hops(struct conf_json_raw *r, json_t *list, bool proxy,
		     json_t *errors)
{
	struct section s = {
		.line = r->raw.name,
		.name = proxy ? "outbound_proxy" : "server",
		.keys = conf_hop_keys(proxy),
		.n = CONF_SERVER_KEYS,
	};
	json_t *o;
	size_t i;
	int ret;

	if (!list || json_is_null(list))
		return 0;
	if (!json_is_array(list))
		return error_at(errors, s.line, s.name, -1, NULL,
				"a list expected");
	json_array_foreach(list, i, o) {
		struct conf_raw_hop *hop = &r->raw.hop[r->raw.n_hops];

		if (i > FO_SERVERS_MAX)
			break;
		r->raw.n_hops++;
		s.index = (int)i;
		s.at = r->raw.n_hops * SECTION;
		s.value = hop->value;
		hop->proxy = proxy;
		hop->at = s.at + WHOLE;
		ret = read_section(r, &s, o, errors);
		if (ret)
			return ret;
	}
	return 0;
}

/* A password that was not given is the old one; null is none. */
static int keep_password(struct conf_json_raw *r, json_t *set,
			 const char *before, json_t **kept)
{
	json_t *given = json_object_get(set, "password"), *password;
	struct section s = { .keys = conf_line_keys, .n = CONF_LINE_KEYS };
	size_t i;

	if (given || !before || !find_key(&s, "password", &i))
		return 0;
	*kept = json_loads(before, 0, NULL);
	if (!*kept)
		return -ENOMEM;
	password = json_object_get(json_object_get(*kept, "set"), "password");
	if (!password)
		return 0;
	r->raw.value[i].text = json_string_value(password);
	r->raw.value[i].at = KEY(i);
	return 0;
}

int conf_json_raw(struct conf_json_raw *r, json_t *o, const char *before,
		  json_t **kept, json_t *errors)
{
	struct section s = {
		.name = "line", .index = -1, .keys = conf_line_keys,
		.n = CONF_LINE_KEYS, .value = r->raw.value,
	};
	json_t *name = json_object_get(o, "name"), *v;
	const char *member;
	int ret = 0;

	memset(r, 0, sizeof(*r));
	*kept = NULL;
	r->raw.at = WHOLE;
	r->raw.name = "";
	if (!conf_json_name(name))
		return conf_json_error(errors, "", "a line's name must be a "
				       "string of 1 to 63 bytes without control"
				       " characters");
	r->raw.name = s.line = json_string_value(name);
	json_object_foreach(o, member, v)
		if (!ret && strcmp(member, "name") != 0 &&
		    strcmp(member, "set") != 0 &&
		    strcmp(member, "servers") != 0 &&
		    strcmp(member, "outbound_proxies") != 0)
			ret = error_at(errors, s.line, "line", -1, member,
				       "there is no such member of a line");
	if (!ret)
		ret = read_section(r, &s, json_object_get(o, "set"), errors);
	if (!ret)
		ret = read_hops(r, json_object_get(o, "servers"), false,
				errors);
	if (!ret)
		ret = read_hops(r, json_object_get(o, "outbound_proxies"), true,
				errors);
	if (!ret)
		ret = keep_password(r, json_object_get(o, "set"), before, kept);
	return ret;
}

int conf_json_read(struct conf *c, json_t *o, const char *before,
		   struct conf_reading *out, json_t *errors)
{
	size_t wrong = json_array_size(errors);
	struct conf_json_raw *r = malloc(sizeof(*r));
	struct conf_errors e = { .n = 0 };
	json_t *kept = NULL;
	int ret;

	memset(out, 0, sizeof(*out));
	if (!r)
		return -ENOMEM;
	ret = conf_json_raw(r, o, before, &kept, errors);
	/* A second reason for the same mistake is of no use. */
	if (!ret && json_array_size(errors) == wrong) {
		ret = conf_line_read(c, &r->raw, out, &e);
		if (!ret)
			ret = take_errors(errors, &r->raw, &e);
	}
	if (!ret && json_array_size(errors) != wrong)
		ret = -EINVAL;
	if (!ret) {
		out->in.l.text = conf_json_text(&r->raw);
		if (!out->in.l.text)
			ret = -ENOMEM;
	}
	if (ret)
		conf_line_free(&out->in.l);
	json_decref(kept);
	free(r);
	return ret;
}

/* ---- a line to JSON ---- */

static uint32_t integer_of(const struct conf_key *k, const void *base)
{
	const char *field = (const char *)base + k->off;
	uint16_t v16;
	uint32_t v;

	if (k->size == sizeof(uint8_t))
		return *(const uint8_t *)field;
	if (k->size == sizeof(uint16_t)) {
		memcpy(&v16, field, sizeof(v16));
		return k->inherit && v16 == UINT16_MAX ? UINT32_MAX : v16;
	}
	memcpy(&v, field, sizeof(v));
	return v;
}

/* The value that a field has; NULL: none to be told, or no memory. */
static json_t *field_json(const struct conf_key *k, const void *base)
{
	const char *field = (const char *)base + k->off;
	const struct conf_choice *c;
	char text[CONF_CODES_TEXT];
	uint32_t v;

	if (k->secret)
		return NULL;
	switch (k->kind) {
	case CONF_STRING:
		return conf_json_string(field);
	case CONF_NUMBER:
		v = integer_of(k, base);
		return json_integer(k->inherit && v == UINT32_MAX ? -1 :
				    (json_int_t)v);
	case CONF_BOOL:
		return json_boolean(integer_of(k, base));
	case CONF_CHOICE:
		v = integer_of(k, base);
		for (c = k->choices; c->text; c++)
			if (c->value == v)
				return json_string(c->text);
		return NULL;
	case CONF_CODES:
		conf_codes_print((const struct codes *)field, text);
		return json_string(text);
	}
	return NULL;
}

/* What a key may be: udp, not 0. */
static json_t *choices_json(const struct conf_key *k)
{
	const struct conf_choice *c, *first;
	json_t *list = json_array();

	for (c = k->choices; c->text; c++) {
		if (c->value == CONF_TRANSPORT_2 || c->value == CONF_TRANSPORT_3)
			continue;
		for (first = k->choices; first->value != c->value; first++)
			;
		if (first == c)
			json_array_append_new(list, json_string(c->text));
	}
	return list;
}

static const char *type_name(const struct conf_key *k)
{
	switch (k->kind) {
	case CONF_STRING:
		return k->secret ? "secret" : k->host ? "host" : "text";
	case CONF_NUMBER:
		return "number";
	case CONF_BOOL:
		return "flag";
	case CONF_CHOICE:
		return "choice";
	case CONF_CODES:
		return "codes";
	}
	return "";
}

static json_t *key_json(const struct conf_key *k, const void *fanvil,
			const void *yealink)
{
	json_t *o = json_object(), *fallback;

	json_object_set_new(o, "name", json_string(k->name));
	json_object_set_new(o, "type", json_string(type_name(k)));
	if (k->kind == CONF_NUMBER) {
		json_object_set_new(o, "min", json_integer(k->inherit ? -1 :
					    (json_int_t)k->min));
		json_object_set_new(o, "max", json_integer(k->max));
	} else if (k->kind == CONF_STRING) {
		/* lengths */
		json_object_set_new(o, "min", json_integer(k->min));
		json_object_set_new(o, "max",
				    json_integer((json_int_t)k->size - 1));
	} else if (k->kind == CONF_CHOICE) {
		json_object_set_new(o, "choices", choices_json(k));
	}
	if (k->unit && *k->unit)
		json_object_set_new(o, "unit", json_string(k->unit));
	if (k->help)
		json_object_set_new(o, "help", json_string(k->help));
	if (k->rows && *k->rows)
		json_object_set_new(o, "rows", json_string(k->rows));
	if (k->secret || (k->kind == CONF_STRING && k->min))
		return o;	/* nothing in particular */
	fallback = json_object();
	json_object_set_new(fallback, "fanvil", field_json(k, fanvil));
	json_object_set_new(fallback, "yealink", field_json(k, yealink));
	json_object_set_new(o, "default", fallback);
	return o;
}

json_t *conf_json_keys(void)
{
	struct conf_line_in line[2];
	struct conf_server_in hop[2];
	json_t *o = json_object(), *list = json_array();
	size_t i;
	int proxy;

	conf_line_defaults(&line[0], CONF_PROFILE_FANVIL);
	conf_line_defaults(&line[1], CONF_PROFILE_YEALINK);
	json_array_append_new(list, key_json(&conf_profile_key, &line[0],
					     &line[0]));
	for (i = 0; i < CONF_LINE_KEYS; i++)
		json_array_append_new(list, key_json(&conf_line_keys[i],
						     &line[0], &line[1]));
	json_object_set_new(o, "line", list);
	for (proxy = 0; proxy < 2; proxy++) {
		conf_hop_defaults(&hop[0], &line[0], proxy);
		conf_hop_defaults(&hop[1], &line[1], proxy);
		list = json_array();
		for (i = 0; i < CONF_SERVER_KEYS; i++)
			json_array_append_new(list,
				key_json(&conf_hop_keys(proxy)[i], &hop[0],
					 &hop[1]));
		json_object_set_new(o, proxy ? "outbound_proxy" : "server",
				    list);
	}
	return o;
}

/* Of a name without port or transport its records say them. */
static bool is_unknown(const struct conf_key *k, const struct conf_raw_hop *hop,
		       size_t i, bool named)
{
	return named && !hop->value[i].text &&
	       (strcmp(k->name, "port") == 0 ||
		strcmp(k->name, "transport") == 0);
}

static json_t *hop_json(json_t *set, const struct conf_raw_hop *hop,
			const struct conf_server_in *in)
{
	const struct conf_key *keys = conf_hop_keys(hop->proxy);
	json_t *values = json_object();
	struct addr addr;
	bool named;
	size_t i;

	named = addr_parse(&addr, in->address, 5060, TRANSPORT_UDP) < 0;
	for (i = 0; i < CONF_SERVER_KEYS; i++) {
		if (is_unknown(&keys[i], hop, i, named) ||
		    (keys[i].kind == CONF_STRING &&
		     !((const char *)in)[keys[i].off]))
			continue;
		json_object_set_new(values, keys[i].name,
				    field_json(&keys[i], in));
	}
	return json_pack("{s:O, s:o}", "set", set, "values", values);
}

static json_t *values_json(const struct conf_line_in *in)
{
	json_t *values = json_object();
	size_t i;

	json_object_set_new(values, conf_profile_key.name,
			    field_json(&conf_profile_key, in));
	for (i = 0; i < CONF_LINE_KEYS; i++)
		if (!conf_line_keys[i].secret)
			json_object_set_new(values, conf_line_keys[i].name,
					    field_json(&conf_line_keys[i], in));
	return values;
}

/* o: the line's text, whose secrets go. */
static json_t *told(json_t *o, const struct conf_line *line,
		    const struct conf_raw *raw, const struct conf_reading *in)
{
	json_t *set = json_object_get(o, "set");
	json_t *servers = json_array(), *proxies = json_array();
	size_t n[2] = { 0, 0 };
	uint8_t i;

	json_object_del(set, "password");
	for (i = 0; i < raw->n_hops; i++) {
		bool proxy = raw->hop[i].proxy;
		json_t *from = json_object_get(o, proxy ? "outbound_proxies" :
					       "servers");

		json_array_append_new(proxy ? proxies : servers,
				      hop_json(json_array_get(from, n[proxy]++),
					       &raw->hop[i], &in->hop[i]));
	}
	return json_pack("{s:O, s:s, s:O, s:o, s:b, s:o, s:o}",
			 "name", json_object_get(o, "name"),
			 "origin", line->applied ? "applied" : "file",
			 "set", set, "values", values_json(&in->in),
			 "password_set", *line->password != '\0',
			 "servers", servers, "outbound_proxies", proxies);
}

json_t *conf_json_line(struct conf *c, const struct conf_line *line)
{
	struct conf_json_raw *r = malloc(sizeof(*r));
	struct conf_reading *in = calloc(1, sizeof(*in));
	json_t *o = json_loads(line->text, 0, NULL), *errors = json_array();
	json_t *kept = NULL, *result = NULL;
	struct conf_errors e = { .n = 0 };

	/* It was read before: nothing is wrong, and its hosts are there. */
	if (r && in && o && errors &&
	    !conf_json_raw(r, o, NULL, &kept, errors) &&
	    !conf_line_read(c, &r->raw, in, &e))
		result = told(o, line, &r->raw, in);
	if (in)
		conf_line_free(&in->in.l);
	json_decref(kept);
	json_decref(errors);
	json_decref(o);
	free(in);
	free(r);
	return result;
}
