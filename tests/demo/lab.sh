# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The lab: three phones, a router, two registrars, one callee, each in its own
# network namespace.  Sourced by the demo; needs root, Kamailio, baresip.
#
#   module  10.9.11.2 --\                    /-- 10.9.1.2  a  primary Kamailio
#   sockets 10.9.12.2 ---+-- router (rt) ---+--- 10.9.2.2  b  backup Kamailio
#   timers  10.9.13.2 --/   10 ms to phones  \-- 10.9.3.2  callee (baresip)
#
# The three phones differ in the test-only key "detect" alone; one death of A
# is measured by all three at once.

LAB_DIR=${LAB_DIR:?}            # logs, sockets, pid files
LAB_SRC=${LAB_SRC:?}            # where this file lies
LAB_BIN=${LAB_BIN:?}            # sipoverd, sipoverctl
LAB_NS=so$$
LAB_PHONES="module sockets timers"
A=10.9.1.2 B=10.9.2.2 CALLEE=10.9.3.2
declare -A LAB_PID

phone_addr() {
	case $1 in
	module) echo 10.9.11.2 ;;
	sockets) echo 10.9.12.2 ;;
	timers) echo 10.9.13.2 ;;
	esac
}

in_ns() { local ns=$1; shift; ip netns exec "$LAB_NS-$ns" "$@"; }

# wait_for SECONDS COMMAND...: until COMMAND succeeds.
wait_for() {
	local end=$((SECONDS + $1)); shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		read -rt 0.02 <> <(:) || true
	done
}

host_up() {
	local name=$1 addr=$2 gw=${2%.*}.1

	ip netns add "$LAB_NS-$name"
	ip link add "v-$name" netns "$LAB_NS-rt" type veth \
		peer name eth0 netns "$LAB_NS-$name"
	in_ns rt ip addr add "$gw/24" dev "v-$name"
	in_ns rt ip link set "v-$name" up
	in_ns "$name" ip link set lo up
	in_ns "$name" ip addr add "$addr/24" dev eth0
	in_ns "$name" ip link set eth0 up
	in_ns "$name" ip route add default via "$gw"
	in_ns "$name" sysctl -qw net.ipv4.icmp_ratelimit=0 \
		net.ipv4.icmp_ratemask=0
}

# The far end of every call: a user agent that answers at once.  It sends its
# responses where the Via says, so a BYE may come by either server; its media is
# sent to nobody (no audio modules are loaded).
callee_start() {
	local dir=$LAB_DIR/callee

	mkdir -p "$dir"
	cat >"$dir/config" <<-END
	sip_listen $CALLEE:5060
	call_local_timeout 3600
	call_max_calls 64
	module_path /usr/lib/baresip/modules
	module g711.so
	module_app account.so
	module_app menu.so
	END
	echo "<sip:callee@$CALLEE>;regint=0;answermode=auto" >"$dir/accounts"
	# Not by in_ns: $! is to be the program, not a subshell.
	ip netns exec "$LAB_NS-callee" baresip -f "$dir" \
		>"$LAB_DIR/callee.log" 2>&1 </dev/null &
	LAB_PID[callee]=$!
}

lab_up() {
	local p

	mkdir -p "$LAB_DIR"
	ip netns add "$LAB_NS-rt"
	in_ns rt ip link set lo up
	in_ns rt sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 \
		net.ipv4.icmp_ratemask=0
	# Unreachable routes answer at most once a second otherwise.
	sysctl -qw net.ipv4.route.error_cost=0 2>/dev/null || true
	host_up a $A
	host_up b $B
	host_up callee $CALLEE
	for p in $LAB_PHONES; do
		host_up "$p" "$(phone_addr "$p")"
		in_ns rt tc qdisc add dev "v-$p" root netem delay 10ms
	done
	callee_start
	wait_for 20 in_ns callee sh -c 'ss -Hlun sport = :5060 | grep -q .'
}

