/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether what an event log holds can be a machine's: for evlog.c. */
#ifndef SIPOVER_CODEC_EVLOG_CHECK_H
#define SIPOVER_CODEC_EVLOG_CHECK_H

#include "evlog.h"

/* State and event: every bool 0 or 1, every index within its array. */
bool evlog_check(const struct evlog_entry *e);
/* The bools of the result. */
bool evlog_check_result(const struct evlog_entry *e);

#endif /* SIPOVER_CODEC_EVLOG_CHECK_H */
