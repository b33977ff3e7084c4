// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/*
 * The control method "metrics": families of samples in Prometheus' terms,
 * without its syntax (tools/prometheus.c).
 */
#include "agent_metrics.h"

#include <stdio.h>
#include <string.h>

#include "agent_ctl.h"

#define SERIES_NAME_MAX 96
#define BAD_PREFIX "rx_bad_"

/* ---- families ---- */

static json_t *family(json_t *families, const char *name, const char *type,
		      const char *help)
{
	json_t *samples = json_array();

	json_array_append_new(families, json_pack(
		"{s:s, s:s, s:s, s:O}", "name", name, "type", type,
		"help", help, "samples", samples));
	json_decref(samples);	/* the family holds it */
	return samples;
}

static json_t *gauge(json_t *families, const char *name, const char *help)
{
	return family(families, name, "gauge", help);
}

static json_t *counter(json_t *families, const char *name, const char *help)
{
	return family(families, name, "counter", help);
}

/* labels: stolen; NULL: none */
static void put(json_t *samples, json_t *labels, json_t *value)
{
	json_array_append_new(samples, json_pack("{s:o, s:o}", "labels",
						 labels ? labels : json_object(),
						 "value", value));
}

static void put_count(json_t *samples, json_t *labels, uint64_t n)
{
	put(samples, labels, json_integer((json_int_t)n));
}

static json_t *label(const char *name, const char *value)
{
	return json_pack("{s:o}", name, ctl_text(value));
}

static json_t *labels(const char *name, const char *value, const char *name2,
		      const char *value2)
{
	return json_pack("{s:o, s:o}", name, ctl_text(value),
			 name2, ctl_text(value2));
}

static void single(json_t *families, const char *name, const char *help,
		   uint64_t n)
{
	put_count(gauge(families, name, help), NULL, n);
}

/* ---- the daemon ---- */

static bool wants_module(const struct agent *a)
{
	return a->conf->detect == CONF_DETECT_AUTO ||
	       a->conf->detect == CONF_DETECT_MODULE;
}

static void tell_daemon(const struct agent *a, json_t *families)
{
	uint64_t up_ns = a->now.ns - a->started.ns;

	put_count(gauge(families, "sipover_build_info",
			"Always 1; the label tells the daemon's version."),
		  label("version", SIPOVER_VERSION), 1);
	put(gauge(families, "sipover_uptime_seconds",
		  "Since the daemon's start, time asleep included."),
	    NULL, json_real((double)up_ns / 1e9));
	single(families, "sipover_module_wanted",
	       "1: the configuration asks for the kernel module.",
	       wants_module(a));
	single(families, "sipover_module_used",
	       "1: the kernel module watches every server.", a->module);
	single(families, "sipover_local_outage",
	       "1: the phone's own network has no way to any server.",
	       a->held);
}

/* ---- lines ---- */

static bool is_registered(const struct line *line)
{
	return line->begun && line->fo.working != FO_NONE &&
	       line->fo.bound & 1 << line->fo.working;
}

static void tell_line_states(const struct agent *a, json_t *families)
{
	uint64_t n[FO_REG_REFRESHING + 2] = { 0 }, bindings = 0;
	uint64_t place[3] = { 0 };	/* primary, backup, none */
	json_t *s;
	uint32_t i;
	int k;

	for (i = 0; i < a->conf->n_lines; i++) {
		const struct fo *fo = &a->line[i].fo;

		if (!a->line[i].conf)
			continue;
		n[a->line[i].begun ? fo->reg_state : FO_REG_REFRESHING + 1]++;
		if (!a->line[i].begun || fo->working == FO_NONE)
			place[2]++;
		else
			place[fo->working > 0]++;
		for (k = 0; a->line[i].begun && k < FO_SERVERS_MAX; k++)
			bindings += fo->bound >> k & 1;
	}
	s = gauge(families, "sipover_lines",
		  "Lines by state of their registration.");
	for (k = 0; k <= FO_REG_REFRESHING; k++)
		put_count(s, label("state", fo_reg_state_name((uint8_t)k)),
			  n[k]);
	put_count(s, label("state", "resolving"), n[FO_REG_REFRESHING + 1]);
	s = gauge(families, "sipover_lines_working",
		  "Lines by the place of the server that they work with.");
	put_count(s, label("place", "primary"), place[0]);
	put_count(s, label("place", "backup"), place[1]);
	put_count(s, label("place", "none"), place[2]);
	single(families, "sipover_bindings",
	       "Bindings that all lines have, standby ones included.",
	       bindings);
}

