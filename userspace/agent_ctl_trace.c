// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * The control method "trace": the last messages and events as rows.  Whose a
 * message is may have been said of another one of its Call-ID only; whether it
 * is a repeat shows when the same bytes went the same way before.
 */
#include "agent_ctl_trace.h"

#include <stdlib.h>
#include <string.h>

#include "agent_find.h"
#include "agent_ladder.h"
#include "codec/sip_brief.h"
#include "io/clock.h"

/* Bytes of one answer: twice as many as text, and far less than what a client
 * may leave unread. */
#define ANSWER_MAX 131072

struct item {
	const struct msgring_entry *e;
	uint64_t dialog;	/* hash of the Call-ID; 0: none */
	uint64_t same;		/* hash of bytes, peer and direction */
	uint32_t line;
	bool repeat;
};

/* Hash to value, by linear probing; at most half full. */
struct map {
	uint64_t *key;		/* 0: free */
	uint32_t *value;
	size_t mask;
};

struct look {
	struct item *item;
	size_t n;
	struct map map;
};

static uint64_t hash(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	while (n--)
		h = (h ^ *p++) * 1099511628211ull;
	return h ? h : 1;
}

/* Where the key is, or would be. */
static size_t map_at(const struct map *m, uint64_t key)
{
	size_t i = (size_t)(key ^ key >> 32) & m->mask;

	while (m->key[i] && m->key[i] != key)
		i = (i + 1) & m->mask;
	return i;
}

static void map_clear(struct map *m)
{
	memset(m->key, 0, (m->mask + 1) * sizeof(*m->key));
}

/* Room for all entries; false: no memory. */
static bool look_open(struct look *k, const struct msgring *r)
{
	size_t n = (size_t)(r->next - r->first), cells = 2;

	while (cells < 2 * n)
		cells *= 2;
	*k = (struct look){
		.item = calloc(n ? n : 1, sizeof(*k->item)),
		.map = { calloc(cells, sizeof(*k->map.key)),
			 calloc(cells, sizeof(*k->map.value)), cells - 1 },
	};
	return k->item && k->map.key && k->map.value;
}

static void look_close(struct look *k)
{
	free(k->item);
	free(k->map.key);
	free(k->map.value);
}

static void read_items(struct agent *a, struct look *k)
{
	const struct msgring_entry *e = NULL;
	struct sip_brief b;

	while ((e = msgring_next(&a->ladder, e)) != NULL) {
		struct item *item = &k->item[k->n++];
		const char *bytes;

		*item = (struct item){ .e = e, .line = e->line };
		if (e->kind == MSGRING_EVENT)
			continue;
		bytes = ladder_read(a, e);
		item->same = hash(14695981039346656037ull + e->kind, &e->peer,
				  sizeof(e->peer));
		item->same = hash(item->same, bytes, e->len);
		if (sip_brief_read(&b, bytes, e->len) && *b.call_id)
			item->dialog = hash(14695981039346656037ull, b.call_id,
					    strlen(b.call_id));
	}
}

static void find_repeats(struct look *k)
{
	size_t i, at;

	map_clear(&k->map);
	for (i = 0; i < k->n; i++) {
		if (!k->item[i].same)
			continue;
		at = map_at(&k->map, k->item[i].same);
		k->item[i].repeat = k->map.key[at] != 0;
		k->map.key[at] = k->item[i].same;
	}
}

static void find_lines(struct look *k)
{
	size_t i, at;

	map_clear(&k->map);
	for (i = 0; i < k->n; i++) {
		const struct item *item = &k->item[i];

		if (!item->dialog || item->line == MSGRING_NO_LINE)
			continue;
		at = map_at(&k->map, item->dialog);
		k->map.key[at] = item->dialog;
		k->map.value[at] = item->line;
	}
	for (i = 0; i < k->n; i++) {
		struct item *item = &k->item[i];

		if (!item->dialog || item->line != MSGRING_NO_LINE)
			continue;
		at = map_at(&k->map, item->dialog);
		if (k->map.key[at])
			item->line = k->map.value[at];
	}
}

/* A connection that a server opened has a port of its own. */
static uint32_t server_of(const struct agent *a, const struct addr *peer)
{
	uint32_t s = server_find(a, peer), i;

	if (s != AGENT_NONE || peer->transport == TRANSPORT_UDP)
		return s;
	for (i = 0; i < a->n_servers; i++)
		if (server_has_host(a, i, peer))
			return i;
	return AGENT_NONE;
}

