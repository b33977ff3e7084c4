// SPDX-License-Identifier: BSD-2-Clause
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "body.h"
#include "header.h"
#include "io/clock.h"
#include "login.h"
#include "metrics.h"
#include "route.h"
#include "say.h"
#include "stream.h"

struct request {
	struct client *client;
	struct MHD_Connection *connection;
	const struct route_row *row;
	char *body;
	size_t len, size;
	bool too_long;
	bool begun;		/* it was asked of the daemon */
	bool waits;		/* suspended until the daemon answers */
	unsigned int status;	/* what came of it */
	json_t *result;
};

static const char *field(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
					   name);
}

static enum MHD_Result refuse(const struct request *r, unsigned int status,
			      const char *name)
{
	return answer_json(r->connection, status, body_named(name), NULL);
}

/* The daemon's answer, or that it gave none. */
static void answered(void *of, json_t *result, json_t *error)
{
	struct request *r = of;

	if (result) {
		r->status = 200;
		r->result = json_incref(result);
	} else if (error) {
		r->status = (unsigned int)body_error(r->row->route, error,
						     &r->result);
	} else {
		r->status = 503;
		r->result = body_named("daemon_away");
	}
	if (r->waits) {
		r->waits = false;
		MHD_resume_connection(r->connection);
	}
}

static enum MHD_Result ask_daemon(struct request *r)
{
	const char *line = MHD_lookup_connection_value(
		r->connection, MHD_GET_ARGUMENT_KIND, "line");
	json_t *params = body_params(r->row->route, line, r->body, r->len);
	int ret;

	if (!params)
		return refuse(r, 400, "body");
	ret = control_call(&r->client->listener->web->control, r->row->method,
			   params, answered, r, clock_now());
	switch (ret) {
	case 0:
		break;
	case -ENOTCONN:
		return refuse(r, 503, "daemon_away");
	case -EMSGSIZE:
		return refuse(r, 413, "too_long");
	default:
		return refuse(r, 503, "busy");
	}
	r->begun = r->waits = true;
	MHD_suspend_connection(r->connection);
	return MHD_YES;
}

static enum MHD_Result send_result(struct request *r)
{
	json_t *result = r->result;

	r->result = NULL;
	if (r->row->route == ROUTE_METRICS && r->status == 200)
		return metrics_answer(r->connection, result);
	return answer_json(r->connection, r->status, result, NULL);
}

/* By its own rules: no session, a token if there is one. */
static enum MHD_Result take_metrics(struct request *r)
{
	const struct listener *l = r->client->listener;
	const char *want = l->web->metrics_token;
	const char *token = header_bearer(field(r, "Authorization"));
	uint8_t a[SECRET_TOKEN], b[SECRET_TOKEN];

	if (!l->metrics_only && !l->web->o.metrics)
		return refuse(r, 404, "not_found");
	if (*want) {
		/* Of digests, so that not even its length shows. */
		secret_digest_text(a, want);
		secret_digest_text(b, token ? token : "");
		if (!session_equal(a, b, sizeof(a))) {
			const struct answer_field how[] = {
				{ "WWW-Authenticate", "Bearer" }, { NULL, NULL }
			};

			return answer_json(r->connection, 401,
					   body_named("token"), how);
		}
	}
	return ask_daemon(r);
}

static enum MHD_Result take_file(const struct request *r, const char *url)
{
	const struct page_file *file =
		page_find(&r->client->listener->web->page, url);

	return file ? answer_file(r->connection, file) :
	       refuse(r, 404, "not_found");
}

static enum MHD_Result take_session(struct request *r, struct login *login)
{
	struct web *w = r->client->listener->web;
	enum MHD_Result ret;

	switch (r->row->route) {
	case ROUTE_SESSION:
		return login_tell(login);
	case ROUTE_LOGOUT:
		return login_out(login);
	case ROUTE_PASSWORD:
		ret = login_change(login, r->body, r->len);
		/* Not left in memory that others get next. */
		secret_wipe(r->body, r->len);
		return ret;
	case ROUTE_EVENTS:
		if (w->n_streams >= WEB_STREAMS)
			return refuse(r, 503, "busy");
		return stream_open(r->client, login->session->number);
	case ROUTE_CONFIG:
	case ROUTE_APPLY:
	case ROUTE_STATUS:
	case ROUTE_FAILOVERS:
	case ROUTE_TRACE:
	case ROUTE_STATS:
	case ROUTE_REGISTER:
	case ROUTE_HANGUP:
		return ask_daemon(r);
	case ROUTE_FILE:
	case ROUTE_METRICS:
	case ROUTE_LOGIN:
		break;
	}
	return refuse(r, 404, "not_found");
}

