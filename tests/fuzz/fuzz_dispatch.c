/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole requests to the agent, as its control socket delivers them: lines of
 * the input, one after the other, to a real agent with a line on the
 * simulator's network.  Each is answered once, by a result or an error with
 * its id; a notification is not; what must hold in the simulator holds, and
 * all that was told is JSON.
 */
#include "fuzz.h"

#include "codec/ctl.h"
#include "../sim/sim.h"

static const char conf[] =
	"control = \"/sim\"\nlocal_v4 = \"192.0.2.9\"\nlocal_v6 = \"\"\n"
	"event_log = \"\"\ntrace_size = 128\nstate_dir = \"\"\n"
	"line \"l0\" {\nuser = u0\ndomain = example.com\npassword = secret\n"
	"server { address = 192.0.2.10 expires = 60 }\n"
	"server { address = 192.0.2.11 expires = 60 }\n}\n";

#define REQUESTS_MAX 12

/* What the request is, by the library alone. */
static bool is_notification(const char *text, size_t len)
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	struct ctl_request r;
	const char *why;
	bool owed = ctl_parse(&r, text, len, &why) || r.id;

	ctl_request_free(&r);
	json_decref(root);
	return !owed;
}

static void check_reply(const char *text, size_t len)
{
	json_t *asked = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	json_t *root, *id, *error;

	if (is_notification(text, len)) {
		must(!W.reply[0]);
		json_decref(asked);
		return;
	}
	must(W.reply[0]);
	/* The simulator keeps the first bytes of a longer one. */
	if (strlen(W.reply) < sizeof(W.reply) - 1) {
		root = json_loads(W.reply, JSON_REJECT_DUPLICATES, NULL);
		must(json_is_object(root));
		id = json_object_get(root, "id");
		error = json_object_get(root, "error");
		must(id && !error != !json_object_get(root, "result"));
		must(!error || (json_integer_value(json_object_get(error,
					"code")) < 0 &&
				json_is_string(json_object_get(error,
					"message"))));
		must(error || json_equal(id, json_object_get(asked, "id")));
		json_decref(root);
	}
	json_decref(asked);
}

static void one_request(const char *text, size_t len)
{
	char *copy = exact_copy(text, len);

	if (W.control) {
		W.reply[0] = '\0';
		W.control->ops->line(W.control->ctx, 0, copy, len);
		check_reply(copy, len);
		/* A line that was told to end is not lost. */
		W.ending |= W.agent->stopping;
		turn();
	}
	free(copy);
}

static void add_server(unsigned int i, const char *ip)
{
	struct addr addr;

	addr_parse(&addr, ip, 5060, TRANSPORT_UDP);
	server_open(&W.server[i], &addr, (char)('A' + i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	unsigned int n;

	world_init(1);
	W.n_servers = 2;
	add_server(0, "192.0.2.10");
	add_server(1, "192.0.2.11");
	must(world_start(conf));
	run_until(W.now + SEC);
	for (n = 0; at < end && n < REQUESTS_MAX; n++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((newline ? newline : end) - at);

		one_request(at, len);
		run_until(W.now + SEC / 10);
		at = newline ? newline + 1 : end;
	}
	if (W.failed)
		fprintf(stderr, "%s: %s\n", W.invariant, W.why);
	must(!W.failed);
	world_stop();
	return 0;
}
