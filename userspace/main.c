/* SPDX-License-Identifier: BSD-2-Clause */
/* sipoverd: arguments, configuration, run, exit status (sysexits.h). */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "agent.h"
#include "agent_tls.h"
#include "config.h"
#include "io/evlog_file.h"
#include "io/heap.h"
#include "io/instance.h"
#include "io/log.h"
#include "io/privilege.h"
#include "replay.h"

#define DEFAULT_CONF "/etc/sipover/sipoverd.conf"

static void usage(FILE *f)
{
	fputs("usage: sipoverd [--config FILE] [--check] [--debug] [--user NAME]\n"
	      "       sipoverd --replay FILE\n"
	      "       sipoverd --help | --version\n"
	      "\n"
	      "  -c, --config FILE  configuration (default " DEFAULT_CONF ")\n"
	      "      --check        read the configuration, lines.json and the files that\n"
	      "                     TLS needs, say what is wrong, or what lines.json\n"
	      "                     changes; end\n"
	      "  -d, --debug        log at level debug\n"
	      "  -u, --user NAME    started by root: run as NAME, of root's rights only\n"
	      "                     CAP_NET_ADMIN (under systemd its unit does that)\n"
	      "      --replay FILE  print what the event log FILE holds and decide it\n"
	      "                     all again; status 1 if anything came out otherwise\n"
	      "  -h, --help         this text\n"
	      "  -V, --version      version\n"
	      "\n"
	      "Exit status: 0 ended as asked, 64 wrong arguments, 65 a damaged event\n"
	      "log, 66 none, 67 no such user, 71 the system refused something (see the log), 78 wrong\n"
	      "configuration.\n", f);
}

static int run_replay(const char *path)
{
	const char *why = "";
	struct evlog_file f = { .mem = NULL };
	struct replay_result r;
	int ret;

	ret = evlog_file_read(&f, path);
	if (ret) {
		fprintf(stderr, "sipoverd: %s: %s\n", path, strerror(-ret));
		return EX_NOINPUT;
	}
	ret = replay(f.mem, f.size, stdout, &r, &why);
	evlog_file_close(&f);
	if (ret == -EPROTO) {
		fprintf(stderr, "sipoverd: %s: %s\n", path, why);
		return EX_DATAERR;
	}
	if (ret)
		fprintf(stderr, "sipoverd: %s: %s\n", path, strerror(-ret));
	if (ret || fflush(stdout))
		return EX_OSERR;
	return r.differ || r.torn ? 1 : EX_OK;
}

/* The phone works without it. */
static void load_instance(struct conf *conf)
{
	int ret;

	_Static_assert(sizeof(conf->instance) > INSTANCE_LEN, "it fits");
	if (!*conf->state_dir)
		return;
	ret = instance_load(conf->state_dir, conf->instance);
	if (ret)
		log_error("registering without an instance-id path=%s/"
			  "instance-id: %s", conf->state_dir,
			  ret == -EBADMSG ? "it holds no UUID" :
			  strerror(-ret));
}

static int run_check(const char *path, struct conf *conf,
		     const struct config_read *read)
{
	char why[TLS_WHY_MAX];
	int ret = tls_settings_check(conf, why);

	if (*why)
		fprintf(stderr, "%s: %s%s\n", path, why, ret ? "" :
			"; servers that a name has for TLS are left out");
	if (ret) {
		conf_free(conf);
		return EX_CONFIG;
	}
	printf("%s: ok, %u lines\n", path, conf->n_lines);
	if (conf->source == CONFIG_STORED)
		printf("%s/" CONFIG_STORE ": ok, replaces %u lines, adds %u, "
		       "removes %u\n", conf->state_dir, read->done.replaced,
		       read->done.added, read->done.removed);
	conf_free(conf);
	return EX_OK;
}

/* The phone works without what Apply has stored, or with what was there before
 * it. */
static void tell_store(const struct conf *conf, struct config_read *read)
{
	char *line, *save = NULL;

	for (line = strtok_r(read->err, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		log_error("config refused %s", line);
	if (conf->source == CONFIG_STORED_OLD)
		log_error("config path=%s/" CONFIG_STORE_OLD " is used instead",
			  conf->state_dir);
	if (conf->source == CONFIG_STORE_IGNORED)
		log_error("config path=%s/" CONFIG_STORE " is ignored, the "
			  "lines are those of the file alone",
			  conf->state_dir);
}

int main(int argc, char **argv)
{
	enum { OPT_CHECK = 256, OPT_REPLAY };
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, OPT_CHECK },
		{ "debug", no_argument, NULL, 'd' },
		{ "user", required_argument, NULL, 'u' },
		{ "replay", required_argument, NULL, OPT_REPLAY },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = DEFAULT_CONF, *replay_path = NULL, *user = NULL;
	bool check = false, debug = false;
	static struct config_read read;
	static struct agent agent;
	struct conf conf;
	int c, ret;

	while ((c = getopt_long(argc, argv, "c:du:hV", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			path = optarg;
			break;
		case OPT_CHECK:
			check = true;
			break;
		case 'd':
			debug = true;
			break;
		case 'u':
			user = optarg;
			break;
		case OPT_REPLAY:
			replay_path = optarg;
			break;
		case 'h':
			usage(stdout);
			return EX_OK;
		case 'V':
			puts("sipoverd " SIPOVER_VERSION);
			return EX_OK;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "sipoverd: unexpected argument '%s'\n",
			argv[optind]);
		usage(stderr);
		return EX_USAGE;
	}

	if (replay_path)
		return run_replay(replay_path);
	/* First of all: what the user may not read now, no reload could. */
	ret = user ? privilege_drop(user) : 0;
	if (ret)
		return ret == -ENOENT ? EX_NOUSER : EX_OSERR;
	ret = config_load(&conf, path, NULL, check, &read);
	if (ret) {
		fprintf(stderr, "%s\n", *read.err ? read.err : strerror(-ret));
		return EX_CONFIG;
	}
	/* The library's tree of the file is many times what is kept of it. */
	heap_trim();
	if (check)
		return run_check(path, &conf, &read);
	log_open();
	log_set_level(debug ? LOG_LEVEL_DEBUG : conf.log_level);
	tell_store(&conf, &read);
	/* With --debug it leaves a core file. */
	if (!debug && privilege_seal())
		log_warning("the process could not be sealed: %s",
			    strerror(errno));
	load_instance(&conf);
	ret = agent_open(&agent, &conf);
	if (!ret)
		ret = agent_run(&agent);
	if (ret)
		log_error("agent ended: %s", strerror(-ret));
	agent_close(&agent);
	conf_free(&conf);
	return ret ? EX_OSERR : EX_OK;
}
