/* SPDX-License-Identifier: BSD-2-Clause */
/* One request, from its header fields to its answer. */
#ifndef SIPOVER_WEB_REQUEST_H
#define SIPOVER_WEB_REQUEST_H

#include "web.h"

/* libmicrohttpd's two callbacks; cls is the listener. */
enum MHD_Result request_take(void *cls, struct MHD_Connection *connection,
			     const char *url, const char *method,
			     const char *version, const char *data,
			     size_t *size, void **of);
void request_over(void *cls, struct MHD_Connection *connection, void **of,
		  enum MHD_RequestTerminationCode why);

#endif /* SIPOVER_WEB_REQUEST_H */
