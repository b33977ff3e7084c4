/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of our requests: what goes into which header field. */
#include "agent_build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_call.h"
#include "agent_line.h"
#include "agent_pulse.h"
#include "agent_server.h"
#include "agent_session.h"
#include "codec/sip_event.h"
#include "io/log.h"
#include "io/random.h"

#define AUTH_MAX 4096	/* two of them */
#define EXTRA_MAX 160

/* Credentials are sent unasked, for the challenges that a request of the kind
 * is likely to get: it saves a round trip of every failover. */
static void expect_challenge(const struct registration *reg, struct request *r)
{
	bool by_proxy = reg->proxy && reg->proxy->valid;
	bool by_www = reg->www && reg->www->valid;
	bool other = r->method != SIP_REGISTER;

	if (r->answers)
		return;
	r->answers = reg->asked[other];
	r->asked = r->answers;
	if (r->answers)
		return;
	if (by_proxy && (other || !by_www))
		r->answers = ANSWERS_PROXY;
	else if (by_www)
		r->answers = ANSWERS_WWW;
}

/* Authorization lines for the last challenges, "" without; of an outbound
 * proxy and of the registrar behind it both (22.3). */
static const char *authorization(struct agent *a, struct request *r,
				 const char *uri, char buf[AUTH_MAX])
{
	struct registration *reg = &a->line[r->line].reg[r->index];
	const struct conf_line *conf = a->line[r->line].conf;
	struct digest_credentials cred = { conf->auth_user, conf->password };
	struct digest_state *const d[2] = { reg->www, reg->proxy };
	int len, used = 0;
	char cnonce[17];
	uint8_t i;

	expect_challenge(reg, r);
	for (i = 0; i < 2; i++) {
		r->carries[i] = 0;
		if (!(r->answers & 1 << i) || !d[i])
			continue;
		len = digest_answer(d[i], buf + used, AUTH_MAX - 1 - used,
				    &cred, sip_method_name(r->method), uri,
				    random_hex(cnonce, 16));
		if (len <= 0)
			continue;
		used += len;
		r->carries[i] = d[i]->series;
	}
	buf[used] = '\0';
	return buf;
}

/* The pre-existing route set of RFC 3261 8.1.2: the outbound proxy that the
 * request goes to, as it is configured.  Within a dialog the route set is the
 * dialog's alone. */
static void preload_route(const struct agent *a, const struct request *r,
			  struct sip_request *sip, char route[SIPMSG_URI_MAX])
{
	const struct line *line = &a->line[r->line];
	const struct conf_server *proxy =
		&line->conf->server[line->entry[r->index]];
	const struct conf_host *host = NULL;
	uint8_t transport = proxy->addr.transport;
	char text[ADDR_STRLEN], port[8] = "";
	bool named;

	if (!line->conf->proxied || !line->conf->outbound_proxy_route)
		return;
	if (proxy->host != CONF_NO_HOST) {
		host = &a->conf->host[proxy->host];
		transport = host->transport;
		if (host->port)
			snprintf(port, sizeof(port), ":%u", host->port);
	}
	named = transport != TRANSPORT_UDP && transport != CONF_ANY_TRANSPORT;
	snprintf(route, SIPMSG_URI_MAX, "<sip:%s%s%s%s;lr>",
		 host ? host->name : addr_print(&proxy->addr, text), port,
		 named ? ";transport=" : "",
		 named ? transport_param(transport) : "");
	sip->route = (const char (*)[SIPMSG_URI_MAX])route;
	sip->n_routes = 1;
}

static int build(struct agent *a, struct request *r, struct sip_request *sip)
{
	char sent_by[ADDR_STRLEN];
	struct addr own;
	char *buf;
	int len;

	server_own_address(a, r->server, &own);
	sip->transport = own.transport;
	sip->sent_by = addr_print(&own, sent_by);
	sip->branch = r->branch;
	sip->overload = true;
	sip->method = r->method;
	sip->cseq = r->cseq;
	len = sip_build_request(r->buf, r->size, sip);
	/* It may be one that is built anew in a buffer that was cut to size. */
	if (len == -EMSGSIZE && r->size < SIPMSG_RAW_MAX) {
		buf = realloc(r->buf, SIPMSG_RAW_MAX);
		if (!buf) {
			a->stats.no_memory++;
			return -ENOMEM;
		}
		r->buf = buf;
		r->size = SIPMSG_RAW_MAX;
		len = sip_build_request(r->buf, r->size, sip);
	}
	if (len < 0) {
		a->stats.build_failed++;
		log_error("request build failed method=%s: %s",
			  sip_method_name(r->method), strerror(-len));
		return len;
	}
	r->len = len;
	return 0;
}

