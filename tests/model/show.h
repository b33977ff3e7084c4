/* SPDX-License-Identifier: BSD-2-Clause */
/* A run from the first state to a violation, for people. */
#ifndef SIPOVER_TESTS_MODEL_SHOW_H
#define SIPOVER_TESTS_MODEL_SHOW_H

#include "store.h"

void show_world(const struct world *w);
/* Every step up to state, then one more (NULL: none). */
void show_run(const struct store *s, uint32_t state, const struct event *last,
	      unsigned int chance);

#endif /* SIPOVER_TESTS_MODEL_SHOW_H */
