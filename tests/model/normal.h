/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two worlds that behave alike are one state: times count from now, what is
 * older than its last effect is "long ago", request numbers are renamed, and
 * what no step reads any more is blanked.  normalise() says why for each.
 * That nothing else is lost is tried on walks (walk.c).
 */
#ifndef SIPOVER_TESTS_MODEL_NORMAL_H
#define SIPOVER_TESTS_MODEL_NORMAL_H

#include "world.h"

#define KEY_MAX 96

void normalise(struct world *w);

/* A normalised world as bytes, without loss; their number depends on the
 * bounds only.  0: a time is off the grid or too far. */
__attribute__((nonnull))
unsigned int pack(const struct world *w, uint8_t *key);
void unpack(const uint8_t *key, struct world *w);

#endif /* SIPOVER_TESTS_MODEL_NORMAL_H */
