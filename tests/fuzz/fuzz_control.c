/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line of the control socket: what is accepted is within the bounds that the
 * daemon counts on and means the same when it is written again; what is refused
 * has its reason; and every answer is one line of JSON.
 */
#include "fuzz.h"

#include "codec/ctl.h"

static bool is_word(const char *s, const char *refused)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f ||
		    strchr(refused, *s))
			return false;
	return true;
}

/* One line of JSON with its newline; takes it. */
static void check_line(char *line)
{
	json_t *root;
	size_t n;

	must(line != NULL);
	n = strlen(line);
	must(n > 1 && strchr(line, '\n') == line + n - 1);
	root = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	must(json_is_object(root));
	json_decref(root);
	free(line);
}

static const struct {
	const char *name;
	bool line, uri, call, sdp;
} methods[] = {
	[CTL_HELLO] = { "hello", false, false, false, false },
	[CTL_STATUS] = { "status", false, false, false, false },
	[CTL_CALL] = { "call", true, true, false, true },
	[CTL_ANSWER] = { "answer", false, false, true, true },
	[CTL_HANGUP] = { "hangup", false, false, true, false },
	[CTL_HOLD] = { "hold", false, false, true, false },
	[CTL_RESUME] = { "resume", false, false, true, false },
	[CTL_REGISTER] = { "register", true, false, false, false },
	[CTL_STATS] = { "stats", false, false, false, false },
	[CTL_TRACE] = { "trace", false, false, false, false },
	[CTL_CONFIG] = { "config", false, false, false, false },
	[CTL_CONFIG_APPLY] = { "config_apply", false, false, false, false },
	[CTL_RELOAD] = { "reload", false, false, false, false },
	[CTL_FAILOVERS] = { "failovers", false, false, false, false },
	[CTL_METRICS] = { "metrics", false, false, false, false },
	[CTL_MESSAGES] = { "messages", false, false, false, false },
	[CTL_SUBSCRIBE] = { "subscribe", false, false, false, false },
	[CTL_SHUTDOWN] = { "shutdown", false, false, false, false },
};

static void check_request(const struct ctl_request *r)
{
	must(r->method <= CTL_SHUTDOWN);
	must(!!*r->line == methods[r->method].line ||
	     r->method == CTL_TRACE || r->method == CTL_CONFIG);
	must(!r->params || r->method == CTL_CONFIG_APPLY);
	must(r->messages == -1 || (r->method == CTL_TRACE &&
				   r->messages >= 1 &&
				   r->messages <= CTL_TRACE_MAX));
	must(r->last == -1 || (r->method == CTL_FAILOVERS && r->last >= 1 &&
			       r->last <= CTL_FAILOVERS_MAX));
	must(!!*r->uri == methods[r->method].uri);
	must((r->call >= 0) == methods[r->method].call);
	must(!r->sdp || (methods[r->method].sdp && *r->sdp));
	must(strlen(r->line) < sizeof(r->line) && is_word(r->line, ""));
	must(strlen(r->uri) < sizeof(r->uri) && is_word(r->uri, "<>\""));
	must(!r->id || json_is_string(r->id) || json_is_integer(r->id) ||
	     json_is_null(r->id));
}

/* As sipoverctl would write it. */
static void check_again(const struct ctl_request *r)
{
	struct ctl_request again;
	json_t *params = json_object();
	const char *message;
	char *line;

	if (*r->line)
		json_object_set_new(params, "line", json_string(r->line));
	if (*r->uri)
		json_object_set_new(params, "uri", json_string(r->uri));
	if (r->call >= 0)
		json_object_set_new(params, "call", json_integer(r->call));
	if (r->last >= 0)
		json_object_set_new(params, "last", json_integer(r->last));
	must(r->after >= 0 && (!r->after || r->method == CTL_MESSAGES));
	if (r->after)
		json_object_set_new(params, "after", json_integer(r->after));
	if (r->messages >= 0)
		json_object_set_new(params, "messages",
				    json_integer(r->messages));
	if (r->sdp)
		json_object_set_new(params, "sdp", json_string(r->sdp));
	line = ctl_call(7, methods[r->method].name, params);
	must(line != NULL);
	must(ctl_parse(&again, line, strlen(line) - 1, &message) == 0);
	must(again.method == r->method && again.call == r->call &&
	     again.messages == r->messages && again.last == r->last &&
	     again.after == r->after);
	must(strcmp(again.line, r->line) == 0);
	must(strcmp(again.uri, r->uri) == 0);
	must(!again.sdp == !r->sdp);
	must(!r->sdp || strcmp(again.sdp, r->sdp) == 0);
	must(json_integer_value(again.id) == 7);
	ctl_request_free(&again);
	check_line(line);
}

/* Text of the network in an answer: never lost, always JSON. */
static void check_text(const uint8_t *data, size_t size, json_t *id)
{
	char *text = malloc(size + 1);
	json_t *params = json_object(), *value;

	memcpy(text, data, size);
	text[size] = '\0';
	value = ctl_text(text);
	must(value && json_string_length(value) == strlen(text));
	json_object_set_new(params, "reason", json_incref(value));
	check_line(ctl_notify("event", params));
	check_line(ctl_result(id, value));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = exact_copy(data, size);
	const char *message = NULL;
	struct ctl_request r;
	int ret = ctl_parse(&r, text, size, &message);

	must(message != NULL);
	if (ret == 0) {
		check_request(&r);
		check_again(&r);
	} else {
		must(ret == CTL_E_PARSE || ret == CTL_E_REQUEST ||
		     ret == CTL_E_METHOD || ret == CTL_E_PARAMS);
		must(*message);
		check_line(ctl_error(r.id, ret, message));
	}
	check_text(data, size, r.id);
	ctl_request_free(&r);
	free(text);
	return 0;
}
