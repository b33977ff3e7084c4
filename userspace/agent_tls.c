/* SPDX-License-Identifier: BSD-2-Clause */
/* What TLS needs: its settings, and what each server's certificate must name. */
#include "agent.h"

#include <errno.h>
#include <string.h>

#include "io/log.h"

static bool wanted(const struct agent *a)
{
	uint32_t s;

	for (s = 0; s < a->n_servers; s++)
		if (a->server[s].addr.transport == TRANSPORT_TLS)
			return true;
	return false;
}

/* What the operator wrote, never what DNS made of it: the name set for
 * the purpose, or else the line's domain or the server's own address. */
static int claim(struct tls_peer *peer, const struct conf_line *line,
		 const struct conf_server *server)
{
	char own[ADDR_STRLEN];
	struct tls_claim c = { .domain = line->domain, .own = own };

	addr_print_host(&server->addr, own);
	if (server->tls_name)
		c = (struct tls_claim){ .domain = server->tls_name };
	return tls_peer_claim(peer, &c);
}

static int server_claims(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];
	uint32_t i, k;
	int ret = 0;

	for (i = 0; i < server->n_lines && !ret; i++) {
		const struct conf_line *line = &a->conf->line[server->line[i]];

		for (k = 0; k < line->n_servers && !ret; k++)
			if (addr_equal(&line->server[k].addr, &server->addr))
				ret = claim(server->tls, line,
					    &line->server[k]);
	}
	return ret;
}

int tls_servers_open(struct agent *a)
{
	struct tls_settings set = {
		.ca = a->conf->tls_ca,
		.certificate = a->conf->tls_certificate,
		.key = a->conf->tls_key,
		.verify = a->conf->tls_verify,
	};
	char why[TLS_WHY_MAX];
	uint32_t s;
	int ret;

	if (!wanted(a))
		return 0;
	if (!set.verify)
		log_warning("tls_verify=no: anybody on the way can pretend to "
			    "be the server");
	a->tls = tls_open(&set, why);
	if (!a->tls) {
		log_error("%s", why);
		return -EINVAL;
	}
	for (s = 0; s < a->n_servers; s++) {
		struct server *server = &a->server[s];

		if (server->addr.transport != TRANSPORT_TLS)
			continue;
		if (server->addr.port == 5060)
			log_warning("server=%s: TLS on port 5060 as configured;"
				    " its own port is 5061 (C-18)",
				    server->name);
		server->tls = tls_peer_new(a->tls);
		ret = server->tls ? server_claims(a, s) : -ENOMEM;
		if (ret)
			return ret;
	}
	return 0;
}

void tls_servers_close(struct agent *a)
{
	uint32_t s;

	for (s = 0; a->server && s < a->n_servers; s++)
		tls_peer_free(a->server[s].tls);
	tls_close(a->tls);
}
