// SPDX-License-Identifier: BSD-2-Clause
#include "body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/ctl.h"

/* docs/control.md: the errors of config_apply. */
enum { E_CONFLICT = -32004, E_INVALID = -32005, E_STORE = -32006 };

#define EVENT_TYPE_MAX 32

/* An object, or NULL. */
static json_t *object_of(const char *body, size_t len)
{
	json_t *root = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

/* As memset, but not left out because nobody reads it again. */
static void wipe(void *at, size_t n)
{
	volatile char *p = at;

	while (n--)
		*p++ = 0;
}

/* A string leaves nothing behind in what jansson gives back. */
static void wipe_strings(json_t *root)
{
	const char *key;
	json_t *value;

	json_object_foreach(root, key, value)
		if (json_is_string(value))
			wipe((char *)(uintptr_t)json_string_value(value),
			     json_string_length(value));
}

bool body_strings(const char *body, size_t len, const char *const *names,
		  char (*out)[BODY_PASSWORD_MAX + 1], size_t n)
{
	json_t *root = object_of(body, len);
	bool good = root && json_object_size(root) == n;

	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_object_get(root, names[i]);
		const char *text = json_string_value(value);
		size_t size = json_string_length(value);

		good = good && text && size <= BODY_PASSWORD_MAX;
		if (good) {
			memcpy(out[i], text, size);
			out[i][size] = '\0';
		}
	}
	if (!good)
		wipe(out, n * sizeof(*out));
	if (root)
		wipe_strings(root);
	json_decref(root);
	return good;
}

/* {"line": line}, or {} without one. */
static json_t *line_params(const char *line)
{
	return line ? json_pack("{s:s}", "line", line) : json_object();
}

json_t *body_params(enum route route, const char *line, const char *body,
		    size_t len)
{
	json_t *root, *value;
	bool good;

	switch (route) {
	case ROUTE_STATUS:
	case ROUTE_STATS:
	case ROUTE_METRICS:
		return json_object();
	case ROUTE_CONFIG:
	case ROUTE_FAILOVERS:
	case ROUTE_TRACE:
		return line_params(line);
	case ROUTE_APPLY:
		return object_of(body, len);
	case ROUTE_REGISTER:
	case ROUTE_HANGUP:
		root = object_of(body, len);
		value = json_object_get(root, route == ROUTE_HANGUP ?
					"call" : "line");
		good = route == ROUTE_HANGUP ? json_is_integer(value) :
		       json_is_string(value);
		if (good && json_object_size(root) == 1)
			return root;
		json_decref(root);
		return NULL;
	case ROUTE_FILE:
	case ROUTE_LOGIN:
	case ROUTE_SESSION:
	case ROUTE_LOGOUT:
	case ROUTE_PASSWORD:
	case ROUTE_EVENTS:
		break;
	}
	return NULL;
}

json_t *body_named(const char *name)
{
	return json_pack("{s:s}", "error", name);
}

static json_t *with_message(const char *name, const char *message)
{
	return json_pack("{s:s, s:s}", "error", name, "message",
			 message ? message : "");
}

int body_error(enum route route, const json_t *error, json_t **body)
{
	const char *message =
		json_string_value(json_object_get(error, "message"));
	json_t *data = json_object_get(error, "data");
	json_t *list;
	json_int_t code = json_integer_value(json_object_get(error, "code"));

	/* What is no form at all is an invalid one to the page. */
	if (route == ROUTE_APPLY && code == CTL_E_PARAMS)
		code = E_INVALID;
	switch (code) {
	case E_CONFLICT:
		*body = json_pack("{s:s, s:O?}", "error", "conflict",
				  "revision",
				  json_object_get(data, "revision"));
		return 409;
	case E_INVALID:
		list = json_object_get(data, "errors");
		*body = list ? json_pack("{s:s, s:O}", "error", "invalid",
					 "errors", list) :
			json_pack("{s:s, s:[], s:s}", "error", "invalid",
				  "errors", "message", message ? message : "");
		return 422;
	case E_STORE:
		*body = with_message("store", message);
		return 507;
	case CTL_E_NOT_FOUND:
		*body = with_message("not_found", message);
		return 404;
	case CTL_E_STATE:
		*body = with_message("state", message);
		return 409;
	case CTL_E_BUSY:
		*body = with_message("limit", message);
		return 409;
	case CTL_E_PARAMS:
		*body = with_message("params", message);
		return 400;
	case CTL_E_METHOD:
		/* A daemon of another version. */
		*body = with_message("method", message);
		return 501;
	}
	*body = with_message("daemon", message);
	return 502;
}

char *body_event(const json_t *params)
{
	const char *type = json_string_value(json_object_get(params, "type"));
	char *json, *text = NULL;
	size_t n;

	n = type ? strlen(type) : 0;
	if (!n || n > EVENT_TYPE_MAX ||
	    strspn(type, "abcdefghijklmnopqrstuvwxyz_") != n)
		return NULL;
	/* No line ends inside: jansson escapes them. */
	json = json_dumps(params, JSON_COMPACT);
	if (json && asprintf(&text, "event: %s\ndata: %s\n\n", type, json) < 0)
		text = NULL;
	free(json);
	return text;
}
