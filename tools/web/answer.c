// SPDX-License-Identifier: BSD-2-Clause
#include "answer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Nothing from elsewhere, nothing written into the page, nobody around it. */
static const struct answer_field always[] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
};

enum MHD_Result answer_with(struct MHD_Connection *c, unsigned int status,
			    struct MHD_Response *response, const char *type,
			    const char *cache)
{
	enum MHD_Result ret = MHD_YES;

	if (!response)
		return MHD_NO;
	/* An answer without its protection is none. */
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (MHD_add_response_header(response, always[i].name,
					    always[i].value) != MHD_YES)
			ret = MHD_NO;
	if (MHD_add_response_header(response, "Content-Type", type) !=
	    MHD_YES ||
	    MHD_add_response_header(response, "Cache-Control", cache) !=
	    MHD_YES)
		ret = MHD_NO;
	if (ret == MHD_YES)
		ret = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return ret;
}

enum MHD_Result answer_json(struct MHD_Connection *c, unsigned int status,
			    json_t *body, const struct answer_field *fields)
{
	static char none[] = "{\"error\":\"memory\"}";
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct MHD_Response *response;

	json_decref(body);
	if (text)
		response = MHD_create_response_from_buffer(
			strlen(text), text, MHD_RESPMEM_MUST_FREE);
	else
		response = MHD_create_response_from_buffer(
			sizeof(none) - 1, none, MHD_RESPMEM_PERSISTENT);
	if (!response) {
		free(text);
		return MHD_NO;
	}
	for (; fields && fields->value; fields++)
		if (MHD_add_response_header(response, fields->name,
					    fields->value) != MHD_YES) {
			MHD_destroy_response(response);
			return MHD_NO;
		}
	return answer_with(c, text ? status : 500, response,
			   "application/json", "no-store");
}

enum MHD_Result answer_text(struct MHD_Connection *c, unsigned int status,
			    const char *type, const char *text)
{
	return answer_with(c, status, MHD_create_response_from_buffer(
			   strlen(text), (char *)(uintptr_t)text,
			   MHD_RESPMEM_MUST_COPY), type, "no-store");
}

enum MHD_Result answer_file(struct MHD_Connection *c,
			    const struct page_file *file)
{
	const char *have = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
						       "If-None-Match");
	bool same = have && !strcmp(have, file->etag);
	struct MHD_Response *response = MHD_create_response_from_buffer(
		same ? 0 : file->size, file->bytes, MHD_RESPMEM_PERSISTENT);

	if (!response)
		return MHD_NO;
	if (MHD_add_response_header(response, "ETag", file->etag) != MHD_YES) {
		MHD_destroy_response(response);
		return MHD_NO;
	}
	return answer_with(c, same ? 304 : 200, response, file->type,
			   "no-cache");
}
