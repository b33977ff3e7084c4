#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon where the system refuses its ring: a seccomp filter, no memory to
# lock, no descriptors.  It ends with status 71 within a second, says what was
# refused and what to do, and leaves nothing behind.
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-build}

if [ "$(id -u)" != 0 ]; then
	echo "1..1"
	echo "ok 1 - ring refused # SKIP needs root for a network namespace"
	exit 0
fi
[ -n "${IN_NETNS:-}" ] || IN_NETNS=1 exec unshare -n bash "$here/${0##*/}"
ip link set lo up

n=0 bad=0
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
# The user without rights needs both.
cp "$build/sipoverd" "$dir/" && mkdir -m 777 "$dir/run" || exit 1
cat >"$dir/conf" <<EOF
control = '$dir/run/control.sock'
state_dir = ""
local_v4 = 127.0.0.1
local_v6 = ""
port = 0
detect = sockets
line "alice" {
    user = alice
    server { address = 127.0.0.1 }
}
EOF

point()
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		bad=1
		echo "not ok $n - $2"
		sed 's/^/# /' <<<"$said"
	fi
}

# Runs the daemon by that command until it has ended or started; then it is told
# to end.  Sets status, said, ms, started.
daemon()
{
	local since=$EPOCHREALTIME line pid

	said="" started=0
	coproc DAEMON { exec "$@" -c "$dir/conf" 2>&1; }
	pid=$DAEMON_PID
	exec 3<&"${DAEMON[0]}"
	while read -r -t 5 line <&3; do
		said+=$line$'\n'
		case $line in *"agent started"*) started=1; kill -TERM "$pid" ;; esac
	done
	kill -KILL "$pid" 2>/dev/null	# neither within 5 s
	wait "$pid" 2>/dev/null
	status=$?
	exec 3<&-
	ms=$(((${EPOCHREALTIME/./} - ${since/./}) / 1000))
}

# But for the event log, which is meant to be there afterwards.
left_behind()
{
	[ -n "$(find "$dir/run" -mindepth 1 ! -name events ! -name events.old)" ]
}

# refused NAME ADVICE COMMAND...
refused()
{
	local name=$1 advice=$2 lines
	shift 2

	daemon "$@"
	[ "$status" = 71 ]; point $? "$name: status 71 ($status)"
	lines=$(grep -c 'refused' <<<"$said")
	[ "$lines" = 1 ] && grep -q "refused.*$advice" <<<"$said"
	point $? "$name: one message, with \"$advice\""
	[ "$ms" -lt 1000 ]; point $? "$name: within a second ($ms ms)"
	! left_behind; point $? "$name: nothing is left"
}

old="$build/unit/old_kernel"
daemon "$dir/sipoverd"
[ $started = 1 ] && [ "$status" = 0 ]; point $? "it starts and ends where it may"
! left_behind; point $? "and leaves nothing"
refused "EPERM by seccomp" "seccomp filter" "$old" -e 1 "$dir/sipoverd"
refused "EPERM by sysctl" "kernel.io_uring_disabled" "$old" -e 1 "$dir/sipoverd"
refused "ENOSYS" "Linux 5.10" "$old" -e 38 "$dir/sipoverd"
refused "ENOMEM" "RLIMIT_MEMLOCK" "$old" -e 12 "$dir/sipoverd"
refused "EINVAL" "unexpected" "$old" -e 22 "$dir/sipoverd"

# Some kernels count only what is registered, others (6.18) the rings as
# well; for a user without CAP_IPC_LOCK, and a while longer than the ring lives:
# a user of its own for each.  ASan needs descriptors for its own.
export ASAN_OPTIONS=detect_leaks=0
uid=$((100000 + $$ % 100000 * 100)) enough=0
for kib in 0 4 8 16 24 32 40 48 56 64 80 96 128; do
	uid=$((uid + 1))
	daemon bash -c "ulimit -l $kib; exec setpriv --reuid $uid --regid $uid \
		--clear-groups"' "$@"' bash "$dir/sipoverd"
	if [ $started = 1 ]; then
		[ "$status" = 0 ]; point $? "$kib KiB to lock are enough"
		enough=1
	else
		[ "$status" = 71 ] && [ $enough = 0 ] &&
			grep -q 'refused.*RLIMIT_MEMLOCK' <<<"$said" && [ "$ms" -lt 1000 ]
		point $? "$kib KiB to lock are too few, it says so"
	fi
	! left_behind; point $? "$kib KiB: nothing is left"
done
[ $enough = 1 ]; point $? "128 KiB suffice"

for files in $(seq 4 20); do
	daemon bash -c "ulimit -n $files"'; exec "$@"' bash "$dir/sipoverd"
	if [ $started = 1 ]; then
		[ "$status" = 0 ]; point $? "$files descriptors are enough"
	else
		[ "$status" = 71 ] && grep -q 'Too many open files' <<<"$said" &&
			[ "$ms" -lt 1000 ]
		point $? "$files descriptors are too few, it says so"
	fi
	! left_behind; point $? "$files descriptors: nothing is left"
done
[ $started = 1 ]; point $? "20 suffice"
echo "1..$n"
exit $bad
