#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""One whole failover, as short as it can be, for a daemon that something
watches (tests/check-memory): REGISTER at A, a call there; A dies, BYE and the
next INVITE move to B; A returns, failback; SIGTERM.

usage: sipoverd_once.py BUILD      (in a network namespace of its own)
"""
import sys

from sipoverd_lab import (A, B, PHONE, Daemon, Server, ok, points,
                          registered_at, request, until)

PATIENCE = 60       # the watched daemon is some thirty times slower


def soon(d, cond, name):
    # Once true is enough: a line that is asked to register is soon
    # registering again.
    done = []
    until(lambda: cond() and not done.append(True) or
          d.proc.poll() is not None, PATIENCE)
    return ok(bool(done), name)


def play(d, a, b):
    soon(d, lambda: d.rpc_sock or d.connect(), "starts")
    soon(d, lambda: registered_at(d, A), "registers at A (401 answered)")
    call = d.dial()
    soon(d, lambda: d.state(call) == "up" and a.count("ACK"), "a call at A")
    a.down()
    d.call("hangup", call=call)
    soon(d, lambda: b.count("BYE"), "port unreachable: BYE moves to B")
    soon(d, lambda: registered_at(d, B), "registered at B")
    call = d.dial()
    soon(d, lambda: d.state(call) == "up" and b.count("ACK"), "a call at B")
    b.sock.sendto(request("INVITE", 1, "in1"), (PHONE, 5060))
    soon(d, lambda: d.incoming() is not None, "a call comes in from B")
    d.call("hangup", call=d.incoming())
    soon(d, lambda: any(m.start.startswith("SIP/2.0 486") for m in b.seen),
         "it is refused")
    a.up()
    d.call("hangup", call=call)
    soon(d, lambda: b.count("BYE") == 2, "hung up")
    d.call("register", line="alice")
    soon(d, lambda: registered_at(d, A), "failback to A")
    d.dial()
    soon(d, lambda: a.count("INVITE") >= 2, "a third call, to be cut off")
    d.proc.terminate()
    ok(until(lambda: d.proc.poll() is not None, PATIENCE), "SIGTERM ends it")


def main():
    a, b = Server(A), Server(B, "MD5")
    d = Daemon(t1=2000)
    try:
        play(d, a, b)
    except (TypeError, AttributeError, OSError) as error:
        ok(False, f"the control socket answers: {error}")
    status, log = d.end()
    ok(status == 0, f"with status 0 (is {status})")
    if points[1]:
        print("# " + "\n# ".join(log.splitlines()[-60:]))
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
