/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arbitrary events, in time that only rises, for each pure machine: it takes
 * them all, stays within its actions, keeps its promises, and never asks to be
 * woken for a time that it was just woken at.
 *
 * Input: any byte, one that chooses the machine, its configuration, events.
 */
#include "step_failover.h"
#include "step_keep.h"
#include "step_session.h"
#include "step_small.h"
#include "step_subscription.h"

/* Whatever a byte says, it has a name to log. */
static void check_names(uint8_t any)
{
	must(*fo_ev_name(any) && *fo_req_name(any) && *fo_outcome_name(any));
	must(*fo_reg_state_name(any) && *fo_act_name(any));
	must(*txn_state_name(any) && *call_state_name(any));
	must(*health_state_name(any) && *health_ev_name(any));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };

	check_names(feed_u8(&f));
	switch (feed_u8(&f) % 9) {
	case 0:
	case 1:
		play_failover(&f);
		break;
	case 2:
		play_health(&f);
		break;
	case 3:
		play_txn(&f);
		break;
	case 4:
		play_call(&f);
		break;
	case 5:
		play_dialog(&f);
		break;
	case 6:
		play_timerq(&f);
		break;
	case 7:
		play_lookup(&f);
		break;
	case 8:
		switch (feed_u8(&f) % 6) {
		case 1:
			play_path(&f);
			break;
		case 2:
			play_subscription(&f);
			break;
		case 3:
			play_keepalive(&f);
			break;
		case 4:
			play_session(&f);
			break;
		case 5:
			play_pulse(&f);
			break;
		default:
			play_tally(&f);
			break;
		}
		break;
	}
	return 0;
}
