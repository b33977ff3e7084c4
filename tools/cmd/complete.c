// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the shells' completions ask: the words that can stand in the place of
 * the last one given, by the table of commands itself ("LINE", "CALL",
 * "a|b", "[--option N]") and the daemon's status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "out.h"
#include "rpc.h"

#define TOKENS_MAX 24

/* Options only to who has begun one. */
static void offer(const char *word, const char *begun)
{
	if (strncmp(word, begun, strlen(begun)) == 0 && !strpbrk(word, "\n") &&
	    (*word != '-' || *begun == '-'))
		puts(word);
}

/* Names or numbers out of the status. */
static void offer_status(const struct options *o, const char *list,
			 const char *key, const char *begun)
{
	json_t *status, *entry;
	struct rpc r;
	size_t i;

	if (!rpc_open(&r, o->socket)) {
		rpc_close(&r);
		return;
	}
	status = rpc_call(&r, "status", NULL);
	json_array_foreach(json_object_get(status, list), i, entry) {
		const json_t *value = json_object_get(entry, key);
		char number[32];

		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		offer(json_is_string(value) ? json_string_value(value) :
		      number, begun);
	}
	json_decref(status);
	rpc_close(&r);
}

static void offer_token(const struct options *o, char *token, const char *begun)
{
	char *word, *rest = NULL;

	if (strcmp(token, "LINE") == 0) {
		offer_status(o, "lines", "name", begun);
	} else if (strcmp(token, "CALL") == 0) {
		offer_status(o, "calls", "call", begun);
	} else if (strcmp(token, "PROTO") == 0) {
		offer("udp", begun);
		offer("tcp", begun);
	} else if (*token >= 'a' && *token <= 'z') {
		for (word = strtok_r(token, "|", &rest); word;
		     word = strtok_r(NULL, "|", &rest))
			offer(word, begun);
	}
}

/* The blanks and brackets of "LINE [--messages N]" gone. */
static int split(char *text, char **token)
{
	char *rest = NULL, *word;
	int n = 0;

	for (word = strtok_r(text, " []", &rest); word && n < TOKENS_MAX;
	     word = strtok_r(NULL, " []", &rest))
		if (strcmp(word, "|") != 0)
			token[n++] = word;
	return n;
}

/* Whether the option takes a value, which is the token behind it. */
static bool takes_value(char **token, int n, const char *option)
{
	for (int i = 0; i + 1 < n; i++)
		if (strcmp(token[i], option) == 0)
			return token[i + 1][0] >= 'A' && token[i + 1][0] <= 'Z';
	return false;
}

/* The words behind the command, the last one begun. */
static void offer_arguments(const struct options *o, char *arguments, int argc,
			    char **argv)
{
	char *token[TOKENS_MAX];
	const char *begun = argv[argc - 1];
	int n = split(arguments, token), at = 0, i;

	for (i = 0; i < argc - 1; i++) {
		if (argv[i][0] != '-')
			at++;
		else if (takes_value(token, n, argv[i]))
			i++;
	}
	if (i > argc - 1)
		return;		/* an option's value: a file, or a number */
	for (i = 0; i < n; i++) {
		if (token[i][0] == '-') {
			offer(token[i], begun);
			if (takes_value(token, n, token[i]))
				i++;
		} else if (at-- == 0) {
			offer_token(o, token[i], begun);
		}
	}
}

/* Alternatives stand behind " | " and begin with the command again. */
static void offer_command(const struct options *o, const struct command *c,
			  int argc, char **argv)
{
	char *text = strdup(c->arguments), *part = text;
	char again[32];

	snprintf(again, sizeof(again), " | %s ", c->name);
	while (part) {
		char *next = strstr(part, again);

		if (next) {
			*next = '\0';
			next += strlen(again);
		}
		offer_arguments(o, part, argc, argv);
		part = next;
	}
	free(text);
}

int cmd_complete(const struct options *o, int argc, char **argv)
{
	static const char *const globals[] = { "--json", "--socket", "--color=",
					       "--help", "--version" };
	struct options own = *o;
	int i = 1;

	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	for (; i + 1 < argc && argv[i][0] == '-'; i++)
		if (strcmp(argv[i], "--socket") == 0)
			own.socket = argv[++i];
	if (i >= argc)
		return 0;
	if (i + 1 < argc) {
		const struct command *c = command_find(argv[i]);

		if (c)
			offer_command(&own, c, argc - i - 1, argv + i + 1);
		return 0;
	}
	for (size_t k = 0; command_at(k); k++)
		if (command_at(k)->help)
			offer(command_at(k)->name, argv[i]);
	for (size_t k = 0; k < sizeof(globals) / sizeof(globals[0]); k++)
		offer(globals[k], argv[i]);
	return 0;
}
