/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of SIP status codes: those with which a server sends a request on to
 * the next one (C-03).
 */
#ifndef SIPOVER_CORE_CODES_H
#define SIPOVER_CORE_CODES_H

#include <stdbool.h>
#include <stdint.h>

#define CODES_MAX 8

/* Each a status (503), or the first digit of a whole class (5); 0: no more. */
struct codes {
	uint16_t code[CODES_MAX];
};

static inline bool codes_have(const struct codes *set, uint16_t status)
{
	for (unsigned int i = 0; i < CODES_MAX && set->code[i]; i++)
		if (set->code[i] == status || set->code[i] == status / 100)
			return true;
	return false;
}

#endif /* SIPOVER_CORE_CODES_H */
