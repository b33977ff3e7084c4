/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET /api/events: the daemon's events as text/event-stream.  A stream without
 * anything to send is a suspended connection and costs nothing.
 */
#ifndef SIPOVER_WEB_STREAM_H
#define SIPOVER_WEB_STREAM_H

#include <jansson.h>

#include "web.h"

/* Begins one for that session. */
enum MHD_Result stream_open(struct client *client, uint64_t session);

/* What came from the control socket. */
void stream_event(struct web *w, const json_t *params);
void stream_state(struct web *w, bool here);

/* What is due: beats, sessions that are over; and when again. */
void stream_tick(struct web *w, struct mono now);
struct mono stream_due(const struct web *w);

/* All end: the process does. */
void stream_end_all(struct web *w);

#endif /* SIPOVER_WEB_STREAM_H */
