# SPDX-License-Identifier: BSD-2-Clause
"""The event log of the daemon as a process: it is there however the daemon
ends, and "sipoverd --replay" decides everything in it again."""
import os
import signal

from sipoverd_lab import *


def died(d, how):
    d.proc.send_signal(how)
    until(lambda: d.proc.poll() is not None, 5)
    return d.proc.returncode


a, b = Server(A), Server(B)

# A failover and a call, then the end of the daemon in every way.
for how, name in ((signal.SIGKILL, "kill -9"), (signal.SIGSEGV, "a crash")):
    d = Daemon()
    until(lambda: registered_at(d, A))
    n = d.dial()
    until(lambda: d.state(n) == "up")
    a.down()
    d.call("hangup", call=n)
    until(lambda: registered_at(d, B) and d.state(n) is None)
    died(d, how)
    status, out, err = d.replay()
    ok(status == 0, f"after {name} the event log is replayed: {err or 'ok'}")
    steps = d.steps(out)
    ok(steps["steps"] > 40 and not steps["differ"] and not steps["torn"],
       f"{steps['steps']} steps come out as they did")
    ok("result bye server=0" in out and "working server=1 old=0" in out,
       "the failover is in it")
    ok("pw" not in out and "Authorization" not in out,
       "the password and the messages are not")
    a.up()

path = d.dir + "/events"
ok(os.stat(path).st_mode & 0o777 == 0o600, "only its owner may read the log")

# What was recorded in a program that decides otherwise.
with open(path, "rb") as f:
    kept = f.read()
first = kept.index(b"line 0 alice\n") + 13
first += -first % 8
changed = bytearray(kept)
while kept[first + 3] != 1:
    first += int.from_bytes(kept[first:first + 2], sys.byteorder)
# The first step of a line (kind 1, in the head of a record) is START, its result SEND server=0: server=1.
result = 16 + 256 + 24 + 16
ok(changed[first + result + 3] == 0, "the first action is a SEND to server 0")
changed[first + result + 3] = 1
with open(d.dir + "/changed", "wb") as f:
    f.write(changed)
status, out, err = d.replay("changed")
ok(status == 1 and "\tnow: send register server=0" in out,
   "a decision that comes out otherwise is shown, status 1")
with open(d.dir + "/short", "wb") as f:
    f.write(kept[:5000])
status, out, err = d.replay("short")
ok(status == 65 and "damaged" in err, "a damaged log: status 65")
status, out, err = d.replay("conf")
ok(status == 65 and "no event log" in err, "no event log: status 65")
status, out, err = d.replay("absent")
ok(status == 66, "no such file: status 66")

# The daemon that comes back does not lose the log of the one that died.
old = d
d = Daemon(dir=old.dir)
until(lambda: registered_at(d, A))
with open(path + ".old", "rb") as f:
    ok(f.read() == kept, "the log of the run before is kept as events.old")
d.end()

d = Daemon(top="event_log = '/proc/no/events'")
until(lambda: registered_at(d, A))
ok(d.line()["state"] == "registered", "no place for the log: the daemon works")
_, log = d.end()
ok("event log not kept path=/proc/no/events" in log, "and says so")
d = Daemon(top="event_log = ''")
until(lambda: registered_at(d, A))
d.end()
ok(not os.path.exists(d.dir + "/events"), "event_log = '': no file")

# A ring that goes round in a long life.
d = Daemon(top="event_log_size = 64")
until(lambda: registered_at(d, A))
for _ in range(100):
    before = a.count("REGISTER")
    d.call("register", line="alice")
    until(lambda: a.count("REGISTER") > before and registered_at(d, A))
d.end()
status, out, err = d.replay()
steps = d.steps(out)
ok(status == 0 and 100 < steps["steps"],
   f"a ring of 64 KiB went round: {steps['steps']} steps")
ok("idle bound=0 health=unknown,unknown: start" not in out,
   "its beginning is gone: " + out.splitlines()[1])

print(f"1..{points[0]}")
sys.exit(points[1] != 0)
