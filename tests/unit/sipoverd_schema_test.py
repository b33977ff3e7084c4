#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""docs/control.schema.json: a schema, its examples fit it, it has the daemon's
methods and events and no others, docs/control.md too, and the daemon takes and
refuses the params that it says.  What the daemon answers and tells is held
against it in every sipoverd_*_test.py (control_schema.py).

usage: sipoverd_schema_test.py BUILD      (in a network namespace of its own)
"""
import glob
import json
import os
import re
import sys

from control_schema import DEFS, ROOT, SCHEMA, jsonschema, names, wrong
from sipoverd_lab import (A, B, Daemon, Server, ok, points, registered_at,
                          until)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def event_types():
    """Those that the source tells."""
    text = "".join(read(f) for f in glob.glob("userspace/agent*.c",
                                              root_dir=ROOT))
    told = r'(?:"type",\s*(?:json_string\()?|\btell\(a, [^,]*,\s*)"([a-z_]+)"'
    return set(re.findall(told, text))


def documented(section):
    """The names in the first column of a table of docs/control.md."""
    text = read("docs/control.md").split(f"\n## {section}\n", 1)[1]
    rows = re.findall(r"^\| (`[^|]*`) \|", text.split("\n## ")[0], re.M)
    return {n for row in rows for n in re.findall(r"`([a-z_]+)`", row)}


def test_schema():
    try:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        bad = None
    except jsonschema.exceptions.SchemaError as e:
        bad = e.message
    ok(not bad, f"it is a schema of draft 2020-12{': ' + bad if bad else ''}")
    for name in [n for n in DEFS if "." in n] + ["request", "answer",
                                                 "notification"]:
        examples = DEFS[name].get("examples", [])
        found = [bad for bad in (wrong(name, e) for e in examples) if bad]
        ok(not found and examples,
           f"{name}: {len(examples)} examples fit {found or ''}")
    refs = set(re.findall(r'"#/\$defs/([^"]*)"', json.dumps(SCHEMA)))
    ok(refs <= set(DEFS), f"what it refers to is there {refs - set(DEFS) or ''}")
    ok(wrong("method.hold", {"params": {"call": 1}, "result": {"x": 1}}) and
       wrong("method.hold", {"params": {}, "result": {}}) and
       wrong("event.nothing", {}) and
       wrong("event.failover", {"time_us": 1, "type": "failover"}) and
       wrong("server", "192.0.2.1:5060"), "and a mistake does not fit")


def test_lists(d):
    hello = d.call("hello")["result"]
    ok(set(hello["methods"]) == names("method"),
       "its methods are the daemon's "
       f"{set(hello['methods']) ^ names('method') or ''}")
    ok(event_types() == names("event"), "its events are those of the source "
       f"{event_types() ^ names('event') or ''}")
    told = documented("Methods"), documented("Events")
    ok(names("method") <= told[0], f"docs/control.md has its methods "
       f"{names('method') - told[0] or ''}")
    ok(names("event") <= told[1], f"docs/control.md has its events "
       f"{names('event') - told[1] or ''}")
    protocol = re.search(r"#define CTL_PROTOCOL (\d+)",
                         read("userspace/codec/ctl.h"))[1]
    ok(hello["protocol"] == int(protocol) and hello["version"],
       f"hello: protocol {protocol}, of {hello['version']}")


def code(d, method, params):
    return d.call(method, **params).get("error", {}).get("code")


def test_params(d):
    """The examples' params are read; without one that must be there, or with
    one that is not known, they are not."""
    for method in sorted(names("method") - {"shutdown", "subscribe"}):
        schema = DEFS["method." + method]["properties"]["params"]
        good = dict(DEFS["method." + method]["examples"][0]["params"])
        ok(code(d, method, good) != -32602, f"{method}: params as its example")
        ok(code(d, method, {**good, "nonsense": 1}) == -32602 and
           schema["additionalProperties"] is False,
           f"{method}: a member that is not known")
        for name in schema.get("required", []):
            less = {k: v for k, v in good.items() if k != name}
            ok(code(d, method, less) == -32602, f"{method}: no {name}")


def test_told(d, a):
    """A course with most of the events, and what it is seen by."""
    until(lambda: registered_at(d, A))
    number = d.dial()
    until(lambda: d.state(number) == "up")
    a.down()
    d.call("hangup", call=number)
    ok(until(lambda: registered_at(d, B)), "a failover")
    until(lambda: d.state(number) is None)
    d.call("trace", messages=500)
    d.call("stats")
    d.hear()
    seen = {n for n in d.checker.counts if "." in n}
    want = {"event." + n for n in (
        "kernel", "verdict", "health", "failover", "tx", "rx", "call",
        "registered")} | {"method.status", "method.trace", "method.stats"}
    ok(want <= seen, f"its events and answers were looked at {want - seen or ''}")
    ok(not d.checker.found, f"and fit the schema {d.checker.found or ''}")


def main():
    if not ok(jsonschema, "python3-jsonschema is there"):
        print(f"1..{points[0]}")
        return 1
    test_schema()
    a, _ = Server(A), Server(B)
    d = Daemon()
    test_lists(d)
    test_params(d)
    test_told(d, a)
    status, log = d.end()
    ok(status == 0 and "runtime error" not in log, "ends with status 0")
    ok("event.unregistered" in d.checker.counts, "the last event is heard")
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
