// SPDX-License-Identifier: BSD-2-Clause
/* The ring, the clock and the small rest of userspace/io/: the loop itself is
 * run_until(). */
#include "sim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "io/clock.h"
#include "io/evlog_file.h"
#include "io/log.h"
#include "io/log_queue.h"
#include "io/random.h"
#include "io/service.h"
#include "io/signals.h"
#include "io/source.h"

int ring_open(struct ring *r, unsigned int entries)
{
	(void)entries;
	memset(r, 0, sizeof(*r));
	r->deadline = MONO_NEVER;
	W.ring = r;
	return 0;
}

void ring_close(struct ring *r)
{
	(void)r;
	W.ring = NULL;
}

void ring_set_deadline(struct ring *r, struct mono at)
{
	r->deadline = at;
}

int ring_run(struct ring *r)
{
	(void)r;
	return 0;
}

void ring_stop(struct ring *r)
{
	r->stop = true;
}

/* What is sent is under way at once. */
void ring_submit(struct ring *r)
{
	(void)r;
}

uint64_t clock_unix_ns(struct mono then)
{
	return then.ns;
}

struct mono clock_now(void)
{
	return (struct mono){ W.now };
}

struct mono clock_slept(void)
{
	return (struct mono){ W.slept };
}

bool clock_pause(int ms)
{
	(void)ms;
	return false;
}

bool random_is_short(void)
{
	return false;
}

void random_ahead(void)
{
}

uint64_t random_u64(void)
{
	return rng_next(&W.agent_rng);
}

char *random_hex(char *buf, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		if (i % 16 == 0)
			v = random_u64();
		buf[i] = "0123456789abcdef"[v & 15];
		v >>= 4;
	}
	buf[n] = '\0';
	return buf;
}

void log_set_level(enum log_level level)
{
	(void)level;
}

void log_at(enum log_level level, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!W.tracing || W.golden)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	trace("    log%d %s", level, text);
}

void log_about(enum log_level level, const struct journal_about *about,
	       const char *fmt, ...)
{
	char text[512];
	va_list ap;

	(void)about;
	if (!W.tracing || W.golden)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	trace("    log%d %s", level, text);
}

void log_queue_open(struct ring *r)
{
	(void)r;
}

size_t log_queue_waiting(void)
{
	return 0;
}

void log_queue_submit(void)
{
}

void log_queue_stop(void)
{
}

void log_queue_close(void)
{
}

/* The event log's memory: read by replay_check() before it is closed. */
static _Alignas(8) unsigned char evlog_mem[256 * 1024];

int evlog_file_open(struct evlog_file *f, const char *path, size_t size)
{
	(void)path;
	if (size > sizeof(evlog_mem))
		size = sizeof(evlog_mem);
	f->mem = evlog_mem;
	f->size = size;
	return 0;
}

void evlog_file_close(struct evlog_file *f)
{
	f->mem = NULL;
}

int signals_open(struct ring *r, void (*fn)(void *ctx, int signal), void *ctx)
{
	(void)r;
	(void)fn;
	(void)ctx;
	return 0;
}

void signals_close(struct ring *r)
{
	(void)r;
}

void service_open(struct ring *r,
		  void (*status)(void *ctx, char *text, size_t size), void *ctx)
{
	(void)r;
	(void)status;
	(void)ctx;
}

void service_ready(void)
{
}

void service_reloading(void)
{
}

void service_stopping(void)
{
}

void service_close(void)
{
}

int source_for(const struct addr *server, struct addr *local)
{
	if (W.link_down && W.no_route)
		return -ENETUNREACH;
	*local = W.phone[server->family == ADDR_V6];
	local->port = 0;
	local->transport = TRANSPORT_UDP;
	return 0;
}
