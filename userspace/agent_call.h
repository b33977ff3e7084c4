/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls: actions of core/call. */
#ifndef SIPOVER_AGENT_CALL_H
#define SIPOVER_AGENT_CALL_H

#include "agent.h"

int call_dial(struct agent *a, uint32_t line, const char *uri, const char *sdp,
	      uint32_t *number);
uint32_t call_find(const struct agent *a, int64_t number);
uint32_t call_of_dialog(const struct agent *a, const struct sipmsg *m);
int call_answer(struct agent *a, uint32_t c, const char *sdp);
void call_event(struct agent *a, uint32_t c, uint8_t type, uint16_t status);
void call_in(struct agent *a, uint32_t reply, uint32_t line, uint8_t index);
void call_accept_again(struct agent *a, uint32_t c, uint32_t reply,
		       const char *contact, const char *sdp,
		       const struct session_grant *grant);
void call_answered(struct agent *a, uint32_t c, const struct request *r);
void call_expired(struct agent *a, uint32_t c);
void call_acked(struct agent *a, uint32_t c);
/* CANCELs the INVITE that is out as soon as 9.1 allows it. */
void call_cancel_invite(struct agent *a, uint32_t c);
void call_late_answer(struct agent *a, const struct request *r);
const char *call_own_sdp(struct agent *a, uint32_t c, uint32_t server);
/* The ACK of the last 2xx, by that server of its line or, if that cannot be,
 * another one. */
void call_send_ack(struct agent *a, uint32_t c, uint8_t index);
void call_server_down(struct agent *a, uint32_t l, uint8_t index);
/* Whether an error quotes an ACK of a 2xx that went to server s. */
bool call_ack_quoted(const struct agent *a, uint32_t s, const uint8_t *quote,
		     size_t len);
/* A provisional response a->rx to the INVITE r of call c: PRACK it if it is
 * reliable. */
void call_provisional(struct agent *a, uint32_t c, const struct request *r);

#endif /* SIPOVER_AGENT_CALL_H */
