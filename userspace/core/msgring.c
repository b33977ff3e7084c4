// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "msgring.h"

#include <string.h>

_Static_assert(sizeof(struct msgring_entry) == 64, "what the header promises");

static size_t room(uint32_t len)
{
	return (sizeof(struct msgring_entry) + len + 7) & ~(size_t)7;
}

static struct msgring_entry *at(const struct msgring *r, size_t off)
{
	return (struct msgring_entry *)(void *)(r->mem + off);
}

static bool empty(const struct msgring *r)
{
	return r->first == r->next;
}

void msgring_init(struct msgring *r, void *mem, size_t size)
{
	*r = (struct msgring){
		.mem = mem, .size = size & ~(size_t)7, .first = 1, .next = 1,
	};
}

/* The oldest gives way. */
static void drop(struct msgring *r)
{
	r->tail += room(at(r, r->tail)->len);
	r->first++;
	if (r->wrapped && r->tail == r->end) {
		r->tail = 0;
		r->wrapped = false;
	}
	if (empty(r))
		r->head = r->tail = 0;
}

/* Makes need bytes free in one piece at head. */
static void make_room(struct msgring *r, size_t need)
{
	while ((r->wrapped ? r->tail : r->size) - r->head < need) {
		if (r->wrapped) {
			drop(r);
			continue;
		}
		r->end = r->head;
		r->head = 0;
		r->wrapped = true;
	}
}

bool msgring_put(struct msgring *r, const struct msgring_entry *e,
		 const void *bytes)
{
	size_t need = room(e->len);

	if (need > r->size) {
		r->left_out += r->size != 0;
		return false;
	}
	make_room(r, need);
	*at(r, r->head) = *e;
	memcpy(at(r, r->head) + 1, bytes, e->len);
	r->last[e->kind].number = r->next++;
	r->last[e->kind].off = r->head;
	r->head += need;
	return true;
}

void msgring_set_line(struct msgring *r, enum msgring_kind kind, uint32_t line)
{
	if (r->last[kind].number && r->last[kind].number >= r->first)
		at(r, r->last[kind].off)->line = line;
}

void msgring_forget(struct msgring *r, uint32_t line)
{
	size_t off = r->tail, i;
	uint64_t n = r->next - r->first;

	for (i = 0; i < n; i++) {
		if (r->wrapped && off == r->end)
			off = 0;
		if (at(r, off)->line == line)
			at(r, off)->line = MSGRING_NO_LINE;
		off += room(at(r, off)->len);
	}
}

const struct msgring_entry *msgring_next(const struct msgring *r,
					 const struct msgring_entry *e)
{
	size_t off = r->tail;

	if (empty(r))
		return NULL;
	if (e)
		off = (size_t)((const unsigned char *)e - r->mem) +
		      room(e->len);
	if (r->wrapped && off == r->end)
		off = 0;
	else if (e && off == r->head)
		return NULL;
	return at(r, off);
}
