#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Metrics: what promtool says to them, that they are right after a known
failover, and that many lines do not make many series.

usage: sipoverd_metrics_test.py BUILD      (in a network namespace of its own)
"""
import json
import os
import re
import subprocess
import sys

from sipoverd_lab import (A, B, BUILD, Daemon, Server, ok, points,
                          registered_at, servers, until)

PACKAGE = os.path.dirname(os.path.abspath(__file__)) + "/../../tools/package"
NAME_A, NAME_B = A + ":5060;udp", B + ":5060;udp"


def text(d):
    got = subprocess.run([BUILD + "/sipoverctl", "--socket", d.path,
                          "metrics"], capture_output=True, text=True)
    return got.stdout if got.returncode == 0 else ""


def samples(d):
    """"name{labels}" to number."""
    rows = [line.rsplit(" ", 1) for line in text(d).splitlines()
            if not line.startswith("#")]
    return {name: float(value) for name, value in rows}


def promtool(d):
    got = subprocess.run(["promtool", "check", "metrics"], input=text(d),
                         capture_output=True, text=True)
    for line in (got.stdout + got.stderr).splitlines():
        print("# " + line)
    return got.returncode == 0 and not got.stdout and not got.stderr


def check_form(d):
    body = text(d)
    helps = re.findall(r"^# HELP (\S+) (.*)$", body, re.M)
    types = re.findall(r"^# TYPE (\S+) (\S+)$", body, re.M)
    ok(len(helps) > 90 and [h[0] for h in helps] == [t[0] for t in types] and
       len({h[0] for h in helps}) == len(helps) and
       all(h[1].endswith(".") for h in helps),
       "each metric has a sentence of help and a type, once")
    ok(promtool(d), "promtool has nothing against them")
    counters = d.call("stats")["result"]["counters"]
    have = samples(d)
    missing = [c for c in counters if f"sipover_{c}_total" not in have and
               f'sipover_rx_bad_total{{reason="{c[7:]}"}}' not in have]
    ok(not missing, f"every counter of stats is there {missing}")
    ok(have["sipover_tx_requests_total"] == counters["tx_requests"],
       "with its number")


def named(expressions):
    """The metrics of PromQL; labels and values in quotes are none."""
    bare = re.sub(r'"[^"]*"', "", "\n".join(expressions))
    return set(re.findall(r"\bsipover_\w+", bare))


def check_users(d):
    """Alerts and dashboard ask for nothing that is not there."""
    have = {name.partition("{")[0] for name in samples(d)}
    # Comes with the first evidence; test_failover() sees it.
    have.add("sipover_server_evidence_total")
    with open(PACKAGE + "/prometheus/sipover.rules.yml") as f:
        rules = [line for line in f if not re.match(r"\s*#|\s*- name:", line)]
    missing = named(rules) - have
    ok(len(named(rules)) >= 12 and not missing,
       f"every metric of the alerts is exported {sorted(missing)}")
    with open(PACKAGE + "/grafana/sipover.json") as f:
        board = json.load(f)
    asked = [t["expr"] for p in board["panels"] for t in p["targets"]]
    missing = named(asked) - have
    ok(len(asked) > 30 and not missing,
       f"and of the dashboard {sorted(missing)}")
    ok(all("instance=~\"$instance\"" in e for e in asked) and
       len({p["id"] for p in board["panels"]}) == len(board["panels"]),
       "which asks for the phones that were chosen")
    rules = d.dir + "/rules"
    with open(rules, "w") as f:
        json.dump({"groups": [{"name": "g", "rules": [
            {"record": f"r{i}", "expr": e.replace("$__interval", "5m")}
            for i, e in enumerate(asked)]}]}, f)
    got = subprocess.run(["promtool", "check", "rules", rules],
                         capture_output=True, text=True)
    ok(got.returncode == 0, "in PromQL " + got.stderr.strip())


def test_failover(a, b):
    d = Daemon(line="failback_interval = 10", probe=1)
    ok(until(lambda: registered_at(d, A)), "registered at A")
    m = samples(d)
    ok(m[f'sipover_server_health{{server="{NAME_A}",health="up"}}'] == 1 and
       m[f'sipover_server_health{{server="{NAME_A}",health="down"}}'] == 0 and
       m['sipover_lines{state="registered"}'] == 1 and
       m['sipover_lines_working{place="primary"}'] == 1 and
       m['sipover_bindings'] == 1 and
       m['sipover_line_registered{line="alice"}'] == 1 and
       m['sipover_failover_seconds_count{source="socket"}'] == 0,
       "all is well")
    check_form(d)
    check_users(d)

    a.down()
    number = d.dial()
    ok(until(lambda: d.state(number) == "up" and registered_at(d, B)),
       "A is dead: the call comes up by B")
    m = samples(d)
    ok(m[f'sipover_server_health{{server="{NAME_A}",health="down"}}'] == 1 and
       m[f'sipover_server_lines{{server="{NAME_B}"}}'] == 1 and
       m['sipover_servers{health="down"}'] == 1 and
       m['sipover_lines_working{place="backup"}'] == 1 and
       m['sipover_line_server_index{line="alice"}'] == 1,
       "who is dead, and who works")
    ok(m[f'sipover_server_evidence_total{{server="{NAME_A}",'
         'cause="port_unreach"}'] >= 1 and
       m['sipover_evidence_total{cause="port_unreach"}'] >= 1, "why")
    ok(m["sipover_failovers_total"] == 1 and all(
        m[f'sipover_{name}_seconds_count{{source="socket"}}'] == 1 and
        m[f'sipover_{name}_seconds_bucket{{source="socket",le="+Inf"}}'] == 1
        for name in ("detection", "next_server", "failover")),
       "one failover, found by the socket")
    f = d.call("failovers")["result"]["failovers"][0]
    at = {}
    for s in f["steps"]:
        at.setdefault(s["what"], s["at_us"])
    took = {name: m[f'sipover_{name}_seconds_sum{{source="socket"}}'] * 1e6
            for name in ("detection", "next_server", "failover")}
    ok(all(abs(took[name] - (at[what] - at["evidence"])) <= 1 for name, what in
           (("detection", "verdict"), ("next_server", "sent"),
            ("failover", "moved"))), f"as long as its timeline says {took}")
    ok(m['sipover_calls{state="up"}'] == 1, "the call is there")
    d.call("hangup", call=number)
    ok(until(lambda: samples(d)['sipover_calls_ended_total{direction="out",'
                                'end="answered"}'] == 1), "then it is over")
    b.script["INVITE"] = lambda msg, peer: b.answer(msg, peer, "486 Busy Here")
    d.dial()
    ok(until(lambda: samples(d)['sipover_calls_ended_total{direction="out",'
                                'end="rejected"}'] == 1), "one is refused")
    b.script.clear()
    a.up()
    ok(until(lambda: registered_at(d, A), 20), "A is back")
    m = samples(d)
    ok(m["sipover_failbacks_total"] == 1 and
       m['sipover_failover_seconds_count{source="socket"}'] == 1,
       "a failback is no failover")
    d.end()


def test_many(a, b):
    lines = "".join(f"""line "l{i}" {{ user = l{i} domain = example.com
        server {{ address = '{A}' }} }}
""" for i in range(70))
    a.script["REGISTER"] = lambda m, peer: a.answer(
        m, peer, "200 OK", ["Contact: %s;expires=300" % m.get("Contact")])
    d = Daemon(top=lines)
    ok(until(lambda: all(x["state"] == "registered"
                         for x in d.status()["lines"]), 60), "71 lines")
    a.script.clear()
    m = samples(d)
    ok(m['sipover_series_left_out{of="lines"}'] == 71 and
       m['sipover_series_left_out{of="servers"}'] == 0 and
       not any("line=" in name for name in m) and
       sum(v for k, v in m.items() if k.startswith("sipover_lines{")) == 71 and
       sum(v for k, v in m.items()
           if k.startswith("sipover_lines_working{")) == 71 and len(m) < 500,
       f"are told as sums: {len(m)} samples")
    ok(promtool(d), "in good form as well")
    d.end()


def main():
    a, b = Server(A), Server(B)
    test_failover(a, b)
    test_many(a, b)
    for s in servers:
        s.down()
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
