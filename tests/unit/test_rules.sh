#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The alerts: well formed, and each fires when it should, not before (rules_test.yml).
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

# ... and, in the test of what is just below, one at which it does not.
each_is_quiet()
{
	local name rc=0 below

	below=$(sed -n '/name: just below each threshold/,$p' "$here/rules_test.yml")
	if grep -q exp_alerts <<<"$below"; then
		echo "something is to fire below its threshold"
		rc=1
	fi
	while read -r name; do
		grep -q "alertname: $name\$" <<<"$below" ||
			{ echo "$name is not tried below its threshold"; rc=1; }
	done < <(sed -n 's/^ *- alert: //p' "$rules")
	return "$rc"
}

try "the rules are well formed" promtool check rules "$rules"
try "alerts fire, and do not" promtool test rules "$here/rules_test.yml"
try "each of them does" each_fires
try "each is tried below its threshold" each_is_quiet
echo "1..$n"
exit $bad
