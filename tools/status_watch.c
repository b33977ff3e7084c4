// SPDX-License-Identifier: BSD-2-Clause
#include "status_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "interrupt.h"
#include "out.h"
#include "rpc.h"

#define PAUSE_MS 100	/* between two pictures: events come in bursts */
#define TICK_MS 1000

#define HOME "\033[H"
#define CLEAR "\033[H\033[2J"
#define REST_OF_LINE "\033[K"
#define REST_OF_SCREEN "\033[J"
#define HIDE_CURSOR "\033[?25l"
#define SHOW_CURSOR "\033[?25h"

struct screen {
	bool terminal;
	int columns, rows;
};

static void screen_size(struct screen *s)
{
	struct winsize size;

	s->columns = 80;
	s->rows = 24;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col && size.ws_row) {
		s->columns = size.ws_col;
		s->rows = size.ws_row;
	}
}

/* What print writes, as a text. */
static char *picture(status_print *print, const json_t *status)
{
	char *text = NULL;
	FILE *memory;
	size_t size;

	memory = open_memstream(&text, &size);
	if (!memory)
		return NULL;
	print(memory, status);
	if (fclose(memory)) {
		free(text);
		return NULL;
	}
	return text;
}

/* As many columns as fit; colours and the bytes behind the first of a UTF-8
 * character take none. */
static size_t cut(const char *line, size_t len, int columns)
{
	int used = 0;
	size_t i = 0;

	while (i < len) {
		if (line[i] == '\033') {
			while (i < len && line[i] != 'm')
				i++;
			i += i < len;
			continue;
		}
		if ((line[i] & 0xc0) != 0x80 && ++used > columns)
			break;
		i++;
	}
	return i;
}

/* Over the one before, whose rest is blanked behind it. */
static void draw(const struct screen *s, const char *text)
{
	int row;

	fputs(HOME, stdout);
	for (row = 0; *text && row < s->rows - 1; row++) {
		size_t len = strcspn(text, "\n");
		size_t n = cut(text, len, s->columns);

		fwrite(text, 1, n, stdout);
		fputs(n < len && out_color ? "\033[0m" REST_OF_LINE "\n" :
					     REST_OF_LINE "\n", stdout);
		text += len + (text[len] == '\n');
	}
	fputs(*text ? "..." REST_OF_SCREEN : REST_OF_SCREEN, stdout);
	fflush(stdout);
}

static bool show(struct rpc *r, const struct options *o, struct screen *s,
		 status_print *print)
{
	json_t *status = rpc_call(r, "status", NULL);
	char *text;

	if (!status)
		return false;
	if (o->json) {
		json_dumpf(status, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (!s->terminal) {
		print(stdout, status);
		putchar('\n');
	} else {
		screen_size(s);
		text = picture(print, status);
		if (text)
			draw(s, text);
		free(text);
	}
	fflush(stdout);
	json_decref(status);
	return true;
}

/* All that have come; whether there was any. */
static bool take_events(struct rpc *r)
{
	bool any = false;
	json_t *event;

	while ((event = rpc_event(r, 0))) {
		json_decref(event);
		any = true;
	}
	return any;
}

static int follow(struct rpc *r, const struct options *o, struct screen *s,
		  status_print *print)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	bool ticks = s->terminal && !o->json;
	bool due = true;

	for (;;) {
		if (due && !show(r, o, s, print))
			return r->status;
		if (!interrupt_poll_for(NULL, 0, PAUSE_MS))
			return 0;
		/* Some may have come with the answer: poll() tells of none that
		 * is read already. */
		due = take_events(r);
		if (!due && !r->status) {
			if (!interrupt_poll_for(&p, 1, ticks ? TICK_MS : -1))
				return 0;
			due = take_events(r) || ticks;
		}
		if (r->status)
			return r->status;
	}
}

int status_watch(const struct options *o, status_print *print)
{
	struct screen s = { .terminal = isatty(STDOUT_FILENO) && !o->json };
	json_t *subscribed = NULL;
	struct rpc r;
	int rc;

	interrupt_init();
	if (rpc_open(&r, o->socket))
		subscribed = rpc_call(&r, "subscribe", NULL);
	if (subscribed && s.terminal) {
		setvbuf(stdout, NULL, _IOFBF, 65536);
		fputs(HIDE_CURSOR CLEAR, stdout);
	}
	rc = subscribed ? follow(&r, o, &s, print) : r.status;
	if (subscribed && s.terminal) {
		fputs("\n" SHOW_CURSOR, stdout);
		fflush(stdout);
	}
	json_decref(subscribed);
	rpc_close(&r);
	return rc;
}