/* RFC 5626 4.1, 4.2.1: the phone's name, and the flow's number for it. */
static void instance_params(const struct agent *a, const struct request *r,
			    struct sip_request *sip, char *buf, size_t size)
{
	const struct registration *reg = &a->line[r->line].reg[r->index];
	char number[24] = "";

	buf[0] = '\0';
	if (!*a->conf->instance)
		return;
	if (a->line[r->line].conf->outbound && !reg->no_outbound) {
		snprintf(number, sizeof(number), ";reg-id=%u", reg->reg_id);
		sip->supported = "path, outbound";
	}
	snprintf(buf, size, ";+sip.instance=\"<urn:uuid:%s>\"%s",
		 a->conf->instance, number);
	sip->contact_params = buf;
}

static int build_register(struct agent *a, struct request *r)
{
	struct registration *reg = &a->line[r->line].reg[r->index];
	const struct line *line = &a->line[r->line];
	char uri[SIPMSG_URI_MAX], contact[SIPMSG_URI_MAX], auth[AUTH_MAX];
	char params[128], route[SIPMSG_URI_MAX];
	struct sip_request sip = {
		.request_uri = uri,
		.from_uri = line->aor,
		.from_tag = reg->tag,
		.to_uri = line->aor,
		.call_id = reg->call_id,
		.contact = contact,
		.expires = (int32_t)r->expires_s,
	};

	snprintf(uri, sizeof(uri), "sip:%s", line->conf->domain);
	server_contact_address(a, r->server, &reg->contact);
	line_contact_at(a, r->line, &reg->contact, contact, sizeof(contact));
	r->cseq = ++reg->cseq;
	reg->flow = a->server[r->server].flow;
	sip.from_display = line->conf->display;
	sip.keep = pulse_keep_offered(a, r->server);
	instance_params(a, r, &sip, params, sizeof(params));
	preload_route(a, r, &sip, route);
	sip.authorization = authorization(a, r, uri, auth);
	return build(a, r, &sip);
}

/* The dialog's identity; the server's transport is put in by build() (C-09). */
static struct sip_request of_dialog(const struct dialog *d)
{
	return (struct sip_request){
		.request_uri = d->remote_target,
		.from_uri = d->local_uri,
		.from_tag = d->local_tag,
		.to_uri = d->remote_uri,
		.to_tag = d->remote_tag,
		.call_id = d->call_id,
		.expires = -1,
		.route = d->route,
		.n_routes = d->n_routes,
	};
}

/* Of a call that is up. */
static int build_dialog(struct agent *a, struct request *r)
{
	struct sip_request sip = of_dialog(&a->call[r->call].dialog);
	char contact[SIPMSG_URI_MAX], auth[AUTH_MAX], extra[EXTRA_MAX];
	int ret = session_build(a, r, &sip, contact, extra, sizeof(extra));

	if (ret)
		return ret;
	sip.authorization = authorization(a, r, sip.request_uri, auth);
	return build(a, r, &sip);
}

/* INVITE and BYE of a call. */
static int build_call(struct agent *a, struct request *r)
{
	const struct dialog *d = &a->call[r->call].dialog;
	struct sip_request sip = of_dialog(d);
	char contact[SIPMSG_URI_MAX], auth[AUTH_MAX], route[SIPMSG_URI_MAX];
	char extra[EXTRA_MAX];

	if (r->method == SIP_INVITE) {
		session_request_lines(a, r->call, extra, sizeof(extra));
		sip.supported = a->line[r->line].conf->reliable_provisional ?
				"timer, 100rel" : "timer";
		sip.extra = extra;
		preload_route(a, r, &sip, route);
		line_contact(a, r->line, r->server, contact, sizeof(contact));
		sip.request_uri = d->remote_uri;
		sip.from_display = a->line[r->line].conf->display;
		sip.contact = contact;
		sip.content_type = "application/sdp";
		sip.body = call_own_sdp(a, r->call, r->server);
		sip.body_len = strlen(sip.body);
	}
	sip.authorization = authorization(a, r, sip.request_uri, auth);
	return build(a, r, &sip);
}

