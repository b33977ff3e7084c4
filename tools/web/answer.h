/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers, each with the header fields that protect the page. */
#ifndef SIPOVER_WEB_ANSWER_H
#define SIPOVER_WEB_ANSWER_H

#include <jansson.h>
#include <microhttpd.h>

#include "page.h"

/* Up to two header fields besides; a NULL value ends them. */
struct answer_field {
	const char *name, *value;
};

/* Steals body; NULL: no memory, status 500. */
enum MHD_Result answer_json(struct MHD_Connection *c, unsigned int status,
			    json_t *body, const struct answer_field *fields);

/* Copies text. */
enum MHD_Result answer_text(struct MHD_Connection *c, unsigned int status,
			    const char *type, const char *text);

/* A file of the page; the browser may have it already. */
enum MHD_Result answer_file(struct MHD_Connection *c,
			    const struct page_file *file);

/* A response made elsewhere; destroys it. */
enum MHD_Result answer_with(struct MHD_Connection *c, unsigned int status,
			    struct MHD_Response *response, const char *type,
			    const char *cache);

#endif /* SIPOVER_WEB_ANSWER_H */
