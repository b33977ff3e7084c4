// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "dialog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

#define COPY(to, from) copy(to, sizeof(to), from)

void dialog_init_uac(struct dialog *d, const char *call_id,
		     const char *local_tag, const char *local_uri,
		     const char *remote_uri, uint32_t cseq)
{
	memset(d, 0, sizeof(*d));
	COPY(d->call_id, call_id);
	COPY(d->local_tag, local_tag);
	COPY(d->local_uri, local_uri);
	COPY(d->remote_uri, remote_uri);
	COPY(d->remote_target, remote_uri);
	d->uac = true;
	d->local_cseq = cseq;
	d->invite_cseq = cseq;
}

/* The route set as it will be sent: reversed for the UAC (12.1.2), as received
 * for the UAS (12.1.1). */
static void set_routes(struct dialog *d, const struct sipmsg *m)
{
	uint8_t n = m->n_routes, i;

	if (n > SIPMSG_ROUTES_MAX)
		n = SIPMSG_ROUTES_MAX;
	for (i = 0; i < n; i++)
		memcpy(d->route[i], m->record_route[d->uac ? n - 1 - i : i],
		       sizeof(d->route[i]));
	d->n_routes = n;
}

int dialog_answered(struct dialog *d, const struct sipmsg *response)
{
	bool final = response->status >= 200;

	if (!response->response || response->status >= 300 ||
	    !response->to_tag[0])
		return -EINVAL;
	if (final && !response->n_contacts)
		return -EINVAL;
	if (d->confirmed) {
		if (strcmp(d->remote_tag, response->to_tag) != 0)
			return -EEXIST;
		return 0;
	}
	/* Of several early dialogs the latest counts, and the first 2xx ends
	 * the choice; its route set replaces the early one (13.2.2.4). */
	COPY(d->remote_tag, response->to_tag);
	if (response->n_contacts)
		COPY(d->remote_target, response->contact[0].uri);
	set_routes(d, response);
	d->confirmed = final;
	return 0;
}

int dialog_notified(struct dialog *d, const struct sipmsg *notify)
{
	uint8_t i;

	if (notify->response || d->remote_tag[0] || !notify->from_tag[0] ||
	    !notify->n_contacts || notify->n_routes > SIPMSG_ROUTES_MAX)
		return -EINVAL;
	COPY(d->remote_tag, notify->from_tag);
	COPY(d->remote_target, notify->contact[0].uri);
	/* We are the server of this request: in its order. */
	for (i = 0; i < notify->n_routes; i++)
		COPY(d->route[i], notify->record_route[i]);
	d->n_routes = notify->n_routes;
	d->confirmed = true;
	return 0;
}

int dialog_init_uas(struct dialog *d, const struct sipmsg *invite,
		    const char *local_tag)
{
	if (invite->response || invite->method != SIP_INVITE ||
	    invite->to_tag[0] || !invite->from_tag[0] || !invite->call_id[0] ||
	    !invite->n_contacts || !local_tag[0])
		return -EINVAL;
	memset(d, 0, sizeof(*d));
	COPY(d->call_id, invite->call_id);
	COPY(d->local_tag, local_tag);
	COPY(d->remote_tag, invite->from_tag);
	COPY(d->local_uri, invite->to_uri);
	COPY(d->remote_uri, invite->from_uri);
	COPY(d->remote_target, invite->contact[0].uri);
	set_routes(d, invite);
	d->remote_cseq = invite->cseq;
	d->invite_cseq = invite->cseq;
	d->confirmed = true;
	return 0;
}

bool dialog_matches(const struct dialog *d, const struct sipmsg *m)
{
	const char *local = m->response ? m->from_tag : m->to_tag;
	const char *remote = m->response ? m->to_tag : m->from_tag;

	if (!d->call_id[0] || strcmp(d->call_id, m->call_id) != 0 ||
	    strcmp(d->local_tag, local) != 0)
		return false;
	return !d->remote_tag[0] || strcmp(d->remote_tag, remote) == 0;
}

bool dialog_request_in(struct dialog *d, const struct sipmsg *request)
{
	/* They carry the number of the INVITE that they are about. */
	if (request->method == SIP_ACK || request->method == SIP_CANCEL)
		return true;
	if (d->remote_cseq && request->cseq < d->remote_cseq)
		return false;
	d->remote_cseq = request->cseq;
	return true;
}

void dialog_refresh(struct dialog *d, const struct sipmsg *m)
{
	if ((m->method == SIP_INVITE || m->method == SIP_UPDATE ||
	     m->method == SIP_NOTIFY) && m->n_contacts)
		COPY(d->remote_target, m->contact[0].uri);
}
