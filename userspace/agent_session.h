/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests of our own within a call's dialog: session timers, hold. */
#ifndef SIPOVER_AGENT_SESSION_H
#define SIPOVER_AGENT_SESSION_H

#include "agent.h"

void session_expired(struct agent *a, uint32_t c);
void session_end(struct agent *a, uint32_t c);
void session_server_down(struct agent *a, uint32_t l, uint8_t index);
void session_bound(struct agent *a, uint32_t l);
void session_moved(struct agent *a, uint32_t l, uint8_t from, uint8_t to);
/* What a->rx asks for is granted. */
struct session_grant session_granted(const struct agent *a,
				     const struct conf_line *conf);
/* Header lines of a 422, of a 2xx, of a request. */
void session_refusal(const struct session_grant *g, char *buf, size_t size);
void session_answer_lines(const struct session_grant *g, char *buf,
			  size_t size);
void session_request_lines(const struct agent *a, uint32_t c, char *buf,
			   size_t size);
/* a->rx, a 422 to our INVITE: whether that can be asked for. */
bool session_too_brief(struct agent *a, uint32_t c);
/* a->rx is the INVITE of call c. */
void session_invited(struct agent *a, uint32_t c,
		     const struct session_grant *grant);
/* The call is up; a->rx: the 2xx, or the ACK. */
void session_up(struct agent *a, uint32_t c);
void session_refreshed(struct agent *a, uint32_t c,
		       const struct session_grant *g);
/* 0, -EALREADY, or -EBUSY: not up, or a change is on its way. */
int session_hold(struct agent *a, uint32_t c, bool hold);
void session_ask(struct agent *a, uint32_t c);
/* contact: SIPMSG_URI_MAX bytes */
int session_build(struct agent *a, struct request *r, struct sip_request *sip,
		  char *contact, char *extra, size_t extra_size);
void session_result(struct agent *a, const struct request *r, uint8_t outcome,
		    uint16_t status);
void session_answered(struct agent *a, uint32_t i, uint8_t outcome);
/* a->rx, a 2xx to a re-INVITE that was given up. */
void session_ack(struct agent *a, const struct request *r);

#endif /* SIPOVER_AGENT_SESSION_H */
