/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answers to status and config, whose lists are as long as the
 * configuration: made while the client takes them, a few items at a time, so
 * that ten thousand lines hold up neither the loop nor much memory.  Each item is
 * as it is when its turn comes.
 */
#include "agent_ctl_lists.h"

#include <stdlib.h>

#include "agent_ctl_config.h"
#include "agent_ctl_status.h"
#include "codec/ctl_pieces.h"
#include "io/clock.h"

/* Free places that one piece passes over. */
#define PLACES_MAX 1024

typedef json_t *list_item(struct agent *a, uint32_t i, bool *there);

struct list {
	const char *name;	/* NULL: there are no more */
	list_item *item;
	uint32_t (*places)(const struct agent *a);
};

struct lists {
	struct control_source source;	/* the first member */
	struct agent *a;
	struct ctl_pieces pieces;
	const struct list *list;
	bool named;			/* the list is begun */
	uint32_t at;			/* its next place */
	uint32_t line;			/* the only one; AGENT_NONE: all */
	bool config;
	uint32_t changes;		/* at the first item */
};

static uint32_t places_lines(const struct agent *a)
{
	return a->conf->n_lines;
}

static uint32_t places_names(const struct agent *a)
{
	return a->conf->n_hosts;
}

static uint32_t places_calls(const struct agent *a)
{
	(void)a;
	return AGENT_CALLS_MAX;
}

static const struct list of_status[] = {
	{ "lines", status_line_json, places_lines },
	{ "names", status_name_json, places_names },
	{ "calls", status_call_json, places_calls },
	{ NULL, NULL, NULL },
};

static const struct list of_config[] = {
	{ "lines", config_line_json, places_lines },
	{ NULL, NULL, NULL },
};

static void next_item(struct lists *l)
{
	bool there = false;
	json_t *item;

	if (!l->named) {
		ctl_pieces_list(&l->pieces, l->list->name);
		l->named = true;
		l->at = l->line == AGENT_NONE ? 0 : l->line;
	}
	if (l->at < l->list->places(l->a)) {
		item = l->list->item(l->a, l->at++, &there);
		if (there)
			ctl_pieces_item(&l->pieces, item);
		if (l->line == AGENT_NONE)
			return;
	}
	l->list++;
	l->named = false;
}

static char *lists_next(struct control_source *source, bool *last)
{
	struct lists *l = (struct lists *)source;
	unsigned int places = 0;

	l->a->now = clock_now();
	while (l->list->name && !l->pieces.failed && places++ < PLACES_MAX &&
	       l->pieces.len < CONTROL_PIECE)
		next_item(l);
	if (!l->list->name) {
		/* Its revision is that of the beginning: who applies on top of
		 * it is refused. */
		if (l->config && l->changes != l->a->changes)
			ctl_pieces_member(&l->pieces, "torn", json_true());
		ctl_pieces_end(&l->pieces);
		*last = true;
	}
	if (l->pieces.failed)
		l->a->stats.no_memory++;
	return ctl_pieces_take(&l->pieces);
}

static void lists_free(struct control_source *source)
{
	struct lists *l = (struct lists *)source;

	ctl_pieces_free(&l->pieces);
	free(l);
}

bool lists_answer(struct agent *a, uint32_t client, json_t *id,
		  enum ctl_method method, uint32_t line, json_t *head)
{
	struct lists *l = calloc(1, sizeof(*l));
	bool last = false;
	char *text;

	if (!l) {
		json_decref(head);
		return false;
	}
	l->source.next = lists_next;
	l->source.free = lists_free;
	l->a = a;
	l->config = method == CTL_CONFIG;
	l->list = l->config ? of_config : of_status;
	l->line = line;
	l->changes = a->changes;
	ctl_pieces_begin(&l->pieces, id, head);
	text = lists_next(&l->source, &last);
	if (text && !last) {
		control_answer(&a->control, client, text, &l->source);
		return true;
	}
	lists_free(&l->source);
	if (text)
		control_send(&a->control, client, text);
	return text;
}
