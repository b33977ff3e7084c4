/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/log.h"
#include "io/log_queue.h"
#include "io/random.h"
#include "io/service.h"
#include "io/signals.h"

#define RING_ENTRIES 256
#define FLOWS_MIN 64
#define REQUESTS_MIN 64
/* A challenged failback: a REGISTER there and one here, twice each, for T4. */
#define REQUESTS_PER_LINE 5
/* One that is challenged, and the end of the one before. */
#define REQUESTS_PER_SUBSCRIPTION 3
#define PORT_WAIT_MS 1000
#define LOG_SOON 16384		/* bytes of log that do not wait for a quiet moment */
#define STOP_GRACE_MS 2000	/* at most, for the 200 to our unregistrations */

/* Deadlines are numbered: requests, replies, calls, lines, servers, their
 * connections, their pulses, names, subscriptions, and one each for the own
 * network, the resolver, the REGISTERs that wait and the end. */
static uint32_t id_reply(const struct agent *a) { return a->n_requests; }
static uint32_t id_call(const struct agent *a)
{
	return id_reply(a) + AGENT_REPLIES_MAX;
}

static uint32_t id_line(const struct agent *a)
{
	return id_call(a) + AGENT_CALLS_MAX;
}

static uint32_t id_server(const struct agent *a)
{
	return id_line(a) + a->conf->n_lines;
}

static uint32_t id_keepalive(const struct agent *a)
{
	return id_server(a) + a->servers_max;
}

static uint32_t id_pulse(const struct agent *a)
{
	return id_keepalive(a) + a->servers_max;
}

static uint32_t id_location(const struct agent *a)
{
	return id_pulse(a) + a->servers_max;
}

static uint32_t id_subscription(const struct agent *a)
{
	return id_location(a) + a->conf->n_hosts;
}

static uint32_t id_resolver(const struct agent *a)
{
	return id_subscription(a) + a->n_subscriptions;
}

static uint32_t id_path(const struct agent *a)
{
	return id_resolver(a) + 1;
}

static uint32_t id_pace(const struct agent *a)
{
	return id_path(a) + 1;
}

static uint32_t id_stop(const struct agent *a)
{
	return id_pace(a) + 1;
}

void agent_timer_request(struct agent *a, uint32_t r)
{
	struct mono at = MONO_NEVER;

	if (a->request[r].used)
		at = txn_next_expiry(&a->request[r].txn);
	timerq_set(&a->timers, r, at);
}

void agent_timer_reply(struct agent *a, uint32_t r)
{
	struct mono at = MONO_NEVER;

	if (a->reply[r].used)
		at = txn_next_expiry(&a->reply[r].txn);
	timerq_set(&a->timers, id_reply(a) + r, at);
}

void agent_timer_call(struct agent *a, uint32_t c)
{
	const struct agent_call *k = &a->call[c];
	struct mono at = MONO_NEVER;

	if (k->call.state != CALL_FREE)
		at = mono_min(mono_min(call_next_expiry(&k->call),
				       k->resend_at),
			      session_next_expiry(&k->session));
	timerq_set(&a->timers, id_call(a) + c, at);
}

void agent_timer_line(struct agent *a, uint32_t line)
{
	timerq_set(&a->timers, id_line(a) + line,
		   fo_next_expiry(&a->line[line].fo));
}

void agent_timer_server(struct agent *a, uint32_t server)
{
	timerq_set(&a->timers, id_server(a) + server,
		   health_next_expiry(&a->server[server].health));
}

void keepalive_timer(struct agent *a, uint32_t s)
{
	timerq_set(&a->timers, id_keepalive(a) + s,
		   keepalive_next_expiry(&a->server[s].keepalive));
}

void agent_timer_path(struct agent *a, struct mono at)
{
	timerq_set(&a->timers, id_path(a), at);
}

void agent_timer_pace(struct agent *a, struct mono at)
{
	timerq_set(&a->timers, id_pace(a), at);
}

void agent_timer_location(struct agent *a, uint32_t h)
{
	timerq_set(&a->timers, id_location(a) + h,
		   loc_next_expiry(&a->location[h].loc));
}

void agent_timer_subscription(struct agent *a, uint32_t i)
{
	timerq_set(&a->timers, id_subscription(a) + i,
		   subscription_next_expiry(&a->subscription[i].sub));
}

