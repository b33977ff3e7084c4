// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "import.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/conf.h"

#define NAME_MAX_ 128
#define TRIAL "import"	/* the file's name in conf_load()'s messages */

/* One value of the file, or what the text has at a line of its own. */
struct item {
	const struct import_map *map;
	unsigned int x, y;	/* 0: of all accounts; of no server */
	char *value;		/* owned */
	const char *file;
	unsigned int line;
	bool gone;
};

/* What stands in a line of the output: an item, or the brace of a section. */
struct place {
	size_t item;		/* NONE: a brace */
	enum import_section section;
	unsigned int x, y;
};

#define NONE SIZE_MAX

struct import {
	enum import_vendor vendor;
	import_report report;
	void *ctx;
	struct item *item;
	size_t n, room;
	/* of the output as it is being written */
	FILE *out;
	struct place *place;
	size_t places, places_room;
	bool no_memory;
};

struct import *import_new(enum import_vendor vendor, import_report report,
			  void *ctx)
{
	struct import *im = calloc(1, sizeof(*im));

	if (im) {
		im->vendor = vendor;
		im->report = report;
		im->ctx = ctx;
	}
	return im;
}

void import_free(struct import *im)
{
	size_t i;

	if (!im)
		return;
	for (i = 0; i < im->n; i++)
		free(im->item[i].value);
	free(im->item);
	free(im->place);
	free(im);
}

/* ---- a name of the file against the table ---- */

/* Decimal, 1 or more; 0: none, or too much. */
static unsigned int number(const char **s)
{
	unsigned int n = 0;

	for (; **s >= '0' && **s <= '9'; (*s)++)
		n = n > 9999 ? 10000 : n * 10 + (unsigned int)(**s - '0');
	return n > 9999 ? 0 : n;
}

static char lower(char c)
{
	return (char)tolower((unsigned char)c);
}

/* Whether it is that entry; its numbers.  An entry that ends with a dot is of
 * everything that begins so. */
static bool fits(const struct import_map *m, bool yealink, const char *name,
		 unsigned int *x, unsigned int *y)
{
	const char *p = m->name;

	*x = *y = 0;
	for (; *p; p++) {
		bool at_x = yealink ? *p == 'X' : p == m->name + 3 && *p == 'N';
		bool at_y = yealink && *p == 'Y';

		if (at_x || at_y) {
			unsigned int n = number(&name);

			if (!n)
				return false;
			*(at_x ? x : y) = n;
			continue;
		}
		if (lower(*p) != lower(*name))
			return false;
		name++;
	}
	return !*name || p[-1] == '.';
}

static const struct import_map *find(const struct import *im, const char *name,
				     unsigned int *x, unsigned int *y)
{
	bool yealink = im->vendor == IMPORT_YEALINK;
	const struct import_map *m;

	for (m = yealink ? import_yealink : import_fanvil; m->name; m++) {
		if (!fits(m, yealink, name, x, y))
			continue;
		if (m->section == IMPORT_SERVER || m->section == IMPORT_PROXY)
			*y = m->y ? m->y : *y;
		return m;
	}
	return NULL;
}

/* ---- what the file says ---- */

static struct item *find_item(struct import *im, const struct import_map *map,
			      unsigned int x, unsigned int y)
{
	size_t i;

	for (i = 0; i < im->n; i++)
		if (im->item[i].map == map && im->item[i].x == x &&
		    im->item[i].y == y)
			return &im->item[i];
	return NULL;
}

static struct item *new_item(struct import *im)
{
	if (im->n == im->room) {
		size_t room = im->room ? 2 * im->room : 64;
		struct item *more = realloc(im->item, room * sizeof(*more));

		if (!more)
			return NULL;
		im->item = more;
		im->room = room;
	}
	im->item[im->n] = (struct item){ .value = NULL };
	return &im->item[im->n++];
}

/* Seconds with up to three places as milliseconds; anything else stays what it
 * is, for conf_load() to refuse. */
static void to_milliseconds(char *value)
{
	unsigned long s = 0, ms = 0, place = 100;
	const char *p = value;
	size_t digits = 0;

	for (; *p >= '0' && *p <= '9' && digits < 5; p++, digits++)
		s = s * 10 + (unsigned long)(*p - '0');
	if (!digits)
		return;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9' && place; p++, place /= 10)
			ms += place * (unsigned long)(*p - '0');
	if (!*p)
		/* value has at least IMPORT_VALUE_MAX bytes. */
		sprintf(value, "%lu", s * 1000 + ms);
}

