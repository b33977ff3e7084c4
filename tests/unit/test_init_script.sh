#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# tools/package/init/sipoverd in a small root: with BusyBox alone, and with dash
# and dpkg's start-stop-daemon.  Started, killed, reloaded, ended; twice started;
# a wrong configuration; no such user.
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$(readlink -f "${BUILD:-build}")

if [ "$(id -u)" != 0 ]; then
	echo "1..1"
	echo "ok 1 - init script # SKIP needs root for a small root directory"
	exit 0
fi
# Its own processes: none is left when this ends.
[ -n "${IN_NETNS:-}" ] || IN_NETNS=1 exec unshare --net --mount --pid --fork \
	--kill-child --mount-proc bash "$here/${0##*/}"
ip link set lo up

n=0 bad=0
root=$(mktemp -d) || exit 1
trap 'umount -l -R "$root/usr" "$root/proc" "$root/dev"; rm -rf --one-file-system "$root"' EXIT
mkfifo "$root/never"

# point STATUS WHAT
point()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $shell: $2"
	else
		bad=1
		echo "not ok $n - $shell: $2"
		sed 's/^/# /' "$root/out" 2>/dev/null
	fi
}

make_root()
{
	local applet

	mkdir -p "$root"/{bin,dev,etc/init.d,etc/default,etc/sipover,opt,proc,run,tmp,usr,var/lib}
	ln -s usr/lib usr/lib64 "$root/"
	mount --rbind -o ro /usr "$root/usr"
	mount -t proc proc "$root/proc"
	mount -t tmpfs -o mode=755 dev "$root/dev"
	mknod -m 666 "$root/dev/null" c 1 3
	mknod -m 666 "$root/dev/urandom" c 1 9
	cp "$(command -v busybox)" "$root/bin/busybox"
	chmod 755 "$root"
	for applet in $("$root/bin/busybox" --list | grep -vx busybox); do
		ln -sf busybox "$root/bin/$applet"
	done
	echo root:x:0:0::/:/bin/sh >"$root/etc/passwd"
	echo sipover:x:64321:64321::/:/bin/false >>"$root/etc/passwd"
	printf 'root:x:0:\nsipover:x:64321:\n' >"$root/etc/group"
	cp "$build/sipoverd" "$root/opt/sipoverd"
	cp "$top/tools/package/init/sipoverd" "$root/etc/init.d/"
	echo 'DAEMON=/opt/sipoverd PAUSE=0.1' >"$root/etc/default/sipoverd"
}

configure()
{
	cat >"$root/etc/sipover/sipoverd.conf" <<-END
		local_v4 = 127.0.0.1
		local_v6 = ""
		detect = sockets
		$1
	END
}

# Without the right to load a module: that is the guest's business.
script() { chroot "$root" /usr/bin/setpriv --bounding-set -sys_module \
	/usr/bin/env -i PATH=/bin /etc/init.d/sipoverd "$@" >"$root/out" 2>&1; }

# holds COMMAND...: within ten seconds
holds()
{
	local i

	for ((i = 0; i < 200; i++)); do
		"$@" && return
		read -r -t 0.05 <>"$root/never"
	done
	return 1
}

pid() { cat "$root/run/sipoverd.pid" 2>/dev/null; }
listens() { [ -S "$root/run/sipover/control.sock" ]; }
# another PID: a daemon that is not that one
another() { [ -n "$(pid)" ] && [ "$(pid)" != "$1" ] && kill -0 "$(pid)" 2>/dev/null; }
no_process() { ! pgrep -f /opt/sipoverd >/dev/null; }

play()
{
	local first second name

	configure ""
	script status
	[ $? = 3 ]
	point $? "status 3 before it runs"
	script start
	point $? "it starts"
	holds listens
	point $? "the daemon listens"
	first=$(pid)
	grep -q '^Uid:	64321	64321	64321	64321$' "/proc/$first/status"
	point $? "as its own user"
	grep -q '^CapEff:	0*1000$' "/proc/$first/status"
	point $? "with CAP_NET_ADMIN alone"
	script status
	point $? "status says that it runs"
	script start && [ "$(pid)" = "$first" ]
	point $? "a second start changes nothing"
	name=$(cat "$root/var/lib/sipover/instance-id")
	kill -KILL "$first"
	holds another "$first"
	point $? "killed, it is started again"
	second=$(pid)
	[ -n "$name" ] && [ "$(cat "$root/var/lib/sipover/instance-id")" = "$name" ]
	point $? "by the same name"
	holds grep -qs "agent started" "$root/tmp/log"
	point $? "what it logs goes to the system's log"
	script reload
	point $? "it can be told to read its configuration"
	kill -0 "$second" 2>/dev/null && [ "$(pid)" = "$second" ]
	point $? "and goes on"
	script restart
	point $? "restarted"
	holds another "$second"
	point $? "it is another process"
	script stop
	point $? "it stops"
	holds no_process
	point $? "nothing of it is left"
	script stop
	point $? "to stop it twice is no mistake"
	configure "no_such_key = 1"
	! script start && grep -q "sipoverd.conf:4: " "$root/out" && no_process
	point $? "a wrong configuration is named, and nothing is started"
	configure ""
	echo 'DAEMON=/opt/sipoverd USER=nobody-here' >"$root/etc/default/sipoverd"
	! script start
	point $? "nor for a user that there is not"
	echo 'DAEMON=/opt/sipoverd PAUSE=0.1' >"$root/etc/default/sipoverd"
	: >"$root/tmp/log"
}

make_root
chroot "$root" /bin/busybox syslogd -O /tmp/log
shell=busybox
play
cp "$(command -v dash)" "$root/bin/dash"
ln -sf dash "$root/bin/sh"
rm "$root/bin/start-stop-daemon"
cp "$(command -v start-stop-daemon)" "$root/bin/"
shell=dash
play
echo "1..$n"
exit $bad
