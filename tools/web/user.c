// SPDX-License-Identifier: BSD-2-Clause
#include "user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sysexits.h>
#include <unistd.h>

#include "say.h"

static const struct passwd *find(const char *name)
{
	/* cppcheck-suppress getpwnamCalled ; there is one thread */
	return name ? getpwnam(name) : NULL;
}

int user_check(const char *name)
{
	const struct passwd *pw = find(name);

	if (name && !pw) {
		complain("--user %s: no such user", name);
		return EX_NOUSER;
	}
	if (geteuid() != 0 && getuid() != 0) {
		if (!pw || pw->pw_uid == geteuid())
			return EX_OK;
		complain("--user %s: only root can become another user", name);
		return EX_NOPERM;
	}
	if (!pw) {
		complain("will not run as root: say --user NAME");
		return EX_NOPERM;
	}
	if (pw->pw_uid == 0) {
		complain("--user %s: that is root", name);
		return EX_NOPERM;
	}
	return EX_OK;
}

int user_become(const char *name)
{
	const struct passwd *pw = find(name);

	if (pw && geteuid() == 0 &&
	    (initgroups(name, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0 ||
	     setuid(pw->pw_uid) != 0)) {
		complain("--user %s: %s", name, strerror(errno));
		return EX_OSERR;
	}
	/* Not even by mistake: a core file would hold the key. */
	if (geteuid() == 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
		complain("cannot give up privileges: %s", strerror(errno));
		return EX_OSERR;
	}
	return EX_OK;
}
