/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sipover-web answers to: one row for each method and path.  Pure.
 */
#ifndef SIPOVER_WEB_ROUTE_H
#define SIPOVER_WEB_ROUTE_H

#include <stdbool.h>

enum route {
	ROUTE_FILE,		/* the page: anything outside /api/ */
	ROUTE_METRICS,
	ROUTE_LOGIN,
	ROUTE_SESSION,
	ROUTE_LOGOUT,
	ROUTE_PASSWORD,
	ROUTE_EVENTS,
	/* These become one method of the control socket: */
	ROUTE_CONFIG,
	ROUTE_APPLY,
	ROUTE_STATUS,
	ROUTE_FAILOVERS,
	ROUTE_TRACE,
	ROUTE_STATS,
	ROUTE_REGISTER,
	ROUTE_HANGUP,
};

struct route_row {
	enum route route;
	const char *path;
	bool post;
	bool session;		/* 401 without; if post, a CSRF token too */
	const char *method;	/* of the control socket; NULL: none */
};

/* The row, or NULL with *status 404, or 405 and *allow what the path takes. */
const struct route_row *route_find(const char *method, const char *path,
				   int *status, const char **allow);

#endif /* SIPOVER_WEB_ROUTE_H */
