/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an SQE's user_data says: which operation, on which slot, of which
 * generation (a slot used again does not take its predecessor's completions).
 */
#ifndef SIPOVER_IO_USER_DATA_H
#define SIPOVER_IO_USER_DATA_H

#include <stdint.h>

enum ring_op {
	RING_OP_NONE,		/* completion ignored (cancel, close) */
	RING_OP_TIMER,
	RING_OP_SIGNAL,
	RING_OP_UDP_RECV,
	RING_OP_UDP_SEND,
	RING_OP_UDP_POLL,	/* POLLERR: the error queue has something */
	RING_OP_UDP_ERROR,	/* recvmsg(MSG_ERRQUEUE) */
	RING_OP_UDP_CANCEL,	/* of the receive */
	RING_OP_TCP_CONNECT,
	RING_OP_TCP_ACCEPT,
	RING_OP_TCP_RECV,
	RING_OP_TCP_SEND,
	RING_OP_NL_RECV,
	RING_OP_NL_SEND,
	RING_OP_RTNL_RECV,
	RING_OP_CTL_ACCEPT,
	RING_OP_CTL_RECV,
	RING_OP_CTL_SEND,
	RING_OP_CTL_LATER,	/* a turn of the control clients */
	RING_OP_LOG,
	RING_OP_DNS_POLL,	/* c-ares reads and writes itself */
	RING_OP_SERVICE,	/* a service manager: messages, watchdog */
	RING_OPS
};

/* op: 8 bits, slot: 24, generation: 32. */
static inline uint64_t ud_pack(enum ring_op op, uint32_t slot, uint32_t gen)
{
	return (uint64_t)op << 56 | (uint64_t)(slot & 0xffffff) << 32 | gen;
}

static inline enum ring_op ud_op(uint64_t ud)
{
	return (enum ring_op)(ud >> 56);
}

static inline uint32_t ud_slot(uint64_t ud)
{
	return (uint32_t)(ud >> 32) & 0xffffff;
}

static inline uint32_t ud_gen(uint64_t ud)
{
	return (uint32_t)ud;
}

#endif /* SIPOVER_IO_USER_DATA_H */
