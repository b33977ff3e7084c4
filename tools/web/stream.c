// SPDX-License-Identifier: BSD-2-Clause
#include "stream.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "body.h"
#include "io/clock.h"

#define BLOCK 4096
#define HERE "event: daemon\ndata: {\"type\":\"daemon\",\"state\":\"here\"}\n\n"
#define AWAY "event: daemon\ndata: {\"type\":\"daemon\",\"state\":\"away\"}\n\n"
/* When a browser that lost it asks again. */
#define RETRY "retry: 2000\n\n"

struct stream {
	struct stream *next, **prev;
	struct web *web;
	struct client *client;
	uint64_t session;
	uint64_t at;		/* the next event, by number */
	size_t sent;		/* of it */
	const char *own;	/* text of its own that comes first, or NULL */
	struct mono beat;
	bool waits;		/* suspended */
	bool ends;
};

static void wake(struct stream *s)
{
	if (!s->waits)
		return;
	s->waits = false;
	MHD_resume_connection(s->client->connection);
}

/* Some of the text from s->sent on. */
static size_t copy(struct stream *s, const char *text, size_t len, char *out,
		   size_t room, bool *whole)
{
	size_t n = len - s->sent;

	if (n > room)
		n = room;
	memcpy(out, text + s->sent, n);
	s->sent += n;
	*whole = s->sent == len;
	if (*whole)
		s->sent = 0;
	return n;
}

static size_t fill(struct stream *s, char *out, size_t max)
{
	size_t n = 0, len;
	const char *text;
	bool whole = true;

	if (s->own) {
		n = copy(s, s->own, strlen(s->own), out, max, &whole);
		if (whole)
			s->own = NULL;
	}
	while (whole && n < max) {
		switch (feed_get(&s->web->feed, s->at, &text, &len)) {
		case FEED_TEXT:
			n += copy(s, text, len, out + n, max - n, &whole);
			s->at += whole;
			break;
		case FEED_LOST:
			/* Behind by all that is kept: it asks anew, and reads
			 * the status first. */
			s->ends = true;
			return n;
		case FEED_NOTHING:
			return n;
		}
	}
	return n;
}

static ssize_t read_stream(void *of, uint64_t position, char *out, size_t max)
{
	struct stream *s = of;
	size_t n;

	(void)position;
	if (s->ends)
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = fill(s, out, max);
	if (n) {
		s->beat = mono_add_ms(clock_now(), WEB_BEAT_MS);
		return (ssize_t)n;
	}
	if (s->ends)
		return MHD_CONTENT_READER_END_OF_STREAM;
	s->waits = true;
	MHD_suspend_connection(s->client->connection);
	return 0;
}

static void free_stream(void *of)
{
	struct stream *s = of;

	*s->prev = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->web->n_streams--;
	free(s);
}

enum MHD_Result stream_open(struct client *client, uint64_t session)
{
	struct web *w = client->listener->web;
	struct stream *s = calloc(1, sizeof(*s));
	struct MHD_Response *response;

	if (!s)
		return MHD_NO;
	s->web = w;
	s->client = client;
	s->session = session;
	/* The first thing it is told is whether the daemon is there. */
	s->at = w->feed.next;
	s->own = control_here(&w->control) ? RETRY HERE : RETRY AWAY;
	s->beat = mono_add_ms(clock_now(), WEB_BEAT_MS);
	response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK, read_stream, s, free_stream);
	if (!response) {
		free(s);
		return MHD_NO;
	}
	s->next = w->streams;
	s->prev = &w->streams;
	if (s->next)
		s->next->prev = &s->next;
	w->streams = s;
	w->n_streams++;
	client->deadline = MONO_NEVER;
	control_listen(&w->control, clock_now());
	return answer_with(client->connection, 200, response,
			   "text/event-stream", "no-store");
}

static void add(struct web *w, char *text)
{
	if (!text)
		return;
	feed_add(&w->feed, text);
	for (struct stream *s = w->streams; s; s = s->next)
		wake(s);
}

void stream_event(struct web *w, const json_t *params)
{
	if (w->streams)
		add(w, body_event(params));
}

void stream_state(struct web *w, bool here)
{
	if (w->streams)
		add(w, strdup(here ? HERE : AWAY));
}

void stream_tick(struct web *w, struct mono now)
{
	for (struct stream *s = w->streams; s; s = s->next) {
		if (mono_due(sessions_end(&w->sessions, s->session), now)) {
			s->ends = true;
			wake(s);
		} else if (s->waits && mono_due(s->beat, now)) {
			/* Sending is how a lost browser is noticed. */
			s->own = ":\n\n";
			wake(s);
		}
	}
}

struct mono stream_due(const struct web *w)
{
	struct mono due = MONO_NEVER;

	for (const struct stream *s = w->streams; s; s = s->next)
		if (s->waits)
			due = mono_min(due, mono_min(s->beat,
				sessions_end(&w->sessions, s->session)));
	return due;
}

void stream_end_all(struct web *w)
{
	for (struct stream *s = w->streams; s; s = s->next) {
		s->ends = true;
		wake(s);
	}
}
