#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""load.py: whether those who watch slow a failover down.

  --lines N     of the daemon, which all fail over (32)
  --clients N   of the control socket (200)
  --sessions N  of the page (50)
  --medians N   of each kind (7), each of
  --rounds N    failovers (5)

  --docs        puts the table into docs/

Without anybody; with one client of the control socket, which subscribes and
reads; with all of them; with as many that never read; with those that read and
browsers at sipover-web (crowd.py).  One kind after the other, so that what the
machine does beside hits all.  Started by tests/bench-scale/run --load.

The phone, sipoverd and sipover-web, has one processor; the registrars and those
who watch, which are elsewhere in life, the other: the registrars before all
else, those who watch behind all else.
"""
import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import noise
import report
import scale
from lab import Lines

HERE = os.path.dirname(os.path.abspath(__file__))
PASSWORD = "correct horse battery"
PAGE = HERE + "/../../tools/web/page"
NOBODY = 65534
# The start uses the burst up: what is measured would be the pace.
TOP = "control_group = nogroup\nregister_rate = 0\n"


class Place:
    """Who runs where; a machine of one processor has no choice."""

    def __init__(self):
        cpus = sorted(os.sched_getaffinity(0))
        self.phone, self.others = {cpus[0]}, {cpus[-1]}

    def registrar(self, pid):
        os.sched_setaffinity(pid, self.others)
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(10))

    def watcher(self):
        os.sched_setaffinity(0, self.others)
        os.nice(19)


class Control:
    """One who asks; connected before anybody else."""

    def __init__(self, at):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(at + "/control")
        self.rest = b""

    def ask(self, method, **params):
        self.sock.sendall(json.dumps(
            {"jsonrpc": "2.0", "id": 1, "method": method,
             "params": params}).encode() + b"\n")
        while b"\n" not in self.rest:
            got = self.sock.recv(1 << 20)
            if not got:
                raise RuntimeError("the control socket was closed")
            self.rest += got
        line, _, self.rest = self.rest.partition(b"\n")
        return json.loads(line)["result"]


class Crowd:
    """crowd.py, which nobody waits for."""

    def __init__(self, place, log, *how):
        self.proc = subprocess.Popen(
            [sys.executable, HERE + "/crowd.py", *map(str, how)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            preexec_fn=place.watcher)
        self.says = Lines(self.proc.stdout)
        if self.says.next(120) != "ready":
            self.end()
            raise RuntimeError("those who watch did not come")

    def close(self):
        self.proc.stdin.close()
        said = self.says.next(60)
        if self.proc.wait() or not said:
            raise RuntimeError("those who watch were turned away, "
                               "see bench-load.log")
        return json.loads(said)

    def end(self):
        self.proc.kill()
        self.proc.wait()


class Web:
    def __init__(self, place, build, at, log):
        self.proc = subprocess.Popen(
            [build + "/sipover-web", "--user", "nobody", "--page",
             at + "/page", "--password-file", at + "/web/password",
             "--control", at + "/control", "--listen", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.PIPE)
        os.sched_setaffinity(self.proc.pid, place.phone)
        says = Lines(self.proc.stderr)
        line = says.until("<6>listening", 10) or ""
        self.port = line.partition(" port=")[2].split(" ")[0]
        if not self.port or says.until("<6>ready", 10) is None:
            self.end()
            raise RuntimeError("sipover-web did not start")

    def end(self):
        self.proc.send_signal(signal.SIGKILL)
        self.proc.wait()


class Bench:
    def __init__(self, build, at, lines, log):
        self.build, self.at, self.lines = build, at, lines
        self.place = Place()
        self.log = open(log, "wb")
        self.answers = []
        shutil.copytree(PAGE, at + "/page")
        os.mkdir(at + "/web")
        os.chown(at + "/web", NOBODY, -1)
        subprocess.run([build + "/sipover-web", "--set-password",
                        "--password-file", at + "/web/password"],
                       input=PASSWORD + "\n", text=True, check=True,
                       stdout=self.log, stderr=self.log)

    def one(self, clients, sessions):
        """ms from the word to register until all lines are at B."""
        with contextlib.ExitStack() as stack:
            run = scale.Run(self.build, self.at, self.lines,
                            top=TOP)
            stack.callback(run.end)
            self.place.registrar(run.peer.pid)
            os.sched_setaffinity(run.daemon.pid, self.place.phone)
            control = Control(self.at)
            who = []
            if clients[0]:
                who.append(("clients", self.at + "/control", *clients))
            if sessions:
                web = Web(self.place, self.build, self.at, self.log)
                stack.callback(web.end)
                who.append(("sessions", web.port, sessions, PASSWORD))
            crowds = [Crowd(self.place, self.log, *how) for how in who]
            for crowd in crowds:
                stack.callback(crowd.end)
            run.ask("down 0")
            run.ask(f"expect 1 {self.lines}")
            control.ask("register", line="l0")
            took = run.done()[0] * 1000
            for crowd in crowds:
                self.answers += crowd.close().get("ms", [])
            return took


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name, default in (("lines", 32), ("clients", 200), ("sessions", 50),
                          ("medians", 7), ("rounds", 5)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--docs", action="store_true")
    args = parser.parse_args()
    build = os.path.abspath(os.environ.get("BUILD", "build"))
    log = build + "/bench-load.log"
    n = args.clients
    watchers = f"{n} clients, {args.sessions} sessions"
    kinds = {"nobody": ((0,), 0), "1 client": ((1, "read"), 0),
             f"{n} clients": ((n, "read"), 0),
             f"{n} clients that never read": ((n, "never"), 0),
             watchers: ((n, "read"), args.sessions)}
    took = {kind: [] for kind in kinds}
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as at:
        os.chmod(at, 0o755)
        bench = Bench(build, at, args.lines, log)
        for i in range(args.medians):
            for _ in range(args.rounds):
                for kind, who in kinds.items():
                    took[kind].append(bench.one(*who))
            print(f"median {i + 1} of {args.medians}", file=sys.stderr,
                  flush=True)
    text = (f"{time.strftime('%Y-%m-%d')}, Linux {os.uname().release}, "
            f"{scale.cpu()}; load average before it {load[0]:.2f}\n\n"
            + noise.table(f"failover of {args.lines} lines, ms", took,
                          args.rounds)
            + noise.answers(bench.answers))
    print(text, end="")
    with open(build + "/bench-load.json", "w", encoding="ascii") as f:
        json.dump(took, f)
    if args.docs:
        report.write_page(text, "bench-load")


if __name__ == "__main__":
    main()