/* What is of no line belongs to all that use the server, or to all. */
static bool concerns(const struct agent *a, const struct item *item, uint32_t l)
{
	uint32_t s, k;

	if (l == AGENT_NONE || item->line == l)
		return true;
	if (item->line != MSGRING_NO_LINE)
		return false;
	if (item->e->peer.family == ADDR_NONE)
		return true;
	s = server_of(a, &item->e->peer);
	for (k = 0; k < a->line[l].n_servers; k++)
		if (a->line[l].server[k] == s)
			return true;
	return false;
}

static int by_time(const void *x, const void *y)
{
	const struct item *a = x, *b = y;

	if (a->e->at.ns != b->e->at.ns)
		return a->e->at.ns < b->e->at.ns ? -1 : 1;
	return 0;
}

/* The newest rows that concern the line, in the order of time; how many.
 * Moves them to the front. */
static size_t choose(const struct agent *a, struct look *k, uint32_t l,
		     size_t rows_max)
{
	size_t from = k->n, n = 0, i, j;

	while (from && n < rows_max)
		if (concerns(a, &k->item[--from], l))
			n++;
	for (i = from, n = 0; i < k->n; i++)
		if (concerns(a, &k->item[i], l))
			k->item[n++] = k->item[i];
	/* Nearly in order, and what is of one moment is to stay so: a report of
	 * the kernel is older than what was told before it. */
	for (i = 1; i < n; i++) {
		struct item moved = k->item[i];

		for (j = i; j && by_time(&k->item[j - 1], &moved) > 0; j--)
			k->item[j] = k->item[j - 1];
		k->item[j] = moved;
	}
	return n;
}

/* ---- JSON ---- */

static json_t *addr_json(const struct addr *addr)
{
	char text[ADDR_STRLEN];

	return addr->family == ADDR_NONE ? json_null() :
	       json_string(addr_print(addr, text));
}

static json_t *peer_json(const struct agent *a, const struct addr *peer)
{
	uint32_t s = server_of(a, peer);
	char text[ADDR_STRLEN + 8];

	if (peer->family == ADDR_NONE)
		return json_null();
	if (s != AGENT_NONE)
		return json_string(a->server[s].name);
	addr_print(peer, text);
	strcat(text, ";");
	strcat(text, transport_param(peer->transport));
	return json_string(text);
}

static json_t *row_new(const struct agent *a, const struct item *item)
{
	return json_pack("{s:I, s:s?, s:o}",
			 "time_us", (json_int_t)(item->e->at.ns / 1000),
			 "line", item->line == MSGRING_NO_LINE ? NULL :
			 a->line[item->line].conf->name,
			 "server", peer_json(a, &item->e->peer));
}

static void put(json_t *row, const char *name, json_t *value)
{
	json_object_set_new(row, name, value);
}

static json_t *event_json(struct agent *a, const struct item *item)
{
	const char *text = ladder_read(a, item->e);
	json_t *row = row_new(a, item), *what;
	size_t type = 0;
	char *copy;

	while (type < item->e->len && text[type] != ' ')
		type++;
	put(row, "direction", json_string("event"));
	put(row, "event", json_stringn(text, type));
	type += type < item->e->len;
	copy = strndup(text + type, item->e->len - type);
	what = copy ? ctl_text(copy) : NULL;
	free(copy);
	put(row, "text", what);
	return row;
}

static json_t *message_json(struct agent *a, const struct item *item)
{
	const struct msgring_entry *e = item->e;
	json_t *row = row_new(a, item);
	struct sip_brief b;
	bool good = sip_brief_read(&b, ladder_read(a, e), e->len);

	put(row, "direction", json_string(e->kind == MSGRING_SENT ? "out" :
					  "in"));
	put(row, "own", addr_json(&e->own));
	put(row, "peer", addr_json(&e->peer));
	put(row, "transport", json_string(transport_param(e->peer.transport)));
	put(row, "size", json_integer(e->len));
	put(row, "repeat", json_boolean(item->repeat));
	put(row, "method", *b.method ? json_string(b.method) : json_null());
	put(row, "status", good && b.response ? json_integer(b.status) :
						json_null());
	put(row, "reason", good && b.response ? json_string(b.reason) :
						json_null());
	put(row, "cseq", good ? json_integer(b.cseq) : json_null());
	put(row, "expires", b.expires < 0 ? json_null() :
					    json_integer(b.expires));
	put(row, "call_id", json_string(b.call_id));
	put(row, "branch", json_string(b.branch));
	return row;
}