void agent_timer_pulse(struct agent *a, uint32_t server)
{
	timerq_set(&a->timers, id_pulse(a) + server,
		   pulse_next_expiry(&a->server[server].pulse));
}

static struct work *work_push(struct agent *a)
{
	uint32_t i, size;
	struct work *w;

	if (a->work_n == a->work_size) {
		/* Only a storm gets here; the queue was sized for one event
		 * per line and server. */
		size = a->work_size * 2;
		w = calloc(size, sizeof(*w));
		if (!w) {
			a->stats.no_memory++;
			return NULL;
		}
		for (i = 0; i < a->work_n; i++)
			w[i] = a->work[(a->work_head + i) % a->work_size];
		free(a->work);
		a->work = w;
		a->work_size = size;
		a->work_head = 0;
	}
	return &a->work[(a->work_head + a->work_n++) % a->work_size];
}

void agent_post_line(struct agent *a, uint32_t line, const struct fo_ev *ev)
{
	struct work *w = work_push(a);

	if (!w)
		return;
	w->kind = WORK_LINE;
	w->i = line;
	w->fo = *ev;
	w->fo.now = a->now;
}

void agent_post_subscription(struct agent *a, uint32_t i,
			     const struct subscription_ev *ev)
{
	struct work *w = work_push(a);

	if (!w)
		return;
	w->kind = WORK_SUBSCRIPTION;
	w->i = i;
	w->subscription = *ev;
	w->subscription.now = a->now;
}

void agent_post_health(struct agent *a, uint32_t server, uint8_t type,
		       uint8_t cause, int32_t retry_after)
{
	struct work *w = work_push(a);

	if (!w)
		return;
	w->kind = WORK_HEALTH;
	w->i = server;
	w->health = (struct health_ev){
		.now = a->now,
		.type = type,
		.cause = cause,
		.retry_after = retry_after,
	};
}

void agent_drain(struct agent *a)
{
	if (a->draining)
		return;
	a->draining = true;
	while (a->work_n) {
		struct work w = a->work[a->work_head];

		a->work_head = (a->work_head + 1) % a->work_size;
		a->work_n--;
		switch ((enum work_kind)w.kind) {
		case WORK_LINE:
			line_step(a, w.i, &w.fo);
			break;
		case WORK_HEALTH:
			server_health_step(a, w.i, &w.health);
			break;
		case WORK_SUBSCRIPTION:
			subscription_step_event(a, w.i, &w.subscription);
			break;
		}
	}
	a->draining = false;
	a->urgent = false;
	notify_pending(a);
}

static void expire(struct agent *a, uint32_t id)
{
	struct subscription_ev sub = { .type = SUBSCRIPTION_EV_EXPIRY };
	struct fo_ev fo = { .type = FO_EV_EXPIRY };

	if (id < id_reply(a))
		request_event(a, id, TXN_EV_EXPIRY);
	else if (id < id_call(a))
		reply_expired(a, id - id_reply(a));
	else if (id < id_line(a))
		call_expired(a, id - id_call(a));
	else if (id < id_server(a))
		agent_post_line(a, id - id_line(a), &fo);
	else if (id < id_keepalive(a))
		agent_post_health(a, id - id_server(a), HEALTH_EV_EXPIRY, 0,
				  -1);
	else if (id < id_pulse(a))
		keepalive_event(a, id - id_keepalive(a), KEEPALIVE_EV_EXPIRY);
	else if (id < id_location(a))
		pulse_expired(a, id - id_pulse(a));
	else if (id < id_subscription(a))
		location_expired(a, id - id_location(a));
	else if (id < id_resolver(a))
		agent_post_subscription(a, id - id_subscription(a), &sub);
	else if (id < id_path(a))
		resolver_expire(&a->resolver);
	else if (id < id_pace(a))
		paths_check(a);
	else if (id < id_stop(a))
		pace_expired(a);
	else
		ring_stop(&a->ring);
	agent_drain(a);
}

static void on_expired(void *ctx, struct mono now)
{
	struct agent *a = ctx;
	uint32_t id;

	a->now = now;
	paths_woke(a);
	while (timerq_pop_due(&a->timers, now, &id))
		expire(a, id);
}

