/* SPDX-License-Identifier: BSD-2-Clause */
/* An event log's steps as text: for replay.c. */
#ifndef SIPOVER_REPLAY_PRINT_H
#define SIPOVER_REPLAY_PRINT_H

#include <stdio.h>

#include "codec/evlog.h"

/* "state: event", without a newline. */
void replay_print_step(FILE *out, const struct evlog_entry *e);

/* The actions in e->result, "-" for none. */
void replay_print_result(FILE *out, const struct evlog_entry *e);

#endif /* SIPOVER_REPLAY_PRINT_H */