/* The columns, in the order in which the line prefers them. */
static json_t *servers_json(const struct agent *a, uint32_t l)
{
	json_t *servers = json_array();
	uint32_t k, n = l == AGENT_NONE ? a->n_servers : a->line[l].n_servers;

	for (k = 0; k < n && k < CTL_TRACE_MAX; k++) {
		const struct server *s =
			&a->server[l == AGENT_NONE ? k : a->line[l].server[k]];

		if (s->addr.family != ADDR_NONE)
			json_array_append_new(servers, json_string(s->name));
	}
	return servers;
}

json_t *trace_json(struct agent *a, uint32_t l, uint32_t rows_max)
{
	json_t *rows = json_array(), *result = NULL;
	struct look k;
	size_t n, i;

	if (look_open(&k, &a->ladder)) {
		read_items(a, &k);
		find_repeats(&k);
		find_lines(&k);
		n = choose(a, &k, l, rows_max);
		for (i = 0; i < n; i++)
			json_array_append_new(rows,
				k.item[i].e->kind == MSGRING_EVENT ?
				event_json(a, &k.item[i]) :
				message_json(a, &k.item[i]));
		result = json_pack("{s:I, s:I, s:o, s:o}",
				   "kept", (json_int_t)k.n, "left_out",
				   (json_int_t)a->ladder.left_out, "servers",
				   servers_json(a, l), "rows",
				   json_incref(rows));
	}
	json_decref(rows);
	look_close(&k);
	return result;
}

/* ---- whole messages ---- */

/* NULL: no memory. */
static json_t *hex_json(const char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(2 * n + 1);
	json_t *value;
	size_t i;

	if (!text)
		return NULL;
	for (i = 0; i < n; i++) {
		text[2 * i] = digits[(unsigned char)bytes[i] >> 4];
		text[2 * i + 1] = digits[(unsigned char)bytes[i] & 15];
	}
	value = json_stringn(text, 2 * n);
	free(text);
	return value;
}

static json_t *whole_json(struct agent *a, const struct item *item,
			  uint64_t number, uint64_t unix_ns)
{
	const struct msgring_entry *e = item->e;

	return json_pack("{s:I, s:I, s:s?, s:s, s:o, s:o, s:s, s:o}",
			 "number", (json_int_t)number,
			 "unix_ns", (json_int_t)unix_ns,
			 "line", item->line == MSGRING_NO_LINE ? NULL :
			 a->line[item->line].conf->name,
			 "direction", e->kind == MSGRING_SENT ? "out" : "in",
			 "own", addr_json(&e->own),
			 "peer", addr_json(&e->peer),
			 "transport", transport_param(e->peer.transport),
			 "bytes", hex_json(ladder_read(a, e), e->len));
}

/* One reading of the calendar for all: their distances are those of the clock
 * that they were taken by. */
json_t *messages_json(struct agent *a, uint32_t l, uint64_t after)
{
	uint64_t offset = clock_unix_ns(a->now) - a->now.ns;
	uint64_t number = a->ladder.first - 1, last = after;
	json_t *rows = json_array(), *result = NULL;
	size_t bytes = 0, i;
	bool more = false;
	struct look k;

	if (look_open(&k, &a->ladder)) {
		read_items(a, &k);
		find_lines(&k);
		for (i = 0; i < k.n && !more; i++) {
			const struct msgring_entry *e = k.item[i].e;

			if (++number <= after || e->kind == MSGRING_EVENT ||
			    !concerns(a, &k.item[i], l))
				continue;
			more = bytes && bytes + e->len > ANSWER_MAX;
			if (more)
				break;
			bytes += e->len;
			last = number;
			json_array_append_new(rows, whole_json(a, &k.item[i],
					number, e->at.ns + offset));
		}
		result = json_pack("{s:o, s:I, s:b}", "messages",
				   json_incref(rows), "last", (json_int_t)last,
				   "more", (int)more);
	}
	json_decref(rows);
	look_close(&k);
	return result;
}
