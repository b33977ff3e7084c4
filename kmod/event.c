// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
/*
 * An event that finds its owner quiet is sent at once, from where it happened.
 * The owner is busy for FLUSH_MS from then on.  What happens meanwhile, or could
 * not be sent, only marks its cause at the watch and starts the owner's work for
 * the end of that time.  The work sends one message for each cause, with the
 * number of occurrences and the last one's details; then the owner is busy for
 * FLUSH_MS again.  What happens while the work sends waits for the next time.
 * So a storm costs one message per watch and cause and FLUSH_MS, nothing is
 * queued here, and an event alone starts no work.
 */
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "event.h"
#include "netlink.h"
#include "owner.h"
#include "watch.h"

#define FLUSH_MS 20

/* Messages sent with softirqs off before others get their turn. */
#define FLUSH_BATCH 16

/*
 * @count occurrences.  Caller holds the owner's lock.  The state is read under
 * it: events of two CPUs may be sent in another order than they happened, but
 * whichever is sent last says the last state.
 */
static int event_send(struct sipover_watch *watch,
		      const struct sipover_event *ev, u64 count,
		      const struct sipover_payload *payload)
{
	struct sipover_owner *owner = watch->owner;
	struct sipover_news news = {
		.watch = watch,
		.event = ev,
		.payload = payload,
		.seq = owner->seq + 1,
		.count = count,
		.state = READ_ONCE(watch->server->state),
	};
	int err;

	err = sipover_netlink_event(&news);
	if (err)
		return err;
	owner->seq++;
#ifdef SIPOVER_BREAK_EVENT_SEQ
	owner->seq++;
#endif
	return 0;
}

/*
 * The server could not keep what there is to say later: now or never.  What is
 * lost leaves a gap in the numbers.
 */
static void event_unkept(struct sipover_watch *watch,
			 const struct sipover_event *ev,
			 const struct sipover_payload *payload)
{
	if (event_send(watch, ev, 1, payload))
		watch->owner->seq++;
}

static void owner_busy(struct sipover_owner *owner)
{
	owner->busy_until = jiffies + msecs_to_jiffies(FLUSH_MS);
}

/* In jiffies; a time long past is none, however often they have wrapped. */
static unsigned long busy_left(const struct sipover_owner *owner)
{
	unsigned long left = owner->busy_until - jiffies;

#ifdef SIPOVER_BREAK_PERIOD
	return 0;
#endif
	return left <= msecs_to_jiffies(FLUSH_MS) ? left : 0;
}

static void event_later(struct sipover_watch *watch, u8 cause)
{
	struct sipover_owner *owner = watch->owner;

	sipover_watch_owe(watch, cause);
	/* While it sends, it starts itself again. */
	if (!owner->flushing)
		schedule_delayed_work(&owner->flush, busy_left(owner));
}

static void event_to_watch(struct sipover_watch *watch,
			   const struct sipover_event *ev, bool kept,
			   const struct sipover_payload *payload)
{
	struct sipover_owner *owner = watch->owner;
	int err;

	spin_lock_bh(&owner->lock);
	if (owner->gone || watch->gone)
		goto out;
	if (!kept) {
		event_unkept(watch, ev, payload);
		goto out;
	}
	if (owner->flushing || !list_empty(&owner->dirty) ||
	    busy_left(owner)) {
		event_later(watch, ev->cause);
		goto out;
	}
	err = event_send(watch, ev, 1, payload);
	owner_busy(owner);
	if (err)
		event_later(watch, ev->cause);
out:
	spin_unlock_bh(&owner->lock);
}

/**
 * sipover_event_post() - something happened to a server
 * @srv: server; caller holds rcu_read_lock()
 * @ev: what
 * @payload: the quoted datagram or NULL
 *
 * Softirq or process context.
 */
void sipover_event_post(struct sipover_server *srv,
			const struct sipover_event *ev,
			const struct sipover_payload *payload)
{
	struct sipover_watch *watch;
	bool kept;

	for (watch = sipover_server_note(srv, ev, &kept); watch;
	     watch = rcu_dereference(watch->next)) {
		event_to_watch(watch, ev, kept, payload);
#ifdef SIPOVER_BREAK_BESIDE
		if (!list_empty(&watch->owner->dirty))
			break;
#endif
	}
}

