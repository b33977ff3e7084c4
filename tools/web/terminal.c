// SPDX-License-Identifier: BSD-2-Clause
#include "terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "say.h"
#include "secret.h"

#define LINE (SECRET_MAX + 2)	/* its end, and one byte too many */

/* By read(), so that stdio keeps no copy; false: none, or too long. */
static bool read_line(char line[LINE])
{
	size_t n = 0;

	while (n < LINE) {
		ssize_t got = read(STDIN_FILENO, line + n, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || line[n] == '\n') {
			line[n] = '\0';
			return got > 0 || n > 0;
		}
		/* What the hash would end at. */
		if (!line[n])
			return false;
		n++;
	}
	return false;
}

/* With the terminal's echo off; whoever is interrupted finds it on again. */
static bool ask(const char *prompt, char line[LINE])
{
	struct termios shown, hidden;
	sigset_t set, old;
	bool good;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return false;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	/* The prompt last: what is typed before it is thrown away. */
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fputs(prompt, stderr);
	good = read_line(line);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	sigprocmask(SIG_SETMASK, &old, NULL);
	fputc('\n', stderr);
	/* Ctrl-C comes as itself. */
	return good && !strchr(line, 3);
}

int terminal_set_password(const char *path)
{
	char line[LINE] = "", again[LINE] = "";
	bool tty = isatty(STDIN_FILENO);
	const char *why = NULL;
	int ret = EX_DATAERR;

	if (!(tty ? ask("Password of the page: ", line) : read_line(line)))
		complain("no password was given, or one of over %d bytes",
			 SECRET_MAX);
	else if (secret_fit(line, &why) != 0)
		complain("%s", why);
	else if (tty && (!ask("Again: ", again) || strcmp(line, again) != 0))
		complain("these are two passwords; nothing is changed");
	else
		ret = EX_OK;
	if (ret == EX_OK) {
		int error = secret_write(path, line);

		if (error) {
			complain("%s: %s", path, strerror(-error));
			ret = EX_CANTCREAT;
		}
	}
	secret_wipe(line, sizeof(line));
	secret_wipe(again, sizeof(again));
	return ret;
}
