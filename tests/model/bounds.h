/* SPDX-License-Identifier: BSD-2-Clause */
/* The explorations. */
#ifndef SIPOVER_TESTS_MODEL_BOUNDS_H
#define SIPOVER_TESTS_MODEL_BOUNDS_H

#include "world.h"

enum bounds_when {
	IN_GATE,
	LONG,		/* tests/check-model --long */
	FAULTS,		/* small: for the planted faults */
};

struct listed_bounds {
	struct bounds b;
	uint8_t when;
};

extern const struct listed_bounds all_bounds[];
extern const unsigned int n_bounds;

#endif /* SIPOVER_TESTS_MODEL_BOUNDS_H */
