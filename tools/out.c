// SPDX-License-Identifier: BSD-2-Clause
#include "out.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static void *need(void *p)
{
	if (!p) {
		complain("no memory");
		exit(EX_OSERR);
	}
	return p;
}

char *out_clean(char *buf, size_t size, const char *text)
{
	size_t i = 0;

	for (; *text && i + 1 < size; text++) {
		unsigned char c = (unsigned char)*text, next = (unsigned char)text[1];

		/* U+0080..U+009F are control characters too. */
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0))
			buf[i++] = '?';
		else
			buf[i++] = (char)c;
		if (c == 0xc2 && next >= 0x80 && next < 0xa0)
			text++;
	}
	buf[i] = '\0';
	return buf;
}

bool out_color;

/* NULL: none. */
static const char *color_of(const char *word)
{
	static const struct {
		const char *word, *color;
	} colors[] = {
		{ "up", "32" }, { "registered", "32" },
		{ "refreshing", "32" }, { "loaded", "32" },
		{ "down", "31" }, { "blocked", "31" }, { "wait", "31" },
		{ "suspect", "33" }, { "trying", "33" }, { "ringing", "33" },
		{ "resolving", "33" }, { "dialing", "33" },
		{ "incoming", "33" },
	};

	for (size_t i = 0; out_color && i < sizeof(colors) / sizeof(colors[0]); i++)
		if (!strcmp(word, colors[i].word))
			return colors[i].color;
	return NULL;
}

void out_state(FILE *to, const char *word)
{
	const char *color = color_of(word);

	if (color)
		fprintf(to, "\033[%sm%s\033[0m", color, word);
	else
		fputs(word, to);
}

void out_table_init(struct out_table *t, size_t columns)
{
	*t = (struct out_table){ .columns = columns };
}

void out_table_row(struct out_table *t, ...)
{
	size_t n = (t->rows + 1) * t->columns;
	char clean[512];
	va_list ap;

	t->cell = need(realloc(t->cell, n * sizeof(*t->cell)));
	va_start(ap, t);
	for (size_t i = t->rows * t->columns; i < n; i++) {
		const char *text = va_arg(ap, const char *);

		out_clean(clean, sizeof(clean), text ? text : "-");
		t->cell[i] = need(strdup(clean));
	}
	va_end(ap);
	t->rows++;
}

void out_table_print(struct out_table *t, FILE *to, int indent)
{
	int width[OUT_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < t->rows * t->columns; i++) {
		int len = (int)strlen(t->cell[i]);

		if (len > width[i % t->columns])
			width[i % t->columns] = len;
	}
	for (size_t row = 0; row < t->rows; row++) {
		/* No blanks behind the last cell that says something. */
		size_t last = t->columns;

		while (last > 1 && !*t->cell[row * t->columns + last - 1])
			last--;
		fprintf(to, "%*s", indent, "");
		for (size_t i = 0; i < last; i++) {
			const char *cell = t->cell[row * t->columns + i];

			out_state(to, cell);
			if (i + 1 < last)
				fprintf(to, "%*s", width[i] + 2 - (int)strlen(cell), "");
		}
		fputc('\n', to);
	}
	for (size_t i = 0; i < t->rows * t->columns; i++)
		free(t->cell[i]);
	free(t->cell);
	out_table_init(t, t->columns);
}

void out_json(const json_t *document)
{
	json_dumpf(document, stdout, JSON_INDENT(2));
	putchar('\n');
}

static void print_value(const json_t *value)
{
	char clean[1024];

	switch (json_typeof(value)) {
	case JSON_STRING:
		out_clean(clean, sizeof(clean), json_string_value(value));
		if (!*clean || strpbrk(clean, " \"="))
			printf("\"%s\"", clean);
		else
			fputs(clean, stdout);
		break;
	case JSON_INTEGER:
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		printf("%g", json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("yes", stdout);
		break;
	case JSON_FALSE:
		fputs("no", stdout);
		break;
	case JSON_NULL:
		putchar('-');
		break;
	case JSON_OBJECT:
	case JSON_ARRAY:
		json_dumpf(value, stdout, JSON_COMPACT);
		break;
	}
}

void out_event(const json_t *event, const char *stream, bool json)
{
	uint64_t us = (uint64_t)json_integer_value(json_object_get(event, "time_us"));
	const json_t *value;
	const char *key;
	char clean[64];

	if (json) {
		json_dumpf(event, stdout, JSON_COMPACT);
		putchar('\n');
		return;
	}
	printf("%6" PRIu64 ".%06" PRIu64 " ", us / 1000000, us % 1000000);
	if (stream)
		printf("%-6s ", stream);
	printf("%-12s", out_clean(clean, sizeof(clean), out_string(event, "type")));
	/* jansson has no iteration over const objects. */
	json_object_foreach((json_t *)(uintptr_t)event, key, value) {
		if (!strcmp(key, "time_us") || !strcmp(key, "type"))
			continue;
		printf(" %s=", out_clean(clean, sizeof(clean), key));
		print_value(value);
	}
	putchar('\n');
}

const char *out_string(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "-";
}
