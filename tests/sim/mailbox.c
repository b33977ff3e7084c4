// SPDX-License-Identifier: BSD-2-Clause
/*
 * The server's voice mail: accepts subscriptions to message summaries and
 * notifies at once (RFC 6665, RFC 3842).  Of one made with the process before it
 * knows nothing.  What a NOTIFY meets is the phone's matter: it is sent once.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static void notify(struct vserver *s, const struct peer *to,
		   const struct msg *m, const char *tag, int expires)
{
	static const char body[] = "Messages-Waiting: yes\r\n"
				   "Voice-Message: 2/8\r\n";
	char text[2048], host[ADDR_STRLEN];
	bool in_dialog = m->to_tag.n;
	int n;

	addr_print(&s->addr, host);
	s->notifies++;
	n = snprintf(text, sizeof(text),
		     "NOTIFY %.*s SIP/2.0\r\n"
		     "Via: SIP/2.0/%s %s;branch=z9hG4bKnotify%c%llu\r\n"
		     "Max-Forwards: 70\r\nFrom: %.*s%s%s\r\nTo: %.*s\r\n"
		     "Call-ID: %.*s\r\nCSeq: %llu NOTIFY\r\n"
		     "Contact: <sip:box@%s;transport=%s>\r\n"
		     "Event: message-summary\r\n"
		     "Subscription-State: active;expires=%d\r\n"
		     "Content-Type: application/simple-message-summary\r\n"
		     "Content-Length: %zu\r\n\r\n%s", SLICE(m->contact),
		     transport_via(s->addr.transport), host, s->letter,
		     (unsigned long long)s->notifies, SLICE(m->to),
		     in_dialog ? "" : ";tag=", in_dialog ? "" : tag,
		     SLICE(m->from), SLICE(m->call_id),
		     (unsigned long long)s->notifies, host,
		     transport_param(s->addr.transport), expires,
		     sizeof(body) - 1, body);
	if (n < 0 || (size_t)n >= sizeof(text))
		abort();
	vserver_send(s, to, text, (size_t)n);
}

void mailbox_subscribe(struct vserver *s, const struct peer *from,
		       const struct msg *m)
{
	char tag[32], extra[256], host[ADDR_STRLEN];
	int expires = m->expires > 300 ? 300 : m->expires;

	snprintf(tag, sizeof(tag), "box%c%llu", s->letter,
		 (unsigned long long)s->epoch);
	if (m->to_tag.n && !slice_is(m->to_tag, tag)) {
		server_answer(s, from, m, 481, NULL, "");
		return;
	}
	W.counts->subscribed++;
	snprintf(extra, sizeof(extra), "Expires: %d\r\n"
		 "Contact: <sip:box@%s;transport=%s>\r\n", expires,
		 addr_print(&s->addr, host),
		 transport_param(s->addr.transport));
	server_answer(s, from, m, 200, tag, extra);
	if (expires > 0)
		notify(s, from, m, tag, expires);
}
