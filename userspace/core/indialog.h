/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a request received within a call's dialog is answered: the rules of RFC
 * 3261 12.2.2 and 14.2, RFC 3311 5.2.  BYE and ACK are core/call's.
 */
#ifndef SIPOVER_CORE_INDIALOG_H
#define SIPOVER_CORE_INDIALOG_H

#include <stdbool.h>
#include <stdint.h>

enum indialog_body {
	INDIALOG_NO_BODY,
	INDIALOG_SDP,		/* an offer (RFC 3264) */
	INDIALOG_OTHER_BODY,
};

struct indialog_in {
	uint8_t method;		/* enum sip_method */
	uint8_t state;		/* enum call_state */
	uint8_t body;		/* enum indialog_body */
	bool in_order;		/* dialog_request_in() */
	bool ours_out;		/* a re-INVITE or an offer of ours waits for its
				 * answer */
	bool unacked;		/* our 2xx to an INVITE waits for its ACK */
};

struct indialog {
	uint16_t status;
	bool describe;		/* the 2xx carries our description: the answer,
				 * or an offer */
	bool refresh;		/* target and session are refreshed by it */
	bool later;		/* the refusal says Retry-After, 0..10 s */
};

struct indialog indialog_answer(const struct indialog_in *in);

#endif /* SIPOVER_CORE_INDIALOG_H */
