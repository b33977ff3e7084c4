#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The control socket against who may not use it, and against those who may and
misuse it: the line fails over and calls go on as without them.

usage: sipoverd_control_test.py BUILD     (in a network namespace of its own)
"""
import json
import os
import shutil
import socket
import stat
import subprocess
import sys

from sipoverd_lab import (A, B, Daemon, Server, ok, points, pump,
                          registered_at, resident, until)

GROUP, OTHER = 54321, 54322     # numbers: no group of this machine
CROWD = 200
CLIENTS, RESERVED = 256, 16     # io/control.h

# As another user: connects, asks what is given, prints the answers.
ASK = r"""
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
try:
    s.connect(sys.argv[1])
    for line in sys.argv[2:]:
        s.sendall(line.encode() + b"\n")
        got = b""
        while not got.endswith(b"\n"):
            more = s.recv(65536)
            if not more:
                sys.exit("cut off")
            got += more
        sys.stdout.write(got.decode())
except OSError as e:
    sys.exit(type(e).__name__)
"""


def line(method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method,
                       "params": params})


def ask(d, user, group, groups, *lines):
    """As that user: the answers, and why there are none."""
    given = f"--groups={','.join(map(str, groups))}" if groups else \
        "--clear-groups"
    p = subprocess.Popen(
        ["setpriv", f"--reuid={user}", f"--regid={group}", given,
         "/usr/bin/python3", "-c", ASK, d.path, *lines],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: p.poll() is not None)
    out, err = p.communicate()
    return [json.loads(x) for x in out.splitlines()], err.strip()


def test_users(a):
    d = Daemon(top=f"control_group = {GROUP}")
    until(lambda: registered_at(d, A))
    st = os.stat(d.path)
    ok(st.st_gid == GROUP and stat.S_IMODE(st.st_mode) == 0o660,
       "the socket is the group's, mode 0660")
    os.chmod(d.dir, 0o755)
    got, why = ask(d, 65534, GROUP, [], line("hello"), line("stats"))
    ok(len(got) == 2 and got[0]["result"]["protocol"] == 1,
       f"the group as a user's own: is answered {why}")
    got, why = ask(d, 65534, 65534, [OTHER, GROUP], line("status"))
    ok(got and got[0]["result"]["lines"], f"among its others: too {why}")
    got, why = ask(d, 65534, GROUP, [], line("shutdown"), line("hello"))
    ok(len(got) == 2 and got[0]["error"]["code"] == -32007 and
       "result" in got[1], f"shutdown is not for members {why}")
    got, why = ask(d, 65534, GROUP, [], line("messages"), line("trace"))
    ok(len(got) == 2 and got[0]["error"]["code"] == -32007 and
       "result" in got[1], f"nor are whole messages, as trace is {why}")
    got, why = ask(d, 65534, 65534, [OTHER], line("hello"))
    ok(not got and why == "PermissionError", f"others: {why}")
    os.chmod(d.path, 0o666)
    got, why = ask(d, 65534, 65534, [OTHER], line("hello"))
    ok(not got and why, f"nor where the file lets them: {why}")
    ok(d.counter("control_refused") == 1, "they are counted")
    finish(d)

    d = Daemon(top="control_group = no-such-group")
    ok(until(lambda: registered_at(d, A)), "a group that is not there")
    os.chmod(d.dir, 0o755)
    got, why = ask(d, 65534, GROUP, [], line("hello"))
    ok(not got and why == "PermissionError", f"gets nobody in: {why}")
    _, log = finish(d)
    ok("control_group=no-such-group: no such group" in log, "and is told")


def as_other_user(a):
    """A daemon that is not root serves root and itself, and gives its socket
    to a group that it is in."""
    home = "/tmp/sipover-control-test.%d" % os.getpid()
    os.mkdir(home, 0o755)
    os.chown(home, 65534, 65534)
    d = Daemon(dir=home, top=f"control_group = {GROUP}",
               wrap=["setpriv", "--reuid=65534", "--regid=65534",
                     f"--groups={GROUP}"])
    ok(until(lambda: registered_at(d, A)) and
       os.stat(d.path).st_gid == GROUP, "of a daemon that is not root")
    got, why = ask(d, 65533, GROUP, [], line("hello"))
    ok(got and "result" in got[0], f"a member {why}")
    got, why = ask(d, 65534, 65534, [], line("shutdown"))
    ok(got and "result" in got[0], f"its own user ends it {why}")
    finish(d)
    shutil.rmtree(home)


def connect(d):
    s = socket.socket(socket.AF_UNIX)
    s.connect(d.path)
    s.setblocking(False)
    return s


def subscribers(d):
    """That never read."""
    crowd = [connect(d) for _ in range(CROWD)]
    for s in crowd:
        s.sendall(line("subscribe").encode() + b"\n")
    n = d.counter("control_lines") + CROWD
    ok(until(lambda: d.counter("control_lines") >= n),
       f"{CROWD} subscribers that do not read")
    return crowd


def methods(server, seen):
    return [m.method for m in server.seen[seen:]]


def failover(d, a, b, what):
    """A dies with a call up: BYE and line move, and nothing is sent twice."""
    number = d.dial()
    until(lambda: d.state(number) == "up" and a.count("ACK"))
    before, seen = d.counter("retransmits"), len(b.seen)
    a.down()
    d.call("hangup", call=number)
    ok(until(lambda: registered_at(d, B) and
             "BYE" in methods(b, seen)),
       f"{what}: line and BYE fail over")
    told = methods(b, seen)
    told = told[:told.index("BYE") + 1]
    ok(told in (["REGISTER", "BYE"], ["REGISTER", "REGISTER", "BYE"]) and
       d.counter("retransmits") == before,
       f"{what}: {', '.join(told)}, none of them sent again")
    a.up()
    d.call("register", line="alice")
    ok(until(lambda: registered_at(d, A)), f"{what}: and back")


def flood(s, data, times):
    """As much as is taken."""
    sent = 0
    for _ in range(times):
        try:
            sent += s.send(data)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pump(0.005)
    return sent


def test_misuse(a, b):
    d = Daemon()
    until(lambda: registered_at(d, A))
    failover(d, a, b, "alone")
    crowd = subscribers(d)
    failover(d, a, b, "with them")

    # They ask as well, and do not read the answers: their lines wait, and so
    # does not much memory.
    slow, size = d.counter("control_too_slow"), resident(d)
    status = (line("status").encode() + b"\n") * 20
    for _ in range(100):
        for s in crowd[:40]:
            flood(s, status, 1)
    # Not one line more than those of the test itself, when all are full.
    last = [0]

    def full():
        was, last[0] = last[0], d.counter("control_lines")
        return last[0] - was == 1
    ok(until(full), "40 that ask and do not read: their lines wait")
    ok(resident(d) - size < 40 * (256 << 10),
       f"they cost {(resident(d) - size) >> 10} KiB")
    failover(d, a, b, "while they ask")
    ok(d.counter("control_too_slow") == slow, "nobody is cut off for it")
    for s in crowd:
        s.close()
    ok(until(lambda: len(connect_all(d, 1)) == 1), "all of them go")

    half = connect_all(d, CROWD)
    for s in half:
        s.sendall(b'{"jsonrpc":"2.0","id":1,"met')
    failover(d, a, b, "with half a line from each")
    for s in half:
        flood(s, os.urandom(3000).replace(b"\n", b" "), 1)
    too_long = d.counter("control_too_long")
    flood(half[0], b"x" * 4096, 20)
    ok(until(lambda: d.counter("control_too_long") > too_long),
       "a line without an end is cut off")
    for s in half[1:50]:
        flood(s, b"\n" + os.urandom(2000) + b"\n\n{}\n[]\n" + b"[" * 500 +
              b"\n\x00\n", 1)
    failover(d, a, b, "with garbage")
    for s in half:
        s.close()
    finish(d)


def connect_all(d, n):
    socks = []
    for _ in range(n):
        try:
            socks.append(connect(d))
        except BlockingIOError:
            break
    return socks


def test_greedy(a):
    """One with thousands of requests in a row: others are answered between."""
    d = Daemon()
    until(lambda: registered_at(d, A))
    greedy = connect(d)
    flood(greedy, (line("hello").encode() + b"\n") * 1000, 2)
    ok("result" in d.call("hello"), "a thousand requests of another client")
    greedy.close()

    # All places are taken; there are some that members cannot take.
    crowd = connect_all(d, CLIENTS + 10)
    ok(until(lambda: d.counter("control_refused") >= 10),
       f"no more than {CLIENTS} clients")
    for s in crowd:
        s.close()
    finish(d)


def finish(d):
    status, log = d.end()
    if not ok(status == 0 and "runtime error" not in log,
              "ends with status 0") or points[1]:
        print("# " + "\n# ".join(log.splitlines()[-40:]))
    return status, log


def main():
    os.environ.setdefault("ASAN_OPTIONS", "exitcode=99")
    a, b = Server(A), Server(B)
    test_users(a)
    as_other_user(a)
    test_misuse(a, b)
    test_greedy(a)
    print(f"1..{points[0]}")
    return 1 if points[1] else 0


sys.exit(main())
