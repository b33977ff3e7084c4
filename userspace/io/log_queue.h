/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log lines on the ring: gathered while completions are handled, written when
 * there is nothing else to do.  So a line costs neither the packet that it
 * reports nor the next one a system call or, when the reader of the log is slow,
 * any waiting.
 */
#ifndef SIPOVER_IO_LOG_QUEUE_H
#define SIPOVER_IO_LOG_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "ring.h"

/* What waits for a reader at most; lines beyond that are lost, counted, and the
 * count told when there is room again. */
#define LOG_QUEUE_MAX 65536

/* From now on lines are queued.  The ring must outlive log_queue_close(). */
void log_queue_open(struct ring *r);

/* From now on each push is a datagram to the journal, by the socket fd that is
 * connected to path.  Before there are any. */
void log_queue_journal(int fd, const char *path);

/* Before the ring is closed: gives up what it writes; lines wait. */
void log_queue_stop(void);

/* After the ring is closed: writes what is left, as far as the reader takes it
 * within 200 ms, and goes back to one write(2) a line. */
void log_queue_close(void);

/* Takes one line with its newline, or one datagram; false: there is no queue, write it. */
bool log_queue_push(const char *line, size_t len);

/* Bytes that wait to be submitted; 0 while others are being written. */
size_t log_queue_waiting(void);

/* Puts what waits on the ring: when nothing else is to be done. */
void log_queue_submit(void);

/* Writes now what waits, as far as that needs no waiting: somebody may be about
 * to abort. */
void log_queue_flush(void);

#endif /* SIPOVER_IO_LOG_QUEUE_H */
