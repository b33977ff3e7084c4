/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The sipover authors */
/*
 * __inet_lookup_established() and its IPv6 twin lost the hashinfo argument.
 * The prototype itself is asked, so a backport is understood as well; a third
 * form stops the build.
 */
#ifndef SIPOVER_COMPAT_INET_HASHTABLES_H
#define SIPOVER_COMPAT_INET_HASHTABLES_H

#include <linux/build_bug.h>
#include <net/inet_hashtables.h>
#include <net/inet6_hashtables.h>
#include <net/net_namespace.h>
#include <net/tcp.h>

/* Both forms exist with and without const; it makes no difference to a call. */
#define SIPOVER_LOOKUP4_HASHINFO(net_type)				\
	struct sock *(*)(net_type, struct inet_hashinfo *,		\
			 const __be32, const __be16,			\
			 const __be32, const u16, const int, const int)
#define SIPOVER_LOOKUP4_PLAIN(net_type)					\
	struct sock *(*)(net_type, const __be32, const __be16,		\
			 const __be32, const u16, const int, const int)
#define SIPOVER_LOOKUP6_HASHINFO(net_type)				\
	struct sock *(*)(net_type, struct inet_hashinfo *,		\
			 const struct in6_addr *, const __be16,		\
			 const struct in6_addr *, const u16,		\
			 const int, const int)
#define SIPOVER_LOOKUP6_PLAIN(net_type)					\
	struct sock *(*)(net_type, const struct in6_addr *,		\
			 const __be16, const struct in6_addr *,		\
			 const u16, const int, const int)

#define SIPOVER_HAS_TYPE(fn, type)					\
	__builtin_types_compatible_p(typeof(fn) *, type)

#define SIPOVER_LOOKUP_HAS_HASHINFO					\
	(SIPOVER_HAS_TYPE(__inet_lookup_established,			\
			  SIPOVER_LOOKUP4_HASHINFO(struct net *)) ||	\
	 SIPOVER_HAS_TYPE(__inet_lookup_established,			\
			  SIPOVER_LOOKUP4_HASHINFO(const struct net *)))
#define SIPOVER_LOOKUP_IS_PLAIN						\
	(SIPOVER_HAS_TYPE(__inet_lookup_established,			\
			  SIPOVER_LOOKUP4_PLAIN(struct net *)) ||	\
	 SIPOVER_HAS_TYPE(__inet_lookup_established,			\
			  SIPOVER_LOOKUP4_PLAIN(const struct net *)))
#define SIPOVER_LOOKUP6_HAS_HASHINFO					\
	(SIPOVER_HAS_TYPE(__inet6_lookup_established,			\
			  SIPOVER_LOOKUP6_HASHINFO(struct net *)) ||	\
	 SIPOVER_HAS_TYPE(__inet6_lookup_established,			\
			  SIPOVER_LOOKUP6_HASHINFO(const struct net *)))
#define SIPOVER_LOOKUP6_IS_PLAIN					\
	(SIPOVER_HAS_TYPE(__inet6_lookup_established,			\
			  SIPOVER_LOOKUP6_PLAIN(struct net *)) ||	\
	 SIPOVER_HAS_TYPE(__inet6_lookup_established,			\
			  SIPOVER_LOOKUP6_PLAIN(const struct net *)))

/**
 * sipover_hashinfo() - the table of a namespace's TCP sockets
 * @net: the namespace
 *
 * tcp_death_row is a pointer in 5.18..6.0, the thing itself before and after.
 *
 * Return: the table
 */
static inline struct inet_hashinfo *sipover_hashinfo(struct net *net)
{
	void *row = &net->ipv4.tcp_death_row;

	if (__same_type(net->ipv4.tcp_death_row,
			(struct inet_timewait_death_row *)NULL))
		row = *(struct inet_timewait_death_row **)row;
	return ((struct inet_timewait_death_row *)row)->hashinfo;
}

/**
 * sipover_lookup4() - the TCP socket of a connection, not a listener
 * @net: where
 * @remote: the server's address
 * @rport: the server's port
 * @local: our address
 * @lport: our port, host order
 * @dif: interface the packet came in on
 * @sdif: its l3 master, or 0
 *
 * Return: the socket, to be released by sock_gen_put(), or NULL
 */
static inline struct sock *sipover_lookup4(struct net *net, __be32 remote,
					   __be16 rport, __be32 local,
					   u16 lport, int dif, int sdif)
{
	void *fn = (void *)__inet_lookup_established;

	BUILD_BUG_ON(!SIPOVER_LOOKUP_HAS_HASHINFO && !SIPOVER_LOOKUP_IS_PLAIN);
	if (SIPOVER_LOOKUP_HAS_HASHINFO)
		return ((SIPOVER_LOOKUP4_HASHINFO(struct net *))fn)
			(net, sipover_hashinfo(net),
			 remote, rport, local, lport, dif, sdif);
	return ((SIPOVER_LOOKUP4_PLAIN(struct net *))fn)
		(net, remote, rport, local, lport, dif, sdif);
}

#if IS_ENABLED(CONFIG_IPV6)
/**
 * sipover_lookup6() - as sipover_lookup4(), IPv6
 * @net: where
 * @remote: the server's address
 * @rport: the server's port
 * @local: our address
 * @lport: our port, host order
 * @dif: interface the packet came in on
 * @sdif: its l3 master, or 0
 *
 * Return: the socket, to be released by sock_gen_put(), or NULL
 */
static inline struct sock *sipover_lookup6(struct net *net,
					   const struct in6_addr *remote,
					   __be16 rport,
					   const struct in6_addr *local,
					   u16 lport, int dif, int sdif)
{
	void *fn = (void *)__inet6_lookup_established;

	BUILD_BUG_ON(!SIPOVER_LOOKUP6_HAS_HASHINFO &&
		     !SIPOVER_LOOKUP6_IS_PLAIN);
	if (SIPOVER_LOOKUP6_HAS_HASHINFO)
		return ((SIPOVER_LOOKUP6_HASHINFO(struct net *))fn)
			(net, sipover_hashinfo(net),
			 remote, rport, local, lport, dif, sdif);
	return ((SIPOVER_LOOKUP6_PLAIN(struct net *))fn)
		(net, remote, rport, local, lport, dif, sdif);
}
#endif

#endif /* SIPOVER_COMPAT_INET_HASHTABLES_H */
