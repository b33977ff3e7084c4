/* SPDX-License-Identifier: BSD-2-Clause */
/* What TLS needs: its settings, and what each server's certificate must name. */
#include "agent_tls.h"

#include <errno.h>
#include <string.h>

#include "io/log.h"

/* A name without a transport may turn out to have TLS servers. */
static bool wanted(const struct conf *conf, bool *may)
{
	uint32_t i;
	uint8_t k;

	*may = false;
	for (i = 0; i < conf->n_lines; i++) {
		const struct conf_line *line = &conf->line[i];

		for (k = 0; k < line->n_servers; k++)
			if (line->server[k].host == CONF_NO_HOST &&
			    line->server[k].addr.transport == TRANSPORT_TLS)
				return true;
	}
	for (i = 0; i < conf->n_hosts; i++) {
		if (conf->host[i].transport == TRANSPORT_TLS)
			return true;
		if (conf->host[i].transport == CONF_ANY_TRANSPORT)
			*may = true;
	}
	return false;
}

static struct tls_settings settings_of(const struct conf *conf)
{
	return (struct tls_settings){
		.ca = conf->tls_ca,
		.certificate = conf->tls_certificate,
		.key = conf->tls_key,
		.verify = conf->tls_verify,
	};
}

int tls_settings_check(const struct conf *conf, char *why)
{
	struct tls_settings set = settings_of(conf);
	struct tls_context *c;
	bool may, must = wanted(conf, &may);

	*why = '\0';
	if (!must && !may)
		return 0;
	c = tls_open(&set, why);
	if (!c)
		return must ? -EINVAL : 0;
	tls_close(c);
	return 0;
}

int tls_settings_open(struct agent *a, const struct conf *conf, char *why)
{
	struct tls_settings set = settings_of(a->conf);
	bool may, must = wanted(conf, &may);

	*why = '\0';
	if (a->tls || (!must && !may))
		return 0;
	if (!set.verify)
		log_warning("tls_verify=no: anybody on the way can pretend to "
			    "be the server");
	a->tls = tls_open(&set, why);
	if (a->tls)
		return 0;
	if (must) {
		log_error("%s", why);
		return -EINVAL;
	}
	log_warning("%s; servers that a name has for TLS are left out", why);
	return 0;
}

/* What the operator wrote, never what DNS made of it: the name set for
 * the purpose, or else the line's domain or the entry's own name or address; of
 * a proxy only these. */
int tls_server_claim(struct agent *a, uint32_t s, uint32_t line, uint8_t entry)
{
	const struct conf_line *conf = &a->conf->line[line];
	const struct conf_server *e = &conf->server[entry];
	char own[ADDR_STRLEN];
	struct tls_claim c = { .domain = conf->domain, .own = own };

	if (!a->server[s].tls)
		return 0;
	if (e->tls_name)
		c = (struct tls_claim){ .domain = e->tls_name };
	else if (e->host != CONF_NO_HOST)
		c.own = a->conf->host[e->host].name;
	else
		addr_print_host(&e->addr, own);
	/* An outbound proxy is not the domain: it has a name of its own. */
	if (conf->proxied && !e->tls_name)
		c = (struct tls_claim){ .domain = c.own };
	return tls_peer_claim(a->server[s].tls, &c);
}

int tls_server_new(struct agent *a, uint32_t s)
{
	struct server *server = &a->server[s];

	if (server->addr.transport != TRANSPORT_TLS)
		return 0;
	if (server->addr.port == 5060)
		log_warning("server=%s: TLS on port 5060 as configured;"
			    " its own port is 5061 (C-18)", server->name);
	server->tls = tls_peer_new(a->tls);
	return server->tls ? 0 : -ENOMEM;
}

void tls_servers_close(struct agent *a)
{
	uint32_t s;

	for (s = 0; a->server && s < a->n_servers; s++)
		tls_peer_free(a->server[s].tls);
	tls_close(a->tls);
}