/* Whether the end has to wait for the answer to an unregistration or a BYE.
 * Asked at the end of each turn: most often the same one still has none. */
static bool awaits_answer(struct agent *a)
{
	uint32_t n;

	for (n = 0; n < a->used_requests; n++) {
		uint32_t i = (a->awaited + n) % a->used_requests;
		const struct request *r = &a->request[i];

		if (!r->used || r->abandoned ||
		    (r->txn.state != TXN_CALLING &&
		     r->txn.state != TXN_PROCEEDING))
			continue;
		a->awaited = i;
		return true;
	}
	return false;
}

static void on_batch_end(void *ctx)
{
	struct agent *a = ctx;

	paths_woke(a);
	agent_drain(a);
	if (a->stopping && !awaits_answer(a))
		ring_stop(&a->ring);
	if (a->location)
		timerq_set(&a->timers, id_resolver(a),
			   resolver_next_expiry(&a->resolver, clock_now()));
	ring_set_deadline(&a->ring, timerq_next(&a->timers));
	if (log_queue_waiting() > LOG_SOON)
		log_queue_submit();
	a->ring.later = log_queue_waiting() > 0 || random_is_short() ||
			(a->trim && !a->busy_requests);
}

/* What can be done ahead of need, and what nobody waits for. */
static void on_quiet(void *ctx)
{
	struct agent *a = ctx;

	random_ahead();
	log_queue_submit();
	/* What a storm took lies in pieces between what stays. */
	if (a->trim && !a->busy_requests) {
		a->trim = false;
		malloc_trim(0);
	}
}

void agent_stop(struct agent *a)
{
	struct fo_ev ev = { .type = FO_EV_STOP };
	uint32_t i;

	if (a->stopping) {
		ring_stop(&a->ring);
		return;
	}
	a->stopping = true;
	a->now = clock_now();
	log_info("agent stopping");
	service_stopping();
	/* One BYE, CANCEL or refusal for each call; no time for more. */
	for (i = 0; i < AGENT_CALLS_MAX; i++)
		if (a->call[i].call.state != CALL_FREE)
			call_event(a, i, CALL_EV_HANGUP, 0);
	subscriptions_stop(a);
	agent_drain(a);
	for (i = 0; i < a->conf->n_lines; i++)
		if (a->line[i].begun)
			agent_post_line(a, i, &ev);
	agent_drain(a);
	timerq_set(&a->timers, id_stop(a), mono_add_ms(a->now, STOP_GRACE_MS));
}

static void on_signal(void *ctx, int signal)
{
	if (signal == SIGTERM || signal == SIGINT)
		agent_stop(ctx);
}

/* One struct server for each distinct address among the lines. */
static int servers_open(struct agent *a)
{
	const struct conf *conf = a->conf;
	uint32_t i, literals = 0, n = 0;
	uint8_t j;

	for (i = 0; i < conf->n_lines; i++)
		literals += conf->line[i].n_servers;
	/* Of a name those it has, and those that are on their way out. */
	n = literals + 2 * LOC_CANDIDATES_MAX * conf->n_hosts;
	a->server = calloc(n ? n : 1, sizeof(*a->server));
	if (!a->server)
		return -ENOMEM;
	a->servers_max = n;
	if (find_servers_open(a))
		return -ENOMEM;
	for (i = 0; i < conf->n_lines; i++) {
		for (j = 0; j < conf->line[i].n_servers; j++) {
			const struct addr *addr = &conf->line[i].server[j].addr;

			if (addr->family != ADDR_NONE &&
			    server_join(a, addr, i, j) == AGENT_NONE)
				return -ENOMEM;
		}
	}
	/* Most are the same ones. */
	a->servers_max = a->n_servers +
			 2 * LOC_CANDIDATES_MAX * conf->n_hosts;
	return find_servers_open(a);
}

