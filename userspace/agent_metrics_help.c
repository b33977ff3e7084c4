// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* What each counter of the control method "stats" counts, in a sentence. */
#include "agent_metrics.h"
#include "agent_room.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name, *help;
} counters[] = {
	{ "rx_keepalive", "Keep-alives received: empty lines." },
	{ "rx_stun", "STUN responses received." },
	{ "rx_stun_bad", "STUN messages received that are not well formed." },
	{ "tx_keepalive", "Keep-alives sent." },
	{ "rx_foreign", "Messages and connections of somebody who is no server." },
	{ "rx_unmatched", "Responses to no request of ours." },
	{ "rx_wrong_source", "Responses from elsewhere than the request went." },
	{ "rx_misfit", "Responses whose branch fits and whose rest does not." },
	{ "rx_requests", "Requests received." },
	{ "rx_responses", "Responses received." },
	{ "tx_requests", "Requests sent, repeats not counted." },
	{ "tx_wide", "Requests that were too large for a datagram and went by TCP." },
	{ "responses_lost", "Responses of ours that could not be sent." },
	{ "tx_responses", "Responses sent." },
	{ "retransmits", "Requests sent again." },
	{ "txn_timeouts", "Requests given up without an answer." },
	{ "txn_errors", "Requests that failed by the transport." },
	{ "kernel_events", "Events of the kernel module." },
	{ "kernel_unknown_server", "Evidence about a server that is none of ours." },
	{ "kernel_stale", "Evidence that says what was known already." },
	{ "icmp_unmatched", "ICMP errors that quote no request that is out." },
	{ "verdict_failed", "Requests that evidence ended." },
	{ "failovers", "Lines that moved to a later server." },
	{ "failbacks", "Lines that came back to an earlier server." },
	{ "slots_reclaimed", "Requests that gave way to new ones." },
	{ "no_slot", "Requests that found no room." },
	{ "no_memory", "Times that memory was short." },
	{ "build_failed", "Messages that could not be built." },
	{ "local_outages", "Times that the own network had no way to any server." },
	{ "address_changes", "Own addresses that changed." },
	{ "registers_paced", "REGISTERs that waited for their turn." },
	{ "mwi_bad", "Message summaries that could not be read." },
	{ "overload_left_out", "Requests that an overloaded server was spared." },
	{ "udp_rx", "Datagrams received." },
	{ "udp_tx", "Datagrams sent." },
	{ "udp_tx_retried", "Datagrams sent again after another one's error." },
	{ "udp_tx_failed", "Datagrams that could not be sent." },
	{ "udp_truncated", "Datagrams received that were too long." },
	{ "udp_icmp", "ICMP errors from the own sockets." },
	{ "udp_icmp_bad", "ICMP errors from there that could not be read." },
	{ "tcp_connects", "Connections opened." },
	{ "tcp_accepts", "Connections accepted." },
	{ "tcp_rx", "Messages received by connections." },
	{ "tcp_tx", "Messages sent by connections." },
	{ "tcp_short_sends", "Sends that a connection took in parts." },
	{ "tcp_fin", "Connections that the server ended." },
	{ "tcp_reset", "Connections that were reset." },
	{ "tcp_failed", "Connections that failed otherwise." },
	{ "tcp_bad_frames", "Streams without an end of their message." },
	{ "tcp_pings", "Pings received by connections." },
	{ "tls_handshakes", "TLS handshakes done." },
	{ "tls_resumed", "TLS sessions resumed." },
	{ "tls_certificate_failed", "TLS certificates refused." },
	{ "tls_handshake_failed", "TLS handshakes that failed otherwise." },
	{ "tls_failed", "Connections that TLS ended." },
	{ "pings", "Pings sent by connections." },
	{ "pongs", "Answers to them." },
	{ "flow_timeouts", "Connections given up for want of such an answer." },
	{ "netlink_events", "Messages of the kernel module with an event." },
	{ "netlink_bad", "Messages of the kernel module that could not be read." },
	{ "netlink_gaps", "Gaps in the numbers of the module's events." },
	{ "netlink_enobufs", "Times that the module's socket was too full." },
	{ "netlink_resyncs", "Times that the module was asked for all it knows." },
	{ "netlink_stale", "Messages of the module that came too late." },
	{ "rtnl_changes", "Changes of the own network." },
	{ "rtnl_lost", "Times that changes of the own network were lost." },
	{ "rtnl_unanswered", "Questions about routes without an answer." },
	{ "rtnl_routers_asked", "Silent routers asked for." },
	{ "control_accepted", "Control clients accepted." },
	{ "control_refused", "Control clients refused." },
	{ "control_lines", "Requests of control clients." },
	{ "control_too_long", "Control clients cut off: a line was too long." },
	{ "control_too_slow", "Control clients cut off: they did not read." },
	{ "dns_queries", "DNS queries sent." },
	{ "dns_answers", "DNS answers received." },
	{ "dns_failed", "DNS queries that failed." },
	{ "dns_timeouts", "DNS queries without an answer." },
	{ "dns_bad", "DNS answers that could not be read." },
	{ "dns_refused", "DNS answers that are not to be followed." },
	{ "dns_cut", "DNS answers with more servers than there is room for." },
	{ "ring_completions", "Completions of the io_uring." },
	{ "ring_enters", "System calls for the io_uring." },
	{ "ring_sq_full", "Times that its submission queue was full." },
	{ "ring_cq_overflow", "Times that its completion queue overflowed." },
	{ "ring_nobufs", "Times that its buffers ran out." },
	{ "ring_rearms", "Its operations that had to be started again." },
};

const char *metrics_help(const char *counter)
{
	size_t i;

	for (i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		if (!strcmp(counters[i].name, counter))
			return counters[i].help;
	return NULL;
}
