// SPDX-License-Identifier: BSD-2-Clause
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/sipover.h>

#include "cmd.h"
#include "genl.h"
#include "interrupt.h"
#include "out.h"

static void print_event(void *ctx, json_t *event)
{
	const struct options *o = ctx;

	out_event(event, NULL, o->json);
}

/* The watch lives as long as this process: its netlink socket owns it. */
static int add(const struct options *o, const struct addr *a, uint32_t ring,
	       uint32_t unanswered_ms)
{
	struct genl g = { .event = print_event, .ctx = (void *)(uintptr_t)o };
	json_t *reply = NULL;

	interrupt_init();
	if (genl_open(&g))
		reply = genl_watch_add(&g, a, ring, unanswered_ms);
	if (reply) {
		struct pollfd p = { .fd = genl_fd(&g), .events = POLLIN };

		g.seq = (uint64_t)json_integer_value(json_object_get(reply, "seq"));
		json_object_set_new(reply, "type", json_string("watch"));
		if (o->json)
			out_event(reply, NULL, true);
		else
			printf("watch %" JSON_INTEGER_FORMAT " on %s: %s\n",
			       json_integer_value(json_object_get(reply, "watch")),
			       out_string(reply, "server"), out_string(reply, "state"));
		json_decref(reply);
		while (interrupt_poll(&p, 1) && genl_read(&g))
			;
	}
	genl_close(&g);
	return g.status;
}

static int list(const struct options *o)
{
	struct genl g = { 0 };
	json_t *watches = NULL, *watch;
	struct out_table t;
	size_t i;

	if (genl_open(&g))
		watches = genl_watch_list(&g);
	if (watches && o->json) {
		out_json(watches);
	} else if (watches) {
		out_table_init(&t, 4);
		if (json_array_size(watches) > 0)
			out_table_row(&t, "WATCH", "OWNER", "SERVER", "STATE");
		json_array_foreach(watches, i, watch) {
			char id[24], owner[24];

			snprintf(id, sizeof(id), "%" JSON_INTEGER_FORMAT,
				 json_integer_value(json_object_get(watch, "watch")));
			snprintf(owner, sizeof(owner), "%" JSON_INTEGER_FORMAT,
				 json_integer_value(json_object_get(watch, "owner")));
			out_table_row(&t, id, owner, out_string(watch, "server"),
				      out_string(watch, "state"));
		}
		out_table_print(&t, stdout, 0);
	}
	json_decref(watches);
	genl_close(&g);
	return g.status;
}

int cmd_watch(const struct options *o, int argc, char **argv)
{
	const char *ring_text = NULL, *ms_text = NULL, *option;
	uint64_t port, ring = 0, ms = 0;
	struct addr a;

	if (!take_option(&argc, argv, "--ring", &ring_text))
		return usage_error("watch", "--ring needs a number");
	if (!take_option(&argc, argv, "--unanswered", &ms_text))
		return usage_error("watch", "--unanswered needs a number");
	option = unknown_option(&argc, argv);
	if (option)
		return usage_error("watch", "no option %s", option);
	if (argc == 2 && !strcmp(argv[1], "list") && !ring_text && !ms_text)
		return list(o);
	if (argc != 5 || strcmp(argv[1], "add") != 0)
		return usage_error("watch", "add and a server, or list, please");
	if (strcmp(argv[2], "udp") != 0 && strcmp(argv[2], "tcp") != 0)
		return usage_error("watch", "%s: the protocol is udp or tcp", argv[2]);
	if (!parse_number(argv[4], 1, UINT16_MAX, &port))
		return usage_error("watch", "%s: a port is 1 to 65535", argv[4]);
	if (addr_parse(&a, argv[3], (uint16_t)port, strcmp(argv[2], "udp") == 0 ?
		       TRANSPORT_UDP : TRANSPORT_TCP) != 0)
		return usage_error("watch", "%s: not an IPv4 or IPv6 address", argv[3]);
	if (ring_text && (!parse_number(ring_text, SIPOVER_RING_MIN, SIPOVER_RING_MAX, &ring) ||
			  (ring & (ring - 1))))
		return usage_error("watch", "%s: a ring is a power of two, %d to %d",
				   ring_text, SIPOVER_RING_MIN, SIPOVER_RING_MAX);
	if (ms_text && !parse_number(ms_text, SIPOVER_UNANSWERED_MS_MIN,
				     SIPOVER_UNANSWERED_MS_MAX, &ms))
		return usage_error("watch", "%s: unanswered for %d to %d ms", ms_text,
				   SIPOVER_UNANSWERED_MS_MIN, SIPOVER_UNANSWERED_MS_MAX);
	return add(o, &a, (uint32_t)ring, (uint32_t)ms);
}
