// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The daemon without memory: its start. */
#include <errno.h>
#include <unistd.h>

#include "agent.h"
#include "codec/conf.h"
#include "io/log.h"
#include "no_memory.h"

static struct agent agent;
static char dir[] = "/tmp/sipover-test-XXXXXX";

static bool configure(struct conf *c)
{
	char text[512], err[512];

	snprintf(text, sizeof(text),
		 "control = '%s/control'\nlocal_v4 = '127.0.0.1'\nlocal_v6 = ''\n"
		 "port = 0\n"
		 "detect = timers\nlog_level = error\n"
		 "line a { user = u enabled = false server { address = 127.0.0.1 }\n"
		 "server { address = 127.0.0.2 } }\n", dir);
	if (!conf_load(c, "f", text, err, sizeof(err)))
		return true;
	printf("# %s\n", err);
	return false;
}

static enum outcome start(void)
{
	unsigned int armed = countdown;
	struct conf c;
	int ret;

	countdown = 0;
	if (!configure(&c))
		return WRONG;
	countdown = armed;
	ret = agent_open(&agent, &c);
	agent_close(&agent);
	conf_free(&c);
	if (!ret)
		return GOOD;
	return ret == -ENOMEM ? FAILED : WRONG;
}

static void clean(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

int main(void)
{
	if (!ok(mkdtemp(dir) != NULL, "a directory"))
		return tap_done();
	log_set_level(LOG_LEVEL_ERROR);
	without(start, "start");
	clean("events");	/* the recorder's, where there is room */
	clean("events.old");
	ok(!rmdir(dir), "and leaves nothing but its events");
	return tap_done();
}
