/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sipover-web itself reads of a request, behind libmicrohttpd: method,
 * path, header fields and body, each ended by a zero byte, the body last.  A
 * row is found only for a path that is written there, a cookie is what it is
 * in hexadecimal, a Host is one of ours only if it is written as one, and what
 * goes on to the control socket is one line that the daemon's own parser can
 * read.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <strings.h>

#include "body.h"
#include "codec/ctl.h"
#include "header.h"
#include "listen.h"
#include "route.h"

/* The next field, in memory of exactly its size. */
static char *next(const uint8_t **at, size_t *left)
{
	size_t n = strnlen((const char *)*at, *left);
	char *text = malloc(n + 1);

	memcpy(text, *at, n);
	text[n] = '\0';
	n += n < *left;
	*at += n;
	*left -= n;
	return text;
}

static const struct route_row *check_route(const char *method,
					   const char *path)
{
	const char *allow = "unset";
	const struct route_row *row;
	int status = 0;

	row = route_find(method, path, &status, &allow);
	if (!row) {
		must(status == 404 || status == 405);
		must((status == 405) == (allow != NULL));
		return NULL;
	}
	must(path[0] == '/');
	if (row->route == ROUTE_FILE) {
		must(strncmp(path, "/api/", 5) != 0);
		must(!strcmp(method, "GET") || !strcmp(method, "HEAD"));
	} else {
		must(!strcmp(path, row->path));
		must(!strcmp(method, row->post ? "POST" : "GET"));
		must(row->session || row->route == ROUTE_LOGIN ||
		     row->route == ROUTE_METRICS);
	}
	return row;
}

/* Read once more, by another way: one field of that name, of that value. */
static void check_cookie(const char *text)
{
	char *copy = strdup(text), *rest = copy, *part;
	unsigned int found = 0;
	uint8_t out[4];
	char want[16];

	if (header_cookie(text, "s", out, 8)) {
		snprintf(want, sizeof(want), "s=%02x%02x%02x%02x", out[0],
			 out[1], out[2], out[3]);
		while ((part = strsep(&rest, ";")) != NULL) {
			part += strspn(part, " \t");
			if (strncmp(part, "s=", 2) != 0)
				continue;
			found++;
			must(!strncmp(part, want, 10));
			must(part[10 + strspn(part + 10, " \t")] == '\0');
		}
		must(found == 1);
	}
	free(copy);
}

static void check_host(const char *text)
{
	static const char *const names[] = { "phone.example" };
	char name[300];
	struct in_addr in;
	size_t n;

	if (!header_host(text, names, 1, "192.0.2.7"))
		return;
	if (*text == '[') {
		must(strchr(text, ']') != NULL);
		return;
	}
	n = strcspn(text, ":");
	must(n > 0 && n < sizeof(name));
	memcpy(name, text, n);
	name[n] = '\0';
	if (name[n - 1] == '.')
		name[n - 1] = '\0';
	if (inet_pton(AF_INET, name, &in) == 1)
		must((ntohl(in.s_addr) >> 24) == 127 ||
		     !strcmp(name, "192.0.2.7"));
	else
		must(!strcasecmp(name, "localhost") ||
		     !strcasecmp(name, "phone.example"));
}

static void check_fields(const char *text, const char *host)
{
	const char *token = header_bearer(text);
	struct listen_at at;
	char own[64];

	must(!token || (*token && token > text));
	if (header_origin(text, "https", host))
		must(!strncmp(text, "https://", 8) &&
		     !strcasecmp(text + 8, host));
	(void)header_is_json(text);
	if (listen_parse(&at, text)) {
		must(at.sa.ss_family == AF_INET || at.sa.ss_family == AF_INET6);
		listen_text((struct sockaddr *)&at.sa, own, sizeof(own));
		must(*own);
	}
}

static void check_strings(const char *body, size_t len)
{
	static const char *const names[] = { "old", "new" };
	static char out[2][BODY_PASSWORD_MAX + 1];

	memset(out, 'x', sizeof(out));
	if (body_strings(body, len, names, out, 2)) {
		must(strlen(out[0]) <= BODY_PASSWORD_MAX);
		must(strlen(out[1]) <= BODY_PASSWORD_MAX);
	} else {
		for (size_t i = 0; i < sizeof(out); i++)
			must(((const char *)out)[i] == 0);
	}
}

/* What goes to the daemon is one line, whatever came. */
static void check_params(const struct route_row *row, const char *line,
			 const char *body, size_t len)
{
	json_t *params = body_params(row->route, line, body, len);
	char *text;

	must(!params || row->method);
	if (!params)
		return;
	must(json_is_object(params));
	text = ctl_call(1, row->method, params);
	if (!text)
		return;
	must(strchr(text, '\n') == text + strlen(text) - 1);
	free(text);
}

/* And what comes back from it. */
static void check_answer(enum route route, const char *body, size_t len)
{
	json_t *root = json_loadb(body, len, 0, NULL), *answer = NULL;
	char *event = body_event(root);
	int status = body_error(route, root, &answer);

	must(status >= 400 && status < 600);
	must(json_is_object(answer) &&
	     json_is_string(json_object_get(answer, "error")));
	json_decref(answer);
	if (event) {
		const char *end = strstr(event, "\n\n");

		must(!strncmp(event, "event: ", 7));
		must(end == event + strlen(event) - 2);
		must(!strchr(event, '\r'));
		must(!strncmp(strchr(event, '\n') + 1, "data: {", 7));
	}
	free(event);
	json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *method = next(&data, &size), *path = next(&data, &size);
	char *cookie = next(&data, &size), *host = next(&data, &size);
	char *field = next(&data, &size), *line = next(&data, &size);
	const struct route_row *row = check_route(method, path);
	char *body = exact_copy(data, size);

	check_cookie(cookie);
	check_host(host);
	check_fields(field, host);
	check_strings(body, size);
	if (row)
		check_params(row, line, body, size);
	check_answer(row ? row->route : ROUTE_APPLY, body, size);
	free(method);
	free(path);
	free(cookie);
	free(host);
	free(field);
	free(line);
	free(body);
	return 0;
}
