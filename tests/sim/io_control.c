// SPDX-License-Identifier: BSD-2-Clause
/* io/control.h with one client, the user; it subscribed. */
#include "sim.h"
#include "agent_room.h"

#include <stdlib.h>
#include <string.h>

int control_open(struct control *c, struct ring *r, const char *path,
		 const struct control_ops *ops, void *ctx)
{
	(void)path;
	memset(c, 0, sizeof(*c));
	c->ring = r;
	c->ops = ops;
	c->ctx = ctx;
	c->p = (struct control_private *)c;
	W.control = c;
	return 0;
}

void control_close(struct control *c)
{
	c->p = NULL;
	W.control = NULL;
}

int control_admit(struct control *c, const char *group)
{
	(void)c;
	(void)group;
	return 0;
}

bool control_is_owner(const struct control *c, uint32_t number)
{
	(void)c;
	(void)number;
	return true;
}

void control_send(struct control *c, uint32_t number, char *text)
{
	(void)c;
	(void)number;
	if (!text)
		return;
	strncpy(W.reply, text, sizeof(W.reply) - 1);
	free(text);
}

/* The user takes all of it at once. */
void control_answer(struct control *c, uint32_t number, char *text,
		    struct control_source *source)
{
	size_t room = sizeof(W.reply) - 1;
	bool last = false;

	(void)c;
	(void)number;
	for (W.reply[0] = '\0'; text; ) {
		strncat(W.reply, text, room - strlen(W.reply));
		free(text);
		text = last ? NULL : source->next(source, &last);
	}
	source->free(source);
}

void control_subscribe(struct control *c, uint32_t number)
{
	(void)c;
	(void)number;
}

void control_broadcast(struct control *c, char *text)
{
	(void)c;
	if (!text)
		return;
	user_event(text);
	free(text);
}

bool control_has_subscribers(const struct control *c)
{
	(void)c;
	return true;
}

/* Written at once. */
bool control_note(struct control *c, const void *event, size_t len)
{
	control_broadcast(c, c->ops->text(c->ctx, event, len));
	return true;
}

bool control_noted(const struct control *c)
{
	(void)c;
	return false;
}

void control_quiet(struct control *c)
{
	(void)c;
}
