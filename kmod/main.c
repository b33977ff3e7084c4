// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
#include <linux/module.h>

#include "netlink.h"
#include "netns.h"
#include "owner.h"
#include "probe.h"
#include "server.h"
#include "watch.h"

static int __init sipover_init(void)
{
	int err;

	err = sipover_server_init();
	if (err)
		return err;
	err = sipover_watch_init();
	if (err)
		goto err_server;
	sipover_probes_init();
	err = sipover_netns_init();
	if (err)
		goto err_watch;
	err = sipover_owner_init();
	if (err)
		goto err_netns;
	err = sipover_netlink_init();
	if (err)
		goto err_owner;
	return 0;

err_owner:
	sipover_owner_exit();
err_netns:
	sipover_netns_exit();
err_watch:
	/* callbacks of ours that free into the caches below */
	rcu_barrier();
	sipover_watch_exit();
err_server:
	sipover_server_exit();
	return err;
}

static void __exit sipover_exit(void)
{
	sipover_netlink_exit();
	sipover_owner_exit();
	sipover_netns_exit();
	/* callbacks of ours that free into the caches below */
	rcu_barrier();
	sipover_watch_exit();
	sipover_server_exit();
}

module_init(sipover_init);
module_exit(sipover_exit);

MODULE_AUTHOR("The sipover authors");
MODULE_DESCRIPTION("Evidence from the network about SIP servers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
