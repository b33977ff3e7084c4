// SPDX-License-Identifier: BSD-2-Clause
#include "route.h"

#include <stddef.h>
#include <string.h>

static const struct route_row rows[] = {
	{ ROUTE_METRICS, "/metrics", false, false, "metrics" },
	{ ROUTE_LOGIN, "/api/login", true, false, NULL },
	{ ROUTE_SESSION, "/api/session", false, true, NULL },
	{ ROUTE_LOGOUT, "/api/logout", true, true, NULL },
	{ ROUTE_PASSWORD, "/api/password", true, true, NULL },
	{ ROUTE_EVENTS, "/api/events", false, true, NULL },
	{ ROUTE_CONFIG, "/api/config", false, true, "config" },
	{ ROUTE_APPLY, "/api/config", true, true, "config_apply" },
	{ ROUTE_STATUS, "/api/status", false, true, "status" },
	{ ROUTE_FAILOVERS, "/api/failovers", false, true, "failovers" },
	{ ROUTE_TRACE, "/api/trace", false, true, "trace" },
	{ ROUTE_STATS, "/api/stats", false, true, "stats" },
	{ ROUTE_REGISTER, "/api/register", true, true, "register" },
	{ ROUTE_HANGUP, "/api/hangup", true, true, "hangup" },
};

static const struct route_row file_row = {
	ROUTE_FILE, "/", false, false, NULL
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

const struct route_row *route_find(const char *method, const char *path,
				   int *status, const char **allow)
{
	bool get = !strcmp(method, "GET"), head = !strcmp(method, "HEAD");
	bool post = !strcmp(method, "POST");
	bool takes_get = false, takes_post = false;

	*allow = NULL;
	*status = 404;
	if (path[0] != '/')
		return NULL;
	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcmp(rows[i].path, path) != 0)
			continue;
		if (rows[i].post ? post : get)
			return &rows[i];
		if (rows[i].post)
			takes_post = true;
		else
			takes_get = true;
	}
	if (takes_get || takes_post) {
		*status = 405;
		*allow = !takes_post ? "GET" : takes_get ? "GET, POST" : "POST";
		return NULL;
	}
	if (!strcmp(path, "/api") || !strncmp(path, "/api/", 5))
		return NULL;
	if (get || head)
		return &file_row;
	*status = 405;
	*allow = "GET, HEAD";
	return NULL;
}
