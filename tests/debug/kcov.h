/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which places of the module this task has run: KCOV, of which only the module
 * is made part.  Shared by the children of who called kcov_open().
 */
#ifndef DEBUG_KCOV_H
#define DEBUG_KCOV_H

#include <stdbool.h>

bool kcov_open(void);
void kcov_start(void);
unsigned int kcov_collect(void);
unsigned int kcov_places(void);

#endif /* DEBUG_KCOV_H */
