// SPDX-License-Identifier: BSD-2-Clause
/* Copyright (C) 2026 The sipover authors */
#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"

/* Until Linux 5.12 a ring's memory counts as locked, and 64 KiB is what a user
 * has; so much is what the daemon's takes, with room. */
#define MEMLOCK_MIN (8 << 20)

static void raise_memlock(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_MEMLOCK, &lim) || lim.rlim_cur >= MEMLOCK_MIN)
		return;
	lim.rlim_cur = MEMLOCK_MIN;
	if (lim.rlim_max < MEMLOCK_MIN)
		lim.rlim_max = MEMLOCK_MIN;
	/* What it is short of then, the ring says. */
	if (setrlimit(RLIMIT_MEMLOCK, &lim))
		log_warning("RLIMIT_MEMLOCK not raised: %s", strerror(errno));
}

/* What no program that is started from here could get back. */
static int drop_bounding(void)
{
	int cap;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (cap != CAP_NET_ADMIN &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return -errno;
	return 0;
}

static int keep(uint32_t caps)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps },
	};

	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

static int become(const struct passwd *pw)
{
	int ret = drop_bounding();

	if (ret)
		return ret;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) ||
	    initgroups(pw->pw_name, pw->pw_gid) ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
		return -errno;
	ret = keep(1u << CAP_NET_ADMIN);
	if (ret) {
		/* Root of a container may have none to keep. */
		log_warning("CAP_NET_ADMIN cannot be kept: %s; without the module",
			    strerror(-ret));
		ret = keep(0);
	}
	if (!ret && prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
		ret = -errno;
	return ret;
}

int privilege_drop(const char *user)
{
	const struct passwd *pw;
	int ret;

	errno = 0;
	/* cppcheck-suppress getpwnamCalled ; one thread */
	pw = getpwnam(user);
	if (!pw) {
		ret = errno ? -errno : -ENOENT;
		log_error("user %s: %s", user, ret == -ENOENT ? "there is none" :
			  strerror(-ret));
		return ret;
	}
	if (geteuid()) {
		if (geteuid() == pw->pw_uid)
			return 0;
		log_error("user %s: only root can become another user", user);
		return -EPERM;
	}
	raise_memlock();
	ret = pw->pw_uid ? become(pw) : 0;
	if (ret)
		log_error("user %s: %s", user, strerror(-ret));
	return ret;
}

int privilege_seal(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
#ifndef __SANITIZE_ADDRESS__
	/* LeakSanitizer has to trace its own process. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return -errno;
#endif
	return 0;
}
