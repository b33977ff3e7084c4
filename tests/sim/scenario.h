/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the courses are written with, and those of them that stand in a file of
 * their own.  A (the primary) and B are the servers, l0 the line.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim.h"

#define A (&W.server[0])
#define B (&W.server[1])

/* Until so many seconds on the trace's clock. */
void at(double s);
void mode(struct vserver *s, enum mode m);
void dial(void);
void hang_up(void);

/* scenario_local.c: the phone's own network fails. */
void local_outage(void);
void local_outage_call(void);
void local_outage_probe(void);
void local_flapping(void);
void local_at_start(void);
void local_at_start_call(void);
void own_address(void);
void no_gateway(void);
void suspended(void);

/* scenario_list.c: the DNS changes what a name stands for (Y-17). */
void list_without(void);
void list_moved(void);
void list_blocked(void);
void list_parting(void);

#endif /* SIM_SCENARIO_H */
