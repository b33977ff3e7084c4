// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the DNS says of the names that lines have for servers, and how that
 * changes: a server goes from a list, comes, moves to another address, comes
 * back; all names are denied, or nobody answers.  All of it from a random stream
 * of its own, so that schedules without names stay as they are.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DENIED_TTL_S 10

uint32_t zone_pick(uint32_t below)
{
	return below ? rng_below(&W.dns.rng, below) : 0;
}

static uint64_t zone_between(uint64_t a, uint64_t b)
{
	return a + rng_next(&W.dns.rng) % (b - a + 1);
}

struct zone *zone_new(uint32_t ttl_s)
{
	struct zone *z = &W.dns.zone[W.dns.n];

	if (W.dns.n == SIM_ZONES_MAX)
		abort();
	memset(z, 0, sizeof(*z));
	snprintf(z->name, sizeof(z->name), "z%u.sim", W.dns.n++);
	z->ttl_s = ttl_s;
	return z;
}

static void tell(const struct zone *z)
{
	char text[2 * ZONE_MEMBERS_MAX * 2 + 1] = "";
	size_t n = 0;

	for (uint8_t i = 0; i < z->n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %c",
				      W.server[z->member[i].server].letter);
	trace("-- dns: %s is%s", z->name, z->n ? text : " empty");
}

bool zone_has(const struct zone *z, uint32_t server)
{
	for (uint8_t i = 0; i < z->n; i++)
		if (z->member[i].server == server)
			return true;
	return false;
}

void zone_come(struct zone *z, uint8_t at, uint32_t server)
{
	if (z->n == ZONE_MEMBERS_MAX || zone_has(z, server))
		return;
	memmove(&z->member[at + 1], &z->member[at],
		(z->n - at) * sizeof(z->member[0]));
	z->member[at].server = server;
	z->member[at].host = z->hosts++;
	z->n++;
	tell(z);
}

void zone_go(struct zone *z, uint8_t at)
{
	z->n--;
	memmove(&z->member[at], &z->member[at + 1],
		(z->n - at) * sizeof(z->member[0]));
	tell(z);
}

/* The host has another address: its SRV record stays. */
void zone_move(struct zone *z, uint8_t at, uint32_t server)
{
	z->member[at].server = server;
	tell(z);
}

void zone_keep(struct zone *z)
{
	memcpy(z->home, z->member, sizeof(z->home));
	z->n_home = z->n;
}

static void zone_home(struct zone *z)
{
	memcpy(z->member, z->home, sizeof(z->home));
	z->n = z->n_home;
	tell(z);
}

/* ---- answers ---- */

static const struct zone *zone_of(const char *name)
{
	for (uint32_t i = 0; i < W.dns.n; i++)
		if (strcmp(W.dns.zone[i].name, name) == 0)
			return &W.dns.zone[i];
	return NULL;
}

static uint8_t services(const struct zone *z, enum transport transport,
			struct zone_record *out)
{
	uint8_t n = 0;

	for (uint8_t i = 0; i < z->n; i++) {
		struct zone_record *r = &out[n];

		if (W.server[z->member[i].server].addr.transport != transport)
			continue;
		r->priority = i + 1;
		r->port = W.server[z->member[i].server].addr.port;
		snprintf(r->target, sizeof(r->target), "h%u.%s",
			 z->member[i].host, z->name);
		n++;
	}
	return n;
}

static uint8_t addresses(const struct zone *z, uint32_t host, enum rr_type type,
			 struct zone_record *out)
{
	for (uint8_t i = 0; i < z->n; i++) {
		const struct addr *a = &W.server[z->member[i].server].addr;

		if (z->member[i].host != host ||
		    (a->family == ADDR_V6) != (type == RR_AAAA))
			continue;
		memcpy(out->ip, a->ip, sizeof(out->ip));
		return 1;
	}
	return 0;
}

bool zone_answer(const char *name, enum rr_type type, struct zone_answer *out)
{
	static const char udp[] = "_sip._udp.", tcp[] = "_sip._tcp.";
	const struct zone *z = NULL;
	char *end;

	memset(out, 0, sizeof(*out));
	out->ttl_s = DENIED_TTL_S;
	if (W.dns.mode == DNS_SILENT)
		return false;
	out->failed = W.dns.mode == DNS_FAILS;
	if (W.dns.mode != DNS_WELL)
		return true;
	if (type == RR_SRV && strncmp(name, udp, strlen(udp)) == 0) {
		z = zone_of(name + strlen(udp));
		if (z)
			out->n = services(z, TRANSPORT_UDP, out->record);
	} else if (type == RR_SRV && strncmp(name, tcp, strlen(tcp)) == 0) {
		z = zone_of(name + strlen(tcp));
		if (z)
			out->n = services(z, TRANSPORT_TCP, out->record);
	} else if ((type == RR_A || type == RR_AAAA) && *name == 'h') {
		uint32_t host = (uint32_t)strtoul(name + 1, &end, 10);

		z = *end == '.' ? zone_of(end + 1) : NULL;
		if (z)
			out->n = addresses(z, host, type, out->record);
	} else {
		z = zone_of(name);
	}
	out->known = z;
	if (z)
		out->ttl_s = z->ttl_s;
	return true;
}

