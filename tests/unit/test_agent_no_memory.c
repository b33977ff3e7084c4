// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
/* The daemon without memory: its start, and its answers on the control socket. */
#include <errno.h>
#include <jansson.h>
#include <unistd.h>

#include "agent.h"
#include "agent_ctl.h"
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

/* How often an answer could not be made for want of memory, and was counted:
 * one of those that it takes is the line itself. */
static unsigned int uncounted(const char *text)
{
	unsigned int n, lost = 0;

	for (n = 1; n < 1000; n++) {
		uint64_t before = agent.stats.no_memory;

		countdown = n;
		refused = false;
		ctl_ops.line(&agent, 0, text, strlen(text));
		countdown = 0;
		if (!refused)
			break;
		lost += agent.stats.no_memory != before;
	}
	return lost;
}

static void test_answers(void)
{
	struct conf c;

	if (!ok(configure(&c) && !agent_open(&agent, &c), "the daemon starts"))
		return;
	ok(uncounted("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}"),
	   "an answer that cannot be made is counted");
	ok(uncounted("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nonsense\"}"),
	   "and a refusal");
	is_int(uncounted("{\"jsonrpc\":\"2.0\",\"method\":\"status\"}"), 0,
	       "where none is owed there is nothing to count");
	agent_close(&agent);
	conf_free(&c);
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
	json_set_alloc_funcs(malloc, free);
	test_answers();
	clean("events");	/* the recorder's, where there is room */
	clean("events.old");
	ok(!rmdir(dir), "and leaves nothing but its events");
	return tap_done();
}
