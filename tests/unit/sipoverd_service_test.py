#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""sipoverd as a service: what it tells a manager, its watchdog, the rights that
it keeps, and that it comes back from kill -9 at any moment.

usage: sipoverd_service_test.py BUILD      (in a network namespace of its own)
"""
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from sipoverd_lab import (A, BUILD, B, Daemon, Server, host, ok, points, pump,
                          registered_at, until)

CAP_NET_ADMIN, CAP_SYS_RESOURCE = 1 << 12, 1 << 24
NOBODY = "nobody"
ROUNDS = 25


class Manager:
    def __init__(self, dir):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = dir + "/notify"
        self.sock.bind(self.path)
        self.sock.setblocking(False)
        self.told = []

    def read(self):
        while True:
            try:
                self.told.append(self.sock.recv(4096).decode())
            except BlockingIOError:
                return self.told

    def has(self, word):
        return any(word in m.split("\n") for m in self.read())

    def feeds(self):
        return sum("WATCHDOG=1" in m for m in self.read())


def seen(pid):
    """What /proc says of a process."""
    with open(f"/proc/{pid}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f
                    if ":\t" in line)


def reloads(d, manager):
    """RELOADING=1 since when, then READY=1, whether or not the file is good."""
    def times():
        told = [m for m in manager.read()
                if m.startswith(("RELOADING=1", "READY=1"))]
        return told[since:]

    def over():
        return [m.split("\n")[0] for m in times()] == ["RELOADING=1",
                                                       "READY=1"]
    for what, more in (("a reload", ""), ("one of a wrong file", "t1 = x\n")):
        since = 0
        since = len(times())
        begun = time.monotonic_ns() // 1000
        with open(d.dir + "/conf", "a", encoding="ascii") as f:
            f.write(more)
        d.proc.send_signal(signal.SIGHUP)
        ok(until(over), f"{what} is told, and its end")
        at = dict(x.split("=") for x in times()[0].split("\n"))
        ok(begun <= int(at["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000,
           "with the time when it began")


def test_notify():
    dir = tempfile.mkdtemp()
    manager = Manager(dir)
    a = Server(A)
    # The control socket is what the others wait for: not here.
    d = Daemon(dir=dir, wrap=["env", "NOTIFY_SOCKET=" + manager.path,
                              "WATCHDOG_USEC=400000"])
    ok(until(lambda: manager.has("READY=1")), "it says when it is ready")
    probe = socket.socket(socket.AF_UNIX)
    ok(probe.connect_ex(d.path) == 0, "its control socket listens then")
    probe.close()
    ok(manager.told[0].startswith("READY=1"), "that is the first it says")
    ok("STATUS=0 of 1 lines registered" in manager.told[0],
       "and how many lines it has")
    until(lambda: registered_at(d, A))
    ok(until(lambda: manager.has("STATUS=1 of 1 lines registered")),
       "later how many are registered")
    n = manager.feeds()
    ok(until(lambda: manager.feeds() >= n + 3), "the watchdog is fed")
    ok(seen(d.proc.pid)["NoNewPrivs"] == "1", "no program of it gains rights")
    reloads(d, manager)
    d.proc.send_signal(signal.SIGSTOP)
    until(lambda: seen(d.proc.pid)["State"].startswith("T"))
    n = manager.feeds()
    until(lambda: False, 1)
    ok(manager.feeds() == n, "not while the process stands still")
    d.proc.send_signal(signal.SIGCONT)
    ok(until(lambda: manager.feeds() > n), "again when it goes on")
    status, _ = d.end()
    ok(status == 0 and manager.has("STOPPING=1"), "it says that it ends")
    a.down()
    servers_gone(a)
    shutil.rmtree(dir)


def servers_gone(*gone):
    from sipoverd_lab import servers
    for s in gone:
        if s.sock:
            s.down()
        servers.remove(s)


def open_to(user):
    """A directory and a copy of the daemon that another user can use."""
    dir = tempfile.mkdtemp()
    os.chmod(dir, 0o755)
    shutil.copy(BUILD + "/sipoverd", dir)
    run = dir + "/run"
    os.mkdir(run)
    shutil.chown(run, user)
    return dir, run


def memlock(pid):
    """Bytes, as /proc/PID/limits says; unlimited is more than any."""
    with open(f"/proc/{pid}/limits", encoding="ascii") as f:
        soft = next(x for x in f if x.startswith("Max locked memory"))
    soft = soft.split()[3]
    return 1 << 62 if soft == "unlimited" else int(soft)


def test_user():
    dir, run = open_to(NOBODY)
    a = Server(A)
    # In a container root may not raise the hard limit either.
    may = int(seen("self")["CapEff"], 16) & CAP_SYS_RESOURCE
    which = "l" if may else "Sl"
    # The copy, not the one that the lab names.
    d = Daemon(dir=run, wrap=["sh", "-c", f'ulimit -{which} 64; user=$1; shift 2; '
                              'exec "$0" --user "$user" "$@"',
                              dir + "/sipoverd", NOBODY])
    ok(until(lambda: d.rpc_sock and registered_at(d, A)),
       "as another user it registers, with a ring of its own")
    s = seen(d.proc.pid)
    ok(len(set(s["Uid"].split())) == 1 and s["Uid"].split()[0] != "0" and
       len(set(s["Gid"].split())) == 1 and s["Gid"].split()[0] != "0",
       "all of its user and group ids are that user's")
    ok(memlock(d.proc.pid) >= 8 << 20,
       "it may lock 8 MiB, as the ring wants before Linux 5.12")
    ok(int(s["CapEff"], 16) == int(s["CapPrm"], 16) == CAP_NET_ADMIN,
       "it has CAP_NET_ADMIN and nothing else")
    ok(int(s["CapBnd"], 16) == CAP_NET_ADMIN and
       int(s["CapInh"], 16) == int(s["CapAmb"], 16) == 0,
       "and can get or give no other")
    ok(s["NoNewPrivs"] == "1", "nor by a program")
    ok(os.stat(f"/proc/{d.proc.pid}/environ").st_uid == 0,
       "its own user may not look into its memory")
    ok(os.stat(run + "/instance-id").st_uid == int(s["Uid"].split()[0]),
       "what it writes is that user's")
    ok(d.end()[0] == 0, "it ends as asked")
    servers_gone(a)

    def refused(status, text, *argv):
        p = subprocess.run(argv, capture_output=True, text=True)
        ok(p.returncode == status and text in p.stderr,
           f"{' '.join(argv[-2:])}: {text}")
    refused(67, "there is none", dir + "/sipoverd", "--user", "no-such-user")
    refused(71, "only root", "setpriv", "--reuid=65534", "--clear-groups",
            dir + "/sipoverd", "--user", "root")
    shutil.rmtree(dir)


def instance(dir):
    try:
        with open(dir + "/instance-id") as f:
            return f.read()
    except FileNotFoundError:
        return None


def test_killed():
    """kill -9 after a time that is another one each round, from before the
    configuration is read to long after it has registered."""
    dir = tempfile.mkdtemp()
    a, b = Server(A), Server(B)
    name, slow, started = None, 0, 0
    chance = random.Random(int(os.environ.get("SIPOVER_SEED", "7")))
    for i in range(ROUNDS):
        d = Daemon.__new__(Daemon)
        if i == 0:
            d.__init__(dir=dir)
            d.proc.kill()
            d.proc.wait()
            name = instance(dir)
            continue
        d.proc = subprocess.Popen([BUILD + "/sipoverd", "-c", dir + "/conf"],
                                  stderr=subprocess.DEVNULL)
        end = time.monotonic() + chance.uniform(0, 0.08)
        while time.monotonic() < end:
            pump(0.001)
        started += d.proc.poll() is None
        d.proc.kill()
        d.proc.wait()
        slow += instance(dir) != name
    ok(started == ROUNDS - 1, f"{ROUNDS} times killed: it never ended by itself")
    ok(name and slow == 0, "its instance-id stays the same")
    # The socket of the one that is gone may take connections until its ring
    # is cleared away.
    with contextlib.suppress(FileNotFoundError):
        os.unlink(dir + "/control.sock")
    began = time.monotonic()
    d = Daemon(dir=dir)
    ok(until(lambda: d.rpc_sock and registered_at(d, A), 5),
       "it comes back and registers")
    ok(time.monotonic() - began < 5, "at once")
    ok(a.last("REGISTER").get("Contact").count(name.strip()) == 1,
       "by the name that it had")
    ok(d.end()[0] == 0, "and ends as asked")
    servers_gone(a, b)
    shutil.rmtree(dir)


def test_name_killed():
    """The first start, cut short: no half a name, no second one."""
    dir = tempfile.mkdtemp()
    a = Server(A)
    d = Daemon(dir=dir)
    d.end()
    bad = 0
    for i in range(ROUNDS):
        if os.path.exists(dir + "/instance-id"):
            os.unlink(dir + "/instance-id")
        p = subprocess.Popen([BUILD + "/sipoverd", "-c", dir + "/conf"],
                             stderr=subprocess.DEVNULL)
        until(lambda: False, 0.0005 * i)
        p.kill()
        p.wait()
        text = instance(dir)
        bad += text is not None and len(text) != 37
    ok(bad == 0, "killed while it takes its name: it has the whole or none")
    servers_gone(a)
    shutil.rmtree(dir)


for test in (test_notify, test_user, test_killed, test_name_killed):
    test()
print(f"1..{points[0]}")
sys.exit(points[1] != 0)