/**
 * sipover_event_recovered() - a sign of life came from a server
 * @srv: server; caller holds rcu_read_lock()
 * @cause: SIPOVER_CAUSE_HEARD or SIPOVER_CAUSE_TCP_ESTABLISHED
 * @now: CLOCK_BOOTTIME ns
 */
void sipover_event_recovered(struct sipover_server *srv,
			     enum sipover_cause cause, u64 now)
{
	struct sipover_event ev = {
		.time = now,
		.cause = cause,
	};

	if (sipover_server_heard(srv, now))
		sipover_event_post(srv, &ev, NULL);
}

/*
 * The last occurrence of the cause that waits longest; what is pending was
 * kept.  Caller holds the server's lock.
 */
static void oldest_pending(const struct sipover_watch *watch,
			   struct sipover_event *ev)
{
	const struct sipover_stat *stat;

	BUILD_BUG_ON(SIPOVER_CAUSE_MAX >= 64);
	for (stat = watch->server->stats; stat; stat = stat->next) {
		if (watch->pending & BIT_ULL(stat->last.cause) &&
		    stat->last.time < ev->time)
			*ev = stat->last;
	}
}

/* One message of a dirty watch; caller holds the owner's lock. */
static int flush_one(struct sipover_watch *watch)
{
	struct sipover_server *srv = watch->server;
	struct sipover_event ev = { .time = U64_MAX };
	int err;

	spin_lock(&srv->lock);
	oldest_pending(watch, &ev);
	spin_unlock(&srv->lock);

	err = event_send(watch, &ev, sipover_watch_owes(watch, ev.cause), NULL);
#ifdef SIPOVER_BREAK_OWED
	err = 0;
#endif
	if (!err)
		sipover_watch_paid(watch, ev.cause);
	return err;
}

/* Sends some of @n messages at most; returns how many are left. */
static unsigned int flush_batch(struct sipover_owner *owner, unsigned int n)
{
	unsigned int end = n > FLUSH_BATCH ? n - FLUSH_BATCH : 0;
	struct sipover_watch *watch;

	spin_lock_bh(&owner->lock);
	for (; n > end && !owner->gone; n--) {
		watch = list_first_entry_or_null(&owner->dirty,
						 struct sipover_watch, list);
		/* -EAGAIN, -ENOMEM: it stays dirty, the work comes back. */
		if (!watch || flush_one(watch)) {
			n = 0;
			break;
		}
	}
	if (owner->gone)
		n = 0;
	spin_unlock_bh(&owner->lock);
	return n;
}

/**
 * sipover_event_flush_work() - send what waits
 * @work: sipover_owner.flush
 */
void sipover_event_flush_work(struct work_struct *work)
{
	struct sipover_owner *owner = container_of(to_delayed_work(work),
						   struct sipover_owner, flush);
	unsigned int n;
#ifdef SIPOVER_BREAK_ENDLESS
	unsigned long until = jiffies + msecs_to_jiffies(FLUSH_MS / 2);
#endif

	spin_lock_bh(&owner->lock);
	owner->flushing = true;
	n = owner->n_pending;
#ifdef SIPOVER_BREAK_ENDLESS
	owner->flushing = false;
	n = UINT_MAX;
#endif
	spin_unlock_bh(&owner->lock);

#ifdef SIPOVER_BREAK_ENDLESS
	/* So long that something does happen. */
	while (time_before(jiffies, until)) {
		flush_batch(owner, n);
		usleep_range(200, 400);
	}
#endif
	while ((n = flush_batch(owner, n)))
		cond_resched();

	spin_lock_bh(&owner->lock);
	owner->flushing = false;
	owner_busy(owner);
	/* What could not be sent, or has happened since. */
#ifdef SIPOVER_BREAK_LATE
	if (!owner->gone && !list_empty(&owner->dirty))
		schedule_delayed_work(&owner->flush, HZ / 2);
#endif
	if (!owner->gone && !list_empty(&owner->dirty))
		schedule_delayed_work(&owner->flush,
				      msecs_to_jiffies(FLUSH_MS));
	spin_unlock_bh(&owner->lock);
}
