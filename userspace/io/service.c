// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

/* user_data slots. */
enum { SLOT_SEND, SLOT_TIMER };

/* What waits to be told, in the order in which it is. */
enum {
	TELL_RELOADING = 1,
	TELL_READY = 2,
	TELL_FEED = 4,
};

/* The manager is the process's, so is this. */
static struct {
	struct ring *ring;	/* NULL: there is no manager */
	int fd;
	void (*status)(void *ctx, char *text, size_t size);
	void *ctx;
	struct __kernel_timespec period;
	bool watched, timing, sending;
	unsigned int tell;
	char text[SERVICE_STATUS_MAX + 64];
} service = { .fd = -1 };

static uint64_t service_ud(uint32_t slot)
{
	return ud_pack(RING_OP_SERVICE, slot, 0);
}

/* The text of the next message that waits; one at a time, so that a manager
 * which does not read costs one buffer. */
static size_t service_compose(void)
{
	char status[SERVICE_STATUS_MAX] = "";
	const char *state;
	char reloading[64];

	if (service.tell & TELL_RELOADING) {
		/* Type=notify-reload: when it began, CLOCK_MONOTONIC. */
		snprintf(reloading, sizeof(reloading),
			 "RELOADING=1\nMONOTONIC_USEC=%llu",
			 (unsigned long long)((clock_now().ns -
					       clock_slept().ns) / 1000));
		state = reloading;
		service.tell &= ~(unsigned int)TELL_RELOADING;
	} else if (service.tell & TELL_READY) {
		state = "READY=1";
		service.status(service.ctx, status, sizeof(status));
		service.tell &= ~(unsigned int)TELL_READY;
	} else {
		state = "WATCHDOG=1";
		service.status(service.ctx, status, sizeof(status));
		service.tell &= ~(unsigned int)TELL_FEED;
	}
	return (size_t)snprintf(service.text, sizeof(service.text), "%s%s%s",
				state, *status ? "\nSTATUS=" : "", status);
}

static void service_send(void)
{
	struct io_uring_sqe *sqe;
	size_t len;

	if (!service.ring || service.sending || !service.tell)
		return;
	len = service_compose();
	sqe = ring_sqe(service.ring, service_ud(SLOT_SEND));
	io_uring_prep_send(sqe, service.fd, service.text, len, MSG_NOSIGNAL);
	service.sending = true;
}

static void service_time(void)
{
	io_uring_prep_timeout(ring_sqe(service.ring, service_ud(SLOT_TIMER)),
			      &service.period, 0, 0);
	service.timing = true;
}

static void service_done(void *ctx, const struct ring_cqe *cqe)
{
	(void)ctx;
	if (cqe->slot == SLOT_TIMER) {
		service.timing = false;
		if (!service.ring)
			return;
		service.tell |= TELL_FEED;
		service_time();
	} else {
		service.sending = false;
		if (cqe->res < 0 && cqe->res != -ECANCELED)
			log_warning("service manager not told error=%d (%s)",
				    -cqe->res, strerror(-cqe->res));
	}
	service_send();
}

/* 0 or -errno; a path, or @name in the abstract namespace. */
static int service_connect(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if ((*path != '/' && *path != '@') || len < 2)
		return -EINVAL;
	if (len >= sizeof(name.sun_path))
		return -ENAMETOOLONG;
	memcpy(name.sun_path, path, len);
	if (*path == '@')
		name.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	len += offsetof(struct sockaddr_un, sun_path);
	if (connect(fd, (const struct sockaddr *)&name, (socklen_t)len)) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	service.fd = fd;
	return 0;
}

/* Half of the time that the manager gives; 0: it does not watch us. */
static uint64_t service_period_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	unsigned long long n;
	char *end;

	if (!usec || (pid && strtoll(pid, NULL, 10) != (long long)getpid()))
		return 0;
	errno = 0;
	n = strtoull(usec, &end, 10);
	if (*usec < '0' || *usec > '9' || errno || *end || n < 2000 ||
	    n > 86400ull * 1000000) {
		log_warning("watchdog refused WATCHDOG_USEC=%s: 2000..86400000000",
			    usec);
		return 0;
	}
	return n * 1000 / 2;
}

void service_open(struct ring *r,
		  void (*status)(void *ctx, char *text, size_t size), void *ctx)
{
	const char *path = getenv("NOTIFY_SOCKET");
	uint64_t ns = service_period_ns();
	int ret;

	if (!path || !*path)
		return;
	ret = service_connect(path);
	if (ret) {
		log_warning("service manager unreachable NOTIFY_SOCKET=%s: %s",
			    path, strerror(-ret));
	} else {
		service.ring = r;
		service.status = status;
		service.ctx = ctx;
		service.tell = 0;
		ring_on(r, RING_OP_SERVICE, service_done, NULL);
		service.watched = ns != 0;
		service.period.tv_sec = (long long)(ns / 1000000000);
		service.period.tv_nsec = (long long)(ns % 1000000000);
		if (service.watched)
			service_time();
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void service_ready(void)
{
	service.tell |= TELL_READY;
	service_send();
}

void service_reloading(void)
{
	service.tell |= TELL_RELOADING;
	service_send();
}

void service_stopping(void)
{
	static const char text[] =
		"STOPPING=1\nSTATUS=ending its registrations";

	/* Not by the ring: the loop may end with this turn. */
	if (service.ring &&
	    send(service.fd, text, sizeof(text) - 1,
		 MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_warning("service manager not told: %s", strerror(errno));
}

void service_close(void)
{
	if (!service.ring)
		return;
	if (service.timing)
		ring_cancel(service.ring, service_ud(SLOT_TIMER));
	if (service.sending)
		ring_cancel(service.ring, service_ud(SLOT_SEND));
	close(service.fd);
	service.fd = -1;
	service.ring = NULL;
}
