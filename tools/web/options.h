/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of sipover-web. */
#ifndef SIPOVER_WEB_OPTIONS_H
#define SIPOVER_WEB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "listen.h"

#define OPTIONS_LISTEN 4
#define OPTIONS_NAMES 8

struct options {
	struct listen_at listen[OPTIONS_LISTEN];
	size_t n_listen;
	const char *names[OPTIONS_NAMES];
	size_t n_names;
	const char *certificate, *key;		/* NULL: no TLS */
	const char *control, *page, *password_file;
	const char *user;			/* NULL: stay */
	uint64_t idle_s, life_s;
	bool metrics;				/* where the page is */
	bool metrics_apart;
	struct listen_at metrics_at;
	const char *metrics_token;		/* file; NULL: none */
	bool set_password, debug;
};

/* -1: go on; else the exit status, what was to say is said. */
int options_read(struct options *o, int argc, char **argv);

#endif /* SIPOVER_WEB_OPTIONS_H */