/* Within its dialog once there is one; Expires: 0 ends it. */
static int build_subscribe(struct agent *a, struct request *r,
			   const struct dialog *d)
{
	char contact[SIPMSG_URI_MAX], auth[AUTH_MAX], route[SIPMSG_URI_MAX];
	struct sip_request sip = of_dialog(d);

	if (!d->remote_tag[0])
		preload_route(a, r, &sip, route);
	line_contact(a, r->line, r->server, contact, sizeof(contact));
	sip.from_display = a->line[r->line].conf->display;
	sip.contact = contact;
	sip.event = SIP_EVENT_MWI;
	sip.accept = SIP_EVENT_MWI_TYPE;
	sip.expires = (int32_t)r->expires_s;
	sip.authorization = authorization(a, r, sip.request_uri, auth);
	return build(a, r, &sip);
}

static int build_options(struct agent *a, struct request *r)
{
	struct server *s = &a->server[r->server];
	char uri[SIPMSG_URI_MAX], from[SIPMSG_URI_MAX], host[ADDR_STRLEN];
	struct sip_request sip = {
		.request_uri = uri,
		.from_uri = from,
		.from_tag = s->probe_tag,
		.to_uri = uri,
		.call_id = s->probe_call_id,
		.expires = -1,
	};
	struct addr own;

	server_own_address(a, r->server, &own);
	snprintf(uri, sizeof(uri), "sip:%s", addr_print(&s->addr, host));
	snprintf(from, sizeof(from), "sip:%s", addr_print_host(&own, host));
	r->cseq = ++s->probe_cseq;
	return build(a, r, &sip);
}

int request_build(struct agent *a, struct request *r)
{
	switch ((enum request_for)r->what) {
	case REQUEST_LINE:
		return build_register(a, r);
	case REQUEST_CALL:
		return build_call(a, r);
	case REQUEST_SUBSCRIBE:
		return build_subscribe(a, r, &a->subscription[
				a->line[r->line].subscription].dialog);
	case REQUEST_DIALOG:
		return build_dialog(a, r);
	case REQUEST_OPTIONS:
	case REQUEST_PULSE:
		return build_options(a, r);
	case REQUEST_CANCEL:
	case REQUEST_NOBODY:
		break;	/* made from another request or a dialog */
	}
	return -EINVAL;
}

int request_build_in_dialog(struct agent *a, struct request *r,
			    const struct dialog *d, const char *extra)
{
	struct sip_request sip = of_dialog(d);
	char auth[AUTH_MAX];

	if (r->method == SIP_SUBSCRIBE)
		return build_subscribe(a, r, d);
	sip.extra = extra;
	sip.authorization = authorization(a, r, sip.request_uri, auth);
	return build(a, r, &sip);
}

char *request_credentials(const struct request *r)
{
	static const char *const names[] = {
		"\r\nAuthorization: ", "\r\nProxy-Authorization: ",
	};
	char lines[AUTH_MAX];
	size_t i, used = 0;

	for (i = 0; i < 2; i++) {
		const char *at = memmem(r->buf, r->len, names[i],
					strlen(names[i]));
		const char *end;
		size_t n;

		if (!at)
			continue;
		at += 2;
		end = memmem(at, r->len - (at - r->buf), "\r\n", 2);
		n = end ? (size_t)(end + 2 - at) : 0;
		if (used + n > sizeof(lines))
			continue;
		memcpy(lines + used, at, n);
		used += n;
	}
	return used ? strndup(lines, used) : NULL;
}

int request_build_ack(struct agent *a, uint32_t server, const struct dialog *d,
		      uint32_t cseq, const char *credentials, char *buf,
		      size_t size)
{
	char branch[AGENT_BRANCH_LEN + 1] = "z9hG4bK";
	struct sip_request sip = of_dialog(d);
	char sent_by[ADDR_STRLEN];
	struct addr own;

	random_hex(branch + 7, AGENT_BRANCH_LEN - 7);
	server_own_address(a, server, &own);
	sip.method = SIP_ACK;
	sip.transport = own.transport;
	sip.sent_by = addr_print(&own, sent_by);
	sip.branch = branch;
	sip.cseq = cseq;
	if (credentials)
		sip.authorization = credentials;
	return sip_build_request(buf, size, &sip);
}
