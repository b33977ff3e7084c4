/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether normalising loses nothing: long walks, once with and once without. */
#ifndef SIPOVER_TESTS_MODEL_WALK_H
#define SIPOVER_TESTS_MODEL_WALK_H

#include <stdbool.h>

/* *steps: how many were taken. */
bool walk_check(unsigned int *steps);

#endif /* SIPOVER_TESTS_MODEL_WALK_H */
