// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* lines.json over the file's lines: replaced, added, left out, refused. */
#include <errno.h>
#include <stdlib.h>

#include "codec/conf_json_overlay.h"
#include "tap.h"

#define LINE(name) "line " name " { user = u server { address = 192.0.2.1 } }\n"
#define OBJECT(name, user) "{\"name\":\"" name "\",\"set\":{\"user\":\"" user \
	"\"},\"servers\":[{\"address\":\"192.0.2.7\"}]}"

static struct conf c;
static struct conf_overlaid done;
static char err[1024];

static int lay(const char *text)
{
	ok(!conf_load(&c, "f", LINE("a") LINE("b") LINE("c"), err, sizeof(err)),
	   "three lines of the file");
	return conf_overlay(&c, "lines.json", text, strlen(text), &done, err,
			    sizeof(err));
}

static void refuses(const char *text, const char *why)
{
	is_int(lay(text), -EINVAL, "%s", text);
	ok(strstr(err, why), "%s: %s", why, err);
	conf_free(&c);
}

static void test_laid(void)
{
	is_int(lay("{\"version\":1,\"lines\":[" OBJECT("b", "other") ","
		   OBJECT("d", "new") "],\"removed\":[\"c\",\"gone\",\"d\"]}"),
	       0, "one replaced, one new, one left out");
	ok(done.replaced == 1 && done.added == 1 && done.removed == 1,
	   "they are counted");
	is_int((int)c.n_lines, 3, "three lines");
	is_str(c.line[0].name, "a", "the first stays");
	is_str(c.line[1].user, "other", "the second is another in its place");
	ok(c.line[1].applied && c.line[1].in_file, "of both");
	is_str(c.line[2].name, "d", "the new one behind them");
	ok(c.line[2].applied && !c.line[2].in_file, "of this one alone");
	is_int((int)c.n_removed, 1, "what the file does not have is forgotten");
	is_str(c.removed[0], "c", "the one that it has is kept in mind");
	conf_free(&c);
}

static void test_refused(void)
{
	refuses("", "the file");
	refuses("{\"version\":1", "");
	refuses("{\"version\":1,\"version\":1}", "");
	refuses("[1]", "");
	refuses("{\"version\":2,\"lines\":[]}", "version");
	refuses("{\"version\":1,\"lines\":{}}", "lists");
	refuses("{\"version\":1,\"lines\":[],\"removed\":\"a\"}", "lists");
	refuses("{\"version\":1,\"lines\":[],\"removed\":[7]}", "removed");
	refuses("{\"version\":1,\"lines\":[" OBJECT("d", "u") ","
		OBJECT("d", "v") "]}", "twice");
	refuses("{\"version\":1,\"lines\":[" OBJECT("d", "a b") ",{}]}", "user");
	refuses("{\"version\":1,\"lines\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		"\"\\\"[\"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", "");
}

/* What is written is read again, and comes to the same. */
static void test_written(void)
{
	struct conf_overlay_writer w;
	uint64_t before;
	char *text;
	size_t len;

	is_int(lay("{\"version\":1,\"lines\":[" OBJECT("b", "other") ","
		   OBJECT("d", "new") "],\"removed\":[\"c\",\"a\"]}"), 0,
	       "two lines, two left out");
	before = conf_revision(&c);
	is_int(conf_overlay_begin(&w), 0, "begun");
	for (uint32_t i = 0; i < c.n_lines; i++)
		if (c.line[i].applied)
			conf_overlay_line(&w, c.line[i].text);
	for (uint32_t i = 0; i < c.n_removed; i++)
		conf_overlay_removed(&w, c.removed[i]);
	is_int(conf_overlay_end(&w, &text, &len), 0, "written");
	conf_free(&c);
	is_int(len, strlen(text), "its length");
	is_int(lay(text), 0, "read again: %s", err);
	ok(conf_revision(&c) == before, "the same configuration");
	ok(done.replaced == 1 && done.added == 1 && done.removed == 2,
	   "by the same changes");
	conf_free(&c);
	free(text);

	is_int(conf_overlay_begin(&w), 0, "one without anything");
	is_int(conf_overlay_end(&w, &text, &len), 0, "is written");
	is_int(lay(text), 0, "and read");
	ok(!done.replaced && !done.added && !done.removed, "and changes nothing");
	conf_free(&c);
	free(text);
}

int main(void)
{
	test_laid();
	test_refused();
	test_written();
	return tap_done();
}
