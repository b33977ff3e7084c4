// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* Metrics as text: escaping, histograms, and what is no metric. */
#include "../../tools/prometheus.c"

#include "tap.h"

static char *text_of(const char *json)
{
	json_t *metrics = json_loads(json, 0, NULL);
	char *text;
	size_t len;

	text = prometheus_text(metrics, &len);
	if (text && strlen(text) != len)
		*text = '\0';
	json_decref(metrics);
	return text;
}

static void is_text(const char *json, const char *want, const char *name)
{
	char *text = text_of(json);

	is_str(text ? text : "(null)", want, "%s", name);
	free(text);
}

static void test_plain(void)
{
	is_text("{\"families\":[{\"name\":\"a_b\",\"type\":\"gauge\",\"help\":\"One.\","
		"\"samples\":[{\"labels\":{},\"value\":-3},{\"labels\":{\"x\":\"1\","
		"\"y\":\"2\"},\"value\":0.25}]}]}",
		"# HELP a_b One.\n# TYPE a_b gauge\na_b -3\n"
		"a_b{x=\"1\",y=\"2\"} 0.25\n", "samples with and without labels");
	is_text("{\"families\":[]}", "", "none");
	is_text("{\"families\":[{\"name\":\"a\",\"type\":\"gauge\",\"help\":\"\","
		"\"samples\":[]}]}",
		"", "a family without samples is not told");
	is_text("{\"families\":[{\"name\":\"a\",\"type\":\"counter\",\"help\":\"\","
		"\"samples\":[{\"value\":9007199254740993}]}]}",
		"# HELP a \n# TYPE a counter\na 9007199254740993\n",
		"a counter keeps all its digits");
}

static void test_escaped(void)
{
	is_text("{\"families\":[{\"name\":\"a\",\"type\":\"gauge\","
		"\"help\":\"q \\\" b \\\\ n \\n.\","
		"\"samples\":[{\"labels\":{\"l\":\"q \\\" b \\\\ n \\n.\"},\"value\":1}]}]}",
		"# HELP a q \" b \\\\ n \\n.\n# TYPE a gauge\n"
		"a{l=\"q \\\" b \\\\ n \\n.\"} 1\n",
		"quotation marks, backslashes, new lines");
}

static void test_histogram(void)
{
	is_text("{\"families\":[{\"name\":\"h\",\"type\":\"histogram\","
		"\"help\":\".\",\"limits\":[0.0001,64.0],"
		"\"samples\":[{\"labels\":{\"s\":\"m\"},\"buckets\":[2,0,1],\"sum\":70.5}]}]}",
		"# HELP h .\n# TYPE h histogram\n"
		"h_bucket{s=\"m\",le=\"0.0001\"} 2\n"
		"h_bucket{s=\"m\",le=\"64\"} 2\n"
		"h_bucket{s=\"m\",le=\"+Inf\"} 3\n"
		"h_sum{s=\"m\"} 70.5\nh_count{s=\"m\"} 3\n",
		"buckets are added up");
	is_text("{\"families\":[{\"name\":\"h\",\"type\":\"histogram\","
		"\"help\":\".\",\"limits\":[1],"
		"\"samples\":[{\"buckets\":[2],\"sum\":1}]}]}",
		"# HELP h .\n# TYPE h histogram\n", "too few buckets");
}

static void test_refused(void)
{
	static const char *const none[] = { "{}", "[]", "{\"families\":{}}" };
	size_t i;
	char *text;

	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		text = text_of(none[i]);
		ok(!text, "%s are no metrics", none[i]);
		free(text);
	}
	is_text("{\"families\":[7,{\"name\":\"a b\",\"type\":\"gauge\",\"help\":\"\","
		"\"samples\":[{\"value\":1}]},"
		"{\"name\":\"1a\",\"type\":\"gauge\",\"help\":\"\",\"samples\":[{\"value\":1}]},"
		"{\"name\":\"a\",\"type\":\"gau\\nge\",\"help\":\"\","
		"\"samples\":[{\"value\":1}]},"
		"{\"name\":\"a\",\"type\":\"gauge\",\"samples\":[{\"value\":1}]}]}",
		"", "what is no family is left out");
	is_text("{\"families\":[{\"name\":\"a\",\"type\":\"gauge\",\"help\":\"\","
		"\"samples\":[{\"value\":\"x\"},{},3,{\"labels\":{\"b c\":\"d\",\"e\":1},"
		"\"value\":2}]}]}",
		"# HELP a \n# TYPE a gauge\na 2\n",
		"what is no sample or label, too");
}

int main(void)
{
	test_plain();
	test_escaped();
	test_histogram();
	test_refused();
	return tap_done();
}