/* ---- what must come of it ---- */

/* The servers of the line, in order; how many. */
static uint8_t wanted(const struct conf_line *conf, struct addr *out)
{
	static const enum transport order[] = { TRANSPORT_UDP, TRANSPORT_TCP };
	uint8_t n = 0;

	for (uint32_t k = 0; k < conf->n_servers; k++) {
		const struct zone *z;

		if (conf->server[k].host == CONF_NO_HOST) {
			out[n++] = conf->server[k].addr;
			continue;
		}
		z = zone_of(W.conf.host[conf->server[k].host].name);
		for (uint8_t t = 0; z && t < 2; t++)
			for (uint8_t i = 0; i < z->n; i++) {
				const struct addr *a = &W.server[
					z->member[i].server].addr;

				if (a->transport == order[t])
					out[n++] = *a;
			}
	}
	return n;
}

bool zone_settled(uint32_t l, char *why, size_t size)
{
	const struct line *line = &W.agent->line[l];
	struct addr want[FO_SERVERS_MAX + ZONE_MEMBERS_MAX];
	uint8_t n = wanted(line->conf, want), k = 0;

	/* One address is there once. */
	for (uint8_t i = 0; i < n; i++) {
		bool again = false;

		for (uint8_t m = 0; m < i; m++)
			again = again || addr_equal(&want[m], &want[i]);
		if (again)
			continue;
		if (k >= line->n_servers || line_server(l, k)->letter !=
		    server_at_addr(&want[i])->letter) {
			snprintf(why, size, "l%u has not %c as number %u", l,
				 server_at_addr(&want[i])->letter, k + 1u);
			return false;
		}
		k++;
	}
	if (k != line->n_servers)
		snprintf(why, size, "l%u has %u servers, not %u", l,
			 line->n_servers, k);
	return k == line->n_servers;
}

/* ---- what befalls ---- */

static void dns_well(struct event *e)
{
	(void)e;
	if (W.dns.mode != DNS_WELL)
		trace("-- dns: well");
	W.dns.mode = DNS_WELL;
}

static void dns_ill(void)
{
	static const char *const name[] = {
		"well", "silent", "fails", "denies all",
	};

	W.dns.mode = (enum dns_mode)(1 + zone_pick(DNS_MODES - 1));
	trace("-- dns: %s", name[W.dns.mode]);
	after_ns(zone_between(SEC, 200 * SEC), dns_well, NULL, 0, 0);
}

/* One that is not in the list: with that transport, or any (NULL). */
static uint32_t spare(const struct zone *z, const struct addr *like)
{
	uint32_t first = zone_pick(W.n_servers);

	for (uint32_t i = 0; i < W.n_servers; i++) {
		uint32_t s = (first + i) % W.n_servers;

		if (!zone_has(z, s) &&
		    (!like || W.server[s].addr.transport == like->transport))
			return s;
	}
	return UINT32_MAX;
}

/* Who has left may live on or not. */
static void leaves(uint32_t server)
{
	static const enum mode modes[] = {
		UP, UP, CLOSED, HOST_GONE, SILENT, UNAVAILABLE,
	};
	uint32_t i = zone_pick(sizeof(modes) / sizeof(modes[0]));

	if (modes[i] != UP)
		server_set_mode(&W.server[server], modes[i]);
}

static void changes(struct event *e)
{
	struct zone *z = &W.dns.zone[e->a];
	uint8_t at = (uint8_t)zone_pick(z->n);
	uint32_t s;

	if (W.lifted)
		return;
	W.counts->dns_changes++;
	switch (zone_pick(7)) {
	case 0:
	case 1:
		if (z->n < 2 && (!z->n || zone_pick(4)))
			break;
		s = z->member[at].server;
		zone_go(z, at);
		leaves(s);
		break;
	case 2:
		s = spare(z, NULL);
		if (s != UINT32_MAX)
			zone_come(z, (uint8_t)zone_pick(z->n + 1u), s);
		break;
	case 3:
	case 4:
		s = z->n ? spare(z, &W.server[z->member[at].server].addr) :
			   UINT32_MAX;
		if (s != UINT32_MAX) {
			uint32_t old = z->member[at].server;

			zone_move(z, at, s);
			leaves(old);
		}
		break;
	case 5:
		zone_home(z);
		break;
	case 6:
		dns_ill();
		break;
	}
}

void zones_befall(uint64_t end)
{
	for (uint32_t i = 0; i < W.dns.n; i++)
		for (uint32_t n = 1 + zone_pick(6); n; n--)
			after_ns(zone_between(0, end), changes, NULL, i, 0);
}

/* The lists stay as they are now, or are what they were. */
void zones_well(void)
{
	dns_well(NULL);
	for (uint32_t i = 0; i < W.dns.n; i++)
		if (!W.dns.zone[i].n || zone_pick(2))
			zone_home(&W.dns.zone[i]);
}