static int tables_open(struct agent *a)
{
	struct timerq_entry *heap;
	uint32_t timers, i;
	uint32_t *pos;
	int ret;

	a->n_subscriptions = subscriptions_wanted(a->conf);
	ret = requests_open(a, REQUESTS_MIN +
			    REQUESTS_PER_LINE * a->conf->n_lines +
			    REQUESTS_PER_SUBSCRIPTION * a->n_subscriptions,
			    REQUESTS_MIN);
	if (ret)
		return ret;
	timers = a->n_requests + AGENT_REPLIES_MAX + AGENT_CALLS_MAX +
		 a->conf->n_lines + 3 * a->servers_max + a->conf->n_hosts +
		 a->n_subscriptions + 4;
	heap = calloc(timers, sizeof(*heap));
	pos = calloc(timers, sizeof(*pos));
	a->work_size = 64 + 2 * (a->conf->n_lines + a->servers_max);
	a->work = calloc(a->work_size, sizeof(*a->work));
	if (!heap || !pos || !a->work) {
		free(heap);
		free(pos);
		return -ENOMEM;
	}
	timerq_init(&a->timers, heap, pos, timers);

	if (find_table(&a->requests_by_branch, a->n_requests, random_u64()) ||
	    find_table(&a->requests_by_length, a->n_requests, 0) ||
	    find_table(&a->replies_by_key, AGENT_REPLIES_MAX, random_u64()) ||
	    find_lines_open(a))
		return -ENOMEM;
	for (i = 0; i < AGENT_CALLS_MAX; i++)
		a->call[i].resend_at = MONO_NEVER;
	a->next_call_number = 1;
	return 0;
}

/* The ports of a daemon that was killed are free some milliseconds after its
 * end: the kernel takes its ring down in the background.  It must come back all
 * the same. */
static bool in_use_yet(int ret, struct mono until)
{
	return ret == -EADDRINUSE && !mono_due(until, clock_now()) &&
	       clock_pause(20);
}

static int sockets_open(struct agent *a)
{
	const struct addr *local[2] = { &a->conf->local4, &a->conf->local6 };
	bool recverr = a->conf->detect == CONF_DETECT_AUTO ||
		       a->conf->detect == CONF_DETECT_SOCKETS;
	struct mono until = mono_add_ms(a->now, PORT_WAIT_MS);
	char text[ADDR_STRLEN];
	int i, ret;

	ret = tcp_open(&a->tcp, &a->ring, FLOWS_MIN + 2 * a->servers_max,
		       &server_tcp_ops, a);
	if (ret)
		return ret;
	for (i = 0; i < 2; i++) {
		struct addr tcp = *local[i];

		if (local[i]->family == ADDR_NONE)
			continue;
		do
			ret = udp_open(&a->udp[i], &a->ring, i, local[i],
				       recverr, &server_udp_ops, a);
		while (in_use_yet(ret, until));
		if (ret) {
			log_error("udp bind address=%s: %s",
				  addr_print(local[i], text), strerror(-ret));
			return ret;
		}
		a->udp_open[i] = true;
		tcp.transport = TRANSPORT_TCP;
		do
			ret = tcp_listen(&a->tcp, &tcp);
		while (in_use_yet(ret, until));
		if (ret) {
			log_error("tcp listen address=%s: %s",
				  addr_print(local[i], text), strerror(-ret));
			return ret;
		}
	}
	return 0;
}

/* The module sees more and proves more; without it the sockets' own errors
 * feed the same events (design, "Daemon"). */
static void module_open(struct agent *a)
{
	int ret;

	if (a->conf->detect != CONF_DETECT_AUTO &&
	    a->conf->detect != CONF_DETECT_MODULE)
		return;
	ret = netlink_open(&a->netlink, &a->ring, a->servers_max,
			   &server_netlink_ops, a);
	if (ret) {
		log_warning("netlink unavailable: %s; own socket errors only",
			    strerror(-ret));
		return;
	}
	a->netlink_open = true;
	servers_watch_all(a);
}

/* Without the group that is asked for the phone works all the same. */
static int control_begin(struct agent *a)
{
	const char *group = a->conf->control_group;
	int ret = control_open(&a->control, &a->ring, a->conf->control_path,
			       &ctl_ops, a);

	if (ret) {
		log_error("control socket path=%s: %s", a->conf->control_path,
			  strerror(-ret));
		return ret;
	}
	ret = *group ? control_admit(&a->control, group) : 0;
	if (ret)
		log_error("control socket stays closed to control_group=%s: %s",
			  group, ret == -ENOENT ? "no such group" :
			  strerror(-ret));
	return 0;
}

