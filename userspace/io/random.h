/* SPDX-License-Identifier: BSD-2-Clause */
/* Unguessable tokens (getrandom, buffered): branches, tags, Call-IDs, cnonces. */
#ifndef SIPOVER_IO_RANDOM_H
#define SIPOVER_IO_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t random_u64(void);

/* Whether random_ahead() has something to do. */
bool random_is_short(void);
/* When there is time: fetches what the next tokens will need. */
void random_ahead(void);

/* n random hex digits and a NUL into buf[n + 1]; returns buf. */
char *random_hex(char *buf, size_t n);

#endif /* SIPOVER_IO_RANDOM_H */
