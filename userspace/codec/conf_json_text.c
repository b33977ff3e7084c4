// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_json_text.h"

#include <stdlib.h>
#include <string.h>

#include "conf_json.h"

/* A file may hold bytes that are no UTF-8: each becomes the character of its
 * number, so that other bytes are another text. */
json_t *conf_json_string(const char *text)
{
	json_t *string = json_string(text);
	size_t n = 0;
	char *utf8;

	if (string || !*text)
		return string;
	utf8 = malloc(2 * strlen(text) + 1);
	if (!utf8)
		return NULL;
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x80) {
			utf8[n++] = (char)c;
		} else {
			utf8[n++] = (char)(0xc0 | c >> 6);
			utf8[n++] = (char)(0x80 | (c & 0x3f));
		}
	}
	string = json_stringn(utf8, n);
	free(utf8);
	return string;
}

/* Twice: json_dumps() may leave out what did not fit when memory is short. */
char *conf_json_dump(const json_t *o)
{
	size_t len = o ? json_dumpb(o, NULL, 0, JSON_COMPACT) : 0;
	char *text = len ? malloc(len + 1) : NULL;

	if (text && json_dumpb(o, text, len, JSON_COMPACT) == len) {
		text[len] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

static bool is_number(const char *text)
{
	size_t digits;

	text += *text == '-';
	digits = strspn(text, "0123456789");
	return digits && digits < 18 && !text[digits];
}

/* The spelled form of a number of the vendors' (C-17). */
static json_t *choice(const struct conf_key *k, const char *text, bool yealink)
{
	const struct conf_choice *c, *first;
	uint32_t value;

	for (c = k->choices; c->text && strcmp(c->text, text) != 0; c++)
		;
	if (!c->text)
		return conf_json_string(text);
	value = c->value;
	if (value == (yealink ? CONF_TRANSPORT_2 : CONF_TRANSPORT_3))
		value = TRANSPORT_TLS;
	for (first = k->choices; first->text && first->value != value; first++)
		;
	return json_string(first->text ? first->text : text);
}

json_t *conf_json_value(const struct conf_key *k, const char *text,
			bool yealink)
{
	static const char *const yes[] = { "true", "yes", "on", "1" };
	size_t i;

	switch (k->kind) {
	case CONF_NUMBER:
		return is_number(text) ? json_integer(strtoll(text, NULL, 10)) :
					 conf_json_string(text);
	case CONF_BOOL:
		for (i = 0; i < 4; i++)
			if (strcmp(text, yes[i]) == 0)
				return json_true();
		return json_false();
	case CONF_CHOICE:
		return choice(k, text, yealink);
	case CONF_STRING:
	case CONF_CODES:
		break;
	}
	return conf_json_string(text);
}

static bool add(json_t *o, const struct conf_key *k, const struct conf_value *v,
		bool yealink)
{
	if (!v->text)
		return true;
	/* Yealink's 3 is as if there were none. */
	if (k->kind == CONF_CHOICE && yealink && strcmp(v->text, "3") == 0 &&
	    strcmp(k->name, "transport") == 0)
		return true;
	return !json_object_set_new(o, k->name,
				    conf_json_value(k, v->text, yealink));
}

static bool add_hop(json_t *list, const struct conf_raw_hop *hop, bool yealink)
{
	const struct conf_key *keys = conf_hop_keys(hop->proxy);
	json_t *o = json_object();
	bool good = o;
	size_t i;

	for (i = 0; good && i < CONF_SERVER_KEYS; i++)
		good = add(o, &keys[i], &hop->value[i], yealink);
	return !json_array_append_new(list, o) && good;
}

char *conf_json_text(const struct conf_raw *raw)
{
	bool yealink = raw->profile.text &&
		       strcmp(raw->profile.text, "yealink") == 0;
	json_t *o = json_object(), *set = json_object();
	json_t *servers = json_array(), *proxies = json_array();
	char *text = NULL;
	bool good;
	size_t i;

	good = add(set, &conf_profile_key, &raw->profile, yealink);
	for (i = 0; good && i < CONF_LINE_KEYS; i++)
		good = add(set, &conf_line_keys[i], &raw->value[i], yealink);
	for (i = 0; good && i < raw->n_hops; i++)
		good = add_hop(raw->hop[i].proxy ? proxies : servers,
			       &raw->hop[i], yealink);
	good = !json_object_set_new(o, "name", conf_json_string(raw->name)) &&
	       good;
	good = !json_object_set_new(o, "set", set) && good;
	good = !json_object_set_new(o, "servers", servers) && good;
	good = !json_object_set_new(o, "outbound_proxies", proxies) && good;
	if (good)
		text = conf_json_dump(o);
	json_decref(o);
	return text;
}
