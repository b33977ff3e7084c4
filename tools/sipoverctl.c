// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "codec/ctl.h"
#include "out.h"
#include "rpc.h"

static const struct command commands[] = {
	{ "status", cmd_status, "[--watch]",
	  "lines, their servers and calls (the default), or live" },
	{ "call", cmd_call, "LINE URI [--sdp FILE] [--wait]", "place a call" },
	{ "answer", cmd_answer, "CALL [--sdp FILE]", "answer a call" },
	{ "hangup", cmd_hangup, "CALL", "end, cancel or reject a call" },
	{ "hold", cmd_hold, "CALL", "put a call on hold" },
	{ "resume", cmd_resume, "CALL", "take it back" },
	{ "register", cmd_register, "LINE", "register now, from the primary server on" },
	{ "watch", cmd_watch, "add PROTO ADDRESS PORT [--ring N] [--unanswered MS] | watch list",
	  "watch a server by the kernel module" },
	{ "monitor", cmd_monitor, "", "events of daemon and module until interrupted" },
	{ "trace", cmd_trace, "[LINE] [--messages N] [--pcapng FILE]",
	  "the last messages and what happened between them, as a ladder; or for Wireshark" },
	{ "failovers", cmd_failovers, "[LINE] [--last N]",
	  "the last failovers and failbacks, step by step" },
	{ "stats", cmd_stats, "", "the daemon's counters" },
	{ "metrics", cmd_metrics, "", "metrics for Prometheus, as text" },
	{ "config", cmd_config, "[LINE]", "the configuration in force, as JSON" },
	{ "reload", cmd_reload, "", "read the configuration again" },
	{ "import", cmd_import, "yealink|fanvil FILE... [--output FILE] | import --map",
	  "another vendor's configuration as sipoverd.conf" },
	{ "complete", cmd_complete, "WORD...", NULL },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *command_at(size_t i)
{
	return i < N_COMMANDS ? &commands[i] : NULL;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void print_usage(FILE *to)
{
	fprintf(to, "usage: sipoverctl [OPTION...] [COMMAND [ARGUMENT...]]\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].help)
			fprintf(to, "  %s%s%s\n      %s\n", commands[i].name,
				*commands[i].arguments ? " " : "",
				commands[i].arguments, commands[i].help);
	fprintf(to,
		"\n"
		"  --json         machine-readable output\n"
		"  --socket PATH  control socket (%s, or SIPOVER_SOCKET)\n"
		"  --color=WHEN   always, never or auto: on a terminal, without NO_COLOR\n"
		"  --help         this text\n"
		"  --version      the version\n"
		"\n"
		"Exit status: 0 done; 1 refused, or the call failed; 64 wrong arguments;\n"
		"65, 66 a file is wrong, or cannot be read; 69 sipoverd or the kernel\n"
		"module is not there; 70, 71, 73, 74 a mistake of ours, of the system, of\n"
		"an output; 76 what answers is not sipoverd; 77 no permission.\n",
		DEFAULT_SOCKET);
}

void complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("sipoverctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int usage_error(const char *command, const char *fmt, ...)
{
	va_list ap;

	fputs("sipoverctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (command && !strcmp(commands[i].name, command))
			fprintf(stderr, "usage: sipoverctl %s%s%s\n", command,
				*commands[i].arguments ? " " : "",
				commands[i].arguments);
	if (!command)
		print_usage(stderr);
	return EX_USAGE;
}

bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *n)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*n = strtoull(text, &end, 10);
	return errno == 0 && !*end && *n >= min && *n <= max;
}

static void remove_arguments(int *argc, char **argv, int at, int n)
{
	/* The NULL behind the last one moves too. */
	memmove(argv + at, argv + at + n,
		(size_t)(*argc - at - n + 1) * sizeof(*argv));
	*argc -= n;
}

bool take_option(int *argc, char **argv, const char *name, const char **value)
{
	size_t len = strlen(name);

	for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0;) {
		if (!strncmp(argv[i], name, len) && argv[i][len] == '=') {
			*value = argv[i] + len + 1;
			remove_arguments(argc, argv, i, 1);
		} else if (!strcmp(argv[i], name)) {
			if (i + 1 >= *argc)
				return false;
			*value = argv[i + 1];
			remove_arguments(argc, argv, i, 2);
		} else {
			i++;
		}
	}
	return true;
}

bool take_flag(int *argc, char **argv, const char *name)
{
	bool found = false;

	for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0;) {
		if (!strcmp(argv[i], name)) {
			remove_arguments(argc, argv, i, 1);
			found = true;
		} else {
			i++;
		}
	}
	return found;
}

const char *unknown_option(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++) {
		if (!strcmp(argv[i], "--")) {
			remove_arguments(argc, argv, i, 1);
			return NULL;
		}
		if (argv[i][0] == '-' && argv[i][1])
			return argv[i];
	}
	return NULL;
}

