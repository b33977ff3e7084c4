// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "conf_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 1000
#define DEPTH_MAX 8	/* of nested braces whose lines are remembered */

struct scan {
	struct conf_text *t;
	struct conf_errors *e;
	char *p, *end;
	unsigned int line;
	unsigned int depth;		/* of braces */
	unsigned int open[DEPTH_MAX];	/* their lines */
	bool equals;			/* the last token is '=' */
};

static void blank_line(struct scan *s)
{
	for (; s->p < s->end && *s->p != '\n'; s->p++)
		*s->p = ' ';
}

static void blank_block(struct scan *s)
{
	unsigned int start = s->line;

	s->p[0] = s->p[1] = ' ';
	for (s->p += 2; s->p < s->end; s->p++) {
		if (*s->p == '*' && s->p[1] == '/') {
			s->p[0] = s->p[1] = ' ';
			s->p += 2;
			return;
		}
		if (*s->p == '\n')
			s->line++;
		else
			*s->p = ' ';
	}
	conf_error(s->e, start, "comment is not closed");
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

/* Only what means the same to a reader who does not know the library: \" and
 * \\ in "", \' and \\ in ''. */
static void skip_string(struct scan *s)
{
	const char quote = *s->p;
	const char *start = s->p;

	for (s->p++; s->p < s->end && *s->p != '\n'; s->p++) {
		if (*s->p == quote) {
			s->p++;
			if (s->p - start > WORD_MAX)
				conf_error(s->e, s->line, "string is too long");
			return;
		}
		/* The CR of a line's end is not another mistake. */
		if (is_control(*s->p) && (*s->p != '\r' || s->p[1] != '\n')) {
			conf_error(s->e, s->line,
				   "control character in a string");
		} else if (*s->p == '\\' && s->p + 1 < s->end &&
			   (s->p[1] == quote || s->p[1] == '\\')) {
			s->p++;
		} else if (*s->p == '\\' && quote == '"') {
			conf_error(s->e, s->line,
				   "only \\\" and \\\\ are known in \"\"");
			if (s->p + 1 < s->end && s->p[1] != '\n')
				s->p++;
		} else if (*s->p == '$' && quote == '"') {
			conf_error(s->e, s->line,
				   "'$' is allowed only between single quotes");
		}
	}
	conf_error(s->e, s->line, "string is not closed on its line");
}

static bool ends_word(char c)
{
	return strchr(" \t\r\n#\"'={}(),+*", c) != NULL;
}

static void skip_word(struct scan *s)
{
	const char *start = s->p;

	for (; s->p < s->end && !ends_word(*s->p); s->p++) {
		if (is_control(*s->p))
			conf_error(s->e, s->line, "control character");
		else if (*s->p == '$')
			conf_error(s->e, s->line,
				   "'$' is allowed only between single quotes");
	}
	if (s->p - start > WORD_MAX)
		conf_error(s->e, s->line, "word is too long");
}

static int add_brace(struct scan *s)
{
	struct conf_text *t = s->t;

	/* Doubled at each power of two.  A list's is no section's. */
	if (!s->equals && !(t->n_braces & (t->n_braces - 1))) {
		size_t n = t->n_braces ? 2 * t->n_braces : 1;
		unsigned int *p = realloc(t->brace, n * sizeof(*p));

		if (!p)
			return -ENOMEM;
		t->brace = p;
	}
	if (!s->equals)
		t->brace[t->n_braces++] = s->line;
	if (s->depth < DEPTH_MAX)
		s->open[s->depth] = s->line;
	s->depth++;
	s->p++;
	return 0;
}

/* One token, comment or space. */
static int step_token(struct scan *s)
{
	/* The copy ends with a NUL, so p[1] is there. */
	if (*s->p == '\n') {
		s->line++;
		s->p++;
	} else if (*s->p == '#' || (s->p[0] == '/' && s->p[1] == '/')) {
		blank_line(s);
	} else if (s->p[0] == '/' && s->p[1] == '*') {
		blank_block(s);
	} else if (*s->p == '"' || *s->p == '\'') {
		skip_string(s);
	} else if (*s->p == '{') {
		return add_brace(s);
	} else if (*s->p == '}') {
		/* One too many is the library's to report. */
		if (s->depth)
			s->depth--;
		s->p++;
	} else if (*s->p == '+' || *s->p == '*') {
		conf_error(s->e, s->line, "'%c' is allowed only between quotes",
			   *s->p);
		s->p++;
	} else if (*s->p == '\0' || (*s->p == '\r' && s->p[1] != '\n')) {
		conf_error(s->e, s->line, "control character");
		s->p++;
	} else if (ends_word(*s->p)) {
		s->p++;
	} else {
		skip_word(s);
	}
	return 0;
}

static int step(struct scan *s)
{
	bool nothing = strchr(" \t\r\n#/", *s->p) != NULL;
	bool equals = *s->p == '=';
	int err = step_token(s);

	if (!nothing)
		s->equals = equals;
	return err;
}

int conf_text_clean(struct conf_text *t, const char *text, size_t len,
		    struct conf_errors *e)
{
	struct scan s = { .t = t, .e = e, .line = 1 };
	unsigned int before = e->n;
	int err = 0;

	memset(t, 0, sizeof(*t));
	t->text = malloc(len + 1);
	if (!t->text)
		return -ENOMEM;
	memcpy(t->text, text, len);
	t->text[len] = '\0';
	s.p = t->text;
	s.end = t->text + len;
	while (!err && s.p < s.end)
		err = step(&s);
	if (err)
		return err;
	/* The library takes the end of the file for the end of a section. */
	if (s.depth)
		conf_error(e, s.depth <= DEPTH_MAX ? s.open[s.depth - 1] : 0,
			   "section is not closed");
	return e->n == before ? 0 : -EINVAL;
}

void conf_text_release(struct conf_text *t)
{
	free(t->text);
	free(t->brace);
	memset(t, 0, sizeof(*t));
}
