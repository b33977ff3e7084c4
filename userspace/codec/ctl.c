// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "ctl.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Deepest nesting of any request of ours is 6; jansson recurses. */
#define DEPTH_MAX 8

/* Members of params. */
#define P_LINE (1 << 0)
#define P_URI (1 << 1)
#define P_CALL (1 << 2)
#define P_SDP (1 << 3)
#define P_MESSAGES (1 << 4)
#define P_LAST (1 << 5)
#define P_AFTER (1 << 6)
#define P_ANY (1 << 7)		/* whatever they are */

static const struct {
	const char *name;
	enum ctl_method method;
	unsigned int required, optional;
} methods[] = {
	{ "hello", CTL_HELLO, 0, 0 },
	{ "status", CTL_STATUS, 0, 0 },
	{ "call", CTL_CALL, P_LINE | P_URI, P_SDP },
	{ "answer", CTL_ANSWER, P_CALL, P_SDP },
	{ "hangup", CTL_HANGUP, P_CALL, 0 },
	{ "hold", CTL_HOLD, P_CALL, 0 },
	{ "resume", CTL_RESUME, P_CALL, 0 },
	{ "register", CTL_REGISTER, P_LINE, 0 },
	{ "stats", CTL_STATS, 0, 0 },
	{ "trace", CTL_TRACE, 0, P_LINE | P_MESSAGES },
	{ "config", CTL_CONFIG, 0, P_LINE },
	{ "config_apply", CTL_CONFIG_APPLY, 0, P_ANY },
	{ "reload", CTL_RELOAD, 0, 0 },
	{ "failovers", CTL_FAILOVERS, 0, P_LINE | P_LAST },
	{ "metrics", CTL_METRICS, 0, 0 },
	{ "messages", CTL_MESSAGES, 0, P_LINE | P_AFTER },
	{ "subscribe", CTL_SUBSCRIBE, 0, 0 },
	{ "shutdown", CTL_SHUTDOWN, 0, 0 },
};

#define N_METHODS (sizeof(methods) / sizeof(*methods))

static int fail(const char **message, int code, const char *text)
{
	*message = text;
	return code;
}

/* ---- params ---- */

/* Printable without spaces: what may stand in a header (uri) or name a line. */
static bool is_word(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= 0x20 || *s == 0x7f)
			return false;
	return true;
}

static int get_word(char *out, size_t size, const json_t *value,
		    const char **message, const char *text)
{
	const char *s = json_string_value(value);

	if (!s || !*s || strlen(s) >= size || !is_word(s))
		return fail(message, CTL_E_PARAMS, text);
	strcpy(out, s);
	return 0;
}

static int get_uri(struct ctl_request *r, const json_t *value,
		   const char **message)
{
	static const char text[] = "uri: a SIP URI of 1 to 255 bytes expected";
	int ret = get_word(r->uri, sizeof(r->uri), value, message, text);

	/* It is put between < and > in To. */
	if (!ret && strpbrk(r->uri, "<>\""))
		return fail(message, CTL_E_PARAMS, text);
	return ret;
}

static int get_call(struct ctl_request *r, const json_t *value,
		    const char **message)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return fail(message, CTL_E_PARAMS,
			    "call: a number from 0 expected");
	r->call = json_integer_value(value);
	return 0;
}

static int get_messages(struct ctl_request *r, const json_t *value,
			const char **message)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 1 || n > CTL_TRACE_MAX)
		return fail(message, CTL_E_PARAMS,
			    "messages: a number in 1..500 expected");
	r->messages = n;
	return 0;
}

static int get_last(struct ctl_request *r, const json_t *value,
		    const char **message)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 1 || n > CTL_FAILOVERS_MAX)
		return fail(message, CTL_E_PARAMS,
			    "last: a number in 1..32 expected");
	r->last = n;
	return 0;
}

static int get_after(struct ctl_request *r, const json_t *value,
		     const char **message)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return fail(message, CTL_E_PARAMS,
			    "after: a number from 0 expected");
	r->after = json_integer_value(value);
	return 0;
}

static int get_sdp(struct ctl_request *r, const json_t *value,
		   const char **message)
{
	if (!json_is_string(value) || !json_string_length(value))
		return fail(message, CTL_E_PARAMS,
			    "sdp: a string with a session description expected");
	r->sdp = strdup(json_string_value(value));
	if (!r->sdp)
		return fail(message, CTL_E_BUSY, "out of memory");
	return 0;
}

