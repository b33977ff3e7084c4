// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_key.h"

#include <string.h>

#include "conf_codes.h"

static void put_integer(const struct conf_key *k, void *base, uint32_t v)
{
	char *field = (char *)base + k->off;

	if (k->size == sizeof(uint8_t)) {
		*(uint8_t *)field = (uint8_t)v;
	} else if (k->size == sizeof(uint16_t)) {
		uint16_t v16 = (uint16_t)v;

		memcpy(field, &v16, sizeof(v16));
	} else {
		memcpy(field, &v, sizeof(v));
	}
}

/* Decimal digits only: the library would take 010 for 8 and 0x10 for 16. */
static bool number_of(const char *text, uint64_t *v)
{
	const char *p;

	*v = 0;
	for (p = text; *p >= '0' && *p <= '9'; p++)
		if (*v <= UINT32_MAX)
			*v = *v * 10 + (uint64_t)(*p - '0');
	return p != text && !*p;
}

static void set_number(const struct conf_key *k, void *base, const char *value,
		       unsigned int line, struct conf_errors *e)
{
	const char *inherit = k->inherit ? "-1, " : "";
	uint64_t v;

	if (k->inherit && strcmp(value, "-1") == 0)
		put_integer(k, base, UINT32_MAX);
	else if (!number_of(value, &v))
		conf_error(e, line, "%s: '%.40s' is not a number", k->name,
			   value);
	else if (v < k->min || v > k->max)
		conf_error(e, line, "%s: %.40s is not in %s%u..%u", k->name,
			   value, inherit, k->min, k->max);
	else
		put_integer(k, base, (uint32_t)v);
}

static void set_bool(const struct conf_key *k, void *base, const char *value,
		     unsigned int line, struct conf_errors *e)
{
	static const char *const words[2][4] = {
		{ "false", "no", "off", "0" },
		{ "true", "yes", "on", "1" },
	};
	bool v = false;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		if (strcmp(value, words[i / 4][i % 4]) == 0) {
			v = i / 4;
			memcpy((char *)base + k->off, &v, sizeof(v));
			return;
		}
	}
	conf_error(e, line, "%s: '%.40s' is neither true nor false", k->name,
		   value);
}

static void set_choice(const struct conf_key *k, void *base, const char *value,
		       unsigned int line, struct conf_errors *e)
{
	const struct conf_choice *c;

	for (c = k->choices; c->text; c++) {
		if (strcmp(value, c->text) != 0)
			continue;
		if (c->refused)
			conf_error(e, line, "%s: %s", k->name, c->refused);
		else
			put_integer(k, base, c->value);
		return;
	}
	conf_error(e, line, "%s: '%.40s' is unknown", k->name, value);
}

static void set_string(const struct conf_key *k, void *base, const char *value,
		       unsigned int line, struct conf_errors *e)
{
	const char *wrong;
	size_t len = strlen(value);

	if (len < k->min) {
		conf_error(e, line, "%s: is empty", k->name);
		return;
	}
	if (len >= k->size) {
		conf_error(e, line, "%s: longer than %zu bytes", k->name,
			   k->size - 1);
		return;
	}
	wrong = k->check ? k->check(value) : NULL;
	if (wrong)
		conf_error(e, line, "%s: %s", k->name, wrong);
	else
		memcpy((char *)base + k->off, value, len + 1);
}

static void set_codes(const struct conf_key *k, void *base, const char *value,
		      unsigned int line, struct conf_errors *e)
{
	const char *wrong = conf_codes_parse((struct codes *)
					     ((char *)base + k->off), value);

	if (wrong)
		conf_error(e, line, "%s: '%.40s' %s", k->name, value, wrong);
}

static void key_set(const struct conf_key *k, void *base, const char *value,
		    unsigned int line, struct conf_errors *e)
{
	switch (k->kind) {
	case CONF_STRING:
		set_string(k, base, value, line, e);
		break;
	case CONF_NUMBER:
		set_number(k, base, value, line, e);
		break;
	case CONF_BOOL:
		set_bool(k, base, value, line, e);
		break;
	case CONF_CHOICE:
		set_choice(k, base, value, line, e);
		break;
	case CONF_CODES:
		set_codes(k, base, value, line, e);
		break;
	}
}

void conf_key_read(const struct conf_key *k, void *base, const char *value,
		   unsigned int line, struct conf_errors *e)
{
	unsigned int errors = e->n;
	const char *wrong;

	key_set(k, base, value, line, e);
	if (k->kind != CONF_NUMBER || !k->check || e->n != errors)
		return;
	wrong = k->check(value);
	if (wrong)
		conf_error(e, line, "%s: %s %s", k->name, value, wrong);
}
