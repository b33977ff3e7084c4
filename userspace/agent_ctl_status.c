/* SPDX-License-Identifier: BSD-2-Clause */
/* The control method status. */
#include "agent_ctl_status.h"

#include <string.h>

#include "agent_dialog.h"
#include "config.h"

static json_t *null_or(const char *s)
{
	return s ? json_string(s) : json_null();
}

static int64_t seconds_since(const struct agent *a, struct mono t)
{
	return a->now.ns > t.ns ? (int64_t)((a->now.ns - t.ns) / 1000000000) :
				  0;
}

static const char *detect_name(uint8_t detect)
{
	switch ((enum conf_detect)detect) {
	case CONF_DETECT_AUTO:
		return "auto";
	case CONF_DETECT_MODULE:
		return "module";
	case CONF_DETECT_SOCKETS:
		return "sockets";
	case CONF_DETECT_TIMERS:
		return "timers";
	}
	return "";
}

static json_t *server_json(struct agent *a, const struct line *line,
			   uint32_t k)
{
	const struct server *s = &a->server[line->server[k]];
	uint8_t cause = s->health.cause;
	char offender[ADDR_STRLEN];
	bool told = cause && s->offence == cause &&
		    s->offender.family != ADDR_NONE;

	return json_pack("{s:s, s:i, s:s, s:o, s:o, s:I, s:b, s:s, s:i}",
			 "address", s->name,
			 "index", (int)k,
			 "health", health_state_name(s->health.state),
			 "cause", null_or(cause ? cause_name(cause) : NULL),
			 "offender", null_or(told ? addr_print_host(
				&s->offender, offender) : NULL),
			 "since_s", (json_int_t)seconds_since(a,
							s->health.since),
			 "bound", !!(line->fo.bound & 1 << k),
			 "path", path_fact_name(s->fact),
			 "overload", (int)overload_share(&s->overload,
							 a->now));
}

/* What is known of the line's mailbox; null: it does not subscribe. */
static json_t *mwi_json(struct agent *a, const struct line *line)
{
	const struct line_subscription *s;
	json_t *o;

	if (line->subscription == AGENT_NONE)
		return json_null();
	s = &a->subscription[line->subscription];
	o = ctl_mwi(&s->mwi);
	if (!o)
		return NULL;
	json_object_set_new(o, "state",
			    json_string(subscription_state_name(s->sub.state)));
	json_object_set_new(o, "status", json_integer(s->status));
	json_object_set_new(o, "server",
			    null_or(subscription_has_dialog(&s->sub) ?
				    a->server[s->at].name : NULL));
	return o;
}

static json_t *line_json(struct agent *a, uint32_t l)
{
	const struct line *line = &a->line[l];
	const struct fo *fo = &line->fo;
	json_t *servers = json_array(), *until = json_null();
	const char *working = NULL;
	uint32_t k;

	for (k = 0; k < line->n_servers; k++)
		json_array_append_new(servers, server_json(a, line, k));
	if (line->begun && fo->working != FO_NONE)
		working = a->server[line->server[fo->working]].name;
	if (fo->bound && !mono_is_never(fo->expires_at) &&
	    fo->expires_at.ns > a->now.ns) {
		json_decref(until);
		until = json_integer((json_int_t)((fo->expires_at.ns -
						   a->now.ns) / 1000000000));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}",
			 "name", line->conf->name, "aor", line->aor,
			 "state", line->leaving ? "changing" : line->begun ?
			 fo_reg_state_name(fo->reg_state) : "resolving",
			 "working", null_or(working),
			 "registered_until_s", until, "servers", servers,
			 "mwi", mwi_json(a, line));
}

static json_t *call_json(struct agent *a, uint32_t c)
{
	const struct agent_call *k = &a->call[c];
	const struct line *line = &a->line[k->line];

	return json_pack("{s:i, s:s, s:o, s:s, s:s, s:s, s:i}",
			 "call", (int)k->number, "line", line->conf->name,
			 "peer", ctl_text(k->dialog.remote_uri),
			 "state", call_state_name(k->call.state),
			 "hold", call_hold_name(k),
			 "server", a->server[line->server[k->index]].name,
			 "status", (int)k->call.status);
}

static json_t *local_json(struct agent *a)
{
	struct mono since = a->held ? a->held_at : a->now;

	return json_pack("{s:b, s:s, s:I}", "held", (int)a->held,
			 "cause", path_fact_name(a->held ? a->path.cause :
						 PATH_USABLE),
			 "since_s", (json_int_t)seconds_since(a, since));
}

static json_t *name_json(struct agent *a, uint32_t h)
{
	const struct conf_host *host = &a->conf->host[h];
	const struct loc *loc = &a->location[h].loc;
	char text[ADDR_STRLEN + 8];
	json_t *servers = json_array();
	uint8_t i;

	for (i = 0; i < loc->n; i++) {
		addr_print(&loc->list[i], text);
		strcat(text, ";");
		strcat(text, transport_param(loc->list[i].transport));
		json_array_append_new(servers, json_string(text));
	}
	return json_pack("{s:s, s:i, s:o, s:s, s:o}", "name", host->name,
			 "port", (int)host->port, "transport",
			 null_or(host->transport == CONF_ANY_TRANSPORT ? NULL :
				 transport_param(host->transport)),
			 "state", loc_state_name(loc_state(loc, a->now)),
			 "servers", servers);
}

static json_t *source_json(const struct agent *a)
{
	const char *why = a->conf->source_error;

	return json_pack("{s:s, s:o}", "source",
			 config_source_name(a->conf->source), "error",
			 *why ? ctl_text(why) : json_null());
}

json_t *status_line_json(struct agent *a, uint32_t i, bool *there)
{
	*there = a->line[i].conf != NULL;
	return *there ? line_json(a, i) : NULL;
}

json_t *status_name_json(struct agent *a, uint32_t i, bool *there)
{
	*there = a->location[i].n_lines > 0;
	return *there ? name_json(a, i) : NULL;
}

json_t *status_call_json(struct agent *a, uint32_t i, bool *there)
{
	*there = a->call[i].call.state != CALL_FREE;
	return *there ? call_json(a, i) : NULL;
}

json_t *status_json(struct agent *a)
{
	return json_pack("{s:s, s:b, s:s, s:I, s:o, s:o}",
			 "version", SIPOVER_VERSION, "module", (int)a->module,
			 "detect", detect_name(a->conf->detect), "uptime_s",
			 (json_int_t)seconds_since(a, a->started),
			 "local", local_json(a), "config", source_json(a));
}
