/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Copyright (C) 2026 The sipover authors */
/*
 * ICMP type and code -> cause; cause -> what it does to a server's state.
 *
 * Pure, and the one implementation: compiled into the module, into the daemon
 * and into the fuzzers.
 */
#ifndef SIPOVER_CLASSIFY_H
#define SIPOVER_CLASSIFY_H

#include <linux/types.h>

#include <linux/sipover.h>

/**
 * enum sipover_effect - what a cause does to a server's state
 *
 * @SIPOVER_EFFECT_NONE: an event, the state stays: about the path's MTU or
 *	TTL, about ourselves, or an orderly close
 * @SIPOVER_EFFECT_FAILURE: the state becomes SIPOVER_STATE_UNREACHABLE
 * @SIPOVER_EFFECT_RECOVERY: the state becomes SIPOVER_STATE_REACHABLE
 */
enum sipover_effect {
	SIPOVER_EFFECT_NONE,
	SIPOVER_EFFECT_FAILURE,
	SIPOVER_EFFECT_RECOVERY,
};

/**
 * sipover_classify_icmp() - the cause that an ICMP error stands for
 * @family: AF_INET: ICMP numbers, AF_INET6: ICMPv6 numbers
 * @type: as in the packet
 * @code: as in the packet
 *
 * Return: the cause, or SIPOVER_CAUSE_UNSPEC for what is no report about a
 * packet of ours: echo, redirect, source quench (RFC 6633), anything unknown
 * that is not a destination unreachable.
 */
enum sipover_cause sipover_classify_icmp(__u8 family, __u8 type, __u8 code);

/**
 * sipover_cause_effect() - what a cause does to a server's state
 * @cause: any value; one that is not in the enum has no effect
 *
 * Return: the effect
 */
enum sipover_effect sipover_cause_effect(enum sipover_cause cause);

/**
 * sipover_evidence_effect() - what an occurrence does to a server's state
 * @cause: as sipover_cause_effect()
 * @grade: how well it is tied to what was sent
 *
 * Return: NONE for grade MEDIUM, which is a reason to ask the server and no
 * more; else the cause's effect
 */
enum sipover_effect sipover_evidence_effect(enum sipover_cause cause,
					    enum sipover_grade grade);

#endif /* SIPOVER_CLASSIFY_H */
