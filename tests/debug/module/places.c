// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
/*
 * cover: which places of sipover were run, by whomever.  KCOV sees only what a
 * task does that asked for it: neither softirqs nor works.  sipover's calls of
 * KCOV come here first; tests/check-debug renames them.
 *
 * /sys/kernel/debug/sipover_cover: offsets in sipover's text, hexadecimal, one
 * a line, since this module was loaded.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/seq_file.h>

#define TEXT_MAX (256 * 1024)

void sipover_cover_note(unsigned long pc);
void sipover_cover_pc(void);
EXPORT_SYMBOL_GPL(sipover_cover_pc);

static u8 seen[TEXT_MAX];
static unsigned long base;
static struct dentry *file;

/* Any context. */
void sipover_cover_note(unsigned long pc)
{
	unsigned long at = pc - READ_ONCE(base);

	if (at < TEXT_MAX && !READ_ONCE(seen[at]))
		WRITE_ONCE(seen[at], 1);
}

static int module_comes(struct notifier_block *nb, unsigned long action,
			void *data)
{
	const struct module *mod = data;

	if (action == MODULE_STATE_COMING && !strcmp(mod->name, "sipover"))
		WRITE_ONCE(base, (unsigned long)mod->core_layout.base);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = module_comes,
};

static int places_show(struct seq_file *out, void *data)
{
	unsigned int at;

	for (at = 0; at < TEXT_MAX; at++) {
		if (READ_ONCE(seen[at]))
			seq_printf(out, "%x\n", at);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(places);

static int __init cover_init(void)
{
	int err;

	err = register_module_notifier(&notifier);
	if (err)
		return err;
	file = debugfs_create_file("sipover_cover", 0400, NULL, NULL,
				   &places_fops);
	return 0;
}

static void __exit cover_exit(void)
{
	debugfs_remove(file);
	unregister_module_notifier(&notifier);
}

module_init(cover_init);
module_exit(cover_exit);

MODULE_DESCRIPTION("Places of sipover that were run");
MODULE_LICENSE("GPL");
