#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The alerts: well formed, and each fires when it should (rules_test.yml).
here=$(cd "$(dirname "$0")" && pwd -P)
rules=$here/../../tools/package/prometheus/sipover.rules.yml
n=0 bad=0

# try NAME COMMAND...
try()
{
	local name=$1 out
	shift

	n=$((n + 1))
	if out=$("$@" 2>&1); then
		echo "ok $n - $name"
	else
		bad=1
		sed 's/^/# /' <<<"$out"
		echo "not ok $n - $name"
	fi
}

# Every alert has a test under which it fires.
each_fires()
{
	local name rc=0

	while read -r name; do
		grep -A 1 "alertname: $name\$" "$here/rules_test.yml" |
			grep -q exp_alerts || { echo "$name never fires"; rc=1; }
	done < <(sed -n 's/^ *- alert: //p' "$rules")
	return "$rc"
}

try "the rules are well formed" promtool check rules "$rules"
try "alerts fire, and do not" promtool test rules "$here/rules_test.yml"
try "each of them does" each_fires
echo "1..$n"
exit $bad
