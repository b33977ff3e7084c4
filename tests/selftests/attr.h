/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading netlink attributes. */
#ifndef SELFTESTS_ATTR_H
#define SELFTESTS_ATTR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/netlink.h>

typedef void visit(const struct nlattr *attr, void *arg);

static inline int attr_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

static inline const void *attr_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static inline size_t attr_len(const struct nlattr *attr)
{
	return attr->nla_len - (size_t)NLA_HDRLEN;
}

static inline uint64_t integer(const struct nlattr *attr)
{
	const unsigned char *data = attr_data(attr);
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (attr_len(attr)) {
	case 1:
		return *data;
	case 2:
		memcpy(&u16, data, 2);
		return u16;
	case 4:
		memcpy(&u32, data, 4);
		return u32;
	case 8:
		memcpy(&u64, data, 8);
		return u64;
	default:
		return 0;
	}
}

static inline void each_attr(const void *data, size_t len, visit *visit,
			     void *arg)
{
	const char *at = data;

	while (len >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;
		size_t step;

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > len)
			return;
		visit(attr, arg);
		step = NLA_ALIGN(attr->nla_len);
		if (step >= len)
			return;
		at += step;
		len -= step;
	}
}

#endif
