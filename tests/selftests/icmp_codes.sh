#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Each type and code of section 5 in docs/requirements.md has its cause and
# its effect on the state; others none.  Topology: setup_pair in lib.sh; the
# server sends the errors, each about another of its ports.

# shellcheck source=tests/selftests/lib.sh
. "$(dirname "$0")/lib.sh"
need_module

TEXT="REGISTER sip:server"

# type/code, cause, what it does to the state
V4="4/0 none unknown
5/1 none unknown
8/0 none unknown
11/2 none unknown
13/0 none unknown
3/0 net-unreach unreachable
3/1 host-unreach unreachable
3/2 proto-unreach unreachable
3/3 port-unreach unreachable
3/4 pkt-too-big unknown
3/5 source-route unknown
3/6 net-unknown unreachable
3/7 host-unknown unreachable
3/8 source-isolated unknown
3/9 admin-prohibited unreachable
3/10 admin-prohibited unreachable
3/11 tos-unreach unreachable
3/12 tos-unreach unreachable
3/13 admin-prohibited unreachable
3/14 precedence unknown
3/15 precedence unknown
3/16 icmp-other unknown
11/0 ttl-exceeded unknown
11/1 reassembly unknown
12/0 param-problem unknown"
V6="3/2 none unknown
5/0 none unknown
128/0 none unknown
137/0 none unknown
1/0 net-unreach unreachable
1/1 admin-prohibited unreachable
1/2 source-scope unknown
1/3 host-unreach unreachable
1/4 port-unreach unreachable
1/5 source-policy unreachable
1/6 admin-prohibited unreachable
1/7 icmp-other unknown
2/0 pkt-too-big unknown
3/0 ttl-exceeded unknown
3/1 reassembly unknown
4/0 param-problem unknown
4/1 param-problem unknown
4/2 param-problem unknown"

# nothing_of PORT: neither an event nor a doubt
nothing_of()
{
	record_has udp "$S" "$1" state=unknown mismatched=0 tx-recorded=1 &&
		! event_of "$F" "$1"
}

# codes TABLE
codes()
{
	local code cause state port=6000 n servers=()

	n=$(wc -l <<<"$1")
	for ((port = 6000; port < 6000 + n; port++)); do
		servers+=(udp "$S" "$port")
	done
	watch "$F" "$PHONE" "${servers[@]}"
	in_ns "$PHONE" peer udp-send -x -n "$n" -b 5070 "$S" 6000 "$TEXT" \
		>/dev/null

	n=0 port=6000
	while read -r code cause state; do
		n=$((n + 1))
		in_ns "$SERVER" forge icmp --from "$S" --to "$P" \
			--type "${code%/*}" --code "${code#*/}" \
			--src "$P" --dst "$S" --sport 5070 --dport $port \
			--text "$TEXT $n" >/dev/null
		port=$((port + 1))
	done <<<"$1"

	# In order: when the last one is there, all are.
	busywait "$WAIT_MS" event_of "$F" $((port - 1))

	port=6000
	while read -r code cause state; do
		if [ "$cause" = none ]; then
			check "$F: $code is no error" nothing_of $port
		else
			event_of "$F" $port
			event_has "$F: $code" "icmp=$code" "cause=$cause" \
				"state=$state" grade=strong count=1 "addr=$S" \
				local-port=5070
		fi
		port=$((port + 1))
	done <<<"$1"
}

ktap_start $(($(wc -l <<<"$V4") + $(wc -l <<<"$V6")))
setup_pair
# The server itself is silent.
rules "$SERVER" <<'END'
table inet silent {
	chain in {
		type filter hook input priority 0
		meta l4proto udp drop
	}
}
END
F=v4
use_family v4
codes "$V4"
if has_ipv6; then
	F=v6
	use_family v6
	codes "$V6"
else
	skip "$(wc -l <<<"$V6")" "no IPv6"
fi
ktap_finished