static void tell_lines(const struct agent *a, json_t *families)
{
	uint32_t n = a->conf->n_lines, i;
	json_t *up, *index;

	tell_line_states(a, families);
	if (n > METRICS_EACH_MAX)
		return;
	up = gauge(families, "sipover_line_registered",
		   "1: the line has a binding where it works.");
	for (i = 0; i < n; i++)
		if (a->line[i].conf)
			put_count(up, label("line", a->line[i].conf->name),
				  is_registered(&a->line[i]));
	index = gauge(families, "sipover_line_server_index",
		      "The server that the line works with, 0 the primary; -1: none.");
	for (i = 0; i < n; i++) {
		const struct fo *fo = &a->line[i].fo;

		if (!a->line[i].conf)
			continue;
		put(index, label("line", a->line[i].conf->name),
		    json_integer(!a->line[i].begun || fo->working == FO_NONE ?
				 -1 : fo->working));
	}
}

/* ---- servers ---- */

static bool is_there(const struct agent *a, uint32_t s)
{
	return a->server[s].addr.family != ADDR_NONE;
}

static void tell_server_each(struct agent *a, json_t *families)
{
	json_t *health, *causes, *overload, *lines;
	uint32_t i;
	unsigned int k;

	health = gauge(families, "sipover_server_health",
		       "1 for the health that the server is in, 0 for the others.");
	for (i = 0; i < a->n_servers; i++)
		for (k = 0; is_there(a, i) && k < HEALTH_STATES; k++)
			put_count(health, labels("server", a->server[i].name,
						 "health",
						 health_state_name(k)),
				  a->server[i].health.state == k);
	lines = gauge(families, "sipover_server_lines",
		      "Lines that work with the server.");
	overload = gauge(families, "sipover_server_overload_ratio",
			 "Share of new requests that the server asks to be spared.");
	causes = counter(families, "sipover_server_evidence_total",
			 "What the kernel said of the server, by cause.");
	for (i = 0; i < a->n_servers; i++) {
		const struct server *s = &a->server[i];
		uint64_t n = 0;
		uint32_t l;

		if (!is_there(a, i))
			continue;
		for (l = 0; l < s->n_lines; l++) {
			const struct line *line = &a->line[s->line[l]];

			n += line->begun && line->fo.working != FO_NONE &&
			     line->server[line->fo.working] == i;
		}
		put_count(lines, label("server", s->name), n);
		put(overload, label("server", s->name),
		    json_real(overload_share(&s->overload, a->now) / 100.0));
		for (k = 1; k < MEASURES_CAUSES; k++)
			if (s->evidence[k])
				put_count(causes, labels("server", s->name,
							 "cause",
							 cause_name(k)),
					  s->evidence[k]);
	}
}

static void tell_servers(struct agent *a, json_t *families)
{
	uint64_t n[HEALTH_STATES] = { 0 }, all = 0, left_out;
	json_t *s;
	uint32_t i;
	unsigned int k;

	for (i = 0; i < a->n_servers; i++) {
		n[a->server[i].health.state] += is_there(a, i);
		all += is_there(a, i);
	}
	s = gauge(families, "sipover_servers", "Servers by health.");
	for (k = 0; k < HEALTH_STATES; k++)
		put_count(s, label("health", health_state_name(k)), n[k]);
	s = counter(families, "sipover_evidence_total",
		    "What the kernel said of servers, by cause.");
	for (k = 1; k < MEASURES_CAUSES; k++)
		put_count(s, label("cause", cause_name(k)),
			  a->measures.evidence[k]);
	if (all <= METRICS_EACH_MAX)
		tell_server_each(a, families);
	s = gauge(families, "sipover_series_left_out",
		  "Lines and servers without series of their own: too many.");
	left_out = a->conf->n_lines > METRICS_EACH_MAX ? a->conf->n_lines : 0;
	put_count(s, label("of", "lines"), left_out);
	put_count(s, label("of", "servers"),
		  all > METRICS_EACH_MAX ? all : 0);
}

