/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small file that is there whole, old or new, whenever the process or the
 * machine stops; the one before it is kept as NAME.old.
 */
#ifndef SIPOVER_IO_STORE_H
#define SIPOVER_IO_STORE_H

#include <stddef.h>

/* The file's bytes, malloc'ed, with a NUL behind them; 0 or -errno, -ENOENT:
 * there is none, -EFBIG: it has more than max. */
int store_read(const char *dir, const char *name, size_t max, char **text,
	       size_t *len);
/* Only its owner can read it.  0 or -errno: then nothing has changed, but for
 * -EINPROGRESS: it is there, but may be the old one again after a loss of
 * power. */
int store_write(const char *dir, const char *name, const char *text,
		size_t len);

#endif /* SIPOVER_IO_STORE_H */
