/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of the event log (codec/evlog.h): a mapped file, so that what was
 * recorded is there however the daemon ends, kill -9 included, and no signal
 * handler is needed.  In /run that is memory, no disk is worn.
 */
#ifndef SIPOVER_IO_EVLOG_FILE_H
#define SIPOVER_IO_EVLOG_FILE_H

#include <stddef.h>

struct evlog_file {
	void *mem;		/* NULL: not open */
	size_t size;
};

/* size bytes at path, mode 0600; what was there, perhaps the log of a daemon
 * that died, becomes path.old.  path "" or a file that cannot be made (said in
 * the log): memory only.  0 or -ENOMEM. */
int evlog_file_open(struct evlog_file *f, const char *path, size_t size);
void evlog_file_close(struct evlog_file *f);

/* For a reader: the file as it is now, privately.  0 or -errno. */
int evlog_file_read(struct evlog_file *f, const char *path);

#endif /* SIPOVER_IO_EVLOG_FILE_H */