static int put(struct import *im, const char *file, unsigned int line,
	       const char *name, char *value)
{
	unsigned int x, y;
	const struct import_map *m = find(im, name, &x, &y);
	struct item *it;
	char *copy;

	if (!m || m->section == IMPORT_NOTHING) {
		char why[128] = "unknown";

		if (m)
			snprintf(why, sizeof(why), "no meaning here: %s", m->key);
		im->report(im->ctx, file, line, name, why);
		return 0;
	}
	if (x > IMPORT_ACCOUNTS_MAX || y > IMPORT_SERVERS_MAX) {
		im->report(im->ctx, file, line, name, "left out: its number is too high");
		return 0;
	}
	if (m->section == IMPORT_LINE && m->y && y > m->y) {
		im->report(im->ctx, file, line, name,
			   "no meaning here: a line has one, that of its first server");
		return 0;
	}
	if (m->form == IMPORT_MILLISECONDS)
		to_milliseconds(value);
	copy = strdup(value);
	it = copy ? find_item(im, m, x, y) : NULL;
	if (copy && !it)
		it = new_item(im);
	if (!it) {
		free(copy);
		return -ENOMEM;
	}
	free(it->value);
	it->map = m;
	it->x = x;
	it->y = y;
	it->value = copy;
	it->file = file;
	it->line = line;
	it->gone = !*copy;	/* emptied: as if it had never been said */
	return 0;
}

/* ---- the file ---- */

static char *trim(char *s)
{
	char *end;

	while (*s == ' ' || *s == '\t')
		s++;
	end = s + strlen(s);
	while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		*--end = '\0';
	return s;
}

/* Runs of blanks count as one. */
static void squeeze(char *s)
{
	char *to = s;

	for (; *s; s++)
		if (*s != ' ' || s[1] != ' ')
			*to++ = *s;
	*to = '\0';
}

static bool is_comment(const struct import *im, const char *s)
{
	if (!*s || *s == '#')
		return true;
	return im->vendor == IMPORT_FANVIL ? *s == '<' || strncmp(s, "--", 2) == 0
					   : *s == '[';
}

static bool is_printable(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

/* One line without its newline, a copy to write in. */
static int read_line(struct import *im, const char *file, unsigned int line,
		     char *text)
{
	char *name = trim(text), *value, name_copy[NAME_MAX_];

	if (is_comment(im, name))
		return 0;
	value = strchr(name, im->vendor == IMPORT_YEALINK ? '=' : ':');
	if (!value) {
		im->report(im->ctx, file, line, "", "no name and value");
		return 0;
	}
	*value++ = '\0';
	value = trim(value);
	name = trim(name);
	squeeze(name);
	if (strlen(name) >= sizeof(name_copy)) {
		im->report(im->ctx, file, line, "", "unknown: the name is too long");
		return 0;
	}
	strcpy(name_copy, name);
	if (!is_printable(value)) {
		im->report(im->ctx, file, line, name_copy,
			   "left out: control characters in the value");
		return 0;
	}
	if (strcmp(value, "%NULL%") == 0 || strcmp(value, "%EMPTY%") == 0)
		*value = '\0';
	/* What has no value needs no report, unless it takes one away. */
	if (!*value && !find(im, name_copy, &(unsigned int){ 0 },
			     &(unsigned int){ 0 }))
		return 0;
	memmove(text, value, strlen(value) + 1);
	return put(im, file, line, name_copy, text);
}

static const char *not_ours(const char *text, size_t len)
{
	if (len >= 2 && (!memcmp(text, "\xff\xfe", 2) ||
			 !memcmp(text, "\xfe\xff", 2)))
		return "UTF-16: save it as UTF-8";
	if (len >= 5 && !memcmp(text, "<?xml", 5))
		return "XML: only the text form is read";
	return NULL;
}

int import_read(struct import *im, const char *name, const char *text,
		size_t len, const char **why)
{
	static const char mark[] = "\xef\xbb\xbf";
	char line[IMPORT_VALUE_MAX];
	const char *end = text + len;
	unsigned int n = 0;
	int ret = 0;

	if (len >= 3 && !memcmp(text, mark, 3))
		text += 3;
	*why = not_ours(text, (size_t)(end - text));
	if (*why)
		return -EINVAL;
	while (!ret && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t size = (size_t)((newline ? newline : end) - text);

		n++;
		if (memchr(text, '\0', size)) {
			im->report(im->ctx, name, n, "", "left out: a NUL byte");
		} else if (size >= sizeof(line)) {
			im->report(im->ctx, name, n, "", "left out: the line is too long");
		} else {
			memcpy(line, text, size);
			line[size] = '\0';
			ret = read_line(im, name, n, line);
		}
		text = newline ? newline + 1 : end;
	}
	return ret;
}

/* ---- sipoverd.conf ---- */

/* A line of the output, which the place says what it is. */
static void place(struct import *im, struct place what)
{
	if (im->places == im->places_room) {
		size_t room = im->places_room ? 2 * im->places_room : 256;
		struct place *more = realloc(im->place, room * sizeof(*more));

		if (!more) {
			im->no_memory = true;
			return;
		}
		im->place = more;
		im->places_room = room;
	}
	im->place[im->places++] = what;
}

static void brace(struct import *im, enum import_section section,
		  unsigned int x, unsigned int y, const char *text)
{
	fputs(text, im->out);
	place(im, (struct place){ NONE, section, x, y });
}

/* Between single quotes everything but these two and a newline is itself. */
static void put_value(FILE *out, const char *value)
{
	static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ._-";

	if (!value[strspn(value, plain)]) {
		fputs(value, out);
		return;
	}
	putc('\'', out);
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			putc('\\', out);
		putc(*value, out);
	}
	putc('\'', out);
}

