// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "prometheus.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* [a-zA-Z_][a-zA-Z0-9_]*; of metrics the colon too, which is for rules. */
static bool is_name(const char *s)
{
	size_t i;

	if (!s || !*s || (*s >= '0' && *s <= '9'))
		return false;
	for (i = 0; s[i]; i++)
		if (s[i] != '_' && !(s[i] >= 'a' && s[i] <= 'z') &&
		    !(s[i] >= 'A' && s[i] <= 'Z') &&
		    !(s[i] >= '0' && s[i] <= '9'))
			return false;
	return true;
}

static void put_escaped(FILE *f, const char *s, bool quoted)
{
	for (; *s; s++) {
		if (*s == '\n')
			fputs("\\n", f);
		else if (*s == '\\' || (*s == '"' && quoted))
			fprintf(f, "\\%c", *s);
		else
			fputc(*s, f);
	}
}

static void put_number(FILE *f, const json_t *value)
{
	if (json_is_integer(value))
		fprintf(f, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		fprintf(f, "%.9g", json_number_value(value));
}

/* {a="b",le="0.1"}; le NULL: without that one. */
static void put_labels(FILE *f, json_t *labels, const json_t *le, bool endless)
{
	const char *name, *between = "{";
	json_t *value;

	json_object_foreach(labels, name, value) {
		if (!is_name(name) || !json_is_string(value) ||
		    ((le || endless) && !strcmp(name, "le")))
			continue;
		fprintf(f, "%s%s=\"", between, name);
		put_escaped(f, json_string_value(value), true);
		fputc('"', f);
		between = ",";
	}
	if (le || endless) {
		fprintf(f, "%sle=\"", between);
		if (endless)
			fputs("+Inf", f);
		else
			put_number(f, le);
		fputc('"', f);
		between = ",";
	}
	if (*between == ',')
		fputc('}', f);
}

static void put_row(FILE *f, const char *name, const char *suffix,
		    json_t *labels, const json_t *value)
{
	fprintf(f, "%s%s", name, suffix);
	put_labels(f, labels, NULL, false);
	fputc(' ', f);
	put_number(f, value);
	fputc('\n', f);
}

/* Its buckets are counted each for itself, those of the text all that are not
 * longer. */
static void put_histogram(FILE *f, const char *name, const json_t *sample,
			  const json_t *limits)
{
	json_t *labels = json_object_get(sample, "labels");
	const json_t *buckets = json_object_get(sample, "buckets");
	const json_t *sum = json_object_get(sample, "sum");
	size_t n = json_array_size(limits), i;
	json_int_t count = 0;

	if (json_array_size(buckets) != n + 1 || !json_is_number(sum))
		return;
	for (i = 0; i <= n; i++) {
		count += json_integer_value(json_array_get(buckets, i));
		fprintf(f, "%s_bucket", name);
		put_labels(f, labels, json_array_get(limits, i), i == n);
		fprintf(f, " %" JSON_INTEGER_FORMAT "\n", count);
	}
	put_row(f, name, "_sum", labels, sum);
	fprintf(f, "%s_count", name);
	put_labels(f, labels, NULL, false);
	fprintf(f, " %" JSON_INTEGER_FORMAT "\n", count);
}

static void put_family(FILE *f, const json_t *family)
{
	const char *name = json_string_value(json_object_get(family, "name"));
	const char *type = json_string_value(json_object_get(family, "type"));
	const char *help = json_string_value(json_object_get(family, "help"));
	const json_t *samples = json_object_get(family, "samples");
	const json_t *limits = json_object_get(family, "limits");
	const json_t *sample, *value;
	size_t i;

	if (!is_name(name) || !is_name(type) || !help ||
	    !json_array_size(samples))
		return;
	fprintf(f, "# HELP %s ", name);
	put_escaped(f, help, false);
	fprintf(f, "\n# TYPE %s %s\n", name, type);
	json_array_foreach(samples, i, sample) {
		value = json_object_get(sample, "value");
		if (!strcmp(type, "histogram"))
			put_histogram(f, name, sample, limits);
		else if (json_is_number(value))
			put_row(f, name, "", json_object_get(sample, "labels"),
				value);
	}
}

char *prometheus_text(const json_t *metrics, size_t *len)
{
	const json_t *families = json_object_get(metrics, "families");
	const json_t *family;
	char *text = NULL;
	bool failed;
	size_t i;
	FILE *f;

	if (!json_is_array(families))
		return NULL;
	f = open_memstream(&text, len);
	if (!f)
		return NULL;
	json_array_foreach(families, i, family)
		put_family(f, family);
	failed = ferror(f);
	if (fclose(f) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
