// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "event.h"
#include "silence.h"

static void check_work(struct work_struct *work)
{
	struct sipover_silence *silence = container_of(to_delayed_work(work),
						       struct sipover_silence,
						       check);
	struct sipover_server *srv = silence->srv;
	struct sipover_event ev = {
		.time = ktime_get_boottime_ns(),
		.cause = SIPOVER_CAUSE_UNANSWERED,
	};
	u64 left = 0;

	spin_lock_bh(&srv->lock);
	if (silence->since && !silence->told && !silence->ended) {
		ev.elapsed = ev.time - silence->since;
		ev.local = silence->local;
		ev.local_port = silence->local_port;
		left = (u64)silence->ms * NSEC_PER_MSEC;
		left = ev.elapsed < left ? left - ev.elapsed : 0;
		if (left)
			queue_delayed_work(system_wq, &silence->check,
					   nsecs_to_jiffies(left) + 1);
		else
			silence->told = true;
	} else {
		left = 1;
	}
	spin_unlock_bh(&srv->lock);
	if (left)
		return;
	rcu_read_lock();
	sipover_event_post(srv, &ev, NULL);
	rcu_read_unlock();
}

/**
 * sipover_silence_want() - a watch wants to know of a server's silence
 * @srv: server, its namespace's lock held
 * @ms: for how long it may last
 *
 * Return: 0 or -ENOMEM
 */
int sipover_silence_want(struct sipover_server *srv, u32 ms)
{
	struct sipover_silence *silence = srv->silence;

	if (silence) {
		/* What is under way is looked at again in time. */
		spin_lock_bh(&srv->lock);
		silence->ms = min(silence->ms, ms);
		if (silence->since && !silence->told)
			mod_delayed_work(system_wq, &silence->check, 0);
		spin_unlock_bh(&srv->lock);
		return 0;
	}
	silence = kzalloc(sizeof(*silence), GFP_KERNEL_ACCOUNT);
	if (!silence)
		return -ENOMEM;
	silence->srv = srv;
	silence->ms = ms;
	INIT_DELAYED_WORK(&silence->check, check_work);
	/* pairs with READ_ONCE() in hooks, which follow the pointer */
	smp_store_release(&srv->silence, silence);
	return 0;
}

/**
 * sipover_silence_end() - the record goes
 * @silence: may be NULL
 *
 * May sleep.  Hooks may still come by until a grace period has passed.
 */
void sipover_silence_end(struct sipover_silence *silence)
{
	if (!silence)
		return;
	spin_lock_bh(&silence->srv->lock);
	silence->ended = true;
	spin_unlock_bh(&silence->srv->lock);
	cancel_delayed_work_sync(&silence->check);
}

/**
 * sipover_silence_free() - a grace period behind sipover_silence_end()
 * @silence: may be NULL
 */
void sipover_silence_free(struct sipover_silence *silence)
{
	kfree(silence);
}

/**
 * sipover_silence_sent() - the server was sent something that asks
 * @silence: the server's
 * @sent: the datagram
 */
void sipover_silence_sent(struct sipover_silence *silence,
			  const struct sipover_sent *sent)
{
	struct sipover_server *srv = silence->srv;

	spin_lock_bh(&srv->lock);
	if (!silence->since && !silence->ended) {
		silence->since = sent->time;
		silence->local = sent->saddr;
		silence->local_port = sent->sport;
		/* One that is still under way comes earlier, and looks again. */
		queue_delayed_work(system_wq, &silence->check,
				   msecs_to_jiffies(silence->ms) + 1);
	}
	spin_unlock_bh(&srv->lock);
}

/**
 * sipover_silence_heard() - the server said something
 * @silence: the server's
 */
void sipover_silence_heard(struct sipover_silence *silence)
{
#ifndef SIPOVER_BREAK_SILENCE
	spin_lock_bh(&silence->srv->lock);
	silence->since = 0;
	silence->told = false;
	spin_unlock_bh(&silence->srv->lock);
#endif
}