lab_down() {
	local k

	for k in "${!LAB_PID[@]}"; do
		case $k in
		a|b) kill -9 -- "-${LAB_PID[$k]}" ;;
		*) kill -9 "${LAB_PID[$k]}" ;;
		esac 2>/dev/null
		wait "${LAB_PID[$k]}" 2>/dev/null
	done
	LAB_PID=()
	for k in rt a b callee $LAB_PHONES; do
		ip netns del "$LAB_NS-$k" 2>/dev/null
	done
}

server_listens() {
	in_ns "$1" sh -c 'ss -Hlun sport = :5060 | grep -q . &&
		ss -Hltn sport = :5060 | grep -q .'
}

# server_start a|b: in its own process group, so that one kill ends it all.  They
# challenge with different algorithms, as nothing says they share one (R-29).
server_start() {
	local own=$A other=$B algorithm=MD5

	[ "$1" = a ] || { own=$B; other=$A; algorithm=SHA-256; }
	sed -e "s/@OWN@/$own/; s/@OTHER@/$other/; s/@CALLEE@/$CALLEE/g" \
		-e "s/@ALGORITHM@/$algorithm/" \
		"$LAB_SRC/kamailio.cfg.in" >"$LAB_DIR/kamailio-$1.cfg"
	setsid ip netns exec "$LAB_NS-$1" kamailio -DD -E -m 16 -M 2 \
		-f "$LAB_DIR/kamailio-$1.cfg" -P "$LAB_DIR/$1.pid" \
		>>"$LAB_DIR/kamailio-$1.log" 2>&1 </dev/null &
	LAB_PID[$1]=$!
	wait_for 30 server_listens "$1" || {
		echo "kamailio $1 did not start:" >&2
		tail -5 "$LAB_DIR/kamailio-$1.log" >&2
		return 1
	}
}

server_signal() { kill "-$2" -- "-${LAB_PID[$1]}"; }

server_kill() {
	server_signal "$1" KILL
	wait "${LAB_PID[$1]}" 2>/dev/null
	unset "LAB_PID[$1]"
}

# phone_start NAME TRANSPORT EXPIRES T1
phone_start() {
	local name=$1 dir=$LAB_DIR/$1

	rm -rf "$dir" && mkdir -p "$dir"
	cat >"$dir/sipoverd.conf" <<-END
	control = '$dir/control.sock'
	state_dir = '$dir'
	local_v4 = '$(phone_addr "$name")'
	local_v6 = ''
	detect = '$name'
	t1 = $4
	probe_interval = 0
	line "demo" {
		user = 'phone-$name'
		domain = 'lab.test'
		password = 'secret-phone-$name'
		profile = 'fanvil'
		failback_interval = ${LAB_FAILBACK:-1800}
		server { address = '$A' transport = '$2' expires = $3 }
		server { address = '$B' transport = '$2' expires = $3 }
	}
	END
	ip netns exec "$LAB_NS-$name" "$LAB_BIN/sipoverd" -c "$dir/sipoverd.conf" \
		2>"$dir/log" </dev/null &
	LAB_PID[$name]=$!
}

phones_stop() {
	local p

	for p in $LAB_PHONES; do
		[ -z "${LAB_PID[$p]:-}" ] || kill -TERM "${LAB_PID[$p]}"
	done
	for p in $LAB_PHONES; do
		[ -z "${LAB_PID[$p]:-}" ] || wait "${LAB_PID[$p]}"
		unset "LAB_PID[$p]"
	done
}

ctl() {
	local name=$1; shift
	"$LAB_BIN/sipoverctl" --socket "$LAB_DIR/$name/control.sock" "$@"
}

# phone_mark NAME: what the log says from here on belongs to the case.
phone_mark() { wc -l <"$LAB_DIR/$1/log" >"$LAB_DIR/$1/mark"; }

# logged NAME REGEX: in the log since the mark.
logged() {
	local mark

	mark=$(cat "$LAB_DIR/$1/mark" 2>/dev/null || echo 0)
	tail -n +$((mark + 1)) "$LAB_DIR/$1/log" 2>/dev/null | grep -qE "$2"
}
