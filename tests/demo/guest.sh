#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The demo's cases, run inside the guest (tests/demo/run boots it): the real
# module, two real Kamailio registrars, a baresip callee (lab.sh draws them).
#
# usage: guest.sh [CASE...]
# environment: LAB_BIN, the programs; LAB_OUT, where logs of a failed run go
set -u
LAB_SRC=$(cd "$(dirname "$0")" && pwd)
LAB_BIN=${LAB_BIN:-$LAB_SRC/../../build}
LAB_DIR=${LAB_DIR:-$(mktemp -d)}
. "$LAB_SRC/lab.sh"

# The timers column is shortened: its T1 is 100 ms instead of 500 ms, so
# multiply it by five for a phone with RFC 3261's default.
T1=500
T1_TIMERS=100
BACKUP="server=$B:5060"
failed=0

leave() {
	lab_down
	[ -z "${LAB_OUT:-}" ] || cp -r "$LAB_DIR/." "$LAB_OUT/"
	rm -rf "$LAB_DIR"
}
trap leave EXIT

# begin TRANSPORT EXPIRES: A and B serve, three phones are registered at A.
begin() {
	local p

	[ -n "${LAB_PID[a]:-}" ] || server_start a || return 1
	for p in $LAB_PHONES; do
		phone_start "$p" "$1" "$2" \
			"$([ "$p" = timers ] && echo $T1_TIMERS || echo $T1)"
	done
	for p in $LAB_PHONES; do
		wait_for 20 logged "$p" "^<.>[0-9.]+ registered "
		# The module remembers that A was dead in the case before, so
		# this daemon began at B: forget that, as a user would (C-25).
		logged "$p" "server adopted server=$A" && ctl "$p" register demo
		wait_for 20 logged "$p" "^<.>[0-9.]+ registered .*server=$A" ||
			{ echo "$p did not register at A" >&2; return 1; }
	done
	wait_for 10 logged module "module watches" ||
		{ echo "the module was not adopted" >&2; return 1; }
}

mark() { local p; for p in $LAB_PHONES; do phone_mark "$p"; done; }

all_logged() {	# SECONDS REGEX
	local p

	for p in $LAB_PHONES; do
		wait_for "$1" logged "$p" "$2" ||
			{ echo "$p: no '$2' in its log" >&2; tail -n 40 "$LAB_DIR/$p/log" >&2; return 1; }
	done
}

# finish CASE FROM DONE
finish() {
	/usr/bin/python3 "$LAB_SRC/timeline.py" "$1" "$LAB_DIR" "$2" "$3" ||
		failed=$((failed + 1))
	phones_stop
}

dial() {
	local p

	for p in $LAB_PHONES; do
		ctl "$p" call demo sip:callee@lab.test >/dev/null || return 1
	done
}

hang_up() {
	local p

	for p in $LAB_PHONES; do
		ctl "$p" hangup 1 >/dev/null || return 1
	done
}

# What the phones wrote lies unread in A's sockets: killing A now makes the
# stack answer with RST.
unread_at_a() {
	[ "$(in_ns a ss -Htn state established sport = :5060 |
		awk '$1 > 0' | wc -l)" -ge "$(wc -w <<<"$LAB_PHONES")" ]
}

case_udp_refresh() {
	begin udp 6 || return 1
	mark
	server_kill a
	all_logged 30 "registered .*$BACKUP"
	finish udp-refresh "^tx .*REGISTER server=$A" "^registered .*$BACKUP"
}

case_udp_invite() {
	begin udp 3600 || return 1
	mark
	server_kill a
	dial
	all_logged 30 "call .*state=up"
	finish udp-invite "^tx .*INVITE server=$A" "^rx .*INVITE status=200 $BACKUP"
}

case_udp_bye() {
	begin udp 3600 && dial && all_logged 20 "call .*state=up" || return 1
	mark
	server_kill a
	hang_up
	all_logged 30 "rx .*BYE status=200 $BACKUP"
	finish udp-bye "^tx .*BYE server=$A" "^rx .*BYE status=200 $BACKUP"
}

case_udp_soft_error() {
	begin udp 3600 || return 1
	mark
	in_ns rt ip route add unreachable $A/32
	dial
	all_logged 30 "call .*state=up"
	finish udp-soft-error "^tx .*INVITE server=$A" \
		"^rx .*INVITE status=200 $BACKUP"
	in_ns rt ip route del unreachable $A/32
}

case_tcp_idle_fin() {
	begin tcp 6 || return 1
	mark
	server_kill a
	all_logged 30 "registered .*$BACKUP"
	finish tcp-idle-fin "^kernel .*cause=tcp_fin" "^registered .*$BACKUP"
}

case_tcp_rst_with_request_pending() {
	begin tcp 3600 || return 1
	mark
	server_signal a STOP
	dial
	wait_for 10 unread_at_a || return 1
	server_kill a
	all_logged 30 "call .*state=up"
	finish tcp-rst-with-request-pending "^kernel .*cause=tcp_reset" \
		"^rx .*INVITE status=200 $BACKUP"
}

case_tcp_bye() {
	begin tcp 3600 && dial && all_logged 20 "call .*state=up" || return 1
	mark
	server_signal a STOP
	hang_up
	wait_for 10 unread_at_a || return 1
	server_kill a
	all_logged 30 "rx .*BYE status=200 $BACKUP"
	finish tcp-bye "^kernel .*cause=tcp_reset" "^rx .*BYE status=200 $BACKUP"
}

case_failback() {
	local LAB_FAILBACK=10 p

	begin udp 6 || return 1
	server_kill a
	all_logged 30 "registered .*$BACKUP" || return 1
	mark
	server_start a
	all_logged 40 "failover .*new=$A"
	finish failback "^tx .*REGISTER server=$A.*" "^failover .*new=$A"
}

main() {
	local c

	lab_up && server_start a && server_start b || exit 1
	[ $# -gt 0 ] || set -- udp-refresh udp-invite udp-bye udp-soft-error \
		tcp-idle-fin tcp-rst-with-request-pending tcp-bye failback
	for c; do
		"case_${c//-/_}" || {
			echo "demo: case=$c result=FAIL (see above)"
			failed=$((failed + 1))
			phones_stop
		}
		[ -z "${LAB_PID[a]:-}" ] || server_kill a
	done
	echo "timers_ms at T1 = $T1_TIMERS ms: five times that at the default"
	[ $failed -eq 0 ]
}

main "$@"