int add_sdp(json_t *params, const char *path)
{
	static char text[CTL_LINE_MAX / 2];
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	size_t len;
	json_t *sdp;
	bool bad;

	if (!f) {
		complain("%s: %s", path, strerror(errno));
		return EX_NOINPUT;
	}
	len = fread(text, 1, sizeof(text), f);
	bad = ferror(f);
	if (f != stdin)
		fclose(f);
	if (bad) {
		complain("%s: cannot be read", path);
		return EX_NOINPUT;
	}
	if (len == sizeof(text)) {
		complain("%s: over %zu bytes", path, sizeof(text) - 1);
		return EX_DATAERR;
	}
	sdp = memchr(text, '\0', len) ? NULL : json_stringn(text, len);
	if (!sdp) {
		complain("%s: not UTF-8 text", path);
		return EX_DATAERR;
	}
	json_object_set_new(params, "sdp", sdp);
	return 0;
}

int simple_request(const struct options *o, const char *method, json_t *params)
{
	struct rpc r;
	json_t *result;

	if (!params)
		return usage_error(method, "arguments must be UTF-8");
	if (!rpc_open(&r, o->socket)) {
		json_decref(params);
		rpc_close(&r);
		return r.status;
	}
	result = rpc_call(&r, method, params);
	if (result && o->json)
		out_json(result);
	json_decref(result);
	rpc_close(&r);
	return r.status;
}

static int run(const struct options *o, int argc, char **argv)
{
	static char *status[] = { "status", NULL };

	if (argc < 2)
		return cmd_status(o, 1, status);
	if (command_find(argv[1]))
		return command_find(argv[1])->run(o, argc - 1, argv + 1);
	return usage_error(NULL, argv[1][0] == '-' ? "no option %s" :
			   "no command %s", argv[1]);
}

/* https://no-color.org: set and not empty. */
static bool set_color(const char *when)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!strcmp(when, "always"))
		out_color = true;
	else if (!strcmp(when, "auto"))
		out_color = isatty(STDOUT_FILENO) && !(no && *no) && term &&
			    strcmp(term, "dumb") != 0;
	else
		return !strcmp(when, "never");
	return true;
}

int main(int argc, char **argv)
{
	const char *from_environment = getenv("SIPOVER_SOCKET");
	struct options o = {
		.socket = from_environment && *from_environment ?
			  from_environment : DEFAULT_SOCKET,
	};
	const char *color = "auto";
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Its words are another command's, options and all. */
	if (argc > 1 && !strcmp(argv[1], "complete"))
		return cmd_complete(&o, argc - 1, argv + 1);
	if (!take_option(&argc, argv, "--socket", &o.socket))
		return usage_error(NULL, "--socket needs a path");
	if (!take_option(&argc, argv, "--color", &color) || !set_color(color))
		return usage_error(NULL, "--color is auto, always or never");
	o.json = take_flag(&argc, argv, "--json");
	if (take_flag(&argc, argv, "--help") || take_flag(&argc, argv, "-h")) {
		print_usage(stdout);
		return 0;
	}
	if (take_flag(&argc, argv, "--version")) {
		puts("sipoverctl " SIPOVER_VERSION);
		return 0;
	}
	status = run(&o, argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		complain("cannot write: %s", strerror(errno));
		if (status == 0)
			status = EX_IOERR;
	}
	return status;
}
