// SPDX-License-Identifier: BSD-2-Clause
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "header.h"
#include "say.h"

#define DEFAULT_CONTROL "/run/sipover/control.sock"
#define DEFAULT_LISTEN "127.0.0.1:8080"
#define DEFAULT_PAGE "/usr/share/sipover/web"
#define DEFAULT_PASSWORD "/var/lib/sipover-web/password"
#define SECONDS_MAX (7 * 86400)

enum {
	OPT_LISTEN = 256, OPT_NAME, OPT_CERTIFICATE, OPT_KEY, OPT_CONTROL,
	OPT_PAGE, OPT_PASSWORD_FILE, OPT_USER, OPT_IDLE, OPT_LIFE, OPT_METRICS,
	OPT_METRICS_LISTEN, OPT_METRICS_TOKEN, OPT_SET_PASSWORD,
};

static const struct option table[] = {
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "tls-cert", required_argument, NULL, OPT_CERTIFICATE },
	{ "tls-key", required_argument, NULL, OPT_KEY },
	{ "control", required_argument, NULL, OPT_CONTROL },
	{ "page", required_argument, NULL, OPT_PAGE },
	{ "password-file", required_argument, NULL, OPT_PASSWORD_FILE },
	{ "user", required_argument, NULL, OPT_USER },
	{ "session-idle", required_argument, NULL, OPT_IDLE },
	{ "session-life", required_argument, NULL, OPT_LIFE },
	{ "metrics", no_argument, NULL, OPT_METRICS },
	{ "metrics-listen", required_argument, NULL, OPT_METRICS_LISTEN },
	{ "metrics-token", required_argument, NULL, OPT_METRICS_TOKEN },
	{ "set-password", no_argument, NULL, OPT_SET_PASSWORD },
	{ "debug", no_argument, NULL, 'd' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void usage(FILE *f)
{
	fputs("usage: sipover-web [OPTION...]\n"
	      "       sipover-web --set-password [--password-file FILE]\n"
	      "       sipover-web --help | --version\n"
	      "\n"
	      "The page of sipoverd, and what it asks for, by HTTP.\n"
	      "\n"
	      "      --listen ADDRESS:PORT  where the page is (" DEFAULT_LISTEN "), up to four\n"
	      "                         times; an address that is not of the loopback\n"
	      "                         device needs --tls-cert and --tls-key\n"
	      "      --name NAME        a name of this phone, as browsers write it, besides\n"
	      "                         localhost and its addresses; up to eight times\n"
	      "      --tls-cert FILE    certificate, with those that it needs, in PEM\n"
	      "      --tls-key FILE     its key, in PEM\n"
	      "      --control PATH     control socket of sipoverd\n"
	      "                         (" DEFAULT_CONTROL ")\n"
	      "      --page DIR         the files of the page (" DEFAULT_PAGE ")\n"
	      "      --password-file FILE  the password's hash\n"
	      "                         (" DEFAULT_PASSWORD ")\n"
	      "      --user NAME        run as that user; root must say one\n"
	      "      --session-idle SECONDS  log out after so long without a request (900)\n"
	      "      --session-life SECONDS  log out after so long in any case (43200)\n"
	      "      --metrics          answer GET /metrics where the page is\n"
	      "      --metrics-listen ADDRESS:PORT  answer it there, and nothing else\n"
	      "      --metrics-token FILE  who asks for it must send this bearer token;\n"
	      "                         needed where others than this phone can ask\n"
	      "      --set-password     ask for the password of the page, write its hash,\n"
	      "                         end; from standard input if that is no terminal\n"
	      "  -d, --debug            log more\n"
	      "  -h, --help             this text\n"
	      "  -V, --version          version\n"
	      "\n"
	      "Exit status: 0 ended as asked, 64 wrong arguments, 65 the password is not\n"
	      "one, 66 a file cannot be read, 67 no such user, 71 the system refused\n"
	      "something, 73 the password cannot be written, 77 refuses to run as root.\n",
	      f);
}

static int wrong(const char *option, const char *value, const char *why)
{
	complain("--%s %s: %s", option, value, why);
	return EX_USAGE;
}

static int read_seconds(uint64_t *seconds, const char *option)
{
	char *end;
	unsigned long n = strtoul(optarg, &end, 10);

	if (*optarg < '0' || *optarg > '9' || *end || n < 1 || n > SECONDS_MAX)
		return wrong(option, optarg, "1..604800 seconds");
	*seconds = n;
	return -1;
}

static int read_address(struct listen_at *at, const char *option)
{
	if (listen_parse(at, optarg))
		return -1;
	return wrong(option, optarg,
		     "ADDRESS:PORT, as 127.0.0.1:8080 or [::1]:8080");
}

static int add_listen(struct options *o)
{
	if (o->n_listen == OPTIONS_LISTEN)
		return wrong("listen", optarg, "more than four");
	return read_address(&o->listen[o->n_listen++], "listen");
}

static int add_name(struct options *o)
{
	if (o->n_names == OPTIONS_NAMES)
		return wrong("name", optarg, "more than eight");
	if (!*optarg || strlen(optarg) > HEADER_NAME_MAX ||
	    strpbrk(optarg, ":/ []"))
		return wrong("name", optarg, "not a host name, without port");
	o->names[o->n_names++] = optarg;
	return -1;
}

/* -1: go on. */
static int take(struct options *o, int c)
{
	switch (c) {
	case OPT_LISTEN:
		return add_listen(o);
	case OPT_NAME:
		return add_name(o);
	case OPT_CERTIFICATE:
		o->certificate = optarg;
		break;
	case OPT_KEY:
		o->key = optarg;
		break;
	case OPT_CONTROL:
		o->control = optarg;
		break;
	case OPT_PAGE:
		o->page = optarg;
		break;
	case OPT_PASSWORD_FILE:
		o->password_file = optarg;
		break;
	case OPT_USER:
		o->user = optarg;
		break;
	case OPT_IDLE:
		return read_seconds(&o->idle_s, "session-idle");
	case OPT_LIFE:
		return read_seconds(&o->life_s, "session-life");
	case OPT_METRICS:
		o->metrics = true;
		break;
	case OPT_METRICS_LISTEN:
		o->metrics_apart = true;
		return read_address(&o->metrics_at, "metrics-listen");
	case OPT_METRICS_TOKEN:
		o->metrics_token = optarg;
		break;
	case OPT_SET_PASSWORD:
		o->set_password = true;
		break;
	case 'd':
		o->debug = true;
		break;
	case 'h':
		usage(stdout);
		return EX_OK;
	case 'V':
		puts("sipover-web " SIPOVER_VERSION);
		return EX_OK;
	default:
		usage(stderr);
		return EX_USAGE;
	}
	return -1;
}

/* What one option says about another. */
static int check(const struct options *o)
{
	bool beyond = false;

	for (size_t i = 0; i < o->n_listen; i++)
		beyond = beyond || !listen_is_loopback(
			(const struct sockaddr *)&o->listen[i].sa);
	if (!o->certificate != !o->key) {
		complain("--tls-cert and --tls-key belong together");
		return EX_USAGE;
	}
	if (beyond && !o->certificate) {
		complain("an address that is not of the loopback device needs --tls-cert and --tls-key");
		return EX_USAGE;
	}
	if (o->metrics_apart && !listen_is_loopback(
		(const struct sockaddr *)&o->metrics_at.sa)) {
		beyond = true;
		if (!o->certificate) {
			complain("--metrics-listen off the loopback device needs --tls-cert and --tls-key");
			return EX_USAGE;
		}
	} else if (!o->metrics) {
		beyond = false;
	}
	if (beyond && !o->metrics_token) {
		complain("/metrics off the loopback device needs --metrics-token");
		return EX_USAGE;
	}
	return -1;
}

int options_read(struct options *o, int argc, char **argv)
{
	int c, ret;

	memset(o, 0, sizeof(*o));
	o->control = DEFAULT_CONTROL;
	o->page = DEFAULT_PAGE;
	o->password_file = DEFAULT_PASSWORD;
	o->idle_s = 900;
	o->life_s = 43200;
	while ((c = getopt_long(argc, argv, "dhV", table, NULL)) != -1) {
		ret = take(o, c);
		if (ret >= 0)
			return ret;
	}
	if (optind != argc) {
		complain("unexpected argument '%s'", argv[optind]);
		usage(stderr);
		return EX_USAGE;
	}
	if (!o->n_listen)
		(void)listen_parse(&o->listen[o->n_listen++], DEFAULT_LISTEN);
	return check(o);
}