static int get_param(struct ctl_request *r, const char *name,
		     const json_t *value, unsigned int allowed,
		     unsigned int *seen, const char **message)
{
	if ((allowed & P_LINE) && strcmp(name, "line") == 0) {
		*seen |= P_LINE;
		return get_word(r->line, sizeof(r->line), value, message,
				"line: a name of 1 to 63 bytes expected");
	}
	if ((allowed & P_URI) && strcmp(name, "uri") == 0) {
		*seen |= P_URI;
		return get_uri(r, value, message);
	}
	if ((allowed & P_CALL) && strcmp(name, "call") == 0) {
		*seen |= P_CALL;
		return get_call(r, value, message);
	}
	if ((allowed & P_SDP) && strcmp(name, "sdp") == 0) {
		*seen |= P_SDP;
		return get_sdp(r, value, message);
	}
	if ((allowed & P_MESSAGES) && strcmp(name, "messages") == 0) {
		*seen |= P_MESSAGES;
		return get_messages(r, value, message);
	}
	if ((allowed & P_LAST) && strcmp(name, "last") == 0) {
		*seen |= P_LAST;
		return get_last(r, value, message);
	}
	if ((allowed & P_AFTER) && strcmp(name, "after") == 0) {
		*seen |= P_AFTER;
		return get_after(r, value, message);
	}
	return fail(message, CTL_E_PARAMS,
		    "params: unknown member for this method");
}

static const char *missing_text(unsigned int missing)
{
	if (missing & P_LINE)
		return "params: line is missing";
	if (missing & P_URI)
		return "params: uri is missing";
	return "params: call is missing";
}

static int get_params(struct ctl_request *r, size_t method, json_t *params,
		      const char **message)
{
	unsigned int required = methods[method].required, seen = 0;
	const char *name;
	json_t *value;
	int ret;

	if (params && !json_is_object(params))
		return fail(message, CTL_E_PARAMS, "params: an object expected");
	if (methods[method].optional & P_ANY) {
		r->params = json_incref(params);
		return 0;
	}
	json_object_foreach(params, name, value) {
		ret = get_param(r, name, value,
				required | methods[method].optional, &seen,
				message);
		if (ret)
			return ret;
	}
	if (required & ~seen)
		return fail(message, CTL_E_PARAMS,
			    missing_text(required & ~seen));
	return 0;
}

/* ---- the request ---- */

static bool is_too_deep(const char *text, size_t len)
{
	bool quoted = false;
	int depth = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (quoted) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				quoted = false;
		} else if (text[i] == '"') {
			quoted = true;
		} else if (text[i] == '{' || text[i] == '[') {
			if (++depth > DEPTH_MAX)
				return true;
		} else if (text[i] == '}' || text[i] == ']') {
			depth--;
		}
	}
	return false;
}

static bool is_id(const json_t *id)
{
	return json_is_string(id) || json_is_integer(id) || json_is_null(id);
}

static bool is_member(const char *name)
{
	return strcmp(name, "jsonrpc") == 0 || strcmp(name, "id") == 0 ||
	       strcmp(name, "method") == 0 || strcmp(name, "params") == 0;
}

static int get_request(struct ctl_request *r, json_t *root,
		       const char **message)
{
	const char *version, *method, *name;
	json_t *id, *value;
	size_t i;

	if (!json_is_object(root))
		return fail(message, CTL_E_REQUEST, json_is_array(root) ?
			    "batches are not supported" :
			    "a request object expected");
	id = json_object_get(root, "id");
	if (id && !is_id(id))
		return fail(message, CTL_E_REQUEST,
			    "id: a string or an integer expected");
	r->id = json_incref(id);
	json_object_foreach(root, name, value)
		if (!is_member(name))
			return fail(message, CTL_E_REQUEST,
				    "unknown member in the request");
	version = json_string_value(json_object_get(root, "jsonrpc"));
	if (!version || strcmp(version, "2.0") != 0)
		return fail(message, CTL_E_REQUEST, "jsonrpc: \"2.0\" expected");
	method = json_string_value(json_object_get(root, "method"));
	if (!method)
		return fail(message, CTL_E_REQUEST, "method: a string expected");
	for (i = 0; i < N_METHODS; i++)
		if (strcmp(method, methods[i].name) == 0)
			break;
	if (i == N_METHODS)
		return fail(message, CTL_E_METHOD, "no such method");
	r->method = methods[i].method;
	return get_params(r, i, json_object_get(root, "params"), message);
}