static enum MHD_Result take_api(struct request *r)
{
	struct login login = { .client = r->client };
	bool known = login_begin(&login);
	enum MHD_Result ret;

	if (r->row->route == ROUTE_LOGIN) {
		if (!header_is_json(field(r, "Content-Type")))
			return refuse(r, 415, "type");
		ret = login_in(&login, r->body, r->len);
		secret_wipe(r->body, r->len);
		return ret;
	}
	if (r->row->route == ROUTE_SESSION && !login.has_password)
		return login_no_password(&login);
	if (!known)
		return refuse(r, 401, "session");
	if (r->row->post && !login_csrf(&login, field(r, "X-CSRF-Token")))
		return refuse(r, 403, "csrf");
	if (r->len && !header_is_json(field(r, "Content-Type")))
		return refuse(r, 415, "type");
	return take_session(r, &login);
}

/* All of it is there. */
static enum MHD_Result decide(struct request *r, const char *url,
			      const char *method)
{
	const struct listener *l = r->client->listener;
	const char *host = field(r, "Host"), *allow;
	int status;

	if (!header_host(host, l->web->o.names, l->web->o.n_names,
			 r->client->own))
		return refuse(r, 421, "host");
	r->row = route_find(method, url, &status, &allow);
	if (l->metrics_only && (!r->row || r->row->route != ROUTE_METRICS))
		return refuse(r, 404, "not_found");
	if (!r->row) {
		const struct answer_field fields[] = {
			{ "Allow", allow }, { NULL, NULL }
		};

		return answer_json(r->connection, (unsigned int)status,
				   body_named(status == 405 ? "method" :
					      "not_found"), fields);
	}
	if (r->too_long)
		return refuse(r, 413, "too_long");
	if (r->row->route == ROUTE_FILE)
		return take_file(r, url);
	if (r->row->route == ROUTE_METRICS)
		return take_metrics(r);
	if (r->row->post && !header_origin(field(r, "Origin"),
					   l->tls ? "https" : "http", host))
		return refuse(r, 403, "csrf");
	return take_api(r);
}

static void collect(struct request *r, const char *data, size_t n)
{
	/* The rest is read all the same, as long as the time for a request
	 * lasts: who is cut off while he sends does not see why. */
	if (r->too_long || n > BODY_MAX - r->len) {
		r->too_long = true;
		return;
	}
	if (n > r->size - r->len) {
		size_t size = r->len + n < 4096 ? 4096 : BODY_MAX;
		char *body = realloc(r->body, size);

		if (!body) {
			r->too_long = true;
			return;
		}
		r->body = body;
		r->size = size;
	}
	memcpy(r->body + r->len, data, n);
	r->len += n;
}

static struct request *begin(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct request *r = info && info->socket_context ?
			    calloc(1, sizeof(*r)) : NULL;

	if (r) {
		r->connection = connection;
		r->client = info->socket_context;
	}
	return r;
}

enum MHD_Result request_take(void *cls, struct MHD_Connection *connection,
			     const char *url, const char *method,
			     const char *version, const char *data,
			     size_t *size, void **of)
{
	struct request *r = *of;

	(void)cls;
	(void)version;
	if (!r) {
		*of = r = begin(connection);
		return r ? MHD_YES : MHD_NO;
	}
	if (*size) {
		collect(r, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (r->waits)
		return MHD_YES;
	r->client->deadline = mono_add_ms(clock_now(), WEB_ANSWER_MS);
	return r->begun ? send_result(r) : decide(r, url, method);
}

void request_over(void *cls, struct MHD_Connection *connection, void **of,
		  enum MHD_RequestTerminationCode why)
{
	struct request *r = *of;

	(void)cls;
	(void)connection;
	(void)why;
	if (!r)
		return;
	*of = NULL;
	control_cancel(&r->client->listener->web->control, r);
	/* The next one on this connection has its own time. */
	r->client->deadline = mono_add_ms(clock_now(), WEB_READ_MS);
	if (r->body)
		secret_wipe(r->body, r->len);
	free(r->body);
	json_decref(r->result);
	free(r);
}
