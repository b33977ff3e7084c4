#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A daemon of two thousand lines: status and config arrive whole; who asks for
them and never reads costs little and nobody's time.

usage: sipoverd_many_test.py BUILD        (in a network namespace of its own)
"""
import json
import os
import socket
import subprocess
import sys
import threading
import time

from sipoverd_lab import (A, B, BUILD, Daemon, Server, ok, points, resident,
                          until)

LINES = 2000
LIMIT = 1 << 20         # of what waits for a subscriber
SILENT = 40             # clients that ask and never read


def ask(method, number=1, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                       "params": params}).encode() + b"\n"


class Client:
    """A blocking one, read while the daemon makes the answer."""

    def __init__(self, d):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(d.path)
        self.rest = b""

    def send(self, data):
        self.sock.sendall(data)

    def line(self):
        got = bytearray(self.rest)
        while b"\n" not in got:
            more = self.sock.recv(1 << 20)
            if not more:
                return bytes(got)
            got += more
        line, _, rest = bytes(got).partition(b"\n")
        self.rest = bytes(rest)
        return line

    def call(self, method, **params):
        self.send(ask(method, **params))
        return json.loads(self.line())

    def close(self):
        self.sock.close()


def start():
    """One REGISTER a second: the lines need not register for this."""
    more = "".join(f"""line "l{i}" {{
    user = u{i}
    domain = example.com
    password = 'pw'
    server {{ address = '{A}' }}
    server {{ address = '{B}' }}
}}
""" for i in range(LINES - 1))
    return Daemon(top=f"register_rate = 1\n{more}")


def test_whole(d):
    c = Client(d)
    for method in ("status", "config"):
        c.send(ask(method))
        line = c.line()
        answer = json.loads(line)
        d.checker.answer(method, {}, answer)
        lines = answer["result"]["lines"]
        ok(len(lines) == LINES and len({x["name"] for x in lines}) == LINES,
           f"{method}: {LINES} lines in {len(line)} bytes")
        if method == "config":
            ok(len(line) > LIMIT, "which are more than may wait")
    whole = {x["name"]: x for x in answer["result"]["lines"]}
    one = c.call("config", line="l7")["result"]
    ok(one["lines"] == [whole["l7"]] and
       one["revision"] == answer["result"]["revision"], "config of a line")
    c.send(ask("config", 1) + ask("status", 2) + ask("hello", 3))
    ok([json.loads(c.line())["id"] for _ in range(3)] == [1, 2, 3],
       "three requests in one go: three answers, in order")
    c.close()


def test_commands(d):
    """sipoverctl takes them."""
    for words, want in ((["status"], "line l1998 "),
                        (["--json", "status"], '"l1998"'),
                        (["config"], '"l1998"'), (["config", "l5"], '"l5"')):
        p = subprocess.run([BUILD + "/sipoverctl", "--socket", d.path, *words],
                           capture_output=True, text=True, timeout=60)
        ok(p.returncode == 0 and want in p.stdout,
           f"sipoverctl {' '.join(words)}: {len(p.stdout)} bytes {p.stderr}")


def test_silent(d):
    """They never read."""
    before, slow = resident(d), d.counter("control_too_slow")
    crowd = [Client(d) for _ in range(SILENT)]
    for c in crowd:
        c.send((ask("config") + ask("status")) * 5)
    # Until none of them gets anything more.
    last = [0]

    def quiet():
        was, last[0] = last[0], d.counter("ring_completions")
        return last[0] - was < 20
    ok(until(quiet), f"{SILENT} that ask and do not read: it is quiet")
    grown = resident(d) - before
    ok(grown < SILENT * (256 << 10), f"they cost {grown >> 10} KiB")
    start_ = time.monotonic()
    for _ in range(20):
        ok_ = "result" in d.call("hello")
    took = time.monotonic() - start_
    ok(ok_ and took < 5, f"others are answered: 20 in {took * 1000:.0f} ms")
    c = Client(d)
    ok(len(c.call("config")["result"]["lines"]) == LINES,
       "with long answers, too")
    c.close()
    got = [json.loads(crowd[0].line()) for _ in range(10)]
    ok(all(len(x["result"]["lines"]) == LINES for x in got),
       "who reads after all gets all ten answers")
    ok(d.counter("control_too_slow") == slow, "nobody was cut off")
    for c in crowd:
        c.close()


def test_beside(d):
    """Ten that take one config after the other, at once, and a subscriber that
    asks: its events come whole, behind its answer."""
    c = Client(d)
    c.call("subscribe")
    end, wrong = time.monotonic() + 2, []

    def take():
        other = Client(d)
        while time.monotonic() < end:
            if len(other.call("config")["result"]["lines"]) != LINES:
                wrong.append(1)
        other.close()
    readers = [threading.Thread(target=take) for _ in range(10)]
    for r in readers:
        r.start()
    c.send(ask("config", 7))
    d.call("register", line="l3")
    seen, late = set(), 0.0
    while time.monotonic() < end or not {"answer", "tx"} <= seen:
        since = time.monotonic()
        ok_ = "result" in d.call("hello")
        late = max(late, time.monotonic() - since)
        if not {"answer", "tx"} <= seen:
            message = json.loads(c.line())
            seen.add("answer" if message.get("id") == 7 else
                     message["params"]["type"])
    for r in readers:
        r.join()
    ok(ok_ and not wrong, f"ten readers of config; a hello waited "
       f"{late * 1000:.0f} ms at most")
    ok({"answer", "tx"} <= seen, "a subscriber has its answer and its events")
    c.close()


def test_torn(d):
    """A line is changed while the others are told."""
    c = Client(d)
    c.send(ask("config"))
    revision = d.call("config", line="l1")["result"]["revision"]
    d.call("config_apply", revision=revision, lines=[], remove=["l2"])
    answer = json.loads(c.line())["result"]
    ok(answer.get("torn") is True and answer["revision"] == revision,
       "what changed meanwhile is told, with the revision of the beginning")
    again = c.call("config")["result"]
    ok("torn" not in again and len(again["lines"]) == LINES - 1 and
       again["revision"] != revision, "the next answer is whole")
    c.close()


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    a, b = Server(A), Server(B)
    d = start()
    try:
        test_whole(d)
        test_commands(d)
        test_silent(d)
        test_beside(d)
        test_torn(d)
    except (OSError, ValueError, KeyError) as e:
        ok(False, f"an answer is not as it should be: {e!r}")
    a.down(), b.down()
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              "ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
