// SPDX-License-Identifier: BSD-2-Clause
/* Named courses in which the phone's own network fails, or the phone sleeps. */
#include "scenario.h"

/* Signs 16 and 17: held, and registered anew where it worked. */
void local_outage(void)
{
	at(10);
	link_set(false, false);
	at(70);
	link_set(true, false);
	at(75);
}

/* A refresh and a call in the outage: the one goes on, the user hears of the
 * other. */
void local_outage_call(void)
{
	at(28);
	link_set(false, true);
	dial();
	at(45);
	link_set(true, false);
	at(50);
	hang_up();
	at(52);
	link_set(false, true);
	at(53);
	dial();
	at(90);
	link_set(true, false);
	at(95);
}

/* What is asked of a server when the outage begins is asked again after it. */
void local_outage_probe(void)
{
	W.net.nat = true;
	at(10);
	net_forged(A);
	net_forged(A);
	at(10.002);
	link_set(false, false);
	at(60);
	link_set(true, false);
	at(65);
}

/* A plug that is loose: longer and longer until it is believed. */
void local_flapping(void)
{
	at(10);
	for (int i = 0; i < 6; i++) {
		link_set(false, false);
		at(10.5 + 2 * i);
		link_set(true, false);
		at(12 + 2 * i);
	}
	at(40);
}

/* No network when the daemon starts. */
void local_at_start(void)
{
	at(20);
	link_set(true, false);
	at(25);
}

/* The user dials before the daemon has noticed that there is a network: the
 * INVITE knows our address, the REGISTER from before did not. */
void local_at_start_call(void)
{
	at(20);
	link_set(true, false);
	dial();
	at(30);
	hang_up();
	at(35);
}

/* Sign 19. */
void own_address(void)
{
	at(10);
	link_address("192.0.2.19");
	at(12);
}

/* the router to all servers is silent when a refresh is due, and noticed
 * to be back though nothing but the question for it is sent. */
void no_gateway(void)
{
	W.router.there = true;
	at(29);
	router_set(true);
	at(35.5);
	router_set(false);
	at(40);
}

void suspended(void)
{
	at(29.9);
	phone_sleeps(3600 * SEC);
	at(3640);
}
