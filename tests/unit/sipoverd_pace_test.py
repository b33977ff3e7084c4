#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Many lines register at once: in turn (register_rate), who waits first (C-25).

usage: sipoverd_pace_test.py BUILD          (in a network namespace of its own)
"""
import re
import sys

from sipoverd_lab import A, B, Daemon, Server, ok, points, pump, until

LINES = 45      # more than a burst, 32
RATE = 3        # a second


def lines():
    """The rest of the line alice, and the other lines."""
    servers = f"server {{ address = '{A}' }}\nserver {{ address = '{B}' }}\n"
    return servers + "".join(
        f"""}}
line "l{i}" {{
user = l{i}
domain = example.com
auth_user = alice
password = pw
{servers}""" for i in range(1, LINES))


def order(server):
    """The lines in the order of their first REGISTERs."""
    users = [re.search(r"sip:(\w+)@", m.get("To"))[1] for m in server.seen
             if m.method == "REGISTER"]
    return list(dict.fromkeys(users))


def registered(d):
    return sum(line["state"] == "registered" for line in d.status()["lines"])


def wait_alike(what, a, top, asks):
    """Lines that wait: the order of all."""
    d = Daemon(servers=lines(), top=top)
    until(lambda: len(order(a)) >= 20)
    ok(d.counter("registers_paced") >= LINES - 40,
       f"{what}: those behind the burst wait")
    asks(d)
    ok(until(lambda: registered(d) == LINES, 20), f"{what}: all register")
    got = order(a)
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              f"{what}: ends with status 0"):
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    a.seen.clear()
    return got


def main():
    a, b = Server(A, "MD5"), Server(B, "MD5")
    pump(0)

    got = wait_alike("in turn", a, f"register_rate = {RATE}", lambda d: None)
    ok(got == ["alice"] + [f"l{i}" for i in range(1, LINES)],
       "each once, in the order in which they came")

    def asks(d):
        d.call("register", line="l44")
        d.call("call", line="l43", uri="sip:callee@example.com")
    got = wait_alike("urgent", a, f"register_rate = {RATE}", asks)
    ok(got.index("l44") < got.index("l41"),
       "the line whose user asks does not wait (C-25)")
    ok(got.index("l43") < got.index("l41"), "a line with a call goes first")
    ok(a.count("INVITE") == 0 and got.index("l41") < got.index("l42"),
       "the others go on in turn")

    d = Daemon(servers=lines(), top=f"register_rate = {RATE}")
    until(lambda: len(order(a)) >= 20)
    status, _ = d.end()
    ok(status == 0 and len(order(a)) < LINES,
       "a daemon that ends sends none of those that wait")
    a.seen.clear()

    d = Daemon(servers=lines(), top="register_rate = 0")
    ok(until(lambda: registered(d) == LINES, 20) and
       d.counter("registers_paced") == 0, "rate 0: nobody waits")
    d.end()
    print(f"1..{points[0]}")
    return points[1] != 0


if __name__ == "__main__":
    sys.exit(main())
