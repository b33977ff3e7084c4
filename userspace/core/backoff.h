/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pause after a failed pass over all servers (RFC 5626 4.5, R-47).
 */
#ifndef SIPOVER_CORE_BACKOFF_H
#define SIPOVER_CORE_BACKOFF_H

#include <stdint.h>

#include "rng.h"

/*
 * Milliseconds to wait after that many failed passes in a row (from 1):
 * random in 50..100 % of min(max_ms, base_ms * 2^failures).  Never 0.
 */
uint32_t backoff_ms(uint32_t base_ms, uint32_t max_ms, unsigned int failures,
		    struct rng *rng);

#endif /* SIPOVER_CORE_BACKOFF_H */
