/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON between browser and control socket: bodies to params, errors of the
 * daemon to status and body.  No I/O.
 */
#ifndef SIPOVER_WEB_BODY_H
#define SIPOVER_WEB_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "route.h"

#define BODY_MAX 65536

#define BODY_PASSWORD_MAX 256	/* bytes */

/* One string of a body that is an object of exactly n strings, by name, each
 * at most BODY_PASSWORD_MAX bytes; out[i] must have one more.  What was read
 * of a body that is refused is wiped. */
bool body_strings(const char *body, size_t len, const char *const *names,
		  char (*out)[BODY_PASSWORD_MAX + 1], size_t n);

/* The params of the route's method, a new object; line: the query's, or NULL.
 * NULL: the body is not what the route takes; no memory. */
json_t *body_params(enum route route, const char *line, const char *body,
		    size_t len);

/* What to answer for an error of the control socket: the status, and in *body
 * a new object (NULL: no memory). */
int body_error(enum route route, const json_t *error, json_t **body);

/* {"error": name}. */
json_t *body_named(const char *name);

/* An event's params as text/event-stream, malloc'ed; NULL: it has no type of
 * ours, or no memory. */
char *body_event(const json_t *params);

#endif /* SIPOVER_WEB_BODY_H */
