/* SPDX-License-Identifier: BSD-2-Clause */
#include "agent.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_adopt.h"
#include "agent_call.h"
#include "agent_ctl.h"
#include "agent_ctl_config.h"
#include "agent_ctl_notify.h"
#include "agent_find.h"
#include "agent_keepalive.h"
#include "agent_ladder.h"
#include "agent_leave.h"
#include "agent_line.h"
#include "agent_list.h"
#include "agent_location.h"
#include "agent_pace.h"
#include "agent_path.h"
#include "agent_pool.h"
#include "agent_pulse.h"
#include "agent_receive.h"
#include "agent_request.h"
#include "agent_room.h"
#include "agent_server.h"
#include "agent_slot.h"
#include "agent_step.h"
#include "agent_subscription.h"
#include "agent_timers.h"
#include "agent_tls.h"
#include "io/clock.h"
#include "io/heap.h"
#include "io/log.h"
#include "io/log_queue.h"
#include "io/random.h"
#include "io/service.h"
#include "io/signals.h"

#define RING_ENTRIES 256
#define PORT_WAIT_MS 1000
#define LOG_SOON 16384		/* bytes of log that do not wait for a quiet moment */
#define STOP_GRACE_MS 2000	/* at most, for the 200 to our unregistrations */

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
	uint32_t i;

	switch (timers_kind(a, id, &i)) {
	case TIMER_REQUEST:
		request_event(a, i, TXN_EV_EXPIRY);
		break;
	case TIMER_REPLY:
		reply_expired(a, i);
		break;
	case TIMER_CALL:
		call_expired(a, i);
		break;
	case TIMER_LINE:
		agent_post_line(a, i, &fo);
		break;
	case TIMER_SERVER:
		agent_post_health(a, i, HEALTH_EV_EXPIRY, 0, -1);
		break;
	case TIMER_KEEPALIVE:
		keepalive_event(a, i, KEEPALIVE_EV_EXPIRY);
		break;
	case TIMER_PULSE:
		pulse_expired(a, i);
		break;
	case TIMER_LOCATION:
		location_expired(a, i);
		break;
	case TIMER_SUBSCRIPTION:
		agent_post_subscription(a, i, &sub);
		break;
	case TIMER_RESOLVER:
		resolver_expire(&a->resolver);
		break;
	case TIMER_PATH:
		paths_check(a);
		break;
	case TIMER_PACE:
		pace_expired(a);
		break;
	case TIMER_LEAVE:
		leave_expired(a);
		break;
	case TIMER_ADOPT:
		adopt_all(a);
		break;
	case TIMER_STOP:
	case TIMER_KINDS:
		ring_stop(&a->ring);
		break;
	}
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
		agent_timer_one(a, TIMER_RESOLVER,
				resolver_next_expiry(&a->resolver,
						     clock_now()));
	ring_set_deadline(&a->ring, timerq_next(&a->timers));
	if (log_queue_waiting() > LOG_SOON)
		log_queue_submit();
	a->ring.later = log_queue_waiting() > 0 || random_is_short() ||
			control_noted(&a->control) ||
			(a->trim && !a->busy_requests);
}

/* What can be done ahead of need, and what nobody waits for. */
static void on_quiet(void *ctx)
{
	struct agent *a = ctx;

	random_ahead();
	log_queue_submit();
	control_quiet(&a->control);
	/* What a storm took lies in pieces between what stays. */
	if (a->trim && !a->busy_requests) {
		a->trim = false;
		heap_trim();
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
	agent_timer_one(a, TIMER_STOP, mono_add_ms(a->now, STOP_GRACE_MS));
}

static void on_signal(void *ctx, int signal)
{
	struct agent *a = ctx;

	if (signal == SIGTERM || signal == SIGINT)
		agent_stop(a);
	if (signal != SIGHUP)
		return;
	a->now = clock_now();
	config_hangup(a);
	agent_drain(a);
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
	uint32_t i;
	int ret;

	a->lines_max = a->conf->n_lines;
	a->hosts_max = a->conf->n_hosts;
	a->subscriptions_max = subscriptions_wanted(a->conf);
	ret = requests_open(a, room_requests(a->lines_max,
					     a->subscriptions_max),
			    REQUESTS_MIN);
	if (ret)
		return ret;
	a->work_size = 64 + 2 * (a->lines_max + a->servers_max);
	a->work = calloc(a->work_size, sizeof(*a->work));
	if (!a->work || timers_open(a, NULL))
		return -ENOMEM;

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

	ret = tcp_open(&a->tcp, &a->ring, room_flows(a->servers_max),
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
	char why[TLS_WHY_MAX];
	uint32_t i;
	int ret;

	memset(a, 0, sizeof(*a));
	a->conf = conf;
	a->changed_servers = a->leaving = AGENT_NONE;
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
		ret = tls_settings_open(a, conf, why);
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
	a->free_line = conf->n_lines;
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
	/* All this took time, of a port that was in use a second or more; what
	 * is sent now has its whole time. */
	a->now = clock_now();
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
	for (i = 0; a->line && i < a->conf->n_lines; i++) {
		line_close(a, i);
		leave_free(a, i);
	}
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
