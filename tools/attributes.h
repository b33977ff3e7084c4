/* SPDX-License-Identifier: BSD-2-Clause */
/* The attributes of one of the module's messages as a JSON object. */
#ifndef SIPOVER_TOOLS_ATTRIBUTES_H
#define SIPOVER_TOOLS_ATTRIBUTES_H

#include <stddef.h>

#include <jansson.h>

/* attrs: the attributes, len bytes of them; type: value of "type", NULL: none.
 * An attribute with a wrong length is left out. */
json_t *attributes_json(const void *attrs, size_t len, const char *type);

#endif /* SIPOVER_TOOLS_ATTRIBUTES_H */
