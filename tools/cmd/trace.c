// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The last messages as a ladder: the phone on the left, a column for each
 * server, time downwards, events between. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "codec/ctl.h"
#include "out.h"
#include "rpc.h"

#define PHONE_AT 12		/* column of the phone's line; before it: the time */
#define COLUMNS_MAX 4
#define SPACE_MAX 42		/* between two lines */
#define SPACE_ALL 94		/* for all of them: 120 columns with the last name */
#define WIDTH 200

struct ladder {
	const char *server[COLUMNS_MAX];	/* the last may be "others" */
	size_t n;
	size_t space;
	bool others;		/* more than have a column */
	bool names_line;	/* of several lines */
	json_int_t start, before;	/* microseconds */
};

static json_int_t integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool is_event(const json_t *row)
{
	return !strcmp(out_string(row, "direction"), "event");
}

static bool appears(const json_t *rows, const char *server)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (!is_event(row) && !strcmp(out_string(row, "server"), server))
			return true;
	return false;
}

static void add_column(struct ladder *l, const char *server)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->server[i], server))
			return;
	if (l->n == COLUMNS_MAX) {
		l->others = true;
		l->server[COLUMNS_MAX - 1] = "others";
		return;
	}
	l->server[l->n++] = server;
}

/* Servers in their order, then who else is met. */
static void lay_out(struct ladder *l, const json_t *result)
{
	const json_t *rows = json_object_get(result, "rows"), *row, *server;
	const char *line = NULL;
	size_t i;

	*l = (struct ladder){ .before = -1 };
	json_array_foreach(json_object_get(result, "servers"), i, server) {
		const char *name = json_string_value(server);

		if (name && appears(rows, name))
			add_column(l, name);
	}
	json_array_foreach(rows, i, row) {
		const char *name = string(row, "server"), *of = string(row, "line");

		if (name && !is_event(row))
			add_column(l, name);
		if (of && line && strcmp(of, line) != 0)
			l->names_line = true;
		line = of ? of : line;
	}
	l->space = l->n ? SPACE_ALL / l->n : SPACE_MAX;
	if (l->space > SPACE_MAX)
		l->space = SPACE_MAX;
	l->start = integer(json_array_get(rows, 0), "time_us");
}

static size_t at_column(const struct ladder *l, size_t k)
{
	return PHONE_AT + (k + 1) * l->space;
}

static void bars(const struct ladder *l, char text[WIDTH])
{
	memset(text, ' ', WIDTH);
	text[PHONE_AT] = '|';
	for (size_t k = 0; k < l->n; k++)
		text[at_column(l, k)] = '|';
}

static void print_text(char text[WIDTH])
{
	size_t n = WIDTH;

	while (n && text[n - 1] == ' ')
		n--;
	printf("%.*s\n", (int)n, text);
}

/* Centred at a column, cut to what is free around it. */
static void put_name(char text[WIDTH], size_t at, size_t room, const char *name)
{
	char clean[WIDTH];
	size_t n = strlen(out_clean(clean, sizeof(clean), name));

	if (n > room) {
		n = room;
		clean[n - 1] = '~';
	}
	memcpy(text + at - n / 2, clean, n);
}

static void print_head(const struct ladder *l)
{
	char text[WIDTH];

	memset(text, ' ', WIDTH);
	put_name(text, 8, 2, "ms");
	put_name(text, PHONE_AT, 5, "phone");
	for (size_t k = 0; k < l->n; k++)
		put_name(text, at_column(l, k), l->space - 1, l->server[k]);
	print_text(text);
	bars(l, text);
	print_text(text);
}

/* Nothing for the moment of the row before. */
static void put_time(struct ladder *l, char text[WIDTH], const json_t *row)
{
	json_int_t at = integer(row, "time_us");
	char number[32];
	int n;

	if (at == l->before)
		return;
	l->before = at;
	n = snprintf(number, sizeof(number), "%9.1f", (double)(at - l->start) / 1000);
	memcpy(text, number, n > PHONE_AT - 2 ? PHONE_AT - 2 : (size_t)n);
}

static void print_event(struct ladder *l, const json_t *row)
{
	const char *server = string(row, "server"), *type = out_string(row, "event");
	const char *line = l->names_line ? string(row, "line") : NULL;
	char text[WIDTH], what[512], clean[512];
	size_t n;

	bars(l, text);
	put_time(l, text, row);
	/* These name their servers themselves. */
	if (!strcmp(type, "failover"))
		server = NULL;
	snprintf(what, sizeof(what), "* %s%s%s%s%s %s ", line ? line : "",
		 line ? ": " : "", server ? server : "", server ? " " : "", type,
		 out_string(row, "text"));
	n = strlen(out_clean(clean, sizeof(clean), what));
	if (n > WIDTH - PHONE_AT - 2)
		n = WIDTH - PHONE_AT - 2;
	memcpy(text + PHONE_AT + 2, clean, n);
	print_text(text);
}

