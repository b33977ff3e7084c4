/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a browser says in its header fields, read strictly.  Pure; any text,
 * NULL for a field that is not there.
 */
#ifndef SIPOVER_WEB_HEADER_H
#define SIPOVER_WEB_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEADER_NAME_MAX 253

/* The value of one cookie (RFC 6265 section 5.4): exactly size lower-case
 * hexadecimal digits as size / 2 bytes.  false: not there, there twice, or of
 * another form. */
bool header_cookie(const char *cookies, const char *name, uint8_t *out,
		   size_t size);

/* size lower-case hexadecimal digits as size / 2 bytes, nothing behind them. */
bool header_hex(const char *text, uint8_t *out, size_t size);

/* Whether this process answers to that Host: localhost, an address of the
 * loopback device, one of names, or own, the address that the connection came
 * to.  Anything else may be a stranger's name that was made to point here (DNS
 * rebinding).  A port may stand behind it, any: a tunnel has its own. */
bool header_host(const char *host, const char *const *names, size_t n_names,
		 const char *own);

/* Whether a request with that Origin comes from the page at scheme://host, or
 * from no page at all (NULL). */
bool header_origin(const char *origin, const char *scheme, const char *host);

/* Whether a Content-Type is application/json. */
bool header_is_json(const char *type);

/* The token of an Authorization: Bearer field (RFC 6750), or NULL. */
const char *header_bearer(const char *authorization);

#endif /* SIPOVER_WEB_HEADER_H */