static void write_keys(struct import *im, enum import_section section,
		       unsigned int x, unsigned int y, const char *indent)
{
	size_t i;

	for (i = 0; i < im->n; i++) {
		const struct item *it = &im->item[i];
		/* Of all lines, or of this one. */
		bool mine = it->x == x || (section == IMPORT_LINE && !it->x);

		if (it->gone || it->map->section != section || !mine ||
		    (section != IMPORT_LINE && it->y != y))
			continue;
		fprintf(im->out, "%s%s = ", indent, it->map->key);
		put_value(im->out, it->value);
		putc('\n', im->out);
		place(im, (struct place){ i, section, x, y });
	}
}

static const struct item *value_of(const struct import *im,
				   enum import_section section, const char *key,
				   unsigned int x, unsigned int y)
{
	size_t i;

	for (i = 0; i < im->n; i++) {
		const struct item *it = &im->item[i];

		if (!it->gone && it->map->section == section && it->x == x &&
		    it->y == y && strcmp(it->map->key, key) == 0)
			return it;
	}
	return NULL;
}

/* Fanvil's transport is of the server and of the proxy before it. */
static void write_transport(struct import *im, unsigned int x, unsigned int y)
{
	const struct item *it = value_of(im, IMPORT_SERVER, "transport", x, y);

	if (im->vendor != IMPORT_FANVIL || !it)
		return;
	fputs("\t\ttransport = ", im->out);
	put_value(im->out, it->value);
	putc('\n', im->out);
	place(im, (struct place){ (size_t)(it - im->item), IMPORT_SERVER, x, y });
}

static void write_server(struct import *im, enum import_section section,
			 unsigned int x, unsigned int y)
{
	if (!value_of(im, section, "address", x, y))
		return;
	brace(im, section, x, y, section == IMPORT_SERVER ?
	      "\tserver {\n" : "\toutbound_proxy {\n");
	write_keys(im, section, x, y, "\t\t");
	if (section == IMPORT_PROXY)
		write_transport(im, x, y);
	brace(im, section, x, y, "\t}\n");
}

static void write_account(struct import *im, unsigned int x)
{
	char text[64];
	unsigned int y;

	snprintf(text, sizeof(text), "line \"line%u\" {\n", x);
	brace(im, IMPORT_LINE, x, 0, text);
	brace(im, IMPORT_LINE, x, 0, im->vendor == IMPORT_YEALINK ?
	      "\tprofile = yealink\n" : "\tprofile = fanvil\n");
	write_keys(im, IMPORT_LINE, x, 0, "\t");
	for (y = 1; y <= IMPORT_SERVERS_MAX; y++)
		write_server(im, IMPORT_SERVER, x, y);
	for (y = 1; y <= IMPORT_SERVERS_MAX; y++)
		write_server(im, IMPORT_PROXY, x, y);
	brace(im, IMPORT_LINE, x, 0, "}\n");
}

static bool has_account(const struct import *im, unsigned int x)
{
	size_t i;

	for (i = 0; i < im->n; i++)
		if (im->item[i].x == x && !im->item[i].gone &&
		    im->item[i].map->section != IMPORT_SWITCH)
			return true;
	return false;
}

