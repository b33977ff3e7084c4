/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket (SOCK_STREAM, lines of JSON-RPC, codec/ctl.h).  Only root,
 * the daemon's own user and the members of one group may connect (SO_PEERCRED,
 * control_peer.h); a client that sends a line over CTL_LINE_MAX is cut off at
 * once, a subscriber that does not read at CONTROL_BACKLOG_MAX waiting bytes.
 * What a client asks for itself never cuts it off: its next line is taken when
 * the answers before it are, all but CONTROL_ANSWERS_WAIT bytes, and a long
 * answer is made while it is taken, piece by piece (struct control_source).
 *
 * Clients come after SIP: what they ask and what they are told waits for the
 * turn of the loop behind the one that it came or arose in, and each turn takes
 * a few lines and starts a few sends, from one client after the other.
 */
#ifndef SIPOVER_IO_CONTROL_H
#define SIPOVER_IO_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring.h"

#define CONTROL_CLIENTS_MAX 256
#define CONTROL_RESERVED 16	/* of them are not for members of the group */
#define CONTROL_LINE_MAX 65536	/* CTL_LINE_MAX: with the newline */
#define CONTROL_BACKLOG_MAX (1 << 20)
#define CONTROL_BACKLOG_ALL (8 << 20)	/* the slowest client is cut off */
#define CONTROL_ANSWERS_WAIT 16384	/* then no line of it is taken */
#define CONTROL_PIECE 4096	/* of a long answer, or a little more */
#define CONTROL_LINES_A_TURN 16	/* of all clients */
#define CONTROL_PIECES_A_TURN 4
#define CONTROL_SENDS_A_TURN 16
#define CONTROL_PAUSE_MS 1	/* until the next 16 */
#define CONTROL_CHUNK CONTROL_ANSWERS_WAIT	/* of events, taken over at a time */
#define CONTROL_NOTED_MAX 65536	/* bytes of events to be written */
#define CONTROL_NOTED_A_PAUSE 1024

/* An answer that is made while it is taken: what waits of it is one piece, and
 * no turn makes many.  What else is to be told to the client follows it. */
struct control_source {
	/* The next piece, malloc'ed, "": none yet; the last one ends with the
	 * newline.  NULL: no memory; what has no end is cut off.  Calls nothing
	 * of this file. */
	char *(*next)(struct control_source *s, bool *last);
	void (*free)(struct control_source *s);
};

struct control_ops {
	/* One line without its newline. */
	void (*line)(void *ctx, uint32_t client, const char *text, size_t len);
	/* Once for every client that was there, whatever the reason; never
	 * from within control_send() or control_broadcast(). */
	void (*gone)(void *ctx, uint32_t client);
	/* The text of what was given to control_note(), malloc'ed, with newline;
	 * NULL: it is left out.  Calls nothing of this file. */
	char *(*text)(void *ctx, const void *event, size_t len);
};

struct control_stats {
	uint64_t accepted, refused, lines, too_long, too_slow;
};

struct control {
	struct ring *ring;
	const struct control_ops *ops;
	void *ctx;
	struct control_stats stats;
	struct control_private *p;
};

/* Replaces a stale socket file, refuses a live one (-EADDRINUSE). */
int control_open(struct control *c, struct ring *r, const char *path,
		 const struct control_ops *ops, void *ctx);
void control_close(struct control *c);

/* From now on members of the group may connect, too: it owns the socket file.
 * 0; -ENOENT: no such group; -errno: the file cannot be given to it. */
int control_admit(struct control *c, const char *group);

/* Whether the client is root or the daemon's own user. */
bool control_is_owner(const struct control *c, uint32_t number);

/* Takes text (malloc'ed, with newline; NULL is ignored) and frees it. */
void control_send(struct control *c, uint32_t number, char *text);

/* The first piece of an answer and what makes the others; takes both.  Only from
 * the client's line(). */
void control_answer(struct control *c, uint32_t number, char *text,
		    struct control_source *source);

/* Subscribers get every control_broadcast(), text as above, and what is noted, in
 * the order in which it happened. */
void control_subscribe(struct control *c, uint32_t number);
void control_broadcast(struct control *c, char *text);
bool control_has_subscribers(const struct control *c);

/* An event whose text is made when there is time for it: by control_quiet(),
 * which is to be called in the pauses of the loop while control_noted().
 * False: no memory. */
bool control_note(struct control *c, const void *event, size_t len);
bool control_noted(const struct control *c);
void control_quiet(struct control *c);

#endif /* SIPOVER_IO_CONTROL_H */