int ctl_parse(struct ctl_request *r, const char *text, size_t len,
	      const char **message)
{
	json_t *root;
	int ret;

	*r = (struct ctl_request){ .method = CTL_STATUS, .call = -1,
				   .messages = -1, .last = -1 };
	*message = "";
	if (len > CTL_LINE_MAX)
		return fail(message, CTL_E_REQUEST, "the line is too long");
	if (is_too_deep(text, len))
		return fail(message, CTL_E_REQUEST, "nested too deep");
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (!root)
		return fail(message, CTL_E_PARSE, "not JSON");
	ret = get_request(r, root, message);
	json_decref(root);
	return ret;
}

void ctl_request_free(struct ctl_request *r)
{
	json_decref(r->id);
	json_decref(r->params);
	free(r->sdp);
	r->id = r->params = NULL;
	r->sdp = NULL;
}

/* ---- lines to be sent ---- */

/* Takes root.  Not json_dumps(): when its buffer cannot grow, it may leave out
 * what did not fit and go on. */
static char *line_of(json_t *root)
{
	size_t len = root ? json_dumpb(root, NULL, 0, JSON_COMPACT) : 0;
	char *line = len ? malloc(len + 2) : NULL;

	if (line && json_dumpb(root, line, len, JSON_COMPACT) == len) {
		memcpy(line + len, "\n", 2);
	} else {
		free(line);
		line = NULL;
	}
	json_decref(root);
	return line;
}

/* Takes value, which may be NULL (no memory) like root; true on success. */
static bool add(json_t *root, const char *name, json_t *value)
{
	return json_object_set_new(root, name, value) == 0;
}

static json_t *message_new(void)
{
	json_t *root = json_object();

	if (root && !add(root, "jsonrpc", json_string("2.0"))) {
		json_decref(root);
		root = NULL;
	}
	return root;
}

static json_t *id_or_null(json_t *id)
{
	return id ? json_incref(id) : json_null();
}

static char *finish(json_t *root, bool good)
{
	if (!good) {
		json_decref(root);
		return NULL;
	}
	return line_of(root);
}

char *ctl_result(json_t *id, json_t *result)
{
	json_t *root = message_new();
	bool good = add(root, "id", id_or_null(id));

	good = add(root, "result", result) && good;
	return finish(root, good);
}

char *ctl_error(json_t *id, int code, const char *message)
{
	return ctl_error_data(id, code, message, NULL);
}

char *ctl_error_data(json_t *id, int code, const char *message, json_t *data)
{
	json_t *root = message_new(), *error = json_object();
	bool good;

	good = add(error, "code", json_integer(code));
	good = add(error, "message", json_string(message)) && good;
	if (data)
		good = add(error, "data", data) && good;
	good = add(root, "id", id_or_null(id)) && good;
	good = add(root, "error", error) && good;
	return finish(root, good);
}

char *ctl_notify(const char *method, json_t *params)
{
	json_t *root = message_new();
	bool good = add(root, "method", json_string(method));

	if (params)
		good = add(root, "params", params) && good;
	return finish(root, good);
}

char *ctl_call(int64_t id, const char *method, json_t *params)
{
	json_t *root = message_new();
	bool good = add(root, "id", json_integer(id));

	good = add(root, "method", json_string(method)) && good;
	if (params)
		good = add(root, "params", params) && good;
	return finish(root, good);
}

json_t *ctl_methods(void)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < N_METHODS; i++) {
		if (json_array_append_new(names, json_string(methods[i].name))) {
			json_decref(names);
			return NULL;
		}
	}
	return names;
}

json_t *ctl_mwi(const struct mwi *mwi)
{
	json_t *o = json_object();

	if (!o)
		return NULL;
	json_object_set_new(o, "waiting", mwi->known ?
			    json_boolean(mwi->waiting) : json_null());
	if (!mwi->counted)
		return o;
	json_object_set_new(o, "new", json_integer(mwi->fresh));
	json_object_set_new(o, "old", json_integer(mwi->old));
	json_object_set_new(o, "urgent_new", json_integer(mwi->urgent_fresh));
	json_object_set_new(o, "urgent_old", json_integer(mwi->urgent_old));
	return o;
}

json_t *ctl_text(const char *text)
{
	json_t *string = json_string(text);
	char *copy, *at;

	if (string)
		return string;
	copy = strdup(text);
	if (!copy)
		return NULL;
	for (at = copy; *at; at++)
		if (*at & 0x80)
			*at = '?';
	string = json_string(copy);
	free(copy);
	return string;
}