int agent_open(struct agent *a, struct conf *conf)
{
	uint32_t i;
	int ret;

	memset(a, 0, sizeof(*a));
	a->conf = conf;
	a->changed_servers = AGENT_NONE;
	a->now = a->started = clock_now();
	ret = ring_open(&a->ring, RING_ENTRIES);
	if (ret)
		return ret;
	a->ring.expired = on_expired;
	a->ring.batch_end = on_batch_end;
	a->ring.quiet = on_quiet;
	a->ring.agent = a;
	log_queue_open(&a->ring);
	ret = ladder_open(a);
	if (!ret)
		ret = sip_parse_init();
	if (!ret)
		ret = tls_settings_open(a);
	if (!ret)
		ret = servers_open(a);
	if (!ret)
		ret = tables_open(a);
	if (!ret)
		ret = signals_open(&a->ring, on_signal, a);
	if (!ret)
		ret = sockets_open(a);
	if (ret)
		return ret;
	ret = control_begin(a);
	if (ret)
		return ret;
	a->line = calloc(conf->n_lines ? conf->n_lines : 1, sizeof(*a->line));
	if (!a->line)
		return -ENOMEM;
	for (i = 0; i < conf->n_lines; i++) {
		ret = line_open(a, i);
		if (ret)
			return ret;
	}
	ret = subscriptions_open(a);
	if (!ret)
		ret = locations_open(a);
	if (ret)
		return ret;
	for (i = 0; i < a->n_servers; i++)
		server_timers(a, i);
	pace_open(a);
	steps_open(a);
	module_open(a);
	paths_open(a);
	paths_check(a);
	for (i = 0; i < conf->n_lines; i++)
		line_locate(a, i);
	agent_drain(a);
	locations_begin(a);
	agent_drain(a);
	log_info("agent started lines=%u servers=%u", conf->n_lines,
		 a->n_servers);
	return 0;
}

/* For the service manager, whatever else it shows of us. */
static void on_status(void *ctx, char *text, size_t size)
{
	const struct agent *a = ctx;
	struct mono now = clock_now();
	uint32_t i, n = 0;

	for (i = 0; i < a->conf->n_lines; i++) {
		const struct fo *fo = &a->line[i].fo;

		n += a->line[i].begun && fo->bound &&
		     !mono_due(fo->expires_at, now);
	}
	snprintf(text, size, "%u of %u lines registered%s", n, a->conf->n_lines,
		 a->held ? ", no network" : "");
}

int agent_run(struct agent *a)
{
	service_open(&a->ring, on_status, a);
	service_ready();
	on_batch_end(a);
	return ring_run(&a->ring);
}

void agent_close(struct agent *a)
{
	uint32_t i;

	paths_close(a);
	if (a->netlink_open)
		netlink_close(&a->netlink);
	if (a->control.p)
		control_close(&a->control);
	for (i = 0; i < 2; i++)
		if (a->udp_open[i])
			udp_close(&a->udp[i]);
	if (a->tcp.p)
		tcp_close(&a->tcp);
	locations_close(a);
	signals_close(&a->ring);
	service_close();
	log_queue_stop();
	ring_close(&a->ring);
	log_queue_close();
	tls_servers_close(a);
	steps_close(a);
	digest_end();
	for (i = 0; a->line && i < a->conf->n_lines; i++)
		line_close(a, i);
	for (i = 0; a->server && i < a->n_servers; i++)
		free(a->server[i].line);
	for (i = 0; a->request && i < a->n_requests; i++)
		free(a->request[i].buf);
	for (i = 0; i < AGENT_REPLIES_MAX; i++) {
		free(a->reply[i].request);
		free(a->reply[i].buf);
	}
	for (i = 0; i < AGENT_CALLS_MAX; i++) {
		free(a->call[i].sdp);
		free(a->call[i].said);
		free(a->call[i].ack);
		free(a->call[i].credentials);
	}
	ladder_close(a);
	free(a->line);
	free(a->subscription);
	free(a->server);
	free(a->request);
	free(a->work);
	free(a->timers.heap);
	free(a->timers.pos);
	find_close(a);
	free(a->answered.heap);
	free(a->answered.pos);
	free(a->requests_by_length.cell);
	free(a->requests_by_branch.cell);
	free(a->replies_by_key.cell);
}
