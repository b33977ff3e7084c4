// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The sipover authors */
/*
 * Sends a packet through all of a netfilter hook, as the stack's own code does
 * it, and counts the processor's ticks: instructions, where one instruction
 * takes one tick.
 */
#include <linux/etherdevice.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/proc_fs.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/ip.h>
#include <net/net_namespace.h>

#include "traverse.h"

#define PACKET_MAX 2048

static struct net_device *dev;
static u64 ticks;

static netdev_tx_t dev_xmit(struct sk_buff *skb, struct net_device *to)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops dev_ops = {
	.ndo_start_xmit = dev_xmit,
};

static int okfn(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	return 0;
}

/* The hook's number is a constant in each, as it is in the stack. */
static int once(u32 hook, struct sk_buff *skb)
{
	switch (hook) {
	case TRAVERSE_IN4:
		return nf_hook(NFPROTO_IPV4, NF_INET_LOCAL_IN, &init_net, NULL,
			       skb, dev, NULL, okfn);
	case TRAVERSE_OUT4:
		return nf_hook(NFPROTO_IPV4, NF_INET_LOCAL_OUT, &init_net, NULL,
			       skb, NULL, dev, okfn);
	case TRAVERSE_IN6:
		return nf_hook(NFPROTO_IPV6, NF_INET_LOCAL_IN, &init_net, NULL,
			       skb, dev, NULL, okfn);
	case TRAVERSE_OUT6:
		return nf_hook(NFPROTO_IPV6, NF_INET_LOCAL_OUT, &init_net, NULL,
			       skb, NULL, dev, okfn);
	}
	return -1;
}

static int many(const struct traverse *t, struct sk_buff *skb)
{
	unsigned long flags;
	int accepted = 0;
	u64 begin;
	u32 i;

	local_bh_disable();
	if (t->loops > 1)
		local_irq_save(flags);
	begin = rdtsc_ordered();
	for (i = 0; i < t->loops; i++)
		accepted += once(t->hook, skb) == 1;
	ticks = rdtsc_ordered() - begin;
	if (t->loops > 1)
		local_irq_restore(flags);
	local_bh_enable();
	return accepted == t->loops ? 0 : -EIO;
}

/* As an Ethernet card without any offload delivers it. */
static struct sk_buff *skb_make(const struct traverse *t, size_t len)
{
	bool v6 = t->hook == TRAVERSE_IN6 || t->hook == TRAVERSE_OUT6;
	struct sk_buff *skb;
	size_t header;

	skb = alloc_skb(NET_SKB_PAD + NET_IP_ALIGN + ETH_HLEN + len, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	skb_reset_mac_header(skb);
	skb_put_zero(skb, ETH_HLEN);
	skb_pull(skb, ETH_HLEN);
	skb_put_data(skb, t + 1, len);
	skb_reset_network_header(skb);
	header = v6 ? sizeof(struct ipv6hdr) : ip_hdrlen(skb);
	skb_set_transport_header(skb, header);
	skb->protocol = htons(v6 ? ETH_P_IPV6 : ETH_P_IP);
	skb->dev = dev;
	skb->ip_summed = CHECKSUM_NONE;
	return skb;
}

static ssize_t traverse_write(struct file *file, const char __user *buf,
			      size_t size, loff_t *at)
{
	struct traverse *t;
	struct sk_buff *skb;
	int err;

	if (size < sizeof(*t) + 40 || size > sizeof(*t) + PACKET_MAX)
		return -EINVAL;
	t = memdup_user(buf, size);
	if (IS_ERR(t))
		return PTR_ERR(t);
	err = -ENOMEM;
	skb = skb_make(t, size - sizeof(*t));
	if (!skb)
		goto out;
	err = many(t, skb);
	kfree_skb(skb);
out:
	kfree(t);
	return err ? err : size;
}

static ssize_t traverse_read(struct file *file, char __user *buf, size_t size,
			     loff_t *at)
{
	if (size != sizeof(ticks))
		return -EINVAL;
	return copy_to_user(buf, &ticks, sizeof(ticks)) ? -EFAULT : size;
}

static const struct proc_ops traverse_ops = {
	.proc_read = traverse_read,
	.proc_write = traverse_write,
	.proc_lseek = noop_llseek,
};

static int __init traverse_init(void)
{
	int err;

	dev = alloc_etherdev(0);
	if (!dev)
		return -ENOMEM;
	dev->netdev_ops = &dev_ops;
	eth_hw_addr_random(dev);
	err = register_netdev(dev);
	if (err)
		goto err_free;
	err = -ENOMEM;
	if (!proc_create("traverse", 0600, NULL, &traverse_ops))
		goto err_unregister;
	return 0;

err_unregister:
	unregister_netdev(dev);
err_free:
	free_netdev(dev);
	return err;
}

static void __exit traverse_exit(void)
{
	remove_proc_entry("traverse", NULL);
	unregister_netdev(dev);
	free_netdev(dev);
}

module_init(traverse_init);
module_exit(traverse_exit);

MODULE_AUTHOR("The sipover authors");
MODULE_DESCRIPTION("What a packet costs in the netfilter hooks");
MODULE_LICENSE("GPL");
