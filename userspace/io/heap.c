// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "heap.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void heap_trim(void)
{
	/* musl's gives back what it can by itself. */
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
