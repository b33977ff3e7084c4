/* SPDX-License-Identifier: BSD-2-Clause */
/* What the C library keeps of freed memory. */
#ifndef SIPOVER_IO_HEAP_H
#define SIPOVER_IO_HEAP_H

/* Gives it back to the system, where the C library would keep it.  Takes
 * milliseconds behind a storm: for when nobody waits. */
void heap_trim(void);

#endif /* SIPOVER_IO_HEAP_H */