/* The text of what is left; *lines: how many accounts.  NULL: no memory. */
static char *write_all(struct import *im, unsigned int *lines)
{
	char *text = NULL;
	size_t size = 0;
	unsigned int x;

	im->places = 0;
	im->no_memory = false;
	*lines = 0;
	im->out = open_memstream(&text, &size);
	if (!im->out)
		return NULL;
	brace(im, IMPORT_TOP, 0, 0, im->vendor == IMPORT_YEALINK ?
	      "# From Yealink's format by sipoverctl import.\n" :
	      "# From Fanvil's format by sipoverctl import.\n");
	write_keys(im, IMPORT_TOP, 0, 0, "");
	for (x = 1; x <= IMPORT_ACCOUNTS_MAX; x++) {
		if (!has_account(im, x))
			continue;
		write_account(im, x);
		++*lines;
	}
	if (fclose(im->out) || im->no_memory) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- trying it ---- */

/* As it stands in the file. */
static void name_of(const struct import *im, const struct item *it,
		    char *name, size_t size)
{
	const char *p = it->map->name;
	size_t n = 0;

	for (; *p && n + 8 < size; p++) {
		bool yealink = im->vendor == IMPORT_YEALINK;
		bool at_x = it->x && (yealink ? *p == 'X' :
				      p == it->map->name + 3 && *p == 'N');

		if (at_x || (yealink && *p == 'Y'))
			n += (size_t)snprintf(name + n, size - n, "%u",
					      at_x ? it->x : it->y);
		else
			name[n++] = *p;
	}
	name[n] = '\0';
}

static void drop(struct import *im, struct item *it, const char *why)
{
	char name[NAME_MAX_];

	name_of(im, it, name, sizeof(name));
	im->report(im->ctx, it->file, it->line, name, why);
	it->gone = true;
}

/* These have no default to be taken instead. */
static bool has_default(const struct item *it)
{
	return strcmp(it->map->key, "user") != 0 &&
	       strcmp(it->map->key, "address") != 0;
}

static bool belongs(const struct item *it, const struct place *at)
{
	if (it->x != at->x || !it->x)
		return false;
	if (at->section == IMPORT_LINE)
		return true;
	return it->map->section == at->section && it->y == at->y;
}

/* Leaves out what stands there, for that reason; whether anything went. */
static bool leave_out(struct import *im, const struct place *at,
		      const char *reason)
{
	char why[300], name[64];
	bool went = false;
	size_t i;

	if (at->item != NONE) {
		struct item *it = &im->item[at->item];

		snprintf(why, sizeof(why), "left out%s: %s", has_default(it) ?
			 ", the default is taken" : "", reason);
		went = !it->gone;
		if (went)
			drop(im, it, why);
		return went;
	}
	for (i = 0; i < im->n; i++) {
		if (belongs(&im->item[i], at) && !im->item[i].gone) {
			im->item[i].gone = true;
			went = true;
		}
	}
	if (!went)
		return false;
	if (at->section == IMPORT_LINE)
		snprintf(name, sizeof(name), "account %u", at->x);
	else
		snprintf(name, sizeof(name), "account %u %s %u", at->x,
			 at->section == IMPORT_SERVER ? "server" : "proxy",
			 at->y);
	snprintf(why, sizeof(why), "left out whole: %s", reason);
	im->report(im->ctx, "", 0, name, why);
	return true;
}

/* Every message of conf_load(), "import:LINE: reason". */
static bool leave_out_all(struct import *im, char *err)
{
	char *line, *rest = NULL;
	bool went = false;

	for (line = strtok_r(err, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		unsigned long n;
		char *end;

		if (strncmp(line, TRIAL ":", strlen(TRIAL) + 1) != 0)
			continue;
		n = strtoul(line + strlen(TRIAL) + 1, &end, 10);
		if (!n || n > im->places || strncmp(end, ": ", 2) != 0)
			continue;
		if (leave_out(im, &im->place[n - 1], end + 2))
			went = true;
	}
	return went;
}

/* Servers without an address, and proxies that are switched off. */
static void leave_out_idle(struct import *im)
{
	size_t i;

	for (i = 0; i < im->n; i++) {
		struct item *it = &im->item[i];
		const struct item *on;

		if (it->gone || (it->map->section != IMPORT_SERVER &&
				 it->map->section != IMPORT_PROXY))
			continue;
		on = value_of(im, IMPORT_SWITCH, "outbound_proxy", it->x, 0);
		if (im->vendor == IMPORT_YEALINK &&
		    it->map->section == IMPORT_PROXY &&
		    (!on || strcmp(on->value, "1") != 0)) {
			drop(im, it, "left out: outbound_proxy_enable is not 1");
		} else if (!value_of(im, it->map->section, "address", it->x,
				     it->y)) {
			drop(im, it, "left out: there is no such server");
		}
	}
}

char *import_write(struct import *im, unsigned int *lines)
{
	static char err[8192];
	struct conf conf;
	char *text;
	size_t tries;

	leave_out_idle(im);
	/* Each time at least one item fewer. */
	for (tries = 0; tries <= im->n; tries++) {
		int ret;

		text = write_all(im, lines);
		if (!text)
			return NULL;
		ret = conf_load(&conf, TRIAL, text, err, sizeof(err));
		if (!ret) {
			conf_free(&conf);
			return text;
		}
		free(text);
		if (ret != -EINVAL || !leave_out_all(im, err))
			break;
	}
	errno = EPROTO;
	return NULL;
}
