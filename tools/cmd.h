/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands of sipoverctl share.  A command gets its own arguments,
 * argv[0] its name, the global options already taken out, and returns the
 * exit status.
 */
#ifndef SIPOVER_TOOLS_CMD_H
#define SIPOVER_TOOLS_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sysexits.h>

#include <jansson.h>

#define DEFAULT_SOCKET "/run/sipover/control.sock"

struct options {
	bool json;
	const char *socket;
};

struct command {
	const char *name;
	int (*run)(const struct options *o, int argc, char **argv);
	const char *arguments;
	const char *help;	/* one line; NULL: not listed */
};

/* Of the table, which ends with NULL; and by name. */
const struct command *command_at(size_t i);
const struct command *command_find(const char *name);

int cmd_status(const struct options *o, int argc, char **argv);
int cmd_call(const struct options *o, int argc, char **argv);
int cmd_answer(const struct options *o, int argc, char **argv);
int cmd_hangup(const struct options *o, int argc, char **argv);
int cmd_hold(const struct options *o, int argc, char **argv);
int cmd_resume(const struct options *o, int argc, char **argv);
int cmd_register(const struct options *o, int argc, char **argv);
int cmd_watch(const struct options *o, int argc, char **argv);
int cmd_monitor(const struct options *o, int argc, char **argv);
int cmd_trace(const struct options *o, int argc, char **argv);
int cmd_failovers(const struct options *o, int argc, char **argv);
int cmd_metrics(const struct options *o, int argc, char **argv);
int cmd_stats(const struct options *o, int argc, char **argv);
int cmd_config(const struct options *o, int argc, char **argv);
int cmd_reload(const struct options *o, int argc, char **argv);
int cmd_complete(const struct options *o, int argc, char **argv);
int cmd_import(const struct options *o, int argc, char **argv);

/* trace --pcapng: into that file ("-": standard output); line: NULL for all. */
int capture(const struct options *o, const char *path, const char *line);

/* "sipoverctl: message" to stderr. */
__attribute__((format(printf, 1, 2)))
void complain(const char *fmt, ...);

/* The message and the command's usage to stderr; returns EX_USAGE. */
__attribute__((format(printf, 2, 3)))
int usage_error(const char *command, const char *fmt, ...);

/* Decimal digits only, min..max; false: anything else. */
bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *n);

/* Takes "NAME VALUE" or "NAME=VALUE" out of argv; *value stays if it is not
 * there.  false: the value is missing. */
bool take_option(int *argc, char **argv, const char *name, const char **value);

/* Takes "NAME" out of argv; whether it was there. */
bool take_flag(int *argc, char **argv, const char *name);

/* Takes "--" out of argv; the first argument that is left and looks like an
 * option, NULL: none. */
const char *unknown_option(int *argc, char **argv);

/* {"sdp": text} into params; 0 or an exit status, with a message. */
int add_sdp(json_t *params, const char *path);

/* One request with its answer, printed by --json only: what the simple
 * commands do.  Steals params. */
int simple_request(const struct options *o, const char *method, json_t *params);

#endif /* SIPOVER_TOOLS_CMD_H */