/* "REGISTER 1", "401 to REGISTER 1", with what is out of the ordinary; the line's
 * name if there is room for it. */
static void make_label(const struct ladder *l, const json_t *row, char *label, size_t room)
{
	const char *line = l->names_line ? string(row, "line") : NULL;
	const char *method = string(row, "method"), *transport = out_string(row, "transport");
	const char *by = strrchr(out_string(row, "server"), ';');
	const json_t *expires = json_object_get(row, "expires");
	char status[32] = "", cseq[32] = "", text[WIDTH];
	int n;

	if (json_is_integer(json_object_get(row, "status")))
		snprintf(status, sizeof(status), "%" JSON_INTEGER_FORMAT " to ",
			 integer(row, "status"));
	if (method)
		snprintf(cseq, sizeof(cseq), " %" JSON_INTEGER_FORMAT, integer(row, "cseq"));
	if (by && !strcmp(by + 1, transport))
		by = NULL;
	/* The end of a binding or subscription. */
	n = snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s%s", line ? line : "",
		     line ? ": " : "", status, method ? method : "no SIP", cseq,
		     !*status && json_is_integer(expires) && !json_integer_value(expires) ?
		     " expires 0" : "",
		     json_is_true(json_object_get(row, "repeat")) ? " again" : "",
		     by ? " by " : "", by ? transport : "");
	if (line && n > (int)room)
		memmove(text, text + strlen(line) + 2, strlen(text + strlen(line) + 2) + 1);
	out_clean(label, WIDTH, text);
	if (strlen(label) > room) {
		label[room - 1] = '~';
		label[room] = '\0';
	}
}

static size_t column_of(const struct ladder *l, const json_t *row)
{
	const char *server = out_string(row, "server");
	size_t k = 0;

	while (k + 1 < l->n && strcmp(l->server[k], server) != 0)
		k++;
	return k;
}

/* The label stands before the server's own line, in the middle of the last space
 * or, when it is longer, from further left on. */
static void print_message(struct ladder *l, const json_t *row)
{
	size_t to = at_column(l, column_of(l, row)), n, from;
	char text[WIDTH], label[WIDTH];

	bars(l, text);
	put_time(l, text, row);
	memset(text + PHONE_AT + 1, '-', to - PHONE_AT - 1);
	if (!strcmp(out_string(row, "direction"), "in"))
		text[PHONE_AT + 1] = '<';
	else
		text[to - 1] = '>';
	make_label(l, row, label, to - PHONE_AT - 6);
	n = strlen(label);
	from = to - l->space / 2 - n / 2;
	if (n > l->space - 6)
		from = to - 3 - n;
	text[from - 1] = text[from + n] = ' ';
	memcpy(text + from, label, n);
	print_text(text);
}

static void print_ladder(const json_t *result)
{
	const json_t *rows = json_object_get(result, "rows"), *row;
	struct ladder l;
	size_t i;

	if (!json_array_size(rows)) {
		puts("no messages");
		return;
	}
	lay_out(&l, result);
	print_head(&l);
	json_array_foreach(rows, i, row) {
		if (is_event(row))
			print_event(&l, row);
		else if (l.n)
			print_message(&l, row);
	}
}

int cmd_trace(const struct options *o, int argc, char **argv)
{
	const char *messages = NULL, *pcapng = NULL, *option;
	json_t *params, *result;
	uint64_t n = 0;
	struct rpc r;

	if (!take_option(&argc, argv, "--messages", &messages))
		return usage_error("trace", "--messages needs a number");
	if (!take_option(&argc, argv, "--pcapng", &pcapng))
		return usage_error("trace", "--pcapng needs a file");
	option = unknown_option(&argc, argv);
	if (option)
		return usage_error("trace", "no option %s", option);
	if (argc > 2)
		return usage_error("trace", "one line, please");
	if (messages && !parse_number(messages, 1, CTL_TRACE_MAX, &n))
		return usage_error("trace", "--messages: not in 1..%d", CTL_TRACE_MAX);
	if (pcapng && (messages || o->json))
		return usage_error("trace", "--pcapng has all messages, and no other form");
	if (pcapng)
		return capture(o, pcapng, argv[1]);
	params = json_object();
	if (n)
		json_object_set_new(params, "messages", json_integer((json_int_t)n));
	if (argc == 2 && json_object_set_new(params, "line", json_string(argv[1]))) {
		json_decref(params);
		return usage_error("trace", "arguments must be UTF-8");
	}
	if (!rpc_open(&r, o->socket)) {
		json_decref(params);
		rpc_close(&r);
		return r.status;
	}
	result = rpc_call(&r, "trace", params);
	if (result && o->json)
		out_json(result);
	else if (result)
		print_ladder(result);
	json_decref(result);
	rpc_close(&r);
	return r.status;
}