/* ---- calls, failovers ---- */

static void tell_calls(const struct agent *a, json_t *families)
{
	uint64_t n[CALL_STATES] = { 0 };
	uint32_t i;
	unsigned int k;
	json_t *s;

	for (i = 0; i < AGENT_CALLS_MAX; i++)
		n[a->call[i].call.state]++;
	s = gauge(families, "sipover_calls", "Calls by state.");
	for (k = CALL_FREE + 1; k < CALL_STATES; k++)
		put_count(s, label("state", call_state_name(k)), n[k]);
	s = counter(families, "sipover_calls_ended_total",
		    "Calls that are over, by how they ended.");
	for (i = 0; i < 2; i++)
		for (k = 0; k < MEASURES_ENDS; k++)
			put_count(s, labels("direction", i ? "out" : "in",
					    "end", measures_end_name(k)),
				  a->measures.ended[i][k]);
}

static json_t *seconds(uint64_t us)
{
	return json_real((double)us / 1e6);
}

static void tell_histogram(json_t *families, const struct histogram *h,
			   const char *name, const char *help)
{
	json_t *samples = family(families, name, "histogram", help);
	json_t *all = json_array_get(families, json_array_size(families) - 1);
	json_t *limits = json_array();
	unsigned int i, k;

	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		json_array_append_new(limits, seconds(histogram_limit_us(i)));
	json_object_set_new(all, "limits", limits);
	for (k = COURSE_MODULE; k < COURSE_SOURCES; k++) {
		json_t *buckets = json_array();

		for (i = 0; i <= HISTOGRAM_BUCKETS; i++)
			json_array_append_new(buckets, json_integer(
				(json_int_t)h[k].bucket[i]));
		json_array_append_new(samples, json_pack(
			"{s:o, s:o, s:o}", "labels",
			label("source", course_source_name((uint8_t)k)),
			"buckets", buckets, "sum", seconds(h[k].sum_us)));
	}
}

static void tell_failovers(const struct agent *a, json_t *families)
{
	const struct measures *m = &a->measures;

	tell_histogram(families, m->took[MEASURES_DETECTED],
		       "sipover_detection_seconds",
		       "From the packet that told, or the request that had no answer, to the verdict; by who found out.");
	tell_histogram(families, m->took[MEASURES_ASKED],
		       "sipover_next_server_seconds",
		       "From the same to the first packet to the next server.");
	tell_histogram(families, m->took[MEASURES_MOVED],
		       "sipover_failover_seconds",
		       "From the same to the line working there.");
}

/* ---- the counters of "stats" ---- */

static void tell_counters(struct agent *a, json_t *families)
{
	json_t *stats = stats_json(a), *value, *bad;
	char name[SERIES_NAME_MAX];
	const char *key;

	bad = counter(families, "sipover_rx_bad_total",
		      "Messages received that are no SIP, by what is wrong.");
	json_object_foreach(json_object_get(stats, "counters"), key, value) {
		const char *help = metrics_help(key);

		if (!strncmp(key, BAD_PREFIX, strlen(BAD_PREFIX))) {
			put(bad, label("reason", key + strlen(BAD_PREFIX)),
			    json_incref(value));
			continue;
		}
		snprintf(name, sizeof(name), "sipover_%s_total", key);
		put(counter(families, name, help ? help : key), NULL,
		    json_incref(value));
	}
	json_decref(stats);
}

json_t *metrics_json(struct agent *a)
{
	json_t *families = json_array();

	tell_daemon(a, families);
	tell_lines(a, families);
	tell_servers(a, families);
	tell_calls(a, families);
	tell_failovers(a, families);
	tell_counters(a, families);
	return json_pack("{s:o}", "families", families);
}
