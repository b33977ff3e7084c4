// SPDX-License-Identifier: BSD-2-Clause
/* Named courses in which the DNS changes what the line's name stands for. */
#include "scenario.h"

/* The line works with A, which goes from the list of its name. */
void list_without(void)
{
	at(10);
	zone_go(&W.dns.zone[0], 0);
	at(25);
}

/* A has another address while a call is up by it: the call's requests go to the
 * old one, which goes after it. */
void list_moved(void)
{
	at(5);
	dial();
	at(10);
	zone_move(&W.dns.zone[0], 0, 2);
	at(22);
	hang_up();
	at(50);
}

/* A asks for peace, goes from the list and is there again: still it has it
 * (C-34). */
void list_blocked(void)
{
	at(10);
	A->retry_after = 60;
	mode(A, UNAVAILABLE);
	user_register(0);
	turn();
	at(12);
	zone_go(&W.dns.zone[0], 0);
	at(30);
	mode(A, UP);
	zone_come(&W.dns.zone[0], 0, 0);
	at(75);
}

/* C takes A's place in the list, A wants credentials for the last word that it
 * gets. */
void list_parting(void)
{
	at(10);
	A->auth = AUTH_MD5;
	zone_move(&W.dns.zone[0], 0, 2);
	at(25);
}
