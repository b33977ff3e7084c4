// SPDX-License-Identifier: BSD-2-Clause
/*
 * Two streams side by side: what the daemon tells its subscribers, and what
 * the module reports to watches of our own on the same servers.
 */
#include <string.h>

#include "cmd.h"
#include "genl.h"
#include "interrupt.h"
#include "out.h"
#include "rpc.h"

static void print(const struct options *o, json_t *event, const char *stream)
{
	if (o->json)
		json_object_set_new(event, "stream", json_string(stream));
	out_event(event, stream, o->json);
}

static void module_event(void *ctx, json_t *event)
{
	print(ctx, event, "module");
}

/* A watch on each server of each line, once.  false: none could be added. */
static bool watch_servers(struct genl *g, const json_t *status)
{
	json_t *seen = json_object(), *line, *server;
	bool ok = true;
	size_t i, k;

	json_array_foreach(json_object_get(status, "lines"), i, line) {
		json_array_foreach(json_object_get(line, "servers"), k, server) {
			const char *name = out_string(server, "address");
			struct addr a;
			json_t *reply;

			if (!ok || json_object_get(seen, name) ||
			    !genl_server_parse(&a, name))
				continue;
			json_object_set_new(seen, name, json_true());
			reply = genl_watch_add(g, &a, 0, 0);
			ok = reply != NULL;
			if (reply)
				g->seq = (uint64_t)json_integer_value(
					json_object_get(reply, "seq"));
			json_decref(reply);
		}
	}
	json_decref(seen);
	return ok;
}

/* Whether all that has come could be taken. */
static bool take_daemon_events(struct rpc *r, const struct options *o)
{
	json_t *event;

	while ((event = rpc_event(r, 0))) {
		print(o, event, "daemon");
		json_decref(event);
	}
	return r->status == 0;
}

static int follow(struct rpc *r, struct genl *g, bool module, const struct options *o)
{
	struct pollfd p[2] = {
		{ .fd = r->fd, .events = POLLIN },
		{ .fd = module ? genl_fd(g) : -1, .events = POLLIN },
	};

	do {
		if (!take_daemon_events(r, o))
			return r->status;
		if (p[1].revents && !genl_read(g))
			return g->status;
	} while (interrupt_poll(p, 2));
	return 0;
}

int cmd_monitor(const struct options *o, int argc, char **argv)
{
	struct genl g = { .event = module_event, .ctx = (void *)(uintptr_t)o };
	json_t *status = NULL, *subscribed = NULL;
	bool module = false;
	struct rpc r;
	int rc;

	if (argc != 1)
		return usage_error("monitor", "no argument %s", argv[1]);
	interrupt_init();
	if (rpc_open(&r, o->socket))
		subscribed = rpc_call(&r, "subscribe", NULL);
	if (subscribed)
		status = rpc_call(&r, "status", NULL);
	if (status) {
		module = genl_open(&g) && watch_servers(&g, status);
		if (!module)
			complain("going on with the daemon's events alone");
	}
	rc = status ? follow(&r, &g, module, o) : r.status;
	json_decref(subscribed);
	json_decref(status);
	genl_close(&g);
	rpc_close(&r);
	return rc;
}
